package report

import (
	"fmt"
	"math"
	"slices"
)

// mergeSeries puts the points of several processes beside each other. The grid begins with the
// first start and is as wide as the widest usual point; a process's points keep their distance
// from its own start and are moved by whole intervals, at most half of one from their true time,
// so that one of its points does not fall into its neighbour's interval by a jitter of a ms.
//
// Numbers are exact: nothing is counted twice or dropped. Percentiles are those of all values of
// the interval if all points have their histograms; where one has none, they are the highest of
// the parts', an upper bound, and marked as that. A destination that several looked at is seen as one of them saw it.
func mergeSeries(reports []*Report) ([]Point, error) {
	width := 0.0
	var all []Point
	for _, r := range reports {
		width = max(width, usualSpan(r.Series))
		all = append(all, r.Series...)
	}
	if len(all) == 0 {
		return nil, nil
	}
	grid := map[int]*interval{}
	servers := serverGrids{}
	for _, r := range reports {
		own, err := r.cells(width)
		if err != nil {
			return nil, err
		}
		shift := int(math.Round(r.Started.Sub(reports[0].Started).Seconds() / width))
		for cell, i := range own {
			servers.take(r, cell+shift, i)
			i.end += float64(shift) * width
			if grid[cell+shift] == nil {
				grid[cell+shift] = i
				continue
			}
			grid[cell+shift].beside(i)
		}
	}
	servers.give(grid)
	var cells []int
	for cell := range grid {
		cells = append(cells, cell)
	}
	slices.Sort(cells)
	list := make([]*interval, len(cells))
	for n, cell := range cells {
		list[n] = grid[cell]
	}
	return points(list, mostHdr), nil
}

// cells are the report's points by the interval of the grid that their middle falls into.
func (r *Report) cells(width float64) (map[int]*interval, error) {
	cells := map[int]*interval{}
	for _, p := range r.Series {
		i, err := intervalOf(p)
		if err != nil {
			return nil, fmt.Errorf("series of run %s at %s: %w", Clean(r.RunID), Length(p.At), err)
		}
		cell := int(math.Floor((p.At - p.Span/2) / width))
		if cells[cell] == nil {
			cells[cell] = i
			continue
		}
		cells[cell].follow(i)
	}
	return cells, nil
}

// usualSpan is the median, to the tenth of a second: a ticker's intervals differ by some µs, which
// over a long run would add up to whole intervals.
func usualSpan(points []Point) float64 {
	if len(points) == 0 {
		return 0
	}
	spans := make([]float64, len(points))
	for i, p := range points {
		spans[i] = p.Span
	}
	slices.Sort(spans)
	span := spans[len(spans)/2]
	if span < 0.1 {
		return span
	}
	return math.Round(span*10) / 10
}
