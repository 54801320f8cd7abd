package metrics

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	dto "github.com/prometheus/client_model/go"
)

func written(t *testing.T, h *hdrhistogram.Histogram) *dto.Histogram {
	t.Helper()
	var m dto.Metric
	if err := Histogram(responseDesc, h, time.Unix(1000, 0)).Write(&m); err != nil {
		t.Fatal(err)
	}
	return m.Histogram
}

// native returns how many values each native bucket holds, by its index.
func native(h *dto.Histogram) map[int]int64 {
	counts := make(map[int]int64)
	var i, n int
	var count int64
	for _, span := range h.PositiveSpan {
		i += int(span.GetOffset())
		for range span.GetLength() {
			count += h.PositiveDelta[n]
			counts[i] = count
			i++
			n++
		}
	}
	return counts
}

// TestConvert compares both kinds of buckets with all the values that were recorded. A value may
// seem 0.1 % slower than it was, and never faster.
func TestConvert(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	h := hdrhistogram.New(1, int64(time.Hour), 3)
	var values []float64
	var sum float64
	for range 20_000 {
		ns := int64(math.Exp(r.Float64() * math.Log(float64(time.Hour))))
		if err := h.RecordValue(ns); err != nil {
			t.Fatal(err)
		}
		values = append(values, float64(ns)/1e9)
		sum += float64(ns) / 1e9
	}
	got := written(t, h)
	if got.GetSampleCount() != 20_000 || math.Abs(got.GetSampleSum()/sum-1) > 0.001 {
		t.Errorf("%d values, sum %v, want 20000 and about %v", got.GetSampleCount(), got.GetSampleSum(), sum)
	}
	atMost := func(bound float64) (n uint64) {
		for _, v := range values {
			if v <= bound {
				n++
			}
		}
		return n
	}
	for _, b := range got.Bucket {
		bound, n := b.GetUpperBound(), b.GetCumulativeCount()
		if n > atMost(bound) || n < atMost(bound*0.998) {
			t.Errorf("classic: %d values up to %v s, want %d or a few less", n, bound, atMost(bound))
		}
	}
	var cumulated uint64
	counts := native(got)
	for i := -32 * 40; i <= 32*12; i++ {
		cumulated += uint64(counts[i])
		bound := math.Exp2(float64(i) / 32)
		if cumulated > atMost(bound*(1+1e-12)) || cumulated < atMost(bound*0.998) {
			t.Errorf("native: %d values up to %v s, want %d or a few less", cumulated, bound, atMost(bound))
		}
	}
	if cumulated != 20_000 {
		t.Errorf("%d values in native buckets, want all", cumulated)
	}
}

func TestConvertNothing(t *testing.T) {
	for _, h := range []*hdrhistogram.Histogram{nil, hdrhistogram.New(1, int64(time.Hour), 3)} {
		got := written(t, h)
		if got.GetSampleCount() != 0 || got.GetSampleSum() != 0 || len(got.Bucket) != len(bounds) || got.GetSchema() != schema {
			t.Errorf("got %v", got)
		}
	}
}

func TestIndex(t *testing.T) {
	for _, test := range []struct {
		ns   int64
		want int
	}{{1e9, 0}, {1e9 + 1, 1}, {1e9 - 1, 0}, {2e9, 32}, {2e9 + 1, 33}, {5e8, -32}, {125e6, -96}, {1, -956}, {0, -956}, {int64(time.Hour), 379}} {
		if got := index(test.ns); got != test.want {
			t.Errorf("index(%d) = %d, want %d", test.ns, got, test.want)
		}
	}
}

func TestClassic(t *testing.T) {
	for i, bound := range bounds {
		if classic(bound) != i || classic(bound+1) != i+1 {
			t.Errorf("%d ns is in bucket %d, one more in %d; want %d and the next", bound, classic(bound), classic(bound+1), i)
		}
	}
}
