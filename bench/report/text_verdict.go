package report

import (
	"cmp"
	"fmt"
	"slices"
)

func (r *Report) verdict() string {
	v := r.Verdict
	switch {
	case !v.Balanced:
		return "failed: the ledger does not balance"
	case v.SLOFailed():
		return "failed: " + v.unmet()
	case !r.Verification.passed():
		return "failed: " + r.Verification.Fault()
	case !v.Passed:
		return fmt.Sprintf("failed: %s not stored, %s may or may not be stored",
			plural(r.Lines.Rejected, "line"), count(r.Lines.Unknown))
	case v.Ended == Gone:
		return "passed: the destination wanted no more"
	case r.Lines.Lost() > 0:
		return fmt.Sprintf("passed: %s not stored, %s may or may not be stored, as the SLOs allow",
			plural(r.Lines.Rejected, "line"), count(r.Lines.Unknown))
	case len(v.SLO) > 0:
		return "passed: every SLO is met, nothing rejected, nothing unknown"
	}
	return "passed: nothing rejected, nothing unknown"
}

func (v Verdict) unmet() string {
	n := 0
	for _, s := range v.SLO {
		if !s.Passed {
			n++
		}
	}
	return fmt.Sprintf("%d of %s not met", n, plural(len(v.SLO), "SLO"))
}

// mostSLOs keeps a page a page.
const mostSLOs = 8

// objectives are the SLOs, those that are not met first.
func (r *Report) objectives(p *page) {
	list := slices.Clone(r.Verdict.SLO)
	if len(list) == 0 {
		return
	}
	slices.SortStableFunc(list, func(a, b SLO) int { return cmp.Compare(order(a.Passed), order(b.Passed)) })
	p.line("")
	rows := []row{{cells: []string{"SLO", "value", "verdict"}}}
	for _, s := range list[:min(len(list), mostSLOs)] {
		rows = append(rows, row{cells: []string{shorten(Clean(s.Expr), mostReason), s.value(), s.verdict()}})
	}
	p.table(rows)
	if more := len(list) - mostSLOs; more > 0 {
		p.line("... and %s", plural(more, "further SLO"))
	}
}

func order(passed bool) int {
	if passed {
		return 1
	}
	return 0
}

func (s SLO) verdict() string {
	if s.Passed {
		return "met"
	}
	return "NOT MET"
}

// value is in the unit of the demand.
func (s SLO) value() string {
	d, err := parseObjective(s.Expr)
	if s.Unmeasured || err != nil {
		return "not measured"
	}
	return d.show(s.Value)
}
