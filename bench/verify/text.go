package verify

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/exitfound/lologen/bench/report"
)

// JSON returns the verdict in one line.
func (v *Verdict) JSON() ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode verdict: %w", err)
	}
	return append(b, '\n'), nil
}

// String returns the verdict in a few lines for people.
func (v *Verdict) String() string {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s"+format+"\n", append([]any{name}, args...)...)
	}
	row(v.headline())
	row("run", "%s, in %s", v.RunID, v.Source)
	if v.Error == "" {
		v.counts(row)
		v.findings(row)
	}
	for _, note := range v.Notes {
		row("note", "%s", note)
	}
	return b.String()
}

func (v *Verdict) headline() (word, text string) {
	judged := "every confirmed line is stored, and nothing that should not be"
	if v.Judged == "gaps" {
		judged = "no gap below the highest sequence numbers (without a ledger, that is all that can be told)"
	}
	switch {
	case v.Error != "":
		return "UNKNOWN", strings.ReplaceAll(v.Error, "%", "%%")
	case v.Passed == nil:
		return "UNKNOWN", v.Verification().Fault()
	case !*v.Passed:
		return "FAILED", v.Verification().Fault()
	}
	return "PASSED", judged
}

// Verification is what the report of the run says of it.
func (v *Verdict) Verification() *report.Verification {
	r := &report.Verification{
		Stored: v.Stored, Lost: v.Lost, Duplicated: v.Duplicated, Reordered: v.Reordered, Extra: v.Extra,
		UnknownStored: v.UnknownStored, Corrupt: v.Corrupt, Unproven: v.Unproven, BytesOff: v.BytesOff,
		VisibleAfter: v.VisibleAfter, Passed: v.Passed, Why: v.Error, Notes: v.Notes, EndToEnd: v.EndToEnd,
		RangesCut: v.RangesCut || len(v.Ranges) > report.MostStretches,
	}
	// Copies are no fault: they come behind what is one.
	worst := slices.Clone(v.Ranges)
	slices.SortStableFunc(worst, func(a, b Finding) int { return a.What.rank() - b.What.rank() })
	for _, f := range worst[:min(len(worst), report.MostStretches)] {
		r.Ranges = append(r.Ranges, report.Stretch{Stream: f.Stream, From: f.From, To: f.To, What: string(f.What)})
	}
	return r
}

func (w What) rank() int {
	if w == Duplicated {
		return 1
	}
	return 0
}

func (v *Verdict) counts(row func(name, format string, args ...any)) {
	unknown := ""
	if v.UnknownStored > 0 {
		unknown = fmt.Sprintf(", of which %s were sent without an answer", grouped(v.UnknownStored))
	}
	row("stored", "%s lines%s", grouped(v.Stored), unknown)
	row("lost", "%s", grouped(v.Lost))
	row("duplicated", "%s", grouped(v.Duplicated))
	row("reordered", "%s", grouped(v.Reordered))
	for _, more := range []struct {
		name string
		n    uint64
	}{{"extra", v.Extra}, {"corrupt", v.Corrupt}, {"unproven", v.Unproven}} {
		if more.n > 0 || more.name == "extra" && v.Judged == "ledger" {
			row(more.name, "%s", grouped(more.n))
		}
	}
	if v.VisibleAfter != nil {
		row("visible", "within %.3f s of the last confirmation", *v.VisibleAfter)
	}
	if e := v.EndToEnd; e != nil {
		row("end to end", "p50 %.6f s, p99 %.6f s, max %.6f s", e.P50, e.P99, e.Max)
	}
}

// findings lists what people read to the end.
func (v *Verdict) findings(row func(name, format string, args ...any)) {
	const most = 20
	for _, f := range v.Ranges[:min(most, len(v.Ranges))] {
		if f.From == f.To {
			row(string(f.What), "stream %d: %d", f.Stream, f.From)
			continue
		}
		row(string(f.What), "stream %d: %d to %d (%s lines)", f.Stream, f.From, f.To, grouped(f.To-f.From+1))
	}
	switch more := len(v.Ranges) - most; {
	case v.RangesCut:
		row("", "and more: not all are listed, not even in JSON")
	case more > 0:
		row("", "and %d ranges more, which JSON lists", more)
	}
}

// grouped writes 1234567 as 1,234,567.
func grouped(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
