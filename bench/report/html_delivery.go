package report

import (
	"strings"
)

// tables are what the destination was found to hold.
func (v *Verification) tables() []table {
	t := table{
		Caption: "What the destination holds: " + v.verdict(),
		Head:    []string{"", "lines"},
		Rows: [][]string{
			{"stored", count(v.Stored)},
			{"lost: acked, and not there", count(v.Lost)},
			{"duplicated", count(v.Duplicated)},
			{"out of order", count(v.Reordered)},
			{"extra: not acked, and there", count(v.Extra)},
		},
		Note: v.remarks(),
	}
	for _, more := range []struct {
		name string
		n    uint64
	}{
		{"cut or garbled", v.Corrupt}, {"unproven: not there, and perhaps rejected", v.Unproven},
		{"sent without an answer, and there", v.UnknownStored},
	} {
		if more.n > 0 {
			t.Rows = append(t.Rows, []string{more.name, count(more.n)})
		}
	}
	if v.VisibleAfter != nil {
		t.Rows = append(t.Rows, []string{"all visible after", Length(*v.VisibleAfter)})
	}
	if e := v.EndToEnd; e != nil {
		t.Rows = append(t.Rows, []string{"end to end, p50", e.text(e.P50)}, []string{"end to end, p99", e.text(e.P99)},
			[]string{"end to end, max", e.text(e.Max)})
	}
	if len(v.Ranges) == 0 {
		return []table{t}
	}
	return []table{t, v.stretches()}
}

func (v *Verification) verdict() string {
	switch {
	case v.Passed == nil && v.Why != "":
		return "it could not be asked"
	case v.passed():
		return "as it should be"
	}
	return v.Fault()
}

// remarks are what is to be said in words.
func (v *Verification) remarks() string {
	var parts []string
	for _, text := range append([]string{v.Why}, v.Notes[:min(len(v.Notes), mostNotes)]...) {
		if text = Clean(text); text != "" {
			parts = append(parts, sentence(strings.TrimSuffix(text, "."))+".")
		}
	}
	return strings.Join(parts, " ")
}

// stretches are the ranges that are not as they should be.
func (v *Verification) stretches() table {
	t := table{Caption: "Which lines", Head: []string{"", "which"}}
	for _, s := range v.Ranges[:min(len(v.Ranges), MostStretches)] {
		t.Rows = append(t.Rows, []string{Clean(s.What), Clean(s.text())})
	}
	if v.RangesCut || len(v.Ranges) > MostStretches {
		t.Note = "… and more: lologen verify lists them."
	}
	return t
}
