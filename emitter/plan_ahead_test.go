//go:build !race

// The race detector itself crashes now and then when so many bubbles of synctest run one after the other
// (in StackDepot::Put, Go 1.26), so what is in here runs without it: see the test target in Makefile.

package emitter

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

func TestPlanKnowsItsEnd(t *testing.T) {
	ramp := must(NewStages(Stage{10 * time.Second, 0, 1000}, Stage{Length: time.Minute}))
	steps := must(Steps(1000, 10_000, 10, 30*time.Second))
	for name, c := range map[string]struct {
		plan   Plan
		window time.Duration // 0: not known
		lines  uint64        // 0: not known
		mean   float64       // 0: unpaced
		peak   float64
	}{
		"rate":                 {Plan{Schedule: Rate(100)}, 0, 0, 100, 100},
		"rate for a time":      {Plan{Schedule: Rate(0.5), Duration: 3 * time.Second}, 3 * time.Second, 2, 0.5, 0.5},
		"rate, counted":        {Plan{Schedule: Rate(100), Count: 50}, 500 * time.Millisecond, 50, 100, 100},
		"stages":               {Plan{Schedule: ramp}, 70 * time.Second, 5000, 5000.0 / 70, 1000},
		"stages, cut":          {Plan{Schedule: ramp, Duration: 5 * time.Second}, 5 * time.Second, 1250, 250, 500},
		"stages, counted":      {Plan{Schedule: ramp, Count: 50}, time.Second, 50, 50, 100},
		"stages, over-counted": {Plan{Schedule: ramp, Count: 1e9}, 70 * time.Second, 5000, 5000.0 / 70, 1000},
		"steps":                {Plan{Schedule: steps}, 0, 0, 10_000, 10_000},
		"steps, counted":       {Plan{Schedule: steps, Count: 10}, 10 * time.Millisecond, 10, 1000, 1000},
		"steps for a time":     {Plan{Schedule: steps, Duration: time.Minute}, time.Minute, 90_000, 1500, 2000},
		"burst, counted":       {Plan{Schedule: must(Burst(1000, 10_000, time.Minute, 0.1)), Count: 300}, 30 * time.Millisecond, 300, 10_000, 10_000},
		"burst":                {Plan{Schedule: must(Burst(1000, 10_000, time.Minute, 0.1))}, 0, 0, 1900, 10_000},
		"sine":                 {Plan{Schedule: must(Sine(1000, 10_000, time.Minute)), Duration: 2 * time.Minute}, 2 * time.Minute, 660_000, 5500, 10_000},
		"ramp up":              {Plan{Schedule: must(RampUp(1000, 5*time.Second))}, 0, 0, 1000, 1000},
		"ramp up, counted":     {Plan{Schedule: must(RampUp(1000, 2*time.Second)), Count: 250}, time.Second, 250, 250, 500},
		"unpaced":              {Plan{}, 0, 0, 0, 0},
		"unpaced for a time":   {Plan{Duration: time.Second}, time.Second, 0, 0, 0},
		"unpaced, counted":     {Plan{Count: 7}, 0, 7, 0, 0},
		"unpaced, both":        {Plan{Count: 7, Duration: time.Second}, 0, 0, 0, 0},
	} {
		window, known := c.plan.Window()
		if off := window - c.window; off > 10 || off < -10 || known != (c.window > 0) {
			t.Errorf("%s: its window is %v, %v; want %v", name, window, known, c.window)
		}
		if lines, known := c.plan.Lines(); lines != c.lines || known != (c.lines > 0) {
			t.Errorf("%s: %d lines, %v; want %d", name, lines, known, c.lines)
		}
		mean, peak, paced := c.plan.Asked()
		if math.Abs(mean-c.mean) > 1e-5*c.mean || math.Abs(peak-c.peak) > 1e-5*c.peak || paced != (c.mean > 0) {
			t.Errorf("%s: %v/s, at most %v/s, paced: %v; want %v and %v", name, mean, peak, paced, c.mean, c.peak)
		}
	}
}

// TestRunIsAskedForWhatIsDue: a run that loses no time reaches what was asked for, wherever its plan
// is cut off; and what was asked for was known before it began.
func TestRunIsAskedForWhatIsDue(t *testing.T) {
	chance := rand.New(rand.NewPCG(17, 18))
	for range 40 {
		p := somePlan(chance)
		if chance.IntN(2) == 0 {
			p.Schedule = must(Burst(10, 400, time.Second, 0.3))
		}
		if chance.IntN(2) == 0 {
			p.Duration = time.Duration(1 + chance.Int64N(6e9))
		}
		if chance.IntN(2) == 0 || p.Duration == 0 {
			p.Count = 1 + chance.Uint64N(500)
		}
		stop := time.Hour
		if chance.IntN(3) == 0 {
			stop = time.Duration(1 + chance.Int64N(4e9))
		}
		synctest.Test(t, func(t *testing.T) {
			s := &store{}
			ctx, cancel := context.WithTimeout(t.Context(), stop)
			defer cancel()
			p := plan(p, s, Limits{Bytes: large, Lines: 1})
			r := do(t, ctx, p, s)
			if r.Lines.Due == 0 {
				return // there is no rate at which nothing is asked for
			}
			reached := float64(r.Lines.Acked) / r.Window.Seconds()
			most := reached
			if r.Stopped { // a short sleep is not interrupted
				most = float64(r.Lines.Acked) / max(0, r.Window-notice).Seconds()
			}
			rate, constant := p.Schedule.(Rate)
			switch {
			case constant && r.Asked != float64(rate):
				t.Errorf("%+v: %v/s were asked for, want %v/s", p.Schedule, r.Asked, rate)
			case !constant && r.Window > 0 && (r.Asked < reached*(1-1e-9) || r.Asked > most*(1+1e-9)):
				t.Errorf("%T, %d lines, %v: %v/s asked for, %v/s reached", p.Schedule, p.Count, p.Duration, r.Asked, reached)
			}
			mean, _, _ := p.Asked()
			window, _ := p.Window()
			if lines, _ := p.Lines(); !r.Stopped && (mean != r.Asked || window != r.Window || lines != r.Lines.Due) {
				t.Errorf("%T, %d lines, %v: %v/s, %d lines in %v planned; %v/s, %d lines in %v became of it",
					p.Schedule, p.Count, p.Duration, mean, lines, window, r.Asked, r.Lines.Due, r.Window)
			}
		})
	}
}
