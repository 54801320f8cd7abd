package emitter

import (
	"math"
	"sort"
	"time"
)

// rate is how many lines a second are asked for at t; +Inf if it is unpaced then.
func (c *course) rate(t time.Duration) float64 {
	i := sort.Search(len(c.spans), func(i int) bool { return c.spans[i].from > t }) - 1
	if i >= 0 && t < c.spans[i].to {
		return math.Inf(1)
	}
	s := c.segmentAt(t)
	p, ok := s.plan.(Profile)
	if _, constant := p.(Rate); !ok || constant {
		return c.pace(t)
	}
	end := always
	if length, ok := p.Length(); ok {
		end = length
	}
	from, to := around(t-s.moved, end)
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
