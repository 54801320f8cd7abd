package report

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A dial is what one of the three clocks showed in an interval. Its histogram is of two digits,
// some KB where one of three digits may have 50: every value falls into the same bucket whether
// it was put there at once or by way of three digits, so nothing is lost by merging.
type dial struct {
	histogram *hdrhistogram.PackedHistogram // nil: only known is known
	known     Band                          // with a histogram, its Max alone, of three digits
}

func newPacked() *hdrhistogram.PackedHistogram {
	return hdrhistogram.NewPacked(1, int64(time.Hour), 2)
}

// newDial also takes none for a run that has no such clock.
func newDial(h *hdrhistogram.Histogram) dial {
	d := dial{histogram: newPacked()}
	if h != nil {
		d.histogram.MergeFrom(h)
		d.histogram.Compact()
		d.known.Max = summit(h)
	}
	return d
}

// summit is the highest value; of none it is 0, where the library says 1 ns.
func summit(h *hdrhistogram.Histogram) float64 {
	if h.TotalCount() == 0 {
		return 0
	}
	return seconds(float64(h.Max()))
}

// from makes d what a point tells of it. A point without its histogram leaves the band.
func (d *dial) from(b Band) error {
	if b.Hdr == "" {
		*d = dial{known: b}
		if b == (Band{}) {
			d.histogram = newPacked()
		}
		return nil
	}
	h, err := hdrhistogram.DecodePacked([]byte(b.Hdr))
	if err != nil {
		return fmt.Errorf("decode histogram: %w", err)
	}
	*d = dial{histogram: newPacked(), known: Band{Max: b.Max}}
	if dropped := d.histogram.Merge(h); dropped > 0 {
		return fmt.Errorf("decode histogram: %d of its values are out of range", dropped)
	}
	return nil
}

// add is exact as long as both histograms are there. Without them every percentile is the higher
// of the two, which is an upper bound for that of both together.
func (d *dial) add(other dial) {
	switch {
	case other.empty():
	case d.empty():
		*d = other.clone()
	case d.histogram != nil && other.histogram != nil:
		d.histogram.Merge(other.histogram)
		d.known.Max = max(d.known.Max, other.known.Max)
	default:
		a, b := d.band(), other.band()
		*d = dial{known: Band{
			P50: max(a.P50, b.P50), P90: max(a.P90, b.P90), P99: max(a.P99, b.P99),
			P999: max(a.P999, b.P999), Max: max(a.Max, b.Max), UpperBound: true,
		}}
	}
}

func (d dial) clone() dial {
	if d.histogram != nil {
		d.histogram = d.histogram.Clone()
	}
	return d
}

// empty also holds for the zero dial.
func (d dial) empty() bool {
	if d.histogram == nil {
		return d.known == Band{}
	}
	return d.histogram.TotalCount() == 0
}

func (d dial) band() Band {
	if d.histogram == nil || d.histogram.TotalCount() == 0 {
		return d.known
	}
	v := d.histogram.ValueAtPercentilesSlice([]float64{50, 90, 99, 99.9})
	// The end of a bucket of two digits may lie above the maximum.
	at := func(i int) float64 { return min(seconds(float64(v[i])), d.known.Max) }
	return Band{P50: at(0), P90: at(1), P99: at(2), P999: at(3), Max: d.known.Max}
}

// encode is empty where there is nothing to encode.
func (d dial) encode() string {
	if d.histogram == nil || d.histogram.TotalCount() == 0 {
		return ""
	}
	b, _ := d.histogram.Encode() // writes to memory
	return string(b)
}
