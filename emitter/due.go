package emitter

import "time"

// dueInAll is how many numbered lines were due until the run ended.
func (r *run) dueInAll() uint64 {
	c := r.course.Load()
	if r.isStopped() {
		return c.dueBy(r.stoppedAt())
	}
	return c.total
}

// dueSoFar is how many numbered lines are due at time t, or at the stop if that was before.
func (r *run) dueSoFar(t time.Duration) uint64 {
	if r.isStopped() {
		t = min(t, r.stoppedAt())
	}
	c := r.course.Load()
	n := c.dueBy(t)
	if r.lanes == nil || len(c.spans) == 0 {
		return n
	}
	// Lanes that made more than others while they were unpaced have fewer lines left.
	var due uint64
	for i := range r.lanes {
		due += r.lanes[i].below(n)
	}
	return due
}

// window is the planned time of the run, without regard to the last confirmation.
func (r *run) window() time.Duration {
	c := r.course.Load()
	switch {
	case r.cutShort():
		return max(0, r.stoppedAt())
	case len(c.spans) == 0:
		return c.plannedEnd()
	case r.complete(c):
		return 0 // no longer than it took
	}
	return c.duration()
}
