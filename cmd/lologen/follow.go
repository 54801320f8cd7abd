package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/term"

	"github.com/exitfound/lologen/bench/metrics"
	"github.com/exitfound/lologen/bench/progress"
	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/bench/scrape"
	"github.com/exitfound/lologen/emitter"
)

// follower sees a run while it goes on: it keeps its series, shows it to people and to Prometheus,
// watches over SLOs, and asks the destination for its side.
type follower struct {
	notes   io.Writer
	start   report.Usage
	series  *report.Series
	line    *progress.Progress // nil: none is shown
	metrics *metrics.Run       // nil: nobody asks
	watch   *report.Watch      // nil: no SLO ends the run
	bounds  bounds
	steered atomic.Pointer[float64] // the highest rate from the last change on; nil: the plan's
	abort   func()
	aborted string

	glances *glances // nil: the destination says nothing of itself

	others sync.WaitGroup
	stop   func()
}

const followEvery = time.Second

// follow begins to follow the run that l is, whose end abort brings about. Notes go to a stream
// that the lines do not have.
func (o *options) follow(ctx context.Context, l *load, notes *os.File, abort func()) (*follower, error) {
	f := &follower{notes: notes, start: report.Measure(), abort: abort}
	f.bounds = bounds{l.plan.Count, l.plan.Duration}
	f.series = report.NewSeries(f.start)
	f.series.Warmup = o.warmup
	l.plan.Every, l.plan.OnSnapshot = followEvery, f.see
	ctx, f.stop = context.WithCancel(context.WithoutCancel(ctx))
	if o.sloAbort {
		f.watch = report.NewWatch(o.slos, report.Planned{Lines: l.lines(), Warmup: o.warmup})
	}
	if o.showsProgress(l, notes) {
		f.showProgress(o, l, notes)
	}
	if l.steering != nil {
		l.steering.told = f.asked
	}
	if o.metrics != "" {
		if err := f.startMetrics(ctx, o, l); err != nil {
			f.stop()
			return nil, err
		}
	}
	if l.steering != nil { // it tells all of the above
		f.others.Go(func() { l.steering.watchSignals(ctx) })
	}
	if o.sink == "loki" && o.scrapeURL() != "" {
		f.startScraping(ctx, o)
	}
	return f, nil
}

func (f *follower) startMetrics(ctx context.Context, o *options, l *load) error {
	f.metrics = metrics.NewRun(metrics.About{
		RunID: l.runID, Sink: o.sink, Format: l.shown.Format, Started: time.Now(),
	}, l.steering.rate)
	server, err := o.listenMetrics(f.metrics, f.notes)
	if err != nil {
		return err
	}
	if o.allowControl {
		l.steering.mount(o, server)
	}
	f.others.Go(func() { serveMetrics(ctx, server, f.notes) })
	return nil
}

// showsProgress reports whether there is to be a live line.
func (o *options) showsProgress(l *load, notes *os.File) bool {
	if o.progress != "auto" {
		return o.progress == "always"
	}
	return o.draws(l, notes)
}

// draws reports whether the live line can be drawn in one place. Among lines on the same terminal it
// would mix with them: there each is a line of its own, if any is shown.
func (o *options) draws(l *load, notes *os.File) bool {
	return term.IsTerminal(int(notes.Fd())) && !(o.sink == "console" && term.IsTerminal(int(l.config.Stream.Fd())))
}

func (f *follower) showProgress(o *options, l *load, notes *os.File) {
	c := progress.Config{
		Terminal: o.draws(l, notes), Width: widthOf(notes),
		Count: l.plan.Count, Paced: l.plan.Schedule != nil,
	}
	if rate, ok := l.plan.Schedule.(emitter.Rate); ok {
		target := float64(rate)
		c.Target = &target
	}
	f.line = progress.New(notes, c)
	f.notes = f.line.Writer()
}

// widthOf returns what tells the width of a terminal, 0 for anything else.
func widthOf(f *os.File) func() int {
	return func() int {
		width, _, _ := term.GetSize(int(f.Fd()))
		return width
	}
}

// startScraping asks Loki for its side. Only what was asked for by name is missed aloud.
func (f *follower) startScraping(ctx context.Context, o *options) {
	s := scrape.New(scrape.Config{
		URL: o.scrapeURL(), Push: o.loki.url, TLS: o.http.TLS,
		User: o.http.User, Password: o.http.Password, BearerToken: o.http.BearerToken, Header: o.http.Header,
	})
	if err := s.Start(ctx); err != nil {
		if o.loki.scrape != "" {
			fmt.Fprintf(f.notes, "lologen: --scrape %s: %v\n", target(o.loki.scrape), err)
		}
		return
	}
	f.glances = newGlances(s)
	f.others.Go(func() { f.glances.watch(ctx) })
}

// asked hears of a change of the rate.
func (f *follower) asked(how string, most float64) {
	f.steered.Store(&most)
	fmt.Fprintln(f.notes, "lologen:", how)
}

// see takes a snapshot of the run.
func (f *follower) see(s emitter.Snapshot) {
	used := report.Measure()
	f.series.Add(s, used)
	if f.glances != nil {
		f.glances.tell(f.series)
		f.glances.ask(s.At)
	}
	if f.metrics != nil {
		f.metrics.Observe(s)
	}
	if f.line != nil {
		f.line.Show(s)
	}
	if f.watch != nil && f.aborted == "" {
		f.watch.Add(s, used.Since(f.start))
		if rate := f.steered.Load(); rate != nil {
			f.watch.Expect(f.bounds.at(*rate, s))
		}
		if slo, doomed := f.watch.Doomed(); doomed && !s.Last {
			f.aborted = slo.Expr
			f.abort()
		}
	}
}

// finish ends the following and adds what was seen to the account of the run.
func (f *follower) finish(ctx context.Context, run *report.Run) {
	if f.line != nil {
		f.line.Done()
	}
	f.stop()
	f.others.Wait()
	if f.glances != nil {
		run.Server = f.glances.finish(context.WithoutCancel(ctx), f.series)
	}
	run.Series, run.Aborted = f.series, f.aborted
}
