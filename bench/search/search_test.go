package search

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/exitfound/lologen/bench/report"
)

// upTo is a step that passes up to a rate.
func upTo(knee float64) Step {
	return func(_ context.Context, rate float64) (Outcome, error) { return outcome(rate <= knee), nil }
}

func outcome(passed bool) Outcome {
	return Outcome{
		SLO: []report.SLO{{Expr: "p99<250ms", Value: 0.3, Passed: passed}}, Errors: []report.Failure{},
		BoundBy: report.Destination, BoundWhy: "a reason.",
	}
}

func rates(r *Result) []float64 {
	var list []float64
	for _, s := range r.Steps {
		list = append(list, s.Rate)
	}
	return list
}

func TestStepsDoubleThenHalve(t *testing.T) {
	for _, c := range []struct {
		name     string
		from, to float64
		knee     float64
		want     []float64
		ended    Ended
	}{
		{"found", 1000, 1e6, 3000, []float64{1000, 2000, 4000, 4000, 2828.4, 3363.6, 3363.6, 3084.4, 3084.4, 3084.4}, Found},
		{"never above to", 1000, 3000, 1e9, []float64{1000, 2000, 3000}, Reached},
		{"to breaks", 1000, 3000, 2900, []float64{1000, 2000, 3000, 3000, 2449.5, 2710.8, 2851.7, 2924.9, 2924.9, 2924.9}, Found},
		{"from breaks", 1000, 3000, 900, []float64{1000, 1000}, Nothing},
		{"from is to", 1000, 1000, 1e9, []float64{1000}, Reached},
		{"from is to and breaks", 1000, 1000, 1, []float64{1000, 1000}, Nothing},
	} {
		config := Config{From: c.from, To: c.to, Precision: 0.1, Step: upTo(c.knee)}
		if c.name == "to breaks" {
			config.Precision = 0.05
		}
		r, err := Run(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		check(t, config, r)
		if got := rates(r); !slices.Equal(got, c.want) || r.Ended != c.ended {
			t.Errorf("%s: %v, %s", c.name, got, r.Ended)
		}
		if lower := c.ended == Reached; r.LowerBound != lower {
			t.Errorf("%s: a lower bound: %v", c.name, r.LowerBound)
		}
		if (r.Best == nil) != (c.ended == Nothing) || (r.Broke == nil) != (c.ended == Reached) {
			t.Errorf("%s: best %+v, broke %+v", c.name, r.Best, r.Broke)
		}
		if r.Broke != nil && (r.Broke.SLO != "p99<250ms" || r.Broke.Value != 0.3 || r.BoundBy != report.Destination || r.BoundWhy == "") {
			t.Errorf("%s: %+v bound by %s: %q", c.name, r.Broke, r.BoundBy, r.BoundWhy)
		}
	}
}

// TestStepsSettle: the destination rests between any two steps, and only there.
func TestStepsSettle(t *testing.T) {
	var order string
	c := Config{
		From: 1, To: 4, Precision: 0.5,
		Step:   func(_ context.Context, rate float64) (Outcome, error) { order += "s"; return outcome(rate < 4), nil },
		Settle: func(context.Context) { order += "-" },
		Each:   func(Row) error { order += "r"; return nil },
	}
	if _, err := Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if order != "sr-sr-sr-sr-sr-sr" { // 1, 2, 4, 4, 2.8284, and 4 once more
		t.Errorf("%q", order)
	}
}

// TestOneFailureIsNoise: a rate breaks only if it fails twice.
func TestOneFailureIsNoise(t *testing.T) {
	tries := map[float64]int{}
	c := Config{From: 1000, To: 4000, Precision: 0.1, Step: func(_ context.Context, rate float64) (Outcome, error) {
		tries[rate]++
		return outcome(tries[rate] > 1), nil
	}}
	r, err := Run(t.Context(), c)
	if err != nil || r.Ended != Reached || r.Best.Rate != 4000 || len(r.Steps) != 6 {
		t.Errorf("%v, %+v", err, r)
	}
	for i, s := range r.Steps {
		if s.Repeat != (i%2 == 1) || s.Passed != s.Repeat {
			t.Errorf("step %d: %+v", i, s)
		}
	}
}

// TestStopAtAnyStep: whenever the search is ended, the best known answer is returned, the step that
// was under way does not count, and none follows.
func TestStopAtAnyStep(t *testing.T) {
	// 1000, 2000, 4000, 4000, 2828.4, 3363.6, 3363.6, 3084.4, 3084.4, 3084.4
	best := []float64{0, 1000, 2000, 2000, 2000, 2828.4, 2828.4, 2828.4, 2828.4, 2828.4}
	broke := []float64{0, 0, 0, 0, 4000, 4000, 4000, 3363.6, 3363.6, 3084.4}
	for _, inStep := range []bool{true, false} {
		for stop := range best {
			ctx, cancel := context.WithCancel(t.Context())
			done := 0
			c := Config{From: 1000, To: 1e6, Precision: 0.1}
			c.Step = func(_ context.Context, rate float64) (Outcome, error) {
				if inStep && done == stop {
					cancel()
				}
				done++
				return outcome(rate <= 3000), nil
			}
			c.Settle = func(context.Context) {
				if !inStep && done == stop {
					cancel()
				}
			}
			if !inStep && stop == 0 {
				cancel()
			}
			r, err := Run(ctx, c)
			cancel()
			if err != nil || r.Ended != Interrupted || len(r.Steps) != stop || done > stop+1 {
				t.Fatalf("stopped at %d: %v, %s, %d steps", stop, err, r.Ended, len(r.Steps))
			}
			gotBest, gotBroke := 0.0, 0.0
			if r.Best != nil {
				gotBest = r.Best.Rate
			}
			if r.Broke != nil {
				gotBroke = r.Broke.Rate
			}
			if gotBest != best[stop] || gotBroke != broke[stop] || r.LowerBound != (gotBest > 0) {
				t.Errorf("stopped at %d: best %v, broke %v, %+v", stop, gotBest, gotBroke, r)
			}
		}
	}
}

// TestLastingNoise: a spell that spoils several steps in a row has the search go back up, to where
// it would have been without.
func TestLastingNoise(t *testing.T) {
	const knee, precision = 30_000, 0.05
	for first := range 20 {
		for length := range 5 {
			step := 0
			c := Config{From: 1000, To: 1e6, Precision: precision, Step: func(_ context.Context, rate float64) (Outcome, error) {
				step++
				return outcome(rate <= knee && (step <= first || step > first+length)), nil
			}}
			r, err := Run(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			check(t, c, r)
			if first == 0 && length > 1 { // not even the first step passes
				continue
			}
			if r.Best == nil || r.Best.Rate > knee || r.Best.Rate*(1+precision)*1.0001 < knee {
				t.Errorf("spoilt %d steps after %d: %v in %v", length, first, r.Best, rates(r))
			}
		}
	}
}

// TestGone: a destination that confirms nothing, also at a rate that had passed, is gone: that is no
// knee. One that confirms nothing of too high a rate alone is there.
func TestGone(t *testing.T) {
	silent := outcome(false)
	silent.Errors = []report.Failure{{Reason: "connection_refused", First: "POST http://h: connection refused"}}
	for _, c := range []struct {
		name  string
		dies  int // the step from which on it is gone
		ended Ended
		steps []float64
	}{
		{"gone", 2, Gone, []float64{1000, 2000, 4000, 4000, 2000}},
		{"overwhelmed", 100, Found, []float64{1000, 2000, 4000, 4000, 2000, 2828.4, 2828.4, 2378.4, 2378.4, 2181, 2181, 2181, 2000}},
		{"gone at the end", 10, Gone, []float64{1000, 2000, 4000, 4000, 2000, 2828.4, 2828.4, 2378.4, 2378.4, 2181, 2181, 2181, 2000}},
		{"never there", 0, Nothing, []float64{1000, 1000}},
	} {
		done := 0
		config := Config{From: 1000, To: 1e6, Precision: 0.1, Step: func(_ context.Context, rate float64) (Outcome, error) {
			done++
			if done > c.dies || rate > 2000 {
				return silent, nil
			}
			o := outcome(true)
			o.Achieved = rate
			return o, nil
		}}
		r, err := Run(t.Context(), config)
		if err != nil || r.Ended != c.ended || !slices.Equal(rates(r), c.steps) {
			t.Errorf("%s: %v, %s, %v", c.name, err, r.Ended, rates(r))
			continue
		}
		var b strings.Builder
		if err := r.Text(&b); err != nil {
			t.Fatal(err)
		}
		switch c.ended {
		case Gone:
			if !r.LowerBound || r.Best.Rate != 2000 || !strings.Contains(b.String(), "the destination was gone") ||
				!strings.Contains(b.String(), "not even at 2,000 lines/s, which had passed: connection_refused") {
				t.Errorf("%+v: %s", r, b.String())
			}
		case Found:
			if r.LowerBound || r.Best.Rate != 2000 || r.Broke.Rate != 2181 {
				t.Errorf("%+v", r)
			}
		case Nothing:
			if !strings.Contains(b.String(), "nothing was confirmed: POST http://h: connection refused") || strings.Contains(b.String(), "--from") {
				t.Errorf("%s", b.String())
			}
		}
	}
}

func TestStepError(t *testing.T) {
	fault := errors.New("no such host")
	c := Config{From: 1000, To: 1e6, Precision: 0.1, Step: func(_ context.Context, rate float64) (Outcome, error) {
		if rate > 1000 {
			return Outcome{}, fault
		}
		return outcome(true), nil
	}}
	r, err := Run(t.Context(), c)
	if !errors.Is(err, fault) || r.Best == nil || r.Best.Rate != 1000 || !r.LowerBound || r.Ended != Interrupted {
		t.Errorf("%v, %+v", err, r)
	}
	c.Step, c.Each = upTo(1e9), func(Row) error { return fault }
	if r, err := Run(t.Context(), c); !errors.Is(err, fault) || len(r.Steps) != 1 {
		t.Errorf("nobody reads: %v, %d steps", err, len(r.Steps))
	}
}

// TestPrecision: however fine, a search ends.
func TestPrecision(t *testing.T) {
	for _, precision := range []float64{1e-9, 0.001, 0.01, 0.3, 1} {
		c := Config{From: 1, To: 1e9, Precision: precision, Step: upTo(123_456)}
		r, err := Run(t.Context(), c)
		if err != nil || len(r.Steps) > 100 {
			t.Fatalf("%v: %v, %d steps", precision, err, len(r.Steps))
		}
		if finest := max(precision, 1e-4); r.Best.Rate > 123_456 || r.Best.Rate*(1+finest) < 123_456*0.9999 {
			t.Errorf("%v: %v", precision, r.Best.Rate)
		}
	}
}
