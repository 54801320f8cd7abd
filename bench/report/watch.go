package report

import (
	"math"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/exitfound/lologen/emitter"
)

// Planned is what is known of a run in advance.
type Planned struct {
	Lines  uint64        // due in all; 0: no end is known
	Warmup time.Duration // whose latencies are not judged
}

// A Watch follows a run and knows as soon as one of its SLOs cannot be met any more, whatever is
// still to come. It is cautious: it condemns no run that might still pass.
type Watch struct {
	planned Planned
	slos    []watched
	now     emitter.Progress
	used    Usage
}

// watched is an SLO, and what the latencies so far mean for it.
type watched struct {
	SLO
	objective
	beyond uint64  // values that are not within the limit
	sum    float64 // of all values, in seconds, each at least
}

// NewWatch watches over SLOs as ParseSLO returned them.
func NewWatch(slos []SLO, planned Planned) *Watch {
	w := &Watch{planned: planned}
	for _, s := range slos {
		if d, err := parseObjective(s.Expr); err == nil {
			w.slos = append(w.slos, watched{SLO: s, objective: d})
		}
	}
	return w
}

// Expect says how many lines are due in all now that the run was changed; 0: no end is known. More
// than will be is cautious, less is not.
func (w *Watch) Expect(lines uint64) { w.planned.Lines = lines }

// Add takes the next snapshot of the run, and what it has used so far: the difference of two
// measurements.
func (w *Watch) Add(snapshot emitter.Snapshot, used Usage) {
	w.now, w.used = snapshot.Progress, used
	if snapshot.At-snapshot.Interval < w.planned.Warmup {
		return
	}
	l := snapshot.Latency
	w.addClock("response", l.Response)
	w.addClock("service", l.Service)
	w.addClock("schedule", l.Schedule)
}

func (w *Watch) addClock(clock string, h *hdrhistogram.Histogram) {
	asked := slices.ContainsFunc(w.slos, func(s watched) bool { return s.clock == clock })
	if !asked || h == nil || h.TotalCount() == 0 {
		return
	}
	packed := hdrhistogram.NewPacked(h.LowestTrackableValue(), h.HighestTrackableValue(), int(h.SignificantFigures()))
	packed.MergeFrom(h)
	for value, n := range packed.ForEachBucket {
		for i := range w.slos {
			if s := &w.slos[i]; s.clock == clock {
				s.add(seconds(float64(value)), uint64(n))
			}
		}
	}
}

// add takes n values of one bucket by its lowest one: if that is beyond the limit, so are all.
func (s *watched) add(value float64, n uint64) {
	s.sum += value * float64(n)
	if !s.met(value) {
		s.beyond += n
	}
}

// Doomed returns the first SLO that cannot be met any more.
func (w *Watch) Doomed() (SLO, bool) {
	for _, s := range w.slos {
		if w.hopeless(s) {
			return s.SLO, true
		}
	}
	return SLO{}, false
}

// hopeless knows upper limits, which growing numbers break for good, and the rate, which lines
// that are lost or missed lower for good. All else may still turn out well.
func (w *Watch) hopeless(s watched) bool {
	lines := w.now.Lines
	if s.metric == "rate" {
		return w.hopelessRate(s.objective)
	}
	switch s.operator {
	case ">", ">=":
		return false
	}
	switch s.metric {
	case "rejected":
		return s.exceeded(float64(lines.Rejected))
	case "unknown":
		return s.exceeded(float64(lines.Unknown))
	case "missed":
		return s.exceeded(float64(lines.Missed))
	case "errors":
		// At best, all that is still to come is confirmed.
		most := w.most()
		return most > 0 && s.exceeded(float64(lines.Rejected+lines.Unknown)/most)
	case "cpu":
		return s.unit == inSeconds && s.exceeded(w.used.CPU)
	case "rss":
		return s.exceeded(float64(w.used.MaxRSS))
	}
	return s.clock != "" && w.hopelessLatency(s)
}

// most is how many lines can have been handed over in the end; 0: nobody knows.
func (w *Watch) most() float64 {
	if w.planned.Lines <= w.now.Lines.Missed {
		return 0
	}
	return float64(w.planned.Lines - w.now.Lines.Missed)
}

// exceeded reports whether a number that only grows is too large already. With ==, it may still
// grow to what is wanted.
func (d objective) exceeded(value float64) bool {
	if d.operator == "<" {
		return value >= d.limit
	}
	return value > d.limit
}

func (w *Watch) hopelessRate(d objective) bool {
	if w.planned.Lines == 0 || d.operator != ">" && d.operator != ">=" {
		return false
	}
	l := w.now.Lines
	gone := l.Rejected + l.Unknown + l.Missed
	best := 0.0
	if gone < w.planned.Lines {
		best = float64(w.planned.Lines-gone) / float64(w.planned.Lines)
	}
	return best < d.limit
}

// hopelessLatency goes by how many values there can be in the end: a line has one, at most. How
// many attempts there will be is not known.
func (w *Watch) hopelessLatency(s watched) bool {
	if s.operator == "==" {
		return false
	}
	if s.metric == "max" {
		return s.beyond > 0
	}
	most := w.most()
	if s.clock == "service" || most == 0 {
		return false
	}
	if s.metric == "mean" {
		// A histogram's mean is by the middle of a bucket, which lies above its beginning.
		return s.exceeded(s.sum / most)
	}
	// Too many lie beyond if those that do not, even with all that are still to come, do not reach
	// up to the percentile.
	return most-float64(s.beyond) < math.Floor(s.percentile/100*most)
}
