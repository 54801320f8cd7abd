package emitter

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// streams of one cycle, line by line.
func (p *pattern) streams(t *testing.T) []int {
	t.Helper()
	list := make([]int, p.length)
	taken := make([]bool, p.length)
	for s := range p.ends {
		if !slices.IsSorted(p.of(s)) {
			t.Fatalf("stream %d: its places are not in order", s)
		}
		for _, at := range p.of(s) {
			if taken[at] {
				t.Fatalf("place %d is given twice", at)
			}
			list[at], taken[at] = s, true
		}
	}
	return list
}

func zipf(streams int, skew float64) []float64 {
	shares := make([]float64, streams)
	var sum float64
	for s := range shares {
		shares[s] = 1 / math.Pow(float64(s+1), skew)
		sum += shares[s]
	}
	for s := range shares {
		shares[s] /= sum
	}
	return shares
}

var someSkews = []float64{0.1, 0.5, 1, 1.3, 2, MostSkew}

func TestPatternFollowsZipf(t *testing.T) {
	for _, streams := range []int{1, 2, 3, 50, 200, 5000} {
		for _, skew := range someSkews {
			p := newPattern(streams, skew)
			if p.length > uint64(max(2*streams, mostCycle)) || uint64(len(p.places)) != p.length {
				t.Fatalf("%d streams, skew %v: a cycle of %d lines, %d places", streams, skew, p.length, len(p.places))
			}
			p.streams(t)
			for s, want := range zipf(streams, skew) {
				n := p.times(s)
				if n == 0 {
					t.Fatalf("%d streams, skew %v: stream %d never comes", streams, skew, s)
				}
				// What would come less than once a cycle comes once.
				got := float64(n) / float64(p.length)
				if off := math.Abs(got - want); off > 0.04*want && off*float64(p.length) > 1 {
					t.Errorf("%d streams, skew %v: stream %d has a share of %v, want %v", streams, skew, s, got, want)
				}
			}
		}
	}
}

// TestPatternIsEven: every part of a cycle is much like the whole.
func TestPatternIsEven(t *testing.T) {
	for _, streams := range []int{2, 50, 200, 2000} {
		// Where streams ask for the same place, all but one have to give way; the more, the further.
		slack := 2 * (1 + math.Sqrt(float64(streams)))
		for _, skew := range someSkews {
			p := newPattern(streams, skew)
			for s := range streams {
				places := p.of(s)
				distance := float64(p.length) / float64(len(places))
				for i, at := range places {
					if i > 0 && float64(at-places[i-1]) > 3*distance+slack/4 {
						t.Fatalf("%d streams, skew %v: stream %d, each %v lines, has a gap of %d", streams, skew, s, distance, at-places[i-1])
					}
					if off := float64(at) - float64(places[0]) - float64(i)*distance; math.Abs(off) > slack {
						t.Fatalf("%d streams, skew %v: stream %d comes for the %dth time at %d, off by %v", streams, skew, s, i, at, off)
					}
				}
			}
		}
	}
}

func TestPatternIsTheSameEachTime(t *testing.T) {
	a, b := newPattern(777, 1.1), newPattern(777, 1.1)
	if !slices.Equal(a.places, b.places) || !slices.Equal(a.ends, b.ends) {
		t.Error("two patterns of the same streams and skew differ")
	}
}

// TestCursorsWalkThePattern: the lanes of all workers, against a plain walk along the pattern.
func TestCursorsWalkThePattern(t *testing.T) {
	chance := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		workers := 1 + chance.IntN(9)
		streams := workers + chance.IntN(60)
		skew := someSkews[chance.IntN(len(someSkews))]
		d := &division{pattern: newPattern(streams, skew)}
		if chance.IntN(2) == 0 {
			groups := 1 + chance.IntN(5)
			d.group = func(stream int) int { return stream / 3 % groups }
		}
		c := walked{
			d: d, streams: d.pattern.streams(t), workers: workers,
			most:  uint64(chance.IntN(8)),
			total: uint64(chance.IntN(3000)) + uint64(chance.IntN(3))*d.pattern.length,
		}
		t.Run(fmt.Sprintf("%d workers, %d streams of skew %v, %d in a batch, %d lines", workers, streams, skew, c.most, c.total), c.check)
	}
}

type walked struct {
	d       *division
	streams []int // of the pattern
	workers int
	most    uint64
	total   uint64
}

func (c *walked) check(t *testing.T) {
	length := uint64(len(c.streams))
	made := make([]bool, c.total)
	for w := range c.workers {
		all := newCursor(w, c.workers, len(c.d.pattern.ends)).under(c.d)
		var own uint64
		for _, l := range newLanes(all, share{streams: c.most, lines: c.total, turn: byLine}).list {
			own += l.own
			c.walk(t, w, l, made)
		}
		if own != all.below(c.total) {
			t.Fatalf("worker %d has %d lines, its lanes %d", w, all.below(c.total), own)
		}
	}
	for k, ok := range made {
		if !ok {
			t.Fatalf("line %d of stream %d is not made", k, c.streams[uint64(k)%length])
		}
	}
}

// walk passes over all lines of a lane, one by one, and checks it at every so many against another
// way to get there.
func (c *walked) walk(t *testing.T, worker int, l *lane, made []bool) {
	t.Helper()
	start := l.cursor
	for l.left() > 0 {
		at := &l.cursor
		if at.k >= c.total || made[at.k] {
			t.Fatalf("line %d of %d is made again", at.k, c.total)
		}
		made[at.k] = true
		stream := c.streams[at.k%uint64(len(c.streams))]
		slot := (stream - worker) / c.workers
		if at.stream() != stream || stream%c.workers != worker || l.slot+at.slot() != uint64(slot) {
			t.Fatalf("worker %d makes line %d, of stream %d, for stream %d at slot %d", worker, at.k, stream, at.stream(), l.slot+at.slot())
		}
		if c.d.group != nil && c.d.group(stream) != c.d.group(start.stream()) {
			t.Fatalf("a lane of group %d has stream %d", c.d.group(start.stream()), stream)
		}
		if n := at.passed(); n%61 == 0 {
			skipped := start
			skipped.skip(n)
			if skipped != *at {
				t.Fatalf("skip(%d) = %+v, next so often = %+v", n, skipped, *at)
			}
			if at.below(at.k) != n || at.below(at.k+1) != n+1 {
				t.Fatalf("%d and %d lines below %d and the next, want %d and one more", at.below(at.k), at.below(at.k+1), at.k, n)
			}
		}
		at.next()
	}
	if got := l.cursor.passed(); got != l.own {
		t.Fatalf("%d of %d lines passed", got, l.own)
	}
}

// TestSkewedRun: shares follow the pattern, to the line, whoever makes them and however batches are cut.
func TestSkewedRun(t *testing.T) {
	const streams, count = 30, 20_011
	shares := zipf(streams, 1)
	for _, workers := range []int{1, 3, 8} {
		for _, limits := range []Limits{{Bytes: large, Wait: time.Millisecond}, {Bytes: 300, Streams: 1}, {Bytes: large, Streams: 4, Wait: 100 * time.Millisecond}} {
			for _, schedule := range []Schedule{nil, Rate(5000)} {
				synctest.Test(t, func(t *testing.T) {
					s := &store{}
					p := plan(Plan{Workers: workers, Streams: streams, Skew: 1, Schedule: schedule, Count: count, Identify: true, Drain: time.Second}, s, limits)
					r := do(t, t.Context(), p, s)
					if want := (Lines{Due: count, Acked: count}); r.Lines != want {
						t.Errorf("lines = %+v, want %+v", r.Lines, want)
					}
					inOrder(t, s)
					pattern := newPattern(streams, 1).streams(t)
					want := make([]uint64, streams)
					for k := range count {
						want[pattern[k%len(pattern)]]++
					}
					for i, l := range r.Streams {
						if l.Next != want[i] {
							t.Errorf("%d workers: stream %d has %d lines, want %d", workers, i, l.Next, want[i])
						}
						if off := float64(l.Next)/count/shares[i] - 1; math.Abs(off) > 0.05 {
							t.Errorf("%d workers: stream %d is off its share by %v", workers, i, off)
						}
					}
					if schedule != nil && r.Latency.Schedule.Max() > 1 {
						t.Errorf("%d workers, %+v: a line was %v late on a clock that stands still", workers, limits, time.Duration(r.Latency.Schedule.Max()))
					}
				})
			}
		}
	}
}

// TestSkewedLinesGoWhenTheyAreDue: line k at At(k), of whatever stream it is.
func TestSkewedLinesGoWhenTheyAreDue(t *testing.T) {
	for _, workers := range []int{1, 3} {
		synctest.Test(t, func(t *testing.T) {
			s := &store{}
			const rate = Rate(700)
			do(t, t.Context(), plan(Plan{Workers: workers, Streams: 9, Skew: 1.5, Schedule: rate, Count: 3000}, s, Limits{Bytes: large}), s)
			p := newPattern(9, 1.5)
			for _, l := range s.lines {
				places := p.of(l.stream)
				n := uint64(len(places))
				k := l.seq/n*p.length + uint64(places[l.seq%n])
				if due, _ := rate.At(k); l.at != due {
					t.Fatalf("line %d, of stream %d, is due at %v and was sent at %v", k, l.stream, due, l.at)
				}
			}
		})
	}
}

func BenchmarkPattern(b *testing.B) {
	for _, streams := range []int{200, 10_000, 1_000_000} {
		b.Run(fmt.Sprint(streams), func(b *testing.B) {
			for b.Loop() {
				p := newPattern(streams, 1)
				p.path(0, 1, uint64(streams))
			}
		})
	}
}
