package emitter

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Lines is the ledger of a run, or of a part of it.
type Lines struct {
	Due      uint64 // the schedule asked for them
	Acked    uint64 // confirmed
	Rejected uint64 // certainly not stored
	Unknown  uint64 // may be stored
	Missed   uint64 // due, but not made
}

// Balanced reports whether every due line is accounted for.
func (l Lines) Balanced() bool { return l.Due == l.Acked+l.Rejected+l.Unknown+l.Missed }

// Requests counts attempts at a write or request.
type Requests struct {
	Sent    uint64
	Retried uint64 // of Sent: not the first attempt for their lines
	Failed  uint64 // of Sent: did not confirm every line
}

// Bytes counts what was confirmed (lines without newlines) and what it took to send everything.
type Bytes struct {
	Acked uint64
	Wire  uint64
}

// Latency holds the three clocks of a run in nanoseconds. Values beyond a histogram's range
// (1 ns to 1 h) are recorded at its end and counted in Clamped.
type Latency struct {
	Response *hdrhistogram.Histogram // by confirmed line: confirmed - due
	Service  *hdrhistogram.Histogram // by attempt: how long Send took
	Schedule *hdrhistogram.Histogram // by line made: made - due, less any wait for a fuller batch; nil if unpaced
	Clamped  uint64
}

// A Failure is one reason for which attempts failed.
type Failure struct {
	Reason   string
	Status   int
	Lines    uint64        // that ended rejected or unknown for this reason
	Requests uint64        // attempts that failed for it
	First    string        // the first error's text
	At       time.Duration // since the start, of the first
	Raise    string        // the destination's setting that raises the limit, if the first named one

	// Offered is how many lines a second were due around At, or after the last due line around that;
	// unpaced: all that had been tried until At, divided by it.
	Offered float64

	made uint64 // lines of all workers that had been tried until At; only if unpaced
}

// A Range is the sequence numbers From to To, both included.
type Range struct{ From, To uint64 }

// A StreamLedger says what became of one stream: all sequence numbers below Next were used,
// and those in no range were confirmed.
type StreamLedger struct {
	Stream            int
	Next              uint64
	Rejected, Unknown []Range
	Cut               bool // there were more ranges than are kept
}

// Progress is the part of a run's account that is known at any time.
type Progress struct {
	Lines    Lines
	Made     uint64 // lines that exist: due, and neither missed nor still to come
	Requests Requests
	Bytes    Bytes
}

// A Result is the full account of a run.
type Result struct {
	Progress
	Latency  Latency // of lines due (unpaced: made) after the warm-up
	Started  time.Time
	Elapsed  time.Duration // from before the first line to the end of the drain
	Window   time.Duration // planned time, longer if the last confirmation came later
	Sending  time.Duration // spent in Send, all workers together
	Waiting  time.Duration // spent waiting for lines to be due, all workers together
	Backoff  time.Duration // spent waiting before a retry, all workers together
	Failures []Failure
	Streams  []StreamLedger // only if the plan asked for identities
	Used     int            // streams that have lines
	Asked    float64        // lines a second, on average as far as the run went; 0: unpaced
	Changed  bool           // the plan's rate, by its Control
	Stopped  bool           // before everything planned was due
	Gone     bool           // the destination went away for good
}
