package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/exitfound/lologen/bench/receive"
	"github.com/exitfound/lologen/bench/verify"
)

// A receiver that nobody sends anything to ends as well, by whichever time is over first.
func TestReceiverEndsWithoutALine(t *testing.T) {
	server, err := receive.Listen(receive.Config{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for name, c := range map[string]struct {
		idle, duration time.Duration
		expect         uint64
		after          time.Duration // 0: never
	}{
		"idle":          {idle: time.Minute, expect: 10, after: time.Minute},
		"duration":      {duration: time.Minute, after: time.Minute},
		"idle first":    {idle: time.Second, duration: time.Minute, after: time.Second},
		"neither":       {expect: 1},
		"short idle":    {idle: time.Millisecond, after: 20 * time.Millisecond},
		"idle in looks": {idle: 50 * time.Millisecond, after: 60 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := options{idle: c.idle, duration: c.duration, expect: c.expect}
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
				defer cancel()
				began, after := time.Now(), time.Duration(0)
				o.watch(ctx, server, func() { after = time.Since(began); cancel() })
				if after != c.after {
					t.Errorf("ended after %v, want %v", after, c.after)
				}
			})
		})
	}
}

// A line ends a quiet time; one in which nobody looked is none.
func TestQuiet(t *testing.T) {
	at := func(s float64) time.Time { return time.Unix(1000, 0).Add(time.Duration(s * 1e9)) }
	var none time.Time
	q := quiet{looked: at(0)}
	for _, c := range []struct {
		now  float64
		last time.Time
		want time.Duration
	}{
		{0.02, none, 20 * time.Millisecond},
		{0.06, none, 60 * time.Millisecond},
		{18, none, 160 * time.Millisecond},
		{18.02, at(18.01), 0},
		{18.05, at(18.01), 30 * time.Millisecond},
		{18.07, at(18.06), 0},
		{18.09, at(18.05), 0}, // of another connection
		{18.11, at(18.05), 20 * time.Millisecond},
	} {
		if got := q.look(at(c.now), c.last).Round(time.Microsecond); got != c.want {
			t.Errorf("at %v: %v, want %v", c.now, got, c.want)
		}
	}
}

func TestReceived(t *testing.T) {
	for want, c := range map[string]struct {
		expect uint64
		lines  verify.Lines
		none   verify.Unidentified
	}{
		"":                               {10, verify.Lines{Received: 14, Unique: 10, Duplicated: 4, Reordered: 3}, verify.Unidentified{Lines: 1, Corrupt: 1}},
		"9 of 10 expected lines arrived": {10, verify.Lines{Unique: 7}, verify.Unidentified{Lines: 3, Corrupt: 1}},
		"lines of known runs that arrived cut or garbled: 2": {10, verify.Lines{Received: 12, Unique: 10, Corrupt: 2}, verify.Unidentified{}},
		"8 of 10 expected lines arrived; 1 lines are lost: later ones of their streams arrived; lines of known runs that arrived cut or garbled: 2": {
			10, verify.Lines{Received: 10, Unique: 8, Lost: 1, Corrupt: 2}, verify.Unidentified{}},
	} {
		o, got := options{expect: c.expect}, ""
		if err := o.received(verify.Counts{Lines: c.lines, Unidentified: c.none}); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
