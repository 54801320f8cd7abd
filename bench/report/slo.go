package report

import (
	"cmp"
	"slices"
	"strings"
)

// An SLO is a demand on a run, and how the run met it.
type SLO struct {
	Expr       string  `json:"expr"`
	Value      float64 `json:"value"`                // seconds, bytes, lines, cores or a share from 0 to 1
	Unmeasured bool    `json:"unmeasured,omitempty"` // there is no value; then it is not met
	Passed     bool    `json:"passed"`
}

// ParseSLO reads a demand such as p99<250ms, service.max<=1s, errors<0.1%, rate>=0.99, lost==0,
// cpu<1.5 or rss<200MB. On the left stands
//
//   - a percentile (p50, p99.99, any above 0 and below 100), max or mean: response times, or
//     those of another clock with service. or schedule. before it;
//   - errors: the share of the lines handed over that ended rejected or unknown;
//   - rejected, unknown, missed, lost, duplicated: lines;
//   - rate: the rate reached as a share of the one asked for;
//   - cpu: cores used on average, or with a unit of time the processor time in all;
//   - rss: the most memory, in bytes.
//
// The error says what is accepted: it goes on after that word.
func ParseSLO(expr string) (SLO, error) {
	_, err := parseObjective(expr)
	return SLO{Expr: strings.TrimSpace(expr)}, err
}

// NeedsVerify reports whether the demand is on what only a look at the destination tells.
func (s SLO) NeedsVerify() bool {
	d, err := parseObjective(s.Expr)
	return err == nil && (d.metric == "lost" || d.metric == "duplicated")
}

// NeedsRate reports whether the demand makes sense of a run with a target rate only.
func (s SLO) NeedsRate() bool {
	d, err := parseObjective(s.Expr)
	return err == nil && (d.metric == "rate" || d.clock == "schedule")
}

// onLoss reports whether the demand says how many lines may end rejected or unknown.
func (s SLO) onLoss() bool {
	d, err := parseObjective(s.Expr)
	return err == nil && slices.Contains([]string{"errors", "rejected", "unknown"}, d.metric)
}

// evaluate measures the run by each demand. One that cannot be read, as a report from a file may
// have, is not met.
func (r *Report) evaluate(demands []SLO) []SLO {
	list := make([]SLO, 0, len(demands))
	for _, s := range demands {
		judged := SLO{Expr: s.Expr, Unmeasured: true}
		if d, err := parseObjective(s.Expr); err == nil {
			if value, ok := d.measure(r); ok {
				judged = SLO{Expr: s.Expr, Value: value, Passed: d.met(value)}
			}
		}
		list = append(list, judged)
	}
	return list
}

// measure is the run's value of what is demanded; it is not ok if there was nothing to measure.
func (d objective) measure(r *Report) (value float64, ok bool) {
	switch d.metric {
	case "errors":
		return ratio(float64(r.Lines.Lost()), float64(r.Lines.Acked+r.Lines.Lost())), true
	case "rejected":
		return float64(r.Lines.Rejected), true
	case "unknown":
		return float64(r.Lines.Unknown), true
	case "missed":
		return float64(r.Lines.Missed), true
	case "lost", "duplicated":
		return r.Verification.count(d.metric)
	case "rate":
		if r.Rate.Target == nil || r.Lines.Due == 0 {
			return 0, false
		}
		return ratio(r.Rate.Achieved, *r.Rate.Target), true
	case "cpu":
		if d.unit == inSeconds {
			return r.Usage.CPU, true
		}
		return ratio(r.Usage.CPU, r.Elapsed), r.Elapsed > 0
	case "rss":
		return float64(r.Usage.MaxRSS), r.Usage.MaxRSS > 0
	}
	return d.measureLatency(r.Latency)
}

func (d objective) measureLatency(l Latency) (value float64, ok bool) {
	s := l.of(d.clock)
	switch d.metric {
	case "max":
		return s.Max, s.Count > 0
	case "mean":
		return s.Mean, s.Count > 0
	}
	return s.percentile(d.percentile)
}

// of is one of the three clocks, empty if the run does not have it.
func (l Latency) of(clock string) Summary {
	switch clock {
	case "service":
		return l.Service
	case "schedule":
		if l.Schedule == nil {
			return Summary{}
		}
		return *l.Schedule
	}
	return l.Response
}

// count is not ok where nobody could ask the destination.
func (v *Verification) count(what string) (float64, bool) {
	switch {
	case v == nil || v.Passed == nil:
		return 0, false
	case what == "lost":
		return float64(v.Lost), true
	}
	return float64(v.Duplicated), true
}

func (d objective) met(value float64) bool {
	order := cmp.Compare(value, d.limit)
	switch d.operator {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	}
	return order == 0
}
