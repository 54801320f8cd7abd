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
