package search

import (
	"fmt"
	"slices"

	"github.com/exitfound/lologen/bench/report"
)

// Version is the version of the JSON result.
const Version = 1

// A Result is the answer of a search: lines and bytes a second, seconds, and bytes that are lengths
// of lines without their newlines. Its slices are never null.
type Result struct {
	Version   int     `json:"version"`
	Seed      uint64  `json:"seed"`
	Load      string  `json:"load"` // what each step was, in words
	From      float64 `json:"from"`
	To        float64 `json:"to"`
	Precision float64 `json:"precision"`
	Duration  float64 `json:"step_duration"`

	Best  *Best  `json:"best"`  // nil: no rate met every demand
	Broke *Broke `json:"broke"` // nil: nothing did
	Ended Ended  `json:"ended"`

	// LowerBound: the destination may take more. Either nothing broke, or it was lologen that did,
	// or the search was ended before it was done.
	LowerBound bool         `json:"lower_bound"`
	BoundBy    report.Bound `json:"bound_by"` // who kept the rate above the best from being met
	BoundWhy   string       `json:"bound_why"`
	Burst      *Burst       `json:"burst,omitempty"` // of a limit that was met
	Warnings   []string     `json:"warnings"`
	Steps      []Row        `json:"steps"` // in the order they were done
}

// Best is the highest rate that met every demand.
type Best struct {
	Rate     float64        `json:"rate"` // asked for
	Achieved float64        `json:"achieved"`
	Bytes    float64        `json:"bytes"`
	Latency  report.Latency `json:"latency"`
}

// Broke is the lowest rate above the best that failed a demand, twice.
type Broke struct {
	Rate       float64          `json:"rate"`
	SLO        string           `json:"slo"`
	Value      float64          `json:"value"` // as of report.SLO
	Unmeasured bool             `json:"unmeasured,omitempty"`
	Reasons    []report.Failure `json:"reasons"`

	silent bool
}

// A Row is a step, done.
type Row struct {
	Rate   float64 `json:"rate"`
	Repeat bool    `json:"repeat,omitempty"` // of an earlier one
	Passed bool    `json:"passed"`
	Outcome
}

// Outcome is what a step was like.
type Outcome struct {
	Achieved float64          `json:"achieved"`
	Bytes    float64          `json:"bytes"` // of acked lines, a second
	Latency  report.Latency   `json:"latency"`
	SLO      []report.SLO     `json:"slo"`
	Errors   []report.Failure `json:"errors"`
	BoundBy  report.Bound     `json:"bound_by"`
	BoundWhy string           `json:"bound_why"`
	Notes    []string         `json:"notes,omitempty"` // what a reader has to know about the step

	Confirmed []Moment `json:"-"` // in the course of the step
}

// silent reports whether the destination confirmed nothing of what it was sent.
func (o Outcome) silent() bool { return o.Achieved == 0 && len(o.Errors) > 0 }

func (o Outcome) passed() bool { return o.failed() == nil }

// failed is the first demand that was not met; nil: all were. Of lines that lologen itself gave up in
// the end it is the rate that tells.
func (o Outcome) failed() *report.SLO {
	unmet := func(s report.SLO) bool { return !s.Passed }
	i := slices.IndexFunc(o.SLO, unmet)
	if i < 0 {
		return nil
	}
	if onLoss(o.SLO[i]) && !slices.ContainsFunc(o.Errors, func(f report.Failure) bool { return !f.Ours() }) {
		if late := slices.IndexFunc(o.SLO, func(s report.SLO) bool { return unmet(s) && onRate(s) }); late >= 0 {
			i = late
		}
	}
	return &o.SLO[i]
}

// Ended is how a search came to its end.
type Ended string

const (
	Found       Ended = "found"
	Reached     Ended = "reached"     // the highest rate allowed, and it passed
	Nothing     Ended = "nothing"     // passed, not even the first step
	Interrupted Ended = "interrupted" // before it was done
	Gone        Ended = "gone"        // is the destination: it confirms nothing any more
)

func newResult(c Config) *Result {
	return &Result{
		Version: Version, From: c.From, To: c.To, Precision: c.Precision, Duration: c.Duration,
		BoundBy: report.None, Warnings: []string{}, Steps: []Row{},
	}
}

// conclude says what the steps come to, given the best rate and the lowest that broke, if any.
func (r *Result) conclude(best, broke *Row) {
	if best != nil {
		r.Best = &Best{Rate: best.Rate, Achieved: best.Achieved, Bytes: best.Bytes, Latency: best.Latency}
	}
	if broke != nil {
		slo := broke.failed()
		r.Broke = &Broke{Rate: broke.Rate, SLO: slo.Expr, Value: slo.Value, Unmeasured: slo.Unmeasured, Reasons: broke.Errors, silent: broke.silent()}
		r.BoundBy, r.BoundWhy = broke.BoundBy, broke.BoundWhy
	}
	if r.Ended == "" {
		r.Ended = r.end()
	}
	r.LowerBound = r.Best != nil && (r.Broke == nil || r.Ended == Interrupted || r.BoundBy == report.Generator)
	r.Burst = r.burst()
	r.warn()
}

// gone says that a rate that had passed met a destination that confirmed nothing.
func (r *Result) gone(row *Row) {
	r.LowerBound = true
	r.Warnings = append(r.Warnings, fmt.Sprintf("nothing was confirmed any more, not even at %s lines/s, which had passed: %s",
		report.Decimal(row.Rate), cause(row.Errors[0])))
}

func (r *Result) end() Ended {
	switch {
	case r.Best == nil:
		return Nothing
	case r.Broke == nil:
		return Reached
	}
	return Found
}

// warn collects what a reader of the answer has to know.
func (r *Result) warn() {
	if w := r.Burst.warning(r.Precision, r.Duration); w != "" {
		r.Warnings = append(r.Warnings, w)
	}
	for _, step := range r.Steps {
		for _, n := range step.Notes {
			if !slices.Contains(r.Warnings, n) {
				r.Warnings = append(r.Warnings, n)
			}
		}
	}
}
