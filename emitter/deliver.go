package emitter

import (
	"context"
	"time"
)

// deliver sends the batch, again where that may help, until each of its lines is accounted for.
// It returns the time when it was done.
func (w *worker) deliver(ctx context.Context, m moment) time.Duration {
	b := &w.batch
	a := attempt{batch: b, first: true, made: m}
	for try := 0; ; try++ {
		a.begin = w.run.clock()
		n, err := w.sink.Send(ctx, b)
		a.end = w.run.clock()
		w.sending += a.end - a.begin
		a.acked, a.wire, b.Wire, a.failed = n, b.Wire, 0, nil
		if n > 0 {
			w.last = a.end
		}
		if n < b.Len() {
			a.failed = outcome(err)
			// Once an attempt may have stored lines, no later refusal can unsay it.
			a.unknown = a.unknown || a.failed.Unknown
			a.given = !a.failed.Retry || try == w.run.plan.Retries || ctx.Err() != nil
			a.tried = w.tried(&a)
		}
		w.recorder.observe(&a)
		b.confirm(n)
		if a.failed == nil {
			return a.end
		}
		if a.failed.Gone {
			w.run.gone.Store(true)
			w.run.stop()
		}
		if a.given {
			w.note(a.unknown)
			return a.end
		}
		again := w.backOff(ctx, try, a.failed.After)
		w.backoff += w.run.clock() - a.end
		if !again {
			w.recorder.giveUp(a.failed, b.Len(), a.unknown)
			w.note(a.unknown)
			return w.run.clock()
		}
		a.first = false
	}
}

// tried is how many lines all workers have tried, a's own included, if a failure wants to know.
func (w *worker) tried(a *attempt) uint64 {
	if !a.made.unpaced {
		return 0
	}
	n := w.run.made()
	if a.first {
		n += uint64(a.batch.Len())
	}
	return n
}

// note enters the batch's remaining lines in the ledger.
func (w *worker) note(unknown bool) {
	if !w.run.plan.Identify {
		return
	}
	for i := range w.batch.Len() {
		w.ledger.note(w.batch.Stream(i), w.batch.Seq(i), unknown)
	}
}

// backOff waits before the next attempt, twice as long each time and never sooner than the
// destination asked for. It returns false if the drain ends first.
func (w *worker) backOff(ctx context.Context, try int, after time.Duration) bool {
	const least, most = 500 * time.Millisecond, 5 * time.Minute
	d := most
	if try < 20 {
		d = min(most, least<<try)
	}
	// Half of it is chance, so that workers that failed together do not come back together.
	d = max(after, d/2+time.Duration(w.jitter.Uint64()%uint64(d/2+1)))
	if w.run.clock()+d >= w.run.deadline() {
		return false // there is no attempt to wait for
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
