package main

import (
	"context"
	"sync"
	"time"

	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/bench/scrape"
)

// glances are the looks at a destination while a run goes on: one between its snapshots each, apart
// from the run, as the destination may take its time. One that takes longer than an interval answers
// for the snapshots in the meantime, too.
type glances struct {
	scraper looker
	due     chan moment
	newest  moment // that was due

	begun time.Duration // when the last look was

	mu    sync.Mutex // the run picks up what was found
	found []glance
}

// A looker is a scrape.Scraper that has looked once.
type looker interface {
	Look(ctx context.Context) (scrape.Growth, error)
	Finish() scrape.Change
}

// A moment is a time of the run, by both clocks.
type moment struct {
	at  time.Duration
	now time.Time
}

// on is the time of the run at another time.
func (m moment) on(now time.Time) time.Duration { return m.at + now.Sub(m.now) }

// A glance is what a look found; growth is nil if the destination did not answer.
type glance struct {
	from, to time.Duration
	growth   *scrape.Growth
}

func newGlances(s looker) *glances {
	return &glances{scraper: s, due: make(chan moment, 1)}
}

// ask has the destination looked at, as soon as the last look is over.
func (g *glances) ask(at time.Duration) {
	g.newest = moment{at, time.Now()}
	select {
	case g.due <- g.newest:
	default:
	}
}

// glanceAfter keeps looks away from whole seconds of the run. Batches that wait for a second arrive
// then, and would be counted by the look before or after it as chance has it.
const glanceAfter = followEvery / 2

// watch looks when it is asked to, until ctx ends.
func (g *glances) watch(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-g.due:
			if !sleep(ctx, time.Until(m.now.Add(glanceAfter))) {
				return
			}
			g.look(ctx, m)
		}
	}
}

// sleep returns false if ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// look looks. One that is cut short says nothing of the destination.
func (g *glances) look(ctx context.Context, asked moment) {
	begun := asked.on(time.Now())
	growth, err := g.scraper.Look(ctx)
	if err != nil && ctx.Err() != nil {
		return
	}
	seen := glance{from: g.begun, to: asked.on(growth.At), growth: &growth}
	if err != nil {
		seen.to, seen.growth = asked.on(time.Now()), nil
	}
	g.begun = begun
	g.mu.Lock()
	defer g.mu.Unlock()
	g.found = append(g.found, seen)
}

// tell adds what was found to the series.
func (g *glances) tell(s *report.Series) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, seen := range g.found {
		if seen.growth == nil {
			s.Unanswered(seen.from, seen.to)
			continue
		}
		s.Looked(seen.to, *seen.growth)
	}
	g.found = g.found[:0]
}

// finish takes the last look, once the run is over and watch has ended, and says what happened in all.
func (g *glances) finish(ctx context.Context, s *report.Series) *scrape.Change {
	if g.newest.now.IsZero() {
		g.newest.now = time.Now()
	}
	g.look(ctx, g.newest)
	g.tell(s)
	change := g.scraper.Finish()
	return &change
}
