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
		{"seed", r.seed(), ""},
	}
	list = append(list, p.details()...)
	for i := range list {
		list[i].Value, list[i].Remark = printable(list[i].Value), printable(list[i].Remark)
	}
	return slices.DeleteFunc(list, func(f fact) bool { return f.Value == "" })
}

// seed is empty where several processes had different ones.
func (r *Report) seed() string {
	for _, p := range r.Parts {
		if p.Seed != r.Seed {
			return ""
		}
	}
	return fmt.Sprint(r.Seed)
}

// details are what few runs are asked for.
func (p Plan) details() []fact {
	var list []fact
	say := func(asked bool, name, value, remark string) {
		if asked {
			list = append(list, fact{name, value, remark})
		}
	}
	say(p.Tenants > 0, "tenants", count(uint64(max(0, p.Tenants))), "")
	say(p.Size > 0, "line size", count(uint64(max(0, p.Size)))+" bytes", "each")
	say(p.Warmup > 0, "warm-up", Length(p.Warmup), "not in the percentiles")
	say(p.Burst > 0, "catching up", "at most "+plural(p.Burst, "line"), "older ones are missed")
	say(p.Drain > 0, "drain", "at most "+Length(p.Drain), "")
	say(p.Retries != nil, "retries", fmt.Sprintf("at most %d", p.retries()), "")
	say(p.Timeout > 0, "request timeout", Length(p.Timeout), "")
	say(p.Skew > 0, "stream skew", digits(p.Skew), "stream n has a share like 1/n^"+digits(p.Skew))
	say(p.Churn != nil, "churn", percent(p.Churn.value().Share)+" of the streams", "replaced in "+Length(p.Churn.value().Seconds))
	say(p.Disorder != nil, "out of order", percent(p.Disorder.value().Share)+" of the lines", "by up to "+Length(p.Disorder.value().Seconds))
	say(p.Offset != 0, "timestamp offset", offset(p.Offset), "")
	return list
}

func offset(seconds float64) string {
	if seconds < 0 {
		return Length(-seconds) + " back"
	}
	return Length(seconds) + " ahead"
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

// mostCommands bounds how many processes' commands are shown.
const mostCommands = 20

// commands are what a shell takes to repeat the run, by process.
func (r *Report) commands() (text []string, note string) {
	list := [][]string{r.Command}
	if len(r.Parts) > 0 {
		list = nil
		for _, p := range r.Parts {
			list = append(list, p.Command)
		}
	}
	list = slices.DeleteFunc(list, func(c []string) bool { return len(c) == 0 })
	if len(list) > 1 {
		note = "One command for each process; they are to start together (--start-at)."
	}
	if more := len(list) - mostCommands; more > 0 {
		note += fmt.Sprintf(" Those of %s are in the JSON report.", plural(more, "further process"))
		list = list[:mostCommands]
	}
	for _, c := range list {
		text = append(text, shellCommand(c))
	}
	return text, note
}

func shellCommand(command []string) string {
	words := make([]string, len(command))
	for i, word := range command {
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
