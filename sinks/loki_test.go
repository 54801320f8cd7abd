package sinks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/sinks/push"
)

// fakeLoki takes pushes and remembers their lines.
type fakeLoki struct {
	server   *httptest.Server
	mu       sync.Mutex
	entries  []pushed
	requests []pushRequest
}

type pushed struct {
	tenant, labels, line string
	time                 int64
	metadata             []push.Label
}

type pushRequest struct {
	streams int
	header  http.Header
}

func (f *fakeLoki) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.URL.Path != lokiPath {
		http.Error(w, fmt.Sprint(r.URL.Path, err), http.StatusNotFound)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	request := pushRequest{header: r.Header}
	err = push.NewDecoder(push.Limits{}).Decode(body, r.Header.Get("Content-Type"), r.Header.Get("Content-Encoding"), func(e *push.Entry) error {
		p := pushed{tenant: r.Header.Get(tenantHeader), labels: string(e.Labels), line: string(e.Line), time: e.Time}
		for _, m := range e.Metadata {
			p.metadata = append(p.metadata, push.Label{Name: string(m.Name), Value: string(m.Value)})
		}
		f.entries = append(f.entries, p)
		request.streams = max(request.streams, e.Stream+1)
		return nil
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f.requests = append(f.requests, request)
	w.WriteHeader(http.StatusNoContent)
}

func serveLoki(t testing.TB) (*fakeLoki, string) {
	t.Helper()
	f := new(fakeLoki)
	f.server = httptest.NewServer(f)
	t.Cleanup(f.server.Close)
	return f, f.server.URL
}

func job(values ...string) []LabelValues { return []LabelValues{{"job", values}} }

func lokiPlace(t *testing.T) place {
	f, url := serveLoki(t)
	// Uncompressed, as lines on the wire are held against lines acked.
	l := Loki{Labels: job("a", "b", "c", "d", "e", "f", "g"), Streams: 7, Encoding: push.Stored}
	opener := mustOpen(t, "loki", Config{Workers: 3, HTTP: HTTP{URL: url}, Loki: l})
	opener.Wait = 10 * time.Millisecond // so that much is still to be sent when it dies
	return place{
		opener: opener,
		lines: func() []string {
			var lines []string
			for _, e := range f.entries {
				lines = append(lines, e.line)
			}
			return lines
		},
		kill: func() { f.server.CloseClientConnections(); f.server.Close() },
	}
}

// openLokiSink opens the only worker's sink.
func openLokiSink(t testing.TB, url string, l Loki) emitter.Sink {
	t.Helper()
	s, err := mustOpen(t, "loki", Config{Workers: 1, HTTP: HTTP{URL: url}, Loki: l}).Open(context.Background(), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// record is a line of a test's batch.
type record struct {
	stream int
	seq    uint64
	time   int64
	level  emitter.Level
}

func batchWith(records ...record) *emitter.Batch {
	b := new(emitter.Batch)
	for _, r := range records {
		b.Add(func(dst []byte, r *emitter.Record) []byte { return fmt.Appendf(dst, "line %d of %d", r.Seq, r.Stream) },
			&emitter.Record{Stream: r.stream, Seq: r.seq, Time: r.time, Level: r.level}, 0)
	}
	return b
}

func sendAll(t testing.TB, s emitter.Sink, b *emitter.Batch) {
	t.Helper()
	if n, err := s.Send(context.Background(), b); n != b.Len() || err != nil {
		t.Fatalf("Send = %d, %v; want %d", n, err, b.Len())
	}
}

func TestLokiGroupsLinesByStream(t *testing.T) {
	for _, encoding := range []push.Encoding{push.Snappy, push.Stored, push.JSON, push.GzipJSON} {
		f, url := serveLoki(t)
		s := openLokiSink(t, url, Loki{Labels: job("a", "b"), Streams: 4, Level: true, Encoding: encoding})
		sendAll(t, s, batchWith(record{0, 0, 10, emitter.Info}, record{1, 0, 11, emitter.Info}, record{0, 1, 12, emitter.Error},
			record{3, 0, 13, emitter.Info}, record{0, 2, 14, emitter.Info}))
		sendAll(t, s, batchWith(record{3, 1, 15, emitter.Info}))
		want := []string{
			`{job="a", level="info", stream_id="0"} 10 line 0 of 0`, `{job="a", level="info", stream_id="0"} 14 line 2 of 0`,
			`{job="b", level="info", stream_id="1"} 11 line 0 of 1`, `{job="a", level="error", stream_id="0"} 12 line 1 of 0`,
			`{job="b", level="info", stream_id="3"} 13 line 0 of 3`, `{job="b", level="info", stream_id="3"} 15 line 1 of 3`,
		}
		var got []string
		for _, e := range f.entries {
			got = append(got, fmt.Sprintf("%s %d %s", e.labels, e.time, e.line))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v: got %s\nwant %s", encoding, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if f.requests[0].streams != 4 || f.requests[1].streams != 1 || f.requests[0].header.Get("Content-Encoding") != encoding.ContentEncoding() {
			t.Errorf("%v: requests %+v", encoding, f.requests)
		}
	}
}

// TestLokiWholeRuns: in a run every stream has its own label set, and of tenants its share.
func TestLokiWholeRuns(t *testing.T) {
	for name, tt := range map[string]struct {
		labels  []LabelValues
		tenants int
		sets    int // label sets, tenants apart
	}{
		"product":       {labels: []LabelValues{{"a", []string{"1", "2"}}, {"b", []string{"1", "2", "3", "4"}}}, sets: 8},
		"numbered":      {labels: job("x"), sets: 8},
		"partly":        {labels: job("x", "y", "z"), sets: 8},
		"tenants":       {labels: job("x"), tenants: 4, sets: 8},
		"uneven shares": {labels: job("x"), tenants: 3, sets: 8},
	} {
		t.Run(name, func(t *testing.T) {
			f, url := serveLoki(t)
			l := Loki{Labels: tt.labels, Streams: 8, Tenants: tt.tenants, Run: "r1"}
			p := numberedPlan(place{opener: mustOpen(t, "loki", Config{Workers: 3, HTTP: HTTP{URL: url}, Loki: l})}, 8000)
			p.Streams = 8
			result, err := emitter.Run(t.Context(), p)
			if err != nil || result.Lines.Acked != 8000 {
				t.Fatalf("%+v, %+v, %v", result.Lines, result.Failures, err)
			}
			sets, tenants := make(map[string]int), make(map[string]int)
			for _, e := range f.entries {
				if !strings.Contains(e.labels, `run_id="r1"`) {
					t.Fatalf("labels %s have no run_id", e.labels)
				}
				sets[e.labels]++
				tenants[e.tenant]++
			}
			if len(sets) != tt.sets || len(tenants) != max(1, tt.tenants) {
				t.Errorf("label sets %v, tenants %v", sets, tenants)
			}
			for set, n := range sets {
				if n != 1000 {
					t.Errorf("%s has %d lines", set, n)
				}
			}
			for tenant, n := range tenants {
				if share := 8000 / max(1, tt.tenants); n%1000 != 0 || n < share-999 || n > share+999 {
					t.Errorf("tenant %s has %d lines of %d", tenant, n, share)
				}
			}
		})
	}
}

func TestLokiTimes(t *testing.T) {
	const second = int64(time.Second)
	f, url := serveLoki(t)
	s := openLokiSink(t, url, Loki{Labels: job("a"), Streams: 1, Offset: -2 * time.Hour, Disorder: Disorder{0.25, 30 * time.Second}, Seed: 7})
	var records []record
	for i := range 4000 {
		records = append(records, record{0, uint64(i), 1e9*second + int64(i), emitter.Debug})
	}
	b := batchWith(records...)
	sendAll(t, s, b)
	sendAll(t, s, b) // as on a retry
	moved, furthest := 0, int64(0)
	for i, e := range f.entries[:4000] {
		back := b.Time(i) - 7200*second - e.time
		if back < 0 || back > 30*second {
			t.Fatalf("line %d lies %d ns back", i, back)
		}
		if back > 0 {
			moved++
			furthest = max(furthest, back)
		}
		if e.time != f.entries[4000+i].time {
			t.Fatalf("line %d has another time on a retry", i)
		}
	}
	if moved < 900 || moved > 1100 || furthest < 29*second {
		t.Errorf("%d of 4000 lines were moved, the furthest by %v", moved, time.Duration(furthest))
	}
}

func TestLokiMetadata(t *testing.T) {
	var list []Metadata
	for _, s := range []string{"trace_id={rand16}", "env=prod", "id={uuid}", "n=x{seq}y{seq}", "broken={rand"} {
		m, err := ParseMetadata(s)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, m)
	}
	for _, encoding := range []push.Encoding{push.Snappy, push.JSON} {
		f, url := serveLoki(t)
		s := openLokiSink(t, url, Loki{Labels: job("a"), Streams: 1, Metadata: list, Encoding: encoding})
		b := batchWith(record{0, 41, 1, 0}, record{0, 42, 2, 0})
		sendAll(t, s, b)
		sendAll(t, s, b)
		seen := make(map[string]bool)
		for i, e := range f.entries {
			got := make(map[string]string)
			for _, m := range e.metadata {
				got[m.Name] = m.Value
			}
			seq := 41 + i%2
			if len(got) != 5 || got["env"] != "prod" || got["n"] != fmt.Sprintf("x%dy%d", seq, seq) || got["broken"] != "{rand" {
				t.Errorf("metadata %v", got)
			}
			for name, pattern := range map[string]string{
				"trace_id": "^[0-9a-f]{16}$", "id": "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
			} {
				if !regexp.MustCompile(pattern).MatchString(got[name]) {
					t.Errorf("%s = %s", name, got[name])
				}
				if seen[got[name]] != (i >= 2) {
					t.Errorf("%s = %s: values differ by line, and not by attempt", name, got[name])
				}
				seen[got[name]] = true
			}
		}
	}
	for _, bad := range []string{"", "x", "=1", "a=", "1a=2", "a b=c"} {
		if _, err := ParseMetadata(bad); err == nil {
			t.Errorf("metadata %q was accepted", bad)
		}
	}
}

// TestLokiChurn: one stream after the other is replaced, evenly over time.
func TestLokiChurn(t *testing.T) {
	const streams, minute = 20, int64(time.Minute)
	m, err := newStreamModel(Loki{Labels: job("a"), Streams: streams, Churn: Churn{0.1, time.Minute}})
	if err != nil {
		t.Fatal(err)
	}
	const begin = 1_700_000_000_000_000_000
	m.generation(0, begin)
	for minutes := range int64(40) {
		var sum uint64
		for s := range streams {
			sum += m.generation(s, begin+minutes*minute+1000)
		}
		if sum != uint64(2*minutes) {
			t.Errorf("after %d minutes %d streams were replaced", minutes, sum)
		}
		if got := m.Created(time.Duration(minutes * minute)); got != streams+sum {
			t.Errorf("after %d minutes %d streams are said to exist, not %d", minutes, got, streams+sum)
		}
	}
	if first, last := m.generation(0, begin+minute/2+1000), m.generation(1, begin+minute/2+1000); first != 1 || last != 0 {
		t.Errorf("after half a minute streams 0 and 1 were replaced %d and %d times", first, last)
	}
	f, url := serveLoki(t)
	s := openLokiSink(t, url, Loki{Labels: job("a"), Streams: 1, Churn: Churn{1, time.Minute}})
	sendAll(t, s, batchWith(record{0, 0, begin, 0}, record{0, 1, begin + 1, 0}, record{0, 2, begin + minute + 1, 0}))
	var labels []string
	for _, e := range f.entries {
		labels = append(labels, e.labels)
	}
	if want := []string{`{generation="0", job="a"}`, `{generation="0", job="a"}`, `{generation="1", job="a"}`}; !slices.Equal(labels, want) {
		t.Errorf("labels %v", labels)
	}
}

func TestLokiAllocatesNothing(t *testing.T) {
	metadata, err := ParseMetadata("trace_id={rand16}")
	if err != nil {
		t.Fatal(err)
	}
	for name, l := range map[string]Loki{
		"one stream": {Labels: job("a"), Streams: 1},
		"tenants and all": {Labels: job("a", "b"), Streams: 10, Tenants: 2, Level: true, Churn: Churn{0.5, time.Minute},
			Metadata: []Metadata{metadata}, Disorder: Disorder{0.1, time.Second}},
		"json": {Labels: job("a"), Streams: 4, Encoding: push.JSON},
		"gzip": {Labels: job("a"), Streams: 4, Encoding: push.GzipJSON},
	} {
		t.Run(name, func(t *testing.T) {
			s := openLokiSink(t, pushResponder(t), l)
			var records []record
			for i := range 1000 {
				records = append(records, record{i % min(5, l.Streams), uint64(i), int64(i + 1), emitter.Level(i % 5)})
			}
			b := batchWith(records...)
			sendAll(t, s, b)
			// The compressors keep their tables in a sync.Pool, which the race detector makes forget.
			if n := testing.AllocsPerRun(100, func() { sendAll(t, s, b) }); n > 2 {
				t.Errorf("%v allocations a request of 1000 lines", n)
			}
		})
	}
}

// pushResponder answers every push with 204, and allocates nothing for it.
func pushResponder(t testing.TB) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		c, err := listener.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		buf, have, answer := make([]byte, 1<<20), 0, []byte("HTTP/1.1 204 No Content\r\n\r\n")
		for {
			n, err := c.Read(buf[have:])
			if have += n; err != nil {
				return
			}
			if isWhole(buf[:have]) {
				have = 0
				if _, err := c.Write(answer); err != nil {
					return
				}
			}
		}
	}()
	return "http://" + listener.Addr().String()
}

func isWhole(b []byte) bool {
	head := bytes.Index(b, []byte("\r\n\r\n"))
	at := bytes.Index(b, []byte("Content-Length: "))
	if head < 0 || at < 0 || at > head {
		return false
	}
	length := 0
	for _, c := range b[at+len("Content-Length: "):] {
		if c < '0' || c > '9' {
			break
		}
		length = length*10 + int(c-'0')
	}
	return len(b) >= head+4+length
}

func TestLokiWrongModels(t *testing.T) {
	long := strings.Repeat("x", 10)
	for name, l := range map[string]Loki{
		"no streams":      {Labels: job("a")},
		"too few streams": {Labels: job("a", "b"), Streams: 1},
		"no value":        {Labels: []LabelValues{{"a", nil}}, Streams: 1},
		"empty value":     {Labels: job(""), Streams: 1},
		"bad name":        {Labels: []LabelValues{{"a-b", []string{"c"}}}, Streams: 1},
		"twice":           {Labels: []LabelValues{{"a", []string{"1"}}, {"a", []string{"2"}}}, Streams: 1},
		"ours":            {Labels: []LabelValues{{"run_id", []string{"1"}}}, Run: long, Streams: 1},
		"no labels":       {Streams: 1},
		"both tenants":    {Labels: job("a"), Streams: 2, Tenant: "t", Tenants: 2},
		"many tenants":    {Labels: job("a"), Streams: 2, Tenants: 3},
		"churn":           {Labels: job("a"), Streams: 1, Churn: Churn{1.5, time.Second}},
		"no period":       {Labels: job("a"), Streams: 1, Churn: Churn{0.5, 0}},
		"disorder":        {Labels: job("a"), Streams: 1, Disorder: Disorder{math.NaN(), 1}},
		"metadata twice":  {Labels: job("a"), Streams: 1, Metadata: []Metadata{{Name: "x"}, {Name: "x"}}},
	} {
		if _, err := Open("loki", Config{Workers: 1, HTTP: HTTP{URL: "http://127.0.0.1:1"}, Loki: l}); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
}

func TestPushURL(t *testing.T) {
	for base, want := range map[string]string{
		"http://h:3100":                    "http://h:3100/loki/api/v1/push",
		"http://h:3100/":                   "http://h:3100/loki/api/v1/push",
		"https://h/prefix":                 "https://h/prefix/loki/api/v1/push",
		"https://h/prefix/?a=b":            "https://h/prefix/loki/api/v1/push?a=b",
		"http://h/loki/api/v1/push":        "http://h/loki/api/v1/push",
		"http://h/loki/api/v1/push/":       "http://h/loki/api/v1/push",
		"http://h/loki/api/v1/push//?a=b":  "http://h/loki/api/v1/push?a=b",
		"http://h/loki/api/v1":             "http://h/loki/api/v1/push",
		"http://h/p/loki/api/v1/":          "http://h/p/loki/api/v1/push",
		"http://h/a%2Fb/":                  "http://h/a%2Fb/loki/api/v1/push",
		"http://h/other/push":              "http://h/other/push",
		"http://h/insert/loki/api/v1/push": "http://h/insert/loki/api/v1/push",
	} {
		if got, err := PushURL(base); got != want || err != nil {
			t.Errorf("%s: %s, %v; want %s", base, got, err, want)
		}
	}
	if _, err := PushURL("ftp://h"); err == nil {
		t.Error("ftp was accepted")
	}
	for base, want := range map[string]string{
		"http://h:3100":                    "http://h:3100/metrics",
		"http://h/prefix":                  "http://h/prefix/metrics",
		"http://h/prefix/?x=y":             "http://h/prefix/metrics",
		"http://h/prefix/loki/api/v1/":     "http://h/prefix/metrics",
		"http://h/p/loki/api/v1/push?x=y":  "http://h/p/metrics",
		"http://h/p/loki/api/v1/push/":     "http://h/p/metrics",
		"http://h/insert/loki/api/v1/push": "http://h/insert/metrics",
		"http://h/other/push":              "http://h/metrics",
	} {
		if got := LokiURL(base, "/metrics"); got != want {
			t.Errorf("metrics of %s: %s, want %s", base, got, want)
		}
	}
}

// lokiAnswer is the outcome of an answer to a batch.
func lokiAnswer(t *testing.T, status int, text string, l Loki, b *emitter.Batch) *emitter.Outcome {
	t.Helper()
	server, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text+"\n")
	})
	n, err := openLokiSink(t, server.URL, l).Send(t.Context(), b)
	var o *emitter.Outcome
	if n != 0 || !errors.As(err, &o) {
		t.Fatalf("Send = %d, %v; want 0 and an outcome", n, err)
	}
	return o
}
