package report

import (
	"cmp"
	"fmt"
	"slices"
)

// mergeVerifications is nil unless all were verified: what is known of a part is not known of the whole.
func mergeVerifications(reports []*Report) (*Verification, error) {
	m := &Verification{Passed: new(true)}
	one := same(reports, func(r *Report) string { return r.RunID })
	var endToEnd []Summary
	for _, r := range reports {
		v := r.Verification
		if v == nil {
			return nil, nil
		}
		m.add(v)
		for _, s := range v.Ranges {
			if s.Run == "" && !one {
				s.Run = r.RunID
			}
			m.Ranges = append(m.Ranges, s)
		}
		if v.EndToEnd != nil {
			endToEnd = append(endToEnd, *v.EndToEnd)
		}
	}
	if len(m.Ranges) > MostStretches {
		m.Ranges, m.RangesCut = m.Ranges[:MostStretches], true
	}
	if len(endToEnd) > 0 {
		s, err := mergeSummaries(endToEnd)
		if err != nil {
			return nil, fmt.Errorf("end-to-end times: %w", err)
		}
		m.EndToEnd = &s
	}
	return m, nil
}

// add adds what is known of a part, but ranges and times.
func (v *Verification) add(part *Verification) {
	v.Stored += part.Stored
	v.Lost += part.Lost
	v.Duplicated += part.Duplicated
	v.Reordered += part.Reordered
	v.Extra += part.Extra
	v.UnknownStored += part.UnknownStored
	v.Corrupt += part.Corrupt
	v.Unproven += part.Unproven
	v.BytesOff += part.BytesOff
	v.RangesCut = v.RangesCut || part.RangesCut
	v.Why = cmp.Or(v.Why, part.Why)
	for _, note := range part.Notes {
		if len(v.Notes) < mostNotes && !slices.Contains(v.Notes, note) {
			v.Notes = append(v.Notes, note)
		}
	}
	if part.VisibleAfter != nil && (v.VisibleAfter == nil || *part.VisibleAfter > *v.VisibleAfter) {
		v.VisibleAfter = new(*part.VisibleAfter)
	}
	switch {
	case v.Passed == nil || part.Passed == nil:
		v.Passed = nil
	default:
		v.Passed = new(*v.Passed && *part.Passed)
	}
}
