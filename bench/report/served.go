package report

import (
	"time"

	"github.com/exitfound/lologen/bench/scrape"
)

// served is what went on at the destination in an interval: numbers that add up, where a Moment has
// rates.
type served struct {
	lines, bytes, discarded, cpu float64
	streams, rss                 uint64 // at its end
}

func (s served) plus(more served) served {
	return served{
		lines: s.lines + more.lines, bytes: s.bytes + more.bytes,
		discarded: s.discarded + more.discarded, cpu: s.cpu + more.cpu,
		streams: s.streams + more.streams, rss: s.rss + more.rss,
	}
}

// then is what both of two intervals have that follow each other.
func (s served) then(next served) served {
	sum := s.plus(next)
	sum.streams, sum.rss = next.streams, next.rss
	return sum
}

// part is a share of what went on.
func (s served) part(share float64) served {
	return served{
		lines: s.lines * share, bytes: s.bytes * share, discarded: s.discarded * share, cpu: s.cpu * share,
		streams: s.streams, rss: s.rss,
	}
}

func (s served) moment(span float64) *scrape.Moment {
	return &scrape.Moment{
		Lines: ratio(s.lines, span), Bytes: ratio(s.bytes, span), Discarded: ratio(s.discarded, span), CPU: ratio(s.cpu, span),
		Streams: s.streams, RSS: s.rss,
	}
}

// servedOf undoes moment.
func servedOf(m scrape.Moment, span float64) served {
	return served{
		lines: m.Lines * span, bytes: m.Bytes * span, discarded: m.Discarded * span, cpu: m.CPU * span,
		streams: m.Streams, rss: m.RSS,
	}
}

// looks is what the looks at the destination told that is in no point yet: they are some time apart,
// and not when a point ends.
type looks struct {
	from float64 // seconds: what went on before is in the points
	to   float64 // of the last look that was possible
	rest served  // what went on in between
}

// Looked takes what went on at the destination until at, since the last look that was possible: in
// those intervals alike that lie between the two. Nothing of it is lost: what came after the last
// point goes to the next one.
func (s *Series) Looked(at time.Duration, g scrape.Growth) {
	s.looks.rest = s.looks.rest.then(served{
		lines: g.Lines, bytes: g.Bytes, discarded: g.Discarded, cpu: g.CPU, streams: g.Streams, rss: g.RSS,
	})
	s.looks.to = max(s.looks.to, at.Seconds())
	s.share(s.looks.to)
}

// Unanswered says that from one time to another the destination did not answer a look. What it
// counted then, a later one tells.
func (s *Series) Unanswered(from, to time.Duration) {
	for _, p := range s.since(from.Seconds()) {
		p.unanswered += p.within(from.Seconds(), to.Seconds())
	}
}

// share gives the points what they are due of what is known, up to a time.
func (s *Series) share(to float64) {
	l := &s.looks
	if to <= l.from {
		return
	}
	whole := l.rest
	for _, p := range s.since(l.from) {
		part := p.within(l.from, to) / (to - l.from)
		if part > 0 {
			p.serve(whole.part(part))
		}
	}
	l.rest = served{}
	if end := max(s.end(), l.from); end < to {
		l.rest = whole.part((to - end) / (to - l.from))
		to = end
	}
	l.from = to
}

// settle gives the last points what is left: no more will come.
func (s *Series) settle() {
	s.share(min(s.looks.to, s.end()))
	if s.looks.rest != (served{}) && len(s.points) > 0 {
		s.points[len(s.points)-1].serve(s.looks.rest)
		s.looks.rest = served{}
	}
}

func (s *Series) end() float64 {
	if len(s.points) == 0 {
		return 0
	}
	return s.points[len(s.points)-1].end
}

// since are the points that end after a time.
func (s *Series) since(t float64) []*interval {
	i := len(s.points)
	for i > 0 && s.points[i-1].end > t {
		i--
	}
	return s.points[i:]
}

// within is how many seconds of the interval lie between two times.
func (i *interval) within(from, to float64) float64 {
	return max(0, min(i.end, to)-max(i.end-i.span, from))
}

// serve adds what went on at the destination.
func (i *interval) serve(more served) {
	if i.server == nil {
		i.server = new(served)
	}
	*i.server = i.server.then(more)
}
