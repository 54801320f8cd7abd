package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// A Comparison is two sides next to each other, each of one run or of several alike.
type Comparison struct {
	Version     int          `json:"version"`
	A           Side         `json:"a"`
	B           Side         `json:"b"`
	Settings    []Setting    `json:"settings"` // in which the plans differ
	Differences []Difference `json:"differences"`
}

// A Side is the runs of one side.
type Side struct {
	Runs   []string `json:"runs"`
	Passed int      `json:"passed"` // how many of them did
}

// A Setting is asked for in different ways on the two sides: as JSON, by the first run of each.
type Setting struct {
	Name string `json:"name"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// A Difference is one measure of both sides.
type Difference struct {
	Name   string   `json:"name"`
	Unit   string   `json:"unit"` // lines/s, bytes/s, s, bytes, lines or share
	A      *Spread  `json:"a"`    // nil: not measured in any run
	B      *Spread  `json:"b"`
	Change *float64 `json:"change"` // of the medians, as a share of A's; nil if A's is 0
	Noise  Noise    `json:"noise"`
	P      *float64 `json:"p"` // probability that chance alone differs so much; nil: not known
}

// A Spread is the values of the runs of one side.
type Spread struct {
	Runs   int     `json:"runs"`
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
	Max    float64 `json:"max"`
}

// mostRuns bounds a side: to be sure of a difference, a few runs are enough.
const mostRuns = 30

// Compare puts two sides next to each other. With several runs on each side it says of every
// difference whether it is beyond the run-to-run noise (see Noise).
func Compare(a, b []*Report) (*Comparison, error) {
	if len(a) == 0 || len(b) == 0 {
		return nil, errors.New("compare reports: each side needs at least one")
	}
	if len(a) > mostRuns || len(b) > mostRuns {
		return nil, fmt.Errorf("compare reports: accepted are at most %d a side", mostRuns)
	}
	c := &Comparison{Version: Version, A: side(a), B: side(b), Settings: settings(a[0].Plan, b[0].Plan)}
	for _, m := range measures() {
		if d := m.difference(a, b); d.A != nil || d.B != nil {
			c.Differences = append(c.Differences, d)
		}
	}
	return c, nil
}

func side(reports []*Report) Side {
	s := Side{Runs: []string{}}
	for _, r := range reports {
		s.Runs = append(s.Runs, r.RunID)
		if r.Verdict.Passed {
			s.Passed++
		}
	}
	return s
}

// settings compares plans as JSON: what a plan has is asked for in one place alone.
func settings(a, b Plan) []Setting {
	left, right := fields(a), fields(b)
	list := []Setting{}
	names := maps.Clone(left)
	maps.Copy(names, right)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if left[name] != right[name] {
			list = append(list, Setting{name, left[name], right[name]})
		}
	}
	return list
}

func fields(p Plan) map[string]string {
	var raw map[string]json.RawMessage
	b, err := json.Marshal(p)
	if err == nil {
		err = json.Unmarshal(b, &raw)
	}
	if err != nil { // a rate that is no number: nothing that a run or Read can have
		return nil
	}
	text := make(map[string]string, len(raw))
	for name, value := range raw {
		text[name] = strings.Trim(string(value), `"`)
	}
	return text
}

// A measure takes one value of a report; NaN if the report does not have it.
type measure struct {
	name, unit string
	of         func(*Report) float64
}

func measures() []measure {
	list := []measure{
		{"rate", "lines/s", func(r *Report) float64 { return r.Rate.Achieved }},
		{"bytes", "bytes/s", func(r *Report) float64 { return ratio(float64(r.Bytes.Acked), r.Window) }},
		{"errors", "share", func(r *Report) float64 {
			return ratio(float64(r.Lines.Lost()), float64(r.Lines.Acked+r.Lines.Lost()))
		}},
		{"missed", "lines", func(r *Report) float64 { return float64(r.Lines.Missed) }},
	}
	for _, clock := range []string{"response", "service", "schedule"} {
		for _, at := range []struct {
			name string
			of   func(Summary) float64
		}{
			{"p50", func(s Summary) float64 { return s.P50 }},
			{"p99", func(s Summary) float64 { return s.P99 }},
			{"p99.9", func(s Summary) float64 { return s.P999 }},
			{"max", func(s Summary) float64 { return s.Max }},
		} {
			list = append(list, measure{clock + " " + at.name, "s", func(r *Report) float64 {
				if s := r.Latency.of(clock); s.Count > 0 {
					return at.of(s)
				}
				return math.NaN()
			}})
		}
	}
	return append(list,
		measure{"CPU a million", "s", func(r *Report) float64 {
			if r.Lines.Acked < manyLines {
				return math.NaN()
			}
			return r.Usage.CPU / float64(r.Lines.Acked) * 1e6
		}},
		measure{"memory", "bytes", func(r *Report) float64 {
			if r.Usage.MaxRSS == 0 {
				return math.NaN()
			}
			return float64(r.Usage.MaxRSS)
		}},
	)
}

func (m measure) difference(a, b []*Report) Difference {
	left, right := m.values(a), m.values(b)
	d := Difference{Name: m.name, Unit: m.unit, A: spread(left), B: spread(right), Noise: OneRun}
	if d.A == nil || d.B == nil {
		return d
	}
	if d.A.Median != 0 {
		d.Change = new((d.B.Median - d.A.Median) / d.A.Median)
	}
	var p float64
	if d.Noise, p = noise(left, right); !math.IsNaN(p) {
		d.P = &p
	}
	return d
}

func (m measure) values(reports []*Report) []float64 {
	var list []float64
	for _, r := range reports {
		if v := m.of(r); !math.IsNaN(v) {
			list = append(list, v)
		}
	}
	return list
}

func spread(values []float64) *Spread {
	if len(values) == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return &Spread{Runs: n, Min: sorted[0], Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Max: sorted[n-1]}
}
