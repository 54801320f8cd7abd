package search

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/exitfound/lologen/bench/report"
)

//go:embed page
var pages embed.FS

// HTML writes the answer as one page with the curve of response times by rate, on which the knee is
// to be seen, and all steps. It needs nothing from anywhere, and runs no script.
func (r *Result) HTML(w io.Writer) error {
	var b bytes.Buffer // so that nothing is written of a page that cannot be made
	if err := r.html(&b); err != nil {
		return fmt.Errorf("make page: %w", err)
	}
	_, err := b.WriteTo(w)
	return written(err)
}

func (r *Result) html(w io.Writer) error {
	style, err := pages.ReadFile("page/page.css")
	if err != nil {
		return err
	}
	t, err := template.ParseFS(pages, "page/page.html")
	if err != nil {
		return err
	}
	sentences := r.sentences()
	return t.Execute(w, view{
		Policy: "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; style-src " + report.PolicyHash(string(style)),
		Style:  template.CSS(style), // our own
		Title:  sentences[0], Sentences: sentences[1:], Load: r.Load,
		Chart: r.chart(), Heads: heads[:], Steps: r.tableRows(),
	})
}

// view is what the page shows.
type view struct {
	Policy    string
	Style     template.CSS
	Title     string
	Sentences []string
	Load      string
	Chart     *chart
	Heads     []string
	Steps     []tableRow
}

type tableRow struct {
	Passed bool
	Cells  []string
}

func (r *Result) tableRows() []tableRow {
	var list []tableRow
	for _, s := range r.Steps {
		list = append(list, tableRow{s.Passed, s.cells()})
	}
	return list
}

// chart is a drawing in units of its own, rates across and times, in powers of ten, down.
type chart struct {
	Width, Height            int
	Left, Right, Top, Bottom float64
	Across, Down             []tick
	Best                     *tick
	Curves                   []curve

	most          float64 // lines a second
	least, decade float64 // the power of ten at the bottom, and how many there are
}

type tick struct {
	At    float64
	Label string
}

type curve struct {
	Name   string
	Path   string
	Points []point
}

type point struct {
	X, Y   float64
	Passed bool
	Label  string
}

// chart is nil if there is nothing to draw.
func (r *Result) chart() *chart {
	steps := slices.DeleteFunc(slices.Clone(r.Steps), func(s Row) bool { return s.Latency.Response.Count == 0 })
	if len(steps) == 0 {
		return nil
	}
	slices.SortStableFunc(steps, func(a, b Row) int { return cmp.Compare(a.Rate, b.Rate) })
	c := &chart{Width: 960, Height: 440, Left: 80, Right: 940, Top: 30, Bottom: 390}
	c.scale(steps)
	c.ticks()
	if r.Best != nil {
		c.Best = &tick{c.x(r.Best.Rate), report.Decimal(r.Best.Rate)}
	}
	for _, clock := range []struct {
		name string
		of   func(report.Summary) float64
	}{
		{"max", func(s report.Summary) float64 { return s.Max }},
		{"p99", func(s report.Summary) float64 { return s.P99 }},
		{"p50", func(s report.Summary) float64 { return s.P50 }},
	} {
		c.Curves = append(c.Curves, c.curve(clock.name, clock.of, steps))
	}
	return c
}

const shortest = 1e-9 // second, that a chart of powers of ten has room for

func (c *chart) scale(steps []Row) {
	low, high := math.Inf(1), 0.0
	for _, s := range steps {
		low = min(low, max(shortest, s.Latency.Response.P50))
		high = max(high, s.Latency.Response.Max, shortest)
		c.most = max(c.most, s.Rate)
	}
	c.least = math.Floor(math.Log10(low))
	c.decade = max(1, math.Ceil(math.Log10(high))-c.least)
}

func (c *chart) x(rate float64) float64 { return place(c.Left + rate/c.most*(c.Right-c.Left)) }

func (c *chart) y(seconds float64) float64 {
	share := (math.Log10(max(shortest, seconds)) - c.least) / c.decade
	return place(c.Bottom - share*(c.Bottom-c.Top))
}

// place keeps a coordinate short.
func place(x float64) float64 { return math.Round(x*10) / 10 }

func (c *chart) ticks() {
	for i := range 5 {
		rate := c.most * float64(i) / 4
		c.Across = append(c.Across, tick{c.x(rate), report.Decimal(rate)})
	}
	for i := range int(c.decade) + 1 {
		seconds := math.Pow(10, c.least+float64(i))
		c.Down = append(c.Down, tick{c.y(seconds), report.Length(seconds)})
	}
}

func (c *chart) curve(name string, of func(report.Summary) float64, steps []Row) curve {
	list := curve{Name: name}
	var path []string
	for i, s := range steps {
		seconds := of(s.Latency.Response)
		p := point{c.x(s.Rate), c.y(seconds), s.Passed,
			fmt.Sprintf("%s at %s lines/s: %s", name, report.Decimal(s.Rate), report.Length(seconds))}
		list.Points = append(list.Points, p)
		if i+1 == len(steps) || steps[i+1].Rate > s.Rate { // of a step and its repetition, the latter
			path = append(path, strconv.FormatFloat(p.X, 'f', -1, 64)+","+strconv.FormatFloat(p.Y, 'f', -1, 64))
		}
	}
	list.Path = strings.Join(path, " ")
	return list
}
