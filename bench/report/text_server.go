package report

import (
	"fmt"
	"strings"

	"github.com/exitfound/lologen/bench/scrape"
)

// server is what the destination says of the run, beside what we say.
func (r *Report) server(p *page) {
	s := r.Server
	if s == nil {
		return
	}
	p.line("")
	received := fmt.Sprintf("received %s (%s)", plural(s.Received.Lines, "line"), Size(float64(s.Received.Bytes)))
	p.paragraph("Loki says: %s, %s; streams %s -> %s (+%s created), CPU %s, RSS %s%s", received, discarded(s.Discarded),
		count(s.Streams.Before), count(s.Streams.After), count(s.Streams.Created), Length(s.CPU), Size(float64(s.RSS)), caveat(s))
}

// mostDiscards keeps a sentence a sentence.
const mostDiscards = 4

func discarded(list []scrape.Discards) string {
	if len(list) == 0 {
		return "discarded none"
	}
	var parts []string
	for _, d := range list[:min(len(list), mostDiscards)] {
		parts = append(parts, fmt.Sprintf("%s by %s", count(d.Lines), shorten(Clean(d.Reason), mostReason)))
	}
	if more := len(list) - mostDiscards; more > 0 {
		parts = append(parts, plural(more, "further reason"))
	}
	return "discarded " + strings.Join(parts, ", ")
}

func caveat(s *scrape.Change) string {
	text := "."
	if s.Restarted {
		text += " It was restarted: what it counted before is not in here."
	}
	if s.Failed != "" {
		text += " The last look was not possible: " + Clean(s.Failed)
	}
	return text
}
