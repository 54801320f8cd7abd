package report

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/exitfound/lologen/emitter"
)

// A Summary is a histogram in a few numbers, in seconds, and whole.
type Summary struct {
	Count uint64  `json:"count"`
	Min   float64 `json:"min"`
	Mean  float64 `json:"mean"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p99_9"`
	Max   float64 `json:"max"`

	// Hdr is the histogram of nanoseconds in HdrHistogram's V2 compressed encoding, base64, as
	// HdrHistogram's own tools read it. Summaries merge by it without loss.
	Hdr string `json:"hdr,omitempty"`
}

// newHistogram has the range of the emitter's, so that merging drops nothing.
func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, int64(time.Hour), 3) }

// Summarize makes a few numbers of a histogram of nanoseconds, and nothing of an empty one or nil.
func Summarize(h *hdrhistogram.Histogram) Summary {
	if h == nil || h.TotalCount() == 0 {
		return Summary{}
	}
	// One scan for all; Min and Max are two of the slowest kind.
	at := h.ValueAtPercentilesSlice([]float64{0, 50, 90, 99, 99.9, 100})
	return Summary{
		Count: uint64(h.TotalCount()),
		Min:   seconds(float64(at[0])),
		Mean:  seconds(h.Mean()),
		P50:   seconds(float64(at[1])),
		P90:   seconds(float64(at[2])),
		P99:   seconds(float64(at[3])),
		P999:  seconds(float64(at[4])),
		Max:   seconds(float64(at[5])),
	}
}

// Whole is Summarize, and the histogram itself.
func Whole(h *hdrhistogram.Histogram) Summary {
	s := Summarize(h)
	if s.Count > 0 {
		b, _ := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase) // to memory: it cannot fail
		s.Hdr = string(b)
	}
	return s
}

// histogram is the histogram that a summary was made of; it is nil if there is none.
func (s Summary) histogram() (*hdrhistogram.Histogram, error) {
	if s.Hdr == "" {
		return nil, nil
	}
	// Packed, a hostile histogram of a vast range takes no vast memory.
	packed, err := hdrhistogram.DecodePacked([]byte(s.Hdr))
	if err != nil {
		return nil, fmt.Errorf("decode histogram: %w", err)
	}
	h := newHistogram()
	if dropped := packed.MergeInto(h); dropped > 0 {
		return nil, fmt.Errorf("decode histogram: %d of its values are out of range", dropped)
	}
	return h, nil
}

// percentile is the value at p, 0 to 100. It is not ok if nothing was recorded, or if p is none
// of the four and the histogram is not there.
func (s Summary) percentile(p float64) (value float64, ok bool) {
	if s.Count == 0 {
		return 0, false
	}
	switch p {
	case 50:
		return s.P50, true
	case 90:
		return s.P90, true
	case 99:
		return s.P99, true
	case 99.9:
		return s.P999, true
	}
	h, err := s.histogram()
	if h == nil || err != nil {
		return 0, false
	}
	return seconds(float64(h.ValueAtPercentile(p))), true
}

func latency(l emitter.Latency) Latency {
	sum := Latency{Response: Whole(l.Response), Service: Whole(l.Service), Clamped: l.Clamped}
	if l.Schedule != nil {
		schedule := Whole(l.Schedule)
		sum.Schedule = &schedule
	}
	return sum
}

func seconds(nanoseconds float64) float64 { return nanoseconds / 1e9 }
