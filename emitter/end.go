package emitter

import (
	"context"
	"math"
	"time"
)

// watchEnd ends the making of lines when ctx ends, and cuts off what is in hand when the drain
// after the last due line, or after the stop, is over.
func (r *run) watchEnd(ctx context.Context, cut func(), done <-chan struct{}) {
	timer := time.NewTimer(math.MaxInt64)
	defer timer.Stop()
	drain := func(from time.Duration) {
		// Even without a drain there is a moment for lines that were made on time.
		end := from + max(r.plan.Drain, leastDrain)
		if end < from {
			return // beyond the clock
		}
		r.end.Store(min(r.end.Load(), int64(end)))
		timer.Reset(r.deadline() - r.clock())
	}
	if end, ok := r.lastDue(); ok {
		drain(end)
	}
	ended, stopped, allMade := ctx.Done(), r.stopped, r.allMade
	for {
		select {
		case <-ended:
			ended = nil
			r.stop()
		case <-stopped:
			stopped = nil
			drain(r.clock())
		case <-allMade:
			allMade = nil
			if r.plan.Schedule == nil {
				drain(r.clock())
			}
		case <-timer.C:
			cut()
		case <-done:
			return
		}
	}
}

const leastDrain = 50 * time.Millisecond

// deadline is when the drain ends, as far as that is known.
func (r *run) deadline() time.Duration { return time.Duration(r.end.Load()) }

// lastDue is when the last line of the plan is due, if that is known.
func (r *run) lastDue() (time.Duration, bool) {
	switch {
	case r.plan.Schedule == nil:
		return r.plan.Duration, r.plan.Duration > 0
	case r.total == forever:
		return 0, false
	case r.total == 0:
		return 0, true
	}
	return r.plan.Schedule.At(r.total - 1)
}

// stop ends the making of lines.
func (r *run) stop() {
	r.stopOnce.Do(func() {
		r.stopTime.Store(int64(r.clock()))
		close(r.stopped)
	})
}

func (r *run) isStopped() bool {
	select {
	case <-r.stopped:
		return true
	default:
		return false
	}
}

func (r *run) stoppedAt() time.Duration { return time.Duration(r.stopTime.Load()) }

// madeAll is called by each worker once, when it will make no more lines.
func (r *run) madeAll() {
	if r.making.Add(-1) == 0 {
		close(r.allMade)
	}
}

// cutShort reports whether the run was stopped before everything planned was due.
func (r *run) cutShort() bool {
	if !r.isStopped() {
		return false
	}
	var made uint64
	for _, w := range r.workers {
		made += w.made
	}
	end, ok := r.lastDue()
	return made < r.total && (!ok || r.stoppedAt() < end)
}
