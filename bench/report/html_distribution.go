package report

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A clock is one of the run's three, as far as the report knows it.
type clock struct {
	name, tone, shape string
	Summary
	histogram *hdrhistogram.Histogram // nil: only the summary is known
}

func (r *Report) clocks() []clock {
	list := []clock{
		{name: "response", tone: "accent", shape: "line", Summary: r.Latency.Response},
		{name: "service", tone: "ink", shape: "line", Summary: r.Latency.Service},
	}
	if r.Latency.Schedule != nil {
		list = append(list, clock{name: "schedule", tone: "muted", shape: "dash", Summary: *r.Latency.Schedule})
	}
	for i := range list {
		list[i].histogram, _ = list[i].Summary.histogram() // what cannot be read leaves the summary
	}
	return slices.DeleteFunc(list, func(c clock) bool { return c.Count == 0 })
}

// nines is where the share q of all values stands on a logarithmic axis: 0.9 at 1, 0.99 at 2.
func nines(q float64) float64 { return -math.Log10(1 - q) }

// share is the inverse of nines.
func share(nines float64) float64 { return 1 - math.Pow(10, -nines) }

const (
	mostNines = 7
	finest    = 0.02 // between two points of a curve
)

// last is where the greatest of so many values stands.
func (c clock) last() float64 { return min(mostNines, math.Log10(max(1, float64(c.Count)))) }

// curve is the value at each of some places of the axis.
func (c clock) curve() map[float64]float64 {
	at := map[float64]float64{}
	if c.histogram == nil {
		for _, p := range c.known() {
			at[min(nines(p.q), c.last())] = positive(p.value)
		}
		return at
	}
	for i := 0; ; i++ {
		x := float64(i) * finest
		if x > c.last() {
			return at
		}
		at[x] = positive(seconds(float64(c.histogram.ValueAtPercentile(100 * share(x)))))
	}
}

type quantile struct{ q, value float64 }

// known is what a summary knows, upwards.
func (s Summary) known() []quantile {
	return []quantile{{0, s.Min}, {0.5, s.P50}, {0.9, s.P90}, {0.99, s.P99}, {0.999, s.P999}, {1, s.Max}}
}

// distribution shows every percentile at once.
func (r *Report) distribution() []figure {
	clocks := r.clocks()
	if len(clocks) == 0 {
		return nil
	}
	f := figure{ID: "distribution", Title: "Percentiles", Wide: true, Unit: duration().title,
		Note:  "how many of the lines (service: attempts) were at least as fast",
		Table: percentiles(clocks)}
	f.plot = plot{ID: f.ID, Unit: duration().name, Log: true}
	places := map[float64]bool{}
	curves := make([]map[float64]float64, len(clocks))
	for i, c := range clocks {
		curves[i] = c.curve()
		for x := range curves[i] {
			places[x] = true
		}
	}
	f.plot.X = slices.Sorted(maps.Keys(places))
	for i, c := range clocks {
		s := series{Label: c.name, Tone: c.tone, Shape: c.shape}
		for _, x := range f.plot.X {
			v, ok := curves[i][x]
			if !ok {
				v = absent()
			}
			s.Values = append(s.Values, v)
		}
		f.plot.Curves = append(f.plot.Curves, s)
		f.Curves = append(f.Curves, curve{Label: c.name, Tone: c.tone, Shape: c.shape,
			Whole: "p50 " + c.text(c.P50) + ", p99 " + c.text(c.P99)})
	}
	return []figure{f}
}

// percentiles is a table of them, as fine as the coarsest of the clocks allows.
func percentiles(clocks []clock) table {
	t := table{Caption: "Percentiles", Head: []string{"percentile"}}
	coarse := false
	for _, c := range clocks {
		t.Head = append(t.Head, c.name)
		coarse = coarse || c.histogram == nil
	}
	steps := []struct {
		name string
		q    float64
		fine bool
	}{
		{"min", 0, false}, {"p10", 0.1, true}, {"p25", 0.25, true}, {"p50", 0.5, false}, {"p75", 0.75, true},
		{"p90", 0.9, false}, {"p95", 0.95, true}, {"p99", 0.99, false}, {"p99.9", 0.999, false},
		{"p99.99", 0.9999, true}, {"p99.999", 0.99999, true}, {"max", 1, false},
	}
	for _, s := range steps {
		if s.fine && coarse {
			continue
		}
		row := []string{s.name}
		for _, c := range clocks {
			row = append(row, Length(c.at(s.q)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// at is the value at the share q; of a clock without a histogram, one that its summary knows.
func (c clock) at(q float64) float64 {
	if c.histogram != nil && q > 0 && q < 1 {
		return seconds(float64(c.histogram.ValueAtPercentile(100 * q)))
	}
	known := c.known()
	i, _ := slices.BinarySearchFunc(known, q, func(k quantile, q float64) int { return cmp.Compare(k.q, q) })
	return known[min(i, len(known)-1)].value
}
