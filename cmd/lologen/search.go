package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/bench/search"
	"github.com/exitfound/lologen/emitter"
)

func searchCommand() command {
	s := &searchOptions{
		from: rate{lines: 1000, asked: "1k"}, to: rate{lines: float64(emitter.MaxRate), asked: "1G"},
		step: 10 * time.Second, precision: 0.05, output: "text",
	}
	return command{
		name:  "search",
		usage: "finds the highest rate that still meets the SLO",
		flags: searchFlags(s),
		examples: []string{
			"lologen search -t loki --url http://127.0.0.1:3100 --from 1MB --to 64MB",
			"lologen search -t http -M POST --url https://host/in --workers 8 --slo 'p99<250ms' --slo 'errors<0.1%'",
			"lologen search -t file -p app.log --slo 'p99<10ms' --step-duration 30s --precision 2% --output json",
		},
		exits: "0 an answer, 1 none, 2 wrong use; interrupted: the best known answer.",
		run: func(ctx context.Context, v *values, io stdio) (int, error) {
			return runSearch(ctx, v, s, io)
		},
	}
}

// searchOptions are what was asked of a search, beside the options of its steps.
type searchOptions struct {
	from, to  rate
	step      time.Duration
	precision float64
	settle    time.Duration
	output    string
}

const groupSearch = "What to find"

// searchFlags are a search's own and those of a run, but for the ones that a search answers itself.
func searchFlags(s *searchOptions) []flag {
	own := []flag{
		{name: "from", group: groupSearch, value: "RATE", initial: "1k", usage: "the first step: as --rate of a run (64k, 10MB, 2TB/day)",
			set: func(_ *options, text string) error { return setSearchRate(&s.from, text) }},
		{name: "to", group: groupSearch, value: "RATE", initial: "no end", usage: "never above it",
			set: func(_ *options, text string) error { return setSearchRate(&s.to, text) }},
		{name: "step-duration", group: groupSearch, value: "TIME", initial: "10s", usage: "how long lines are due in a step",
			set: func(_ *options, text string) error { return setPositive(&s.step, text) }},
		{name: "precision", group: groupSearch, value: "SHARE", initial: "5%", usage: "how near to the lowest rate that breaks",
			set: func(_ *options, text string) error { return setPrecision(&s.precision, text) }},
		{name: "settle", group: groupSearch, value: "TIME", initial: "a tenth of a step", usage: "between two steps",
			set: func(_ *options, text string) error { return setPositive(&s.settle, text) }},
		{name: "output", group: groupSearch, value: "HOW", initial: "text", usage: strings.Join(search.Formats(), ", "),
			set: func(_ *options, text string) (err error) { s.output, err = oneOf(text, search.Formats()...); return }},
	}
	left := []string{
		"stream", "webserver", "interval", "rate", "stages", "profile", "scenario", "ramp-up", "start-at", "duration", "count",
		"report", "report-file", "slo-abort", "progress", "metrics-listen", "pprof", "allow-control", "control-token-file", "dry-run",
	}
	var others []flag
	for _, f := range runFlags() {
		switch {
		case slices.Contains(left, f.name):
			continue
		case f.name == "slo":
			f.group, f.initial = groupSearch, "errors==0, and to keep up"
			own = append(own, f)
			continue
		case f.name == "verify":
			f.usage = "ask the destination after each step: what is lost breaks it"
		case f.name == "web-host": // there is no -W for which it would mean more
			f.usage = "http: server"
		case f.name == "path-file":
			f.initial = "a temporary file"
		}
		others = append(others, f)
	}
	return append(own, others...)
}

func setSearchRate(at *rate, s string) error {
	r, err := parseRate(s)
	if err == nil && r.max {
		err = errors.New("are rates other than max")
	}
	*at = r
	return err
}

func setPrecision(at *float64, s string) error {
	const least, most = 0.001, 1
	if err := setShare(at, s); err != nil || *at < least || *at > most {
		return errors.New("is a share from 0.1% to 100%, like 5%")
	}
	return nil
}

// readSearch turns what the user said into the options of a step.
func readSearch(v *values, s *searchOptions) (*options, error) {
	o := defaults()
	if err := v.apply(o); err != nil {
		return nil, err
	}
	o.duration, o.rate = s.step, s.from
	if o.warmup >= s.step {
		return nil, usagef("%s %v: accepted is less than --step-duration (%v)", v.of("warmup").spelt, o.warmup, s.step)
	}
	if s.settle == 0 {
		s.settle = s.step / 10
	}
	if o.verify.on && !slices.ContainsFunc(o.slos, report.SLO.NeedsVerify) {
		lossless, err := report.ParseSLO("lost==0")
		if err != nil {
			return nil, err
		}
		o.slos = append(o.slos, lossless)
	}
	if o.verify.on && o.sink == "file" && o.path == "" {
		return nil, usagef("--verify: accepted with -p, as a temporary file is emptied now and then")
	}
	return o, o.complete(v)
}

// runSearch takes step after step and writes the answer.
func runSearch(ctx context.Context, v *values, s *searchOptions, io stdio) (int, error) {
	o, err := readSearch(v, s)
	if err != nil {
		return 0, err
	}
	steps := &steps{options: o, search: s}
	config, err := steps.config(v, io)
	if err != nil {
		return 0, err
	}
	for _, w := range v.warnings(o) {
		fmt.Fprintln(io.err, "lologen:", w)
	}
	stand, err := o.searchStandIn()
	if err != nil {
		return exitFailed, err
	}
	defer stand.End()
	steps.stand = stand
	load := steps.inWords()
	rows := s.rows(io)
	if err = printRows(rows, load); err != nil {
		return goneOr(err)
	}
	result, err := search.Run(ctx, config)
	result.Seed, result.Load = o.seed, load
	if errors.Is(err, syscall.EPIPE) { // whoever reads the rows has seen enough
		return exitOK, nil
	}
	err = errors.Join(err, result.Write(io.out, s.output))
	switch {
	case err != nil:
		return goneOr(err)
	case result.Best == nil:
		return exitFailed, nil
	}
	return exitOK, nil
}

// goneOr is a failure, unless it is that whoever reads the answer has seen enough.
func goneOr(err error) (int, error) {
	if errors.Is(err, syscall.EPIPE) {
		return exitOK, nil
	}
	return exitFailed, err
}

// rows is where a row of text goes for each step; nil: nowhere.
func (s *searchOptions) rows(io stdio) io.Writer {
	switch {
	case s.output == "text":
		return io.out
	case term.IsTerminal(int(io.err.Fd())):
		return io.err
	}
	return nil
}

func printRows(w io.Writer, load string) error {
	if w == nil {
		return nil
	}
	if _, err := fmt.Fprintf(w, "%s\n\n", load); err != nil {
		return err
	}
	return search.Head(w)
}
