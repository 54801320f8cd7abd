package report

import (
	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/exitfound/lologen/emitter"
)

// A Summary is a histogram in a few numbers, in seconds.
type Summary struct {
	Count uint64  `json:"count"`
	Min   float64 `json:"min"`
	Mean  float64 `json:"mean"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p99_9"`
	Max   float64 `json:"max"`
}

func summary(h *hdrhistogram.Histogram) Summary {
	if h == nil || h.TotalCount() == 0 {
		return Summary{}
	}
	at := func(percentile float64) float64 { return seconds(float64(h.ValueAtPercentile(percentile))) }
	return Summary{
		Count: uint64(h.TotalCount()),
		Min:   seconds(float64(h.Min())),
		Mean:  seconds(h.Mean()),
		P50:   at(50),
		P90:   at(90),
		P99:   at(99),
		P999:  at(99.9),
		Max:   seconds(float64(h.Max())),
	}
}

func latency(l emitter.Latency) Latency {
	sum := Latency{Response: summary(l.Response), Service: summary(l.Service), Clamped: l.Clamped}
	if l.Schedule != nil {
		schedule := summary(l.Schedule)
		sum.Schedule = &schedule
	}
	return sum
}

func seconds(nanoseconds float64) float64 { return nanoseconds / 1e9 }
