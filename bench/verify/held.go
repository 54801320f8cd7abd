package verify

import (
	"cmp"
	"slices"
	"time"

	"github.com/exitfound/lologen/bench/report"
)

// Totals are what an Account holds, in numbers: the part of a receiver's report that is about
// lines. Runs are in the order of their ids, and never null.
type Totals struct {
	Runs         []Run        `json:"runs"`
	Unidentified Unidentified `json:"unidentified"`
}

// Run is what has been received of one run.
type Run struct {
	RunID   string    `json:"run_id"`
	Streams int       `json:"streams"`
	Lines   Lines     `json:"lines"`
	Bytes   uint64    `json:"bytes"` // of all lines received, without newlines
	Latency Latency   `json:"latency"`
	First   time.Time `json:"first,omitzero"` // arrival of the first line
	Last    time.Time `json:"last,omitzero"`
}

// Lines counts lines. Received = Unique + Duplicated + Corrupt + Untracked.
type Lines struct {
	Received   uint64 `json:"received"`
	Unique     uint64 `json:"unique"`
	Lost       uint64 `json:"lost"`       // below the highest sequence number of their stream, and not received
	Duplicated uint64 `json:"duplicated"` // copies beyond the first
	Reordered  uint64 `json:"reordered"`  // came after a higher one of their stream, and are no copies
	Corrupt    uint64 `json:"corrupt"`    // their identity is cut or garbled
	Untracked  uint64 `json:"untracked"`  // beyond the account's Limits: nothing is known of them but their number
}

// Unidentified is what belongs to no run that is accounted for.
type Unidentified struct {
	Lines     uint64 `json:"lines"` // all of them, those of the next two fields included
	Bytes     uint64 `json:"bytes"`
	Corrupt   uint64 `json:"corrupt"`   // with a broken identity that names no run the account knows
	Untracked uint64 `json:"untracked"` // of runs beyond the account's Limits
}

// Latency is how late lines were.
type Latency struct {
	EndToEnd report.Summary `json:"end_to_end"`        // received - sent, by line whose arrival is known
	Clamped  uint64         `json:"clamped,omitempty"` // were beyond 1 ns to 1 h, and are in it as one of these
}

// A Holding is what is held of one run, line by line: what a receiver answers to
// GET /report?run=ID, and what every Source makes of its lines.
type Holding struct {
	RunID        string       `json:"run_id"`
	Lines        Lines        `json:"lines"`
	Bytes        uint64       `json:"bytes"` // of all its lines, without newlines; 0: not known
	Latency      Latency      `json:"latency"`
	Streams      []Held       `json:"streams"`         // in the order of their numbers, never null
	Unidentified Unidentified `json:"unidentified"`    // beside the run, in the same place
	Notes        []string     `json:"notes,omitempty"` // for people

	beside []string // where lines without an identity stand amid those of the run
}

// Held is what is held of one stream: all sequence numbers below Next that are not in Missing.
type Held struct {
	Stream     uint64  `json:"stream"`
	Next       uint64  `json:"next"`
	Missing    []Range `json:"missing"`       // sorted, never null
	Duplicated []Range `json:"duplicated"`    // held more than once; sorted, never null
	Copies     uint64  `json:"copies"`        // held beyond the first of each
	Cut        bool    `json:"cut,omitempty"` // more are duplicated than Duplicated says
}

// Range is the sequence numbers from the first to the second, both included.
type Range [2]uint64

func (h *Holding) sort() {
	slices.SortFunc(h.Streams, func(a, b Held) int { return cmp.Compare(a.Stream, b.Stream) })
}
