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
	var replaced chan struct{} // nil: the course cannot change
	plan := func() {
		c := r.course.Load()
		if r.plan.Control != nil {
			replaced = c.replaced
		}
		r.end.Store(math.MaxInt64)
		timer.Reset(math.MaxInt64)
		if end, ok := c.lastDue(); ok {
			drain(end)
		}
	}
	plan()
	ended, stopped, allMade := ctx.Done(), r.stopped, r.allMade
	for {
		select {
		case <-replaced:
			if !r.isStopped() { // else the drain goes on that the stop began, or is about to
				plan()
			} else {
				replaced = nil
			}
		case <-ended:
			ended = nil
			r.stop()
		case <-stopped:
			stopped = nil
			drain(r.clock())
		case <-allMade:
			allMade = nil
			drain(r.clock())
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

// stop ends the making of lines.
func (r *run) stop() { r.stopAt(r.clock()) }

func (r *run) stopAt(t time.Duration) {
	r.stopOnce.Do(func() {
		r.stopTime.Store(int64(t))
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
	c := r.course.Load()
	end, ok := c.lastDue()
	return !r.complete(c) && (!ok || r.stoppedAt() < end)
}

// complete reports whether all lines that c can have were made.
func (r *run) complete(c *course) bool {
	var made uint64
	for _, w := range r.workers {
		made += w.made
	}
	if c.steered() || !c.paced() {
		return made >= c.count
	}
	return made >= c.total
}
