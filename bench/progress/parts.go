package progress

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/emitter"
)

// A part of the line. Where there is no room for all parts those of the highest rank go first, all
// of a rank together; those of rank 0 stay.
type part struct {
	before string // what parts it from the one before
	text   string
	rank   int
}

// The order in which parts go.
const (
	always = iota
	reached
	failed
	tail
	behind
	share
	asked
	volume
	retried
	left
	middle
	reason
)

const gap = "  "

// fit leaves out parts until the line has at most so many columns, and cuts what is then left.
func fit(parts []part, columns int) string {
	line := join(parts)
	for rank := reason; rank > always && ansi.StringWidth(line) > columns; rank-- {
		var kept []part
		for _, p := range parts {
			if p.rank < rank {
				kept = append(kept, p)
			}
		}
		parts = kept
		line = join(parts)
	}
	return ansi.Truncate(line, columns, "")
}

func join(parts []part) string {
	var b strings.Builder
	for i, p := range parts {
		if i > 0 {
			b.WriteString(p.before)
		}
		b.WriteString(p.text)
	}
	return b.String()
}

// parts is the line of a run that makes lines.
func (c *Config) parts(s *emitter.Snapshot, r rates) []part {
	l := s.Lines
	parts := c.elapsed(s.At, s.Length, max(l.Due, l.Acked+l.Rejected+l.Unknown+l.Missed))
	parts = append(parts, part{gap, report.Decimal(r.reached), reached})
	if rate, ok := c.rate(s, r); ok {
		parts = append(parts, part{" of ", report.Decimal(rate), asked})
	}
	parts = append(parts, part{" ", "lines/s", reached}, part{gap, report.Size(r.bytes) + "/s", volume})
	if h := s.Latency.Response; h != nil && h.TotalCount() > 0 {
		at := func(q float64) string { return report.Length(float64(h.ValueAtQuantile(q)) / 1e9) }
		parts = append(parts, part{gap, "p50 " + at(50), middle}, part{gap, "p99 " + at(99), tail})
	}
	if c.Paced || c.Target != nil {
		parts = append(parts, part{gap, "backlog " + whole(s.Backlog), behind})
	}
	parts = append(parts, part{gap, "errors " + whole(s.Requests.Failed), failed})
	if len(s.Failures) > 0 {
		parts = append(parts, part{" ", "(" + report.Clean(s.Failures[0].Reason) + ")", reason})
	}
	return append(parts, part{gap, "retries " + whole(s.Requests.Retried), retried})
}

// rate is what is asked for, if anything is: a rate that changes by itself is what fell due, one
// that somebody changed what it is now.
func (c *Config) rate(s *emitter.Snapshot, r rates) (float64, bool) {
	switch {
	case math.IsInf(s.Rate, 1):
		return 0, false
	case c.Target != nil && s.Rate > 0:
		return s.Rate, true
	case c.Target != nil:
		return *c.Target, true
	}
	return r.asked, c.Paced
}

// received is the line of a run that takes lines.
func (c *Config) received(r *Received, at rates) []part {
	return append(c.elapsed(r.At, r.Length, r.Lines),
		part{gap, whole(r.Lines) + " lines", asked},
		part{gap, report.Decimal(at.reached) + " lines/s", reached},
		part{gap, report.Size(at.bytes) + "/s", volume},
		part{gap, "lost " + whole(r.Lost), failed},
		part{gap, "duplicated " + whole(r.Duplicated), behind},
	)
}

// elapsed is the time and, of a run with an end, how much of it is over and how long the rest will
// take: whatever ends it first.
func (c *Config) elapsed(at, length time.Duration, lines uint64) []part {
	parts := []part{{"", clock(at), always}}
	done, rest := 0.0, time.Duration(0)
	if length > 0 {
		done = float64(at) / float64(length)
		rest = length - at
	}
	if c.Count > 0 {
		if counted := float64(lines) / float64(c.Count); counted > done {
			done = counted
			rest = time.Duration(min(float64(at)*(1-counted)/counted, math.MaxInt64/2))
		}
	}
	switch {
	case length == 0 && c.Count == 0:
		return parts
	case done >= 1:
		return append(parts, part{gap, "100 %", share})
	}
	parts = append(parts, part{gap, fmt.Sprintf("%.0f %%", math.Floor(done*100)), share})
	if done == 0 {
		return parts
	}
	return append(parts, part{gap, clock(rest) + " left", left})
}

// clock is a length of time in whole seconds: more would only flicker.
func clock(d time.Duration) string { return d.Round(time.Second).String() }

func whole(n uint64) string {
	if n < 1000 {
		return strconv.FormatUint(n, 10)
	}
	return report.Decimal(float64(n))
}
