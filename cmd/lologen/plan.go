package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/term"

	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/emitter/line"
	"github.com/exitfound/lologen/sinks"
)

// load is a run made ready: what the emitter does and what the report says was asked for.
type load struct {
	plan  emitter.Plan
	shown report.Plan
	about report.Run
	runID string

	steering *steering // nil: the rate is fixed
	config   sinks.Config
	mean     float64 // bytes of a line
}

// run makes the lines and delivers them. The account is nil if the run did not take place. f, if
// any, has followed it.
func (l *load) run(ctx context.Context, f *follower) (*account, error) {
	start := report.Measure()
	result, err := emitter.Run(ctx, l.plan)
	used := report.Measure().Since(start)
	if f != nil {
		f.finish(ctx, &l.about)
	}
	if result == nil {
		return nil, err
	}
	l.about.Plan, l.about.Usage = l.shown, used
	if l.shown.Sink == "loki" {
		l.about.Plan.Evidence = unused(l.shown.Evidence, result, l.plan.Streams)
	}
	if result.Asked > 0 { // as far as it went
		l.about.Plan.Rate = &result.Asked
	}
	if result.Changed {
		l.about.Plan.Schedule = "changed while it ran"
	}
	return &account{result, report.New(result, l.about)}, err
}

// account is what became of a run.
type account struct {
	result *emitter.Result
	report *report.Report
}

// read turns what the user said of a run into options, each checked alone and then together.
func read(v *values) (*options, error) {
	o := defaults()
	if err := v.apply(o); err != nil {
		return nil, err
	}
	return o, o.complete(v)
}

// complete checks options together and fills in what depends on others.
func (o *options) complete(v *values) error {
	if err := noSecrets(v); err != nil {
		return err
	}
	if err := v.unused(o); err != nil {
		return err
	}
	if o.streams == 0 {
		o.streams = o.workers
	}
	if s := v.of("streams"); s.origin == fromScenario {
		o.streams = max(o.streams, o.workers)
	} else if o.streams < o.workers {
		return usagef("%s %d: accepted are as many as --workers (%d) or more", s.spelt, o.streams, o.workers)
	}
	if !v.given("seed") {
		var b [8]byte
		rand.Read(b[:])
		o.seed = binary.LittleEndian.Uint64(b[:]) >> 11 // 53 bits: every JSON reader keeps them
	}
	if err := o.verifiable(v); err != nil {
		return err
	}
	if err := o.readControl(v); err != nil {
		return err
	}
	if err := o.checkLoad(v); err != nil {
		return err
	}
	return o.completeSink(v)
}

// completeSink reads together what concerns the sinks that lines go to.
func (o *options) completeSink(v *values) error {
	if o.goesTo("http") {
		if err := o.readHTTP(v); err != nil {
			return err
		}
	}
	if o.goesTo("loki") {
		if err := o.readLoki(v); err != nil {
			return err
		}
	}
	if o.goesTo("http", "loki") {
		return o.readServer(v)
	}
	return nil
}

// sinkConfig is what the destination is told.
func (o *options) sinkConfig(io stdio) (sinks.Config, error) {
	c := sinks.Config{Workers: o.workers, Logger: o.name, Thread: line.ThreadName, Stream: io.out, Path: o.path, HTTP: o.http}
	if o.stream == "stderr" {
		c.Stream = io.err
	}
	if o.sink == "loki" {
		c.HTTP.URL, c.Loki = o.loki.url, o.loki.Loki
	}
	if o.sink == "file" && o.path == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return c, usagef("-p has no default here, as there is no home directory: accepted is a path")
		}
		c.Path = filepath.Join(home, "spam_application.log")
		o.path = c.Path
	}
	return c, o.readable()
}

// formats returns the maker of each worker's format.
func (o *options) formats(runID string, color bool) func(worker int) emitter.Format {
	// Python shows a thread by its address; what counts is that they differ.
	const firstThread = 140_000_000_000_000
	pid := os.Getpid()
	return func(worker int) emitter.Format {
		lo := line.Options{
			Name: o.name, ThreadName: line.ThreadName(worker), Thread: firstThread + int64(pid)*mostWorkers + int64(worker),
			PID: pid, Color: color, Run: runID, Location: time.Local,
		}
		if o.record && o.sink == "http" {
			return line.Record(lo)
		}
		f, _ := line.New(o.format, lo) // the format's name was checked
		return f
	}
}

// colored reports whether lines are to be coloured.
func (o *options) colored(c sinks.Config) bool {
	if o.color == "auto" {
		return o.sink == "console" && term.IsTerminal(int(c.Stream.Fd()))
	}
	return o.color == "always"
}

// ready makes the load out of the options.
func (o *options) ready(io stdio) (*load, error) {
	c, err := o.sinkConfig(io)
	if err != nil {
		return nil, err
	}
	l := &load{runID: newRunID()}
	l.about = report.Run{ID: l.runID, Seed: o.seed, SLO: o.slos}
	identity := ""
	if o.identify {
		identity = l.runID
	}
	c.Loki.Run = identity
	opener, err := sinks.Open(o.sink, c)
	if err != nil {
		return nil, usagef("-t %s: %w", o.sink, err)
	}
	o.limit(&opener.Limits)

	color := o.colored(c)
	format := o.formats(identity, color)
	source, err := o.source(format)
	if err != nil {
		return nil, err
	}
	mean := float64(o.size) // exactly, if it was asked for
	if o.size == 0 {
		mean = emitter.MeanLine(o.seed, source(0), format(0), meanSample)
	}
	schedule, err := o.schedule(mean)
	if err != nil {
		return nil, err
	}
	l.plan = emitter.Plan{
		Workers: o.workers, Streams: o.streams, Skew: o.skew, Count: o.count, Duration: o.duration, Burst: o.burst,
		Drain: o.drain, Retries: o.retries, Seed: o.seed, Identify: o.identify,
		Source: source, Format: format, Sink: opener, Schedule: schedule, Warmup: o.warmup, Start: o.startAt,
	}
	if err := measured(&l.plan); err != nil {
		return nil, err
	}
	if o.sink == "loki" {
		l.plan.Sink.Streams = o.streamsPerRequest(&l.plan, mean)
	}
	l.config, l.mean = c, mean
	l.shown = o.shown(&l.plan, color, c)
	return l, nil
}

// newRunID is short enough for every line and long enough to be the only one.
func newRunID() string {
	var b [6]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// shown is the plan as the report shows it.
func (o *options) shown(p *emitter.Plan, color bool, c sinks.Config) report.Plan {
	s := report.Plan{
		Sink: o.sink, Ack: string(p.Sink.Ack), Format: o.format, Workers: o.workers, Streams: o.streams,
		Duration: o.duration.Seconds(), Count: o.count, Level: o.level.String(), Color: color, Name: o.name, Identify: o.identify,
		Batch: report.Batch{Bytes: p.Sink.Bytes, Lines: p.Sink.Lines, Wait: p.Sink.Wait.Seconds()},
		Size:  o.size, Warmup: o.warmup.Seconds(), Burst: o.burst, Drain: o.drain.Seconds(), Skew: o.skew,
	}
	if slices.Contains(networkOnly, o.sink) {
		s.Retries, s.Timeout = new(o.retries), o.http.Timeout.Seconds()
	}
	if mean, _, paced := p.Asked(); paced {
		s.Rate = &mean
	}
	switch {
	case len(o.stages) > 0:
		s.Schedule = "stages " + o.stages.String()
	case o.profile.name != "":
		s.Schedule = o.profile.String()
	case o.rampUp > 0:
		s.Schedule = fmt.Sprintf("ramp up %v", o.rampUp)
	case o.rate.asked == "":
		s.Interval = o.interval.Seconds()
	}
	if o.rate.bytes > 0 {
		s.RateAsked = o.rate.asked
	}
	if o.record && o.sink == "http" {
		s.Format, s.Color = "record", false
	}
	switch o.sink {
	case "file":
		s.Target = c.Path
	case "console":
		s.Target = o.stream
	case "http":
		s.Target = o.method + " " + target(o.http.URL)
	case "loki":
		o.showLoki(&s, p, c)
	}
	return s
}
