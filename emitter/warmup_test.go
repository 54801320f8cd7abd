package emitter

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestWarmupIsLeftOutOfTheResultsLatencyAlone: its lines are slow here, and no others.
func TestWarmupIsLeftOutOfTheResultsLatencyAlone(t *testing.T) {
	const warmup = 2 * time.Second
	for _, schedule := range []Schedule{nil, Rate(1000)} {
		for _, limits := range []Limits{{Bytes: large, Lines: 7, Wait: 30 * time.Millisecond}, {Bytes: large, Lines: 1}} {
			synctest.Test(t, func(t *testing.T) {
				s := &store{}
				var warm uint64 // lines
				s.answer = func(_ context.Context, _ int, b *Batch) (int, error) {
					var n uint64
					for i := range b.Len() {
						if b.due(i) < warmup {
							n++
						}
					}
					s.mu.Lock()
					warm += n
					s.mu.Unlock()
					if n > 0 {
						time.Sleep(5 * time.Millisecond)
					} else {
						time.Sleep(time.Millisecond)
					}
					return b.Len(), nil
				}
				var seen []Snapshot
				p := plan(Plan{Workers: 8, Schedule: schedule, Warmup: warmup, Duration: 5 * time.Second, Drain: time.Second}, s, limits)
				p.Every, p.OnSnapshot = 500*time.Millisecond, func(s Snapshot) { seen = append(seen, s) }
				s.start = time.Now()
				r, err := Run(t.Context(), p)
				if err != nil {
					t.Fatal(err)
				}
				if r.Lines.Acked != uint64(len(s.lines)) || r.Lines.Acked != r.Lines.Due || warm == 0 {
					t.Errorf("lines = %+v, %d in the warm-up", r.Lines, warm)
				}
				checkWarmup(t, r, warm, seen)
			})
		}
	}
}

func checkWarmup(t *testing.T, r *Result, warm uint64, seen []Snapshot) {
	t.Helper()
	if got := uint64(r.Latency.Response.TotalCount()); got != r.Lines.Acked-warm {
		t.Errorf("%d response times for %d lines, %d of them in the warm-up", got, r.Lines.Acked, warm)
	}
	if h := r.Latency.Schedule; h != nil && uint64(h.TotalCount()) != r.Made-warm {
		t.Errorf("%d schedule times for %d lines, %d of them in the warm-up", h.TotalCount(), r.Made, warm)
	}
	if got := time.Duration(r.Latency.Service.Max()); got > 2*time.Millisecond {
		t.Errorf("the slowest attempt took %v: that was in the warm-up", got)
	}
	var response, service int64
	for i, s := range seen {
		response += s.Latency.Response.TotalCount()
		service += s.Latency.Service.TotalCount()
		if want := s.At <= 2*time.Second; s.Warmup != want {
			t.Errorf("snapshot %d at %v: warm-up = %v", i, s.At, s.Warmup)
		}
	}
	if uint64(response) != r.Lines.Acked || uint64(service) != r.Requests.Sent {
		t.Errorf("snapshots hold %d response and %d service times, want %d and %d", response, service, r.Lines.Acked, r.Requests.Sent)
	}
}

// TestARetryOfTheWarmupIsOfTheWarmup: however late it is.
func TestARetryOfTheWarmupIsOfTheWarmup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		s.answer = func(_ context.Context, attempt int, b *Batch) (int, error) {
			if attempt < 3 {
				return 0, failing(false, true)
			}
			return b.Len(), nil
		}
		p := plan(Plan{Schedule: Rate(1), Warmup: time.Nanosecond, Count: 1, Retries: 9, Drain: time.Minute}, s, Limits{Bytes: large})
		s.start = time.Now()
		r, err := Run(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		if l := r.Latency; r.Lines.Acked != 1 || l.Response.TotalCount()+l.Service.TotalCount()+l.Schedule.TotalCount() != 0 {
			t.Errorf("lines = %+v; response, service, schedule times: %d, %d, %d", r.Lines, l.Response.TotalCount(), l.Service.TotalCount(), l.Schedule.TotalCount())
		}
	})
}
