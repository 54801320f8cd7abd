package emitter

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestStartIsTheSchedulesOwn: whenever a machine was ready, its lines are due when those of the others are.
func TestStartIsTheSchedulesOwn(t *testing.T) {
	for _, ready := range []time.Duration{0, 700 * time.Millisecond, 4999999999} {
		synctest.Test(t, func(t *testing.T) {
			at := time.Now().Add(5 * time.Second)
			s := &store{}
			p := plan(Plan{Workers: 3, Schedule: Rate(10), Duration: time.Second, Start: at.Round(0)}, s, Limits{Bytes: large})
			open := p.Sink.Open
			p.Sink.Open = func(ctx context.Context, worker int) (Sink, error) {
				if worker == 2 {
					time.Sleep(ready)
				}
				return open(ctx, worker)
			}
			r := do(t, t.Context(), p, s)
			if !r.Started.Equal(at) || r.Lines.Due != 10 || r.Window != time.Second || r.Elapsed > time.Second {
				t.Errorf("started %v, want %v; %+v in %v, %v", r.Started, at, r.Lines, r.Window, r.Elapsed)
			}
			for k, l := range s.lines {
				if want := 5*time.Second + time.Duration(k)*100*time.Millisecond; l.at != want {
					t.Errorf("line %d went at %v, want %v", k, l.at, want)
				}
				if l.time != at.Add(time.Duration(k)*100*time.Millisecond).UnixNano() {
					t.Errorf("line %d says that it was made at %v", k, time.Unix(0, l.time))
				}
			}
		})
	}
}

func TestAStartThatIsOverIsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		now := time.Now()
		p := plan(Plan{Schedule: Rate(10), Duration: time.Second, Start: now.Add(-time.Hour)}, s, Limits{Bytes: large})
		r := do(t, t.Context(), p, s)
		if !r.Started.Equal(now) || r.Lines.Acked != 10 || r.Latency.Schedule.Max() > 1 {
			t.Errorf("started %v, want %v; %+v, %d ns late", r.Started, now, r.Lines, r.Latency.Schedule.Max())
		}
	})
}

// TestAStopBeforeTheStartMakesNoLine: and does not wait for it.
func TestAStopBeforeTheStartMakesNoLine(t *testing.T) {
	for _, schedule := range []Schedule{nil, Rate(10)} {
		for _, control := range []*Control{nil, new(Control)} {
			synctest.Test(t, func(t *testing.T) {
				s := &store{}
				ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
				defer cancel()
				begun := time.Now()
				p := plan(Plan{Workers: 2, Schedule: schedule, Duration: time.Minute, Start: begun.Add(time.Hour), Drain: time.Second, Control: control}, s, Limits{Bytes: large})
				r := do(t, ctx, p, s)
				if r.Lines != (Lines{}) || !r.Stopped || r.Window != 0 || time.Since(begun) > 2*time.Second {
					t.Errorf("%+v, stopped %v, window %v, after %v", r.Lines, r.Stopped, r.Window, time.Since(begun))
				}
			})
		}
	}
}

// TestSetWhileARunWaitsForItsStart counts from its first line on.
func TestSetWhileARunWaitsForItsStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		p := plan(Plan{Schedule: Rate(10), Duration: time.Second, Start: time.Now().Add(time.Minute), Control: new(Control)}, s, Limits{Bytes: large})
		go func() {
			time.Sleep(time.Second)
			if got := p.Control.Rate(); got != 10 {
				t.Errorf("the rate is %v/s, the plan says 10/s", got)
			}
			_ = p.Control.Set(20)
		}()
		if r := do(t, t.Context(), p, s); r.Lines.Due != 20 {
			t.Errorf("%+v", r.Lines)
		}
	})
}
