package search

import (
	"fmt"
	"io"
	"strings"

	"github.com/exitfound/lologen/bench/report"
)

// writers are those of a result.
var writers = report.Writers[*Result]{
	{Name: "text", Write: (*Result).Text},
	{Name: "json", Write: (*Result).JSON},
	{Name: "html", Write: (*Result).HTML},
}

// Formats lists what Write accepts.
func Formats() []string { return writers.Names() }

// Write writes the result in the named format.
func (r *Result) Write(w io.Writer, format string) error { return writers.Write(r, w, format) }

// JSON writes the result as one indented object.
func (r *Result) JSON(w io.Writer) error { return written(report.WriteJSON(r, w)) }

func written(err error) error {
	if err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}

// heads are those of the columns of a step.
var heads = [...]string{"lines/s", "reached", "MB/s", "p50", "p99", "max", "verdict"}

// Head writes the heads of the columns that Row.Text fills.
func Head(w io.Writer) error { return writeRow(w, heads[:]) }

// Text writes the step as a row of text.
func (s Row) Text(w io.Writer) error { return writeRow(w, s.cells()) }

func writeRow(w io.Writer, c []string) error {
	_, err := fmt.Fprintf(w, "%11s %11s %8s %8s %8s %8s  %s\n", c[0], c[1], c[2], c[3], c[4], c[5], c[6])
	return written(err)
}

func (s Row) cells() []string {
	p50, p99, most := "-", "-", "-"
	if l := s.Latency.Response; l.Count > 0 {
		p50, p99, most = report.Length(l.P50), report.Length(l.P99), report.Length(l.Max)
	}
	return []string{report.Decimal(s.Rate), report.Decimal(s.Achieved), report.Decimal(s.Bytes / 1e6), p50, p99, most, s.verdict()}
}

func (s Row) verdict() string {
	text := "met"
	if slo := s.failed(); slo != nil {
		text = "NOT MET: " + unmet(*slo)
		if len(s.Errors) > 0 && !s.Errors[0].Ours() {
			text += "; " + cause(s.Errors[0])
		}
	}
	if s.Repeat {
		text += " (again)"
	}
	return text
}

// Text writes the answer for people, without the steps: what it is, what broke above it and where,
// and what else has to be known.
func (r *Result) Text(w io.Writer) error {
	var b strings.Builder
	for _, s := range r.sentences() {
		b.WriteString(s + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return written(err)
}

// sentences is the answer in words.
func (r *Result) sentences() []string {
	list := []string{r.answer()}
	if r.Best != nil {
		l := r.Best.Latency.Response
		list = append(list, fmt.Sprintf("  reached: %s lines/s; response times: p50 %s, p99 %s, max %s",
			report.Decimal(r.Best.Achieved), report.Length(l.P50), report.Length(l.P99), report.Length(l.Max)))
	}
	list = append(list, r.above()...)
	if s := r.caveat(); s != "" {
		list = append(list, s)
	}
	for _, warning := range r.Warnings {
		list = append(list, "Mind: "+warning)
	}
	return list
}

func (r *Result) answer() string {
	switch {
	case r.Best != nil:
		const day = 86_400
		return fmt.Sprintf("Highest rate that meets the SLO: %s lines/s, %s MB/s, %s MB/day",
			report.Decimal(r.Best.Rate), report.Decimal(r.Best.Bytes/1e6), report.Decimal(r.Best.Bytes*day/1e6))
	case r.Broke == nil:
		return "No answer: ended before any step was done"
	case r.BoundBy == report.None: // a lower rate would fail as well
		return fmt.Sprintf("No answer: %s lines/s, the first step, fails already", report.Decimal(r.From))
	case r.Broke.silent && !tooFast(r.Broke.Reasons):
		return fmt.Sprintf("No answer: of %s lines/s, the first step, nothing was confirmed: %s", report.Decimal(r.From), r.Broke.Reasons[0].First)
	}
	return fmt.Sprintf("No answer: %s lines/s, the first step, fails already (lower --from)", report.Decimal(r.From))
}

// above says what broke, and where.
func (r *Result) above() []string {
	if r.Broke == nil {
		return nil
	}
	slo := report.SLO{Expr: r.Broke.SLO, Value: r.Broke.Value, Unmeasured: r.Broke.Unmeasured}
	list := []string{fmt.Sprintf("Broke at %s lines/s: %s", report.Decimal(r.Broke.Rate), unmet(slo))}
	switch {
	case r.BoundWhy == "":
	case r.BoundBy == report.None:
		list = append(list, "  "+r.BoundWhy)
	default:
		list = append(list, fmt.Sprintf("  held back by %s: %s", who(r.BoundBy), r.BoundWhy))
	}
	for _, f := range r.Broke.Reasons {
		s := fmt.Sprintf("  %s: requests %d, lines %d", cause(f), f.Requests, f.Lines)
		if f.Raise != "" {
			s += "; to raise it: " + f.Raise
		}
		list = append(list, s)
	}
	return list
}

// caveat says why the answer is only a lower bound, if it is.
func (r *Result) caveat() string {
	switch {
	case !r.LowerBound:
		return ""
	case r.BoundBy == report.Generator && r.Broke != nil:
		return "Only a lower bound: lologen itself was too slow for more, the destination may take it"
	case r.Ended == Gone:
		return "Only a lower bound: the destination was gone before the search was done"
	case r.Ended == Reached:
		return fmt.Sprintf("Only a lower bound: nothing broke up to --to (%s lines/s)", report.Decimal(r.To))
	}
	return "Only a lower bound: the search was ended before it was done"
}

func who(b report.Bound) string {
	switch b {
	case report.Generator:
		return "lologen itself"
	case report.Destination:
		return "the destination"
	case report.Limit:
		return "a limit of the destination"
	}
	return "nobody"
}

func cause(f report.Failure) string {
	if f.Status == 0 {
		return f.Reason
	}
	return fmt.Sprintf("%s (%d)", f.Reason, f.Status)
}

// unmet is a demand and what it came to.
func unmet(s report.SLO) string {
	if s.Unmeasured {
		return s.Expr + " was not measured"
	}
	return s.Expr + " was " + value(s)
}

// value is in the unit of the demand.
func value(s report.SLO) string {
	switch measure(s) {
	case "errors", "rate":
		return fmt.Sprintf("%.3g %%", 100*s.Value)
	case "rejected", "unknown", "missed", "lost", "duplicated", "cpu":
		return report.Decimal(s.Value)
	case "rss":
		return report.Size(s.Value)
	}
	return report.Length(s.Value)
}
