package main

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/bench/scrape"
	"github.com/exitfound/lologen/emitter"
)

// A fakeLoki takes a thousand lines a second, and its time to say so.
type fakeLoki struct {
	takes func(at time.Duration) (time.Duration, error)
	start time.Time
	told  time.Time
	total float64
}

func (l *fakeLoki) Look(ctx context.Context) (scrape.Growth, error) {
	took, err := l.takes(time.Since(l.start))
	select {
	case <-time.After(took):
	case <-ctx.Done():
		return scrape.Growth{}, ctx.Err()
	}
	if err != nil {
		return scrape.Growth{}, err
	}
	g := scrape.Growth{At: time.Now(), Lines: 1000 * time.Since(l.told).Seconds()}
	l.total += g.Lines
	l.told = time.Now()
	return g, nil
}

func (l *fakeLoki) Finish() scrape.Change {
	return scrape.Change{Received: scrape.Amount{Lines: uint64(math.Round(l.total))}}
}

// glanceAt follows a made-up run of so many seconds and returns its series.
func glanceAt(t *testing.T, l *fakeLoki, seconds int) []report.Point {
	t.Helper()
	var points []report.Point
	synctest.Test(t, func(t *testing.T) {
		l.start, l.told = time.Now(), time.Now()
		g, s := newGlances(l), report.NewSeries(report.Usage{})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); g.watch(ctx) }()
		for i := range seconds {
			time.Sleep(time.Second)
			s.Add(emitter.Snapshot{At: time.Duration(i+1) * time.Second, Interval: time.Second}, report.Usage{})
			g.tell(s)
			g.ask(time.Duration(i+1) * time.Second)
		}
		time.Sleep(glanceAfter)
		synctest.Wait()
		stop()
		<-ended
		change := g.finish(t.Context(), s)
		points = s.Points()
		sum := 0.0
		for _, p := range points {
			if p.Server != nil {
				sum += p.Server.Lines * p.Span
			}
		}
		if len(points) != seconds || math.Abs(sum-float64(change.Received.Lines)) > 1 {
			t.Errorf("%v lines in %d points, %d in all", sum, len(points), change.Received.Lines)
		}
	})
	return points
}

// However long a Loki takes to answer: each point has its share, and none is lost.
func TestGlancesLoseNothing(t *testing.T) {
	for _, took := range []time.Duration{0, 10 * time.Millisecond, 990 * time.Millisecond, time.Second, 1900 * time.Millisecond} {
		uneven := &fakeLoki{takes: func(at time.Duration) (time.Duration, error) {
			return time.Duration(int64(at/time.Second)%3) * took, nil
		}}
		for i, p := range glanceAt(t, uneven, 21) {
			if p.Server == nil || p.Server.Unanswered || math.Abs(p.Server.Lines-1000) > 1 && i < 19 {
				t.Errorf("%v: point %d is %+v", took, i, p.Server)
			}
		}
	}
}

// A Loki that is gone for a while is, in the series, too.
func TestGlancesShowAnOutage(t *testing.T) {
	gone := &fakeLoki{takes: func(at time.Duration) (time.Duration, error) {
		if at > 5*time.Second && at < 9*time.Second {
			return 0, errors.New("connection refused")
		}
		return 3 * time.Millisecond, nil
	}}
	for i, p := range glanceAt(t, gone, 15) {
		if want := i >= 4 && i < 9; p.Server == nil || p.Server.Unanswered != want {
			t.Errorf("point %d is %+v", i, p.Server)
		}
	}
}

// The end of a run cuts the look under way short; that is no outage.
func TestGlancesAtTheEnd(t *testing.T) {
	n := 0
	slow := &fakeLoki{takes: func(time.Duration) (time.Duration, error) {
		if n++; n == 4 { // of the 4 s
			return time.Hour, nil
		}
		return 0, nil
	}}
	for i, p := range glanceAt(t, slow, 4) {
		if p.Server == nil || p.Server.Unanswered {
			t.Errorf("point %d is %+v", i, p.Server)
		}
	}
}
