package emitter

import (
	"math"
	"slices"
	"sort"
	"time"
)

// A course is when the lines of a run are due, as far as that is known: by its plan, and from each
// change of its rate on by another segment. It does not change itself: a change makes another course
// of it, in which all that was due before stays as it was.
//
// Lines that are due at a time of their own have numbers, which go on over all changes. Those of an
// unpaced span are due when they are made, and have none: so no worker needs to know how many the
// others made, and when the span ends, all of them go on from one number that they agree on.
type course struct {
	count    uint64        // most lines of the run
	duration time.Duration // of the run; 0: no limit
	segments []segment     // never empty
	spans    []span        // unpaced, in order

	total    uint64        // numbers that are given
	end      time.Duration // a change after it does not count: all is over
	replaced chan struct{} // closed when another course takes its place
}

// A segment is lines that come at one rate, or by the plan's schedule.
type segment struct {
	plan  Schedule // its lines are due by that; nil: by the rate
	rate  float64  // lines/s; 0: it has no lines
	start time.Duration
	first uint64  // number of its first line
	part  float64 // of that line's wait that was over before the start, so that many changes lose no line
}

// A span is a time in which lines are made as fast as may be. The numbers stand still in it.
type span struct {
	from, to time.Duration
	first    uint64 // number that comes after it
}

// always is an end that is not known yet.
const always = time.Duration(math.MaxInt64)

// newCourse is that of a run's plan: s is nil if it is unpaced.
func newCourse(s Schedule, count uint64, duration time.Duration) *course {
	c := &course{count: count, duration: duration, replaced: make(chan struct{})}
	if s == nil {
		c.segments = []segment{{}}
		c.spans = []span{{to: always}}
	} else {
		c.segments = []segment{{plan: s}}
		c.total = count
		if duration > 0 {
			c.total = DueBy(s, duration-1, count)
		}
	}
	c.end = always
	if end, ok := c.lastDue(); ok {
		c.end = end
	}
	return c
}

// changed is c with another rate from a time on, which is not before that of the last change; 0 is a
// pause, +Inf unpaced. A line that is due at that very time is still the last segment's.
func (c *course) changed(rate float64, at time.Duration) *course {
	first := DueBy(c, at, c.count)
	return c.with(segment{rate: rate, start: at, first: first, part: c.part(at, first)})
}

// instead is c, which has not begun, with another rate from its beginning.
func (c *course) instead(rate float64) *course { return c.with(segment{rate: rate, part: 1}) }

func (c *course) with(s segment) *course {
	n := &course{count: c.count, duration: c.duration, spans: c.spans, end: always, replaced: make(chan struct{})}
	if last := len(c.spans) - 1; c.open() {
		n.spans = slices.Clone(c.spans)
		n.spans[last].to = s.start
	}
	if math.IsInf(s.rate, 1) {
		n.spans = append(slices.Clip(n.spans), span{s.start, always, s.first})
		s.rate = 0
	}
	// What lies behind the end of the older course's list is nothing to its readers.
	n.segments = append(c.segments, s)
	switch {
	case c.duration > 0:
		n.total = DueBy(n, c.duration-1, c.count)
		n.end = c.duration
	case s.rate > 0:
		n.total = c.count
	default:
		n.total = s.first
	}
	return n
}

// altered reports whether the rate was changed.
func (c *course) altered() bool { return len(c.segments) > 1 }

// open reports whether it is unpaced in the end.
func (c *course) open() bool {
	last := len(c.spans) - 1
	return last >= 0 && c.spans[last].to == always
}

// paced reports whether any line is, or could be, due at a time of its own.
func (c *course) paced() bool { return c.altered() || c.segments[0].plan != nil }

// part is how much of the wait for line n, the first that is not due at t, is over.
func (c *course) part(t time.Duration, n uint64) float64 {
	s := &c.segments[len(c.segments)-1]
	part := s.part
	switch {
	case s.plan != nil:
		part = waited(s.plan, t, n)
	case s.rate > 0:
		part += (t-s.start).Seconds()*s.rate - float64(n-s.first)
	}
	return max(0, min(part, 1))
}

// waited is how much of the wait for line n of s is over at t. The line after the last, and any that
// waits for none before it, has not begun to wait.
func waited(s Schedule, t time.Duration, n uint64) float64 {
	var last time.Duration
	if n > 0 {
		last, _ = s.At(n - 1)
	}
	next, ok := s.At(n)
	if !ok || next <= last {
		return 0
	}
	return float64(t-last) / float64(next-last)
}

// At makes a course a Schedule of the lines that have numbers.
func (c *course) At(k uint64) (time.Duration, bool) {
	i := len(c.segments) - 1
	if c.segments[i].first > k {
		i = sort.Search(i, func(i int) bool { return c.segments[i].first > k }) - 1
	}
	return c.segments[i].at(k)
}

func (s *segment) at(k uint64) (time.Duration, bool) {
	if s.plan != nil {
		return s.plan.At(k)
	}
	if s.rate == 0 {
		return 0, false
	}
	wait := math.Round((float64(k-s.first) + 1 - s.part) / s.rate * 1e9)
	if wait >= float64(always-s.start) {
		return 0, false
	}
	return s.start + time.Duration(wait), true
}

func (c *course) about(t time.Duration) uint64 {
	s := c.segmentAt(t)
	if e, ok := s.plan.(estimator); ok {
		return e.about(t)
	}
	return s.first + uint64(max(0, (t-s.start).Seconds()*s.rate))
}

// segmentAt is the segment that time t lies in.
func (c *course) segmentAt(t time.Duration) *segment {
	i := sort.Search(len(c.segments), func(i int) bool { return c.segments[i].start > t })
	return &c.segments[max(0, i-1)]
}

// dueBy is how many numbers are due at t.
func (c *course) dueBy(t time.Duration) uint64 { return DueBy(c, t, c.total) }

// lastDue is when the last line is due, if that is known. Lines may still become due until the
// duration is over, once the rate was changed.
func (c *course) lastDue() (time.Duration, bool) {
	switch {
	case len(c.spans) > 0:
		return c.duration, c.duration > 0
	case c.total == forever:
		return 0, false
	case c.altered() && c.total < c.count:
		return c.duration, c.duration > 0
	case c.total == 0:
		return 0, true
	}
	return c.At(c.total - 1)
}

// plannedEnd is when a paced course ends, at the latest with its duration: when the line after the
// last would be due, or with the last, if there is none after it.
func (c *course) plannedEnd() time.Duration {
	end := always
	if c.duration > 0 {
		end = c.duration
	}
	if next, ok := c.At(c.total); ok {
		return min(next, end)
	}
	if last, ok := c.lastDue(); ok && c.duration == 0 {
		return last
	}
	return end
}

// rate is how many lines a second are asked for at t; +Inf if it is unpaced then.
func (c *course) rate(t time.Duration) float64 {
	i := sort.Search(len(c.spans), func(i int) bool { return c.spans[i].from > t }) - 1
	if i >= 0 && t < c.spans[i].to {
		return math.Inf(1)
	}
	p, ok := c.segmentAt(t).plan.(Profile)
	if !ok {
		return c.pace(t)
	}
	end := always
	if length, ok := p.Length(); ok {
		end = length
	}
	from, to := around(t, end)
	if from >= to {
		return 0
	}
	// By what it says of itself, not by its lines: in a pause there is none, but the next one nears.
	lines := p.Mean(to) * to.Seconds()
	if from > 0 {
		lines -= p.Mean(from) * from.Seconds()
	}
	return max(0, lines) / (to - from).Seconds()
}

// pace is the rate of the segment that t lies in. Of a plan whose rate is no constant it is how many
// lines are due in the second around t.
func (c *course) pace(t time.Duration) float64 {
	s := c.segmentAt(t)
	switch plan := s.plan.(type) {
	case nil:
		return s.rate
	case Rate:
		return float64(plan)
	}
	end := c.plannedEnd()
	from, to := around(min(t, end), end)
	if from >= to {
		return 0
	}
	return (dueAt(c, to) - dueAt(c, from)) / (to - from).Seconds()
}

// around is the second around t, as far as it lies between the start and an end.
func around(t, end time.Duration) (from, to time.Duration) {
	const half = 500 * time.Millisecond
	return max(0, t-half), min(end, t+half)
}
