package emitter

import (
	"math"
	"math/bits"
	"slices"
)

// A pattern is a cycle of lines in which some streams come more often than others, by Zipf's law:
// stream s of the run as often as 1/(s+1)^skew tells. Line k of the run is at place k mod length.
// A stream's appearances lie evenly over the cycle, and no two streams of one frequency lie at
// the same places, so that every part of a cycle is much like the whole.
type pattern struct {
	length uint64
	ends   []uint32 // by stream, of its places
	places []uint32 // of stream 0, of stream 1, ..., each in order
}

// mostCycle bounds the length of a pattern, unless there are more than half as many streams.
const mostCycle = 1 << 20

// rarest is how often the rarest stream comes in one cycle, if that is not too long: so often that
// to round it changes its share by a per cent at most.
const rarest = 50

// newPattern takes time and memory in proportion to its length.
func newPattern(streams int, skew float64) *pattern {
	p := &pattern{ends: make([]uint32, streams)}
	for s, n := range appearances(streams, skew) {
		p.length += uint64(n)
		p.ends[s] = uint32(p.length)
	}
	p.place()
	return p
}

// appearances is how often each stream comes in one cycle. Those that would come less than once
// come once, and lower the share of all others by what that takes.
func appearances(streams int, skew float64) []uint32 {
	weight := func(s int) float64 { return math.Pow(float64(s+1), -skew) }
	var sum float64
	for s := range streams {
		sum += weight(s)
	}
	// Rounding up costs less than one line a stream.
	most := max(2*float64(streams), mostCycle) - float64(streams)
	lines := min(most, math.Ceil(rarest*sum/weight(streams-1)))
	times := make([]uint32, streams)
	for s := range times {
		times[s] = uint32(max(1, math.Round(lines*weight(s)/sum)))
	}
	return times
}

// place gives every appearance a place of its own: each stream asks for places at equal distances,
// and what asks for the same one goes in turn. All is done in whole numbers, so that it comes out
// alike on every machine.
func (p *pattern) place() {
	next := make([]uint32, p.length+1) // place for what asks for this one
	for s := range p.ends {
		for wanted := range p.wanted(s) {
			next[wanted+1]++
		}
	}
	for i := range p.length {
		next[i+1] += next[i]
	}
	p.places = make([]uint32, 0, p.length)
	for s := range p.ends {
		for wanted := range p.wanted(s) {
			p.places = append(p.places, next[wanted])
			next[wanted]++
		}
	}
}

// wanted yields the places of a stream at equal distances, in order. Where the first of them is
// within that distance goes by multiples of the golden ratio, which spread streams of one frequency
// as evenly as anything does (Knuth, The Art of Computer Programming, 6.4, theorem S).
func (p *pattern) wanted(s int) func(yield func(uint64) bool) {
	const golden = 0x9e3779b97f4a7c15 // of 2^64
	return func(yield func(uint64) bool) {
		n := uint64(p.times(s))
		distance := p.length << 32 / n // length is below 2^32
		at, _ := bits.Mul64(distance, uint64(s)*golden)
		for range n {
			if !yield(at >> 32) {
				return
			}
			at += distance
		}
	}
}

func (p *pattern) begin(s int) uint32 {
	if s == 0 {
		return 0
	}
	return p.ends[s-1]
}

// times is how often stream s comes in one cycle.
func (p *pattern) times(s int) uint32 { return p.ends[s] - p.begin(s) }

// of lists the places of stream s, in order.
func (p *pattern) of(s int) []uint32 { return p.places[p.begin(s):p.ends[s]] }

// path is the part of the pattern that falls to the streams first, first+step, ..., so many.
func (p *pattern) path(first, step, slots uint64) *path {
	var n uint32
	for slot := range slots {
		n += p.times(int(first + slot*step))
	}
	way := make([]place, 0, n)
	for slot := range slots {
		for _, at := range p.of(int(first + slot*step)) {
			way = append(way, newPlace(at, slot))
		}
	}
	slices.Sort(way)
	return &path{way}
}

// A path is what a cursor follows where streams do not simply take turns.
type path struct{ places []place }

// A place is one appearance of one stream: at which line of the cycle, and at which slot the
// stream is among the cursor's. Both in one number, as they are read together for every line.
type place uint64

func newPlace(at uint32, slot uint64) place { return place(uint64(at)<<32 | slot) }

func (p place) at() uint64   { return uint64(p >> 32) }
func (p place) slot() uint64 { return uint64(uint32(p)) }
