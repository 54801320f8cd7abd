package emitter

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// shortest to longest are what the histograms hold, in nanoseconds, at three digits (270 KB each).
const (
	shortest = 1
	longest  = int64(time.Hour)
)

func newLatency() *Latency {
	h := func() *hdrhistogram.Histogram { return hdrhistogram.New(shortest, longest, 3) }
	return &Latency{Response: h(), Service: h(), Schedule: h()}
}

func (l *Latency) merge(from *Latency) {
	l.Response.Merge(from.Response)
	l.Service.Merge(from.Service)
	l.Schedule.Merge(from.Schedule)
	l.Clamped += from.Clamped
}

func (l *Latency) reset() {
	l.Response.Reset()
	l.Service.Reset()
	l.Schedule.Reset()
	l.Clamped = 0
}

func (l *Latency) record(h *hdrhistogram.Histogram, v time.Duration, n int) {
	value := int64(v)
	if value < shortest || value > longest {
		// A discarded batch may well take less than the clock's step: that is no lie worth counting.
		if value != 0 {
			l.Clamped += uint64(n)
		}
		value = max(shortest, min(longest, value))
	}
	_ = h.RecordValues(value, int64(n)) // cannot fail: the value is within the range
}

// tally is what one or more recorders counted.
type tally struct {
	Progress
	failures map[failureKey]*Failure
}

type failureKey struct {
	reason string
	status int
}

func (t *tally) add(from *tally) {
	t.Lines.Acked += from.Lines.Acked
	t.Lines.Rejected += from.Lines.Rejected
	t.Lines.Unknown += from.Lines.Unknown
	t.Lines.Missed += from.Lines.Missed
	t.Made += from.Made
	t.Requests.Sent += from.Requests.Sent
	t.Requests.Retried += from.Requests.Retried
	t.Requests.Failed += from.Requests.Failed
	t.Bytes.Acked += from.Bytes.Acked
	t.Bytes.Wire += from.Bytes.Wire
	for key, f := range from.failures {
		sum := t.failure(key)
		if sum.First == "" || f.At < sum.At {
			sum.First, sum.At = f.First, f.At
		}
		sum.Lines += f.Lines
		sum.Requests += f.Requests
	}
}

// mostReasons bounds what a destination can make us remember.
const mostReasons = 100

func (t *tally) failure(key failureKey) *Failure {
	if f := t.failures[key]; f != nil {
		return f
	}
	if len(t.failures) >= mostReasons {
		key = failureKey{reason: "other"}
	}
	if t.failures == nil {
		t.failures = make(map[failureKey]*Failure)
	}
	f := t.failures[key]
	if f == nil {
		f = &Failure{Reason: key.reason, Status: key.status}
		t.failures[key] = f
	}
	return f
}

// sorted returns the failures, those of most lines and requests first.
func (t *tally) sorted() []Failure {
	list := make([]Failure, 0, len(t.failures))
	for f := range maps.Values(t.failures) {
		list = append(list, *f)
	}
	slices.SortFunc(list, func(a, b Failure) int {
		return cmp.Or(cmp.Compare(b.Lines, a.Lines), cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Reason, b.Reason))
	})
	return list
}

// recorder takes what a few workers observe. Its lock is taken once an attempt: a histogram
// triple for each of a thousand workers would be 0.8 GB, and snapshots read it from aside.
type recorder struct {
	mu    sync.Mutex
	tally tally
	now   *Latency // since the last rotation
	spare *Latency // rotate's own
}

// An attempt is one Send and what is known after it.
type attempt struct {
	batch *Batch // with the confirmed lines still in it
	acked int
	wire  uint64

	begin, end time.Duration
	first      bool // of this batch: its lines count as made
	made       moment
	failed     *Outcome // nil if every line was confirmed
	given      bool     // up: the lines that were not confirmed end here
	unknown    bool     // how they end
}

// moment is when a batch was made, and when it was to be.
type moment struct {
	at      time.Duration
	due     time.Duration // when the batch was to go: its first line waits so long for others
	unpaced bool
}

// late is how late the generator itself was with a line: the wait for a fuller batch is no fault.
func (m moment) late(due time.Duration) time.Duration { return m.at - max(due, m.due) }

// observe takes one attempt into account.
func (r *recorder) observe(a *attempt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t, b := &r.tally, a.batch
	if a.first {
		t.Made += uint64(b.Len())
		r.schedule(a)
	}
	if a.failed == nil || !a.failed.Unsent {
		r.request(a)
	}
	if a.acked > 0 {
		t.Lines.Acked += uint64(a.acked)
		t.Bytes.Acked += b.size(a.acked)
		r.response(a)
	}
	if a.failed != nil {
		r.fail(a)
	}
}

func (r *recorder) request(a *attempt) {
	requests := &r.tally.Requests
	requests.Sent++
	if !a.first {
		requests.Retried++
	}
	if a.failed != nil {
		requests.Failed++
	}
	r.tally.Bytes.Wire += a.wire
	r.now.record(r.now.Service, a.end-a.begin, 1)
}

func (r *recorder) schedule(a *attempt) {
	b, m := a.batch, a.made
	switch {
	case m.unpaced:
	case b.due(b.Len()-1) <= m.due: // all are late alike
		r.now.record(r.now.Schedule, m.at-m.due, b.Len())
	default:
		for i := range b.Len() {
			r.now.record(r.now.Schedule, m.late(b.due(i)), 1)
		}
	}
}

func (r *recorder) response(a *attempt) {
	b := a.batch
	if a.made.unpaced {
		r.now.record(r.now.Response, a.end-a.made.at, a.acked)
		return
	}
	for i := range a.acked {
		r.now.record(r.now.Response, a.end-b.due(i), 1)
	}
}

func (r *recorder) fail(a *attempt) {
	f := r.tally.failure(failureKey{a.failed.Reason, a.failed.Status})
	if f.First == "" {
		f.First, f.At = a.failed.Error(), a.end
	}
	if !a.failed.Unsent {
		f.Requests++
	}
	if !a.given {
		return
	}
	lines := uint64(a.batch.Len() - a.acked)
	f.Lines += lines
	if a.unknown {
		r.tally.Lines.Unknown += lines
	} else {
		r.tally.Lines.Rejected += lines
	}
}

// giveUp ends lines whose next attempt did not come about any more.
func (r *recorder) giveUp(o *Outcome, lines int, unknown bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tally.failure(failureKey{o.Reason, o.Status}).Lines += uint64(lines)
	if unknown {
		r.tally.Lines.Unknown += uint64(lines)
	} else {
		r.tally.Lines.Rejected += uint64(lines)
	}
}

// miss counts lines that were due and will not be made.
func (r *recorder) miss(n uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tally.Lines.Missed += n
}

// rotate adds what was recorded since the last call to interval, and the totals to sum.
func (r *recorder) rotate(interval *Latency, sum *tally) {
	if r.spare == nil {
		r.spare = newLatency()
	}
	r.mu.Lock()
	r.now, r.spare = r.spare, r.now
	sum.add(&r.tally)
	r.mu.Unlock()
	interval.merge(r.spare)
	r.spare.reset()
}
