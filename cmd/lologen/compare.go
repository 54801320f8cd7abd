package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/exitfound/lologen/bench/compare"
	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/sinks"
)

func compareCommand() command {
	return command{
		name:  "compare",
		usage: "gives several sinks the same load in turn, one table",
		flags: compareFlags(),
		examples: []string{
			"lologen compare --sinks discard,console,file,http,journald --duration 5s",
			"lologen compare --sinks console,file --rate 100k --workers 8 --output markdown",
			"lologen compare --sinks http --url https://host/in --batch-lines 100 --output json",
		},
		exits: "0 a table (also if a sink was not there), 1 no sink could be used, 2 wrong use.",
		run:   runCompare,
	}
}

const groupCompare = "What to compare"

// everySink is what is compared by default. Entries in the journal stay, and push older ones out:
// it has to be asked for.
const everySink = "discard,console,file,http"

// compareFlags are those of a run but for the ones that a comparison answers itself, with
// defaults of its own.
func compareFlags() []flag {
	flags := []flag{
		{name: "sinks", group: groupCompare, value: "LIST", initial: everySink, usage: "also journald, whose entries stay",
			set: func(o *options, s string) error { return setSinks(&o.sinks, s) }},
		{name: "output", group: groupCompare, value: "HOW", initial: "text", usage: strings.Join(compare.Formats(), ", "),
			set: func(o *options, s string) (err error) { o.output, err = oneOf(s, compare.Formats()...); return }},
	}
	left := []string{"type", "stream", "webserver", "report", "report-file", "scenario", "dry-run", "progress",
		"metrics-listen", "pprof", "slo", "slo-abort", "scrape", "allow-control", "control-token-file", "start-at"}
	for _, f := range verifyRunFlags() {
		left = append(left, f.name)
	}
	other := map[string]string{
		"path-file": "a temporary file", "web-host": "a server of its own", "web-port": "a server of its own", "url": "a server of its own",
		"web-method": "POST", "interval": "--rate max", "rate": "max", "duration": "5s, unless --count is given",
	}
	for _, f := range runFlags() {
		if slices.Contains(left, f.name) {
			continue
		}
		if initial, ok := other[f.name]; ok {
			f.initial = initial
		}
		if f.name == "web-host" { // there is no -W for which it would mean more
			f.usage = "http: server"
		}
		flags = append(flags, f)
	}
	return flags
}

// setSinks reads a list of sinks. A sink may be there twice, to see how much two turns differ.
func setSinks(at *[]string, s string) error {
	*at = nil
	for word := range strings.SplitSeq(s, ",") {
		name, err := oneOf(strings.TrimSpace(word), sinks.Names()...)
		if err != nil {
			return fmt.Errorf("%w (several with commas between them)", err)
		}
		*at = append(*at, name)
	}
	return nil
}

// readCompare turns what the user said into options. What a comparison does by default is what
// tells sinks apart: as fast as possible, and http with a body, as logs are sent.
func readCompare(v *values) (*options, error) {
	o := defaults()
	o.sink, o.sinks, o.method = "", strings.Split(everySink, ","), "POST"
	if err := v.apply(o); err != nil {
		return nil, err
	}
	if !v.given("interval") && !v.given("rate") {
		o.rate.max = true
	}
	if !v.given("duration") && !v.given("count") && !v.given("stages") {
		o.duration = 5 * time.Second
	}
	return o, o.complete(v)
}

// runCompare gives each sink its turn and writes the table.
func runCompare(ctx context.Context, v *values, io stdio) (int, error) {
	o, err := readCompare(v)
	if err != nil {
		return 0, err
	}
	if err := o.checkSinks(io); err != nil {
		return 0, err
	}
	for _, w := range v.warnings(o) {
		fmt.Fprintln(io.err, "lologen:", w)
	}
	table := compare.New(o.seed, o.inWords())
	var errs []error
	for i, sink := range o.sinks {
		if ctx.Err() != nil {
			break
		}
		if term.IsTerminal(int(io.err.Fd())) {
			fmt.Fprintf(io.err, "lologen: %s (%d of %d)\n", sink, i+1, len(o.sinks))
		}
		errs = append(errs, o.turn(ctx, v, sink, table))
	}
	err = table.Write(io.out, o.output)
	if errors.Is(err, syscall.EPIPE) { // whoever reads the table has seen enough
		err = nil
	}
	err = errors.Join(append(errs, err)...)
	switch {
	case err != nil:
		return exitFailed, err
	case table.Measured() == 0 && ctx.Err() == nil:
		return exitFailed, errors.New("compare: none of the sinks could be used")
	}
	return exitOK, nil
}

// checkSinks finds wrong use before the first turn.
func (o *options) checkSinks(io stdio) error {
	for _, sink := range o.sinks {
		one := o.on(sink)
		if one.path == "" {
			one.path = os.DevNull
		}
		if _, err := one.ready(io); err != nil {
			return err
		}
	}
	return nil
}

// on returns the options of a run on one of the sinks.
func (o *options) on(sink string) *options {
	one := *o
	one.sink, one.sinks = sink, nil
	return &one
}

// turn gives one sink its load and adds a row to the table. An error is a ledger that does not
// balance; all else that goes wrong is a row.
func (o *options) turn(ctx context.Context, v *values, sink string, table *compare.Table) error {
	s, err := o.standIn(v, sink)
	if err != nil {
		table.AddAbsent(sink, err)
		return nil
	}
	defer s.End()
	one := o.on(sink)
	if s.Path != "" {
		one.path = s.Path
	}
	if s.URL != "" {
		one.http.URL, one.loki.url = s.URL, s.URL
	}
	l, err := one.ready(stdio{out: s.Stream})
	if err != nil {
		table.AddAbsent(sink, err)
		return nil
	}
	runtime.GC() // so that what the last turn left is not this one's to collect
	a, err := l.run(ctx, nil)
	if a == nil {
		table.AddAbsent(sink, err)
		return nil
	}
	notes := []string{s.Note}
	if err != nil {
		notes = append(notes, err.Error())
	}
	table.Add(a.report, notes...)
	if errors.Is(err, emitter.ErrUnbalanced) {
		return fmt.Errorf("compare %s: %w", sink, err)
	}
	return nil
}

// standIn is where a sink's lines go if the user has not said where.
func (o *options) standIn(v *values, sink string) (*compare.StandIn, error) {
	switch {
	case sink == "console":
		return compare.Pipe()
	case sink == "file" && o.path == "":
		return compare.File()
	case sink == "http" && !v.given("url") && !v.given("web-host") && !v.given("web-port"), sink == "loki" && !v.given("url"):
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("start receiver: find our own file: %w", err)
		}
		return compare.Server(self, foreign(v.env))
	}
	return compare.Given(o.whereTo(sink)), nil
}

// whereTo is what the user's own destination is, in words.
func (o *options) whereTo(sink string) string {
	switch sink {
	case "file":
		return "appended to " + o.path
	case "http":
		return o.method + " " + target(o.http.URL)
	case "loki":
		return "POST " + target(o.loki.url)
	case "discard":
		return "nobody gets the lines: this is the cost of making them"
	}
	return ""
}

// foreign is the environment without what is meant for this command.
func foreign(env map[string]string) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if !strings.HasPrefix(name, "LOLOGEN_") {
			list = append(list, name+"="+env[name])
		}
	}
	return list
}

// inWords is the load that each sink is given.
func (o *options) inWords() string {
	workers := "1 worker"
	if o.workers > 1 {
		workers = fmt.Sprintf("%d workers", o.workers)
	}
	parts := []string{o.format, workers, o.pace()}
	if o.count > 0 {
		parts = append(parts, fmt.Sprintf("%d lines", o.count))
	}
	if o.duration > 0 {
		parts = append(parts, report.Length(o.duration.Seconds()))
	}
	return strings.Join(parts, ", ") + " for each sink"
}

func (o *options) pace() string {
	switch {
	case len(o.stages) > 0:
		return "--stages " + o.stages.String()
	case o.profile.name != "":
		return "--profile " + o.profile.String()
	case o.unpaced():
		return "unpaced"
	case o.rate.asked != "":
		return "--rate " + o.rate.asked
	}
	return "a line every " + report.Length(o.interval.Seconds()) + " from each worker"
}
