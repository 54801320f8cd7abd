package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// mergeLedgers keeps the streams of different runs apart, as both may have a stream 0.
func mergeLedgers(reports []*Report) (list []Stream, cut bool, err error) {
	type key struct {
		run    string
		stream int
	}
	known := map[key]bool{}
	one := same(reports, func(r *Report) string { return r.RunID })
	for _, r := range reports {
		cut = cut || r.LedgerCut
		if r.Ledger != nil && list == nil {
			list = []Stream{}
		}
		for _, s := range r.Ledger {
			if s.Run == "" && !one {
				s.Run = r.RunID
			}
			if known[key{s.Run, s.Stream}] {
				return nil, false, fmt.Errorf("stream %d of run %s is there twice", s.Stream, Clean(r.RunID))
			}
			known[key{s.Run, s.Stream}] = true
			list = append(list, s)
		}
	}
	slices.SortStableFunc(list, func(a, b Stream) int { return cmp.Or(cmp.Compare(a.Run, b.Run), cmp.Compare(a.Stream, b.Stream)) })
	return list, cut, nil
}

// missing says which streams a merged ledger does not have in full, if any, and which files do.
func (r *Report) missing() (what, where string) {
	var files []string
	for _, p := range r.Parts {
		if p.LedgerFile != "" {
			files = append(files, Clean(p.LedgerFile))
		}
	}
	switch {
	case len(r.Parts) == 0 || !r.LedgerCut && len(files) == 0:
		return "", ""
	case r.LedgerCut:
		what = fmt.Sprintf("cut: %s of %s are in the merged report", count(uint64(len(r.Ledger))), plural(max(r.Plan.Streams, len(r.Ledger)), "stream"))
	default:
		what = "cut: some streams have more ranges than are in the merged report"
	}
	if most := min(len(files), mostFiles); most > 0 {
		where = "all of them in " + strings.Join(files[:most], ", ")
		if more := len(files) - most; more > 0 {
			where += " and " + plural(more, "further file")
		}
		where += ", beside its part"
	}
	return what, where
}

// mostFiles keeps a sentence a sentence.
const mostFiles = 4
