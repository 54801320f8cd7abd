package emitter

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// shortest to longest are what the histograms hold, in nanoseconds, at three digits (270 KB each).
const (
	shortest = 1
	longest  = int64(time.Hour)
)

func newLatency() *Latency {
	h := func() *hdrhistogram.Histogram { return hdrhistogram.New(shortest, longest, 3) }
	return &Latency{Response: h(), Service: h(), Schedule: h()}
}

func (l *Latency) merge(from *Latency) {
	l.Response.Merge(from.Response)
	l.Service.Merge(from.Service)
	l.Schedule.Merge(from.Schedule)
	l.Clamped += from.Clamped
}

func (l *Latency) empty() bool {
	return l.Response.TotalCount()+l.Service.TotalCount()+l.Schedule.TotalCount() == 0
}

func (l *Latency) reset() {
	l.Response.Reset()
	l.Service.Reset()
	l.Schedule.Reset()
	l.Clamped = 0
}

func (l *Latency) record(h *hdrhistogram.Histogram, v time.Duration, n int) {
	value := int64(v)
	if value < shortest || value > longest {
		// A discarded batch may well take less than the clock's step: that is no lie worth counting.
		if value != 0 {
			l.Clamped += uint64(n)
		}
		value = max(shortest, min(longest, value))
	}
	_ = h.RecordValues(value, int64(n)) // cannot fail: the value is within the range
}

// schedule records lines from to to-1, of which there is one.
func (l *Latency) schedule(a *attempt, from, to int) {
	b, m := a.batch, a.made
	if b.due(to-1) <= m.due { // all are late alike
		l.record(l.Schedule, m.at-m.due, to-from)
		return
	}
	for i := from; i < to; i++ {
		l.record(l.Schedule, m.late(b.due(i)), 1)
	}
}

// response records lines from to to-1, of which there is one.
func (l *Latency) response(a *attempt, from, to int) {
	if a.made.unpaced {
		l.record(l.Response, a.end-a.made.at, to-from)
		return
	}
	for i := from; i < to; i++ {
		l.record(l.Response, a.end-a.batch.due(i), 1)
	}
}
