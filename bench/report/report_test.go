package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/exitfound/lologen/bench/scrape"
	"github.com/exitfound/lologen/emitter"
)

var update = flag.Bool("update", false, "write the goldens anew")

// golden compares got with the file of that name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got:\n%s\nwant:\n%s", name, got, want)
	}
}

// histogram holds n values spread evenly from low to high.
func histogram(low, high time.Duration, n int64) *hdrhistogram.Histogram {
	h := hdrhistogram.New(1, int64(time.Hour), 3)
	for i := range n {
		if err := h.RecordValue(int64(low) + (int64(high)-int64(low))*i/max(1, n-1)); err != nil {
			panic(err)
		}
	}
	return h
}

// paced is a run that went well: 64 workers, 64,000 lines/s, 10 s.
func paced() (*emitter.Result, Run) {
	result := &emitter.Result{
		Progress: emitter.Progress{
			Lines:    emitter.Lines{Due: 640_000, Acked: 640_000},
			Made:     640_000,
			Requests: emitter.Requests{Sent: 320_000},
			Bytes:    emitter.Bytes{Acked: 101_760_000, Wire: 102_400_000},
		},
		Latency: emitter.Latency{
			Response: histogram(20*time.Microsecond, 1800*time.Microsecond, 1000),
			Service:  histogram(5*time.Microsecond, 90*time.Microsecond, 1000),
			Schedule: histogram(800*time.Nanosecond, 1200*time.Microsecond, 1000),
		},
		Started: time.Date(2026, 11, 22, 15, 23, 23, 819_000_000, time.UTC),
		Elapsed: 10_020 * time.Millisecond,
		Window:  10 * time.Second,
		Sending: 9 * time.Second,
		Waiting: 600 * time.Second,
	}
	run := Run{
		ID:   "4f2a9c01d3e8",
		Seed: 18_446_744_073_709_551_615,
		Plan: Plan{
			Sink: "file", Ack: "kernel", Format: "logfmt", Workers: 64, Streams: 64, Rate: new(64_000.0),
			Interval: 0.001, Duration: 10, Level: "debug", Color: true, Name: "spam_application",
			Batch: Batch{Bytes: 131_072, Wait: 0.001},
		},
		Usage: Usage{CPU: 1.2, Cores: 2, MaxRSS: 25_300_000, Mallocs: 12_345, GC: 1},
	}
	return result, run
}

// few is the default run, stopped after 7 s.
func few() (*emitter.Result, Run) {
	result, run := paced()
	result.Progress = emitter.Progress{
		Lines:    emitter.Lines{Due: 4, Acked: 4},
		Made:     4,
		Requests: emitter.Requests{Sent: 4},
		Bytes:    emitter.Bytes{Acked: 640, Wire: 644},
	}
	result.Latency = emitter.Latency{
		Response: histogram(60*time.Microsecond, 210*time.Microsecond, 4),
		Service:  histogram(7*time.Microsecond, 31*time.Microsecond, 4),
		Schedule: histogram(50*time.Microsecond, 180*time.Microsecond, 4),
	}
	result.Elapsed, result.Window = 7_002*time.Millisecond, 7*time.Second
	result.Sending, result.Waiting = 76*time.Microsecond, 7*time.Second
	result.Stopped = true
	run.Plan.Sink, run.Plan.Workers, run.Plan.Streams = "console", 1, 1
	run.Plan.Rate, run.Plan.Interval, run.Plan.Duration = new(0.5), 2, 0
	run.Usage = Usage{CPU: 0.004, Cores: 2, MaxRSS: 9_100_000, Mallocs: 800}
	return result, run
}

// unpaced is a run as fast as possible, with a ledger.
func unpaced() (*emitter.Result, Run) {
	result, run := paced()
	result.Lines = emitter.Lines{Due: 12_345_678, Acked: 12_345_678}
	result.Requests = emitter.Requests{Sent: 15_000}
	result.Bytes = emitter.Bytes{Acked: 1_962_962_802, Wire: 1_975_308_480}
	result.Latency.Schedule = nil
	result.Latency.Clamped = 3
	result.Elapsed, result.Window = 5*time.Second, 5*time.Second
	result.Sending, result.Waiting = 3*time.Second, 0
	result.Streams = []emitter.StreamLedger{{Stream: 1, Next: 6_172_839}, {Stream: 0, Next: 6_172_839}}
	run.Plan.Workers, run.Plan.Streams, run.Plan.Rate, run.Plan.Interval = 2, 2, nil, 0
	run.Plan.Duration, run.Plan.Identify = 5, true
	run.Usage.CPU = 9.1
	return result, run
}

// failing is a run to a server that limits, and worse.
func failing() (*emitter.Result, Run) {
	result, run := paced()
	result.Lines = emitter.Lines{Due: 640_000, Acked: 400_000, Rejected: 150_000, Unknown: 20_000, Missed: 70_000}
	result.Requests = emitter.Requests{Sent: 900, Retried: 300, Failed: 480}
	result.Elapsed, result.Window = 15*time.Second, 15*time.Second
	result.Failures = []emitter.Failure{
		{Reason: "connection_reset", Lines: 20_000, Requests: 30, First: "post lines: read tcp 127.0.0.1:41000->127.0.0.1:3100: connection reset by peer", At: 7 * time.Second},
		{Reason: "rate_limited", Status: 429, Lines: 149_000, Requests: 440, At: time.Second,
			First: "push lines: server answered 429: \x1b[31mIngestion rate limit exceeded\x00 for user fake\r\n(limit: 4194304 bytes/sec) " + strings.Repeat("\u00fc", 200)},
		{Reason: "http_404", Status: 404, Lines: 500, Requests: 4, First: "not found"},
		{Reason: "http_400", Status: 400, Lines: 300, Requests: 3, First: "bad request"},
		{Reason: "request_body_much_too_large_for_this_server", Status: 413, Lines: 150, Requests: 2, First: "too large"},
		{Reason: "timeout", Lines: 50, Requests: 1},
	}
	result.Streams = []emitter.StreamLedger{
		{Stream: 1, Next: 320_000, Rejected: []emitter.Range{{From: 5, To: 9}, {From: 12, To: 12}}, Cut: true},
		{Stream: 0, Next: 320_000, Unknown: []emitter.Range{{From: 0, To: 4}}},
	}
	run.Plan.Sink, run.Plan.Ack, run.Plan.RateAsked, run.Plan.Identify = "loki", "response", "10MB", true
	return result, run
}

// full is a run to a Loki with default limits, with everything that a report can hold.
func full() (*emitter.Result, Run) {
	result, run := failing()
	result.Failures = result.Failures[:2]
	result.Failures[1].Raise, result.Failures[1].Offered = "ingestion_rate_mb", 64_000
	run.Plan.Encoding, run.Plan.StreamsPerRequest, run.Plan.Tenants = "protobuf", 1, 3
	run.Plan.Labels = []string{`{job="spam", pod="0"}`, `{job="spam", pod="1"}`}
	run.Plan.Evidence = "Of a request with several streams Loki reports the last one's error alone, so a 204 does not speak for every line."
	run.Plan.RateAsked, run.Plan.Schedule = "", "30s:1k,5m:1k..100k,1m:0"
	run.Command = []string{"lologen", "-t", "loki", "--stages", "30s:1k,5m:1k..100k,1m:0"}
	run.SLO = []SLO{{Expr: "p99<250ms"}, {Expr: "errors<0.1%"}, {Expr: "lost==0"}, {Expr: "schedule.p99.9<5ms"}}
	run.Aborted = "errors<0.1%"
	run.Verification = &Verification{
		Stored: 400_002, Lost: 7, Duplicated: 2, Extra: 9, UnknownStored: 3, Corrupt: 1, VisibleAfter: new(0.021), Passed: new(false),
		Ranges: []Stretch{{Stream: 3, From: 500, To: 506, What: "lost"}, {Stream: 3, From: 17, To: 17, What: "extra"}},
		Notes:  []string{"app.log, line 17: its identity is cut or garbled"},
	}
	run.Server = &scrape.Change{
		URL: "http://127.0.0.1:3100/metrics", Took: 15, Received: scrape.Amount{Lines: 702_000, Bytes: 112_000_000},
		Discarded: []scrape.Discards{{Reason: "rate_limited", Amount: scrape.Amount{Lines: 302_000, Bytes: 48_000_000}},
			{Reason: "line_too_long", Amount: scrape.Amount{Lines: 3, Bytes: 900_000}}},
		Streams: scrape.Streams{Before: 4, After: 204, Most: 204, Created: 200}, CPU: 12.5, RSS: 410_000_000,
		Push: scrape.Push{Requests: 900, Mean: 0.004}, Restarted: true, Failed: "connection refused",
	}
	return result, run
}

// unreached is a run that a slow destination held back.
func unreached() (*emitter.Result, Run) {
	result, run := paced()
	result.Lines = emitter.Lines{Due: 640_000, Acked: 312_500, Missed: 327_500}
	result.Latency.Service = histogram(2*time.Millisecond, 40*time.Millisecond, 1000)
	result.Latency.Response = histogram(2*time.Millisecond, 125*time.Second, 1000)
	result.Sending = 620 * time.Second
	result.Waiting = 2 * time.Second
	return result, run
}

// unbalanced is a bug.
func unbalanced() (*emitter.Result, Run) {
	result, run := paced()
	result.Lines.Acked -= 2
	return result, run
}

var runs = []struct {
	name string
	make func() (*emitter.Result, Run)
}{
	{"paced", paced},
	{"few", few},
	{"unpaced", unpaced},
	{"failing", failing},
	{"full", full},
	{"unreached", unreached},
	{"unbalanced", unbalanced},
}

func TestGoldens(t *testing.T) {
	for _, tt := range runs {
		t.Run(tt.name, func(t *testing.T) {
			r := New(tt.make())
			// Compressed, a histogram is another text with every version of zlib: see TestHdr.
			r.Latency.Response.Hdr, r.Latency.Service.Hdr = "", ""
			if r.Latency.Schedule != nil {
				r.Latency.Schedule.Hdr = ""
			}
			for format, extension := range map[string]string{"text": ".txt", "json": ".json"} {
				var b bytes.Buffer
				if err := r.Write(&b, format); err != nil {
					t.Fatal(err)
				}
				golden(t, tt.name+extension, b.Bytes())
			}
		})
	}
}

func TestTextFitsScreen(t *testing.T) {
	for _, tt := range runs {
		var b bytes.Buffer
		if err := New(tt.make()).Text(&b); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		most := 30
		if tt.name == "full" { // with all that Loki, SLOs and a verification have to say
			most = 45
		}
		if len(lines) > most {
			t.Errorf("%s: %d lines", tt.name, len(lines))
		}
		for _, line := range lines {
			if n := utf8.RuneCountInString(line); n > 100 {
				t.Errorf("%s: %d columns: %s", tt.name, n, line)
			}
		}
	}
}

func TestTextConfessesFirst(t *testing.T) {
	tests := []struct {
		name  string
		run   func() (*emitter.Result, Run)
		start string
	}{
		{"target not reached", unreached, "TARGET RATE NOT REACHED: 31,250 of 64,000 lines/s (48.8 %), held back by the destination: "},
		{"unpaced", unpaced, "Held back by lologen itself: the run was unpaced; 2 workers spent 70 % of their time making lines"},
		{"bug", unbalanced, "THE LEDGER DOES NOT BALANCE: 640,000 lines were due, 639,998 accounted for. This is a bug in lologen"},
	}
	for _, tt := range tests {
		var b bytes.Buffer
		if err := New(tt.run()).Text(&b); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(strings.Fields(b.String()), " "); !strings.HasPrefix(got, tt.start) {
			t.Errorf("%s: got %.200q, want it to begin with %q", tt.name, got, tt.start)
		}
	}
}

// A report read back from JSON is the same report, and reads the same as text.
func TestJSONRoundTrip(t *testing.T) {
	for _, tt := range runs {
		want := New(tt.make())
		var b bytes.Buffer
		if err := want.JSON(&b); err != nil {
			t.Fatal(err)
		}
		var got Report
		d := json.NewDecoder(&b)
		d.DisallowUnknownFields()
		if err := d.Decode(&got); err != nil {
			t.Fatal(err)
		}
		g, w := reflect.ValueOf(got), reflect.ValueOf(*want)
		for i := range w.NumField() {
			field := w.Type().Field(i)
			if field.IsExported() && !reflect.DeepEqual(g.Field(i).Interface(), w.Field(i).Interface()) {
				t.Errorf("%s: %s is %+v, want %+v", tt.name, field.Name, g.Field(i), w.Field(i))
			}
		}
	}
}

// The names of the contract, at the places of the contract.
func TestJSONNames(t *testing.T) {
	var b bytes.Buffer
	if err := New(full()).JSON(&b); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{
		"":                 "version run_id seed started elapsed window plan lines requests bytes rate latency errors usage ledger verdict",
		"plan":             "sink ack format workers streams rate encoding labels streams_per_request tenants evidence profile",
		"lines":            "due acked rejected unknown missed",
		"requests":         "sent retried failed",
		"bytes":            "acked wire",
		"rate":             "target achieved",
		"latency":          "response service schedule",
		"latency.response": "count min mean p50 p90 p99 p99_9 max hdr",
		"latency.service":  "count min mean p50 p90 p99 p99_9 max hdr",
		"latency.schedule": "count min mean p50 p90 p99 p99_9 max hdr",
		"errors.0":         "reason status lines requests first at offered raise",
		"server":           "url received discarded streams cpu rss push",
		"verification":     "stored lost duplicated reordered extra visible_after passed",
		"verdict.slo.0":    "expr value passed",
		"work":             "sending waiting backoff",
		"usage":            "cpu max_rss mallocs gc",
		"ledger.0":         "stream next rejected unknown",
		"ledger.1":         "stream next rejected unknown cut",
		"verdict":          "passed bound_by slo bound_why ended",
	}
	for path, keys := range names {
		object := at(t, got, path).(map[string]any)
		for _, key := range strings.Fields(keys) {
			if object[key] == nil {
				t.Errorf("%s has no %s", path, key)
			}
		}
	}
	if got := at(t, got, "ledger.1.rejected"); !reflect.DeepEqual(got, []any{[]any{5.0, 9.0}, []any{12.0, 12.0}}) {
		t.Errorf("rejected of stream 1 is %v", got)
	}
	if got := at(t, got, "latency.response.p50").(float64); math.Abs(got-910e-6) > 2e-6 {
		t.Errorf("p50 of responses is %v s", got)
	}
}

// at follows a path of names and of 0 and 1.
func at(t *testing.T, v any, path string) any {
	t.Helper()
	for _, name := range strings.FieldsFunc(path, func(c rune) bool { return c == '.' }) {
		switch x := v.(type) {
		case map[string]any:
			v = x[name]
		case []any:
			v = x[name[0]-'0']
		default:
			t.Fatalf("no %s in %s", name, path)
		}
	}
	return v
}

func TestJSONOfEmptyResult(t *testing.T) {
	var b bytes.Buffer
	if err := New(&emitter.Result{}, Run{}).JSON(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"errors": []`, `"slo": []`, `"target": null`, `"schedule": null`, `"achieved": 0`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in %s", want, &b)
		}
	}
	if strings.Contains(b.String(), "ledger") {
		t.Errorf("a ledger without identities in %s", &b)
	}
}

func TestLedgerIsBounded(t *testing.T) {
	result, run := paced()
	run.Plan.Identify = true
	for i := range mostStreams + 1 {
		result.Streams = append(result.Streams, emitter.StreamLedger{Stream: mostStreams - i, Next: 1})
	}
	r := New(result, run)
	if len(r.Ledger) != mostStreams || !r.LedgerCut {
		t.Fatalf("%d streams, cut %v", len(r.Ledger), r.LedgerCut)
	}
	for i, s := range r.Ledger {
		if s.Stream != i {
			t.Fatalf("stream %d at %d", s.Stream, i)
		}
	}
	if result.Streams[0].Stream != mostStreams {
		t.Error("the Result was changed")
	}
}

func TestLedgerRangesAreBounded(t *testing.T) {
	result, run := paced()
	run.Plan.Identify = true
	many := make([]emitter.Range, mostRanges-1)
	result.Streams = []emitter.StreamLedger{
		{Stream: 0, Next: 9, Rejected: many},
		{Stream: 1, Next: 9, Rejected: many[:1], Unknown: many[:1]},
		{Stream: 2, Next: 9},
	}
	got := New(result, run).Ledger
	for i, want := range []struct {
		rejected, unknown int
		cut               bool
	}{{mostRanges - 1, 0, false}, {1, 0, true}, {0, 0, false}} {
		if s := got[i]; len(s.Rejected) != want.rejected || len(s.Unknown) != want.unknown || s.Cut != want.cut {
			t.Errorf("stream %d: %d rejected, %d unknown, cut %v", i, len(s.Rejected), len(s.Unknown), s.Cut)
		}
	}
}

func TestLedgerOfNoStreamsIsNotNull(t *testing.T) {
	result, run := paced()
	run.Plan.Identify = true
	var b bytes.Buffer
	if err := New(result, run).JSON(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `"ledger": []`) {
		t.Errorf("no empty ledger in %s", &b)
	}
}

func TestWriteUnknownFormat(t *testing.T) {
	err := New(paced()).Write(&bytes.Buffer{}, "xml")
	if err == nil || !strings.Contains(err.Error(), `"xml": known are text, json`) {
		t.Errorf("got %v", err)
	}
}

type brokenWriter struct{ error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.error }

func TestWriteReportsError(t *testing.T) {
	broken := brokenWriter{errors.New("no space")}
	for _, format := range Formats() {
		if err := New(paced()).Write(broken, format); !errors.Is(err, broken.error) {
			t.Errorf("%s: got %v", format, err)
		}
	}
}
