package verify

import (
	"cmp"
	"slices"
	"time"

	"github.com/exitfound/lologen/emitter"
)

// A Ledger says what a run sent, and what became of it as far as the run knows.
type Ledger struct {
	RunID   string
	Sink    string // where the lines went to; empty: not known
	Target  string // where there: of a file, its path
	Format  string
	Started time.Time
	Bytes   uint64        // of the lines that were confirmed; 0: not known
	Ended   time.Time     // the last confirmation, or a little later
	Astray  time.Duration // at most, between when a line was made and the time that was put into it
	Streams []Sent        // in the order of their numbers
	Cut     bool          // there were more streams
}

// Sent is one stream: of the sequence numbers below Next, those in no range were confirmed.
type Sent struct {
	Stream   uint64
	Next     uint64
	Rejected []Range
	Unknown  []Range
	Cut      bool // there were more ranges
}

// NewLedger is the ledger of a run that identified its lines.
func NewLedger(runID string, r *emitter.Result) *Ledger {
	l := &Ledger{RunID: runID, Started: r.Started, Bytes: r.Bytes.Acked, Ended: r.Started.Add(r.Elapsed)}
	for _, s := range r.Streams {
		l.Streams = append(l.Streams, Sent{
			Stream: uint64(s.Stream), Next: s.Next, Rejected: fromEmitter(s.Rejected), Unknown: fromEmitter(s.Unknown), Cut: s.Cut,
		})
	}
	l.sort()
	return l
}

func fromEmitter(ranges []emitter.Range) []Range {
	list := make([]Range, len(ranges))
	for i, r := range ranges {
		list[i] = Range{r.From, r.To}
	}
	return tidy(list)
}

func (l *Ledger) sort() {
	slices.SortFunc(l.Streams, func(a, b Sent) int { return cmp.Compare(a.Stream, b.Stream) })
}

// Acked is how many lines were confirmed.
func (l *Ledger) Acked() (n uint64) {
	for _, s := range l.Streams {
		n += size(s.acked())
	}
	return n
}

// acked is the sequence numbers that were confirmed.
func (s *Sent) acked() []Range {
	return common(below(s.Next), outside(tidy(slices.Concat(s.Rejected, s.Unknown))))
}

// unwanted is the sequence numbers that must not be stored: rejected, or never used.
func (s *Sent) unwanted() []Range {
	return common(outside(s.Unknown), outside(s.acked()))
}

// validRun reports whether a run may have this id, which goes into queries as it is.
func validRun(id string) bool {
	for _, c := range id {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return 0 < len(id) && len(id) <= 64
}
