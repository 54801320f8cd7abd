// Package report turns the account of a run into what people and programs read: a screenful of
// text that confesses first, and JSON.
package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/exitfound/lologen/emitter"
)

// Version is the version of the JSON report.
const Version = 1

// A Report is the JSON report of a run: seconds, and bytes that are lengths of lines without
// their newlines. Its slices are never null. No field holds a secret.
type Report struct {
	Version   int       `json:"version"`
	RunID     string    `json:"run_id"`
	Seed      uint64    `json:"seed"`
	Started   time.Time `json:"started"`
	Elapsed   float64   `json:"elapsed"`
	Window    float64   `json:"window"` // planned time, longer if the last confirmation came later
	Plan      Plan      `json:"plan"`
	Lines     Lines     `json:"lines"`
	Requests  Requests  `json:"requests"`
	Bytes     Bytes     `json:"bytes"`
	Rate      Rate      `json:"rate"`
	Latency   Latency   `json:"latency"`
	Errors    []Failure `json:"errors"` // those of most lines first
	Usage     Usage     `json:"usage"`
	Ledger    []Stream  `json:"ledger,omitzero"` // nil without identities
	LedgerCut bool      `json:"ledger_cut,omitempty"`
	Verdict   Verdict   `json:"verdict"`
}

// Plan is what was asked for. Seconds that are 0 were not asked for.
type Plan struct {
	Sink      string   `json:"sink"`
	Target    string   `json:"target,omitempty"` // where to: a path, a method and a URL without its query
	Ack       string   `json:"ack"`
	Format    string   `json:"format"`
	Workers   int      `json:"workers"`
	Streams   int      `json:"streams"`
	Rate      *float64 `json:"rate"`                 // lines a second; nil: unpaced
	RateAsked string   `json:"rate_asked,omitempty"` // in the words of whoever asked, if not in lines a second
	Interval  float64  `json:"interval,omitempty"`   // between two lines of one worker
	Duration  float64  `json:"duration,omitempty"`
	Count     uint64   `json:"count,omitempty"`
	Level     string   `json:"level"`
	Color     bool     `json:"color"`
	Name      string   `json:"name"`
	Identify  bool     `json:"identify"`
	Batch     Batch    `json:"batch"`
}

// Batch is how lines were handed over together.
type Batch struct {
	Bytes int     `json:"bytes"`
	Lines int     `json:"lines"` // 0: no limit
	Wait  float64 `json:"wait"`
}

// Lines is the ledger of the run.
type Lines struct {
	Due      uint64 `json:"due"`
	Acked    uint64 `json:"acked"`
	Rejected uint64 `json:"rejected"`
	Unknown  uint64 `json:"unknown"`
	Missed   uint64 `json:"missed"`
}

// Balanced reports whether every due line is accounted for.
func (l Lines) Balanced() bool { return emitter.Lines(l).Balanced() }

// Lost is how many lines ended rejected or unknown.
func (l Lines) Lost() uint64 { return l.Rejected + l.Unknown }

// Requests counts attempts.
type Requests struct {
	Sent    uint64 `json:"sent"`
	Retried uint64 `json:"retried"`
	Failed  uint64 `json:"failed"`
}

// Bytes counts what was confirmed and what it took to send everything.
type Bytes struct {
	Acked uint64 `json:"acked"`
	Wire  uint64 `json:"wire"`
}

// Rate is in lines a second.
type Rate struct {
	Target   *float64 `json:"target"` // nil: unpaced
	Achieved float64  `json:"achieved"`
}

// Latency is the three clocks of the run.
type Latency struct {
	Response Summary  `json:"response"`
	Service  Summary  `json:"service"`
	Schedule *Summary `json:"schedule"` // nil: unpaced
	Clamped  uint64   `json:"clamped,omitempty"`
}

// Failure is one reason for which attempts failed.
type Failure struct {
	Reason   string  `json:"reason"`
	Status   int     `json:"status"`
	Lines    uint64  `json:"lines"`
	Requests uint64  `json:"requests"`
	First    string  `json:"first"`
	At       float64 `json:"at"` // since the start, of the first
}

// Stream says what became of one stream: of the sequence numbers below Next, those in no range
// were confirmed.
type Stream struct {
	Stream   int         `json:"stream"`
	Next     uint64      `json:"next"`
	Rejected [][2]uint64 `json:"rejected"` // from and to, both included
	Unknown  [][2]uint64 `json:"unknown"`
	Cut      bool        `json:"cut,omitempty"` // there were more ranges
}

// A Run is what is known of a run besides its Result.
type Run struct {
	ID    string
	Seed  uint64
	Plan  Plan
	Usage Usage
}

// New reports on a run.
func New(r *emitter.Result, run Run) *Report {
	report := &Report{
		Version:  Version,
		RunID:    run.ID,
		Seed:     run.Seed,
		Started:  r.Started,
		Elapsed:  r.Elapsed.Seconds(),
		Window:   r.Window.Seconds(),
		Plan:     run.Plan,
		Lines:    Lines(r.Lines),
		Requests: Requests(r.Requests),
		Bytes:    Bytes(r.Bytes),
		Rate: Rate{
			Target:   run.Plan.Rate,
			Achieved: ratio(float64(r.Lines.Acked), r.Window.Seconds()),
		},
		Latency: latency(r.Latency),
		Errors:  failures(r.Failures),
		Usage:   run.Usage,
	}
	if run.Plan.Identify {
		report.Ledger, report.LedgerCut = ledger(r.Streams)
	}
	report.Verdict = judge(report, r)
	return report
}

func failures(from []emitter.Failure) []Failure {
	list := make([]Failure, 0, len(from))
	for _, f := range from {
		list = append(list, Failure{
			Reason:   Clean(f.Reason),
			Status:   f.Status,
			Lines:    f.Lines,
			Requests: f.Requests,
			First:    Clean(f.First),
			At:       f.At.Seconds(),
		})
	}
	slices.SortStableFunc(list, func(a, b Failure) int {
		return cmp.Or(cmp.Compare(b.Lines, a.Lines), cmp.Compare(b.Requests, a.Requests))
	})
	return list
}

// mostStreams and mostRanges bound a report's ledger: a report that does not fit into memory at
// the end of a run is none.
const (
	mostStreams = 10_000
	mostRanges  = 100_000
)

func ledger(from []emitter.StreamLedger) (list []Stream, cut bool) {
	list = make([]Stream, 0, min(len(from), mostStreams))
	sorted := slices.SortedFunc(slices.Values(from), func(a, b emitter.StreamLedger) int {
		return cmp.Compare(a.Stream, b.Stream)
	})
	room := mostRanges
	for _, s := range sorted[:min(len(sorted), mostStreams)] {
		entry := Stream{
			Stream:   s.Stream,
			Next:     s.Next,
			Rejected: ranges(s.Rejected, &room),
			Unknown:  ranges(s.Unknown, &room),
		}
		entry.Cut = s.Cut || len(entry.Rejected)+len(entry.Unknown) < len(s.Rejected)+len(s.Unknown)
		list = append(list, entry)
	}
	return list, len(from) > mostStreams
}

// ranges takes as many as there is room for.
func ranges(from []emitter.Range, room *int) [][2]uint64 {
	list := make([][2]uint64, min(len(from), *room))
	*room -= len(list)
	for i := range list {
		list[i] = [2]uint64{from[i].From, from[i].To}
	}
	return list
}

// ratio is a / b, and 0 where that is not a number.
func ratio(a, b float64) float64 {
	if b <= 0 {
		return 0
	}
	return a / b
}
