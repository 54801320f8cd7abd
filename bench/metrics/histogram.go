package metrics

import (
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// schema is the resolution of the native histograms: 32 buckets for a doubling, each at most
// 2.2 % wide.
const schema = 5

// bounds are those of the classic buckets, in nanoseconds: from what a system call takes to where
// requests time out.
var bounds = [...]int64{
	1e3, 10e3, 25e3, 50e3, 100e3, 250e3, 500e3,
	1e6, 25e5, 5e6, 10e6, 25e6, 50e6, 100e6, 250e6, 500e6,
	1e9, 25e8, 5e9, 10e9, 30e9, 60e9,
}

// Histogram makes a metric in seconds of a histogram in nanoseconds, which began at since; nil is an
// empty one. It is native, with classic buckets beside for those who cannot read that. A value is at
// most 0.1 % away from what was recorded, and never counted as less.
func Histogram(desc *prometheus.Desc, from *hdrhistogram.Histogram, since time.Time, labels ...string) prometheus.Metric {
	if from == nil {
		from = hdrhistogram.New(1, 2, 1)
	}
	native := make(map[int]int64)
	counts := make([]uint64, len(bounds))
	for _, bar := range from.Distribution() {
		if bar.Count == 0 {
			continue
		}
		native[index(bar.To)] += bar.Count
		if i := classic(bar.To); i < len(counts) {
			counts[i] += uint64(bar.Count)
		}
	}
	count := from.TotalCount()
	sum := from.Mean() * float64(count) / 1e9
	metric, err := prometheus.NewConstNativeHistogram(desc, uint64(count), sum, native, nil, 0,
		schema, prometheus.DefNativeHistogramZeroThreshold, since, labels...)
	if err != nil {
		return prometheus.NewInvalidMetric(desc, err)
	}
	var shown dto.Metric // refers to the metric's own histogram
	if err := metric.Write(&shown); err != nil {
		return prometheus.NewInvalidMetric(desc, err)
	}
	shown.Histogram.Bucket = cumulate(counts)
	return metric
}

// index is that of the native bucket which holds a time: the i-th ends at 2^(i/2^schema) seconds,
// included. No time takes none at all, whatever a clock says.
func index(ns int64) int {
	return int(math.Ceil(math.Log2(float64(max(ns, 1))/1e9) * (1 << schema)))
}

// classic is the index of the first bound that a time is not above.
func classic(ns int64) int {
	for i, bound := range bounds {
		if ns <= bound {
			return i
		}
	}
	return len(bounds)
}

func cumulate(counts []uint64) []*dto.Bucket {
	buckets := make([]*dto.Bucket, len(counts))
	var sum uint64
	for i, n := range counts {
		sum += n
		total, bound := sum, float64(bounds[i])/1e9
		buckets[i] = &dto.Bucket{CumulativeCount: &total, UpperBound: &bound}
	}
	return buckets
}
