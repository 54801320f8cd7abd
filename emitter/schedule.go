package emitter

import (
	"math"
	"time"

	"golang.org/x/time/rate"
)

// A Schedule fixes, before a run starts, when each of its lines is due. It is pure: the same
// for every worker, and it never looks at the clock.
type Schedule interface {
	// At returns when line k is due, counted from the start of the run; never before line k-1.
	// ok is false if there is no such line, and then there is none after it.
	At(k uint64) (due time.Duration, ok bool)
}

// A Profile is a Schedule that can be told about before it runs. Any number of workers may ask it
// at once, in any order.
type Profile interface {
	Schedule
	// Length returns how long the profile is, its last pause included; ok is false if it goes on
	// for ever. All its lines are due before that.
	Length() (d time.Duration, ok bool)
	// Peak returns the most lines a second that it asks for in the first d of it, or in all of it if d
	// is 0.
	Peak(d time.Duration) float64
	// Mean returns the mean of lines a second over the first d of it, or over all of it where it
	// is shorter or d is 0.
	Mean(d time.Duration) float64
}

// Rate is the Profile of a constant rate in lines a second, the first line at once. A worker
// keeps to it by a token bucket.
type Rate float64

// MaxRate is the most lines a second that a Rate can tell apart in nanoseconds.
const MaxRate Rate = 1e9

// At is exact to the nanosecond, rounded to the nearest: rounded down, line 3 of a rate of 1 / 0.3 s
// would be due within the first 0.9 s.
func (r Rate) At(k uint64) (time.Duration, bool) {
	due := math.Round(float64(k) / float64(r) * float64(time.Second))
	if due >= math.MaxInt64 {
		return 0, false
	}
	return time.Duration(due), true
}

func (r Rate) Length() (time.Duration, bool) { return 0, false }

func (r Rate) Peak(time.Duration) float64 { return float64(r) }

func (r Rate) Mean(time.Duration) float64 { return float64(r) }

func (r Rate) about(t time.Duration) uint64 { return uint64(float64(r)*t.Seconds()) + 1 }

// estimator is a Schedule that knows, about, how many of its lines are due at or before t, which is
// not negative.
type estimator interface{ about(t time.Duration) uint64 }

// DueBy returns how many lines of s are due at or before t, at most limit.
func DueBy(s Schedule, t time.Duration, limit uint64) uint64 {
	late := func(k uint64) bool {
		due, ok := s.At(k)
		return !ok || due > t
	}
	var low uint64 // lines below are due, high is not
	if e, ok := s.(estimator); ok && t >= 0 {
		low = min(limit, e.about(t))
	}
	high := low
	for step := uint64(1); low > 0 && late(low-1); step *= 2 {
		high = low - 1
		low = high - min(high, step-1)
	}
	for step := uint64(1); high < limit && !late(high); step *= 2 {
		low = high + 1
		high = low + min(limit-low, step-1)
	}
	for low < high { // by all 64 bits, which sort.Search's int need not have
		if middle := low + (high-low)/2; late(middle) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low
}

// bucket is one worker's copy of the run's token bucket. It is asked with the schedule's time
// (a fixed instant) instead of the wall clock, so its answers are absolute due times: a
// destination that stalls makes lines late and never lowers the rate, as the debt is not forgotten.
type bucket struct {
	rate    Rate
	limiter *rate.Limiter
	epoch   time.Time
	taken   uint64
}

func newBucket(r Rate) *bucket {
	b := &bucket{rate: r, limiter: rate.NewLimiter(rate.Limit(r), 0), epoch: time.Unix(0, 0)}
	// A limiter is born with its burst in tokens and would give that away at once; this one is
	// born with none, and only then told to let any number of lines pass together.
	b.limiter.SetBurstAt(b.epoch, math.MaxInt)
	return b
}

// due takes the tokens of all the run's lines up to k, those of other workers included, and
// returns when line k may go. If fewer lines were made than tokens taken, the rest goes back.
func (b *bucket) due(k uint64) time.Duration {
	r := b.limiter.ReserveN(b.epoch, int(k-b.taken))
	b.taken = k
	due, _ := b.rate.At(k)
	return max(due, r.DelayFrom(b.epoch)) // the limiter rounds down
}
