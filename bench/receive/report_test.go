package receive

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/bench/verify"
)

func TestReportText(t *testing.T) {
	plain := Report{Requests: 1000, Elapsed: 10.04, Rate: 64000.4}
	plain.Unidentified = Lines{Lines: 1234567, Bytes: 999}
	run := verify.Run{
		RunID: "a1", Streams: 8, Bytes: 1_000_000,
		Lines:   verify.Lines{Received: 10_000, Unique: 9_990, Lost: 3, Duplicated: 7, Reordered: 2, Corrupt: 1, Untracked: 2},
		Latency: verify.Latency{EndToEnd: report.Summary{Count: 1, P50: 0.0012, P99: 0.02, P999: 0.03, Max: 1.5}},
	}
	judged := Report{Requests: 30, Elapsed: 1, Answers: map[int]uint64{0: 2, 204: 20, 429: 5, 500: 3}}
	judged.Runs, judged.Seed = []verify.Run{run}, new(uint64(42))
	judged.Unidentified = Lines{Lines: 5, Bytes: 50, Corrupt: 1, Untracked: 3}
	for _, tt := range []struct {
		report Report
		want   string
	}{
		{plain, "received  1,234,567 lines, 999 bytes, in 1,000 requests\n" +
			"rate      64,000 lines a second from the first line to the last\n" +
			"listened  10.0 s\n"},
		{judged, "received  10,005 lines, 1,000,050 bytes, in 30 requests, 2 cut before the answer, 5 answered 429, 3 answered 500\n" +
			"run       a1: 10,000 lines of 8 streams, 9,990 unique, 3 lost, 7 duplicated, 2 reordered, 1 corrupt\n" +
			"          2 lines are beyond what is remembered: nothing is known of them\n" +
			"          end to end p50 1.20 ms, p99 20.0 ms, p99.9 30.0 ms, max 1.50 s\n" +
			"no run    5 lines, 50 bytes\n" +
			"          1 of them corrupt, 3 of more runs than are remembered\n" +
			"listened  1.0 s\n" +
			"faults    seed 42\n"},
	} {
		if got := tt.report.String(); got != tt.want {
			t.Errorf("%s\nwant\n%s", got, tt.want)
		}
	}
	many := Report{}
	many.Runs = make([]verify.Run, 1000)
	if got := many.String(); !strings.Contains(got, "and 980 runs more\n") || strings.Count(got, "\n") > 25 {
		t.Errorf("1000 runs:\n%s", got)
	}
}

// A file's extension says what it holds.
func TestReportFile(t *testing.T) {
	r := Report{Version: 1, Requests: 3}
	text, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"r.json": string(text), "r.TXT": r.String(), "r.html": ""} {
		path := filepath.Join(t.TempDir(), name)
		f, err := OpenFile(path)
		if want == "" {
			if err == nil || !strings.HasSuffix(err.Error(), "its extension must be one of .txt, .json") {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err == nil {
			err = f.Commit(r)
		}
		got, _ := os.ReadFile(path)
		if err != nil || string(got) != want {
			t.Errorf("%s: %v, holds %q", name, err, got)
		}
	}
}

func TestWhole(t *testing.T) {
	c := verify.Counts{
		Lines:        verify.Lines{Received: 100, Unique: 90, Duplicated: 4, Corrupt: 3, Untracked: 3},
		Unidentified: Lines{Lines: 20, Corrupt: 2, Untracked: 1},
	}
	if n := Whole(c); n != 107 {
		t.Errorf("%d, want 90 of runs and 17 of none", n)
	}
}

// What was held of a run is told line by line, and only of runs that are known.
func TestReportOfARun(t *testing.T) {
	s, _ := start(t, Config{})
	c := client(t)
	do(t, c, "POST", s.URL(), textType, identified("r1", 3, 0)+"\n"+identified("r1", 3, 1)+"\n"+identified("r1", 3, 5)+"\n"+identified("r1", 3, 1)+"\nplain\n")
	a := do(t, c, "GET", s.URL()+"report?run=r1", "", "")
	for _, want := range []string{`"run_id":"r1"`, `"lost":3`, `"duplicated":1`, `"streams":[{"stream":3,"next":6,"missing":[[2,4]],"duplicated":[[1,1]]`} {
		if a.status != 200 || !strings.Contains(a.body, want) {
			t.Errorf("%d %s; want %s", a.status, a.body, want)
		}
	}
	if a := do(t, c, "GET", s.URL()+"report?run=r2", "", ""); a.status != 404 || a.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("unknown run: %+v", a)
	}
	r := s.Report()
	if len(r.Runs) != 1 || r.Runs[0].Lines.Received != 4 || r.Unidentified.Lines != 1 || r.Requests != 1 || s.Lines() != 5 {
		t.Errorf("%+v after %d lines", r, s.Lines())
	}
}

func TestMetrics(t *testing.T) {
	s, _ := start(t, Config{Faults: Faults{Rate: 1, Burst: 400}})
	c := client(t)
	do(t, c, "POST", s.URL(), textType, identified("r1", 0, 0)+"\n"+identified("r1", 0, 2)+"\nplain\n")
	do(t, c, "POST", s.URL(), textType, strings.Repeat("x", 400))
	a := do(t, c, "GET", s.URL()+"metrics", "", "")
	if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain; version=0.0.4") || a.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Fatalf("%+v", a)
	}
	for _, want := range []string{
		"# TYPE lologen_received_lines_total counter\nlologen_received_lines_total 3\n",
		"lologen_received_unidentified_lines_total 1\n",
		"lologen_received_requests_total{code=\"200\"} 1\n",
		"lologen_received_requests_total{code=\"429\"} 1\n",
		"# TYPE lologen_received_lost_lines gauge\nlologen_received_lost_lines{run=\"r1\"} 1\n",
		"lologen_received_unique_lines{run=\"r1\"} 2\n",
		"# TYPE lologen_received_end_to_end_latency_seconds histogram\nlologen_received_end_to_end_latency_seconds_bucket{run=\"r1\",le=\"1e-06\"} ",
		"lologen_received_end_to_end_latency_seconds_bucket{run=\"r1\",le=\"+Inf\"} 2\n",
		"lologen_received_end_to_end_latency_seconds_count{run=\"r1\"} 2\n",
	} {
		if !strings.Contains(a.body, want) {
			t.Errorf("no %q in\n%s", want, a.body)
		}
	}
	if r := s.Report(); r.Requests != 2 {
		t.Errorf("%d requests: metrics are not one", r.Requests)
	}
}

// Runs that are over cost a scrape next to nothing, and what has come since the last one is in it.
func TestMetricsOfManyRuns(t *testing.T) {
	s, _ := start(t, Config{})
	const runs = 50
	takeRuns(s, runs)
	scrape := func() (text string, allocated uint64) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		body, err := s.exposition(expfmt.NewFormat(expfmt.TypeTextPlain))
		if err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return string(body), after.TotalAlloc - before.TotalAlloc
	}
	first, _ := scrape()
	second, allocated := scrape()
	if first != second {
		t.Errorf("metrics change of themselves:\n%s\n%s", first, second)
	}
	if allocated > runs*100<<10 {
		t.Errorf("the second scrape allocated %d KiB", allocated>>10)
	}
	batch := s.account.NewBatch()
	batch.Add([]byte(identified("run7", 0, 100)))
	batch.Take(time.Now().UnixNano())
	third, _ := scrape()
	for line, want := range map[string]bool{
		"lologen_received_end_to_end_latency_seconds_count{run=\"run7\"} 101\n":  true,
		"lologen_received_end_to_end_latency_seconds_count{run=\"run8\"} 100\n":  true,
		"lologen_received_end_to_end_latency_seconds_count{run=\"run49\"} 101\n": false,
	} {
		if strings.Contains(third, line) != want {
			t.Errorf("%q: %v", line, !want)
		}
	}
}

// TestNativeHistograms: Prometheus gets them if it asks for protobuf.
func TestNativeHistograms(t *testing.T) {
	s, _ := start(t, Config{})
	c := client(t)
	do(t, c, "POST", s.URL(), textType, identified("r1", 0, 0)+"\n"+identified("r1", 0, 1)+"\n")
	q, err := http.NewRequest("GET", s.URL()+"metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Accept", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,text/plain;q=0.3")
	a, err := c.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	native := false
	for d := expfmt.NewDecoder(a.Body, expfmt.ResponseFormat(a.Header)); ; {
		var f dto.MetricFamily
		if err := d.Decode(&f); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if f.GetName() == "lologen_received_end_to_end_latency_seconds" {
			h := f.Metric[0].Histogram
			native = h.GetSampleCount() == 2 && h.GetSchema() > 0 && len(h.PositiveSpan) > 0 && len(h.Bucket) > 10
		}
	}
	if !native {
		t.Errorf("%s has no native histogram", a.Header.Get("Content-Type"))
	}
}
