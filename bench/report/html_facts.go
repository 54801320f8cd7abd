package report

import (
	"fmt"
	"slices"
	"strings"
)

// demands are the run's SLOs with what was measured.
func (r *Report) demands() []demand {
	var list []demand
	for _, s := range r.Verdict.SLO {
		list = append(list, demand{Expr: Clean(s.Expr), Value: s.value(), Passed: s.Passed})
	}
	return list
}

// glance is the run in five numbers.
func (r *Report) glance() []fact {
	response := r.Latency.Response
	l := r.Lines
	return []fact{
		{"reached", Decimal(r.Rate.Achieved) + " lines/s", r.askedShare()},
		{"response p99", response.text(response.P99), "p50 " + response.text(response.P50) + ", max " + response.text(response.Max)},
		{"acked", count(l.Acked), "of " + plural(l.Due, "line") + " due"},
		{"not acked", count(l.Lost() + l.Missed), fmt.Sprintf("%s rejected, %s unknown, %s missed",
			count(l.Rejected), count(l.Unknown), count(l.Missed))},
		{"volume", Size(ratio(float64(r.Bytes.Acked), r.Window)) + "/s", Size(float64(r.Bytes.Acked)) + " in acked lines"},
	}
}

func (r *Report) askedShare() string {
	if r.Rate.Target == nil {
		return "unpaced"
	}
	return fmt.Sprintf("%s of %s asked", percent(ratio(r.Rate.Achieved, *r.Rate.Target)), Decimal(*r.Rate.Target))
}

// planned is what was asked for.
func (r *Report) planned() []fact {
	p := r.Plan
	list := []fact{
		{"sink", strings.TrimSpace(p.Sink + " " + p.Target), ""},
		{"acked means", p.acked(), p.Evidence},
		{"rate", r.asked(), ""},
		{"workers", count(uint64(max(0, p.Workers))), p.interval()},
		{"streams", count(uint64(max(0, p.Streams))), strings.Join(p.Labels[:min(len(p.Labels), mostLabels)], " ")},
		{"length", p.length(), ""},
		{"format", p.Format, p.look()},
		{"lowest level", p.Level, ""},
		{"name", p.Name, ""},
		{"batch", p.Batch.text(), p.request()},
		{"identities", yes(p.Identify), ""},
		{"seed", fmt.Sprint(r.Seed), ""},
	}
	if p.Tenants > 0 {
		list = append(list, fact{"tenants", count(uint64(p.Tenants)), ""})
	}
	for i := range list {
		list[i].Value, list[i].Remark = printable(list[i].Value), printable(list[i].Remark)
	}
	return slices.DeleteFunc(list, func(f fact) bool { return f.Value == "" })
}

// mostLabels is how many label sets are shown as examples.
const mostLabels = 3

func (p Plan) length() string {
	switch {
	case p.Duration > 0 && p.Count > 0:
		return Length(p.Duration) + " or " + plural(p.Count, "line")
	case p.Duration > 0:
		return Length(p.Duration)
	case p.Count > 0:
		return plural(p.Count, "line")
	}
	return "until stopped"
}

func (p Plan) interval() string {
	if p.Interval == 0 {
		return ""
	}
	return Length(p.Interval) + " between two lines of one"
}

func (p Plan) look() string {
	if p.Color {
		return "with colour"
	}
	return "without colour"
}

func (p Plan) request() string {
	var parts []string
	if p.Encoding != "" {
		parts = append(parts, p.Encoding)
	}
	if p.StreamsPerRequest > 0 {
		parts = append(parts, "at most "+plural(p.StreamsPerRequest, "stream")+" a request")
	}
	return strings.Join(parts, ", ")
}

func (b Batch) text() string {
	var parts []string
	if b.Bytes > 0 {
		parts = append(parts, Size(float64(b.Bytes)))
	}
	if b.Lines > 0 {
		parts = append(parts, plural(b.Lines, "line"))
	}
	if b.Wait > 0 {
		parts = append(parts, Length(b.Wait))
	}
	if len(parts) == 0 {
		return "-"
	}
	return "at most " + strings.Join(parts, " or ")
}

func yes(b bool) string {
	if b {
		return "in every line"
	}
	return "none"
}

// command is what a shell takes to repeat the run.
func (r *Report) command() string {
	words := make([]string, len(r.Command))
	for i, word := range r.Command {
		words[i] = Quote(printable(word))
	}
	return strings.Join(words, " ")
}

// Quote writes a word as a POSIX shell reads it (2.2.2): between single quotes nothing is special.
func Quote(word string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_./:=,@%+", c)
	}
	if word != "" && strings.TrimFunc(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
