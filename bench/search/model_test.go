package search

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/exitfound/lologen/bench/report"
)

const lineSize = 200 // bytes, in the models

// model is a destination that answers for a whole step at once: no clock runs.
type model interface {
	// take is offered so many lines a second for duration seconds, and drain seconds more for the rest.
	take(rate, duration, drain float64) *report.Report
}

// bucket takes limit bytes a second, and burst more after a pause. What it refuses is tried again
// as soon as there is room.
type bucket struct {
	limit, burst float64
	named        bool    // its refusals name the limit
	noise        float64 // share by which what it takes varies
	partly       bool    // the pause is too short for it to be full again
	chance       *rand.Rand
}

func (b bucket) take(rate, duration, drain float64) *report.Report {
	limit := b.limit
	if b.noise > 0 {
		limit *= 1 + b.noise*(2*b.chance.Float64()-1)
	}
	if b.partly {
		b.burst *= b.chance.Float64()
	}
	r := step(rate, duration)
	taken := min(float64(r.Lines.Due)*lineSize, b.burst+limit*(duration+drain))
	r.Lines.Acked = uint64(math.Round(taken / lineSize))
	r.Lines.Rejected = r.Lines.Due - r.Lines.Acked
	r.Bytes.Acked = r.Lines.Acked * lineSize
	r.Window = max(duration, (taken-b.burst)/limit)
	r.Rate.Achieved = float64(r.Lines.Acked) / r.Window
	if excess := rate*lineSize - limit; excess*duration > b.burst {
		f := report.Failure{Reason: "rate_limited", Status: 429, Lines: r.Lines.Rejected, Requests: 10, At: b.burst / excess, Raise: "ingestion_rate_mb"}
		if b.named {
			f.First = fmt.Sprintf("Ingestion rate limit exceeded for user fake (limit: %.0f bytes/sec) while attempting to ingest '1' lines totaling '%d' bytes", b.limit, lineSize)
		}
		r.Errors = append(r.Errors, f)
		r.Verdict.BoundBy = report.Limit
	}
	return r
}

// confirmed is what the bucket has let through of so many bytes a second, from time to time.
func (b *bucket) confirmed(rate, duration float64) []Moment {
	var list []Moment
	for i := range 101 {
		at := duration * float64(i) / 100
		list = append(list, Moment{at, min(rate*at, b.burst+b.limit*at)})
	}
	return list
}

// queue serves lines one by one.
type queue struct {
	service float64 // seconds
	who     report.Bound
	noise   float64 // share of steps that a hiccup spoils
	chance  *rand.Rand
}

func (q *queue) take(rate, duration, drain float64) *report.Report {
	r := step(rate, duration)
	hiccup := 0.0
	if q.noise > 0 && q.chance.Float64() < q.noise {
		hiccup = duration / 2
	}
	done := max(duration, float64(r.Lines.Due)*q.service+hiccup) + q.service
	r.Latency.Service = report.Summary{Count: r.Lines.Due, P50: q.service}
	r.Window = min(done, duration+drain)
	r.Lines.Acked = min(r.Lines.Due, uint64((r.Window-hiccup)/q.service))
	r.Lines.Missed = r.Lines.Due - r.Lines.Acked
	r.Bytes.Acked = r.Lines.Acked * lineSize
	r.Rate.Achieved = float64(r.Lines.Acked) / r.Window
	late := r.Window - duration
	r.Latency.Response = report.Summary{Count: r.Lines.Acked, P50: late / 2, P99: late, Max: late}
	if late > 2*q.service {
		r.Verdict.BoundBy = q.who
	}
	return r
}

// pipe takes batches one after the other, lines of them a second. Lines of each lane wait for at
// most a time for a fuller batch, and lanes take turns.
type pipe struct {
	lines float64 // a second
	lanes int
	wait  float64 // seconds
}

func (p *pipe) take(rate, duration, drain float64) *report.Report {
	r := step(rate, duration)
	r.Plan.Batch.Wait, r.Plan.Batch.Bytes, r.Plan.Workers = p.wait, math.MaxInt, 1
	made := make([]float64, p.lanes) // lines of each lane
	all := float64(r.Lines.Due) / float64(p.lanes)
	due := func(n float64) float64 { return n / all * duration } // when a lane has so many lines
	goes := func(lane int) float64 {
		share := 1.0
		if made[lane] == 0 {
			share = float64(lane+1) / float64(p.lanes)
		}
		return min(due(made[lane])+share*p.wait, duration)
	}
	var now, acked float64
	var service []float64
	for {
		first := -1
		for lane := range made {
			if made[lane] < all && (first < 0 || goes(lane) < goes(first)) {
				first = lane
			}
		}
		if first < 0 || max(now, goes(first)) > duration+drain {
			break
		}
		now = max(now, goes(first))
		upTo := min(all, max(now/duration*all, made[first]+1)) // one, at least
		n := upTo - made[first]
		took := n / p.lines
		now += took
		acked += n
		made[first] = upTo
		service = append(service, took)
	}
	slices.Sort(service)
	r.Lines.Acked = uint64(math.Round(acked))
	r.Lines.Missed = r.Lines.Due - r.Lines.Acked
	r.Bytes.Acked = r.Lines.Acked * lineSize
	r.Window = max(duration, now)
	r.Rate.Achieved = acked / r.Window
	r.Latency.Service = report.Summary{Count: uint64(len(service)), P50: service[len(service)/2]}
	if r.Rate.Achieved < 0.99*rate {
		r.Verdict.BoundBy = report.Destination
	}
	return r
}

// step is the report of a step that nothing was taken in.
func step(rate, duration float64) *report.Report {
	r := &report.Report{Elapsed: duration, Plan: report.Plan{Duration: duration, Rate: &rate}, Errors: []report.Failure{}}
	r.Lines.Due = uint64(math.Ceil(rate * duration))
	r.Rate.Target = &rate
	r.Usage.Cores = 2
	r.Verdict.BoundBy = report.None
	return r
}

// searched is a search on the model.
func searched(t *testing.T, c Config, m model) *Result {
	t.Helper()
	c.Step = func(_ context.Context, rate float64) (Outcome, error) {
		o := Judge(m.take(rate, c.Duration, 5), c.Precision)
		if b, ok := m.(*bucket); ok {
			o.Confirmed = b.confirmed(rate*lineSize, c.Duration)
		}
		return o, nil
	}
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	check(t, c, r)
	return r
}

// check holds a result against what every search promises.
func check(t *testing.T, c Config, r *Result) {
	t.Helper()
	best, broke := 0.0, math.Inf(1)
	failed := map[float64]int{}
	for i, step := range r.Steps {
		if step.Rate < c.From || step.Rate > c.To {
			t.Fatalf("step %d at %v lies outside %v to %v", i, step.Rate, c.From, c.To)
		}
		if step.Repeat != (failed[step.Rate] > 0) || failed[step.Rate] > 2 {
			t.Fatalf("step %d at %v, which failed %d times before", i, step.Rate, failed[step.Rate])
		}
		if step.Passed {
			best, failed[step.Rate] = max(best, step.Rate), 0
		} else {
			failed[step.Rate]++
		}
	}
	for rate, times := range failed {
		if times > 1 && rate > best {
			broke = min(broke, rate)
		}
	}
	if r.Best != nil && r.Best.Rate != best || r.Best == nil && best > 0 {
		t.Fatalf("best is %+v, and %v passed", r.Best, best)
	}
	if r.Broke != nil && r.Broke.Rate != broke || r.Broke == nil && !math.IsInf(broke, 1) {
		t.Fatalf("broke is %+v, and %v failed twice", r.Broke, broke)
	}
	if r.Ended == Found && failed[broke] != 3 {
		t.Fatalf("%v was not doubted", broke)
	}
	if r.Ended == Found && !(best < broke && broke <= best*(1+c.Precision)*1.0001) {
		t.Fatalf("found %v below %v: not within %v", best, broke, c.Precision)
	}
}

// within reports whether x lies within a share of want.
func within(x, want, share float64) bool { return math.Abs(x-want) <= share*want }

// TestBucketKnee: a bucket of limit R and burst B is found at R, moved up by B a step, wherever the
// search begins, however the step and the burst are shortened together, and however much of the burst
// is back when a step begins.
func TestBucketKnee(t *testing.T) {
	const limit, precision = 4e6, 0.05
	chance := rand.New(rand.NewPCG(1, 2))
	for _, shape := range []struct{ duration, burst float64 }{{10, 500e3}, {2, 100e3}, {0.5, 25e3}, {10, 0}, {60, 500e3}} {
		for i := range 200 {
			from := 100 * math.Pow(100, chance.Float64())
			c := Config{From: from, To: 1e7, Precision: precision, Duration: shape.duration}
			r := searched(t, c, &bucket{limit: limit, burst: shape.burst, named: true, partly: i%2 == 1, chance: chance})
			if r.Ended != Found || r.LowerBound || r.BoundBy != report.Limit {
				t.Fatalf("%+v", r)
			}
			if got := r.Best.Rate * lineSize; !within(got, limit, precision) {
				t.Fatalf("%+v from %v: found %v of %v bytes/s", shape, from, got, limit)
			}
			if len(r.Warnings) > 0 {
				t.Fatalf("%+v: a burst within the precision is no warning: %v", shape, r.Warnings)
			}
		}
	}
}

// TestBurstIsSeen: a burst that moves the answer by more than the precision does so as predicted,
// and is told, with a step that is long enough; that one finds the limit.
func TestBurstIsSeen(t *testing.T) {
	const limit, burst = 4 << 20, 6 << 20
	for _, named := range []bool{true, false} {
		c := Config{From: 1000, To: 1e7, Precision: 0.05, Duration: 10}
		m := &bucket{limit: limit, burst: burst, named: named}
		r := searched(t, c, m)
		if got := r.Best.Rate * lineSize; !within(got, limit+burst/10, 0.05) {
			t.Errorf("found %v", got)
		}
		if r.Burst == nil || r.Burst.Named != named || len(r.Warnings) != 1 {
			t.Fatalf("named %v: %+v, %q", named, r.Burst, r.Warnings)
		}
		if !named { // what is known of the limit is the rate that passed, burst and all
			continue
		}
		if !within(r.Burst.Bytes, burst, 0.01) || !within(r.Burst.Shift, 0.15, 0.01) || r.Burst.Limit != limit {
			t.Errorf("%+v", r.Burst)
		}
		const want = "the destination allows bursts of about 6.29 MB, and they let a step of 10.0 s pass at up to 15 % " +
			"above its limit of 4.19 MB/s: --step-duration 30s tells the two apart"
		if r.Warnings[0] != want {
			t.Errorf("%q", r.Warnings[0])
		}
		c.Duration = 31
		if r := searched(t, c, m); !within(r.Best.Rate*lineSize, limit, 0.05) || len(r.Warnings) > 0 {
			t.Errorf("a longer step: %v, %q", r.Best.Rate*lineSize, r.Warnings)
		}
	}
}

// TestQueueKnee: one worker and a known service time have their knee at its inverse.
func TestQueueKnee(t *testing.T) {
	for _, service := range []float64{0.2, 0.01, 0.0005} {
		for _, duration := range []float64{2, 10} {
			c := Config{From: 1 / service / 37, To: 1e9, Precision: 0.05, Duration: duration}
			r := searched(t, c, &queue{service: service, who: report.Destination})
			// A few lines in a step are a grid of their own.
			if share := 0.05 + service/duration; !within(r.Best.Rate, 1/service, share) || r.BoundBy != report.Destination {
				t.Errorf("service %v, step %v: %v, bound by %s", service, duration, r.Best.Rate, r.BoundBy)
			}
		}
	}
}

// TestBatchesKnee: also where lines wait for fuller batches, a destination's knee is where it is.
func TestBatchesKnee(t *testing.T) {
	const knee, precision = 10_000, 0.05
	for _, lanes := range []int{1, 4, 40} {
		for _, wait := range []float64{0, 0.1, 1} {
			for _, duration := range []float64{2, 5, 10} {
				c := Config{From: 300, To: 1e9, Precision: precision, Duration: duration}
				r := searched(t, c, &pipe{lines: knee, lanes: lanes, wait: wait})
				if !within(r.Best.Rate, knee, precision) || r.BoundBy != report.Destination {
					t.Errorf("%d lanes, wait %v, step %v: %v, bound by %s", lanes, wait, duration, r.Best.Rate, r.BoundBy)
				}
			}
		}
	}
}

// TestNoise: one step in ten that fails for no reason of the rate moves the answer of hardly any
// search, as it would have to happen twice in a row.
func TestNoise(t *testing.T) {
	chance := rand.New(rand.NewPCG(3, 4))
	off := 0
	const searches = 300
	for range searches {
		c := Config{From: 100, To: 1e6, Precision: 0.05, Duration: 10}
		r := searched(t, c, &queue{service: 0.001, who: report.Destination, noise: 0.1, chance: chance})
		if !within(r.Best.Rate, 1000, 0.06) {
			off++
		}
	}
	// That takes a rate below the knee that fails three times, with a probability of 0.001.
	if off > searches/50 {
		t.Errorf("%d of %d searches were led astray", off, searches)
	}
	for range 100 {
		c := Config{From: 1000, To: 1e6, Precision: 0.05, Duration: 10}
		r := searched(t, c, &bucket{limit: 4e6, burst: 5e5, noise: 0.02, chance: chance})
		if got := r.Best.Rate * lineSize; !within(got, 4e6, 0.07) {
			t.Errorf("a limit that wavers by 2 %%: found %v", got)
		}
	}
}

// TestOwnLimit: what lologen itself broke is a lower bound, and said to be.
func TestOwnLimit(t *testing.T) {
	c := Config{From: 1000, To: 1e9, Precision: 0.05, Duration: 10}
	r := searched(t, c, &queue{service: 1e-5, who: report.Generator})
	if r.BoundBy != report.Generator || !r.LowerBound {
		t.Errorf("%+v", r)
	}
}
