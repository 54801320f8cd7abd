//go:build !race

// The race detector itself crashes now and then when so many bubbles of synctest run one after the other
// (in StackDepot::Put, Go 1.26), so what is in here runs without it: see the test target in Makefile.

package emitter

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// turn is a change of the rate, asked for at a time.
type turn struct {
	at   time.Duration
	rate float64 // +Inf: unpaced; negative: what a pause interrupted
}

const resumed = -1

// force is when it comes into force.
func (c turn) force() time.Duration { return c.at + 20*time.Millisecond }

// model is a plain account of when the lines of a controlled run are due, line after line.
type model struct {
	dues   []time.Duration // of those that are paced
	counts []int           // of them, those before each turn, and those in the end
	spans  [][2]time.Duration

	schedule Schedule
	next     uint64        // line of the schedule
	moved    time.Duration // by pauses
}

func newModel(s Schedule, turns []turn, end time.Duration) *model {
	m := &model{schedule: s}
	var part float64 // of the wait for the next line that is over
	from, planned, rate := time.Duration(0), s != nil, math.Inf(1)
	pause, before, wasPlanned := time.Duration(-1), 0.0, false // when one began, and what it interrupted
	for i := range len(turns) + 1 {
		to := end
		if i < len(turns) {
			to = turns[i].force() + 1 // a line that is due then is still the old rate's
		}
		switch {
		case planned:
			part = m.plan(to)
		case math.IsInf(rate, 1):
			m.spans = append(m.spans, [2]time.Duration{from, to - 1})
		case rate > 0:
			lines := 0.0
			for {
				lines++
				due := from + time.Duration(math.Round((lines-part)/rate*1e9))
				if due >= to {
					break
				}
				m.dues = append(m.dues, due)
			}
			part = part + float64(to-1-from)/1e9*rate - (lines - 1)
		}
		m.counts = append(m.counts, len(m.dues))
		if i == len(turns) {
			break
		}
		next := turns[i].rate
		if next == resumed && pause < 0 {
			next = rate // there is nothing to resume
			if planned {
				continue
			}
		}
		from = turns[i].force()
		switch {
		case next == resumed:
			planned, rate = wasPlanned, before
			m.moved += from - pause
			pause = -1
		case next > 0:
			planned, rate, pause = false, next, -1
		case pause < 0:
			before, wasPlanned = rate, planned
			planned, rate, pause = false, 0, from
		}
	}
	return m
}

// plan is a part that goes by the schedule.
func (m *model) plan(to time.Duration) (part float64) {
	var last time.Duration
	if m.next > 0 {
		last, _ = m.schedule.At(m.next - 1)
	}
	for {
		due, ok := m.schedule.At(m.next)
		if !ok {
			return 0
		}
		if due+m.moved >= to {
			return float64(to-1-m.moved-last) / float64(due-last)
		}
		m.dues = append(m.dues, due+m.moved)
		last = due
		m.next++
	}
}

// by is how many of the paced lines are due at t.
func (m *model) by(t time.Duration) uint64 {
	n, _ := slices.BinarySearch(m.dues, t+1)
	return uint64(n)
}

func (m *model) unpaced(t time.Duration) bool {
	return slices.ContainsFunc(m.spans, func(s [2]time.Duration) bool { return t >= s[0] && t < s[1] })
}

// dueLine is when a line was due, and when it came.
type dueLine struct{ due, at time.Duration }

// steered is a run whose rate is changed at given times.
type steered struct {
	plan  Plan
	turns []turn
	store store
	lines []dueLine // as they came
	seen  []Snapshot
}

func (s *steered) do(t *testing.T, limits Limits, took func(*Batch) time.Duration) *Result {
	t.Helper()
	s.store.answer = func(_ context.Context, _ int, b *Batch) (int, error) {
		at := time.Since(s.store.start)
		s.store.mu.Lock()
		for i := range b.Len() {
			s.lines = append(s.lines, dueLine{b.due(i), at})
		}
		s.store.mu.Unlock()
		if took != nil {
			time.Sleep(took(b))
		}
		return b.Len(), nil
	}
	p := plan(s.plan, &s.store, limits)
	p.Control = new(Control)
	p.Every, p.OnSnapshot = 399*time.Millisecond+1, func(seen Snapshot) { s.seen = append(s.seen, seen) }
	var wg sync.WaitGroup
	over := make(chan struct{})
	wg.Go(func() {
		start := time.Now()
		for _, c := range s.turns {
			select {
			case <-time.After(c.at - time.Since(start)):
			case <-over:
				return
			}
			before := p.Control.Rate()
			if c.rate == resumed {
				p.Control.Resume()
				if got := p.Control.Rate(); before > 0 && math.Abs(got-before) > 0.1*before {
					t.Errorf("resumed without a pause it says %v/s, and not %v/s", got, before)
				}
				continue
			}
			if err := p.Control.Set(c.rate); err != nil {
				t.Error(err)
			}
			if got := p.Control.Rate(); got != c.rate {
				t.Errorf("asked for %v/s, it says %v/s", c.rate, got)
			}
		}
	})
	r := do(t, t.Context(), p, &s.store)
	close(over)
	wg.Wait()
	inOrder(t, &s.store)
	if last := s.seen[len(s.seen)-1]; last.Lines != r.Lines || last.Backlog != 0 {
		t.Errorf("the last snapshot says %+v and %d to come, the result %+v", last.Lines, last.Backlog, r.Lines)
	}
	return r
}

// someTurns are as many changes within a time, which differ by a nanosecond at least.
func someTurns(chance *rand.Rand, n int, within time.Duration, unpaced bool) []turn {
	turns := make([]turn, n)
	for i := range turns {
		turns[i].at = time.Duration(chance.Int64N(int64(within)))
		switch kind := chance.IntN(7); {
		case kind == 0:
			turns[i].rate = 0
		case kind > 4:
			turns[i].rate = resumed
		case kind == 1 && unpaced:
			turns[i].rate = math.Inf(1)
		default:
			turns[i].rate = math.Exp(chance.Float64()*7 - 0.5)
		}
	}
	slices.SortFunc(turns, func(a, b turn) int { return int(a.at - b.at) })
	for i := 1; i < n; i++ {
		turns[i].at = max(turns[i].at, turns[i-1].at+1)
	}
	return turns
}

func someSchedule(chance *rand.Rand) Schedule {
	switch chance.IntN(3) {
	case 0:
		return Rate(math.Exp(chance.Float64() * 6))
	case 1:
		return must(NewStages(Stage{2 * time.Second, 0, 300}, Stage{Length: time.Second}, Stage{time.Hour, 100, 200}))
	}
	return must(NewPoisson(100, chance.Uint64()))
}

func somePlan(chance *rand.Rand) Plan {
	p := Plan{Workers: 1 + chance.IntN(7), Schedule: someSchedule(chance), Drain: time.Second, Identify: true}
	p.Streams = p.Workers + chance.IntN(20)
	if chance.IntN(3) == 0 {
		p.Skew = 1.2
	}
	return p
}

// TestControlledLinesGoWhenTheyAreDue: whatever is changed, and whoever makes them.
func TestControlledLinesGoWhenTheyAreDue(t *testing.T) {
	chance := rand.New(rand.NewPCG(7, 8))
	for i := range 16 {
		p := somePlan(chance)
		p.Duration = 6*time.Second + time.Duration(chance.IntN(1e9))
		turns := someTurns(chance, chance.IntN(12), 6*time.Second, false)
		limits := Limits{Bytes: large, Lines: 1, Streams: chance.IntN(3)}
		name := fmt.Sprintf("%d: %d workers, %d streams, skew %v", i, p.Workers, p.Streams, p.Skew)
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &steered{plan: p, turns: turns}
				r := s.do(t, limits, nil)
				m := newModel(p.Schedule, turns, p.Duration)
				if n := uint64(len(m.dues)); r.Lines != (Lines{Due: n, Acked: n}) || r.Window != p.Duration || r.Stopped {
					t.Fatalf("%+v in %v, stopped %v; want %d in %v", r.Lines, r.Window, r.Stopped, n, p.Duration)
				}
				if len(turns) > 0 && (r.Elapsed < p.Duration || r.Elapsed > p.Duration+notice) {
					t.Errorf("it took %v, want %v", r.Elapsed, p.Duration)
				}
				slices.SortFunc(s.lines, func(a, b dueLine) int { return int(a.due - b.due) })
				for k, l := range s.lines {
					if off := l.due - m.dues[k]; off < -1 || off > 1 {
						t.Fatalf("turns %v: line %d is due at %v, want %v", turns, k, l.due, m.dues[k])
					}
					if l.at != l.due {
						t.Fatalf("turns %v: line %d is due at %v and went at %v", turns, k, l.due, l.at)
					}
				}
				checkSeen(t, s, m)
			})
		})
	}
}

// checkSeen: at no time is there a backlog, nor a line that is not due.
func checkSeen(t *testing.T, s *steered, m *model) {
	t.Helper()
	for _, seen := range s.seen[:len(s.seen)-1] {
		if want := m.by(min(seen.At, s.plan.Duration-1)); seen.Lines.Due != want || seen.Made != want || seen.Backlog != 0 {
			t.Errorf("at %v %d lines are due, %d made, %d to come; want %d due", seen.At, seen.Lines.Due, seen.Made, seen.Backlog, want)
		}
		for _, c := range s.turns {
			if c.force() > seen.At {
				break
			}
			if next := nextTurn(s.turns, c); next > seen.At && seen.Rate != c.rate && c.rate != resumed {
				t.Errorf("at %v the rate is %v, want %v", seen.At, seen.Rate, c.rate)
			}
		}
	}
}

func nextTurn(turns []turn, c turn) time.Duration {
	i := slices.Index(turns, c)
	if i+1 < len(turns) {
		return turns[i+1].force()
	}
	return always
}

// TestUnpacedSpans: within them lines are due when they are made; before and behind them the paced
// ones are due as if they were not there.
func TestUnpacedSpans(t *testing.T) {
	chance := rand.New(rand.NewPCG(9, 10))
	for i := range 12 {
		p := somePlan(chance)
		if i%4 == 0 {
			p.Schedule = nil
		}
		p.Duration = 3*time.Second + time.Duration(chance.IntN(1e9))
		turns := someTurns(chance, chance.IntN(8), 3*time.Second, true)
		limits := Limits{Bytes: large, Lines: 1 + chance.IntN(5), Streams: chance.IntN(3)}
		if chance.IntN(2) == 0 {
			limits.Wait = time.Duration(chance.IntN(3e8))
		}
		name := fmt.Sprintf("%d: %d workers, %d streams, skew %v, %T", i, p.Workers, p.Streams, p.Skew, p.Schedule)
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &steered{plan: p, turns: turns}
				// The first streams are the faster, so that workers are apart.
				r := s.do(t, limits, func(b *Batch) time.Duration { return time.Duration(1+b.Stream(0)) * 100 * time.Microsecond })
				m := newModel(p.Schedule, turns, p.Duration)
				var paced []time.Duration
				for _, l := range s.lines {
					if m.unpaced(l.due) {
						if l.at != l.due {
							t.Fatalf("an unpaced line is due at %v, it was made at %v", l.due, l.at)
						}
						continue
					}
					paced = append(paced, l.due)
					if late := l.at - l.due; late < 0 || late > limits.Wait+100*time.Millisecond {
						t.Fatalf("turns %v: a line that is due at %v went at %v", turns, l.due, l.at)
					}
				}
				slices.Sort(paced)
				if !slices.EqualFunc(paced, m.dues, func(a, b time.Duration) bool { return a-b <= 1 && b-a <= 1 }) {
					t.Fatalf("turns %v: %d paced lines, due at %v, want %d: %v", turns, len(paced), paced, len(m.dues), m.dues)
				}
				if len(m.spans) > 0 && len(s.lines) == len(paced) && m.spans[0][1]-m.spans[0][0] > time.Second {
					t.Errorf("there is no line in a span of a second and more: %v", m.spans)
				}
				if r.Lines.Due != uint64(len(s.lines)) || r.Lines.Acked != r.Lines.Due || r.Stopped {
					t.Errorf("%+v, stopped %v; want %d", r.Lines, r.Stopped, len(s.lines))
				}
				if r.Window < p.Duration || r.Window > p.Duration+10*time.Millisecond || r.Elapsed > p.Duration+100*time.Millisecond {
					t.Errorf("window %v, it took %v; want %v", r.Window, r.Elapsed, p.Duration)
				}
				if h := r.Latency.Schedule; h != nil && h.TotalCount() != int64(len(paced)) {
					t.Errorf("%d schedule times for %d paced lines", h.TotalCount(), len(paced))
				}
				if (r.Latency.Schedule == nil) != (p.Schedule == nil && len(turns) == 0) {
					t.Error("there is a clock for the schedule where lines have one, and only there")
				}
			})
		})
	}
}

// TestControlledCountIsExact: and each worker has as many lines as without a change, and unless it was
// unpaced, each stream.
func TestControlledCountIsExact(t *testing.T) {
	chance := rand.New(rand.NewPCG(11, 12))
	for i := range 12 {
		p := somePlan(chance)
		if i%4 == 0 {
			p.Schedule = nil
		}
		p.Count = uint64(1 + chance.IntN(3000))
		p.Burst = uint64(chance.IntN(2)) << 40
		unpaced := i%2 == 0
		turns := append(someTurns(chance, chance.IntN(12), 6*time.Second, unpaced), turn{7 * time.Second, 1000})
		limits := Limits{Bytes: large, Lines: 1 + chance.IntN(9), Streams: chance.IntN(3), Wait: time.Duration(chance.IntN(1e8))}
		name := fmt.Sprintf("%d: %d workers, %d streams, skew %v, %d of %T", i, p.Workers, p.Streams, p.Skew, p.Count, p.Schedule)
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &steered{plan: p, turns: turns}
				var took func(*Batch) time.Duration
				if unpaced {
					took = func(b *Batch) time.Duration { return time.Duration(1+b.Stream(0)) * time.Millisecond }
				}
				r := s.do(t, limits, took)
				if r.Lines != (Lines{Due: p.Count, Acked: p.Count}) || r.Stopped {
					t.Fatalf("turns %v: %+v, stopped %v; want %d", turns, r.Lines, r.Stopped, p.Count)
				}
				checkShares(t, p, r, unpaced)
				checkCounted(t, s, r, newModel(p.Schedule, turns, time.Minute), unpaced)
			})
		})
	}
}

// checkShares: what the pattern says.
func checkShares(t *testing.T, p Plan, r *Result, byWorker bool) {
	t.Helper()
	want := make([]uint64, p.Streams)
	var pattern []int
	if p.Skew > 0 {
		pattern = newPattern(p.Streams, p.Skew).streams(t)
	}
	for k := range int(p.Count) {
		if pattern == nil {
			want[k%p.Streams]++
		} else {
			want[pattern[k%len(pattern)]]++
		}
	}
	off := make([]int, p.Workers)
	for i, l := range r.Streams {
		off[i%p.Workers] += int(l.Next) - int(want[i])
		if l.Next != want[i] && !byWorker {
			t.Fatalf("stream %d has %d lines, want %d", i, l.Next, want[i])
		}
	}
	if slices.ContainsFunc(off, func(n int) bool { return n != 0 }) {
		t.Fatalf("workers have so many lines too many: %v", off)
	}
}

// checkCounted: no more than the count is due at any time; of a paced run, what the model says.
func checkCounted(t *testing.T, s *steered, r *Result, m *model, unpaced bool) {
	t.Helper()
	for _, seen := range s.seen {
		if seen.Lines.Due > r.Lines.Due {
			t.Errorf("at %v %d lines are due, there are %d", seen.At, seen.Lines.Due, r.Lines.Due)
		}
		if want := min(s.plan.Count, m.by(seen.At)); !unpaced && seen.Lines.Due != want {
			t.Errorf("at %v %d lines are due, want %d", seen.At, seen.Lines.Due, want)
		}
	}
	if unpaced {
		return
	}
	// Count / rate, as far as the rate was known: the slowest makes a line in 2 s.
	if last := m.dues[s.plan.Count-1]; r.Window < last-1 || r.Window > last+2*time.Second {
		t.Errorf("window %v, the last line is due at %v", r.Window, last)
	}
}
