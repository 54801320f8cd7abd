//go:build !race

// The race detector itself crashes now and then when so many bubbles of synctest run one after the other
// (in StackDepot::Put, Go 1.26), so what is in here runs without it: see the test target in Makefile.

package emitter

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestABacklogIsNotForgotten: lines that were due before a pause go in it, and are late by what they are.
func TestABacklogIsNotForgotten(t *testing.T) {
	for _, rate := range []float64{0, 10, math.Inf(1)} {
		synctest.Test(t, func(t *testing.T) {
			s := &steered{
				plan:  Plan{Schedule: Rate(1000), Duration: 10 * time.Second, Drain: time.Second},
				turns: []turn{{1980 * time.Millisecond, rate}},
			}
			r := s.do(t, Limits{Bytes: large, Lines: 2000}, func(b *Batch) time.Duration {
				switch {
				case b.Seq(0) == 1000:
					return 3 * time.Second // from 1 s to 4 s
				case b.Len() == 2000:
					return 100 * time.Millisecond // unpaced
				}
				return 0
			})
			if r.Lines.Acked != r.Lines.Due || r.Lines.Missed != 0 {
				t.Errorf("rate %v: %+v", rate, r.Lines)
			}
			var late int
			for _, l := range s.lines {
				if l.due > time.Second && l.due <= 2*time.Second {
					late++
					if l.at != 4*time.Second {
						t.Errorf("rate %v: a line that was due at %v went at %v", rate, l.due, l.at)
					}
				}
			}
			if late != 1000 {
				t.Errorf("rate %v: %d lines were due between 1s and 2s, want 1000", rate, late)
			}
			for _, seen := range s.seen {
				if seen.At > 2*time.Second && seen.At < 4*time.Second && rate == 0 && (seen.Backlog != 1001 || seen.Lines.Due != 2001) {
					t.Errorf("at %v %d lines are due, %d to come; want 2001 and 1001, with the one that is being sent", seen.At, seen.Lines.Due, seen.Backlog)
				}
			}
		})
	}
}

func TestBurstHoldsInAControlledRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &steered{
			plan:  Plan{Workers: 4, Schedule: Rate(100), Duration: 10 * time.Second, Burst: 100, Drain: time.Second},
			turns: []turn{{980 * time.Millisecond, 1000}},
		}
		var mu sync.Mutex
		stalled := make(map[int]bool)
		r := s.do(t, Limits{Bytes: large, Wait: time.Millisecond}, func(b *Batch) time.Duration {
			mu.Lock()
			defer mu.Unlock()
			if time.Since(s.store.start) < 2*time.Second || stalled[b.Stream(0)] {
				return 0
			}
			stalled[b.Stream(0)] = true
			return 2 * time.Second
		})
		if r.Lines.Due != 9100 || r.Lines.Missed < 1880 || r.Lines.Missed > 1910 {
			t.Errorf("%+v, want 9100 due, of which the stall's 2000 less the burst of 100 are missed", r.Lines)
		}
	})
}

// TestStopInAControlledRun: what is due by then is accounted for, and all that is not was not made.
func TestStopInAControlledRun(t *testing.T) {
	chance := rand.New(rand.NewPCG(13, 14))
	for range 25 {
		p := somePlan(chance)
		if chance.IntN(4) == 0 {
			p.Schedule = nil
		}
		turns := someTurns(chance, 8, 3*time.Second, true)
		stop := time.Duration(chance.Int64N(4e9))
		limits := Limits{Bytes: large, Wait: time.Duration(chance.IntN(5e8)), Streams: chance.IntN(3), Lines: 1 + chance.IntN(20)}
		if chance.IntN(2) == 0 {
			p.Duration = 5 * time.Second
		}
		synctest.Test(t, func(t *testing.T) {
			s := &store{start: time.Now()}
			s.answer = func(_ context.Context, _ int, b *Batch) (int, error) {
				time.Sleep(time.Millisecond)
				return b.Len(), nil
			}
			ctx, cancel := context.WithTimeout(t.Context(), stop)
			defer cancel()
			p := plan(p, s, limits)
			p.Control = new(Control)
			var wg sync.WaitGroup
			start := s.start
			wg.Go(func() {
				for _, c := range turns {
					time.Sleep(c.at - time.Since(start))
					if c.rate == resumed {
						p.Control.Resume()
						continue
					}
					_ = p.Control.Set(c.rate)
				}
			})
			r := do(t, ctx, p, s)
			wg.Wait()
			inOrder(t, s)
			if !r.Stopped || r.Window < stop || r.Window > stop+50*time.Millisecond || r.Elapsed > stop+100*time.Millisecond {
				t.Errorf("stopped %v, window %v, elapsed %v; want a stop at %v", r.Stopped, r.Window, r.Elapsed, stop)
			}
			if r.Lines.Missed != 0 {
				t.Errorf("turns %v, stop at %v: %+v", turns, stop, r.Lines)
			}
			turns = slices.DeleteFunc(turns, func(c turn) bool { return c.force() > stop })
			if m := newModel(p.Schedule, turns, stop+1); len(m.spans) == 0 && r.Lines.Due != uint64(len(m.dues)) {
				t.Errorf("turns %v, stop at %v: %+v, want %d", turns, stop, r.Lines, len(m.dues))
			}
		})
	}
}

// TestAnUnusedControlChangesNothing: not when a run ends, either.
func TestAnUnusedControlChangesNothing(t *testing.T) {
	profile := must(NewStages(Stage{time.Second, 0, 500}, Stage{time.Minute, 0, 0}))
	for _, p := range []Plan{
		{Schedule: Rate(0.5), Duration: 3 * time.Second},
		{Schedule: Rate(7), Count: 40},
		{Schedule: Rate(7), Count: 40, Duration: 2 * time.Second},
		{Schedule: profile},
		{Schedule: steady{10, 30}},
		{Count: 100},
		{Duration: time.Second},
	} {
		var results [2]*Result
		for i := range results {
			synctest.Test(t, func(t *testing.T) {
				p := p
				p.Workers, p.Streams, p.Drain = 3, 5, time.Second
				s := &store{}
				s.answer = func(_ context.Context, _ int, b *Batch) (int, error) {
					time.Sleep(time.Millisecond)
					return b.Len(), nil
				}
				if i == 1 {
					p.Control = new(Control)
				}
				results[i] = do(t, t.Context(), plan(p, s, Limits{Bytes: large, Lines: 3, Wait: time.Millisecond}), s)
			})
		}
		a, b := results[0], results[1]
		if a.Lines != b.Lines || a.Window != b.Window || a.Elapsed != b.Elapsed || a.Stopped != b.Stopped {
			t.Errorf("%+v: %+v in %v, %v; with a control %+v in %v, %v", p, a.Lines, a.Window, a.Elapsed, b.Lines, b.Window, b.Elapsed)
		}
	}
}

// TestSetBeforeTheFirstLine takes the place of the plan's schedule.
func TestSetBeforeTheFirstLine(t *testing.T) {
	for _, c := range []struct {
		rate float64
		want uint64
	}{{10, 30}, {0, 0}} {
		for _, schedule := range []Schedule{nil, Rate(1000)} {
			synctest.Test(t, func(t *testing.T) {
				s := &store{}
				p := plan(Plan{Workers: 3, Schedule: schedule, Duration: 3 * time.Second, Control: new(Control), Drain: time.Second}, s, Limits{Bytes: large})
				if err := p.Control.Set(c.rate); err != nil {
					t.Fatal(err)
				}
				if r := do(t, t.Context(), p, s); r.Lines != (Lines{Due: c.want, Acked: c.want}) || r.Window != 3*time.Second {
					t.Errorf("%v/s instead of %v: %+v in %v, want %d", c.rate, schedule, r.Lines, r.Window, c.want)
				}
				if c.want > 0 && s.lines[0].at != 0 {
					t.Errorf("the first line went at %v", s.lines[0].at)
				}
			})
		}
	}
}

func TestSetAfterTheEndDoesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		s.answer = func(_ context.Context, _ int, b *Batch) (int, error) {
			time.Sleep(3 * time.Second)
			return b.Len(), nil
		}
		p := plan(Plan{Schedule: Rate(10), Duration: time.Second, Control: new(Control), Drain: time.Minute}, s, Limits{Bytes: large})
		go func() {
			time.Sleep(2 * time.Second)
			p.Control.SetMax()
			if got := p.Control.Rate(); got != 10 {
				t.Errorf("the rate is %v/s, want the plan's 10/s", got)
			}
		}()
		if r := do(t, t.Context(), p, s); r.Lines.Due != 10 || r.Window != 6*time.Second {
			t.Errorf("%+v in %v", r.Lines, r.Window)
		}
		if got := p.Control.Rate(); got != 0 {
			t.Errorf("without a run the rate is %v", got)
		}
	})
}

func TestThereAreNoSuchRates(t *testing.T) {
	c := new(Control)
	for _, rate := range []float64{-1, math.NaN(), 2e9, math.Inf(-1)} {
		if c.Set(rate) == nil {
			t.Errorf("%v is taken for a rate", rate)
		}
	}
	if c.Rate() != 0 {
		t.Errorf("the rate is %v", c.Rate())
	}
}

func TestAControlBelongsToOneRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		p := plan(Plan{Schedule: Rate(10), Duration: time.Second, Control: new(Control)}, s, Limits{Bytes: large})
		go func() {
			time.Sleep(500 * time.Millisecond)
			if _, err := Run(t.Context(), p); err == nil {
				t.Error("two runs have one control")
			}
		}()
		for range 2 {
			if r := do(t, t.Context(), p, s); r.Lines.Due != 10 {
				t.Errorf("%+v", r.Lines)
			}
			s = &store{}
			p.Sink = s.opener(Limits{Bytes: large})
		}
	})
}

// TestRateIsWhatIsAskedFor: of a plan that nobody changed, too.
func TestRateIsWhatIsAskedFor(t *testing.T) {
	for name, c := range map[string]struct {
		schedule Schedule
		want     float64
	}{
		"unpaced": {nil, math.Inf(1)},
		"rate":    {Rate(7), 7},
		"ramp":    {must(NewStages(Stage{10 * time.Second, 0, 1000})), 250},
		"pause":   {must(NewStages(Stage{time.Second, 9, 9}, Stage{Length: 3 * time.Second}, Stage{time.Hour, 1, 1})), 0},
		"poisson": {must(NewPoisson(3, 1)), 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &store{}
			s.answer = func(_ context.Context, _ int, b *Batch) (int, error) {
				time.Sleep(time.Millisecond)
				return b.Len(), nil
			}
			p := plan(Plan{Schedule: c.schedule, Duration: 5 * time.Second, Control: new(Control)}, s, Limits{Bytes: large, Lines: 1})
			go func() {
				time.Sleep(2500 * time.Millisecond)
				if got := p.Control.Rate(); math.Abs(got-c.want) > 0.01*c.want {
					t.Errorf("%s: %v/s, want %v/s", name, got, c.want)
				}
			}()
			do(t, t.Context(), p, s)
		})
	}
}

// TestFailureKnowsTheRateOfItsTime: not that of the plan.
func TestFailureKnowsTheRateOfItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := limited(2*time.Second, 3*time.Second)
		p := plan(Plan{Workers: 3, Schedule: Rate(100), Duration: 4 * time.Second, Control: new(Control), Drain: time.Second}, s, Limits{Bytes: large})
		go func() {
			time.Sleep(time.Second)
			_ = p.Control.Set(700)
		}()
		if r := do(t, t.Context(), p, s); len(r.Failures) != 1 || r.Failures[0].Offered != 700 {
			t.Errorf("failures = %+v, want 700/s offered", r.Failures)
		}
	})
}

// TestDrainFollowsTheCourse: a change moves the end, and with it the time until which there are retries.
func TestDrainFollowsTheCourse(t *testing.T) {
	for _, rate := range []float64{10, 1000} {
		synctest.Test(t, func(t *testing.T) {
			s := &store{}
			s.answer = func(ctx context.Context, _ int, b *Batch) (int, error) {
				if b.Seq(b.Len()-1) == 199 {
					<-ctx.Done()
					return 0, failing(false, true)
				}
				return b.Len(), nil
			}
			p := plan(Plan{Schedule: Rate(100), Count: 200, Control: new(Control), Drain: time.Second}, s, Limits{Bytes: large})
			go func() {
				time.Sleep(980 * time.Millisecond)
				_ = p.Control.Set(rate)
			}()
			r := do(t, t.Context(), p, s)
			if r.Lines != (Lines{Due: 200, Acked: 199, Rejected: 1}) {
				t.Errorf("at %v/s: %+v", rate, r.Lines)
			}
			// 101 lines were due at 1 s, when the change came into force.
			last := time.Second + time.Duration(99/rate*1e9)
			if got := r.Elapsed; got != last+time.Second {
				t.Errorf("at %v/s it took %v, want %v: the last line is due at %v", rate, got, last+time.Second, last)
			}
		})
	}
}

// TestASteeredWorkerAllocatesNothing: paced after a change.
func TestASteeredWorkerAllocatesNothing(t *testing.T) {
	p := numbered(Plan{Workers: 1, Streams: 10, Schedule: Rate(10), Control: new(Control)})
	p.Sink = Opener{Limits: Limits{Bytes: 32 << 10, Streams: 3, Wait: time.Millisecond}}
	r := newRun(p)
	r.start = time.Now().Add(-time.Hour) // all is due
	r.course.Store(r.course.Load().changed(1e6, time.Second))
	w := r.workers[0]
	w.sink = confirming{}
	timer := time.NewTimer(time.Hour)
	batch := func() {
		now, ok := w.ready(r.clock(), timer)
		if !ok {
			t.Fatal("there is nothing to do")
		}
		l := w.lanes.next()
		m := moment{at: now}
		n := w.cut(l, now)
		m.due = w.goes(l)
		w.due(l, n)
		w.send(t.Context(), l, n, m)
	}
	for range 10 {
		batch()
	}
	if n := testing.AllocsPerRun(100, batch); n != 0 {
		t.Errorf("%v allocations a batch", n)
	}
}

var errOpen = errors.New("open somewhere: no")

func TestAFailedRunGivesItsControlBack(t *testing.T) {
	s := &store{}
	p := plan(Plan{Count: 1, Control: new(Control)}, s, Limits{Bytes: large})
	open := p.Sink.Open
	p.Sink.Open = func(context.Context, int) (Sink, error) { return nil, errOpen }
	if _, err := Run(t.Context(), p); !errors.Is(err, errOpen) {
		t.Fatalf("err = %v", err)
	}
	p.Sink.Open = open
	do(t, t.Context(), p, s)
}
