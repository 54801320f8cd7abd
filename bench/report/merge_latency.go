package report

import (
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
