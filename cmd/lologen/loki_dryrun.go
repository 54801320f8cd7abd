package main

import (
	"fmt"
	"math"

	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/sinks"
)

// loki adds what Loki will see, and what one with default settings will say to it.
func (s *preview) loki(row func(name, format string, args ...any)) error {
	l := s.config.Loki
	size, wire, err := sinks.SampleRequest(l, s.plan.Workers, &s.batch)
	if err != nil {
		return fmt.Errorf("encode a sample: %w", err)
	}
	row("requests", "%s in each, %s; %s on the wire (%s)", many(min(s.shared, s.batch.Len()), "stream"), report.Size(float64(size)), report.Size(float64(wire)), s.shown.Encoding)
	if s.rate > 0 {
		row("", "%s requests/s", report.Decimal(s.rate/float64(s.batch.Len())))
	}
	if s.shown.Evidence != "" {
		row("", "%s", s.shown.Evidence)
	}
	row("streams", "%d%s", s.plan.Streams, s.more())
	if have := s.used(); have != "" {
		row("", "%s", have)
	}
	for i, set := range s.shown.Labels {
		row(map[bool]string{true: "labels"}[i == 0], "%s", set)
	}
	if s.o.identify {
		row("", "run_id differs in each run, so each run makes new streams")
	}
	if l.Tenants > 0 {
		row("tenants", "%d, tenant-0 to tenant-%d", l.Tenants, l.Tenants-1)
	}
	hits := l.DefaultLimits(sinks.LokiLoad{
		Bytes: s.bytesPerSecond(), Hottest: s.hottest(1), Tenant: s.hottest(s.perTenant()), Longest: s.longest, Request: size,
		Batch: len(s.batch.Bytes()) - s.batch.Len(), Duration: s.plan.Duration, Lines: s.total(),
		Levels: int(emitter.Critical-s.o.level) + 1,
	})
	if len(hits) == 0 {
		row("limits", "none of a Loki with default settings will be met")
	}
	for i, h := range hits {
		row(map[bool]string{true: "limits"}[i == 0], "%s: %s, by default at most %s; raise %s", h.Reason, h.Have, h.Limit, h.Raise)
	}
	return nil
}

// more says which further streams there will be.
func (s *preview) more() string {
	l, text := &s.config.Loki, ""
	if l.Level {
		text += fmt.Sprintf(" with %d levels each", emitter.Critical-s.o.level+1)
	}
	if l.Churn.Share > 0 {
		text += fmt.Sprintf(", %s replaced by new ones every %v", report.Decimal(l.Churn.Share*float64(l.Streams)), l.Churn.Period)
		if d := s.plan.Duration; d > 0 {
			text += fmt.Sprintf(", %d in all", l.Created(d))
		}
	}
	return text
}

// used says which streams have lines, where that is not simply all, and when.
func (s *preview) used() string {
	p := &s.plan
	lines := float64(p.Streams)
	switch total := s.total(); {
	case total > 0 && total < lines:
		return fmt.Sprintf("%s at most have lines, as there are no more lines", many(int(total), "stream"))
	case total > 0, s.rate > 0, p.Streams == p.Workers, p.Skew > 0:
		return ""
	}
	if own := (p.Streams + p.Workers - 1) / p.Workers; s.shared < own {
		lines *= max(1, fullRequest/(s.mean+1)/float64(s.shared))
	}
	return fmt.Sprintf("all have lines when about %s are sent, %s", report.Decimal(lines), report.Size(lines*s.mean))
}

func (s *preview) bytesPerSecond() float64 {
	if s.rate == 0 {
		return math.Inf(1)
	}
	return s.peak * s.mean
}

// perTenant is how many streams the first tenant has, which no other has more of.
func (s *preview) perTenant() int {
	tenants := max(1, s.o.loki.Tenants)
	return (s.plan.Streams + tenants - 1) / tenants
}

// hottest is the share of the first streams, which have most of the lines.
func (s *preview) hottest(first int) float64 {
	sum, share := 0.0, 0.0
	for n := 1; n <= s.plan.Streams; n++ {
		sum += math.Pow(float64(n), -s.plan.Skew)
		if n == first {
			share = sum
		}
	}
	return share / sum
}
