package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/exitfound/lologen/bench/receive"
)

func receiveCommand() command {
	return command{
		name:  "receive",
		usage: "takes lines over HTTP, counts and reports them",
		flags: receiveFlags(),
		examples: []string{
			"lologen receive --listen 127.0.0.1:8000",
			"lologen receive --expect 100k --idle 5s --report json",
		},
		exits: "0 all expected lines arrived, 1 not all or not run, 2 wrong use, 130 interrupted twice.",
		run:   runReceive,
	}
}

const groupReceive = "What to take"

func receiveFlags() []flag {
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
		{name: "expect", group: groupReceive, value: "N", initial: "any", usage: "end when so many lines came; fewer are a failure",
			set: func(o *options, s string) error { return setCount(&o.expect, s) }},
		{name: "report", group: groupSaid, value: "HOW", initial: "text", usage: "at the end, on stderr: text, json, none",
			set: func(o *options, s string) (err error) {
				o.report, err = oneOf(s, "auto", "text", "json", "none")
				return
			}},
		configFlag(),
	}
}

// runReceive takes lines until it is told to stop.
func runReceive(ctx context.Context, v *values, io stdio) (int, error) {
	o := defaults()
	if err := v.apply(o); err != nil {
		return 0, err
	}
	server, err := receive.Listen(receive.Config{Listen: o.listen})
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
	switch {
	case err != nil:
		return exitFailed, err
	case server.Lines() < o.expect:
		return exitFailed, fmt.Errorf("%d of %d expected lines arrived", server.Lines(), o.expect)
	}
	return exitOK, nil
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
				o.expect > 0 && server.Lines() >= o.expect:
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
