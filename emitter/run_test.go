package emitter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// sent is one line as a destination saw it.
type sent struct {
	text   string
	stream int
	seq    uint64
	time   int64
	at     time.Duration // of the Send
}

// store is a destination that keeps every line it confirms. answer, if set, decides on each attempt.
type store struct {
	mu     sync.Mutex
	start  time.Time
	lines  []sent
	sends  int
	answer func(ctx context.Context, attempt int, b *Batch) (int, error)
}

func (s *store) opener(l Limits) Opener {
	return Opener{Limits: l, Ack: AckKernel, Open: func(context.Context, int) (Sink, error) { return s, nil }}
}

func (s *store) Close() error { return nil }

func (s *store) Send(ctx context.Context, b *Batch) (int, error) {
	at := time.Since(s.start)
	s.mu.Lock()
	attempt := s.sends
	s.sends++
	s.mu.Unlock()
	n, err := b.Len(), error(nil)
	if s.answer != nil {
		n, err = s.answer(ctx, attempt, b)
	}
	b.Wire += uint64(len(b.Bytes()))
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range n {
		s.lines = append(s.lines, sent{string(b.Line(i)), b.Stream(i), b.Seq(i), b.Time(i), at})
	}
	return n, err
}

// numbered is a source and a format that show where a line comes from.
func numbered(p Plan) Plan {
	p.Source = func(int) Source {
		buf := make([]byte, 0, 32)
		return func(r *Record) {
			buf = strconv.AppendUint(buf[:0], r.Rand.Uint64(), 16)
			r.Message = buf
		}
	}
	p.Format = func(int) Format {
		return func(dst []byte, r *Record) []byte {
			dst = strconv.AppendInt(dst, int64(r.Stream), 10)
			dst = append(dst, '/')
			dst = strconv.AppendUint(dst, r.Seq, 10)
			dst = append(dst, ' ')
			return append(dst, r.Message...)
		}
	}
	return p
}

func plan(p Plan, s *store, l Limits) Plan {
	p = numbered(p)
	p.Workers = max(1, p.Workers)
	p.Streams = max(p.Workers, p.Streams)
	p.Sink = s.opener(l)
	return p
}

// do runs p and checks what holds for every run.
func do(t *testing.T, ctx context.Context, p Plan, s *store) *Result {
	t.Helper()
	s.start = time.Now()
	result, err := Run(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	check(t, result, s)
	if h := result.Latency.Schedule; h != nil && p.Control == nil && uint64(h.TotalCount()) != result.Made {
		t.Errorf("%d schedule times for %d lines made", h.TotalCount(), result.Made)
	}
	return result
}

func check(t *testing.T, r *Result, s *store) {
	t.Helper()
	if !r.Lines.Balanced() {
		t.Errorf("the ledger does not balance: %+v", r.Lines)
	}
	if got := uint64(len(s.lines)); got != r.Lines.Acked {
		t.Errorf("%d lines arrived, %d are acked", got, r.Lines.Acked)
	}
	if got := uint64(s.sends); got != r.Requests.Sent {
		t.Errorf("%d attempts were made, %d are counted", got, r.Requests.Sent)
	}
	if got := uint64(r.Latency.Response.TotalCount()); got != r.Lines.Acked {
		t.Errorf("%d response times for %d acked lines", got, r.Lines.Acked)
	}
	if got := uint64(r.Latency.Service.TotalCount()); got != r.Requests.Sent {
		t.Errorf("%d service times for %d attempts", got, r.Requests.Sent)
	}
	var size uint64
	for _, l := range s.lines {
		size += uint64(len(l.text))
	}
	if size != r.Bytes.Acked {
		t.Errorf("%d bytes arrived, %d are acked", size, r.Bytes.Acked)
	}
}

// inOrder checks that each stream arrived as 0, 1, 2, ... with rising times.
func inOrder(t *testing.T, s *store) {
	t.Helper()
	next := make(map[int]uint64)
	last := make(map[int]int64)
	for _, l := range s.lines {
		if l.seq != next[l.stream] {
			t.Fatalf("stream %d: seq %d where %d is next", l.stream, l.seq, next[l.stream])
		}
		if l.time <= last[l.stream] {
			t.Fatalf("stream %d seq %d: time %d does not follow %d", l.stream, l.seq, l.time, last[l.stream])
		}
		next[l.stream]++
		last[l.stream] = l.time
	}
}

const large = 1 << 20

func TestCountIsExact(t *testing.T) {
	for _, workers := range []int{1, 2, 7, 64} {
		for _, streams := range []int{0, 100} {
			for _, schedule := range []Schedule{nil, Rate(5000)} {
				t.Run(fmt.Sprintf("%d workers, %d streams, %v", workers, streams, schedule), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s := &store{}
						p := plan(Plan{Workers: workers, Streams: streams, Schedule: schedule, Count: 10_003}, s, Limits{Bytes: 1000, Wait: time.Millisecond})
						p.Identify = true
						r := do(t, t.Context(), p, s)
						if want := (Lines{Due: 10_003, Acked: 10_003}); r.Lines != want {
							t.Errorf("lines = %+v, want %+v", r.Lines, want)
						}
						inOrder(t, s)
						for i, l := range r.Streams {
							if l.Stream != i || l.Next < 10_003/uint64(p.Streams) || len(l.Rejected)+len(l.Unknown) > 0 {
								t.Errorf("ledger of stream %d: %+v", i, l)
							}
						}
					})
				})
			}
		}
	}
}

// TestEachLineGoesWhenItIsDue: and not a nanosecond before, nor is it held back.
func TestEachLineGoesWhenItIsDue(t *testing.T) {
	for _, rate := range []Rate{0.5, 7, 900} {
		for _, workers := range []int{1, 3} {
			synctest.Test(t, func(t *testing.T) {
				s := &store{}
				p := plan(Plan{Workers: workers, Schedule: rate, Count: 1000}, s, Limits{Bytes: large, Wait: time.Millisecond})
				r := do(t, t.Context(), p, s)
				for _, l := range s.lines {
					k := l.seq*uint64(workers) + uint64(l.stream)
					if due, _ := rate.At(k); l.at != due {
						t.Fatalf("rate %v: line %d is due at %v and was sent at %v", float64(rate), k, due, l.at)
					}
				}
				if got := r.Latency.Schedule.Max(); got > 1 {
					t.Errorf("rate %v: the generator was late by %d ns on a clock that stands still", float64(rate), got)
				}
				if planned, _ := rate.At(1000); r.Window != planned {
					t.Errorf("rate %v: window %v, want count / rate = %v", float64(rate), r.Window, planned)
				}
			})
		}
	}
}

func TestDefaultsGiveALineEveryTwoSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
		defer cancel()
		r := do(t, ctx, plan(Plan{Schedule: Rate(0.5), Drain: 5 * time.Second}, s, Limits{Bytes: large, Wait: time.Millisecond}), s)
		if want := (Lines{Due: 4, Acked: 4}); r.Lines != want {
			t.Errorf("lines = %+v, want %+v", r.Lines, want)
		}
		for i, l := range s.lines {
			if want := time.Duration(i) * 2 * time.Second; l.at != want {
				t.Errorf("line %d at %v, want %v", i, l.at, want)
			}
		}
		if !r.Stopped || r.Window != 7*time.Second {
			t.Errorf("stopped %v, window %v; want a stop at 7s", r.Stopped, r.Window)
		}
	})
}

// TestIntervalsDivideDurations: lines due in [0, d) are offered, by whole-number arithmetic, though
// a rate is a fraction.
func TestIntervalsDivideDurations(t *testing.T) {
	for _, workers := range []int64{1, 2, 3, 7, 64} {
		for _, interval := range []time.Duration{1, 3, 300, 7_000, 1e6, 3e6, 1e8, 3e8, 6e8, 7e8, 2e9} {
			rate := Rate(float64(workers) * 1e9 / float64(interval))
			if rate > MaxRate {
				continue
			}
			for _, d := range []time.Duration{interval, 2 * interval, 3 * interval, 5000 * interval, 9e8, 3e9, 15e9} {
				// Line k is due at k*interval/workers: those below d, rounding up.
				want := uint64((int64(d)*workers + int64(interval) - 1) / int64(interval))
				if near := int64(d) * workers % int64(interval); near > 0 && near <= workers {
					continue // the last line is due within a nanosecond of the end: rounding decides
				}
				if got := DueBy(rate, d-1, math.MaxInt64); got != want {
					t.Errorf("%d workers, one line each %v, for %v: %d lines, want %d", workers, interval, d, got, want)
				}
			}
		}
	}
}

// TestAProfileWithAnEndEndsTheRun: also if nothing else does, or would do so later.
func TestAProfileWithAnEndEndsTheRun(t *testing.T) {
	for _, d := range []time.Duration{0, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			profile, err := NewStages(Stage{time.Second, 10, 10}, Stage{time.Second, 30, 30}, Stage{time.Second, 0, 0})
			if err != nil {
				t.Fatal(err)
			}
			s := &store{}
			r := do(t, t.Context(), plan(Plan{Workers: 3, Schedule: profile, Duration: d, Drain: time.Second}, s, Limits{Bytes: large}), s)
			if want := (Lines{Due: 40, Acked: 40}); r.Lines != want || r.Window != 3*time.Second || r.Stopped {
				t.Errorf("lines %+v, want %+v; window %v, stopped %v", r.Lines, want, r.Window, r.Stopped)
			}
		})
	}
}

// TestFirstBatchIsCutToSize: a batch that is planned too large is late with what does not fit.
func TestFirstBatchIsCutToSize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		p := plan(Plan{Schedule: Rate(10_000), Duration: time.Second}, s, Limits{Bytes: 50_000, Wait: time.Second})
		p.Format = func(int) Format {
			return func(dst []byte, r *Record) []byte { return append(dst, make([]byte, 200)...) }
		}
		r := do(t, t.Context(), p, s)
		if late := time.Duration(r.Latency.Schedule.Max()); late > time.Millisecond {
			t.Errorf("a line was made %v late", late)
		}
	})
}

func TestAStopAfterTheLastDueLineChangesNoPlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		s.answer = func(ctx context.Context, _ int, _ *Batch) (int, error) {
			<-ctx.Done()
			return 0, failing(true, false)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		r := do(t, ctx, plan(Plan{Schedule: Rate(10), Duration: time.Second, Drain: 3 * time.Second}, s, Limits{Bytes: large, Lines: 1}), s)
		if r.Stopped || r.Window != time.Second || r.Lines.Due != 10 {
			t.Errorf("stopped %v, window %v, lines %+v; want the plan's 1s and 10", r.Stopped, r.Window, r.Lines)
		}
	})
}

func TestGoneAfterAStopIsStillGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s.answer = func(context.Context, int, *Batch) (int, error) {
			<-ctx.Done()
			time.Sleep(time.Millisecond) // as a pipeline's reader that the same Ctrl-C ended
			return 0, &Outcome{Gone: true, Reason: "broken_pipe", Err: errors.New("write to stdout: broken pipe")}
		}
		if r := do(t, ctx, plan(Plan{Drain: time.Second}, s, Limits{Bytes: large, Lines: 1}), s); !r.Gone {
			t.Errorf("%+v", r.Progress)
		}
	})
}

func TestWithoutADrainLinesMadeOnTimeAreSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		r := do(t, t.Context(), plan(Plan{Workers: 7, Schedule: Rate(100), Count: 50}, s, Limits{Bytes: large}), s)
		if want := (Lines{Due: 50, Acked: 50}); r.Lines != want {
			t.Errorf("lines = %+v, want %+v", r.Lines, want)
		}
	})
}

func TestHugeTimesDoNotWrapAround(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		r := do(t, t.Context(), plan(Plan{Schedule: Rate(1), Count: 3, Drain: LongestTime, Duration: LongestTime}, s, Limits{Bytes: large}), s)
		if want := (Lines{Due: 3, Acked: 3}); r.Lines != want {
			t.Errorf("lines = %+v, want %+v", r.Lines, want)
		}
	})
}

func TestWhatIsNotSentIsNoRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		s.answer = func(context.Context, int, *Batch) (int, error) {
			o := failing(false, false)
			o.Unsent = true
			return 0, o
		}
		r, err := Run(t.Context(), plan(Plan{Count: 3}, s, Limits{Bytes: large, Lines: 1}))
		if err != nil {
			t.Fatal(err)
		}
		if r.Requests != (Requests{}) || r.Lines.Rejected != 3 || r.Failures[0].Lines != 3 || r.Failures[0].First == "" {
			t.Errorf("requests %+v, lines %+v, failures %+v", r.Requests, r.Lines, r.Failures)
		}
	})
}

func TestDurationOffersLinesDueBeforeItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		r := do(t, t.Context(), plan(Plan{Workers: 64, Schedule: Rate(64_000), Duration: 3 * time.Second}, s, Limits{Bytes: large, Wait: time.Millisecond}), s)
		if want := (Lines{Due: 192_000, Acked: 192_000}); r.Lines != want {
			t.Errorf("lines = %+v, want %+v", r.Lines, want)
		}
		if r.Window != 3*time.Second {
			t.Errorf("window = %v", r.Window)
		}
		inOrder(t, s)
	})
}

func TestBatchKeepsItsLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, l := range []Limits{
			{Bytes: 100}, {Bytes: large, Lines: 3}, {Bytes: 1}, {Bytes: large, Wait: 10 * time.Millisecond},
			{Bytes: large, Streams: 1, Wait: 100 * time.Millisecond}, {Bytes: 300, Streams: 2},
		} {
			for _, schedule := range []Schedule{nil, Rate(2000)} {
				s := &store{}
				s.answer = func(_ context.Context, _ int, b *Batch) (int, error) {
					if len(b.Bytes()) > l.Bytes && b.Len() > 1 {
						t.Errorf("limits %+v: a batch of %d lines and %d bytes", l, b.Len(), len(b.Bytes()))
					}
					streams := make(map[int]bool)
					for i := range b.Len() {
						streams[b.Stream(i)] = true
					}
					if l.Streams > 0 && len(streams) > l.Streams {
						t.Errorf("limits %+v: a batch of %d streams", l, len(streams))
					}
					if l.Lines > 0 && b.Len() > l.Lines {
						t.Errorf("limits %+v: a batch of %d lines", l, b.Len())
					}
					if schedule != nil && b.due(b.Len()-1)-b.due(0) > l.Wait {
						t.Errorf("limits %+v: a batch spans %v", l, b.due(b.Len()-1)-b.due(0))
					}
					return b.Len(), nil
				}
				r := do(t, t.Context(), plan(Plan{Workers: 2, Streams: 11, Schedule: schedule, Count: 1000}, s, l), s)
				if r.Lines.Acked != 1000 {
					t.Errorf("limits %+v: %+v", l, r.Lines)
				}
				inOrder(t, s)
				if schedule != nil && r.Latency.Schedule.Max() > 1 {
					t.Errorf("limits %+v: a line was %v late on a clock that stands still", l, time.Duration(r.Latency.Schedule.Max()))
				}
			}
		}
	})
}

// TestAStallMakesLinesLateAndLosesNone: a closed loop would show neither the stall's length nor
// its weight (coordinated omission).
func TestAStallMakesLinesLateAndLosesNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		s.answer = func(_ context.Context, attempt int, b *Batch) (int, error) {
			if attempt == 1000 {
				time.Sleep(2 * time.Second)
			}
			return b.Len(), nil
		}
		r := do(t, t.Context(), plan(Plan{Schedule: Rate(1000), Duration: 10 * time.Second, Drain: time.Second}, s, Limits{Bytes: large, Wait: time.Millisecond}), s)
		if want := (Lines{Due: 10_000, Acked: 10_000}); r.Lines != want {
			t.Errorf("lines = %+v, want %+v", r.Lines, want)
		}
		h := r.Latency.Response
		if got := time.Duration(h.Max()); got < 1990*time.Millisecond || got > 2010*time.Millisecond {
			t.Errorf("longest response %v, want about 2s", got)
		}
		if got := time.Duration(h.ValueAtQuantile(90)); got < 900*time.Millisecond {
			t.Errorf("p90 of the response %v: a fifth of the lines fell into a stall of 2s", got)
		}
		if got := time.Duration(r.Latency.Service.ValueAtQuantile(99)); got > time.Millisecond {
			t.Errorf("p99 of the service %v: one attempt was slow", got)
		}
	})
}

func TestBurstBoundsTheCatchUp(t *testing.T) {
	for _, workers := range []int{1, 4} {
		synctest.Test(t, func(t *testing.T) {
			s := &store{}
			stall := func() { time.Sleep(2 * time.Second) }
			var once sync.Map
			s.answer = func(_ context.Context, _ int, b *Batch) (int, error) {
				if at := time.Since(s.start); at >= time.Second {
					if _, done := once.LoadOrStore(b.Stream(0), true); !done {
						stall()
					}
				}
				return b.Len(), nil
			}
			p := plan(Plan{Workers: workers, Schedule: Rate(1000), Duration: 10 * time.Second, Burst: 100, Drain: time.Second, Identify: true}, s, Limits{Bytes: large, Wait: time.Millisecond})
			r := do(t, t.Context(), p, s)
			if r.Lines.Due != 10_000 {
				t.Errorf("due = %d", r.Lines.Due)
			}
			if r.Lines.Missed < 1880 || r.Lines.Missed > 1910 {
				t.Errorf("missed = %d, want the stall's 2000 less the burst of 100", r.Lines.Missed)
			}
			inOrder(t, s) // a missed line uses no number
		})
	}
}

func failing(unknown, retry bool) *Outcome {
	return &Outcome{Unknown: unknown, Retry: retry, Reason: "why", Status: 500, Err: errors.New("send: no")}
}

// TestOutcomes: how 10 lines in one batch end, by what the attempts said.
func TestOutcomes(t *testing.T) {
	type answer struct {
		n   int
		err error
	}
	for _, c := range []struct {
		name    string
		answers []answer
		want    Lines
		sent    uint64
	}{
		{"confirmed", []answer{{10, nil}}, Lines{Acked: 10}, 1},
		{"rejected", []answer{{0, failing(false, false)}}, Lines{Rejected: 10}, 1},
		{"unknown", []answer{{0, failing(true, false)}}, Lines{Unknown: 10}, 1},
		{"an error that says nothing", []answer{{0, errors.New("?")}}, Lines{Unknown: 10}, 1},
		{"some confirmed, the rest rejected", []answer{{4, failing(false, false)}}, Lines{Acked: 4, Rejected: 6}, 1},
		{"a second attempt helps", []answer{{0, failing(true, true)}, {10, nil}}, Lines{Acked: 10}, 2},
		{"the rest at the second attempt", []answer{{3, failing(false, true)}, {7, nil}}, Lines{Acked: 10}, 2},
		{"once ambiguous, a refusal unsays nothing", []answer{{0, failing(true, true)}, {0, failing(false, false)}}, Lines{Unknown: 10}, 2},
		{"tries used up", []answer{{0, failing(false, true)}, {0, failing(false, true)}, {0, failing(false, true)}}, Lines{Rejected: 10}, 3},
		{"short without an error", []answer{{9, nil}}, Lines{Acked: 9, Unknown: 1}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &store{}
				s.answer = func(_ context.Context, attempt int, b *Batch) (int, error) {
					return c.answers[attempt].n, c.answers[attempt].err
				}
				p := plan(Plan{Count: 10, Retries: 2, Drain: time.Hour, Identify: true}, s, Limits{Bytes: large})
				r := do(t, t.Context(), p, s)
				c.want.Due = 10
				if r.Lines != c.want || r.Requests.Sent != c.sent || r.Requests.Retried != c.sent-1 {
					t.Errorf("lines %+v, requests %+v; want %+v by %d requests", r.Lines, r.Requests, c.want, c.sent)
				}
				var rejected, unknown, ended uint64
				for _, x := range r.Streams[0].Rejected {
					rejected += x.To - x.From + 1
				}
				for _, x := range r.Streams[0].Unknown {
					unknown += x.To - x.From + 1
				}
				for _, f := range r.Failures {
					ended += f.Lines
				}
				if rejected != c.want.Rejected || unknown != c.want.Unknown || ended != rejected+unknown {
					t.Errorf("stream %+v, failures %+v; want %+v", r.Streams[0], r.Failures, c.want)
				}
			})
		})
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		s.answer = func(_ context.Context, attempt int, b *Batch) (int, error) {
			if attempt == 0 {
				o := failing(false, true)
				o.After = 20 * time.Second
				return 0, o
			}
			return b.Len(), nil
		}
		do(t, t.Context(), plan(Plan{Count: 1, Retries: 1, Drain: time.Minute}, s, Limits{Bytes: large}), s)
		if s.lines[0].at != 20*time.Second {
			t.Errorf("second attempt at %v, want 20s", s.lines[0].at)
		}
	})
}

func TestDrainEndsRetriesAndHangingSends(t *testing.T) {
	for name, answer := range map[string]func(context.Context, int, *Batch) (int, error){
		"refusing": func(context.Context, int, *Batch) (int, error) { return 0, failing(false, true) },
		"hanging": func(ctx context.Context, _ int, _ *Batch) (int, error) {
			<-ctx.Done()
			return 0, failing(false, true)
		},
	} {
		for _, schedule := range []Schedule{nil, Rate(1)} {
			t.Run(fmt.Sprint(name, schedule), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := &store{answer: answer}
					r := do(t, t.Context(), plan(Plan{Schedule: schedule, Count: 3, Retries: 100, Drain: 5 * time.Second}, s, Limits{Bytes: large}), s)
					if r.Lines.Due != 3 && schedule != nil || r.Lines.Rejected == 0 || r.Lines.Acked != 0 {
						t.Errorf("lines = %+v", r.Lines)
					}
					if r.Elapsed > 8*time.Second {
						t.Errorf("took %v: 3 lines by 2s and a drain of 5s", r.Elapsed)
					}
				})
			})
		}
	}
}

func TestStopSendsWhatWasOnlyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		ctx, cancel := context.WithTimeout(t.Context(), 1550*time.Millisecond)
		defer cancel()
		r := do(t, ctx, plan(Plan{Schedule: Rate(10), Drain: time.Second}, s, Limits{Bytes: large, Wait: time.Second}), s)
		if want := (Lines{Due: 16, Acked: 16}); r.Lines != want {
			t.Errorf("lines = %+v, want %+v: lines held back for a fuller batch are sent at a stop", r.Lines, want)
		}
		if got := time.Duration(r.Latency.Response.Max()); got < 900*time.Millisecond {
			t.Errorf("longest response %v: the wait for a fuller batch is part of it", got)
		}
	})
}

// TestStopSendsWhatWaitedInEveryLane: each stream has a batch of its own under way.
func TestStopSendsWhatWaitedInEveryLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		ctx, cancel := context.WithTimeout(t.Context(), 1550*time.Millisecond)
		defer cancel()
		r := do(t, ctx, plan(Plan{Streams: 7, Schedule: Rate(100), Drain: time.Second}, s, Limits{Bytes: large, Streams: 1, Wait: time.Second}), s)
		if want := (Lines{Due: 156, Acked: 156}); r.Lines != want {
			t.Errorf("lines = %+v, want %+v", r.Lines, want)
		}
		if late := time.Duration(r.Latency.Schedule.Max()); late > time.Millisecond || r.Latency.Clamped > 0 {
			t.Errorf("a line was %v late, %d times out of range", late, r.Latency.Clamped)
		}
		inOrder(t, s)
	})
}

// TestStopWithinAShortWaitForgetsNoLane: a wait that is too short to be interrupted ends in one
// lane's batch, and the others' go after it.
func TestStopWithinAShortWaitForgetsNoLane(t *testing.T) {
	for _, stop := range []time.Duration{2021 * time.Millisecond, 2750 * time.Millisecond, 3333 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			s := &store{}
			ctx, cancel := context.WithTimeout(t.Context(), stop)
			defer cancel()
			p := plan(Plan{Workers: 2, Streams: 27, Schedule: Rate(222), Drain: time.Second}, s, Limits{Bytes: large, Streams: 1, Wait: 1980 * time.Millisecond})
			if r := do(t, ctx, p, s); r.Lines.Missed != 0 || r.Lines.Due != r.Lines.Acked {
				t.Errorf("stopped at %v: %+v", stop, r.Lines)
			}
		})
	}
}

func TestAStopAfterTheLastLineOfACountIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		s.answer = func(_ context.Context, _ int, b *Batch) (int, error) {
			time.Sleep(1500 * time.Millisecond)
			return b.Len(), nil
		}
		ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
		defer cancel()
		r := do(t, ctx, plan(Plan{Workers: 4, Count: 4, Duration: 10 * time.Second, Drain: 5 * time.Second}, s, Limits{Bytes: large}), s)
		if r.Stopped || r.Lines.Acked != 4 {
			t.Errorf("stopped %v, lines %+v", r.Stopped, r.Lines)
		}
	})
}

func TestStopInABacklogLeavesItMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		s.answer = func(_ context.Context, _ int, b *Batch) (int, error) {
			time.Sleep(time.Second)
			return b.Len(), nil
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3500*time.Millisecond)
		defer cancel()
		r := do(t, ctx, plan(Plan{Schedule: Rate(100), Drain: 5 * time.Second}, s, Limits{Bytes: large, Lines: 1}), s)
		if want := (Lines{Due: 351, Acked: 4, Missed: 347}); r.Lines != want {
			t.Errorf("lines = %+v, want %+v", r.Lines, want)
		}
	})
}

func TestAGoneDestinationEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		s.answer = func(_ context.Context, attempt int, b *Batch) (int, error) {
			if attempt == 5 {
				return 0, &Outcome{Gone: true, Reason: "broken_pipe", Err: errors.New("write to stdout: broken pipe")}
			}
			return b.Len(), nil
		}
		r := do(t, t.Context(), plan(Plan{Workers: 3, Schedule: Rate(1), Drain: time.Second}, s, Limits{Bytes: large}), s)
		if want := (Lines{Due: 6, Acked: 5, Rejected: 1}); r.Lines != want || !r.Gone {
			t.Errorf("lines = %+v, gone %v; want %+v", r.Lines, r.Gone, want)
		}
	})
}

func TestUnpacedRunsUntilItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		s.answer = func(_ context.Context, _ int, b *Batch) (int, error) {
			time.Sleep(10 * time.Millisecond)
			return b.Len(), nil
		}
		r := do(t, t.Context(), plan(Plan{Workers: 2, Duration: time.Second}, s, Limits{Bytes: large, Lines: 5}), s)
		if want := (Lines{Due: 1000, Acked: 1000}); r.Lines != want {
			t.Errorf("lines = %+v, want %+v", r.Lines, want)
		}
		if r.Latency.Schedule != nil {
			t.Error("an unpaced run has no schedule to be late against")
		}
	})
}

// TestContentDependsOnSeedAndStreamAlone: not on the number of workers, nor on batches.
func TestContentDependsOnSeedAndStreamAlone(t *testing.T) {
	content := func(seed uint64, workers int, l Limits) map[int][]byte {
		text := make(map[int][]byte)
		synctest.Test(t, func(t *testing.T) {
			s := &store{}
			do(t, t.Context(), plan(Plan{Workers: workers, Streams: 12, Seed: seed, Count: 1200}, s, l), s)
			for _, l := range s.lines {
				text[l.stream] = append(text[l.stream], l.text...)
			}
		})
		return text
	}
	one, other := content(1, 1, Limits{Bytes: large}), content(1, 5, Limits{Bytes: 100})
	for stream, text := range one {
		if !bytes.Equal(text, other[stream]) {
			t.Errorf("stream %d differs between 1 and 5 workers", stream)
		}
	}
	if bytes.Equal(one[0], one[1]) {
		t.Error("two streams have the same content")
	}
	if bytes.Equal(one[0], content(2, 1, Limits{Bytes: large})[0]) {
		t.Error("two seeds make the same content")
	}
}

func TestSnapshotsAddUpToTheResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		s.answer = func(_ context.Context, attempt int, b *Batch) (int, error) {
			if attempt%10 == 9 {
				time.Sleep(300 * time.Millisecond)
				return 0, failing(false, false)
			}
			return b.Len(), nil
		}
		var seen []Snapshot
		p := plan(Plan{Workers: 3, Schedule: Rate(100), Duration: 10 * time.Second, Drain: time.Second}, s, Limits{Bytes: large, Lines: 2})
		p.Every, p.OnSnapshot = time.Second, func(s Snapshot) { seen = append(seen, s) }
		r := do(t, t.Context(), p, s)
		if len(seen) < 10 {
			t.Fatalf("%d snapshots of a run of 10s", len(seen))
		}
		var response, service, schedule int64
		var backlog uint64
		for i, s := range seen {
			response += s.Latency.Response.TotalCount()
			service += s.Latency.Service.TotalCount()
			schedule += s.Latency.Schedule.TotalCount()
			backlog = max(backlog, s.Backlog)
			if s.Last != (i == len(seen)-1) {
				t.Errorf("snapshot %d of %d: last = %v", i, len(seen), s.Last)
			}
			if i > 0 && s.Lines.Acked < seen[i-1].Lines.Acked {
				t.Errorf("snapshot %d: totals fell", i)
			}
		}
		if last := seen[len(seen)-1]; last.Lines != r.Lines || last.Requests != r.Requests || last.Backlog != 0 {
			t.Errorf("last snapshot %+v, result %+v", last.Progress, r.Progress)
		}
		if response != r.Latency.Response.TotalCount() || service != r.Latency.Service.TotalCount() || schedule != r.Latency.Schedule.TotalCount() {
			t.Error("the intervals' histograms do not add up to the result's")
		}
		if backlog == 0 {
			t.Error("a destination that stalls for 300 ms at 100/s left no backlog in any snapshot")
		}
	})
}

func TestRunClosesWhatItOpened(t *testing.T) {
	var opened, closed int
	p := plan(Plan{Workers: 3, Count: 1}, &store{}, Limits{Bytes: large})
	p.Sink.Open = func(context.Context, int) (Sink, error) {
		if opened == 2 {
			return nil, errors.New("open somewhere: full")
		}
		opened++
		return closing{&closed}, nil
	}
	p.Sink.Close = func() error { closed += 100; return nil }
	if _, err := Run(t.Context(), p); err == nil || err.Error() != "open somewhere: full" {
		t.Errorf("err = %v", err)
	}
	if closed != 102 {
		t.Errorf("closed = %d, want both sinks and what they share", closed)
	}
}

type closing struct{ n *int }

func (c closing) Send(context.Context, *Batch) (int, error) { return 0, nil }
func (c closing) Close() error                              { *c.n++; return nil }

func TestPlanIsChecked(t *testing.T) {
	for name, spoil := range map[string]func(*Plan){
		"workers":  func(p *Plan) { p.Workers = 0 },
		"streams":  func(p *Plan) { p.Streams = 0 },
		"rate":     func(p *Plan) { p.Schedule = Rate(0) },
		"fast":     func(p *Plan) { p.Schedule = 2 * MaxRate },
		"bytes":    func(p *Plan) { p.Sink.Bytes = 0 },
		"format":   func(p *Plan) { p.Format = nil },
		"drain":    func(p *Plan) { p.Drain = -1 },
		"snapshot": func(p *Plan) { p.Every = 1 },
		"warm-up":  func(p *Plan) { p.Warmup = -1 },
		"long":     func(p *Plan) { p.Warmup = LongestTime + 1 },
		"skew":     func(p *Plan) { p.Skew = -0.1 },
		"skewed":   func(p *Plan) { p.Skew = MostSkew + 0.1 },
		"no skew":  func(p *Plan) { p.Skew = math.NaN() },
	} {
		p := plan(Plan{Count: 1}, &store{}, Limits{Bytes: large})
		spoil(&p)
		if _, err := Run(t.Context(), p); err == nil {
			t.Errorf("%s: a spoilt plan ran", name)
		}
	}
}

// TestMakingAndCountingAllocatesNothing: from the schedule to the recorder, after the first batches.
func TestMakingAndCountingAllocatesNothing(t *testing.T) {
	for _, schedule := range []Schedule{nil, Rate(1e6)} {
		for _, skew := range []float64{0, 1} {
			for _, warmup := range []time.Duration{0, time.Minute} {
				n := allocations(t, Plan{Workers: 1, Streams: 10, Schedule: schedule, Skew: skew, Warmup: warmup, Identify: true, Burst: 1 << 40})
				if n != 0 {
					t.Errorf("%v allocations a batch, schedule %v, skew %v, warm-up %v", n, schedule, skew, warmup)
				}
			}
		}
	}
}

// allocations of a batch, on the mean.
func allocations(t *testing.T, p Plan) float64 {
	t.Helper()
	p = numbered(p)
	p.Sink = Opener{Limits: Limits{Bytes: 32 << 10, Streams: 3, Wait: time.Millisecond}}
	r := newRun(p)
	r.start = time.Now().Add(-time.Hour) // all is due
	w := r.workers[0]
	w.sink = confirming{}
	batch := func() {
		m := moment{at: r.clock(), unpaced: p.Schedule == nil}
		n := w.most()
		if !m.unpaced {
			w.drop(w.lanes.next(), m.at)
			n = w.cut(w.lanes.next(), m.at)
			m.due = w.goes(w.lanes.next())
			w.due(w.lanes.next(), n)
		}
		w.send(t.Context(), w.lanes.next(), n, m)
	}
	for range 10 {
		batch()
	}
	return testing.AllocsPerRun(100, batch)
}

type confirming struct{}

func (confirming) Send(_ context.Context, b *Batch) (int, error) { return b.Len(), nil }
func (confirming) Close() error                                  { return nil }
