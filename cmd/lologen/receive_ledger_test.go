package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/exitfound/lologen/bench/receive"
	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/bench/verify"
)

// places are the sequence numbers of ranges.
func places[R ~[2]uint64](ranges []R) map[uint64]bool {
	set := map[uint64]bool{}
	for _, r := range ranges {
		for seq := r[0]; seq <= r[1]; seq++ {
			set[seq] = true
		}
	}
	return set
}

// Whatever a receiver does wrong, its account and the ledger of the run agree on every line: what was
// acked is there, what was rejected is not, what is unknown may be, and no line is lost but by
// a receiver that says it has taken what it has not.
func TestReceiverAgreesWithLedger(t *testing.T) {
	for name, c := range map[string]struct {
		faults  receive.Faults
		args    string
		acked   bool // everything is
		dropped bool
		copies  bool
	}{
		"none":             {acked: true},
		"fail":             {faults: receive.Faults{Seed: 1, Fail: 0.2, FailStatus: 429}, args: "--retries 0"},
		"fail and retry":   {faults: receive.Faults{Seed: 2, Fail: 0.1, FailStatus: 429}, acked: true},
		"fail, unknown":    {faults: receive.Faults{Seed: 3, Fail: 0.2}, args: "--retries 0"},
		"close":            {faults: receive.Faults{Seed: 4, Close: 0.2}, args: "--retries 0"},
		"close and retry":  {faults: receive.Faults{Seed: 5, Close: 0.1}, acked: true, copies: true},
		"drop":             {faults: receive.Faults{Seed: 6, Drop: 0.02}, acked: true, dropped: true},
		"rate limit":       {faults: receive.Faults{Rate: 1, Burst: 150_000}, args: "--retries 0"},
		"rate limit, wait": {faults: receive.Faults{Rate: 1e6, Burst: 300_000}, acked: true},
	} {
		t.Run(name, func(t *testing.T) {
			server, err := receive.Listen(receive.Config{Listen: "127.0.0.1:0", Faults: c.faults})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			served := make(chan error, 1)
			go func() { served <- server.Serve(ctx) }()
			path := filepath.Join(t.TempDir(), "run.json")
			args := "-t http -M POST --identify --workers 4 --streams 8 -T 0 --count 2000 --batch-lines 40 --drain 1m --report none --seed 1 --url " +
				server.URL() + " --report-file " + path + " " + c.args
			code, _, stderr := program(t, nil, strings.Fields(args)...)
			cancel()
			if err := <-served; err != nil {
				t.Error(err)
			}
			if (code == exitOK) != c.acked {
				t.Errorf("code %d: %s", code, stderr)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var run report.Report
			if err := json.Unmarshal(text, &run); err != nil {
				t.Fatal(err)
			}
			held := server.Account().Holding(run.RunID)
			if held == nil {
				t.Fatalf("run %s is not known", run.RunID)
			}
			lost, copies := disagreement(t, run, held)
			if (lost > 0) != c.dropped || (copies > 0) != c.copies {
				t.Errorf("%d acked lines are not there, %d are there twice", lost, copies)
			}
			if acked := run.Lines.Acked == 2000; acked != c.acked || run.Lines.Due != 2000 {
				t.Errorf("%+v", run.Lines)
			}
		})
	}
}

// disagreement holds what is held to the ledger, and counts acked lines that are not there, and those
// that are there more than once.
func disagreement(t *testing.T, run report.Report, held *verify.Holding) (lost, copies int) {
	t.Helper()
	streams := map[uint64]verify.Held{}
	for _, h := range held.Streams {
		streams[h.Stream] = h
		copies += int(h.Copies)
	}
	if len(run.Ledger) != 8 {
		t.Errorf("%d streams in the ledger", len(run.Ledger))
	}
	for _, s := range run.Ledger {
		h := streams[uint64(s.Stream)]
		rejected, unknown, missing := places(s.Rejected), places(s.Unknown), places(h.Missing)
		for seq := range s.Next {
			there := seq < h.Next && !missing[seq]
			switch {
			case rejected[seq] && there:
				t.Errorf("stream %d line %d was rejected, but is there", s.Stream, seq)
			case !rejected[seq] && !unknown[seq] && !there:
				lost++
			}
		}
		if h.Next > s.Next {
			t.Errorf("stream %d: lines up to %d are there, but %d is the next to be made", s.Stream, h.Next, s.Next)
		}
	}
	return lost, copies
}
