package report

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

func mergeLatency(reports []*Report) (Latency, error) {
	var m Latency
	var err error
	of := func(clock string) Summary {
		var summaries []Summary
		for _, r := range reports {
			summaries = append(summaries, r.Latency.of(clock))
		}
		s, e := mergeSummaries(summaries)
		if e != nil {
			err = errors.Join(err, fmt.Errorf("%s times: %w", clock, e))
		}
		return s
	}
	m.Response, m.Service = of("response"), of("service")
	if slices.ContainsFunc(reports, func(r *Report) bool { return r.Latency.Schedule != nil }) {
		m.Schedule = new(of("schedule"))
	}
	for _, r := range reports {
		m.Clamped += r.Latency.Clamped
	}
	return m, err
}

func mergeSummaries(summaries []Summary) (Summary, error) {
	whole := newHistogram()
	for _, s := range summaries {
		if s.Count == 0 {
			continue
		}
		h, err := s.histogram()
		switch {
		case err != nil:
			return Summary{}, err
		case h == nil:
			return Summary{}, errors.New("a report has percentiles, but no histogram: they cannot be added")
		}
		whole.Merge(h)
	}
	return Whole(whole), nil
}

// mergeVerifications is nil unless all were verified: what is known of a part is not known of the whole.
func mergeVerifications(reports []*Report) (*Verification, error) {
	m := &Verification{Passed: new(true)}
	var endToEnd []Summary
	for _, r := range reports {
		v := r.Verification
		if v == nil {
			return nil, nil
		}
		m.Stored += v.Stored
		m.Lost += v.Lost
		m.Duplicated += v.Duplicated
		m.Reordered += v.Reordered
		m.Extra += v.Extra
		m.Why = cmp.Or(m.Why, v.Why)
		if v.VisibleAfter != nil && (m.VisibleAfter == nil || *v.VisibleAfter > *m.VisibleAfter) {
			m.VisibleAfter = new(*v.VisibleAfter)
		}
		switch {
		case m.Passed == nil || v.Passed == nil:
			m.Passed = nil
		default:
			m.Passed = new(*m.Passed && *v.Passed)
		}
		if v.EndToEnd != nil {
			endToEnd = append(endToEnd, *v.EndToEnd)
		}
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
