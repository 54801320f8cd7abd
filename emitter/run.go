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
	if err := p.Control.take(p.Schedule); err != nil {
		return nil, err
	}
	defer p.Control.release()
	r := newRun(p)
	hard, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	opening := context.AfterFunc(ctx, cut) // what waits to be opened waits in vain
	sinks, err := openSinks(hard, p)
	opened := opening()
	if err != nil {
		return nil, errors.Join(err, closeSinks(p, sinks))
	}
	for i, s := range sinks {
		r.workers[i].sink = s
	}
	if !opened { // ctx ended meanwhile, and with it the run before its first line
		r.stopAt(-1)
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
	course    atomic.Pointer[course] // replaced by plan.Control alone
	division  division
	workers   []*worker
	recorders []*recorder
	lanes     []laneView // of all workers, where snapshots need them
	ranges    room       // of all ledgers

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
	r := &run{plan: p, stopped: make(chan struct{}), allMade: make(chan struct{})}
	r.course.Store(p.course())
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
	if p.Control != nil && p.Count > 0 {
		for _, w := range r.workers {
			r.lanes = append(r.lanes, w.lanes.views()...)
		}
	}
	r.making.Store(int64(p.Workers))
	r.watcher = watcher{run: r, total: newLatency()}
	return r
}

// do runs all workers to their end.
func (r *run) do(ctx, hard context.Context, cut func()) {
	start, ok := awaitStart(r.plan.Start, ctx.Done())
	r.start, r.wall = start, start.UnixNano()
	r.plan.Control.begin(r)
	if !ok {
		r.stopAt(-1) // no line is due yet
	}
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

// sleep waits for d, or if that is long until changed is closed, by the worker's own timer; it
// returns false if the run was stopped before.
func (r *run) sleep(d time.Duration, timer *time.Timer, changed <-chan struct{}) bool {
	// A plain sleep takes half the CPU of a timer and a select, at a thousand waits a second and
	// worker; so short a one need not be interrupted.
	if d <= shortSleep {
		time.Sleep(d)
		return true
	}
	timer.Reset(d)
	select {
	case <-timer.C:
		return true
	case <-changed:
		return true
	case <-r.stopped:
		return false
	}
}

const shortSleep = 20 * time.Millisecond

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
		result.Used += w.used()
	}
	c := r.course.Load()
	if !c.paced() {
		result.Latency.Schedule = nil
	} else if !result.Stopped && !c.steered() {
		result.Lines.Due = c.total // by arithmetic, so that the ledger is checked against it
	}
	result.Asked, result.Changed = r.asked(result), c.altered()
	if r.plan.Identify {
		result.Streams = r.ledger()
	}
	return result
}

// asked is how many lines a second were asked for on average in a run of that account.
func (r *run) asked(result *Result) float64 {
	window := r.window()
	if r.course.Load().altered() {
		if window == 0 {
			window = result.Window
		}
		return float64(result.Lines.Due) / max(window, 1).Seconds()
	}
	profile, ok := r.plan.Schedule.(Profile)
	if !ok {
		return 0
	}
	return meanOf(profile, result.Lines.Due, window)
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
