package emitter

import (
	"sort"
	"sync"
	"time"
)

// tally is what one or more recorders counted.
type tally struct {
	Progress
	unpaced  uint64 // of Made: lines that were due when they were made
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
	t.unpaced += from.unpaced
	t.Requests.Sent += from.Requests.Sent
	t.Requests.Retried += from.Requests.Retried
	t.Requests.Failed += from.Requests.Failed
	t.Bytes.Acked += from.Bytes.Acked
	t.Bytes.Wire += from.Bytes.Wire
	for key, f := range from.failures {
		sum := t.failure(key)
		if sum.First == "" || f.At < sum.At {
			sum.First, sum.At, sum.Raise, sum.made = f.First, f.At, f.Raise, f.made
		}
		sum.Lines += f.Lines
		sum.Requests += f.Requests
	}
}

// recorder takes what a few workers observe. Its lock is taken once an attempt: a histogram
// triple for each of a thousand workers would be 0.8 GB, and snapshots read it from aside.
type recorder struct {
	mu    sync.Mutex
	tally tally
	now   *Latency // since the last rotation
	spare *Latency // rotate's own

	warmup time.Duration
	warm   *Latency // since the last rotation, of lines due before the end of the warm-up; nil: there is none
}

func newRecorder(warmup time.Duration) *recorder {
	r := &recorder{now: newLatency(), warmup: warmup}
	if warmup > 0 {
		r.warm = newLatency()
	}
	return r
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
	tried      uint64   // lines of all workers until then; only if it failed and the run is unpaced
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
		if a.made.unpaced {
			t.unpaced += uint64(b.Len())
		}
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
	to := r.now
	if r.warming(a.batch, 1) > 0 {
		to = r.warm
	}
	to.record(to.Service, a.end-a.begin, 1)
}

func (r *recorder) schedule(a *attempt) {
	if a.made.unpaced {
		return
	}
	warm := r.warming(a.batch, a.batch.Len())
	if warm > 0 {
		r.warm.schedule(a, 0, warm)
	}
	if warm < a.batch.Len() {
		r.now.schedule(a, warm, a.batch.Len())
	}
}

func (r *recorder) response(a *attempt) {
	warm := r.warming(a.batch, a.acked)
	if warm > 0 {
		r.warm.response(a, 0, warm)
	}
	if warm < a.acked {
		r.now.response(a, warm, a.acked)
	}
}

// warming is how many of the first n lines of b were due in the warm-up.
func (r *recorder) warming(b *Batch, n int) int {
	if r.warm == nil || b.due(0) >= r.warmup {
		return 0
	}
	return sort.Search(n, func(i int) bool { return b.due(i) >= r.warmup })
}

func (r *recorder) fail(a *attempt) {
	f := r.tally.failure(failureKey{a.failed.Reason, a.failed.Status})
	if f.First == "" {
		f.First, f.At, f.Raise, f.made = a.failed.Error(), a.end, a.failed.Raise, a.tried
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

// made is how many lines were tried.
func (r *recorder) made() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tally.Made
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

// rotateWarm adds what was recorded of the warm-up since the last call. It needs no spare one: that
// workers wait while it is merged is the warm-up's own business.
func (r *recorder) rotateWarm(interval *Latency) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.warm != nil && !r.warm.empty() {
		interval.merge(r.warm)
		r.warm.reset()
	}
}
