package report

import (
	"time"

	"github.com/exitfound/lologen/emitter"
)

// fullSeries is how many points a series has at most: half an hour of seconds.
const fullSeries = 1800

// A Series collects what a run is like over time: a point a second, as long as there is room.
// When it is full, neighbours become one, whose percentiles are those of all their values.
type Series struct {
	// Warmup is how long a run's beginning is shown, but not judged.
	Warmup time.Duration

	points []*interval
	most   int // of points; even
	each   int // intervals that make a point
	in     int // of them in the last point
	before account
	looks  looks
}

// account is what was counted since the start, at the last snapshot.
type account struct {
	emitter.Progress
	failed map[string]uint64 // requests by reason
	cpu    float64
}

// NewSeries begins the series of a run before which the process had used so much (see Measure).
func NewSeries(start Usage) *Series {
	return &Series{most: fullSeries, each: 1, before: account{cpu: start.CPU}}
}

// Add takes the next snapshot of the run, and what the process has used by now (see Measure).
func (s *Series) Add(snapshot emitter.Snapshot, used Usage) {
	if snapshot.Interval <= 0 {
		return
	}
	next := s.interval(snapshot, used)
	switch {
	case len(s.points) > 0 && s.in < s.each:
		s.points[len(s.points)-1].follow(next)
		s.in++
		return
	case len(s.points) == s.most:
		s.halve()
	}
	s.points, s.in = append(s.points, next), 1
}

// halve makes one point of two. A full series has an even number of them.
func (s *Series) halve() {
	half := s.points[:0]
	for i := 0; i+1 < len(s.points); i += 2 {
		s.points[i].follow(s.points[i+1])
		half = append(half, s.points[i])
	}
	clear(s.points[len(half):])
	s.points = half
	s.each *= 2
}

// interval is what happened since the last snapshot.
func (s *Series) interval(snapshot emitter.Snapshot, used Usage) *interval {
	l, before := snapshot.Lines, s.before
	now := account{snapshot.Progress, failedRequests(snapshot.Failures), used.CPU}
	s.before = now
	return &interval{
		end:      snapshot.At.Seconds(),
		span:     snapshot.Interval.Seconds(),
		unpaced:  snapshot.Latency.Schedule == nil,
		due:      growth(l.Due, before.Lines.Due),
		acked:    growth(l.Acked, before.Lines.Acked),
		bytes:    growth(snapshot.Bytes.Acked, before.Bytes.Acked),
		rejected: growth(l.Rejected, before.Lines.Rejected),
		unknown:  growth(l.Unknown, before.Lines.Unknown),
		missed:   growth(l.Missed, before.Lines.Missed),
		backlog:  snapshot.Backlog,
		errors:   newErrors(now.failed, before.failed),
		response: newDial(snapshot.Latency.Response),
		service:  newDial(snapshot.Latency.Service),
		schedule: newDial(snapshot.Latency.Schedule),
		cpu:      max(0, now.cpu-before.cpu),
		rss:      used.RSS,
		warmup:   snapshot.At <= s.Warmup,
	}
}

// growth keeps a counter that took a step back from becoming a huge number.
func growth(now, before uint64) uint64 {
	if now < before {
		return 0
	}
	return now - before
}

func failedRequests(failures []emitter.Failure) map[string]uint64 {
	failed := make(map[string]uint64, len(failures))
	for _, f := range failures {
		failed[Clean(f.Reason)] += f.Requests
	}
	return failed
}

func newErrors(now, before map[string]uint64) map[string]uint64 {
	errors := map[string]uint64{}
	for reason, n := range now {
		if n > before[reason] {
			errors[reason] = n - before[reason]
		}
	}
	return errors
}

// mostHdr is how many bytes of encoded histograms the points of a report hold together.
const mostHdr = 512 << 10

// Points returns the series so far. Its histograms are among it if they take half a MiB at most,
// as those of a few minutes do: then reports merge to the exact percentiles of every point.
func (s *Series) Points() []Point {
	s.settle()
	return points(s.points, mostHdr)
}

// points are those of a list, with all of its histograms if they take so many bytes at most.
func points(list []*interval, room int) []Point {
	points := make([]Point, len(list))
	for i, at := range list {
		points[i] = at.point()
		if room >= 0 {
			room -= at.encode(&points[i])
		}
	}
	if room >= 0 {
		return points
	}
	for i := range points {
		p := &points[i]
		p.Response.Hdr, p.Service.Hdr = "", ""
		if p.Schedule != nil {
			p.Schedule.Hdr = ""
		}
	}
	return points
}
