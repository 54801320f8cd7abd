package emitter

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"
)

// limited refuses what is sent between two times, naming the limit.
func limited(from, to time.Duration) *store {
	s := &store{}
	s.answer = func(_ context.Context, _ int, b *Batch) (int, error) {
		if at := time.Since(s.start); at >= from && at < to {
			return 0, &Outcome{Reason: "rate_limited", Status: 429, Raise: "ingestion_rate_mb", Err: errors.New("push: too fast")}
		}
		return b.Len(), nil
	}
	return s
}

func TestFailureNamesWhatRaisesTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := limited(time.Second, 2*time.Second)
		var seen []Failure
		p := plan(Plan{Workers: 3, Schedule: Rate(100), Duration: 3 * time.Second, Drain: time.Second}, s, Limits{Bytes: large})
		p.Every, p.OnSnapshot = time.Second, func(s Snapshot) { seen = s.Failures }
		r := do(t, t.Context(), p, s)
		for _, list := range [][]Failure{r.Failures, seen} {
			if len(list) != 1 || list[0].Raise != "ingestion_rate_mb" || list[0].At != time.Second || list[0].Offered != 100 {
				t.Errorf("failures = %+v", list)
			}
		}
	})
}

// ramp is the Schedule of a rate that rises from 0, so many lines a second more each second.
type ramp float64

func (r ramp) At(k uint64) (time.Duration, bool) {
	return time.Duration(math.Sqrt(2 * float64(k) / float64(r) * 1e18)), true
}

// steady is a constant rate that is no Rate, for so many lines.
type steady struct {
	Rate
	lines uint64
}

func (s steady) At(k uint64) (time.Duration, bool) {
	due, ok := s.Rate.At(k)
	return due, ok && k < s.lines
}

func (s steady) Length() (time.Duration, bool) { return s.Rate.At(s.lines) }

// unmeasured is a Schedule and no more.
type unmeasured struct{ Schedule }

func TestOfferedIsWhatWasDueAroundAFailure(t *testing.T) {
	long := func(s Schedule) Plan { return Plan{Schedule: s, Duration: 20 * time.Second} }
	for _, c := range []struct {
		name string
		plan Plan
		at   time.Duration
		want float64
	}{
		{"constant", long(Rate(0.3)), 10 * time.Second, 0.3},
		{"constant at the start", long(steady{2000.0 / 3, 1e6}), 0, 2000.0 / 3},
		{"constant near the start", long(steady{777, 1e6}), 123456789, 777},
		{"constant in between", long(steady{777, 1e6}), 7777777777, 777},
		{"constant near the end", long(steady{777, 1e6}), 19*time.Second + 876543210, 777},
		{"constant in the drain", long(steady{777, 1e6}), 23 * time.Second, 777},
		{"slow", long(steady{0.1, 1e6}), 13 * time.Second, 0.1},
		{"to a count", Plan{Schedule: steady{777, 1e6}, Count: 1000}, 1300 * time.Millisecond, 777},
		{"to the last line", Plan{Schedule: steady{777, 1000}}, time.Hour, 777},
		{"without a length", Plan{Schedule: unmeasured{steady{777, 1000}}, Duration: time.Second}, time.Second, 777},
		{"without an end", Plan{Schedule: unmeasured{Rate(777)}}, time.Hour, 777},
		{"ramp", long(ramp(100)), 10 * time.Second, 1000},
		{"end of a ramp", long(ramp(100)), 20 * time.Second, 1975}, // the mean of its last half second
		{"one line", Plan{Schedule: unmeasured{steady{1, 1}}, Count: 1}, 0, 0},
	} {
		p := plan(c.plan, &store{}, Limits{Bytes: large})
		if err := p.check(); err != nil {
			t.Fatal(err)
		}
		got := newRun(p).offered(&Failure{At: c.at})
		if math.Abs(got-c.want) > 1e-5*c.want {
			t.Errorf("%s: %v lines/s were offered at %v, want %v", c.name, got, c.at, c.want)
		}
	}
}

// TestOfferedUnpaced: all that was tried until then, by whichever worker.
func TestOfferedUnpaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		s.answer = func(_ context.Context, _ int, b *Batch) (int, error) {
			// At different times, so that no two workers end an attempt at once.
			time.Sleep(10*time.Millisecond + time.Duration(b.Stream(0)))
			if b.Seq(0) == 500 && b.Stream(0) == 2 {
				return 0, failing(false, false)
			}
			return b.Len(), nil
		}
		r := do(t, t.Context(), plan(Plan{Workers: 4, Duration: 2 * time.Second}, s, Limits{Bytes: large, Lines: 5}), s)
		f := r.Failures[0]
		// 101 batches by worker 2, as many by those before it, one less by the one after it.
		if want := 5 * (4*101 - 1) / f.At.Seconds(); f.Offered != want {
			t.Errorf("%v lines/s were offered, want %v: %+v", f.Offered, want, f)
		}
	})
}

func TestTheFirstFailureTellsWhenAndHow(t *testing.T) {
	key := failureKey{"why", 429}
	late, early := new(tally), new(tally)
	*late.failure(key) = Failure{Reason: "why", Status: 429, First: "late", At: 5, Raise: "a", made: 50, Lines: 1}
	*early.failure(key) = Failure{Reason: "why", Status: 429, First: "early", At: 3, Raise: "b", made: 30, Lines: 2}
	for _, order := range [][]*tally{{late, early}, {early, late}} {
		sum := new(tally)
		for _, from := range order {
			sum.add(from)
		}
		want := Failure{Reason: "why", Status: 429, First: "early", At: 3, Raise: "b", made: 30, Lines: 3}
		if got := *sum.failure(key); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}
