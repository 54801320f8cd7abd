package emitter

import (
	"errors"
	"math"
	"math/big"
	"sort"
	"time"
)

// chain is stages made ready.
type chain struct {
	pieces []piece
	bounds []amount // of lines before each piece, and after the last; increasing
	length time.Duration
	peak   float64
}

// piece is a part of a stage that has lines.
type piece struct {
	start  time.Duration
	length float64 // nanoseconds
	from   float64 // lines/s
	slope  float64 // lines/s^2

	// Of the lower end of a ramp: the rate, its square, and twice how fast it grows, in lines and
	// nanoseconds.
	low, square, twice float64
}

func newPiece(start, length time.Duration, from, to, slope float64) piece {
	p := piece{start: start, length: float64(length), from: from, slope: slope}
	p.low = min(from, to) / 1e9
	p.square = p.low * p.low
	p.twice = 2 * math.Abs(slope) / 1e18
	return p
}

// longestRamp is how long a piece that ramps may be: up to here float64 tells apart hundredths of a
// nanosecond, so that lines at 1e9/s keep their order whatever the rounding.
const longestRamp = 24 * time.Hour

// ErrNoLine is why there is no Profile of rates that are right, but make no line in all their time.
var ErrNoLine = errors.New("there is no line in it")

func newChain(stages []Stage, longest time.Duration) (chain, error) {
	c := chain{bounds: make([]amount, 1, len(stages)+1)}
	before := new(big.Float).SetPrec(precision)
	for _, s := range stages {
		if err := s.check(longest - c.length); err != nil {
			return chain{}, err
		}
		c.peak = max(c.peak, s.From, s.To)
		for at := time.Duration(0); at < s.Length; {
			end := s.Length
			if s.From != s.To {
				end = min(end, at+longestRamp)
			}
			p := newPiece(c.length+at, end-at, s.rate(at), s.rate(end), (s.To-s.From)/s.Length.Seconds())
			lines := s.lines(end)
			c.add(p, lines.Add(lines, before))
			at = end
		}
		before.Add(before, s.lines(s.Length))
		c.length += s.Length
	}
	if len(c.pieces) == 0 {
		return chain{}, ErrNoLine
	}
	return c, nil
}

// add takes a piece and how many lines there are up to its end, unless it has none of its own.
func (c *chain) add(p piece, lines *big.Float) {
	if end := roundAmount(lines); c.total().less(end) {
		c.pieces = append(c.pieces, p)
		c.bounds = append(c.bounds, end)
	}
}

// total is how many lines there are.
func (c *chain) total() amount { return c.bounds[len(c.bounds)-1] }

// Peak returns the highest rate of any stage, or of those that begin in the first d as far as that
// goes. Of a Cycle that is right for any d, as all comes up in its first period.
func (c *chain) Peak(d time.Duration) float64 {
	if d <= 0 || d >= c.length {
		return c.peak
	}
	peak := 0.0
	for _, p := range c.pieces {
		if p.start >= d {
			break
		}
		peak = max(peak, p.from, p.from+p.slope*min(float64(d-p.start), p.length)/1e9)
	}
	return peak
}

// at returns when the integral of the rate leaves k; ok is false if it never does.
func (c *chain) at(k amount) (due time.Duration, ok bool) {
	i := c.search(k)
	// Rounded to the end of its piece, the line is the next one's.
	for ; i < len(c.pieces); i++ {
		p := &c.pieces[i]
		if after := p.after(k, c.bounds[i], c.bounds[i+1]); after < p.length {
			return p.start + time.Duration(after), true
		}
	}
	return 0, false
}

// search returns the piece that k falls into; one past the last if k is beyond them all.
func (c *chain) search(k amount) int {
	ends := c.bounds[1:]
	low, high := 0, len(ends)
	for low < high {
		if middle := int(uint(low+high) / 2); k.less(ends[middle]) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low
}

// after returns how many whole nanoseconds after the start of the piece, which goes from one amount
// of lines to another, the integral is k, which is below the latter.
//
// The root of the quadratic equation is the one without a difference in it, counted from the lower
// end of a ramp: so it is as exact near a rate of 0 and for a slope of almost 0 as anywhere.
func (p *piece) after(k, first, end amount) float64 {
	switch {
	case p.slope < 0:
		return max(0, math.Round(p.length-p.ramp(end.minus(k).float())))
	case !first.less(k):
		return 0
	case p.slope > 0:
		return math.Round(p.ramp(k.minus(first).float()))
	}
	return math.Round(k.minus(first).float() / p.from * 1e9)
}

// ramp is how long after its lower end a ramp has made so many lines, in nanoseconds.
func (p *piece) ramp(lines float64) float64 {
	return 2 * lines / (p.low + math.Sqrt(p.square+p.twice*lines))
}

// lines is the integral of the rate up to time t, about.
func (c *chain) lines(t time.Duration) float64 {
	i := sort.Search(len(c.pieces), func(i int) bool { return c.pieces[i].start > t })
	if i == 0 {
		return 0
	}
	p := &c.pieces[i-1]
	seconds := min(float64(t-p.start), p.length) / 1e9
	return c.bounds[i-1].float() + (p.from+p.slope/2*seconds)*seconds
}
