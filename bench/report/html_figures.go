package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// throughput is what was asked and what was reached, and what fell behind.
func (r *Report) throughput(points []Point) []figure {
	if len(points) == 0 {
		return nil
	}
	var curves []curve
	if r.Rate.Target != nil {
		curves = append(curves, curve{Label: "asked", Tone: "muted", Shape: "dash",
			Whole: perSecond().text(*r.Rate.Target), value: asked})
	}
	curves = append(curves, curve{Label: "reached", Tone: "accent", Shape: "area",
		Whole: perSecond().text(r.Rate.Achieved), value: func(p Point) float64 { return p.Reached }})
	list := []figure{
		figure{ID: "rate", Title: "Lines a second", Note: warmup(points), unit: perSecond(), Wide: true, marked: true, Curves: curves}.over(points),
		figure{ID: "volume", Title: "Volume confirmed", unit: bytesPerSecond(), Curves: []curve{{
			Label: "acked", Tone: "accent", Shape: "area",
			Whole: bytesPerSecond().text(ratio(float64(r.Bytes.Acked), r.Window)),
			value: func(p Point) float64 { return p.Bytes },
		}}}.over(points),
	}
	backlog := func(p Point) float64 { return float64(p.Backlog) }
	if some(points, backlog) {
		list = append(list, figure{ID: "backlog", Title: "Backlog: due and not yet made", unit: lineCount(), Curves: []curve{{
			Label: "backlog", Tone: "warn", Shape: "area",
			Whole: "at most " + lineCount().text(highest(points, backlog)),
			value: backlog,
		}}}.over(points))
	}
	return list
}

func warmup(points []Point) string {
	if !points[0].Warmup {
		return ""
	}
	return "shaded: warm-up, left out of the percentiles"
}

// highest is the most of those points that have the value.
func highest(points []Point, value func(Point) float64) float64 {
	var top float64
	for _, p := range points {
		if v := value(p); v > top {
			top = v
		}
	}
	return top
}

// latencyOverTime has a figure for each of the run's clocks.
func (r *Report) latencyOverTime(points []Point) []figure {
	if len(points) == 0 {
		return nil
	}
	of := func(f figure, whole Summary, band func(Point) *Band) figure {
		f.unit, f.log, f.Curves, f.Caveat = duration(), true, bands(whole, band), rough(points, band)
		return f.over(points)
	}
	list := []figure{
		of(figure{ID: "response", Title: "Response", Note: "confirmed minus due: what a user of the destination feels",
			Wide: true, marked: true}, r.Latency.Response, func(p Point) *Band { return &p.Response }),
		of(figure{ID: "service", Title: "Service", Note: "how long one attempt to send took"},
			r.Latency.Service, func(p Point) *Band { return &p.Service }),
	}
	if r.Latency.Schedule != nil {
		list = append(list, of(figure{ID: "schedule", Title: "Schedule", Note: "made minus due: lologen's own lateness"},
			*r.Latency.Schedule, func(p Point) *Band { return p.Schedule }))
	}
	return list
}

// rough says which percentiles of a chart are no more than upper bounds, if any are.
func rough(points []Point, band func(Point) *Band) string {
	n := 0
	for _, p := range points {
		if b := band(p); b != nil && b.UpperBound {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("In %s of %d the percentiles are upper bounds: %s. Those of the whole run are exact.",
		plural(n, "interval"), len(points), whyRough)
}

func bands(whole Summary, of func(Point) *Band) []curve {
	at := func(pick func(Band) float64) func(Point) float64 {
		return func(p Point) float64 {
			b := of(p)
			if b == nil {
				return absent()
			}
			return positive(pick(*b))
		}
	}
	return []curve{
		{"p50", "p50", "line", whole.text(whole.P50), at(func(b Band) float64 { return b.P50 })},
		{"p90", "p90", "band", whole.text(whole.P90), at(func(b Band) float64 { return b.P90 })},
		{"p99", "p99", "band", whole.text(whole.P99), at(func(b Band) float64 { return b.P99 })},
		{"max", "max", "band", whole.text(whole.Max), at(func(b Band) float64 { return b.Max })},
	}
}

// text writes one of s's values.
func (s Summary) text(v float64) string {
	if s.Count == 0 {
		return "-"
	}
	return Length(v)
}

// mostReasons is how many reasons a chart tells apart; the rest is one.
const mostReasons = 5

// errorsOverTime stacks the failed requests by reason, the most frequent at the bottom.
func (r *Report) errorsOverTime(points []Point) []figure {
	total := map[string]uint64{}
	for _, p := range points {
		for reason, n := range p.Errors {
			total[reason] += n
		}
	}
	if len(total) == 0 {
		return nil
	}
	reasons := slices.SortedFunc(maps.Keys(total), func(a, b string) int {
		return cmp.Or(cmp.Compare(total[b], total[a]), cmp.Compare(a, b))
	})
	named := reasons[:min(len(reasons), mostReasons)]
	f := figure{ID: "errors", Title: "Failed requests by reason", unit: requestsPerSecond(),
		Wide: true, stacked: true, marked: true}
	for i, reason := range named {
		f.Curves = append(f.Curves, curve{Clean(reason), fmt.Sprintf("s%d", i+1), "layer",
			plural(total[reason], "request"), failed(reason)})
	}
	if rest := reasons[len(named):]; len(rest) > 0 {
		var n uint64
		for _, reason := range rest {
			n += total[reason]
		}
		f.Curves = append(f.Curves, curve{plural(len(rest), "other reason"), "muted", "layer",
			plural(n, "request"), failed(rest...)})
	}
	return []figure{f.over(points)}
}

// failed is how many requests failed a second for those reasons.
func failed(reasons ...string) func(Point) float64 {
	return func(p Point) float64 {
		var n uint64
		for _, reason := range reasons {
			n += p.Errors[reason]
		}
		return ratio(float64(n), p.Span)
	}
}

// serverOverTime is what the destination says of itself, beside what we say.
func (r *Report) serverOverTime(points []Point) []figure {
	if !slices.ContainsFunc(points, func(p Point) bool { return p.Server != nil }) {
		return nil
	}
	// What Loki told only after an outage is in these, too.
	all, silent := joinServers(points, length(points)), ""
	if n := unanswered(points); n > 0 {
		silent = fmt.Sprintf("For %s Loki did not say what it did, so there is no curve. What it told later is in the numbers of the whole run.", Length(n))
	}
	return []figure{
		figure{ID: "received", Title: "Lines a second, by both accounts", unit: perSecond(), Wide: true, marked: true, Caveat: silent, Curves: []curve{
			{"received by Loki", "accent", "area", perSecond().text(all.Lines), serverLines()},
			{"acked to lologen", "ink", "dash", perSecond().text(r.Rate.Achieved), func(p Point) float64 { return p.Reached }},
			{"discarded by Loki", "bad", "line", perSecond().text(all.Discarded), serverDiscarded()},
		}}.over(points),
		figure{ID: "inflow", Title: "Volume, by both accounts", unit: bytesPerSecond(), Curves: []curve{
			{"received by Loki", "accent", "area", bytesPerSecond().text(all.Bytes), serverBytes()},
			{"acked to lologen", "ink", "dash", bytesPerSecond().text(ratio(float64(r.Bytes.Acked), r.Window)), func(p Point) float64 { return p.Bytes }},
		}}.over(points),
		figure{ID: "streams", Title: "Streams in Loki's memory", unit: plain(), Curves: []curve{
			{"streams", "accent", "area", "at most " + whole(highest(points, serverStreams())), serverStreams()},
		}}.over(points),
	}
}

// length is how long points are together.
func length(points []Point) float64 {
	var all float64
	for _, p := range points {
		all += p.Span
	}
	return all
}

// unanswered is for how many seconds the destination did not say what it did, or only later.
func unanswered(points []Point) float64 {
	var silent float64
	for _, p := range points {
		if p.Server == nil || p.Server.Unanswered {
			silent += p.Span
		}
	}
	return silent
}

// machine is what the run took of the machine, and the destination of its own.
func (r *Report) machine(points []Point) []figure {
	rss := func(p Point) float64 { return positive(float64(p.RSS)) }
	cpu := func(p Point) float64 { return p.CPU }
	processors := figure{ID: "cpu", Title: "Processor", unit: cores(), Curves: []curve{
		{"lologen", "ink", "line", cores().text(mean(points, cpu)), cpu}}}
	memories := figure{ID: "rss", Title: "Resident memory", unit: memory(), Curves: []curve{
		{"lologen", "ink", "line", "at most " + Size(highest(points, rss)), rss}}}
	if some(points, serverCPU()) {
		processors.Curves = append(processors.Curves, curve{"Loki", "accent", "line",
			cores().text(mean(points, serverCPU())), serverCPU()})
	}
	if some(points, serverRSS()) {
		memories.Curves = append(memories.Curves, curve{"Loki", "accent", "line",
			"at most " + Size(highest(points, serverRSS())), serverRSS()})
	}
	var list []figure
	if some(points, cpu) {
		list = append(list, processors.over(points))
	}
	if some(points, rss) {
		list = append(list, memories.over(points))
	}
	return list
}
