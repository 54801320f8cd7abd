package report

import (
	"math"
	"testing"
	"time"

	"github.com/exitfound/lologen/bench/scrape"
	"github.com/exitfound/lologen/emitter"
)

// A server that takes a thousand lines a second, and what its series holds.
type served1000 struct {
	t      *testing.T
	series *Series
	told   time.Duration
	total  scrape.Growth
}

func newServed1000(t *testing.T) *served1000 {
	return &served1000{t: t, series: NewSeries(Usage{})}
}

// point lets the run take a snapshot.
func (s *served1000) point(at time.Duration) {
	s.series.Add(emitter.Snapshot{At: at, Interval: at - time.Duration(s.series.end()*1e9)}, Usage{})
}

// look finds what there is at a time.
func (s *served1000) look(at time.Duration) {
	second := (at - s.told).Seconds()
	g := scrape.Growth{Lines: 1000 * second, Bytes: 5e4 * second, Discarded: 10 * second, CPU: second / 4, Streams: uint64(at.Seconds()), RSS: 7}
	s.told = at
	s.total.Lines += g.Lines
	s.total.Bytes += g.Bytes
	s.total.Discarded += g.Discarded
	s.total.CPU += g.CPU
	s.series.Looked(at, g)
}

// sum checks that nothing that any look found is lost.
func (s *served1000) sum() []Point {
	s.t.Helper()
	var sum scrape.Growth
	points := s.series.Points()
	for _, p := range points {
		if p.Server != nil {
			sum.Lines += p.Server.Lines * p.Span
			sum.Bytes += p.Server.Bytes * p.Span
			sum.Discarded += p.Server.Discarded * p.Span
			sum.CPU += p.Server.CPU * p.Span
		}
	}
	for name, pair := range map[string][2]float64{
		"lines": {sum.Lines, s.total.Lines}, "bytes": {sum.Bytes, s.total.Bytes},
		"discarded": {sum.Discarded, s.total.Discarded}, "CPU": {sum.CPU, s.total.CPU},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-9*pair[1] {
			s.t.Errorf("%v %s in the series, %v in all", pair[0], name, pair[1])
		}
	}
	return points
}

const second = time.Second

// Looks come when they come: early, late, two in a second or none. No point is without, none is
// counted into another, and the sum is that of the totals.
func TestSeriesOfLooks(t *testing.T) {
	const ms = time.Millisecond
	for name, looks := range map[string][]time.Duration{
		"at once":       {second, 2 * second, 3 * second, 4 * second, 5 * second},
		"a little late": {1010 * ms, 2003 * ms, 3020 * ms, 4001 * ms, 5004 * ms},
		"early":         {990 * ms, 1980 * ms, 2999 * ms, 3997 * ms, 5001 * ms},
		"two and none":  {900 * ms, 1100 * ms, 1950 * ms, 4010 * ms, 5100 * ms},
		"slow":          {2900 * ms, 4800 * ms, 5050 * ms},
		"one":           {5500 * ms},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServed1000(t)
			for at := second; at <= 5*second; at += second {
				for len(looks) > 0 && looks[0] < at {
					s.look(looks[0])
					looks = looks[1:]
				}
				s.point(at)
			}
			for _, at := range looks {
				s.look(at)
			}
			for i, p := range s.sum() {
				// What a look at 5.5 s found is that of five points.
				if p.Server == nil || p.Server.Unanswered || p.Server.Lines < 999 || p.Server.Lines > 1500 {
					t.Errorf("point %d is %+v", i, p.Server)
				}
			}
		})
	}
}

// The last interval of a run is of any length; the last look belongs to it, and may find more than
// one interval had.
func TestSeriesEndsWithTheLastLook(t *testing.T) {
	s := newServed1000(t)
	s.point(second)
	s.look(1005 * time.Millisecond)
	s.point(2 * second)
	s.look(2004 * time.Millisecond)
	s.point(2001 * time.Millisecond)
	s.look(2500 * time.Millisecond)
	points := s.sum()
	if len(points) != 3 || points[2].Server == nil || points[1].Server.Lines < 999 || points[1].Server.Lines > 1001 || points[2].Server.Streams != 2 {
		t.Errorf("the last points are %+v, %+v", points[1].Server, points[2].Server)
	}
}

// An outage is one in the series, though Loki tells afterwards what it counted.
func TestSeriesShowsAnOutage(t *testing.T) {
	s := newServed1000(t)
	for at := second; at <= 8*second; at += second {
		s.point(at)
		if at > 3*second && at <= 6*second {
			s.series.Unanswered(at-second, at+time.Millisecond)
			continue
		}
		s.look(at + time.Millisecond)
	}
	for i, p := range s.sum() {
		if down := i >= 3 && i < 6; p.Server == nil || p.Server.Unanswered != down {
			t.Errorf("point %d is %+v", i, p.Server)
		}
		if shown := serverLines()(p); math.IsNaN(shown) != (i >= 3 && i < 6) {
			t.Errorf("%v lines a second are shown of point %d", shown, i)
		}
	}
}

// What was never told is not made up.
func TestSeriesAfterTheLastAnswer(t *testing.T) {
	s := newServed1000(t)
	for at := second; at <= 5*second; at += second {
		s.point(at)
		if at <= 2*second {
			s.look(at + 100*time.Millisecond)
		} else {
			s.series.Unanswered(at-second, at)
		}
	}
	for i, p := range s.sum() {
		if i > 2 && p.Server != nil || i == 2 && !p.Server.Unanswered || i < 2 && (p.Server == nil || p.Server.Unanswered) {
			t.Errorf("point %d is %+v", i, p.Server)
		}
	}
}

// A series that has become coarser has the same sums, and the outage.
func TestLongSeriesOfLooks(t *testing.T) {
	s := newServed1000(t)
	s.series.most = 10
	for at := second; at <= 35*second; at += second {
		s.point(at)
		if at > 12*second && at <= 20*second {
			s.series.Unanswered(at-second, at)
			continue
		}
		s.look(at + 300*time.Millisecond)
	}
	silent := 0.0
	for _, p := range s.sum() {
		if p.Server == nil {
			t.Errorf("nothing is known at %v", p.At)
		} else if p.Server.Unanswered {
			silent += p.Span
		}
	}
	if silent != 8 {
		t.Errorf("%v s without an answer", silent)
	}
}
