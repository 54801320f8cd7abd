package report

import (
	"maps"
	"math"
)

// interval is a point in the making: numbers that add up, where a Point has rates.
type interval struct {
	end, span                 float64 // seconds
	unpaced                   bool
	due, acked, bytes         uint64
	rejected, unknown, missed uint64
	backlog                   uint64
	errors                    map[string]uint64
	response, service         dial
	schedule                  dial
	cpu                       float64 // seconds
	rss                       uint64
	server                    *served // nil: nothing is known
	unanswered                float64 // seconds in which the destination did not answer a look
	warmup                    bool
}

// point is the interval as a report shows it, but for the histograms.
func (i *interval) point() Point {
	perSecond := func(n float64) float64 { return ratio(n, i.span) }
	p := Point{
		At:       i.end,
		Span:     i.span,
		Reached:  perSecond(float64(i.acked)),
		Bytes:    perSecond(float64(i.bytes)),
		Backlog:  i.backlog,
		Rejected: i.rejected,
		Unknown:  i.unknown,
		Missed:   i.missed,
		Response: i.response.band(),
		Service:  i.service.band(),
		CPU:      perSecond(i.cpu),
		RSS:      i.rss,
		Warmup:   i.warmup,
	}
	if i.server != nil {
		p.Server = i.server.moment(i.span)
		p.Server.Unanswered = i.silent()
	}
	if len(i.errors) > 0 {
		p.Errors = maps.Clone(i.errors)
	}
	if !i.unpaced {
		p.Asked = new(perSecond(float64(i.due)))
		p.Schedule = new(i.schedule.band())
	}
	return p
}

// silent reports whether the destination did not answer for half of the interval or more.
func (i *interval) silent() bool { return i.server != nil && i.unanswered >= i.span/2 }

// encode adds the histograms, and returns how many bytes they take.
func (i *interval) encode(p *Point) int {
	p.Response.Hdr, p.Service.Hdr = i.response.encode(), i.service.encode()
	n := len(p.Response.Hdr) + len(p.Service.Hdr)
	if p.Schedule != nil {
		p.Schedule.Hdr = i.schedule.encode()
		n += len(p.Schedule.Hdr)
	}
	return n
}

// intervalOf undoes point.
func intervalOf(p Point) (*interval, error) {
	total := func(perSecond float64) uint64 { return uint64(math.Round(max(0, perSecond*p.Span))) }
	i := &interval{
		end: p.At, span: p.Span, unpaced: p.Asked == nil,
		acked: total(p.Reached), bytes: total(p.Bytes), backlog: p.Backlog,
		rejected: p.Rejected, unknown: p.Unknown, missed: p.Missed,
		errors: maps.Clone(p.Errors), cpu: p.CPU * p.Span, rss: p.RSS, warmup: p.Warmup,
	}
	if p.Server != nil {
		i.server = new(servedOf(*p.Server, p.Span))
		if p.Server.Unanswered {
			i.unanswered = p.Span
		}
	}
	if p.Asked != nil {
		i.due = total(*p.Asked)
	}
	err := i.response.from(p.Response)
	if err == nil {
		err = i.service.from(p.Service)
	}
	if err == nil && p.Schedule != nil {
		err = i.schedule.from(*p.Schedule)
	}
	return i, err
}

// count adds what both of two intervals have, wherever they lie.
func (i *interval) count(other *interval) {
	i.unpaced = i.unpaced || other.unpaced
	i.due += other.due
	i.acked += other.acked
	i.bytes += other.bytes
	i.rejected += other.rejected
	i.unknown += other.unknown
	i.missed += other.missed
	i.cpu += other.cpu
	i.response.add(other.response)
	i.service.add(other.service)
	i.schedule.add(other.schedule)
	if i.errors == nil {
		i.errors = map[string]uint64{}
	}
	for reason, n := range other.errors {
		i.errors[reason] += n
	}
}

// follow adds the interval that comes next. What is seen at an interval's end is the later one's.
func (i *interval) follow(next *interval) {
	if next.server != nil {
		i.serve(*next.server)
	}
	i.unanswered += next.unanswered
	i.count(next)
	i.end, i.span = next.end, i.span+next.span
	i.backlog, i.rss = next.backlog, next.rss
	i.warmup = i.warmup && next.warmup
}

// beside adds the same time as another process saw it.
func (i *interval) beside(other *interval) {
	i.count(other)
	i.end, i.span = max(i.end, other.end), max(i.span, other.span)
	i.backlog += other.backlog
	i.rss += other.rss
	i.warmup = i.warmup && other.warmup
}
