package metrics

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"

	"github.com/exitfound/lologen/emitter"
)

var update = flag.Bool("update", false, "write the goldens anew")

func latencies(values ...time.Duration) *hdrhistogram.Histogram {
	h := hdrhistogram.New(1, int64(time.Hour), 3)
	for _, v := range values {
		if err := h.RecordValue(int64(v)); err != nil {
			panic(err)
		}
	}
	return h
}

// second is a snapshot that was taken a second after another one.
func second() emitter.Snapshot {
	return emitter.Snapshot{
		Progress: emitter.Progress{
			Lines:    emitter.Lines{Due: 1000, Acked: 900, Rejected: 50, Unknown: 20, Missed: 10},
			Made:     985,
			Requests: emitter.Requests{Sent: 40, Retried: 3, Failed: 7},
			Bytes:    emitter.Bytes{Acked: 250_000, Wire: 40_000},
		},
		At: 2 * time.Second, Interval: time.Second,
		Latency: emitter.Latency{
			Response: latencies(2*time.Millisecond, 3*time.Millisecond, 40*time.Second),
			Service:  latencies(time.Millisecond),
			Schedule: latencies(80 * time.Microsecond),
		},
		Backlog: 5,
		Failures: []emitter.Failure{
			{Reason: "rate_limited", Status: 429, Lines: 50, Requests: 5},
			{Reason: "connection_reset", Lines: 20, Requests: 1},
			{Reason: "bad \xff\"\n", Status: 500, Lines: 0, Requests: 1},
			{Reason: "bad \xfe\"\n", Status: 500, Lines: 2, Requests: 1},
		},
	}
}

func paced() *Run {
	return asking(func() float64 { return 1000 })
}

func asking(rate func() float64) *Run {
	return NewRun(About{RunID: "4f2a9c01d3e8", Sink: "loki", Format: "json", Started: time.Unix(1_700_000_000, 0)}, rate)
}

// page is what Prometheus is shown in text.
func page(t *testing.T, r *Run) string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(r); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func TestPage(t *testing.T) {
	unpaced := NewRun(About{}, func() float64 { return math.Inf(1) })
	last := second()
	last.Latency.Schedule = nil
	unpaced.Observe(last)
	observed := paced()
	observed.Observe(second())
	observed.Observe(second())
	for name, r := range map[string]*Run{"new": paced(), "paced": observed, "unpaced": unpaced} {
		t.Run(name, func(t *testing.T) {
			got, golden := page(t, r), filepath.Join("testdata", name+".metrics")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the page differs from %s:\n%s", golden, got)
			}
			problems, err := promlint.New(strings.NewReader(got)).Lint()
			if err != nil || len(problems) > 0 {
				t.Errorf("lint: %v, %v", problems, err)
			}
		})
	}
}

// TestObserve: counters are those of the last snapshot, histograms those of all, and a snapshot
// stays as it was for others.
func TestObserve(t *testing.T) {
	r := paced()
	first := second()
	before := first.Latency.Response.Clone()
	r.Observe(first)
	later := second()
	later.Lines.Acked = 1800
	r.Observe(later)
	got := page(t, r)
	for _, want := range []string{
		`lologen_lines_total{outcome="acked"} 1800`,
		`lologen_response_latency_seconds_count 6`,
		`lologen_response_latency_seconds_bucket{le="0.0025"} 2`,
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("%s is missing", want)
		}
	}
	if !first.Latency.Response.Equals(before) {
		t.Error("the snapshot's histogram has changed")
	}
}

// TestTargetRate: it is what is asked for at the time of a scrape, whatever the last snapshot had.
func TestTargetRate(t *testing.T) {
	rate := 1000.0
	r := asking(func() float64 { return rate })
	r.Observe(second())
	for _, tt := range []struct {
		rate float64
		want string
	}{
		{1000, "\nlologen_target_rate 1000\n"},
		{2500.5, "\nlologen_target_rate 2500.5\n"},
		{0, "\nlologen_target_rate 0\n"},
		{math.Inf(1), ""},
	} {
		rate = tt.rate
		got := page(t, r)
		if strings.Contains(got, "lologen_target_rate") != (tt.want != "") || !strings.Contains(got, tt.want) {
			t.Errorf("at %v lines/s:\n%s", rate, got)
		}
	}
}

func TestConcurrently(t *testing.T) {
	r := paced()
	registry := prometheus.NewRegistry()
	if err := registry.Register(r); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for range 5 {
				if _, err := registry.Gather(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 20 {
		r.Observe(second())
	}
	wg.Wait()
	if n := r.response.TotalCount(); n != 60 {
		t.Errorf("%d values, want 60", n)
	}
}

// filled is what a second of a busy run leaves behind.
func filled() emitter.Snapshot {
	s := second()
	for i := range 10_000 {
		_ = s.Latency.Response.RecordValue(int64(i) * 3000)
		_ = s.Latency.Service.RecordValue(int64(i) * 1000)
		_ = s.Latency.Schedule.RecordValue(int64(i) * 100)
	}
	return s
}

// BenchmarkObserve is what a run pays, once a second.
func BenchmarkObserve(b *testing.B) {
	r, s := paced(), filled()
	for b.Loop() {
		r.Observe(s)
	}
	if r.response.TotalCount() < int64(b.N)*10_000 {
		b.Error("values are missing")
	}
}

// BenchmarkCollect is what a scrape costs.
func BenchmarkCollect(b *testing.B) {
	r := paced()
	r.Observe(filled())
	for b.Loop() {
		if len(r.metrics()) < 15 {
			b.Fatal("metrics are missing")
		}
	}
}
