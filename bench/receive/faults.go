package receive

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/valyala/fasthttp"
	"golang.org/x/time/rate"

	"github.com/exitfound/lologen/emitter"
)

// Faults are what a server does wrong on purpose, to requests that bring lines or could; the zero
// value is none. What /ready, /report and /metrics answer has none either. Shares are from 0 to 1.
//
// The same Seed makes the same faults for the same requests in the same order.
type Faults struct {
	Seed       uint64
	Fail       float64          // share of requests refused with FailStatus
	FailStatus int              // 0: 500
	RetryAfter time.Duration    // what refusals by 429 and 5xx ask for, in whole seconds, rounded up; 0: nothing
	Delay      [2]time.Duration // how long requests wait before anything is done with them: at least, and at most
	Stall      time.Duration    // in the last so many of each StallEvery, counted from Listen on,
	StallEvery time.Duration    // ... requests wait until it is over
	Close      float64          // share of requests whose connection is cut before the answer, their lines taken
	Drop       float64          // share of lines, each by itself, that are not taken although the request is accepted
	Rate       float64          // most bytes of lines a second (token bucket), beyond which requests are refused as Loki does; 0: any
	Burst      int              // of that; 0: what a second brings
}

// random reports whether any of the faults is left to chance.
func (f *Faults) random() bool {
	return f.Fail > 0 || f.Close > 0 || f.Drop > 0 || f.Delay[0] != f.Delay[1]
}

// fate is which faults a request meets.
type fate struct {
	fail, close bool
	delay       time.Duration
	lines       emitter.Rand // decides on each of its lines
}

// fate is that of the numbered request. A fault that is off leaves the others as they are.
func (f *Faults) fate(number uint64) fate {
	chance := emitter.NewRand(f.Seed, number)
	return fate{
		fail:  happens(&chance, f.Fail),
		close: happens(&chance, f.Close),
		delay: between(&chance, f.Delay),
		lines: chance,
	}
}

func happens(chance *emitter.Rand, share float64) bool {
	const most = 1 << 53 // what a float64 tells apart
	return float64(chance.Uint64()%most)/most < share
}

func between(chance *emitter.Rand, d [2]time.Duration) time.Duration {
	span := max(0, d[1]-d[0])
	return d[0] + time.Duration(chance.Uint64()%uint64(span+1))
}

// stalled is for how long a stall goes on, at a time since Listen.
func (f *Faults) stalled(at time.Duration) time.Duration {
	if f.Stall <= 0 || f.StallEvery <= 0 {
		return 0
	}
	left := f.StallEvery - at%f.StallEvery
	if left > f.Stall {
		return 0
	}
	return left
}

// wait makes a request late, but never by longer than the server has.
func (f *Faults) wait(done <-chan struct{}, began time.Time, delay time.Duration) {
	pause(done, delay)
	pause(done, f.stalled(time.Since(began)))
}

func pause(done <-chan struct{}, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-done:
	}
}

// failure is how a request is refused that Fail has met.
func (f *Faults) failure() *refusal {
	status := cmp.Or(f.FailStatus, fasthttp.StatusInternalServerError)
	return &refusal{status, fmt.Sprintf("refused on purpose: %d %s", status, fasthttp.StatusMessage(status))}
}

// retryAfter has a refused client come back later.
func (f *Faults) retryAfter(ctx *fasthttp.RequestCtx) {
	if status := ctx.Response.StatusCode(); f.RetryAfter <= 0 || status < 500 && status != fasthttp.StatusTooManyRequests {
		return
	}
	seconds := int(math.Ceil(f.RetryAfter.Seconds()))
	ctx.Response.Header.Set(fasthttp.HeaderRetryAfter, strconv.Itoa(seconds))
}

// bucket is the limit on how much is taken; nil: there is none.
func (f *Faults) bucket() *rate.Limiter {
	if f.Rate <= 0 {
		return nil
	}
	burst := f.Burst
	if burst <= 0 {
		burst = max(1, int(min(f.Rate, math.MaxInt)))
	}
	return rate.NewLimiter(rate.Limit(f.Rate), burst)
}

// overLimit is what a tenant is told that sends too much, in Loki's words.
func (f *Faults) overLimit(tenant []byte, lines, size int) *refusal {
	const longest = 150 // name of a tenant that Loki takes
	name := string(tenant[:min(len(tenant), longest)])
	return &refusal{fasthttp.StatusTooManyRequests, fmt.Sprintf("Ingestion rate limit exceeded for user %s (limit: %d bytes/sec) "+
		"while attempting to ingest '%d' lines totaling '%d' bytes, reduce log volume or contact your Loki administrator "+
		"to see if the limit can be increased", cmp.Or(name, "fake"), int64(f.Rate), lines, size)}
}
