package search

import (
	"slices"
	"strings"
	"testing"

	"github.com/exitfound/lologen/bench/report"
)

// fine is the report of a step of 10 s at 1000 lines/s with which nothing is wrong.
func fine() *report.Report {
	r := step(1000, 10)
	r.Lines.Acked, r.Bytes.Acked, r.Window, r.Rate.Achieved = 10_000, 2_000_000, 10, 1000
	r.Requests.Sent = 100
	r.Plan.Workers = 1
	r.Latency.Service.P50 = 0.01
	r.Latency.Response = report.Summary{Count: 10_000, P50: 0.01, P99: 0.02, Max: 0.03, Hdr: "long"}
	return r
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*report.Report)
		unmet  string // empty: it passes
		bound  report.Bound
	}{
		{"fine", func(*report.Report) {}, "", report.None},
		{"the last request is under way at the end", func(r *report.Report) {
			r.Latency.Service.P50, r.Window = 2, 12
			r.Verdict.BoundBy = report.Destination
		}, "", report.Destination},
		{"late for longer than that", func(r *report.Report) {
			r.Window = 10.5
			r.Verdict.BoundBy = report.Destination
		}, "rate>=0.975", report.Destination},
		{"within the precision", func(r *report.Report) { r.Window = 10.2 }, "", report.None},
		{"missed", func(r *report.Report) { r.Lines.Acked, r.Lines.Missed = 9000, 1000 }, "rate>=0.975", report.Destination},
		{"a line refused", func(r *report.Report) {
			r.Lines.Acked, r.Lines.Rejected = 9999, 1
			r.Errors = []report.Failure{{Status: 429}}
		}, "errors==0", report.Limit},
		{"given up at the end", func(r *report.Report) {
			r.Lines.Acked, r.Lines.Unknown = 9000, 1000
			r.Errors = []report.Failure{{Reason: "canceled", Lines: 1000}}
			r.Verdict.BoundBy = report.Destination
		}, "rate>=0.975", report.Destination},
		{"given up at the end, and refused", func(r *report.Report) {
			r.Lines.Acked, r.Lines.Unknown = 9000, 1000
			r.Errors = []report.Failure{{Reason: "canceled", Lines: 900}, {Reason: "http_500", Status: 500, Lines: 100}}
			r.Verdict.BoundBy = report.Destination
		}, "errors==0", report.Destination},
		{"a line refused, and that is allowed", func(r *report.Report) {
			r.Lines.Acked, r.Lines.Unknown = 9999, 1
			r.Verdict.SLO = []report.SLO{{Expr: " Errors < 1%", Passed: true}}
		}, "", report.None},
		{"the user's demand comes first", func(r *report.Report) {
			r.Lines.Acked, r.Lines.Missed = 5000, 5000
			r.Verdict.SLO = []report.SLO{{Expr: "p99<1ms"}}
		}, "p99<1ms", report.Destination},
		{"the user's own demand on the rate", func(r *report.Report) {
			r.Lines.Acked, r.Lines.Missed = 5000, 5000
			r.Verdict.SLO = []report.SLO{{Expr: "rate>=0.5", Passed: true}}
		}, "", report.None},
		{"lines wait for fuller batches, at any rate", func(r *report.Report) {
			r.Plan.Batch.Wait = 1
			r.Latency.Response.P99, r.Latency.Service.P99 = 1, 0.02
			r.Verdict.SLO = []report.SLO{{Expr: "p99<250ms"}}
		}, "p99<250ms", report.None},
		{"and they queue, too", func(r *report.Report) {
			r.Plan.Batch.Wait = 1
			r.Latency.Response.P99, r.Latency.Service.P99 = 1.5, 0.02
			r.Verdict.SLO = []report.SLO{{Expr: "p99<250ms"}}
		}, "p99<250ms", report.Destination},
		{"that is not what was asked", func(r *report.Report) {
			r.Plan.Batch.Wait = 1
			r.Latency.Response.P99, r.Latency.Service.P99 = 1, 0.02
			r.Verdict.SLO = []report.SLO{{Expr: "service.p99<10ms"}}
		}, "service.p99<10ms", report.Destination},
		{"no processor left", func(r *report.Report) {
			r.Usage.CPU = 18
			r.Verdict.SLO = []report.SLO{{Expr: "p99<1ms"}}
		}, "p99<1ms", report.Generator},
	} {
		r := fine()
		c.change(r)
		o := Judge(r, 0.05)
		failed := ""
		if slo := o.failed(); slo != nil {
			failed = slo.Expr
		}
		if failed != c.unmet || o.BoundBy != c.bound {
			t.Errorf("%s: %q is not met, bound by %s: %+v", c.name, failed, o.BoundBy, o.SLO)
		}
		if o.Latency.Response.Hdr != "" || o.Latency.Response.P99 != r.Latency.Response.P99 {
			t.Errorf("%s: %+v", c.name, o.Latency)
		}
		var said []string
		for _, s := range o.SLO {
			said = append(said, s.Expr)
		}
		if demands := Demands(r.Verdict.SLO, 0.05); !slices.Equal(demands, said) {
			t.Errorf("%s: %q demanded, %q judged", c.name, demands, said)
		}
	}
}

func TestOversized(t *testing.T) {
	const text = "Ingestion rate limit exceeded for user fake (limit: 4000000 bytes/sec) while attempting to ingest '4000' lines totaling '1000000' bytes"
	for _, c := range []struct {
		name   string
		text   string
		change func(*report.Report)
		want   bool
	}{
		{"none passed", text, func(r *report.Report) { r.Lines.Acked, r.Bytes.Acked, r.Requests.Failed = 0, 0, 100 }, true},
		{"what was left at the end", text, func(r *report.Report) { r.Lines.Acked, r.Bytes.Acked, r.Requests.Failed = 4000, 800_000, 99 }, true},
		{"small ones", text, func(r *report.Report) { r.Lines.Acked, r.Bytes.Acked, r.Requests.Failed = 4000, 800_000, 90 }, true},
		{"overload", text, func(r *report.Report) { r.Lines.Acked, r.Bytes.Acked, r.Requests.Failed = 4000, 10_000_000, 90 }, false},
		{"most passed", text, func(r *report.Report) {}, false},
		{"no size named", "429 Too Many Requests", func(r *report.Report) { r.Lines.Acked, r.Requests.Failed = 0, 100 }, false},
	} {
		r := fine()
		r.Errors = []report.Failure{{Reason: "rate_limited", Status: 429, First: c.text}}
		c.change(r)
		if size, ok := Oversized(r); ok != c.want || ok && size != 1e6 {
			t.Errorf("%s: %v, %v", c.name, size, ok)
		}
	}
}

func TestText(t *testing.T) {
	refused := []report.Failure{{Reason: "rate_limited", Status: 429, Lines: 9, Requests: 3, Raise: "ingestion_rate_mb"}}
	row := func(rate float64, passed bool) *Row {
		o := outcome(passed)
		o.Achieved, o.Bytes, o.Latency = rate, 200*rate, report.Latency{Response: report.Summary{Count: 9, P50: 0.01, P99: 0.1, Max: 1}}
		if !passed {
			o.Errors, o.BoundBy = refused, report.Limit
		}
		return &Row{Rate: rate, Passed: passed, Outcome: o}
	}
	for _, c := range []struct {
		name   string
		best   *Row
		broke  *Row
		result Result
		want   []string
		not    []string
	}{
		{"found", row(20_000, true), row(21_000, false), Result{Warnings: []string{"a remark"}},
			[]string{"SLO: 20,000 lines/s, 4.00 MB/s, 345,600 MB/day\n", "p99 100 ms", "Broke at 21,000 lines/s: p99<250ms was 300 ms\n",
				"held back by a limit of the destination: a reason.", "rate_limited (429): requests 3, lines 9; to raise it: ingestion_rate_mb", "Mind: a remark\n"},
			[]string{"lower bound", "No answer"}},
		{"reached", row(20_000, true), nil, Result{To: 20_000}, []string{"Only a lower bound: nothing broke up to --to (20,000 lines/s)"}, []string{"Broke"}},
		{"nothing", nil, row(1000, false), Result{From: 1000}, []string{"No answer: 1,000 lines/s, the first step, fails already (lower --from)"}, []string{"Highest", "lower bound"}},
		{"interrupted", row(1000, true), row(4000, false), Result{Ended: Interrupted}, []string{"Only a lower bound: the search was ended"}, nil},
		{"at once", nil, nil, Result{Ended: Interrupted}, []string{"No answer: ended before any step was done"}, []string{"Broke"}},
	} {
		r := &c.result
		r.conclude(c.best, c.broke)
		var b strings.Builder
		if err := r.Text(&b); err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: %q lacks %q", c.name, b.String(), want)
			}
		}
		for _, not := range c.not {
			if strings.Contains(b.String(), not) {
				t.Errorf("%s: %q has %q", c.name, b.String(), not)
			}
		}
	}
}

func TestRowText(t *testing.T) {
	for want, row := range map[string]Row{
		"      1,000           0        0        -        -        -  NOT MET: errors==0 was 4 %; rate_limited (429) (again)\n": {
			Rate: 1000, Repeat: true, Outcome: Outcome{SLO: []report.SLO{{Expr: "errors==0", Value: 0.04}}, Errors: []report.Failure{{Reason: "rate_limited", Status: 429}}}},
		"      1,000       1,000    0.200  10.0 ms   100 ms   1.00 s  met\n": {Rate: 1000, Outcome: Outcome{Achieved: 1000, Bytes: 2e5,
			Latency: report.Latency{Response: report.Summary{Count: 1, P50: 0.01, P99: 0.1, Max: 1}}}},
		"      0.500       0.500        0        -        -        -  NOT MET: p99<1s was not measured\n": {
			Rate: 0.5, Outcome: Outcome{Achieved: 0.5, SLO: []report.SLO{{Expr: "p99<1s", Unmeasured: true}}}},
	} {
		var b strings.Builder
		if err := row.Text(&b); err != nil || b.String() != want {
			t.Errorf("%q, want %q, %v", b.String(), want, err)
		}
	}
}
