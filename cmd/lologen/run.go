package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"time"

	"golang.org/x/term"

	"github.com/exitfound/lologen/bench/receive"
	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/emitter"
)

func runCommand() command {
	return command{
		usage: "makes log lines, delivers them and tells the truth about every one of them",
		flags: runFlags(),
		examples: []string{
			"lologen                                            a line every two seconds",
			"lologen -f json -l warning -T 0.5 -c never         as the Python tool had it",
			"lologen -t file -p app.log --workers 64 -T 0.001 -d 10s",
			"lologen -t loki --label 'pod={0..9}' --rate 10MB -d 1m --report-file run.html",
		},
		exits: "0 all delivered, 1 not all or not run, 2 wrong use, 3 SLO not met, 130 two signals.",
		run:   runLoad,
	}
}

// runLoad makes lines and delivers them.
func runLoad(ctx context.Context, v *values, io stdio) (int, error) {
	o, err := read(v)
	if err != nil {
		return 0, err
	}
	if o.scenario == "help" {
		return exitOK, listScenarios(io.out)
	}
	// The lines have one of the two streams to themselves.
	notes := io.err
	if o.sink == "console" && o.stream == "stderr" {
		notes = io.out
	}
	l, err := o.ready(io)
	if err != nil {
		return 0, err
	}
	l.about.Command = v.command(o)
	if o.dryRun {
		return exitOK, o.measure(l, false).write(io.out)
	}
	files, err := o.reportFiles()
	if err != nil {
		return 0, err
	}
	for _, w := range slices.Concat(v.warnings(o), o.oversized(l), o.awaited(time.Now())) {
		fmt.Fprintln(notes, "lologen:", w)
	}
	stop, err := o.serve(ctx)
	if err != nil {
		return exitFailed, err
	}
	l.steering = newSteering(l)
	l.plan.Control = l.steering.control
	running, abort := context.WithCancel(ctx)
	defer abort()
	f, err := o.follow(running, l, notes, abort)
	if err != nil {
		return exitFailed, errors.Join(err, stop())
	}
	a, err := l.run(running, f)
	how := o.reportAs(v, notes)
	if a != nil && o.verify.on {
		a.report.Verified(o.verifyAfter(ctx, l, a.result, how, notes))
	}
	err = errors.Join(err, stop())
	if a == nil {
		return exitFailed, err
	}
	if how != "none" {
		err = errors.Join(err, a.report.Write(notes, how))
	}
	err = errors.Join(err, files.commit(a.report))
	code := verdict(a, err)
	if err == nil && code == exitFailed && how == "none" {
		err = undelivered(a.report)
	}
	// From here on even errors keep off the stream that the lines had.
	if err != nil {
		fmt.Fprintln(notes, "lologen:", err)
	}
	return code, nil
}

// verifyAfter verifies a run that the end of ctx may have stopped, and is as quiet about it as the report.
func (o *options) verifyAfter(ctx context.Context, l *load, r *emitter.Result, how string, notes *os.File) *report.Verification {
	if ctx.Err() != nil { // what ended the run is no reason not to ask; what comes now is
		ctx = context.WithoutCancel(ctx)
	}
	if how == "none" {
		return o.verifyRun(ctx, l, r, nil)
	}
	return o.verifyRun(ctx, l, r, notes)
}

// awaited says when the run is to begin, if it was told: that may be tomorrow, or long ago.
func (o *options) awaited(now time.Time) []string {
	at := o.startAt.Format("2006-01-02 15:04:05 -0700")
	switch wait := o.startAt.Sub(now); {
	case o.startAt.IsZero():
		return nil
	case wait <= 0:
		return []string{"the first line was due at " + at + ", which is over: it starts now"}
	default:
		return []string{fmt.Sprintf("the first line is due at %s, in %v", at, wait.Round(time.Second))}
	}
}

// undelivered says in one sentence what a report would have: nobody should have to guess.
func undelivered(r *report.Report) error {
	if v := r.Verification; r.Lines.Lost() == 0 && v != nil {
		if v.Why != "" {
			return fmt.Errorf("the destination could not be asked: %s", v.Why)
		}
		return fmt.Errorf("of %d acked lines: %s", r.Lines.Acked, v.Fault())
	}
	first := "for no reason given"
	if len(r.Errors) > 0 {
		first = r.Errors[0].First
	}
	missed := ""
	if r.Lines.Missed > 0 {
		missed = fmt.Sprintf(", and %d were never made", r.Lines.Missed)
	}
	return fmt.Errorf("%d of %d lines were not delivered%s: %s", r.Lines.Lost(), r.Lines.Due, missed, first)
}

// verdict is the exit code of a run that took place.
func verdict(a *account, err error) int {
	switch {
	case err != nil:
		return exitFailed
	case a.report.Verdict.SLOFailed():
		return exitSLO
	case !a.report.Verdict.Passed:
		return exitFailed
	}
	return exitOK
}

// reportAs is how the report goes to notes.
func (o *options) reportAs(v *values, notes *os.File) string {
	if o.report != "auto" {
		return o.report
	}
	if v.loaded() || term.IsTerminal(int(notes.Fd())) {
		return "text"
	}
	return "none"
}

// serve starts the built-in web server, if it was asked for. stop ends it, after the run's drain.
func (o *options) serve(ctx context.Context) (stop func() error, err error) {
	if !o.server {
		return func() error { return nil }, nil
	}
	server, err := receive.Listen(receive.Config{Listen: net.JoinHostPort(o.host, strconv.Itoa(o.port))})
	if err != nil {
		return nil, fmt.Errorf("start the built-in web server: %w", err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx) }()
	return func() error {
		cancel()
		return <-done
	}, nil
}
