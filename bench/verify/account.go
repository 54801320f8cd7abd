// Package verify tells what became of the lines of a run: lost, duplicated, reordered, how late.
// An Account is told lines, a Source asks a destination for what it holds, and Check judges that
// by the run's own Ledger.
package verify

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/exitfound/lologen/bench/report"
)

// Limits bound what an Account remembers; a zero is the default. A run costs 0.3 MB, a stream
// 0.1 KB, a range 16 to 32 bytes.
type Limits struct {
	Runs    int // 1000
	Streams int // 1,000,000 in all runs
	Ranges  int // 1,000,000 in all streams: gaps, and stretches of lines that came more than once
}

// An Account keeps what has been received, by run and stream: lines in order cost nothing but
// their stream, lines out of order a range for each gap. It is safe for concurrent use.
//
// A line with a broken identity is one of the run that it names, if the account knows that run
// by then, and of no run otherwise.
type Account struct {
	limits Limits

	// mu is taken once a batch, not once a line; nothing is scanned while it is held.
	mu           sync.Mutex
	runs         map[string]*run
	streams      int
	ranges       int
	unidentified Unidentified
}

// run is what is known of one run.
type run struct {
	id          string
	streams     map[uint64]*stream
	lines       Lines
	bytes       uint64
	latency     *hdrhistogram.Histogram
	summary     report.Summary // of latency, when it had as many lines as this says
	clamped     uint64
	first, last int64
}

// stream is what is known of one stream: all lines below next have come, but those missing.
type stream struct {
	next       uint64
	missing    *set // nil: none
	duplicated *set
	copies     uint64
	cut        bool // duplicated does not say all
}

// NewAccount returns an empty account.
func NewAccount(limits Limits) *Account {
	return &Account{
		limits: Limits{
			Runs:    cmp.Or(limits.Runs, 1000),
			Streams: cmp.Or(limits.Streams, 1_000_000),
			Ranges:  cmp.Or(limits.Ranges, 1_000_000),
		},
		runs: make(map[string]*run),
	}
}

// Expect has the account know a run before its first line.
func (a *Account) Expect(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.run([]byte(id))
}

// run returns the named run; nil: there are too many.
func (a *Account) run(id []byte) *run {
	if r := a.runs[string(id)]; r != nil {
		return r
	}
	if len(a.runs) >= a.limits.Runs {
		return nil
	}
	r := &run{
		id:      string(id),
		streams: make(map[uint64]*stream),
		latency: hdrhistogram.New(shortest, longest, 3),
	}
	a.runs[r.id] = r
	return r
}

// stream returns the numbered stream of r; nil: there are too many.
func (a *Account) stream(r *run, number uint64) *stream {
	if s := r.streams[number]; s != nil {
		return s
	}
	if a.streams >= a.limits.Streams {
		return nil
	}
	a.streams++
	s := &stream{}
	r.streams[number] = s
	return s
}

// late takes a line of s that is not the one to come next.
func (a *Account) late(r *run, s *stream, seq uint64) {
	room := a.limits.Ranges - a.ranges
	switch {
	case seq == lastSeq, seq > s.next && room <= 0:
		r.lines.Untracked++
		return
	case seq > s.next:
		if s.missing == nil {
			s.missing = new(set)
		}
		s.missing.insert(s.missing.last(), Range{s.next, seq - 1})
		a.ranges++
		r.lines.Lost += seq - s.next
		r.lines.Unique++
		s.next = seq + 1
		return
	}
	if s.missing != nil {
		more, held := s.missing.take(seq, room)
		switch {
		case held && more > room:
			r.lines.Untracked++
			return
		case held:
			a.ranges += more
			r.lines.Lost--
			r.lines.Unique++
			r.lines.Reordered++
			return
		}
	}
	a.copy(s, seq, room)
	r.lines.Duplicated++
}

// copy takes a line that has come before.
func (a *Account) copy(s *stream, seq uint64, room int) {
	if s.duplicated == nil {
		s.duplicated = new(set)
	}
	s.copies++
	more, _ := s.duplicated.add(seq, room)
	if more > room {
		s.cut = true
		return
	}
	a.ranges += more
}

// Counts sums up all runs.
type Counts struct {
	Runs         int
	Streams      int
	Lines        Lines
	Bytes        uint64
	Unidentified Unidentified
}

// Counts says how much has been received so far. It costs little however much that is.
func (a *Account) Counts() Counts {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := Counts{Runs: len(a.runs), Streams: a.streams, Unidentified: a.unidentified}
	for _, r := range a.runs {
		c.Lines.add(r.lines)
		c.Bytes += r.bytes
	}
	return c
}

func (l *Lines) add(more Lines) {
	l.Received += more.Received
	l.Unique += more.Unique
	l.Lost += more.Lost
	l.Duplicated += more.Duplicated
	l.Reordered += more.Reordered
	l.Corrupt += more.Corrupt
	l.Untracked += more.Untracked
}

// Totals says what has been received so far, by run.
func (a *Account) Totals() Totals {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := Totals{Runs: make([]Run, 0, len(a.runs)), Unidentified: a.unidentified}
	for _, r := range a.runs {
		t.Runs = append(t.Runs, r.totals())
	}
	slices.SortFunc(t.Runs, func(a, b Run) int { return cmp.Compare(a.RunID, b.RunID) })
	return t
}

func (r *run) totals() Run {
	t := Run{RunID: r.id, Streams: len(r.streams), Lines: r.lines, Bytes: r.bytes, Latency: r.late()}
	if r.first != 0 {
		t.First, t.Last = time.Unix(0, r.first).UTC(), time.Unix(0, r.last).UTC()
	}
	return t
}

// late summarizes a run that has had lines since it was asked for last: most runs are over.
func (r *run) late() Latency {
	if r.summary.Count != uint64(r.latency.TotalCount()) {
		r.summary = report.Summarize(r.latency)
	}
	return Latency{EndToEnd: r.summary, Clamped: r.clamped}
}

// EndToEnd is how long lines of a run were under way, in nanoseconds: a copy of its own. It is nil if
// the account knows no such run.
func (a *Account) EndToEnd(id string) *hdrhistogram.Histogram {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.runs[id]
	if r == nil {
		return nil
	}
	return r.latency.Clone()
}

// Holding says what is held of one run, by stream; nil if the account knows no such run.
func (a *Account) Holding(id string) *Holding {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.runs[id]
	if r == nil {
		return nil
	}
	h := &Holding{RunID: id, Lines: r.lines, Bytes: r.bytes, Latency: r.late(), Streams: make([]Held, 0, len(r.streams)), Unidentified: a.unidentified}
	for number, s := range r.streams {
		h.Streams = append(h.Streams, Held{
			Stream: number, Next: s.next, Missing: s.missing.all(), Duplicated: s.duplicated.all(), Copies: s.copies, Cut: s.cut,
		})
	}
	h.Latency.EndToEnd = report.Whole(r.latency)
	h.sort()
	return h
}
