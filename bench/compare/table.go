// Package compare shows what several sinks made of the same load, side by side, and finds a
// destination for those of them that were given none.
package compare

import (
	"fmt"

	"github.com/exitfound/lologen/bench/report"
)

// Version is the version of the JSON table.
const Version = 1

// A Table is a comparison: seconds, and bytes that are lengths of lines without their newlines.
// Its slices are never null.
type Table struct {
	Version int    `json:"version"`
	Seed    uint64 `json:"seed"`
	Load    string `json:"load"` // what each sink was given, in words
	Sinks   []Row  `json:"sinks"`
}

// A Row is what one sink made of the load.
type Row struct {
	Sink           string           `json:"sink"`
	Lines          report.Lines     `json:"lines"`
	Rate           report.Rate      `json:"rate"`
	BytesPerSecond float64          `json:"bytes_per_second"`
	Service        report.Summary   `json:"service"`
	CPUPerMillion  float64          `json:"cpu_per_million"` // seconds of this process; 0 if no line was acked
	Errors         []report.Failure `json:"errors"`
	Ack            string           `json:"ack"`
	Note           string           `json:"note"`
	Error          *string          `json:"error"` // why there is nothing to show; nil if there is
}

// New returns a table without rows.
func New(seed uint64, load string) *Table {
	return &Table{Version: Version, Seed: seed, Load: load, Sinks: []Row{}}
}

// Add appends the row of a run that took place. Notes are what a reader has to know about it.
func (t *Table) Add(r *report.Report, notes ...string) {
	row := Row{
		Sink: r.Plan.Sink, Lines: r.Lines, Rate: r.Rate, Service: numbers(r.Latency.Service),
		Errors: r.Errors, Ack: r.Plan.Ack,
		Note: sentences(append(notes, confessions(r)...)),
	}
	if r.Window > 0 {
		row.BytesPerSecond = float64(r.Bytes.Acked) / r.Window
	}
	if r.Lines.Acked > 0 {
		row.CPUPerMillion = r.Usage.CPU / float64(r.Lines.Acked) * 1e6
	}
	t.Sinks = append(t.Sinks, row)
}

// numbers leaves out the encoded histogram, which is for merging.
func numbers(s report.Summary) report.Summary {
	s.Hdr = ""
	return s
}

// AddAbsent appends the row of a sink that could not be used.
func (t *Table) AddAbsent(sink string, why error) {
	text := report.Clean(why.Error())
	t.Sinks = append(t.Sinks, Row{Sink: sink, Errors: []report.Failure{}, Error: &text})
}

// Measured is how many rows there are of runs that took place.
func (t *Table) Measured() int {
	n := 0
	for _, r := range t.Sinks {
		if r.Error == nil {
			n++
		}
	}
	return n
}

// confessions are what keeps a row from being what was asked for.
func confessions(r *report.Report) []string {
	var list []string
	if r.Verdict.Ended == report.Stopped {
		list = append(list, fmt.Sprintf("interrupted after %s", report.Length(r.Elapsed)))
	}
	if target := r.Rate.Target; target != nil && r.Verdict.BoundBy != report.None {
		list = append(list, fmt.Sprintf("TARGET RATE NOT REACHED: %s of %s lines/s: %s",
			report.Decimal(r.Rate.Achieved), report.Decimal(*target), r.Verdict.BoundWhy))
	}
	if !r.Verdict.Balanced {
		list = append(list, "THE LEDGER DOES NOT BALANCE: this is a bug in lologen, trust nothing of this row")
	}
	return list
}
