package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/exitfound/lologen/bench/progress"
	"github.com/exitfound/lologen/bench/receive"
)

func receiveCommand() command {
	return command{
		name:  "receive",
		usage: "takes lines over HTTP, judges and reports them",
		flags: receiveFlags(),
		examples: []string{
			"lologen receive --listen 127.0.0.1:8000",
			"lologen receive --expect 100k --idle 5s --report json",
			"lologen receive --fail 5% --fail-status 429 --retry-after 2s --close 1%",
		},
		exits: "0 all expected lines arrived, none is lost or cut; 1 not all or not run, 2 wrong use, 130 interrupted twice.",
		run:   runReceive,
	}
}

const groupReceive = "What to take"

func receiveFlags() []flag {
	return slices.Concat(takeFlags(), faultFlags(), shared("progress", "metrics-listen", "pprof"), []flag{
		{name: "report", group: groupSaid, value: "HOW", initial: "text", usage: "at the end, on stderr: text, json, none",
			set: func(o *options, s string) (err error) {
				o.report, err = oneOf(s, "text", "json", "none")
				return
			}},
		{name: "report-file", group: groupSaid, value: "PATH", usage: "also there: .json .txt (repeatable)", repeat: true,
			set: func(o *options, s string) error { o.files = append(o.files, s); return nil }},
		configFlag(),
	})
}

// shared are flags of a run that mean the same elsewhere.
func shared(names ...string) []flag {
	return slices.DeleteFunc(runFlags(), func(f flag) bool { return !slices.Contains(names, f.name) })
}

func takeFlags() []flag {
	return []flag{
		{name: "listen", group: groupReceive, value: "ADDRESS", initial: "127.0.0.1:8000", usage: "where to; port 0 is any that is free",
			set: func(o *options, s string) error { return setAddress(&o.listen, s) }},
		{name: "duration", short: "d", group: groupReceive, value: "TIME", initial: "unlimited", usage: "end when it has listened for this time",
			set: func(o *options, s string) error { return setPositive(&o.duration, s) }},
		{name: "idle", group: groupReceive, value: "TIME", initial: "unlimited", usage: "end when no line came for this time, or none at all",
			set: func(o *options, s string) error { return setPositive(&o.idle, s) }},
		{name: "expect", group: groupReceive, value: "N", initial: "any", usage: "end when so many different lines came; fewer fail",
			set: func(o *options, s string) error { return setCount(&o.expect, s) }},
	}
}

// runReceive takes lines until it is told to stop.
func runReceive(ctx context.Context, v *values, io stdio) (int, error) {
	o := defaults()
	if err := v.apply(o); err != nil {
		return 0, err
	}
	if err := v.checkFaults(o); err != nil {
		return 0, err
	}
	if err := v.checkProfiles(o); err != nil {
		return 0, err
	}
	files, err := openFiles(o.files, receive.OpenFile)
	if err != nil {
		return exitFailed, err
	}
	server, err := receive.Listen(receive.Config{Listen: o.listen, Faults: o.faults})
	if err != nil {
		return exitFailed, err
	}
	fmt.Fprintf(io.err, "lologen: listening on %s\n", server.URL())
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var others sync.WaitGroup
	if o.metrics != "" {
		asked, err := o.listenMetrics(server.Metrics(), io.err)
		if err != nil {
			return exitFailed, errors.Join(err, server.Close())
		}
		others.Go(func() { serveMetrics(ctx, asked, io.err) })
	}
	others.Go(func() { o.watch(ctx, server, cancel) })
	if o.progress == "always" || o.progress == "auto" && term.IsTerminal(int(io.err.Fd())) {
		others.Go(func() { o.showReceived(ctx, server, io.err) })
	}
	err = server.Serve(ctx)
	cancel()
	others.Wait()
	r := server.Report()
	err = errors.Join(err, o.sayReceived(r, io.err), files.commit(r))
	if err == nil {
		err = o.received(server.Account().Counts())
	}
	if err != nil {
		return exitFailed, err
	}
	return exitOK, nil
}

// showReceived shows a live line until ctx ends.
func (o *options) showReceived(ctx context.Context, server *receive.Server, w *os.File) {
	line := progress.New(w, progress.Config{
		Terminal: term.IsTerminal(int(w.Fd())), Width: widthOf(w), Count: o.expect,
	})
	defer line.Done()
	ticker := time.NewTicker(followEvery)
	defer ticker.Stop()
	for start, last := time.Now(), time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			c := server.Account().Counts()
			line.ShowReceived(progress.Received{
				At: now.Sub(start), Interval: now.Sub(last), Length: o.duration, Lines: server.Lines(), Bytes: c.Bytes + c.Unidentified.Bytes,
				Lost: c.Lines.Lost, Duplicated: c.Lines.Duplicated,
			})
			last = now
		}
	}
}

func (o *options) sayReceived(r receive.Report, w *os.File) error {
	switch o.report {
	case "none":
		return nil
	case "auto":
		return r.Write(w, "text")
	}
	return r.Write(w, o.report)
}
