package scrape

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

func readRelevant(t *testing.T, text string) reading {
	t.Helper()
	kept, err := relevant(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r, err := parse(kept)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRealPage reads what a Loki 3.5.0 said after six pushes in both protocols, three of them
// refused. Metrics whose names begin like the wanted ones are in it.
func TestRealPage(t *testing.T) {
	text, err := os.ReadFile("testdata/loki-3.5.0.metrics")
	if err != nil {
		t.Fatal(err)
	}
	want := reading{
		started: 1.79537796652e+09,
		streams: 3,
		rss:     119754752,
		counted: counted{
			received: amount{lines: 106, bytes: 300702},
			discarded: map[string]amount{
				"line_too_long":     {lines: 1, bytes: 300000},
				"too_far_in_future": {lines: 3, bytes: 5},
			},
			created:  3,
			cpu:      3.8,
			requests: 6,
			busy:     0.002992376 + 0.214960395 + 0.02062432,
		},
	}
	got := readRelevant(t, string(text))
	// Samples come in no particular order, and so do the errors of adding them.
	if d := got.busy - want.busy; d < -1e-12 || d > 1e-12 {
		t.Errorf("busy = %v, want %v", got.busy, want.busy)
	}
	got.busy = want.busy
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// TestLabelsAreSummed: versions differ in the labels they add, tenants multiply all of them.
func TestLabelsAreSummed(t *testing.T) {
	got := readRelevant(t, `loki_build_info 1
loki_distributor_lines_received_total{tenant="a"} 1e+06
loki_distributor_lines_received_total{tenant="b",aggregated_metric="false"} 234
loki_distributor_bytes_received_total{tenant="a",retention_hours="744"} 10
loki_distributor_bytes_received_total{tenant="a",retention_hours="24"} 5
loki_discarded_samples_total{reason="rate_limited",tenant="a"} 7
loki_discarded_samples_total{tenant="b",reason="rate_limited"} 8
loki_discarded_bytes_total{tenant="b",reason="rate_limited"} 80
loki_ingester_memory_streams{tenant="a"} 20
loki_ingester_memory_streams{tenant="b"} 22
`)
	want := reading{streams: 42, counted: counted{
		received:  amount{lines: 1000234, bytes: 15},
		discarded: map[string]amount{"rate_limited": {15, 80}},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// TestMissingMetricsAreZero: a Loki that has taken nothing yet shows next to nothing.
func TestMissingMetricsAreZero(t *testing.T) {
	got := readRelevant(t, "loki_build_info{version=\"2.9.0\"} 1\n")
	if want := (reading{counted: counted{discarded: map[string]amount{}}}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestOddValues(t *testing.T) {
	got := readRelevant(t, `loki_build_info 1
loki_distributor_lines_received_total{tenant="a"} NaN
loki_distributor_lines_received_total{tenant="b"} +Inf
loki_distributor_lines_received_total{tenant="c"} -5
loki_distributor_lines_received_total{tenant="d"} 5
`)
	if got.received.lines != 5 {
		t.Errorf("lines = %v, want the only sound ones, 5", got.received.lines)
	}
}

// TestReasonsAreBounded: a server cannot make us remember whatever it likes, nor show it.
func TestReasonsAreBounded(t *testing.T) {
	var page strings.Builder
	page.WriteString("loki_build_info 1\n")
	for i := range 1000 {
		page.WriteString(`loki_discarded_samples_total{reason="` + "\x1b[31m" + strings.Repeat("é", i) + "\"} 1\n")
	}
	got := readRelevant(t, page.String())
	var lines float64
	for reason, a := range got.discarded {
		lines += a.lines
		if len(reason) > mostText || strings.ContainsRune(reason, '\x1b') {
			t.Errorf("reason %q", reason)
		}
	}
	if len(got.discarded) > mostReasons+1 || lines != 1000 {
		t.Errorf("%d reasons for %v lines", len(got.discarded), lines)
	}
}

func TestRelevant(t *testing.T) {
	long := "loki_other{a=\"" + strings.Repeat("x", 200<<10) + "\"} 1\n"
	wanted := "loki_discarded_samples_total{reason=\"" + strings.Repeat("y", 200<<10) + "\"} 1\n"
	tests := []struct {
		name, page, kept string
		err              error
	}{
		{name: "comments", page: "# HELP process_cpu_seconds_total x\nprocess_cpu_seconds_total 1\nloki_x 1\n", kept: "process_cpu_seconds_total 1\n"},
		{name: "lines longer than the buffer", page: long + wanted + long, kept: wanted},
		{name: "a tab", page: "loki_ingester_memory_streams\t3\n", kept: "loki_ingester_memory_streams\t3\n"},
		{name: "not Loki", page: "go_goroutines 1\nprocess_cpu_seconds_total 1\n", err: errNotLoki},
		{name: "HTML", page: "<!doctype html><title>Sign in</title>", err: errNotLoki},
		{name: "nothing", page: "", err: errNotLoki},
		{name: "one byte too long", page: "loki_x 1\n" + strings.Repeat("x", mostPage-9) + "\n", err: errTooLong},
		{name: "as long as may be", page: "loki_x 1\n" + strings.Repeat("x", mostPage-10) + "\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			kept, err := relevant(strings.NewReader(test.page))
			if err != test.err || string(kept) != test.kept {
				t.Errorf("kept %.100q, %v; want %.100q, %v", kept, err, test.kept, test.err)
			}
		})
	}
}

// TestRestart: what a Loki counted in each of its lives, up to the last look at it, adds up.
func TestRestart(t *testing.T) {
	at := time.Unix(1000, 0)
	look := func(started, lines, streams float64) reading {
		at = at.Add(2 * time.Second)
		return reading{at: at, started: started, streams: streams, rss: 10 * streams, counted: counted{
			received: amount{lines, 100 * lines}, created: streams, cpu: lines / 100, requests: lines / 10, busy: lines / 1000,
			discarded: map[string]amount{"rate_limited": {lines / 5, lines}, "never": {3, 3}},
		}}
	}
	a := newAccount(look(500, 1000, 7))
	a.add(look(500.9, 1500, 9)) // the clock was stepped
	if a.restarted {
		t.Error("a start that moved by a second is no restart")
	}
	g := a.add(look(1003, 300, 4))
	if want := (Growth{At: at, Lines: 300, Bytes: 30000, Discarded: 63, Streams: 4, CPU: 3, RSS: 40}); g != want {
		t.Errorf("growth after the restart = %+v, want %+v", g, want)
	}
	a.add(look(1003, 400, 5))
	want := Change{
		Took:      6,
		Restarted: true,
		Received:  Amount{500 + 400, 90000},
		Discarded: []Discards{{"rate_limited", Amount{180, 900}}, {"never", Amount{3, 3}}},
		Streams:   Streams{Before: 7, After: 5, Most: 9, Created: 2 + 5},
		CPU:       9,
		RSS:       90,
		Push:      Push{Requests: 90, Mean: 0.9 / 90},
	}
	got := a.change()
	if d := got.Push.Mean - want.Push.Mean; d < -1e-12 || d > 1e-12 {
		t.Errorf("mean = %v, want %v", got.Push.Mean, want.Push.Mean)
	}
	got.Push.Mean = want.Push.Mean
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// TestFallenCPU: without a start time, CPU time that fell gives a restart away.
func TestFallenCPU(t *testing.T) {
	at := time.Unix(1000, 0)
	a := newAccount(reading{at: at, counted: counted{cpu: 5, received: amount{lines: 10}}})
	a.add(reading{at: at.Add(time.Second), counted: counted{cpu: 1, received: amount{lines: 20}}})
	if c := a.change(); !c.Restarted || c.Received.Lines != 20 {
		t.Errorf("change = %+v", c)
	}
}

func FuzzPage(f *testing.F) {
	text, err := os.ReadFile("testdata/loki-3.5.0.metrics")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("loki_discarded_samples_total{reason=\"\xff\"} 1 1\n"))
	f.Add([]byte("loki_request_duration_seconds_count{route=\"loki_api_v1_push\"} 0x1p-2\n# EOF"))
	f.Fuzz(func(t *testing.T, page []byte) {
		kept, err := relevant(bytes.NewReader(page))
		if err != nil {
			return
		}
		r, err := parse(kept)
		if err != nil {
			return
		}
		r.at = time.Unix(1, 0)
		a := newAccount(r)
		a.add(r)
		if c := a.change(); c.Received != (Amount{}) || c.Discarded == nil || len(c.Discarded) > 0 || c.Restarted {
			t.Errorf("nothing happened, but: %+v", c)
		}
	})
}

func BenchmarkPage(b *testing.B) {
	text, err := os.ReadFile("testdata/loki-3.5.0.metrics")
	if err != nil {
		b.Fatal(err)
	}
	// As much of other metrics as a Loki with one tenant shows.
	text = append(text, strings.Repeat("loki_other_metric_bucket{le=\"0.005\",route=\"loki_api_v1_push\"} 12\n", 2000)...)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		kept, err := relevant(bytes.NewReader(text))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := parse(kept); err != nil {
			b.Fatal(err)
		}
	}
}
