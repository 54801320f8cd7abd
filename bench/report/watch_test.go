package report

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/exitfound/lologen/emitter"
)

func TestDoomed(t *testing.T) {
	// 1000 lines are planned. So far 100 are acked, 11 of them after 1 s and the others after 1 ms.
	response := histogram(time.Millisecond, time.Millisecond, 89)
	_ = response.RecordValues(int64(time.Second), 11)
	lines := emitter.Lines{Due: 130, Acked: 100, Rejected: 5, Unknown: 5, Missed: 20}
	tests := []struct {
		expr    string
		planned uint64
		doomed  bool
	}{
		{"rejected==0", 0, true},
		{"rejected<5", 0, true},
		{"rejected<=5", 0, false},
		{"rejected==5", 0, false},
		{"rejected==7", 0, false},
		{"rejected>100", 0, false},
		{"unknown<5", 0, true},
		{"missed<=19", 0, true},
		{"missed<=20", 0, false},
		{"errors<1%", 1000, true}, // 10 of 980 at best
		{"errors<2%", 1000, false},
		{"errors<1%", 0, false}, // nobody knows how many more there will be
		{"max<999ms", 0, true},
		{"max<2s", 0, false},
		{"max>=2s", 0, false},
		{"p99<500ms", 1000, true}, // 11 of 980 are more than 1 %
		{"p98.9<500ms", 1000, false},
		{"p99<500ms", 0, false},
		{"p98<500ms", 1000, false},
		{"p99<2s", 1000, false},
		{"p99>2s", 1000, false},
		{"p99==2s", 1000, false},
		{"mean<11ms", 1000, true}, // 11 s shared by 980
		{"mean<12ms", 1000, false},
		{"service.p50<1ns", 1000, false}, // how many more attempts there will be is not known
		{"service.max<1ms", 1000, true},
		{"schedule.max<1ms", 1000, false}, // none was recorded
		{"rate>=0.98", 1000, true},        // at most 970 of 1000
		{"rate>=0.97", 1000, false},
		{"rate>=0.98", 0, false},
		{"rate<0.5", 1000, false},
		{"cpu<5s", 0, true},
		{"cpu<0.1", 0, false},
		{"rss<10MB", 0, true},
		{"rss<1GB", 0, false},
		{"lost==0", 0, false},
	}
	for _, tt := range tests {
		w := NewWatch(slos(t, "p1<60m", tt.expr), Planned{Lines: tt.planned})
		if s, ok := w.Doomed(); ok {
			t.Errorf("%s of %d: doomed from the start", s.Expr, tt.planned)
		}
		w.Add(emitter.Snapshot{
			Progress: emitter.Progress{Lines: lines}, At: 2 * time.Second, Interval: time.Second,
			Latency: emitter.Latency{Response: response, Service: histogram(time.Millisecond, time.Second, 2), Schedule: newHistogram()},
		}, Usage{CPU: 5, MaxRSS: 20e6})
		s, doomed := w.Doomed()
		if doomed != tt.doomed || doomed && s.Expr != tt.expr {
			t.Errorf("%s of %d: doomed %v (%s)", tt.expr, tt.planned, doomed, s.Expr)
		}
	}
}

func TestWatchForgivesWarmup(t *testing.T) {
	w := NewWatch(slos(t, "max<1s"), Planned{Warmup: 1500 * time.Millisecond})
	for i, slow := range []time.Duration{9 * time.Second, 9 * time.Second, time.Millisecond} {
		w.Add(emitter.Snapshot{At: time.Duration(i+1) * time.Second, Interval: time.Second,
			Latency: emitter.Latency{Response: histogram(slow, slow, 1)}}, Usage{})
		if _, doomed := w.Doomed(); doomed {
			t.Errorf("doomed after %d s", i+1)
		}
	}
}

// A run that is condemned never passes in the end, however well it goes on.
func TestDoomedNeverPasses(t *testing.T) {
	demands := slos(t, "p50<2ms", "p90<=4ms", "p99<5ms", "p99.9<6ms", "mean<3ms", "max<8ms", "errors<5%", "rejected<20",
		"missed<=30", "rate>=0.95", "unknown==3", "rss<30MB", "cpu<3s", "p10>1ms")
	condemned := 0
	for seed := range uint64(80) {
		r := rand.New(rand.NewPCG(seed, 1))
		planned := 200 + r.Uint64N(800)
		w := NewWatch(demands, Planned{Lines: planned})
		total := newHistogram()
		var l emitter.Lines
		var used Usage
		doomed := map[string]bool{}
		for l.Due < planned {
			interval := newHistogram()
			share := []uint64{50, 10, 2}[r.IntN(3)]
			for range min(1+r.Uint64N(100), planned-l.Due) {
				l.Due++
				switch r.Uint64N(share) {
				case 0:
					*[]*uint64{&l.Rejected, &l.Unknown, &l.Missed}[r.IntN(3)]++
				default:
					l.Acked++
					v := int64(time.Duration(r.Uint64N(uint64(share)*200)+1) * 10 * time.Microsecond / 2)
					_ = interval.RecordValue(v)
					_ = total.RecordValue(v)
				}
			}
			used.CPU += 0.3
			used.MaxRSS = max(used.MaxRSS, r.Uint64N(32e6))
			w.Add(emitter.Snapshot{Progress: emitter.Progress{Lines: l}, At: time.Second, Latency: emitter.Latency{Response: interval}}, used)
			for _, s := range w.slos {
				doomed[s.Expr] = doomed[s.Expr] || w.hopeless(s)
			}
			if r.IntN(20) == 0 { // the run is ended before its time
				break
			}
		}
		window := time.Duration(l.Due) * time.Millisecond
		report := New(&emitter.Result{Progress: emitter.Progress{Lines: l}, Latency: emitter.Latency{Response: total}, Window: window, Elapsed: window},
			Run{Plan: Plan{Rate: new(1000.0)}, Usage: used, SLO: demands})
		for _, s := range report.Verdict.SLO {
			if doomed[s.Expr] {
				condemned++
				if s.Passed {
					t.Errorf("seed %d: %s was condemned and is met with %v; %+v", seed, s.Expr, s.Value, l)
				}
			}
		}
	}
	if condemned < 100 {
		t.Errorf("only %d were condemned", condemned)
	}
}
