package report

import (
	"maps"
	"slices"
	"strings"
)

// mergePlans adds what can be added; of texts that differ it keeps each once.
func mergePlans(reports []*Report) Plan {
	m := reports[0].Plan
	text := func(of func(*Plan) *string) {
		var all []string
		for _, r := range reports {
			if s := *of(&r.Plan); !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
		*of(&m) = strings.Join(all, "+")
	}
	text(func(p *Plan) *string { return &p.Sink })
	text(func(p *Plan) *string { return &p.Target })
	text(func(p *Plan) *string { return &p.Ack })
	text(func(p *Plan) *string { return &p.Format })
	text(func(p *Plan) *string { return &p.Name })
	text(func(p *Plan) *string { return &p.Evidence })
	text(func(p *Plan) *string { return &p.Encoding })
	m.Labels, m.RateAsked = nil, ""
	if !same(reports, func(r *Report) float64 { return r.Plan.Interval }) {
		m.Interval = 0
	}
	mergeDetails(&m, reports)
	labels := map[string]bool{}
	m.Workers, m.Streams, m.Count, m.Rate = 0, 0, 0, nil
	for _, r := range reports {
		p := r.Plan
		m.Workers += p.Workers
		m.Streams += p.Streams
		m.Count += p.Count
		m.Rate = addRates(m.Rate, p.Rate)
		m.Duration = max(m.Duration, p.Duration)
		m.Tenants = max(m.Tenants, p.Tenants)
		m.StreamsPerRequest = max(m.StreamsPerRequest, p.StreamsPerRequest)
		m.Identify = m.Identify && p.Identify
		for _, l := range p.Labels {
			labels[l] = true
		}
	}
	if len(labels) > 0 {
		m.Labels = slices.Sorted(maps.Keys(labels))
	}
	return m
}

// mergeDetails keeps what all were asked for. What differs is in none.
func mergeDetails(m *Plan, reports []*Report) {
	if !same(reports, func(r *Report) int { return r.Plan.Size }) {
		m.Size = 0
	}
	if !same(reports, func(r *Report) float64 { return r.Plan.Skew }) {
		m.Skew = 0
	}
	if !same(reports, func(r *Report) float64 { return r.Plan.Offset }) {
		m.Offset = 0
	}
	if !same(reports, func(r *Report) int { return r.Plan.retries() }) {
		m.Retries = nil
	}
	if !same(reports, func(r *Report) Over { return r.Plan.Churn.value() }) {
		m.Churn = nil
	}
	if !same(reports, func(r *Report) Over { return r.Plan.Disorder.value() }) {
		m.Disorder = nil
	}
	bounded := !slices.ContainsFunc(reports, func(r *Report) bool { return r.Plan.Burst == 0 })
	m.Burst = 0
	for _, r := range reports {
		if bounded {
			m.Burst += r.Plan.Burst
		}
		m.Warmup = max(m.Warmup, r.Plan.Warmup)
		m.Drain = max(m.Drain, r.Plan.Drain)
		m.Timeout = max(m.Timeout, r.Plan.Timeout)
	}
}

func (o *Over) value() Over {
	if o == nil {
		return Over{}
	}
	return *o
}
