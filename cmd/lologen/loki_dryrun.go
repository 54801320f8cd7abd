package main

import (
	"fmt"
	"math"
	"time"

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
	if n := l.MetadataSize(); n > 0 && s.rate > 0 {
		row("", "with structured metadata %s/s, all of which limits count", report.Size(s.rate*(s.mean+float64(n))))
	}
	full := s.o.measure(s.load, true)
	most, err := full.request()
	if err != nil {
		return fmt.Errorf("encode a sample: %w", err)
	}
	if full.batch.Len() > 2*s.batch.Len() {
		row("", "up to %s, %s, when lines have piled up", many(full.batch.Len(), "line"), report.Size(float64(most)))
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
	hits := l.DefaultLimits(s.meets(full, most))
	if len(hits) == 0 {
		row("limits", "none of a Loki with default settings will be met")
	}
	for i, h := range hits {
		row(map[bool]string{true: "limits"}[i == 0], "%s: %s, by default at most %s; raise %s", h.Reason, h.Have, h.Limit, h.Raise)
	}
	return nil
}

// meets is the load as Loki's limits count it: lines and their structured metadata. full is a batch as
// large as it gets, and request its size.
func (s *preview) meets(full *preview, request int) sinks.LokiLoad {
	metadata := s.config.Loki.MetadataSize()
	line := s.mean + float64(metadata)
	load := sinks.LokiLoad{
		Bytes: math.Inf(1), Hottest: s.hottest(1), Tenant: s.hottest(s.perTenant()),
		Lines: s.total(), Total: s.total() * line, Duration: s.plan.Duration,
		Longest: full.longest, Request: request, Batch: len(full.batch.Bytes()) + full.batch.Len()*(metadata-1),
		Levels: s.levels(),
	}
	if s.rate > 0 {
		load.Bytes = s.peak * line
		if s.peak <= s.rate*1.001 {
			load.Even = time.Duration(min(s.total()/s.rate*float64(time.Second), math.MaxInt64/2))
		}
	}
	return load
}

// levels is how many levels lines have.
func (s *preview) levels() int { return int(emitter.Critical-s.o.level) + 1 }

// more says which further streams there will be.
func (s *preview) more() string {
	l, text := &s.config.Loki, ""
	if l.Level {
		text += fmt.Sprintf(" with %d levels each", s.levels())
	}
	if l.Churn.Share > 0 {
		text += fmt.Sprintf(", %s replaced by new ones every %v", report.Decimal(l.Churn.Share*float64(l.Streams)), l.Churn.Period)
		switch d := s.plan.Duration; {
		case d > 0 && l.Level:
			text += fmt.Sprintf(", up to %d in all, levels included", l.Created(d)*uint64(s.levels()))
		case d > 0:
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

// perTenant is how many streams the first tenant has, which no other has more of.
func (s *preview) perTenant() int {
	tenants := max(1, s.o.loki.Tenants)
	return (s.plan.Streams + tenants - 1) / tenants
}

// hottest is the share of the first streams, which have most of the lines.
func (s *preview) hottest(first int) float64 {
	if s.plan.Skew == 0 {
		return float64(first) / float64(s.plan.Streams)
	}
	sum, share := 0.0, 0.0
	for n := 1; n <= s.plan.Streams; n++ {
		sum += math.Pow(float64(n), -s.plan.Skew)
		if n == first {
			share = sum
		}
	}
	return share / sum
}
