package emitter

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// ErrUnbalanced is the error of a run whose ledger does not balance: a bug in this package.
var ErrUnbalanced = errors.New("the ledger does not balance")

// Run does what p says and returns the account of it. When ctx ends, no more lines are made; what
// is in hand has p.Drain to be delivered. The error says why the run could not be done.
func Run(ctx context.Context, p Plan) (*Result, error) {
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("check plan: %w", err)
	}
	r := newRun(p)
	hard, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	opening := context.AfterFunc(ctx, cut) // what waits to be opened waits in vain
	sinks, err := openSinks(hard, p)
	opening()
	if err != nil {
		return nil, errors.Join(err, closeSinks(p, sinks))
	}
	for i, s := range sinks {
		r.workers[i].sink = s
	}
	r.do(ctx, hard, cut)
	err = closeSinks(p, sinks)
	result := r.result()
	if !result.Lines.Balanced() {
		err = errors.Join(err, ErrUnbalanced)
	}
	return result, err
}

func openSinks(ctx context.Context, p Plan) (sinks []Sink, err error) {
	for i := range p.Workers {
		s, err := p.Sink.Open(ctx, i)
		if err != nil {
			return sinks, err
		}
		sinks = append(sinks, s)
	}
	return sinks, nil
}

func closeSinks(p Plan, sinks []Sink) error {
	var errs []error
	for _, s := range sinks {
		errs = append(errs, s.Close())
	}
	if p.Sink.Close != nil {
		errs = append(errs, p.Sink.Close())
	}
	return errors.Join(errs...)
}

// run is a run under way.
type run struct {
	plan      Plan
	total     uint64 // lines of the whole plan
	division  division
	workers   []*worker
	recorders []*recorder

	start time.Time
	wall  int64 // Unix nanoseconds of start: all times of lines derive from it by the monotonic clock

	making  atomic.Int64 // workers that still have lines to make
	allMade chan struct{}

	mean int          // bytes of a line, newline included, about
	end  atomic.Int64 // of the drain, nanoseconds since start

	stopOnce sync.Once
	stopped  chan struct{}
	stopTime atomic.Int64 // nanoseconds since start, valid once stopped is closed
	gone     atomic.Bool

	watcher watcher
	elapsed time.Duration
}

// forever is the number of lines in a plan without an end.
const forever = math.MaxInt64

func newRun(p Plan) *run {
	r := &run{plan: p, total: forever, stopped: make(chan struct{}), allMade: make(chan struct{})}
	if p.Count > 0 {
		r.total = p.Count
	}
	if d := planned(p); d > 0 {
		r.plan.Duration = d
		if p.Schedule != nil {
			r.total = DueBy(p.Schedule, d-1, r.total)
		}
	}
	r.division.group = p.Sink.Limits.Group
	if p.Skew > 0 {
		r.division.pattern = newPattern(p.Streams, p.Skew)
	}
	r.mean = 1 + int(math.Ceil(MeanLine(p.Seed, p.Source(0), p.Format(0), 100)))
	r.end.Store(math.MaxInt64)
	// As few recorders as keep workers from waiting for one another's locks.
	r.recorders = make([]*recorder, min(p.Workers, 2*runtime.GOMAXPROCS(0), 16))
	for i := range r.recorders {
		r.recorders[i] = newRecorder(p.Warmup)
	}
	r.workers = make([]*worker, p.Workers)
	for i := range r.workers {
		r.workers[i] = newWorker(r, i)
	}
	r.making.Store(int64(p.Workers))
	r.watcher = watcher{run: r, total: newLatency()}
	return r
}

// planned is how long lines are due: at most as long as the profile is; 0: without end.
func planned(p Plan) time.Duration {
	if profile, ok := p.Schedule.(Profile); ok {
		if length, ok := profile.Length(); ok && (p.Duration == 0 || length < p.Duration) {
			return length
		}
	}
	return p.Duration
}

// do runs all workers to their end.
func (r *run) do(ctx, hard context.Context, cut func()) {
	r.start = time.Now()
	r.wall = r.start.UnixNano()
	var workers, others sync.WaitGroup
	done := make(chan struct{})
	for _, w := range r.workers {
		workers.Go(func() { w.work(hard) })
	}
	others.Go(func() { r.watchEnd(ctx, cut, done) })
	if r.plan.Every > 0 {
		others.Go(func() { r.watcher.watch(done) })
	}
	workers.Wait()
	close(done)
	others.Wait()
	for _, w := range r.workers {
		w.close()
	}
	r.elapsed = r.clock()
	r.watcher.last()
}

func (r *run) clock() time.Duration { return time.Since(r.start) }

// sleep waits for d, by the worker's own timer if it is long; it returns false if the run was
// stopped before.
func (r *run) sleep(d time.Duration, timer *time.Timer) bool {
	// A plain sleep takes half the CPU of a timer and a select, at a thousand waits a second and
	// worker; so short a one need not be interrupted.
	if d <= 20*time.Millisecond {
		time.Sleep(d)
		return true
	}
	timer.Reset(d)
	select {
	case <-timer.C:
		return true
	case <-r.stopped:
		return false
	}
}

// dueBy is how many of the plan's lines are due at t.
func (r *run) dueBy(t time.Duration) uint64 { return DueBy(r.plan.Schedule, t, r.total) }

// dueInAll is how many lines the schedule asked for until the run ended; 0 if there is none.
func (r *run) dueInAll() uint64 {
	switch {
	case r.plan.Schedule == nil:
		return 0
	case r.isStopped():
		return r.dueBy(r.stoppedAt())
	}
	return r.total
}

// dueSoFar is how many lines the schedule has asked for at time t.
func (r *run) dueSoFar(t time.Duration) uint64 {
	if r.isStopped() {
		t = min(t, r.stoppedAt())
	}
	return r.dueBy(t)
}

// window is the planned time of the run, without regard to the last confirmation.
func (r *run) window() time.Duration {
	switch {
	case r.cutShort():
		return r.stoppedAt()
	case r.plan.Schedule == nil:
		return r.plan.Duration
	}
	return r.plannedEnd()
}

// plannedEnd is when the schedule's part in the run ends, at the latest with its duration: when the
// line after the last would be due, or with the last, if there is none after it.
func (r *run) plannedEnd() time.Duration {
	end := time.Duration(math.MaxInt64)
	if r.plan.Duration > 0 {
		end = r.plan.Duration
	}
	if next, ok := r.plan.Schedule.At(r.total); ok {
		return min(next, end)
	}
	if last, ok := r.lastDue(); ok && r.plan.Duration == 0 {
		return last
	}
	return end
}

// result is the account of the run, which is over.
func (r *run) result() *Result {
	t := r.watcher.sum
	result := &Result{
		Progress: t.Progress,
		Latency:  *r.watcher.total,
		Started:  r.start,
		Elapsed:  r.elapsed,
		Window:   r.window(),
		Failures: r.failures(&t),
		Stopped:  r.cutShort(),
		Gone:     r.gone.Load(),
	}
	for _, w := range r.workers {
		result.Window = max(result.Window, w.last)
		result.Sending += w.sending
		result.Waiting += w.waiting
		result.Backoff += w.backoff
		result.Lines.Due += w.made + w.missed
	}
	if r.plan.Schedule == nil {
		result.Latency.Schedule = nil
	} else if !result.Stopped {
		result.Lines.Due = r.total // by arithmetic, so that the ledger is checked against it
	}
	if r.plan.Identify {
		result.Streams = r.ledger()
	}
	return result
}

// ledger lists all streams in order.
func (r *run) ledger() []StreamLedger {
	list := make([]StreamLedger, r.plan.Streams)
	for i := range list {
		w := r.workers[i%len(r.workers)]
		list[i] = w.ledger.of(i, w.streams[i/len(r.workers)].seq)
	}
	return list
}
