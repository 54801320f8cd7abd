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
	limit    time.Duration // of the run, pauses included; 0: none
	length   time.Duration // of the plan, with the pauses that are over; 0: it has no end
	segments []segment     // never empty
	spans    []span        // unpaced, in order

	total    uint64        // numbers that are given
	end      time.Duration // a change after it does not count: all is over
	replaced chan struct{} // closed when another course takes its place
}

// A segment is lines that come at one rate, or by the plan's schedule, or a pause.
type segment struct {
	plan    Schedule      // its lines are due by that, whose numbers are the course's; nil: by the rate
	moved   time.Duration // how much later than the plan says, for pauses
	rate    float64       // lines/s; 0: it has no lines with numbers
	unpaced bool          // it is a span
	start   time.Duration
	first   uint64  // number of its first line
	part    float64 // of that line's wait that was over before the start, so that many changes lose no line
}

// pause reports whether it has no lines at all.
func (s *segment) pause() bool { return s.plan == nil && s.rate == 0 && !s.unpaced }

// A span is a time in which lines are made as fast as may be. The numbers stand still in it.
type span struct {
	from, to time.Duration
	first    uint64 // number that comes after it
}

// always is an end that is not known yet.
const always = time.Duration(math.MaxInt64)

// newCourse is that of a run's plan: s is nil if it is unpaced, limit 0 if it has none.
func newCourse(s Schedule, count uint64, limit time.Duration) *course {
	c := &course{count: count, limit: limit, replaced: make(chan struct{})}
	if profile, ok := s.(Profile); ok {
		if length, ends := profile.Length(); ends {
			c.length = length
		}
	}
	c.segments = []segment{{plan: s, unpaced: s == nil}}
	if s == nil {
		c.spans = []span{{to: always}}
	}
	c.conclude()
	return c
}

// conclude finds out how many numbers the course gives, and when it ends.
func (c *course) conclude() {
	last, d := c.last(), c.duration()
	switch {
	case d > 0:
		c.total = DueBy(c, d-1, c.count)
	case last.plan != nil || last.rate > 0:
		c.total = c.count
	default:
		c.total = last.first
	}
	c.end = always
	if c.steered() {
		if d > 0 {
			c.end = d
		}
	} else if end, ok := c.lastDue(); ok {
		c.end = end
	}
}

// duration is how long lines are due at most; 0: for ever, as far as is known. A plan that ends does
// so later by the time that it is paused.
func (c *course) duration() time.Duration {
	if c.length == 0 || c.last().pause() || c.limit > 0 && c.limit < c.length {
		return c.limit
	}
	return c.length
}

func (c *course) last() *segment { return &c.segments[len(c.segments)-1] }

// changed is c with another rate from a time on, which is not before that of the last change; 0 is a
// pause, +Inf unpaced. A line that is due at that very time is still the last segment's.
func (c *course) changed(rate float64, at time.Duration) *course {
	first := DueBy(c, at, c.count)
	return c.with(segment{rate: rate, start: at, first: first, part: c.part(at, first)})
}

// instead is c, which has not begun, with another rate from its beginning.
func (c *course) instead(rate float64) *course { return c.with(segment{rate: rate, part: 1}) }

// resumed is c, which is in a pause, with what that interrupted from a time on. A plan goes on where
// it was: what is left of it is moved by the length of the pause.
func (c *course) resumed(at time.Duration) *course {
	i := len(c.segments) - 1
	for c.segments[i-1].pause() {
		i--
	}
	before, first := c.segments[i-1], c.last().first
	switch {
	case before.unpaced:
		return c.changed(math.Inf(1), at)
	case before.plan == nil:
		return c.changed(before.rate, at)
	}
	return c.with(segment{plan: before.plan, moved: before.moved + at - c.segments[i].start, start: at, first: first})
}

func (c *course) with(s segment) *course {
	n := &course{count: c.count, limit: c.limit, length: c.length, spans: c.spans, replaced: make(chan struct{})}
	if last := c.last(); last.pause() && c.length > 0 {
		n.length += s.start - last.start
	}
	if last := len(c.spans) - 1; c.open() {
		n.spans = slices.Clone(c.spans)
		n.spans[last].to = s.start
	}
	if math.IsInf(s.rate, 1) {
		n.spans = append(slices.Clip(n.spans), span{s.start, always, s.first})
		s.rate, s.unpaced = 0, true
	}
	// What lies behind the end of the older course's list is nothing to its readers.
	n.segments = append(c.segments, s)
	n.conclude()
	return n
}

// altered reports whether it is not the plan's from beginning to end.
func (c *course) altered() bool { return len(c.segments) > 1 }

// steered reports whether it has left the plan, for good or for a pause.
func (c *course) steered() bool { return c.altered() && c.last().plan == nil }

// open reports whether it is unpaced in the end.
func (c *course) open() bool {
	last := len(c.spans) - 1
	return last >= 0 && c.spans[last].to == always
}

// paced reports whether any line is, or could be, due at a time of its own.
func (c *course) paced() bool { return c.altered() || c.segments[0].plan != nil }

// part is how much of the wait for line n, the first that is not due at t, is over.
func (c *course) part(t time.Duration, n uint64) float64 {
	s := c.last()
	part := s.part
	switch {
	case s.plan != nil:
		part = waited(s.plan, t-s.moved, n)
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
		due, ok := s.plan.At(k)
		return due + s.moved, ok && due < always-s.moved
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
		return e.about(max(0, t-s.moved))
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
	d := c.duration()
	switch {
	case len(c.spans) > 0:
		return d, d > 0
	case c.total == forever:
		return 0, false
	case c.steered() && c.total < c.count:
		return d, d > 0
	case c.total == 0:
		return 0, true
	}
	return c.At(c.total - 1)
}

// plannedEnd is when a paced course ends, at the latest with its duration: when the line after the
// last would be due, or with the last, if there is none after it.
func (c *course) plannedEnd() time.Duration {
	end, d := always, c.duration()
	if d > 0 {
		end = d
	}
	if next, ok := c.At(c.total); ok {
		return min(next, end)
	}
	if last, ok := c.lastDue(); ok && d == 0 {
		return last
	}
	return end
}
