//go:build !race

// The race detector itself crashes now and then when so many bubbles of synctest run one after the other
// (in StackDepot::Put, Go 1.26), so what is in here runs without it: see the test target in Makefile.

package emitter

import (
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

// TestPausesMoveThePlan: each line of it is due later by the pauses that came before it; none is lost,
// and none comes twice. What ends by itself ends later, and what is limited does not.
func TestPausesMoveThePlan(t *testing.T) {
	chance := rand.New(rand.NewPCG(19, 20))
	for i := range 200 {
		s := someSchedule(chance)
		if i%2 == 0 {
			s = must(NewStages(Stage{2 * time.Second, 100, 10}, Stage{Length: time.Second}, Stage{3 * time.Second, 0, 200}))
		}
		count, limit := uint64(forever), time.Duration(0)
		if chance.IntN(2) == 0 {
			count = 1 + chance.Uint64N(400)
		}
		if _, ends := s.(*Stages); !ends || chance.IntN(3) == 0 {
			limit = time.Duration(1 + chance.Int64N(9e9))
		}
		whole := newCourse(s, count, limit)
		c := whole
		var pauses [][2]time.Duration
		for at := time.Duration(0); len(pauses) < 4; {
			from := at + time.Duration(1+chance.Int64N(2e9))
			again := from + time.Duration(chance.Int64N(1e9))
			at = again + time.Duration(1+chance.Int64N(1e9))
			if from > c.end || limit > 0 && at > limit {
				break
			}
			c = c.changed(0, from)
			if chance.IntN(2) == 0 {
				c = c.changed(0, again) // is the same pause
			}
			c = c.resumed(at)
			pauses = append(pauses, [2]time.Duration{from, at})
		}
		checkMoved(t, s, whole, c, pauses)
	}
}

func checkMoved(t *testing.T, s Schedule, whole, c *course, pauses [][2]time.Duration) {
	t.Helper()
	want, lines := time.Duration(0), uint64(0)
	for k := uint64(0); k < whole.count; k++ {
		due, ok := s.At(k)
		for _, p := range pauses {
			if due > p[0] {
				due += p[1] - p[0]
			}
		}
		if !ok || whole.limit > 0 && due >= whole.limit {
			break
		}
		lines, want = k+1, due
		if got, ok := c.At(k); got != due || !ok {
			t.Fatalf("pauses %v: line %d of %T is due at %v, %v; want %v", pauses, k, s, got, ok, due)
		}
		if got := c.dueBy(due); got != k+1 {
			t.Fatalf("pauses %v: %d lines are due at %v, want %d", pauses, got, due, k+1)
		}
	}
	if c.total != lines || lines > 0 && c.end != want {
		t.Fatalf("pauses %v: %d lines of %T until %v, want %d until %v", pauses, c.total, s, c.end, lines, want)
	}
	var paused time.Duration
	for _, p := range pauses {
		paused += p[1] - p[0]
	}
	length, ends := s.(Profile).Length()
	if end := c.plannedEnd(); ends && whole.limit == 0 && whole.count == forever && end != length+paused {
		t.Fatalf("pauses %v: it ends at %v, want %v", pauses, end, length+paused)
	} else if whole.limit > 0 && end > whole.limit {
		t.Fatalf("pauses %v: it ends at %v, after %v", pauses, end, whole.limit)
	}
}

// TestARunGoesOnWhereItWas: whoever pauses a ramp to let a destination breathe gets what he had, not
// more; and the whole ramp, however long the pause. A run that is limited ends when it was to.
func TestARunGoesOnWhereItWas(t *testing.T) {
	for name, c := range map[string]struct {
		plan   Plan
		lines  uint64
		window time.Duration
		length [3]time.Duration // as is known before, in and after the pause
	}{
		"stages":          {Plan{Schedule: must(NewStages(Stage{10 * time.Second, 100, 1000}))}, 5500, 70 * time.Second, [3]time.Duration{10 * time.Second, 0, 70 * time.Second}},
		"limited stages":  {Plan{Schedule: must(NewStages(Stage{10 * time.Second, 100, 1000})), Duration: 63 * time.Second}, 705, 63 * time.Second, [3]time.Duration{10 * time.Second, 63 * time.Second, 63 * time.Second}}, // 3 s of it
		"limited earlier": {Plan{Schedule: must(NewStages(Stage{10 * time.Second, 100, 1000})), Duration: 33 * time.Second}, 386, 33 * time.Second, [3]time.Duration{10 * time.Second, 33 * time.Second}},                   // 2 s, and the notice
		"steps":           {Plan{Schedule: must(Steps(100, 1000, 10, 30*time.Second)), Count: 400}, 400, 64 * time.Second, [3]time.Duration{}},
		"rate":            {Plan{Schedule: Rate(100), Count: 400}, 400, 64 * time.Second, [3]time.Duration{}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &store{}
			p := plan(c.plan, s, Limits{Bytes: large, Lines: 1})
			p.Workers, p.Streams, p.Drain, p.Control = 3, 5, time.Second, new(Control)
			var length [3]time.Duration
			p.Every, p.OnSnapshot = 500*time.Millisecond, func(s Snapshot) {
				switch s.At {
				case time.Second:
					length[0] = s.Length
				case 30 * time.Second:
					length[1] = s.Length
				case 62500 * time.Millisecond:
					length[2] = s.Length
				}
			}
			rates := make(chan float64, 2)
			time.AfterFunc(2*time.Second, func() {
				rates <- p.Control.Rate()
				if err := p.Control.Set(0); err != nil {
					t.Error(err)
				}
			})
			resume := time.AfterFunc(62*time.Second, func() {
				p.Control.Resume()
				rates <- p.Control.Rate()
			})
			r := do(t, t.Context(), p, s)
			limited := resume.Stop()
			inOrder(t, s)
			if want := (Lines{Due: c.lines, Acked: c.lines}); r.Lines != want || r.Window != c.window || r.Stopped || !r.Changed {
				t.Errorf("%s: %+v in %v, stopped: %v; want %d in %v", name, r.Lines, r.Window, r.Stopped, c.lines, c.window)
			}
			if want := float64(c.lines) / c.window.Seconds(); r.Asked != want {
				t.Errorf("%s: %v/s were asked for, want %v/s", name, r.Asked, want)
			}
			if length != c.length {
				t.Errorf("%s: its length is %v, want %v", name, length, c.length)
			}
			if before := <-rates; !limited {
				if after := <-rates; math.Abs(after-before) > 0.02*before {
					t.Errorf("%s: paused at %v/s, resumed at %v/s", name, before, after)
				}
			}
			for _, l := range s.lines {
				if l.at > 2020*time.Millisecond && l.at <= 62020*time.Millisecond {
					t.Fatalf("%s: a line went at %v, in the pause", name, l.at)
				}
			}
		})
	}
}

// TestAPauseBeforeTheFirstLine: when it is over the plan is as whole as ever.
func TestAPauseBeforeTheFirstLine(t *testing.T) {
	for _, early := range []bool{true, false} { // it is over before the run begins
		for _, set := range []float64{0, 50, math.Inf(1)} { // before the pause; 0: nothing
			synctest.Test(t, func(t *testing.T) {
				s := &store{}
				p := plan(Plan{Workers: 2, Schedule: must(NewStages(Stage{2 * time.Second, 0, 100})), Count: 100, Drain: time.Second}, s, Limits{Bytes: large, Lines: 1})
				p.Control = NewControl(p.Schedule)
				planned := p.Control.Rate()
				if set > 0 {
					if err := p.Control.Set(set); err != nil {
						t.Fatal(err)
					}
				}
				asked := p.Control.Rate()
				if planned != 12.5 || set == 0 && asked != planned {
					t.Errorf("it knows of %v/s", planned)
				}
				for range 3 {
					if err := p.Control.Set(0); err != nil || p.Control.Rate() != 0 {
						t.Fatalf("%v: %v/s", err, p.Control.Rate())
					}
				}
				resume := func() {
					p.Control.Resume()
					if got := p.Control.Rate(); got != asked {
						t.Errorf("resumed it is %v/s, it was %v/s", got, asked)
					}
				}
				paused := time.Duration(0)
				if early {
					resume()
				} else {
					paused = 10 * time.Second
					time.AfterFunc(paused-notice, resume)
				}
				r := do(t, t.Context(), p, s)
				if r.Lines != (Lines{Due: 100, Acked: 100}) || len(s.lines) > 0 && s.lines[0].at < paused || r.Changed != (set > 0 || !early) {
					t.Errorf("early %v, %v/s: %+v, the first at %v", early, set, r.Lines, s.lines[0].at)
				}
				if last := s.lines[len(s.lines)-1].at - paused; set == 0 && last > 2*time.Second || set == 50 && last != 1980*time.Millisecond {
					t.Errorf("early %v, %v/s: the last went at %v after the pause", early, set, last)
				}
			})
		}
	}
}
