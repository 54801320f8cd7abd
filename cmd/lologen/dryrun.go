package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/emitter"
)

// preview is what a load looks like before any of it is sent.
type preview struct {
	*load
	o       *options
	rate    float64       // lines a second, on average; 0: unpaced
	peak    float64       // at most
	stalled bool          // the batch is as large as it gets when a destination that stood still goes on
	batch   emitter.Batch // one worker's first, else as large as they will be
	longest int           // line of it
	shared  int           // streams that a batch holds
}

// sampleLines bounds the batch that is made to be looked at.
const sampleLines = 1 << 20

// measure makes the first batch of the first worker.
func (o *options) measure(l *load, stalled bool) *preview {
	p := &l.plan
	s := &preview{load: l, o: o, stalled: stalled}
	s.rate, s.peak, _ = p.Asked()
	own := (p.Streams + p.Workers - 1) / p.Workers
	s.shared = own
	if p.Sink.Streams > 0 {
		s.shared = min(own, p.Sink.Streams)
	}
	if t := o.loki.Tenants; o.sink == "loki" && t > 0 {
		s.shared = min(s.shared, max(1, own/t))
	}
	source, format := p.Source(0), p.Format(0)
	chance := emitter.NewRand(p.Seed, 0)
	r := emitter.Record{Rand: &chance, Time: time.Now().UnixNano()}
	for i := range s.lines() {
		r.Stream, r.Seq = i%s.shared*p.Workers, uint64(i/s.shared)
		source(&r)
		before := len(s.batch.Bytes())
		s.batch.Add(format, &r, 0)
		s.longest = max(s.longest, len(s.batch.Bytes())-before-1)
		r.Time++
	}
	return s
}

// lines is how many a batch holds.
func (s *preview) lines() int {
	p := &s.plan
	n := max(1, float64(p.Sink.Bytes)/(s.mean+1))
	share := float64(s.shared) / float64(p.Streams)
	if s.stalled {
		share = s.hottest(s.shared)
	}
	if s.rate > 0 {
		due := 1 + s.rate*share*p.Sink.Wait.Seconds()
		switch {
		case !s.stalled:
			n = min(n, due)
		case p.Burst > 0:
			n = min(n, due+float64(p.Burst)*share)
		}
	}
	if total := s.total(); total > 0 {
		n = min(n, max(1, total*share))
	}
	if p.Sink.Lines > 0 {
		n = min(n, float64(p.Sink.Lines))
	}
	return int(min(n, sampleLines))
}

// many is how many there are of what.
func many(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	if n >= 1000 {
		return report.Decimal(float64(n)) + " " + what
	}
	return fmt.Sprintf("%d %s", n, what)
}

// total is how many lines the run has; 0: it does not end, or nobody can tell.
func (s *preview) total() float64 {
	n, _ := s.plan.Lines()
	return float64(n)
}

// write writes the shape for people.
func (s *preview) write(w io.Writer) error {
	var text strings.Builder
	t := tabwriter.NewWriter(&text, 0, 8, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	p := &s.plan
	if s.o.scenario != "" {
		var words []string
		for _, word := range s.about.Command {
			words = append(words, report.Quote(word))
		}
		row("command", "%s", strings.Join(words, " "))
	}
	row("to", "%s", strings.TrimSpace(s.shown.Sink+" "+s.shown.Target))
	row("lines", "%s, %s on average; the first one:", s.shown.Format, report.Size(s.mean))
	row("", "%s", report.Clean(string(s.batch.Line(0))))
	if s.peak > s.rate*1.001 {
		row("rate", "%s", s.shown.Schedule)
		row("", "on average %s lines/s, %s/s; at most %s lines/s, %s/s", report.Decimal(s.rate), report.Size(s.rate*s.mean), report.Decimal(s.peak), report.Size(s.peak*s.mean))
	} else if s.rate > 0 {
		row("rate", "%s lines/s, %s/s, %s/day", report.Decimal(s.rate), report.Size(s.rate*s.mean), report.Size(s.rate*s.mean*86400))
		row("", "%s lines/s from each of %s", report.Decimal(s.rate/float64(p.Workers)), many(p.Workers, "worker"))
	} else {
		row("rate", "as fast as possible, %s", many(p.Workers, "worker"))
	}
	if total := s.total(); total > 0 {
		row("in all", "%s, %s", many(int(math.Round(total)), "line"), report.Size(total*s.mean))
	}
	row("batches", "%s, %s", many(s.batch.Len(), "line"), report.Size(float64(len(s.batch.Bytes()))))
	if s.o.sink == "loki" {
		if err := s.loki(row); err != nil {
			return err
		}
	} else {
		row("streams", "%d", p.Streams)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write shape: %w", err)
	}
	_, err := fmt.Fprintf(w, "%sNothing was sent.\n", text.String())
	if err != nil {
		return fmt.Errorf("write shape: %w", err)
	}
	return nil
}
