package report

import (
	"strings"
	"testing"
	"time"

	"github.com/exitfound/lologen/emitter"
)

// A case changes a run of 64 workers and 2 cores over 10 s that reached 64,000 lines/s.
type verdictCase struct {
	name   string
	change func(*emitter.Result, *Run)
	bound  Bound
	why    string // is part of the sentence
}

var verdictCases = []verdictCase{
	{"reached", func(*emitter.Result, *Run) {}, None, "64,000 lines/s were asked for and 64,000 reached."},
	{"just reached", func(r *emitter.Result, _ *Run) { r.Lines.Acked, r.Lines.Missed = 633_600, 6_400 },
		None, "63,360 reached"},
	{"all acked, 1 % late", func(r *emitter.Result, _ *Run) { r.Window = 10_099 * time.Millisecond }, None, "reached"},
	{"all acked, 2 % late", func(r *emitter.Result, _ *Run) { r.Window = 10_200 * time.Millisecond },
		Generator, "at most a line was made 1.20 ms late and one Send took 90.0 µs: a machine with less else to do would help."},
	{"late by the destination", func(r *emitter.Result, _ *Run) {
		r.Window = 10_200 * time.Millisecond
		r.Latency.Service = histogram(time.Millisecond, 300*time.Millisecond, 100)
	}, Destination, "the workers waited for 93.5 % of their time"},
	{"late behind many Sends", func(r *emitter.Result, run *Run) {
		r.Window = 10_200 * time.Millisecond
		r.Sending = time.Duration(0.4 * float64(r.Elapsed) * float64(run.Plan.Workers))
		r.Waiting = time.Duration(0.6 * float64(r.Elapsed) * float64(run.Plan.Workers))
		_ = r.Latency.Schedule.RecordValues(int64(2*time.Second), 100)
	}, Destination, "sent for 40 %"},
	{"one stall and a bounded catch-up", func(r *emitter.Result, _ *Run) {
		short(r)
		_ = r.Latency.Service.RecordValue(int64(2 * time.Second))
		_ = r.Latency.Schedule.RecordValues(int64(2*time.Second), 100_000)
	}, Destination, "at most a line was made 2.00 s late and one Send took 2.00 s"},
	{"nothing due", func(r *emitter.Result, _ *Run) { r.Lines = emitter.Lines{} }, None, "no line was due"},
	{"processor", func(r *emitter.Result, run *Run) {
		short(r)
		run.Usage.CPU = 19.5
		r.Sending, r.Waiting = 600*time.Second, 0 // waiting for a core within Send
	}, Generator, "lologen used 1.95 of 2 cores and was late by 1.19 ms at p99: it needs more cores, or lines that cost less to make."},
	{"making", func(r *emitter.Result, run *Run) {
		short(r)
		run.Plan.Workers = 1
		run.Usage.CPU = 9.9
		r.Sending, r.Waiting = time.Second, 0
	}, Generator, "1 worker spent 90 % of its time making lines and 9.9 % sending, on 49.4 % of 2 cores: more --workers would use the idle ones."},
	{"slow destination", func(r *emitter.Result, _ *Run) {
		short(r)
		r.Sending, r.Waiting = 600*time.Second, 0
	}, Destination, "64 workers spent 93.5 % of their time sending; one Send took"},
	{"limit", func(r *emitter.Result, _ *Run) {
		short(r)
		fail(r, 900, emitter.Failure{Reason: "rate_limited", Status: 429, Requests: 800}, emitter.Failure{Reason: "timeout", Requests: 100})
	}, Limit, "900 of 1,000 requests failed, most often with rate_limited (429)"},
	{"limit that can be raised", func(r *emitter.Result, _ *Run) {
		short(r)
		fail(r, 900, emitter.Failure{Reason: "rate_limited", Status: 429, Requests: 800, Raise: "ingestion_rate_mb", Offered: 64_000})
	}, Limit, "900 of 1,000 requests failed, most often with rate_limited (429), first at 64,000 lines/s; " +
		"0 lines ended rejected or unknown; to raise it: ingestion_rate_mb."},
	{"limit by status alone", func(r *emitter.Result, _ *Run) {
		short(r)
		fail(r, 500, emitter.Failure{Reason: "http_429", Status: 429, Requests: 500})
	}, Limit, "most often with http_429; 0 lines ended"},
	{"limit by reason alone", func(r *emitter.Result, _ *Run) {
		short(r)
		fail(r, 500, emitter.Failure{Reason: "per_stream_rate_limit", Requests: 500})
	}, Limit, "per_stream_rate_limit"},
	{"limit among others", func(r *emitter.Result, _ *Run) {
		short(r)
		fail(r, 900, emitter.Failure{Reason: "rate_limited", Status: 429, Requests: 300},
			emitter.Failure{Reason: "timeout", Requests: 200}, emitter.Failure{Reason: "http_503", Status: 503, Requests: 400})
	}, Destination, "most often with http_503"},
	{"limit, and a drain that was too short", func(r *emitter.Result, _ *Run) {
		short(r)
		r.Lines.Missed, r.Lines.Unknown, r.Lines.Rejected = 0, 300_000, 20_000
		fail(r, 4, emitter.Failure{Reason: "canceled", Requests: 3, Lines: 300_000}, emitter.Failure{Reason: "rate_limited", Status: 429, Requests: 1, Lines: 20_000})
		r.Requests.Sent = 12
	}, Limit, "1 of 9 requests failed, most often with rate_limited (429); 20,000 lines ended rejected or unknown, and 300,000 when the drain was over."},
	{"nothing but a drain that was too short", func(r *emitter.Result, run *Run) {
		short(r)
		r.Lines.Missed, r.Lines.Unknown = 0, 320_000
		run.Usage.CPU = 19.5
		fail(r, 900, emitter.Failure{Reason: "canceled", Requests: 900, Lines: 320_000})
	}, Generator, "of 2 cores"},
	{"stuck until the drain was over", func(r *emitter.Result, _ *Run) {
		short(r)
		r.Lines.Missed, r.Lines.Unknown = 0, 320_000
		r.Sending, r.Waiting = 600*time.Second, 0
		fail(r, 1000, emitter.Failure{Reason: "canceled", Requests: 1000, Lines: 320_000})
	}, Destination, "64 workers spent 93.5 % of their time sending"},
	{"canceled in the server's word", func(r *emitter.Result, _ *Run) {
		short(r)
		fail(r, 900, emitter.Failure{Reason: "canceled", Status: 499, Requests: 900})
	}, Destination, "most often with canceled (499)"},
	{"refused", func(r *emitter.Result, _ *Run) {
		r.Lines = emitter.Lines{Due: 640_000, Rejected: 640, Missed: 639_360}
		fail(r, 1000, emitter.Failure{Reason: "connection_refused", Requests: 1000, Lines: 640})
	}, Destination, "1,000 of 1,000 requests failed, most often with connection_refused; 640 lines ended rejected or unknown."},
	{"lines lost in few requests", func(r *emitter.Result, run *Run) {
		r.Lines = emitter.Lines{Due: 640_000, Acked: 600_000, Unknown: 40_000}
		run.Usage.CPU = 19
		fail(r, 10, emitter.Failure{Reason: "timeout", Requests: 10, Lines: 40_000})
	}, Destination, "40,000 lines"},
	{"few failures on a busy processor", func(r *emitter.Result, run *Run) {
		short(r)
		run.Usage.CPU = 19
		fail(r, 2, emitter.Failure{Reason: "rate_limited", Status: 429, Requests: 2})
	}, Generator, "of 2 cores"},
	{"few failures and idle workers", func(r *emitter.Result, _ *Run) {
		short(r)
		r.Waiting = 100 * time.Second
		fail(r, 20, emitter.Failure{Reason: "rate_limited", Status: 429, Requests: 20})
	}, Limit, "20 of 1,000 requests"},
	{"gone", func(r *emitter.Result, _ *Run) {
		r.Lines = emitter.Lines{Due: 640, Acked: 1, Rejected: 639}
		r.Gone = true
	}, None, "the destination wanted no more after 1 line."},
	{"unpaced, sending", func(r *emitter.Result, run *Run) {
		run.Plan.Rate = nil
		r.Sending, r.Waiting = 500*time.Second, 0
	}, Destination, "the run was unpaced; 64 workers spent 77.9 % of their time sending"},
	{"unpaced, making", func(r *emitter.Result, run *Run) {
		run.Plan.Rate = nil
		r.Sending, r.Waiting = 100*time.Second, 0
	}, Generator, "sending, on 5.9 % of 2 cores: a machine with less else to do would help."},
	{"unpaced, making on all cores", func(r *emitter.Result, run *Run) {
		run.Plan.Rate, run.Usage.CPU = nil, 19
		r.Sending, r.Waiting = 100*time.Second, 0
	}, Generator, "sending, on 94.8 % of 2 cores: more cores, or lines that cost less to make, would help."},
	{"unpaced, limited", func(r *emitter.Result, run *Run) {
		run.Plan.Rate = nil
		fail(r, 200, emitter.Failure{Reason: "rate_limited", Status: 429, Requests: 200})
	}, Limit, "200 of 1,000 requests"},
	{"unpaced, hardly limited", func(r *emitter.Result, run *Run) {
		run.Plan.Rate = nil
		r.Sending, r.Waiting = 500*time.Second, 0
		fail(r, 1, emitter.Failure{Reason: "rate_limited", Status: 429, Requests: 1})
	}, Destination, "unpaced"},
	{"no time at all", func(r *emitter.Result, run *Run) {
		run.Plan.Workers, r.Elapsed, r.Window, r.Waiting, r.Sending = 0, 0, 0, 0, 0
	}, Generator, "0 workers"},
}

// short makes half of the lines miss.
func short(r *emitter.Result) {
	r.Lines = emitter.Lines{Due: 640_000, Acked: 320_000, Missed: 320_000}
}

func fail(r *emitter.Result, failed uint64, f ...emitter.Failure) {
	r.Requests = emitter.Requests{Sent: 1000, Failed: failed}
	r.Failures = f
}

func TestBound(t *testing.T) {
	for _, tt := range verdictCases {
		t.Run(tt.name, func(t *testing.T) {
			result, run := paced()
			tt.change(result, &run)
			v := New(result, run).Verdict
			if v.BoundBy != tt.bound || !strings.Contains(v.BoundWhy, tt.why) {
				t.Errorf("bound by %s: %s\nwant %s: ...%s...", v.BoundBy, v.BoundWhy, tt.bound, tt.why)
			}
			if !strings.HasSuffix(v.BoundWhy, ".") || strings.Contains(v.BoundWhy, "NaN") || len(v.BoundWhy) > 200 {
				t.Errorf("not a sentence: %s", v.BoundWhy)
			}
		})
	}
}

func TestPassed(t *testing.T) {
	tests := []struct {
		name     string
		lines    emitter.Lines
		gone     bool
		stopped  bool
		passed   bool
		balanced bool
		ended    Ended
	}{
		{"all acked", emitter.Lines{Due: 9, Acked: 9}, false, false, true, true, Complete},
		{"missed", emitter.Lines{Due: 9, Acked: 8, Missed: 1}, false, true, true, true, Stopped},
		{"rejected", emitter.Lines{Due: 9, Acked: 8, Rejected: 1}, false, false, false, true, Complete},
		{"unknown", emitter.Lines{Due: 9, Acked: 8, Unknown: 1}, false, true, false, true, Stopped},
		{"gone", emitter.Lines{Due: 9, Acked: 8, Rejected: 1}, true, true, true, true, Gone},
		{"unbalanced", emitter.Lines{Due: 9, Acked: 8}, false, false, false, false, Complete},
		{"unbalanced and gone", emitter.Lines{Due: 9, Acked: 8}, true, false, false, false, Gone},
	}
	for _, tt := range tests {
		result, run := paced()
		result.Lines, result.Gone, result.Stopped = tt.lines, tt.gone, tt.stopped
		v := New(result, run).Verdict
		if v.Passed != tt.passed || v.Balanced != tt.balanced || v.Ended != tt.ended {
			t.Errorf("%s: passed %v, balanced %v, ended %s", tt.name, v.Passed, v.Balanced, v.Ended)
		}
	}
}
