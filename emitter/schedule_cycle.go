package emitter

import (
	"errors"
	"math"
	"time"
)

// Cycle is the Profile of stages that are repeated for ever. What is left of a line at the end of a
// period carries over to the next.
type Cycle struct {
	chain
	each    float64 // period's lines
	periods uint64  // that the clock has
}

// ShortestPeriod, of a Cycle, keeps the number of periods far below what a float64 counts.
const ShortestPeriod = time.Millisecond

// NewCycle repeats stages that take a millisecond or more together.
func NewCycle(stages ...Stage) (*Cycle, error) {
	c, err := newChain(stages, LongestTime)
	if err != nil {
		return nil, err
	}
	if c.length < ShortestPeriod {
		return nil, errors.New("a period takes a millisecond at least")
	}
	return &Cycle{chain: c, each: c.total().float(), periods: uint64(math.MaxInt64 / c.length)}, nil
}

// At is exact to the nanosecond for as long as the rates are.
func (c *Cycle) At(k uint64) (time.Duration, bool) {
	estimate := float64(k) / c.each
	if estimate >= float64(c.periods) {
		return 0, false
	}
	// The division is off by much less than one.
	n := uint64(estimate)
	rest := amount{whole: k}.minus(c.total().times(n))
	if int64(rest.whole) < 0 {
		n--
		rest = rest.plus(c.total())
	} else if !rest.less(c.total()) {
		n++
		rest = rest.minus(c.total())
	}
	due, ok := c.at(rest)
	if !ok { // rounded to the end of the period, it is the next one's
		n++
		due, _ = c.at(amount{})
	}
	return time.Duration(n)*c.length + due, n < c.periods
}

func (c *Cycle) Length() (time.Duration, bool) { return 0, false }

func (c *Cycle) Mean(d time.Duration) float64 {
	if d <= 0 {
		d = c.length
	}
	return c.by(d) / d.Seconds()
}

func (c *Cycle) about(t time.Duration) uint64 { return uint64(c.by(t)) + 1 }

// by is the integral of the rate up to time t, about.
func (c *Cycle) by(t time.Duration) float64 {
	return float64(t/c.length)*c.each + c.lines(t%c.length)
}
