package report

import (
	"math"
	"slices"
	"strconv"

	"github.com/exitfound/lologen/bench/scrape"
)

// mostPoints and mostRows bound a page: more points than pixels show nothing, and nobody reads a
// table of thousands of rows. The JSON report has them all.
const (
	mostPoints = 1800
	mostRows   = 60
)

// thin returns points as at most that many, each made of as many neighbours as it takes.
func thin(points []Point, most int) []Point {
	if len(points) <= most {
		return points
	}
	each := (len(points) + most - 1) / most
	thinned := make([]Point, 0, most)
	for len(points) > 0 {
		n := min(each, len(points))
		thinned = append(thinned, join(points[:n]))
		points = points[n:]
	}
	return thinned
}

// joinRest joins the last point with the one before it if it is much shorter: the rates of the few
// milliseconds that a run takes to end would look like a fall.
func joinRest(points []Point) []Point {
	n := len(points)
	if n < 2 || points[n-1].Span >= points[n-2].Span/4 {
		return points
	}
	return append(slices.Clone(points[:n-2]), join(points[n-2:]))
}

// join makes one point of neighbours: rates are their mean, numbers of lines their sum, times the
// worst of them, and what is measured at an interval's end is that of the last one.
func join(points []Point) Point {
	whole := points[len(points)-1]
	whole.Span, whole.Rejected, whole.Unknown, whole.Missed = 0, 0, 0, 0
	whole.Response, whole.Service = Band{}, Band{}
	whole.Errors = map[string]uint64{}
	for _, p := range points {
		whole.Span += p.Span
		whole.Rejected += p.Rejected
		whole.Unknown += p.Unknown
		whole.Missed += p.Missed
		whole.Response = whole.Response.worst(p.Response)
		whole.Service = whole.Service.worst(p.Service)
		if whole.Schedule != nil && p.Schedule != nil {
			schedule := whole.Schedule.worst(*p.Schedule)
			whole.Schedule = &schedule
		}
		for reason, n := range p.Errors {
			whole.Errors[reason] += n
		}
	}
	whole.Reached = mean(points, func(p Point) float64 { return p.Reached })
	whole.Bytes = mean(points, func(p Point) float64 { return p.Bytes })
	whole.CPU = mean(points, func(p Point) float64 { return p.CPU })
	if whole.Asked != nil {
		whole.Asked = new(mean(points, asked))
	}
	whole.Server = joinServers(points, whole.Span)
	return whole
}

// joinServers is nil if nothing is known of any of the points.
func joinServers(points []Point, span float64) *scrape.Moment {
	var all *served
	silent := 0.0
	for _, p := range points {
		if p.Server == nil {
			continue
		}
		if all == nil {
			all = new(served)
		}
		*all = all.then(servedOf(*p.Server, p.Span))
		if p.Server.Unanswered {
			silent += p.Span
		}
	}
	if all == nil {
		return nil
	}
	m := all.moment(span)
	m.Unanswered = silent >= span/2
	return m
}

// mean is by time, over those points that have the value.
func mean(points []Point, value func(Point) float64) float64 {
	var sum, span float64
	for _, p := range points {
		if v := value(p); !math.IsNaN(v) {
			sum += v * p.Span
			span += p.Span
		}
	}
	return ratio(sum, span)
}

func (b Band) worst(a Band) Band {
	return Band{
		P50:  max(a.P50, b.P50),
		P90:  max(a.P90, b.P90),
		P99:  max(a.P99, b.P99),
		P999: max(a.P999, b.P999),
		Max:  max(a.Max, b.Max),

		UpperBound: a.UpperBound || b.UpperBound,
	}
}

// absent is the value of what was not measured.
func absent() float64 { return math.NaN() }

func asked(p Point) float64 {
	if p.Asked == nil {
		return absent()
	}
	return *p.Asked
}

// server is a value of the destination's side, absent where it was not asked or did not answer.
func server(value func(scrape.Moment) float64) func(Point) float64 {
	return func(p Point) float64 {
		if p.Server == nil || p.Server.Unanswered {
			return absent()
		}
		return value(*p.Server)
	}
}

func serverLines() func(Point) float64 {
	return server(func(m scrape.Moment) float64 { return m.Lines })
}

func serverBytes() func(Point) float64 {
	return server(func(m scrape.Moment) float64 { return m.Bytes })
}

func serverDiscarded() func(Point) float64 {
	return server(func(m scrape.Moment) float64 { return m.Discarded })
}

func serverStreams() func(Point) float64 {
	return server(func(m scrape.Moment) float64 { return float64(m.Streams) })
}

func serverCPU() func(Point) float64 {
	return server(func(m scrape.Moment) float64 { return m.CPU })
}

func serverRSS() func(Point) float64 {
	return server(func(m scrape.Moment) float64 { return positive(float64(m.RSS)) })
}

// positive is v, or absent where nothing was measured: 0 is no memory and has no logarithm.
func positive(v float64) float64 {
	if v > 0 {
		return v
	}
	return absent()
}

// column is a row of numbers for a chart, with more digits than an eye can tell apart.
type column []float64

func (c column) MarshalJSON() ([]byte, error) {
	b := make([]byte, 1, 2+6*len(c))
	b[0] = '['
	for i, v := range c {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendNumber(b, v)
	}
	return append(b, ']'), nil
}

// appendNumber writes v with six significant digits, in thousands without a fraction, as the text
// writes it; and of 0.0001 and 1e-04 the shorter one.
func appendNumber(b []byte, v float64) []byte {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return append(b, "null"...)
	case v >= 999.5 && v < 1e7:
		v = math.Round(v)
	default:
		v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'e', 5, 64), 64)
	}
	plain := strconv.AppendFloat(nil, v, 'f', -1, 64)
	short := strconv.AppendFloat(nil, v, 'e', -1, 64)
	if len(short) < len(plain) {
		plain = short
	}
	return append(b, plain...)
}
