package emitter

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

var someRates = []Rate{1.0 / 86400, 0.5, 1, 3, 7, 1000, 64_000, 333_333, 1e6, 5e6, MaxRate}

func TestRateIsMonotoneAndDoesNotDrift(t *testing.T) {
	for _, r := range someRates {
		var last time.Duration
		for k := range uint64(100_000) {
			due, ok := r.At(k)
			if !ok {
				break
			}
			if due < last {
				t.Fatalf("rate %v: line %d is due at %v, before line %d at %v", float64(r), k, due, k-1, last)
			}
			last = due
		}
		day := uint64(math.Ceil(float64(r) * 86400))
		due, _ := r.At(day)
		if off := due - time.Duration(float64(day)/float64(r)*1e9); off < -1 || off > 1 {
			t.Errorf("rate %v: after a day line %d is off by %v", float64(r), day, off)
		}
	}
}

func TestRateBeyondTheClockHasNoLine(t *testing.T) {
	if due, ok := Rate(0.5).At(math.MaxInt64); ok {
		t.Errorf("line 2^63-1 at 0.5/s is due at %v, want none: time.Duration ends before", due)
	}
}

// TestBucketKeepsTheSchedule: what the token bucket of any worker says is what At says, however
// the lines are cut into batches.
func TestBucketKeepsTheSchedule(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	for _, r := range someRates {
		b := newBucket(r)
		var k uint64
		for range 20_000 {
			want, ok := r.At(k)
			if !ok {
				break
			}
			if got := b.due(k); got != want {
				t.Fatalf("rate %v: the bucket lets line %d go at %d ns, the schedule at %d ns", float64(r), k, got, want)
			}
			k += uint64(chance.IntN(2000))
		}
	}
}

func TestBucketTakesTokensBack(t *testing.T) {
	b := newBucket(10)
	b.due(100)
	if got := b.due(50); got != 5*time.Second {
		t.Errorf("line 50 may go at %v, want 5s: it did not fit into the batch that ended with line 100", got)
	}
	if got := b.due(110); got != 11*time.Second {
		t.Errorf("the next goes at %v, want 11s", got)
	}
}

func TestDueByInvertsAt(t *testing.T) {
	chance := rand.New(rand.NewPCG(3, 4))
	for _, r := range someRates {
		for range 2000 {
			limit := uint64(chance.Int64N(1_000_000))
			at := time.Duration(chance.Int64N(int64(1 + min(1e18, 2*float64(limit)/float64(r)*1e9))))
			n := DueBy(r, at, limit)
			if n > limit {
				t.Fatalf("rate %v: %d lines due, over the limit of %d", float64(r), n, limit)
			}
			if n > 0 {
				if due, _ := r.At(n - 1); due > at {
					t.Fatalf("rate %v: line %d counts as due at %v, but is at %v", float64(r), n-1, at, due)
				}
			}
			if n < limit {
				if due, ok := r.At(n); ok && due <= at {
					t.Fatalf("rate %v: line %d does not count as due at %v, but is at %v", float64(r), n, at, due)
				}
			}
		}
	}
	if n := DueBy(Rate(1), -1, 10); n != 0 {
		t.Errorf("%d lines due before the start", n)
	}
}

func TestCursorIsArithmetic(t *testing.T) {
	for workers := 1; workers <= 9; workers++ {
		for streams := workers; streams <= 3*workers+1; streams++ {
			owner := make(map[uint64]int)
			for w := range workers {
				c := newCursor(w, workers, streams)
				for n := range uint64(100) {
					if c.passed() != n {
						t.Fatalf("%d workers, %d streams: worker %d passed %d lines, says %d", workers, streams, w, n, c.passed())
					}
					if c.below(c.k) != n || c.below(c.k+1) != n+1 {
						t.Fatalf("%d workers, %d streams: worker %d has %d lines below %d, want %d", workers, streams, w, c.below(c.k), c.k, n)
					}
					if want := int(c.k % uint64(streams)); c.stream() != want || want%workers != w {
						t.Fatalf("%d workers, %d streams: worker %d makes line %d of stream %d", workers, streams, w, c.k, c.stream())
					}
					skipped := newCursor(w, workers, streams)
					skipped.skip(n)
					if skipped != c {
						t.Fatalf("skip(%d) = %+v, next %d times = %+v", n, skipped, n, c)
					}
					owner[c.k]++
					c.next()
				}
			}
			parts(t, workers, streams)
			for k := range uint64(100) { // every worker passed 100 lines, so these all are made
				if owner[k] != 1 {
					t.Fatalf("%d workers, %d streams: line %d is made %d times", workers, streams, k, owner[k])
				}
			}
		}
	}
}

// parts checks that lanes divide a worker's lines among them.
func parts(t *testing.T, workers, streams int) {
	t.Helper()
	for w := range workers {
		all := newCursor(w, workers, streams)
		for size := uint64(1); size <= all.slots; size++ {
			ls := newLanes(all, size, 1000, 0, byLine)
			var own uint64
			for _, l := range ls.list {
				own += l.own
				for n := range uint64(30) {
					if l.cursor.passed() != n || l.cursor.below(l.cursor.k) != n || l.cursor.below(l.cursor.k+1) != n+1 {
						t.Fatalf("%d workers, %d streams, %d in a lane: %+v after %d lines", workers, streams, size, l.cursor, n)
					}
					l.cursor.next()
				}
			}
			if want := all.below(1000); own != want {
				t.Fatalf("%d workers, %d streams, %d in a lane: lanes have %d lines, their worker %d", workers, streams, size, own, want)
			}
		}
	}
}

func byLine(l *lane) uint64 { return l.cursor.k }

// TestLanesTakeTurns: whatever lane moves on, and by how much.
func TestLanesTakeTurns(t *testing.T) {
	chance := rand.New(rand.NewPCG(5, 6))
	ls := newLanes(newCursor(1, 3, 100), 2, 10_000, 0, byLine)
	for !ls.done() {
		l := ls.next()
		for _, other := range ls.list {
			if other.left() > 0 && other.cursor.k < l.cursor.k {
				t.Fatalf("line %d is next, but line %d is not made", l.cursor.k, other.cursor.k)
			}
		}
		l.cursor.skip(min(l.left(), uint64(1+chance.IntN(10))))
		ls.moved(0)
	}
	for _, l := range ls.list {
		if l.left() != 0 {
			t.Errorf("done, but a lane has %d lines left", l.left())
		}
	}
}
