package report

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
)

// Write writes the comparison as text or json.
func (c *Comparison) Write(w io.Writer, format string) error {
	switch format {
	case "text":
		return c.Text(w)
	case "json":
		return c.JSON(w)
	}
	return fmt.Errorf("write comparison as %q: known are text, json", format)
}

// JSON writes the comparison as one indented object.
func (c *Comparison) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(c); err != nil {
		return fmt.Errorf("write comparison: %w", err)
	}
	return nil
}

// mostSettings keeps a page a page.
const mostSettings = 12

// Text writes the comparison as a page of at most 100 columns.
func (c *Comparison) Text(w io.Writer) error {
	var p page
	p.item("a", "%s", c.A.text())
	p.item("b", "%s", c.B.text())
	for _, s := range c.Settings[:min(len(c.Settings), mostSettings)] {
		p.item("", "%s: %s in a, %s in b", s.Name, said(s.A), said(s.B))
	}
	if more := len(c.Settings) - mostSettings; more > 0 {
		p.item("", "... and %s", plural(more, "further setting"))
	}
	p.line("")
	rows := []row{{cells: []string{"", "a", "b", "change", "noise"}}}
	for _, d := range c.Differences {
		rows = append(rows, d.row())
	}
	p.table(rows)
	p.line("")
	p.paragraph("%s", c.explain())
	if _, err := p.WriteTo(w); err != nil {
		return fmt.Errorf("write comparison: %w", err)
	}
	return nil
}

func (s Side) text() string {
	return fmt.Sprintf("%s, %d passed: %s", plural(len(s.Runs), "run"), s.Passed, strings.Join(s.Runs, ", "))
}

func said(value string) string {
	if value == "" {
		return "nothing"
	}
	return shorten(Clean(value), mostReason)
}

func (d Difference) row() row {
	r := row{cells: []string{d.Name, d.show(d.A), d.show(d.B), d.change(), d.noise()}}
	if d.A.varies() || d.B.varies() {
		r.notes = []string{fmt.Sprintf("a %s, b %s", d.rangeOf(d.A), d.rangeOf(d.B))}
	}
	return r
}

func (s *Spread) varies() bool { return s != nil && s.Min != s.Max }

func (d Difference) rangeOf(s *Spread) string {
	if !s.varies() {
		return d.show(s)
	}
	return d.text(s.Min) + " to " + d.text(s.Max)
}

func (d Difference) show(s *Spread) string {
	if s == nil {
		return "-"
	}
	return d.text(s.Median)
}

func (d Difference) text(v float64) string {
	switch d.Unit {
	case "s":
		return Length(v)
	case "bytes":
		return Size(v)
	case "bytes/s":
		return Size(v) + "/s"
	case "share":
		return percent(v)
	case "lines/s":
		return Decimal(v) + "/s"
	}
	return Decimal(v)
}

// manyTimes is told better as a factor than as a percentage.
const manyTimes = 5

func (d Difference) change() string {
	switch {
	case d.A == nil || d.B == nil:
		return "-"
	case d.A.Median == d.B.Median:
		return "0 %"
	case d.Change == nil:
		return "new"
	case *d.Change >= manyTimes-1:
		return Decimal(1+*d.Change) + " times"
	}
	sign := "+"
	if *d.Change < 0 {
		sign = "-"
	}
	return sign + digits(100*math.Abs(*d.Change)) + " %"
}

func (d Difference) noise() string {
	switch {
	case d.Noise == OneRun || d.P == nil:
		return "-"
	case d.A.Median == d.B.Median:
		return "none"
	}
	return fmt.Sprintf("%s, p %s", d.Noise, digits(*d.P))
}

// explain says what the words of the last column mean.
func (c *Comparison) explain() string {
	if len(c.A.Runs) < 2 || len(c.B.Runs) < 2 {
		return "With one run on a side nobody knows how much runs of the same load differ: " +
			"to tell a difference from noise, give three or more of each."
	}
	return "Medians. beyond: chance alone makes so large a difference in less than 5 % of comparisons (exact Mann-Whitney test, p). " +
		"apart: the runs of the two sides do not overlap, but are too few to be sure. within: runs of one side differ as much."
}
