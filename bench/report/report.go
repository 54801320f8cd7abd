// Package report turns the account of a run into what people and programs read: a screenful of
// text that confesses first, JSON, a histogram log; and reads, merges and compares such accounts.
package report

import (
	"time"

	"github.com/exitfound/lologen/bench/scrape"
	"github.com/exitfound/lologen/emitter"
)

// Version is the version of the JSON report.
const Version = 1

// A Report is the JSON report of a run: seconds, and bytes that are lengths of lines without
// their newlines. Its slices are never null. No field holds a secret.
type Report struct {
	Version      int            `json:"version"`
	RunID        string         `json:"run_id"` // of a merged report: those of its parts, joined by +
	Seed         uint64         `json:"seed"`
	Started      time.Time      `json:"started"`
	Elapsed      float64        `json:"elapsed"`
	Window       float64        `json:"window"` // planned time, longer if the last confirmation came later
	Command      []string       `json:"command,omitempty"`
	Plan         Plan           `json:"plan"`
	Lines        Lines          `json:"lines"`
	Requests     Requests       `json:"requests"`
	Bytes        Bytes          `json:"bytes"`
	Rate         Rate           `json:"rate"`
	Latency      Latency        `json:"latency"`
	Errors       []Failure      `json:"errors"` // those of most lines first
	Work         Work           `json:"work"`
	Usage        Usage          `json:"usage"`
	Server       *scrape.Change `json:"server,omitempty"` // what the destination says of itself
	Series       []Point        `json:"series,omitzero"`
	Ledger       []Stream       `json:"ledger,omitzero"`       // nil without identities
	LedgerCut    bool           `json:"ledger_cut,omitempty"`  // there are more streams
	LedgerFile   string         `json:"ledger_file,omitempty"` // beside the report's own file: all streams, where Ledger has no room for them
	Verification *Verification  `json:"verification,omitempty"`
	Parts        []Part         `json:"parts,omitempty"` // of a merged report
	Verdict      Verdict        `json:"verdict"`

	streams []emitter.StreamLedger // in order; nil: Ledger is all of them
}

// Plan is what was asked for. Seconds that are 0 were not asked for.
type Plan struct {
	Sink      string   `json:"sink"`
	Target    string   `json:"target,omitempty"` // where to: a path, a method and a URL without its query
	Ack       string   `json:"ack"`
	Evidence  string   `json:"evidence,omitempty"` // why acked is weaker than it seems, in a sentence
	Format    string   `json:"format"`
	Workers   int      `json:"workers"`
	Streams   int      `json:"streams"`
	Rate      *float64 `json:"rate"`                 // lines a second; nil: unpaced
	RateAsked string   `json:"rate_asked,omitempty"` // in the words of whoever asked, if not in lines a second
	Schedule  string   `json:"profile,omitempty"`    // how the rate changes, in the words of whoever asked
	Interval  float64  `json:"interval,omitempty"`   // between two lines of one worker
	Duration  float64  `json:"duration,omitempty"`
	Count     uint64   `json:"count,omitempty"`
	Level     string   `json:"level"`
	Color     bool     `json:"color"`
	Name      string   `json:"name"`
	Identify  bool     `json:"identify"`
	Batch     Batch    `json:"batch"`

	Size    int     `json:"size,omitempty"`   // of a line in bytes; 0: as it comes
	Warmup  float64 `json:"warmup,omitempty"` // whose latencies are not judged
	Burst   uint64  `json:"burst,omitempty"`  // overdue lines kept for catching up; 0: all
	Drain   float64 `json:"drain,omitempty"`
	Retries *int    `json:"retries,omitempty"` // nil: the sink has none
	Timeout float64 `json:"request_timeout,omitempty"`
	Skew    float64 `json:"stream_skew,omitempty"`

	Encoding          string   `json:"encoding,omitempty"`            // of a request: protobuf, json
	Labels            []string `json:"labels,omitempty"`              // label sets of some streams
	StreamsPerRequest int      `json:"streams_per_request,omitempty"` // at most; 0: it has no such thing
	Tenants           int      `json:"tenants,omitempty"`
	Churn             *Over    `json:"churn,omitempty"`            // streams replaced by new ones, in a time
	Disorder          *Over    `json:"out_of_order,omitempty"`     // lines with a time of up to so long ago
	Offset            float64  `json:"timestamp_offset,omitempty"` // added to every line's time
}

// Over is a share, and the time that it is said of.
type Over struct {
	Share   float64 `json:"share"`
	Seconds float64 `json:"seconds"`
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

// Work is what the workers' time went into besides making lines: seconds of all workers together.
type Work struct {
	Sending float64 `json:"sending"`
	Waiting float64 `json:"waiting"` // for lines to be due
	Backoff float64 `json:"backoff"` // before a retry
}

// A Run is what is known of a run besides its Result. All but the first four may be left out.
type Run struct {
	ID           string
	Seed         uint64
	Plan         Plan
	Usage        Usage
	Command      []string // that repeats the run, without secrets
	Series       *Series
	Server       *scrape.Change
	Verification *Verification
	SLO          []SLO  // as ParseSLO returned them
	Aborted      string // the SLO that ended the run before its time
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
		Command:  run.Command,
		Plan:     run.Plan,
		Lines:    Lines(r.Lines),
		Requests: Requests(r.Requests),
		Bytes:    Bytes(r.Bytes),
		Rate: Rate{
			Target:   run.Plan.Rate,
			Achieved: ratio(float64(r.Lines.Acked), r.Window.Seconds()),
		},
		Latency:      latency(r.Latency),
		Errors:       failures(r.Failures),
		Work:         Work{r.Sending.Seconds(), r.Waiting.Seconds(), r.Backoff.Seconds()},
		Usage:        run.Usage,
		Server:       run.Server,
		Verification: run.Verification,
	}
	if run.Series != nil {
		report.Series = run.Series.Points()
	}
	if run.Plan.Identify {
		report.list(inOrder(r.Streams))
	}
	report.Verdict = Verdict{Ended: ended(r), Aborted: run.Aborted, SLO: run.SLO}
	report.judge()
	return report
}

// list puts a run's streams into the report, as far as there is room.
func (r *Report) list(streams []emitter.StreamLedger) {
	all := false
	if r.Ledger, all = ledger(streams); !all {
		r.LedgerCut, r.streams = len(streams) > len(r.Ledger), streams
	}
}

// Verified adds what the destination was found to hold, and judges the run again.
func (r *Report) Verified(v *Verification) {
	r.Verification = v
	r.judge()
}

// ratio is a / b, and 0 where that is not a number.
func ratio(a, b float64) float64 {
	if b <= 0 {
		return 0
	}
	return a / b
}
