package emitter

import (
	"errors"
	"math"
	"sort"
	"time"
)

// Poisson is the Profile of a Poisson process: gaps between lines are exponential and independent,
// as they are where many sources log without knowing of one another. The same seed makes the same
// gaps.
//
// Any line is found without those before it, by halving, so to speak, in 64: how much of the time of
// the first 64^11 lines is that of each 64^10 of them is drawn first (Dirichlet, as independent
// gamma variables are divided by their sum), then the same within the part that the line is in, and
// so on down to single gaps. That is exactly the law of the process, only drawn in another order.
type Poisson struct {
	rate  float64
	seed  uint64
	total float64   // time of all lines, in mean gaps, as all times of nodes are
	known [][]known // nodes, by level and number modulo length
}

const (
	fan    = 64 // children of a node; those of a node of level 0 are gaps
	levels = 11 // enough for 2^64 lines
)

// Leaves remembered are enough for workers that are apart by tens of thousands of lines.
const (
	knownLeaves   = 512
	knownBranches = 8
)

// NewPoisson takes the mean of lines a second.
func NewPoisson(rate float64, seed uint64) (*Poisson, error) {
	if !(rate > 0 && rate <= float64(MaxRate)) {
		return nil, errors.New("a rate lies above 0, and not above MaxRate")
	}
	p := &Poisson{rate: rate, seed: seed ^ 0x506f6973736f6e} // not the numbers that streams draw
	for level := range levels {
		size := knownBranches
		if level == 0 {
			size = knownLeaves
		}
		p.known = append(p.known, make([]known, size))
	}
	r := NewRand(p.seed, math.MaxUint64)
	p.total = gamma(&r, math.Pow(fan, levels))
	return p, nil
}

// At takes 20 ns as long as the workers are not far apart, and microseconds for a line far from
// those that were asked for lately.
func (p *Poisson) At(k uint64) (time.Duration, bool) {
	_, gaps := p.span(0, k)
	due := math.Round(gaps / p.rate * 1e9)
	if due >= math.MaxInt64 {
		return 0, false
	}
	return time.Duration(due), true
}

func (p *Poisson) Length() (time.Duration, bool) { return 0, false }

// Peak returns the mean rate: any rate comes up, for long enough a moment.
func (p *Poisson) Peak(time.Duration) float64 { return p.rate }

func (p *Poisson) Mean(time.Duration) float64 { return p.rate }

// about descends to the gap that t is in.
func (p *Poisson) about(t time.Duration) uint64 {
	gaps := t.Seconds() * p.rate
	var k uint64
	for level := levels - 1; level >= 0; level-- {
		first := k * fan
		k = first + uint64(sort.Search(fan-1, func(i int) bool {
			_, end := p.span(level, first+uint64(i))
			return end > gaps
		}))
	}
	return k
}

// span is the time of one child of the nodes of a level, counted through.
func (p *Poisson) span(level int, child uint64) (start, end float64) {
	node := child / fan
	place := &p.known[level][node%uint64(len(p.known[level]))]
	if start, end, ok := place.load(node, child%fan); ok {
		return start, end
	}
	var bounds [fan + 1]float64
	p.divide(level, node, &bounds)
	place.store(node, &bounds)
	return bounds[child%fan], bounds[child%fan+1]
}

// divide draws the bounds of a node's children.
func (p *Poisson) divide(level int, node uint64, bounds *[fan + 1]float64) {
	start, end := 0.0, p.total
	if level < levels-1 {
		start, end = p.span(level+1, node)
	}
	r := NewRand(p.seed, uint64(level)<<60|node)
	lines := math.Pow(fan, float64(level))
	var sum float64
	for i := range fan {
		if level == 0 {
			sum += exponential(&r)
		} else {
			sum += gamma(&r, lines)
		}
		bounds[i+1] = sum
	}
	scale := (end - start) / sum
	for i := range bounds {
		bounds[i] = min(end, start+bounds[i]*scale)
	}
	bounds[fan] = end
}

// uniform draws from (0, 1].
func uniform(r *Rand) float64 { return float64(r.Uint64()>>11+1) * 0x1p-53 }

// exponential draws with mean 1.
func exponential(r *Rand) float64 { return -math.Log(uniform(r)) }

// normal draws from the standard normal distribution (Marsaglia's polar method).
func normal(r *Rand) float64 {
	for {
		x, y := 2*uniform(r)-1, 2*uniform(r)-1
		if s := x*x + y*y; s > 0 && s < 1 {
			return x * math.Sqrt(-2*math.Log(s)/s)
		}
	}
}

// gamma draws the sum of n exponential variables, n at least 1 (Marsaglia, Tsang: A simple method
// for generating gamma variables, 2000). The logarithm is written such that it does not drown in
// rounding for large n.
func gamma(r *Rand, n float64) float64 {
	d := n - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := normal(r)
		y := c * x
		if y <= -1 {
			continue
		}
		if math.Log(uniform(r)) < x*x/2+d*(3*math.Log1p(y)-y*(3+y*(3+y))) {
			return d * (1 + y) * (1 + y) * (1 + y)
		}
	}
}
