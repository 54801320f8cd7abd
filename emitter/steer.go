package emitter

import "time"

// steering is a worker's place on a course that may change. It makes what lies before an unpaced
// span, then what it can in the span, then what lies behind it.
type steering struct {
	course  *course // as the worker knows it
	spans   int     // that are over for the worker
	unpaced bool    // it is in the one after them
}

// end is when the span that the worker is in is over.
func (s *steering) end() time.Duration {
	return min(s.course.spans[s.spans].to, s.course.end)
}

// outdated reports whether the course has changed. A plain run pays no more than the first comparison.
func (w *worker) outdated() bool {
	return w.steering != nil && w.steering.course != w.run.course.Load()
}

// ready reports whether there is a batch to be made, or waited for. Where a change may still bring
// one, it waits for the change.
func (w *worker) ready(now time.Duration, timer *time.Timer) (time.Duration, bool) {
	if w.steering == nil {
		return now, !w.lanes.done() && (w.schedule != nil || now < w.run.course.Load().end)
	}
	for {
		w.adopt()
		s := w.steering
		c := s.course
		switch {
		case s.unpaced && (now >= s.end() || w.lanes.done()):
			w.leave()
		case !w.lanes.done():
			return now, true
		case w.exhausted() || now >= c.end:
			return now, false
		case s.spans < len(c.spans) && now >= c.spans[s.spans].from:
			w.enter()
		default:
			next := c.end
			if s.spans < len(c.spans) {
				next = min(next, c.spans[s.spans].from)
			}
			woken := w.wait(next-now, timer)
			before := now
			now = w.run.clock()
			w.waiting += now - before
			if !woken {
				return now, false
			}
		}
	}
}

// exhausted reports whether no line of the plan is left to the worker, whatever changes.
func (w *worker) exhausted() bool {
	for _, l := range w.lanes.list {
		if l.gone() < l.own {
			return false
		}
	}
	return true
}

// adopt takes notice of a change.
func (w *worker) adopt() {
	if !w.outdated() {
		return
	}
	w.steering.course = w.run.course.Load()
	if !w.steering.unpaced {
		w.pace()
	}
}

// pace lets the worker make the lines up to the next unpaced span, or up to the end.
func (w *worker) pace() {
	s := w.steering
	c := s.course
	w.schedule, w.lines = c, c.total
	if c.altered() {
		w.bucket = nil // it keeps to one rate
	} else {
		w.schedule = c.segments[0].plan
	}
	if s.spans < len(c.spans) {
		w.lines = min(w.lines, c.spans[s.spans].first)
	}
	for _, l := range w.lanes.list {
		l.allow(w.lines)
	}
	w.lanes.order()
}

// enter begins an unpaced span.
func (w *worker) enter() {
	w.steering.unpaced, w.schedule = true, nil
	for _, l := range w.lanes.list {
		l.wander()
	}
	w.lanes.order()
}

// leave ends it.
func (w *worker) leave() {
	w.steering.unpaced = false
	w.steering.spans++
	for _, l := range w.lanes.list {
		l.returns()
	}
	w.pace()
}

// settle takes the course as it was when the run was stopped.
func (w *worker) settle() {
	if w.steering == nil {
		return
	}
	w.adopt()
	if w.steering.unpaced && w.run.stoppedAt() >= w.steering.end() {
		w.leave()
	}
}
