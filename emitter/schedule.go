package emitter

import (
	"math"
	"sort"
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

// Rate is the Schedule of a constant rate in lines a second, the first line at once. A worker
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

// DueBy returns how many lines of s are due at or before t, at most limit.
func DueBy(s Schedule, t time.Duration, limit uint64) uint64 {
	late := func(k uint64) bool {
		due, ok := s.At(k)
		return !ok || due > t
	}
	// Double, then halve: At is cheap and the answer is mostly small against the limit.
	high := uint64(1)
	for high < limit && !late(high) {
		high = min(limit, high*2)
	}
	return uint64(sort.Search(int(min(high, limit)), func(k int) bool { return late(uint64(k)) }))
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
