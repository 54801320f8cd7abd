package main

import (
	"bytes"
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/exitfound/lologen/bench/verify"
)

// TestWaiting: what an agent may still bring is waited for, and a question takes no longer than it may.
func TestWaiting(t *testing.T) {
	ledger := func(sink string) *verify.Ledger {
		return &verify.Ledger{RunID: "r", Sink: sink, Streams: []verify.Sent{{Next: 2_000_000}}}
	}
	for _, c := range []struct {
		name   string
		verify verifyOptions
		ledger *verify.Ledger
		agent  bool
		settle time.Duration
		late   time.Duration
	}{
		{"a push", verifyOptions{loki: "http://x"}, ledger("loki"), false, 5 * time.Second, 15 * time.Second},
		{"a file that is scraped", verifyOptions{loki: "http://x"}, ledger("file"), true, 10 * time.Second, 15 * time.Second},
		{"a selector", verifyOptions{loki: "http://x", selector: "{a=`b`}"}, nil, true, 10 * time.Second, 5 * time.Second},
		{"nothing known", verifyOptions{loki: "http://x"}, nil, false, 5 * time.Second, 5 * time.Second},
		{"an agent that pushes to a receiver", verifyOptions{receiver: "http://x"}, ledger("console"), true, 10 * time.Second, 15 * time.Second},
		{"requests", verifyOptions{receiver: "http://x"}, ledger("http"), false, 5 * time.Second, 15 * time.Second},
		{"a file", verifyOptions{files: []string{"x"}}, ledger("file"), false, 5 * time.Second, 0},
		{"stdout", verifyOptions{files: []string{"x"}}, ledger("console"), false, 5 * time.Second, 0},
		{"the journal", verifyOptions{journal: true}, ledger("journald"), false, 5 * time.Second, 0},
		{"a unit's output in the journal", verifyOptions{journal: true}, ledger("console"), true, 10 * time.Second, 0},
		{"as asked", verifyOptions{journal: true, settle: time.Second}, nil, false, time.Second, 0},
	} {
		o := &options{verify: c.verify}
		q := verify.Question{Ledger: c.ledger, Agent: o.behindAgent(c.ledger)}
		o.waiting(&q)
		if q.Agent != c.agent || q.Copies != (c.agent || c.verify.journal) || q.Settle != c.settle || q.Late != c.late || q.Wait != 1 {
			t.Errorf("%s: %+v", c.name, q)
		}
	}
}

// late is a source whose one line comes after a while.
type late struct {
	begun time.Time
	after time.Duration
}

func (l late) String() string { return "a late place" }

func (l late) Count(context.Context, string) (uint64, error) {
	if time.Since(l.begun) < l.after {
		return 0, nil
	}
	return 1, nil
}

func (l late) Holding(_ context.Context, run string) (*verify.Holding, error) {
	return &verify.Holding{RunID: run, Streams: []verify.Held{{Next: 1}}}, nil
}

// TestInquireSaysSo: nobody sits in silence for a minute, and nobody is told what was over at once.
func TestInquireSaysSo(t *testing.T) {
	for after, want := range map[time.Duration]string{
		0:                      "",
		500 * time.Millisecond: "",
		9 * time.Second:        "lologen: verifying: asking a late place, for up to 60 s\n",
	} {
		synctest.Test(t, func(t *testing.T) {
			q := verify.Question{Ledger: &verify.Ledger{RunID: "r", Streams: []verify.Sent{{Next: 1}}}, Wait: time.Minute}
			var said bytes.Buffer
			for _, notes := range []io.Writer{&said, nil} {
				if v := inquire(t.Context(), late{time.Now(), after}, q, notes); v.Passed == nil || !*v.Passed {
					t.Errorf("%v: %+v", after, v)
				}
			}
			if said.String() != want {
				t.Errorf("%v: said %q", after, said.String())
			}
		})
	}
}
