package emitter

import (
	"time"
)

// A Snapshot is a run seen while it runs: totals since its start, and the histograms of the
// time since the last snapshot alone. Whoever is handed one may keep it.
type Snapshot struct {
	Progress
	At       time.Duration // since the start
	Interval time.Duration // since the last snapshot
	Latency  Latency       // of the interval, the warm-up's lines included
	Warmup   bool          // all of the interval lies in the warm-up
	Backlog  uint64        // lines due and neither made nor missed
	Rate     float64       // lines a second asked for at At; 0: a pause, +Inf: unpaced
	Length   time.Duration // how long lines are due at most, as is known at At; 0: for ever
	Failures []Failure
	Last     bool // the run is over: the rest of it
}

// watcher gathers what the recorders hold: at intervals while the run goes on, and at its end.
type watcher struct {
	run   *run
	at    time.Duration
	sum   tally    // all of it, at the last look
	total *Latency // of the whole run after the warm-up
}

// watch hands out a Snapshot at every interval until done is closed.
func (w *watcher) watch(done <-chan struct{}) {
	ticker := time.NewTicker(w.run.plan.Every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			w.look(w.run.clock(), false)
		case <-done:
			return
		}
	}
}

// last gathers what was left, once no worker is under way any more.
func (w *watcher) last() { w.look(w.run.elapsed, true) }

func (w *watcher) look(now time.Duration, last bool) {
	interval, course := newLatency(), w.run.course.Load()
	w.sum = tally{}
	for _, r := range w.run.recorders {
		r.rotate(interval, &w.sum)
	}
	w.total.merge(interval)
	for _, r := range w.run.recorders {
		r.rotateWarm(interval)
	}
	s := Snapshot{
		Progress: w.sum.Progress,
		At:       now,
		Interval: now - w.at,
		Latency:  *interval,
		Failures: w.run.failures(&w.sum),
		Rate:     course.rate(now),
		Length:   course.duration(),
		Warmup:   now <= w.run.plan.Warmup,
		Last:     last,
	}
	w.at = now
	if w.run.plan.OnSnapshot == nil {
		return
	}
	s.account(w.run, w.sum.unpaced)
	w.run.plan.OnSnapshot(s)
}

// account fills in what is due by now, unpaced lines included.
func (s *Snapshot) account(r *run, unpaced uint64) {
	if !r.course.Load().paced() {
		s.Latency.Schedule = nil
	}
	// Lines are counted as made after they were sent, so they may be ahead of a stop.
	s.Lines.Due = max(s.Made+s.Lines.Missed, unpaced+r.dueSoFar(s.At))
	s.Backlog = s.Lines.Due - s.Made - s.Lines.Missed
}
