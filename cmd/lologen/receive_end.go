package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/exitfound/lologen/bench/receive"
	"github.com/exitfound/lologen/bench/verify"
)

// watch ends the server when it has been idle, or open, for long enough or has what was expected.
func (o *options) watch(ctx context.Context, server *receive.Server, end func()) {
	const look = 20 * time.Millisecond
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	start := time.Now()
	quiet := quiet{looked: start}
	quiet.last, _ = server.LastLine()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			last, _ := server.LastLine()
			idle := quiet.look(now, last)
			switch {
			case o.duration > 0 && now.Sub(start) >= o.duration,
				o.idle > 0 && idle >= o.idle,
				o.expect > 0 && receive.Whole(server.Account().Counts()) >= o.expect:
				end()
			}
		}
	}
}

// quiet is for how long no line has come. Of the time in which the program itself stood still hardly
// any counts: lines may have been there, with nobody to take them.
type quiet struct {
	looked, last time.Time
	sum          time.Duration
}

// look says how long it is now, with the last line received then.
func (q *quiet) look(now, last time.Time) time.Duration {
	const most = 100 * time.Millisecond // between two looks
	q.sum += min(now.Sub(q.looked), most)
	if !last.Equal(q.last) {
		q.sum = 0
	}
	q.looked, q.last = now, last
	return q.sum
}

// received says what is not there of what should be: by --expect, or by lines that have come.
func (o *options) received(c verify.Counts) error {
	var wanting []string
	say := func(is bool, format string, args ...any) {
		if is {
			wanting = append(wanting, fmt.Sprintf(format, args...))
		}
	}
	whole, l := receive.Whole(c), c.Lines
	say(whole < o.expect, "%d of %d expected lines arrived", whole, o.expect)
	say(l.Lost > 0, "%d lines are lost: later ones of their streams arrived", l.Lost)
	say(l.Corrupt > 0, "lines of known runs that arrived cut or garbled: %d", l.Corrupt)
	if wanting == nil {
		return nil
	}
	return errors.New(strings.Join(wanting, "; "))
}
