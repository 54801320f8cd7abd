package search

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/exitfound/lologen/bench/report"
)

// Judge tells what a step was like by its report, which has been judged by the user's SLOs, and by
// two demands that go without saying: that no line is refused, unless an SLO says how many may be,
// and that the destination keeps up, unless an SLO says how much of the rate is to be reached.
//
// To keep up, it takes 1 - precision/2 of the rate: so the answer lies evenly around the rate that
// it really takes. What had to be at the end, however fast it is, is not held against it: see tail.
func Judge(r *report.Report, precision float64) Outcome {
	o := Outcome{
		Achieved: r.Rate.Achieved,
		Latency:  withoutHistograms(r.Latency),
		SLO:      slices.Clone(r.Verdict.SLO),
		Errors:   r.Errors,
	}
	if r.Window > 0 {
		o.Bytes = float64(r.Bytes.Acked) / r.Window
	}
	if !slices.ContainsFunc(o.SLO, onLoss) {
		o.SLO = append(o.SLO, lossless(r))
	}
	if !slices.ContainsFunc(o.SLO, onRate) {
		o.SLO = append(o.SLO, keepsUp(r, precision))
	}
	o.BoundBy, o.BoundWhy = bound(r, o.passed())
	return o
}

// Demands are all demands on a step, those that go without saying last.
func Demands(given []report.SLO, precision float64) []string {
	var list []string
	lossy := false
	for _, s := range given {
		list = append(list, s.Expr)
		lossy = lossy || onLoss(s)
	}
	if !lossy {
		list = append(list, noErrors)
	}
	if !slices.ContainsFunc(given, onRate) {
		list = append(list, enough(precision))
	}
	return list
}

const noErrors = "errors==0"

func enough(precision float64) string {
	return "rate>=" + strconv.FormatFloat(1-precision/2, 'g', 4, 64)
}

func onRate(s report.SLO) bool { return measure(s) == "rate" }

func onLoss(s report.SLO) bool {
	return slices.Contains([]string{"errors", "rejected", "unknown"}, measure(s))
}

// measure is what an SLO, which has been read, is on.
func measure(s report.SLO) string {
	return strings.ToLower(strings.TrimSpace(s.Expr[:max(0, strings.IndexAny(s.Expr, "<>="))]))
}

func lossless(r *report.Report) report.SLO {
	s := report.SLO{Expr: noErrors, Passed: true}
	if lost := r.Lines.Lost(); lost > 0 {
		s.Value, s.Passed = float64(lost)/float64(lost+r.Lines.Acked), false
	}
	return s
}

func keepsUp(r *report.Report, precision float64) report.SLO {
	s := report.SLO{Expr: enough(precision), Unmeasured: true}
	if window := max(r.Plan.Duration, r.Window-tail(r)); window > 0 && r.Rate.Target != nil {
		share := float64(r.Lines.Acked) / window / *r.Rate.Target
		s = report.SLO{Expr: s.Expr, Value: min(1, share), Passed: share >= 1-precision/2}
	}
	return s
}

// tail is how much later than its last line a step may end although the destination keeps up, in
// seconds. What is under way then takes as long as a Send mostly does. And where lines wait for
// fuller batches, the batches under way in all lanes go at once then: that is as much work as the
// destination lacked while the first ones were filled, half a wait of it where there are many lanes.
func tail(r *report.Report) float64 {
	service := r.Latency.Service.P50
	return max(service, (fill(r)+service)/2)
}

// fill is how long a batch waits for its last line: until it is full, or for as long as it may.
func fill(r *report.Report) float64 {
	p := r.Plan
	if r.Lines.Acked == 0 || r.Rate.Target == nil {
		return p.Batch.Wait
	}
	line := float64(r.Bytes.Acked) / float64(r.Lines.Acked)
	lanes := p.Workers
	if p.StreamsPerRequest > 0 {
		lanes = max(lanes, p.Streams/p.StreamsPerRequest)
	}
	return min(p.Batch.Wait, float64(p.Batch.Bytes*lanes)/(line**r.Rate.Target))
}

// busy is the share of the processors that is all a program can hope for.
const busy = 0.85

// bound says who is to blame for a step. The report knows who kept its rate from being reached; a
// step may break although it was reached.
func bound(r *report.Report, passed bool) (report.Bound, string) {
	v := r.Verdict
	switch {
	case passed || v.BoundBy != report.None:
		return v.BoundBy, v.BoundWhy
	case r.Usage.CPU >= busy*r.Elapsed*float64(r.Usage.Cores):
		return report.Generator, "lologen used all the processor time that there is."
	case tooFast(r.Errors):
		return report.Limit, "the rate was reached, and some requests were told that it is too much."
	case waited(r):
		return report.None, fmt.Sprintf("lines wait for up to %s for a fuller batch, at any rate: a shorter --batch-wait helps, and service.p99 leaves that out.",
			report.Length(r.Plan.Batch.Wait))
	}
	return report.Destination, "the rate was reached, but not as was demanded."
}

// tooFast reports whether the destination said so.
func tooFast(errors []report.Failure) bool {
	return slices.ContainsFunc(errors, func(f report.Failure) bool { return f.Status == tooMany })
}

// waited reports whether response times are unmet that are no longer than what lologen's own batches
// make of the destination's.
func waited(r *report.Report) bool {
	const least = 0.5 // of a wait that is to blame
	i := slices.IndexFunc(r.Verdict.SLO, func(s report.SLO) bool { return !s.Passed })
	if i < 0 || !onResponse(r.Verdict.SLO[i]) {
		return false
	}
	rest := r.Latency.Response.P99 - r.Latency.Service.P99
	return rest > least*r.Latency.Response.P99 && rest <= r.Plan.Batch.Wait
}

// onResponse reports whether an SLO is on the time from when a line was due to its confirmation.
func onResponse(s report.SLO) bool {
	m := strings.TrimPrefix(measure(s), "response.")
	return m == "max" || m == "mean" || strings.HasPrefix(m, "p")
}

// withoutHistograms is l in a few numbers.
func withoutHistograms(l report.Latency) report.Latency {
	l.Response.Hdr, l.Service.Hdr = "", ""
	if l.Schedule != nil {
		s := *l.Schedule
		s.Hdr = ""
		l.Schedule = &s
	}
	return l
}
