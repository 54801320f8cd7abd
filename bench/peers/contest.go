package main

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"github.com/exitfound/lologen/bench/compare"
	"github.com/exitfound/lologen/bench/report"
)

// A contest is all works, held one after the other.
type contest struct {
	settings
	env      []string
	progress io.Writer

	grid   compare.Grid
	notes  []string
	absent []string
}

// entrant is a tool that is installed.
type entrant struct {
	tool    tool
	path    string
	samples []sample
	err     error // it does not work: it is not asked again
}

// hold lets the tools do the work in turns, so that what the machine does meanwhile meets all.
func (c *contest) hold(ctx context.Context, w work, self string) error {
	entrants := c.entrants(w, self)
	for turn := range c.runs {
		for _, e := range entrants {
			if e.err != nil {
				continue
			}
			fmt.Fprintf(c.progress, "peers: %s: %s (%d of %d)\n", w.name, e.tool.name, turn+1, c.runs)
			s, err := w.measure(&arena{ctx: ctx, tool: e.tool, path: e.path, lologen: self, env: c.env, length: c.length})
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err == nil && s.elapsed <= 0 {
				err = errTooFew
			}
			if e.err = err; err == nil {
				e.samples = append(e.samples, s)
			}
		}
	}
	c.add(w, entrants)
	return nil
}

// entrants are the tools that are there.
func (c *contest) entrants(w work, lologen string) []*entrant {
	var list []*entrant
	for _, t := range w.tools {
		e := &entrant{tool: t, path: lologen}
		if t.program != self {
			var err error
			if e.path, err = exec.LookPath(t.program); err != nil {
				c.miss(t)
				continue
			}
		}
		list = append(list, e)
	}
	return list
}

// miss notes a tool that is not installed, once.
func (c *contest) miss(t tool) {
	text := fmt.Sprintf("%s (%s)", t.name, t.get)
	if !slices.Contains(c.absent, text) {
		c.absent = append(c.absent, text)
	}
}

// add appends the rows of a work.
func (c *contest) add(w work, entrants []*entrant) {
	c.grid.Head = []string{"work", "tool", "lines/s", "MB/s", "bytes/line", "CPU s/M", "peak MB", "lologen is"}
	c.grid.Left = 2
	ours := 0.0
	for i, e := range entrants {
		if e.err != nil {
			c.grid.Rows = append(c.grid.Rows, []string{w.name, e.tool.name, "-", "-", "-", "-", "-", "-"})
			c.notes = append(c.notes, fmt.Sprintf("%s, %s: it failed: %v", w.name, e.tool.name, e.err))
			continue
		}
		m := summarise(e.samples)
		times := "-"
		if i == 0 && e.tool.name == self {
			ours = m.rate
		} else if ours > 0 {
			times = report.Decimal(ours/m.rate) + " x"
		}
		c.grid.Rows = append(c.grid.Rows, []string{
			w.name, e.tool.name, report.Decimal(m.rate), report.Decimal(m.rate * m.line / 1e6), report.Decimal(m.line),
			report.Decimal(m.cpu), known(m.peak / 1e6), times,
		})
		if e.tool.note != "" {
			c.notes = append(c.notes, fmt.Sprintf("%s, %s: %s", w.name, e.tool.name, e.tool.note))
		}
	}
}

// known writes a number that is 0 where the system does not tell it.
func known(f float64) string {
	if f == 0 {
		return "-"
	}
	return report.Decimal(f)
}

// figures are the medians of a tool's samples, each by itself.
type figures struct {
	rate float64 // lines a second
	line float64 // bytes
	cpu  float64 // seconds a million lines
	peak float64 // bytes
}

func summarise(samples []sample) figures {
	of := func(f func(sample) float64) float64 {
		var values []float64
		for _, s := range samples {
			values = append(values, f(s))
		}
		return median(values)
	}
	return figures{
		rate: of(func(s sample) float64 { return float64(s.lines) / s.elapsed.Seconds() }),
		line: of(func(s sample) float64 { return float64(s.bytes) / float64(s.lines) }),
		cpu:  of(func(s sample) float64 { return s.cpu.Seconds() / float64(s.lines) * 1e6 }),
		peak: of(func(s sample) float64 { return float64(s.peak) }),
	}
}

// median is the middle one, or the mean of the middle two; 0 of none.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	switch {
	case n == 0:
		return 0
	case n%2 == 1:
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

// write writes the table and what has to be known about it.
func (c *contest) write(w io.Writer) error {
	var b strings.Builder
	table, item := c.grid.Text, ""
	if c.output == "markdown" {
		table, item = c.grid.Markdown, "- "
	}
	if err := table(&b); err != nil {
		return err
	}
	fmt.Fprintf(&b, "\n%smedian of %d runs of %v, in turns, on %s/%s with %d cores: go run ./bench/peers -runs %d -for %v\n",
		item, c.runs, c.length, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), c.runs, c.length)
	for _, note := range c.notes {
		b.WriteString(item + note + "\n")
	}
	if len(c.absent) > 0 {
		b.WriteString(item + "not installed: " + strings.Join(c.absent, ", ") + "\n")
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}
