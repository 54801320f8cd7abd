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

	"github.com/exitfound/lologen/bench/receive"
	"github.com/exitfound/lologen/bench/verify"
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
		exits: "0 all expected lines arrived and none is lost, 1 not all or not run, 2 wrong use, 130 interrupted twice.",
		run:   runReceive,
	}
}

const groupReceive = "What to take"

func receiveFlags() []flag {
	return slices.Concat(takeFlags(), faultFlags(), []flag{
		{name: "report", group: groupSaid, value: "HOW", initial: "text", usage: "at the end, on stderr: text, json, none",
			set: func(o *options, s string) (err error) {
				o.report, err = oneOf(s, "auto", "text", "json", "none")
				return
			}},
		configFlag(),
	})
}

func takeFlags() []flag {
	return []flag{
		{name: "listen", group: groupReceive, value: "ADDRESS", initial: "127.0.0.1:8000", usage: "where to; port 0 is any that is free",
			set: func(o *options, s string) error {
				_, port, err := net.SplitHostPort(s)
				if _, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil {
					return errors.New("is host:port, like 127.0.0.1:8000 or [::1]:8000")
				}
				o.listen = s
				return nil
			}},
		{name: "duration", short: "d", group: groupReceive, value: "TIME", initial: "unlimited", usage: "end after this time",
			set: func(o *options, s string) error { return setPositive(&o.duration, s) }},
		{name: "idle", group: groupReceive, value: "TIME", initial: "unlimited", usage: "end when no line came for this time",
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
	server, err := receive.Listen(receive.Config{Listen: o.listen, Faults: o.faults})
	if err != nil {
		return exitFailed, err
	}
	fmt.Fprintf(io.err, "lologen: listening on %s\n", server.URL())
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		o.watch(ctx, server, cancel)
	}()
	err = server.Serve(ctx)
	cancel()
	<-watched
	err = errors.Join(err, o.sayReceived(server.Report(), io.err))
	if err == nil {
		err = o.received(server.Account().Counts())
	}
	if err != nil {
		return exitFailed, err
	}
	return exitOK, nil
}

// received says what is not there of what should be: by --expect, or by lines that have come.
func (o *options) received(c verify.Counts) error {
	whole := receive.Whole(c)
	switch {
	case whole < o.expect:
		return fmt.Errorf("%d of %d expected lines arrived", whole, o.expect)
	case c.Lines.Lost > 0:
		return fmt.Errorf("%d lines are lost: later ones of their streams arrived", c.Lines.Lost)
	}
	return nil
}

// watch ends the server when it has been idle, or open, for long enough or has what was expected.
func (o *options) watch(ctx context.Context, server *receive.Server, end func()) {
	const look = 20 * time.Millisecond
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	start := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			last, any := server.LastLine()
			switch {
			case o.duration > 0 && now.Sub(start) >= o.duration,
				o.idle > 0 && any && now.Sub(last) >= o.idle,
				o.expect > 0 && receive.Whole(server.Account().Counts()) >= o.expect:
				end()
			}
		}
	}
}

func (o *options) sayReceived(r receive.Report, w *os.File) error {
	switch o.report {
	case "none":
		return nil
	case "json":
		b, err := r.JSON()
		if err == nil {
			_, err = w.Write(b)
		}
		return err
	}
	_, err := fmt.Fprint(w, r)
	return err
}
