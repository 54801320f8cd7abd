package report

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/exitfound/lologen/bench/scrape"
	"github.com/exitfound/lologen/emitter"
)

// packedOf is a point's histogram of raw values, made at once.
func packedOf(values []time.Duration) Band {
	packed := hdrhistogram.NewPacked(1, int64(time.Hour), 2)
	whole := newHistogram()
	for _, v := range values {
		_ = packed.RecordValue(int64(v))
		_ = whole.RecordValue(int64(v))
	}
	if len(values) == 0 {
		return Band{}
	}
	top := float64(whole.Max()) / 1e9
	at := func(p float64) float64 { return math.Min(top, float64(packed.ValueAtPercentile(p))/1e9) }
	return Band{P50: at(50), P90: at(90), P99: at(99), P999: at(99.9), Max: top}
}

func bare(b Band) Band {
	b.Hdr = ""
	return b
}

// A rawRun keeps every value: what a Series and merged reports are measured by.
type rawRun struct {
	started  time.Time
	series   *Series
	result   *emitter.Result
	latency  []emitter.Latency // by second
	response [][]time.Duration
	service  [][]time.Duration
	schedule [][]time.Duration
	lines    []emitter.Lines // by second
	bytes    []uint64
	failed   []map[string]uint64
	server   []*scrape.Moment
}

// live makes a run of so many seconds up. Its schedule's times are whole milliseconds.
func live(seed uint64, started time.Time, seconds int) *rawRun {
	r := rand.New(rand.NewPCG(seed, 2))
	run := &rawRun{started: started, series: NewSeries(Usage{CPU: 3})}
	total := emitter.Latency{Response: newHistogram(), Service: newHistogram(), Schedule: newHistogram()}
	var progress emitter.Progress
	failures := []emitter.Failure{{Reason: "rate_limited", Status: 429}, {Reason: "timeout"}}
	for second := range seconds {
		draw := func(n int, of *hdrhistogram.Histogram, into *[][]time.Duration) *hdrhistogram.Histogram {
			h, values := newHistogram(), make([]time.Duration, n)
			for i := range values {
				values[i] = time.Duration(math.Exp(r.NormFloat64()*2) * float64(time.Millisecond))
				_ = h.RecordValue(int64(values[i]))
				_ = of.RecordValue(int64(values[i]))
			}
			*into = append(*into, values)
			return h
		}
		acked := 50 + r.IntN(200)
		now := emitter.Lines{Acked: uint64(acked), Rejected: r.Uint64N(5), Unknown: r.Uint64N(5), Missed: r.Uint64N(5)}
		now.Due = now.Acked + now.Rejected + now.Unknown + now.Missed
		latency := emitter.Latency{
			Response: draw(acked, total.Response, &run.response),
			Service:  draw(acked/10, total.Service, &run.service),
			Schedule: draw(acked+3, total.Schedule, &run.schedule),
		}
		run.latency = append(run.latency, latency)
		run.lines = append(run.lines, now)
		run.bytes = append(run.bytes, uint64(acked)*160)
		failed := map[string]uint64{}
		for i := range failures {
			n := r.Uint64N(3)
			failures[i].Requests += n
			if n > 0 {
				failed[failures[i].Reason] = n
			}
		}
		run.failed = append(run.failed, failed)
		progress.Lines.Due += now.Due
		progress.Lines.Acked += now.Acked
		progress.Lines.Rejected += now.Rejected
		progress.Lines.Unknown += now.Unknown
		progress.Lines.Missed += now.Missed
		progress.Bytes.Acked += uint64(acked) * 160
		run.server = append(run.server, &scrape.Moment{Lines: r.Float64(), Bytes: 1, Discarded: 2, Streams: uint64(second), CPU: r.Float64(), RSS: 7})
		run.series.Add(emitter.Snapshot{
			Progress: progress, At: time.Duration(second+1) * time.Second, Interval: time.Second, Latency: latency,
			Backlog: uint64(second), Failures: append([]emitter.Failure(nil), failures...),
		}, Usage{CPU: 3 + 0.25*float64(second+1), RSS: uint64(1000 + second)})
		run.series.Looked(time.Duration(second+1)*time.Second, growthOf(*run.server[second]))
	}
	run.result = &emitter.Result{
		Progress: progress, Latency: total, Started: started, Failures: failures,
		Elapsed: time.Duration(seconds) * time.Second, Window: time.Duration(seconds) * time.Second,
	}
	return run
}

// growthOf is what a look finds after a second of m.
func growthOf(m scrape.Moment) scrape.Growth {
	return scrape.Growth{Lines: m.Lines, Bytes: m.Bytes, Discarded: m.Discarded, CPU: m.CPU, Streams: m.Streams, RSS: m.RSS}
}

func flat[T any](lists [][]T) []T {
	var all []T
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

func TestSeries(t *testing.T) {
	run := live(1, time.Time{}, 20)
	points := run.series.Points()
	if len(points) != 20 {
		t.Fatalf("%d points", len(points))
	}
	for i, p := range points {
		l := run.lines[i]
		want := Point{
			At: float64(i + 1), Span: 1, Asked: new(float64(l.Due)), Reached: float64(l.Acked), Bytes: float64(run.bytes[i]), Backlog: uint64(i),
			Rejected: l.Rejected, Unknown: l.Unknown, Missed: l.Missed, Errors: run.failed[i],
			Response: packedOf(run.response[i]), Service: packedOf(run.service[i]), Schedule: new(packedOf(run.schedule[i])),
			CPU: 0.25, RSS: uint64(1000 + i), Server: run.server[i],
		}
		if len(want.Errors) == 0 {
			want.Errors = nil
		}
		p.Response, p.Service, p.Schedule = bare(p.Response), bare(p.Service), new(bare(*p.Schedule))
		if !reflect.DeepEqual(p, want) {
			t.Errorf("point %d is %+v, want %+v", i, p, want)
		}
	}
	if points[3].Response.Hdr == "" || points[3].Service.Hdr == "" || points[3].Schedule.Hdr == "" {
		t.Error("no histograms")
	}
}

// A long run has fewer points, which are exactly what they would be had they been taken at once.
func TestSeriesIsBounded(t *testing.T) {
	const (
		most    = 60
		seconds = most + 7 // each point is made of two seconds in the end
		few     = 50       // different seconds, over and over
	)
	model := live(2, time.Time{}, few)
	s := NewSeries(Usage{})
	s.most = most
	var progress emitter.Progress
	for second := range seconds {
		progress.Lines.Acked += model.lines[second%few].Acked
		progress.Lines.Due += model.lines[second%few].Due
		s.Add(emitter.Snapshot{
			Progress: progress, At: time.Duration(second+1) * time.Second, Interval: time.Second,
			Latency: model.latency[second%few], Backlog: uint64(second),
		}, Usage{CPU: 0.25 * float64(second+1), RSS: uint64(1000 + second)})
		s.Looked(time.Duration(second+1)*time.Second, scrape.Growth{Lines: float64(second), Streams: uint64(second)})
	}
	points := s.Points()
	if len(points) != (seconds+1)/2 {
		t.Fatalf("%d points", len(points))
	}
	var acked float64
	for i, p := range points {
		from, to := 2*i, min(2*i+2, seconds)
		span := float64(to - from)
		var l emitter.Lines
		var response, service []time.Duration
		for second := from; second < to; second++ {
			l.Due += model.lines[second%few].Due
			l.Acked += model.lines[second%few].Acked
			response = append(response, model.response[second%few]...)
			service = append(service, model.service[second%few]...)
		}
		if p.At != float64(to) || p.Span != span || p.Reached != float64(l.Acked)/span || *p.Asked != float64(l.Due)/span ||
			p.Backlog != uint64(to-1) || p.RSS != uint64(1000+to-1) || math.Abs(p.CPU-0.25) > 1e-9 ||
			p.Server.Streams != uint64(to-1) || p.Server.Lines != float64(from+to-1)/2 {
			t.Fatalf("point %d is %+v", i, p)
		}
		if want := packedOf(response); bare(p.Response) != want {
			t.Fatalf("responses of point %d are %+v, want %+v", i, p.Response, want)
		}
		if want := packedOf(service); bare(p.Service) != want {
			t.Fatalf("point %d: %+v, want %+v", i, p.Service, want)
		}
		acked += p.Reached * p.Span
	}
	if uint64(math.Round(acked)) != progress.Lines.Acked {
		t.Errorf("%v lines in the series, %d acked", acked, progress.Lines.Acked)
	}
}

// A series too long for its histograms has none of them.
func TestSeriesWithoutRoom(t *testing.T) {
	model := live(3, time.Time{}, 5)
	s := NewSeries(Usage{})
	for i := range 50 {
		s.Add(emitter.Snapshot{At: time.Duration(i+1) * time.Second, Interval: time.Second, Latency: model.latency[i%5]}, Usage{})
	}
	s.settle()
	for i, p := range points(s.points, 16<<10) {
		if p.Response != packedOf(model.response[i%5]) || p.Service.Hdr != "" || p.Schedule.Hdr != "" {
			t.Fatalf("point %d is %+v", i, p)
		}
	}
}

func TestSeriesNeverExceedsItsBound(t *testing.T) {
	s := NewSeries(Usage{})
	for i := range 5 * fullSeries { // without latencies: all that is asked is how many
		s.Add(emitter.Snapshot{At: time.Duration(i+1) * time.Second, Interval: time.Second}, Usage{})
		if len(s.points) > fullSeries {
			t.Fatalf("%d points after %d s", len(s.points), i+1)
		}
	}
	var span float64
	for _, p := range s.Points() {
		span += p.Span
	}
	if span != 5*fullSeries {
		t.Errorf("%v s of %d", span, 5*fullSeries)
	}
}

func TestSeriesUnpaced(t *testing.T) {
	s := NewSeries(Usage{})
	s.Warmup = time.Second
	for i := range 3 {
		s.Add(emitter.Snapshot{At: time.Duration(i+1) * time.Second, Interval: time.Second,
			Latency: emitter.Latency{Response: newHistogram(), Service: newHistogram()}}, Usage{})
	}
	s.Add(emitter.Snapshot{At: 3 * time.Second, Last: true}, Usage{}) // no time has passed since the last one
	points := s.Points()
	if len(points) != 3 {
		t.Fatalf("%d points", len(points))
	}
	for i, p := range points {
		if p.Asked != nil || p.Schedule != nil || p.Errors != nil || p.Server != nil || p.Response != (Band{}) || p.Warmup != (i == 0) {
			t.Errorf("point %d is %+v", i, p)
		}
	}
}

func BenchmarkSeriesAdd(b *testing.B) {
	l := emitter.Latency{
		Response: histogram(20*time.Microsecond, 20*time.Millisecond, 64_000),
		Service:  histogram(5*time.Microsecond, 900*time.Microsecond, 10_000),
		Schedule: histogram(time.Microsecond, 2*time.Millisecond, 64_000),
	}
	s := NewSeries(Usage{})
	for i := 0; b.Loop(); i++ {
		s.Add(emitter.Snapshot{At: time.Duration(i+1) * time.Second, Interval: time.Second, Latency: l}, Usage{})
	}
}
