package receive

import (
	"strings"
	"testing"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/exitfound/lologen/bench/verify"
)

func text(s string) *common.AnyValue {
	return &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: s}}
}

// exported is a request: LogsData has the same form as ExportLogsServiceRequest, whose package
// would bring gRPC.
func exported(lines ...string) *logs.LogsData {
	var records []*logs.LogRecord
	for _, l := range lines {
		records = append(records, &logs.LogRecord{
			TimeUnixNano: 1_800_000_000_000_000_000, SeverityNumber: 9, SeverityText: "INFO", Body: text(l),
			Attributes: []*common.KeyValue{{Key: "body", Value: text("no line")}},
			TraceId:    []byte("0123456789abcdef"),
		})
	}
	half := len(records) / 2
	return &logs.LogsData{ResourceLogs: []*logs.ResourceLogs{
		{
			Resource:  &resource.Resource{Attributes: []*common.KeyValue{{Key: "service.name", Value: text("test")}}},
			SchemaUrl: "https://example.com",
			ScopeLogs: []*logs.ScopeLogs{{Scope: &common.InstrumentationScope{Name: "scope"}, LogRecords: records[:half]}, {}},
		},
		{ScopeLogs: []*logs.ScopeLogs{{LogRecords: records[half:]}}},
	}}
}

func export(lines ...string) []byte {
	b, _ := proto.Marshal(exported(lines...))
	return b
}

func exportJSON(t testing.TB, lines ...string) string {
	b, err := protojson.Marshal(exported(lines...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// taken are the lines that gather adds.
func taken(gather func(w *worker) error) (lines int, bytes int, err error) {
	w := newWorker(verify.NewAccount(verify.Limits{}), 1<<20, 0)
	err = gather(w)
	return w.lines, w.bytes, err
}

func TestOTLP(t *testing.T) {
	s, _ := start(t, Config{Body: 1 << 20})
	c := client(t)
	const path = "otlp/v1/logs"
	status := func(text string) string { return "\x12" + string(rune(len(text))) + text }
	for name, tt := range map[string]struct {
		contentType, coding, body string
		status                    int
		want                      string
		lines                     uint64
	}{
		"protobuf":        {protobufType, "", string(export("a", "bc")), 200, "", 2},
		"gzip":            {protobufType, "gzip", zipped(string(export("a", "bc"))), 200, "", 2},
		"json":            {jsonType, "", exportJSON(t, "a", "bc"), 200, "{}", 2},
		"json, gzip":      {jsonType, "gzip", zipped(exportJSON(t, "a", "bc")), 200, "{}", 2},
		"nothing":         {protobufType, "", "", 200, "", 0},
		"nothing in JSON": {jsonType, "", "{}", 200, "{}", 0},
		"broken":          {protobufType, "", string(export("a", "bc"))[:40], 400, status("unexpected EOF"), 0},
		"broken JSON":     {jsonType, "", exportJSON(t, "a", "bc") + "x", 400, `{"message":"read JSON: something follows the request at byte `, 0},
		"another type":    {textType, "", "a", 400, status("content type: text/plain; charset=utf-8 is not supported"), 0},
		"another coding":  {protobufType, "zstd", "a", 400, status(`Content-Encoding "zstd" not supported`), 0},
		"no gzip":         {protobufType, "gzip", "a", 400, status("unexpected EOF"), 0},
		"too large":       {protobufType, "gzip", zipped(strings.Repeat("x", 2<<20)), 413, status("received message larger than max"), 0},
	} {
		before := s.Lines()
		a := exchange(t, c, "POST", s.URL()+path, tt.contentType, tt.coding, tt.body)
		if a.status != tt.status || !strings.HasPrefix(a.body, tt.want) || a.status == 200 && a.body != tt.want || s.Lines()-before != tt.lines {
			t.Errorf("%s: %d %q and %d lines; want %d %q and %d", name, a.status, a.body, s.Lines()-before, tt.status, tt.want, tt.lines)
		}
		wantType := protobufType
		if tt.contentType == jsonType {
			wantType = jsonType
		}
		if got := a.header.Get("Content-Type"); got != wantType || a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: Content-Type %q", name, got)
		}
	}
	if a := do(t, c, "GET", s.URL()+path, "", ""); a.status != 405 || a.header.Get("Allow") != "POST" {
		t.Errorf("GET: %+v", a)
	}
}

// values are bodies of all kinds. An identity is found in each that can hold one.
func values(identity string) map[string]*common.AnyValue {
	list := &common.ArrayValue{Values: []*common.AnyValue{text(identity), text("b")}}
	record := &common.KeyValueList{Values: []*common.KeyValue{{Key: "msg", Value: text(identity)}}}
	return map[string]*common.AnyValue{
		"string": text(identity),
		"array":  {Value: &common.AnyValue_ArrayValue{ArrayValue: list}},
		"kvlist": {Value: &common.AnyValue_KvlistValue{KvlistValue: record}},
		"bytes":  {Value: &common.AnyValue_BytesValue{BytesValue: []byte(identity)}},
	}
}

func TestBodiesThatAreNoStrings(t *testing.T) {
	for name, value := range values(identified("r1", 0, 0)) {
		data := &logs.LogsData{ResourceLogs: []*logs.ResourceLogs{{ScopeLogs: []*logs.ScopeLogs{{LogRecords: []*logs.LogRecord{{Body: value}}}}}}}
		protobuf, err := proto.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		json, err := protojson.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		for form, gather := range map[string]func(*worker) error{
			"protobuf": func(w *worker) error { return w.inLogs(protobuf, logsPath) },
			"json":     func(w *worker) error { return w.inJSONLogs(json) },
		} {
			account := verify.NewAccount(verify.Limits{})
			w := newWorker(account, 1<<20, 0)
			if err := gather(w); err != nil {
				t.Error(err)
			}
			w.batch.Take(0)
			if c := account.Counts(); c.Lines.Unique != 1 {
				t.Errorf("%s in %s: %+v", name, form, c)
			}
		}
	}
	for _, json := range []string{`{}`, `{"body":{}}`, `{"body":null}`, `null`, `{"body":{"stringValue":""}}`} {
		lines, bytes, err := taken(func(w *worker) error {
			return w.inJSONLogs([]byte(`{"resource_logs":[{"scope_logs":[null,{"log_records":[` + json + `]}]}]}`))
		})
		if lines != 1 || bytes != 0 || err != nil {
			t.Errorf("%s: %d lines of %d bytes, %v; want an empty one", json, lines, bytes, err)
		}
	}
	for _, json := range []string{
		``, `[`, `[]`, `{`, `{"resourceLogs":{}}`, `{"resourceLogs":[`, `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":1}]}]}]}`,
		`{} {}`, `{"a":` + strings.Repeat("[", 20_000), `{"resourceLogs":[1]}`, `{"resourceLogs" []}`,
	} {
		if _, _, err := taken(func(w *worker) error { return w.inJSONLogs([]byte(json)) }); err == nil {
			t.Errorf("%.40s is taken", json)
		}
	}
}

func records(data *logs.LogsData) (n int) {
	for _, r := range data.ResourceLogs {
		for _, s := range r.ScopeLogs {
			n += len(s.LogRecords)
		}
	}
	return n
}

// What the official decoder takes is taken, and has the same lines.
func FuzzOTLP(f *testing.F) {
	f.Add(export())
	f.Add(export("a", "", "bc"))
	for _, v := range values("x") {
		b, _ := proto.Marshal(&logs.LogsData{ResourceLogs: []*logs.ResourceLogs{{ScopeLogs: []*logs.ScopeLogs{{LogRecords: []*logs.LogRecord{{Body: v}, {}}}}}}})
		f.Add(b)
	}
	f.Add([]byte("\x0a\x06\x12\x04\x12\x02\x2a\x00"))
	f.Fuzz(func(t *testing.T, request []byte) {
		lines, _, err := taken(func(w *worker) error { return w.inLogs(request, logsPath) })
		var data logs.LogsData
		if proto.Unmarshal(request, &data) != nil {
			return
		}
		if want := records(&data); err != nil || lines != want {
			t.Errorf("%q: %d lines, %v; want %d", request, lines, err, want)
		}
	})
}

func FuzzOTLPJSON(f *testing.F) {
	f.Add(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"a"}},{}]}]}]}`)
	f.Add(`{"resource_logs":[{"x":[{}],"scope_logs":[{"log_records":[{"body":{"kvlistValue":{}}},{}]}]}]}`)
	f.Fuzz(func(t *testing.T, request string) {
		lines, _, err := taken(func(w *worker) error { return w.inJSONLogs([]byte(request)) })
		var data logs.LogsData
		if protojson.Unmarshal([]byte(request), &data) != nil {
			return
		}
		if want := records(&data); err != nil || lines != want {
			t.Errorf("%q: %d lines, %v; want %d", request, lines, err, want)
		}
	})
}
