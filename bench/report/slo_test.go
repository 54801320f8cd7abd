package report

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/exitfound/lologen/emitter"
)

func TestParseSLO(t *testing.T) {
	tests := []struct {
		expr   string
		clock  string
		metric string
		op     string
		limit  float64
		shown  string // the limit
	}{
		{"p99<250ms", "response", "p", "<", 0.25, "250 ms"},
		{" P99.99 <= 1.5 s ", "response", "p", "<=", 1.5, "1.50 s"},
		{"p37.5>10us", "response", "p", ">", 10e-6, "10.0 µs"},
		{"p50==7µs", "response", "p", "==", 7e-6, "7.00 µs"},
		{"response.max<2m", "response", "max", "<", 120, "2m0s"},
		{"service.mean<40ns", "service", "mean", "<", 40e-9, "40 ns"},
		{"schedule.p90<1ms", "schedule", "p", "<", 0.001, "1.00 ms"},
		{"errors<0.1%", "", "errors", "<", 0.001, "0.1 %"},
		{"errors<=0.02", "", "errors", "<=", 0.02, "2 %"},
		{"rate>=0.99", "", "rate", ">=", 0.99, "99 %"},
		{"rate >= 99%", "", "rate", ">=", 0.99, "99 %"},
		{"rejected==0", "", "rejected", "==", 0, "0"},
		{"unknown<10", "", "unknown", "<", 10, "10"},
		{"missed<=1000000", "", "missed", "<=", 1e6, "1,000,000"},
		{"lost==0", "", "lost", "==", 0, "0"},
		{"duplicated==0", "", "duplicated", "==", 0, "0"},
		{"cpu<1.5", "", "cpu", "<", 1.5, "1.50 cores"},
		{"cpu<20s", "", "cpu", "<", 20, "20.0 s"},
		{"rss<200MB", "", "rss", "<", 200e6, "200 MB"},
		{"rss<1GiB", "", "rss", "<", 1 << 30, "1.07 GB"},
		{"rss<4096", "", "rss", "<", 4096, "4.10 kB"},
	}
	for _, tt := range tests {
		s, err := ParseSLO(tt.expr)
		if err != nil {
			t.Errorf("%s: %v", tt.expr, err)
			continue
		}
		if s.Expr != strings.TrimSpace(tt.expr) || s.Passed || s.Unmeasured {
			t.Errorf("%s: %+v", tt.expr, s)
		}
		d, _ := parseObjective(s.Expr)
		if d.clock != tt.clock || d.metric != tt.metric || d.operator != tt.op || d.limit != tt.limit {
			t.Errorf("%s: %+v", tt.expr, d)
		}
		if got := d.show(d.limit); got != tt.shown {
			t.Errorf("%s: shown as %s, want %s", tt.expr, got, tt.shown)
		}
	}
}

func TestParseSLOFails(t *testing.T) {
	const (
		operators = "one of < <= > >= == and a value"
		names     = "are p50 to p99.99, max and mean"
		times     = "is a time with its unit"
		wholes    = "is a whole number of lines"
	)
	tests := []struct{ expr, want string }{
		{"", operators},
		{"p99", operators},
		{"p99 250ms", operators},
		{"p99=250ms", "are < <= > >= =="},
		{"p99<", times},
		{"p99<fast", times},
		{"p99<250", times},
		{"p99<-1s", times},
		{"p99<1e3s", times},
		{"p99<1.2.3s", times},
		{"p99<=>1s", times},
		{"p99<10MB", times},
		{"p99<10%", times},
		{"p0<1s", names},
		{"p100<1s", names},
		{"p<1s", names},
		{"pinf<1s", names},
		{"p1e1<1s", names},
		{"p-1<1s", names},
		{"p0x1p2<1s", names},
		{"latency<1s", names},
		{"wall.p99<1s", names},
		{"service.errors<1", names},
		{"<1s", names},
		{"lost==0.5", wholes},
		{"lost==1%", wholes},
		{"errors<5", "a share of at most 1, or 100%"},
		{"errors<150%", "a share of at most 1, or 100%"},
		{"rate>=1s", "is a percentage or a fraction"},
		{"cpu<50%", "is a number of cores (1.5) or a time with its unit (20s)"},
		{"rss<1s", "is a number of bytes"},
	}
	for _, tt := range tests {
		_, err := ParseSLO(tt.expr)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: got %v, want ...%s...", tt.expr, err, tt.want)
		}
		if err != nil && (!goesOn(err) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%q: got %v", tt.expr, err)
		}
	}
}

func TestSLONeeds(t *testing.T) {
	for expr, want := range map[string]struct{ verify, rate, loss bool }{
		"lost==0":         {verify: true},
		"duplicated<1":    {verify: true},
		"rate>=0.9":       {rate: true},
		"schedule.p99<1s": {rate: true},
		"errors<1%":       {loss: true},
		"rejected<1":      {loss: true},
		"unknown<1":       {loss: true},
		"p99<1s":          {},
		"missed<1":        {},
		"nonsense":        {},
	} {
		s := SLO{Expr: expr}
		if s.NeedsVerify() != want.verify || s.NeedsRate() != want.rate || s.onLoss() != want.loss {
			t.Errorf("%s: verify %v, rate %v, loss %v", expr, s.NeedsVerify(), s.NeedsRate(), s.onLoss())
		}
	}
}

// slos parses demands that a test is sure of.
func slos(t *testing.T, exprs ...string) []SLO {
	t.Helper()
	var list []SLO
	for _, expr := range exprs {
		s, err := ParseSLO(expr)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	return list
}

// judged is a run of 640,000 lines in 10 s, of which 6,400 were rejected, 64 are unknown and
// 1,000 missed.
func judged(t *testing.T, verification *Verification, exprs ...string) *Report {
	result, run := paced()
	result.Lines = emitter.Lines{Due: 640_000, Acked: 632_536, Rejected: 6_400, Unknown: 64, Missed: 1_000}
	run.SLO = slos(t, exprs...)
	run.Verification = verification
	return New(result, run)
}

func TestSLOValues(t *testing.T) {
	found := &Verification{Passed: new(true), Lost: 3, Duplicated: 4}
	tests := []struct {
		expr   string
		value  float64
		passed bool
	}{
		{"p50<1ms", 909.311e-6, true},
		{"p99<1ms", 1782.783e-6, false},
		{"p99.9<1.8ms", 1799.167e-6, true},
		{"p25<1s", 0, true}, // value below
		{"max<=1.80ms", 1800.191e-6, false},
		{"mean<910.01us", 910.001456e-6, true},
		{"service.max<100us", 90.047e-6, true},
		{"schedule.p90>1ms", 1080.319e-6, true},
		{"errors<2%", 6464.0 / 639_000, true},
		{"errors<1%", 6464.0 / 639_000, false},
		{"rejected<=6400", 6400, true},
		{"unknown==64", 64, true},
		{"missed<1000", 1000, false},
		{"missed>=1000", 1000, true},
		{"lost==0", 3, false},
		{"duplicated<5", 4, true},
		{"rate>=0.98", 632_536.0 / 640_000, true},
		{"rate>=99%", 632_536.0 / 640_000, false},
		{"cpu<1", 1.2 / 10.02, true},
		{"cpu<1s", 1.2, false},
		{"rss<25.3MB", 25_300_000, false},
		{"rss<=25.3MB", 25_300_000, true},
	}
	for _, tt := range tests {
		got := judged(t, found, tt.expr).Verdict.SLO[0]
		if tt.expr == "p25<1s" {
			tt.value = got.Value
			if got.Value < 460e-6 || got.Value > 470e-6 {
				t.Errorf("p25 is %v", got.Value)
			}
		}
		if math.Abs(got.Value-tt.value) > 1e-9*tt.value || got.Passed != tt.passed || got.Unmeasured || got.Expr != tt.expr {
			t.Errorf("%s: %+v, want %v, passed %v", tt.expr, got, tt.value, tt.passed)
		}
	}
}

// What was not measured is not met, whatever was demanded.
func TestSLOUnmeasured(t *testing.T) {
	empty, run := unpaced()
	empty.Latency = emitter.Latency{}
	empty.Elapsed = 0
	run.Usage.MaxRSS = 0
	run.SLO = slos(t, "p99<1s", "service.max>=0s", "schedule.p50<60m", "lost==0", "rate>=0", "cpu<9", "rss<1GB", "mean<1s")
	for _, s := range New(empty, run).Verdict.SLO {
		if s.Passed || !s.Unmeasured || s.Value != 0 {
			t.Errorf("%+v", s)
		}
	}
	if s := judged(t, &Verification{Why: "connection refused"}, "lost==0").Verdict.SLO[0]; s.Passed || !s.Unmeasured {
		t.Errorf("%+v", s)
	}
}

func TestVerdictWithSLOs(t *testing.T) {
	tests := []struct {
		name         string
		exprs        []string
		verification *Verification
		passed       bool
		failed       bool
		covers       bool
		line         string // of the text
	}{
		{"none", nil, nil, false, false, false, "failed: 6,400 lines not stored, 64 may or may not be stored"},
		{"met, but not on loss", []string{"p99<1s"}, nil, false, false, false, "failed: 6,400 lines not stored"},
		{"loss is allowed", []string{"p99<1s", "errors<2%"}, nil, true, false, true, "passed: 6,400 lines not stored, 64 may or may not be stored, as the SLOs allow"},
		{"one of two on loss", []string{"rejected<10000", "unknown==0"}, nil, false, true, false, "failed: 1 of 2 SLOs not met"},
		{"loss is allowed, latency is not", []string{"p99<1ns", "errors<2%"}, nil, false, true, true, "failed: 1 of 2 SLOs not met"},
		{"nothing there", []string{"errors<2%"}, &Verification{Passed: new(false), Lost: 9}, false, false, true, "failed: 9 lines are lost"},
		{"could not be asked", []string{"errors<2%"}, &Verification{Why: "x"}, false, false, true, "failed: the destination could not be asked what it holds"},
		{"all there", []string{"errors<2%", "lost==0"}, &Verification{Passed: new(true)}, true, false, true, "passed: 6,400 lines"},
	}
	for _, tt := range tests {
		r := judged(t, tt.verification, tt.exprs...)
		v := r.Verdict
		if v.Passed != tt.passed || v.SLOFailed() != tt.failed || v.CoversLoss() != tt.covers {
			t.Errorf("%s: passed %v, SLO failed %v, covers loss %v", tt.name, v.Passed, v.SLOFailed(), v.CoversLoss())
		}
		var b strings.Builder
		if err := r.Text(&b); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), "\nverdict   "+tt.line) {
			t.Errorf("%s: no %q in\n%s", tt.name, tt.line, &b)
		}
	}
}

func TestVerifiedJudgesAgain(t *testing.T) {
	r := judged(t, nil, "lost==0", "errors<2%", "p25<1s")
	if s := r.Verdict.SLO[0]; !s.Unmeasured || r.Verdict.Passed {
		t.Errorf("%+v", r.Verdict)
	}
	before := r.Verdict.SLO[2]
	r.Verified(&Verification{Passed: new(true), Stored: 632_536})
	if s := r.Verdict.SLO[0]; s.Unmeasured || !s.Passed || !r.Verdict.Passed || r.Verdict.SLO[2] != before {
		t.Errorf("%+v", r.Verdict)
	}
}

// goesOn reports whether an error can stand after "accepted".
func goesOn(err error) bool {
	return strings.HasPrefix(err.Error(), "is ") || strings.HasPrefix(err.Error(), "are ")
}

// FuzzParseSLO: what is accepted is understood in the same way again, and says something of any run.
func FuzzParseSLO(f *testing.F) {
	for _, s := range []string{"p99<250ms", "service.max<=1s", "errors<0.1%", "cpu<20s", "rss<1GiB", "lost==0", "p99.99 > 1µs"} {
		f.Add(s)
	}
	result, run := paced()
	report := New(result, run)
	f.Fuzz(func(t *testing.T, expr string) {
		s, err := ParseSLO(expr)
		if err != nil {
			if !goesOn(err) {
				t.Errorf("%q: %v", expr, err)
			}
			return
		}
		if _, err := ParseSLO(s.Expr); err != nil {
			t.Errorf("%q and then %q: %v", expr, s.Expr, err)
		}
		d, _ := parseObjective(expr)
		if d.limit < 0 || math.IsNaN(d.limit) || math.IsInf(d.limit, 0) || d.show(d.limit) == "" {
			t.Errorf("%q: limit %v", expr, d.limit)
		}
		report.evaluate([]SLO{s})
		w := NewWatch([]SLO{s}, Planned{Lines: 100})
		w.Add(emitter.Snapshot{At: time.Second, Interval: time.Second, Latency: result.Latency}, Usage{})
		w.Doomed()
	})
}
