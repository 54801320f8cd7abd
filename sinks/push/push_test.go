package push_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/exitfound/lologen/sinks/push"
)

var start = time.Date(2026, 8, 1, 12, 0, 0, 123_456_789, time.UTC)

var encodings = []struct {
	name string
	push.Encoding
}{
	{"snappy", push.Snappy}, {"stored", push.Stored}, {"json", push.JSON}, {"json+gzip", push.GzipJSON},
}

// A stream is one of a request, in the terms of a test.
type stream struct {
	labels  []push.Label
	entries []entry
}

type entry struct {
	time     int64
	line     string
	metadata []push.Label
}

func encode(tb testing.TB, e *push.Encoder, streams []stream) []byte {
	tb.Helper()
	e.Reset()
	for _, s := range streams {
		labels, err := e.AppendLabels(nil, s.labels)
		if err != nil {
			tb.Fatal(err)
		}
		e.Stream(labels)
		for _, entry := range s.entries {
			var metadata []byte
			for _, m := range entry.metadata {
				metadata = e.AppendMetadata(metadata, m.Name, []byte(m.Value))
			}
			e.Entry(entry.time, []byte(entry.line), metadata)
		}
	}
	return e.Body()
}

// decode returns a request's streams; one without lines cannot be seen in a visit.
func decode(d *push.Decoder, body []byte, contentType, contentEncoding string) (streams []stream, err error) {
	last := -1
	err = d.Decode(body, contentType, contentEncoding, func(e *push.Entry) error {
		if e.Stream != last {
			labels, err := push.ParseLabels(e.Labels)
			if err != nil {
				return err
			}
			streams = append(streams, stream{labels: labels})
			last = e.Stream
		}
		got := entry{time: e.Time, line: string(e.Line)}
		for _, p := range e.Metadata {
			got.metadata = append(got.metadata, push.Label{Name: string(p.Name), Value: string(p.Value)})
		}
		s := &streams[len(streams)-1]
		s.entries = append(s.entries, got)
		return nil
	})
	return streams, err
}

// utf8Only is what JSON makes of the streams.
func utf8Only(streams []stream) []stream {
	replace := func(s string) string { return string([]rune(s)) }
	out := make([]stream, len(streams))
	for i, s := range streams {
		out[i].labels = s.labels
		for _, e := range s.entries {
			valid := entry{time: e.time, line: replace(e.line)}
			for _, m := range e.metadata {
				valid.metadata = append(valid.metadata, push.Label{Name: replace(m.Name), Value: replace(m.Value)})
			}
			out[i].entries = append(out[i].entries, valid)
		}
	}
	return out
}

// checkRoundTrip: what was encoded is what is decoded.
func checkRoundTrip(tb testing.TB, streams []stream) {
	tb.Helper()
	for _, encoding := range encodings {
		body := encode(tb, push.NewEncoder(encoding.Encoding), streams)
		got, err := decode(push.NewDecoder(push.Limits{}), body, encoding.ContentType(), encoding.ContentEncoding())
		want := streams
		if encoding.ContentType() == "application/json" {
			want = utf8Only(streams)
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			tb.Errorf("%s: %v\n got %v\nwant %v", encoding.name, err, got, want)
		}
	}
}

// sample has something of everything.
func sample() []stream {
	return []stream{
		{
			labels: []push.Label{{Name: "job", Value: "lologen"}, {Name: "quote", Value: `"\` + "\n\x00ü\ufffd"}},
			entries: []entry{
				{time: start.UnixNano(), line: "plain"},
				{time: start.UnixNano() + 1, line: "\x1b[32mcolour\x1b[0m \"quoted\" back\\slash\r\n\ttab \b\f\x7f <&> \u2028"},
				{time: 0, line: "", metadata: []push.Label{{Name: "trace_id", Value: "0242ac120002"}, {Name: "empty", Value: ""}}},
				{time: -1, line: "ü 世界 😀 \ufffd", metadata: []push.Label{{Name: "ü", Value: "\"\\\n😀"}}},
				{time: start.UnixNano(), line: "not UTF-8: \xff\xc3 \xed\xa0\x80 \xf0\x9f\x98"},
			},
		},
		{labels: []push.Label{{Name: "a", Value: "b"}}, entries: []entry{{time: 1<<63 - 1, line: strings.Repeat("long ", 1<<15)}}},
		{labels: []push.Label{{Name: "a", Value: "b"}}, entries: []entry{{time: -1 << 63, line: strings.Repeat("ü", 300)}}},
	}
}

func TestRoundTrip(t *testing.T) { checkRoundTrip(t, sample()) }

func FuzzRoundTrip(f *testing.F) {
	f.Add("lologen", int64(1), "a line", "trace_id", "17", uint8(3), uint16(2))
	f.Add("\"\\\n", int64(-1), "\xff\x1b\"", "", "", uint8(1), uint16(200))
	f.Fuzz(func(t *testing.T, value string, at int64, line, name, pair string, streams uint8, lines uint16) {
		made := make([]stream, streams%4+1)
		for i := range made {
			made[i].labels = []push.Label{{Name: "v", Value: strings.ToValidUTF8(value, "") + "x"}}
			for j := range int(lines)%300 + 1 {
				e := entry{time: at + int64(j), line: strings.Repeat(line, j%3)}
				if j%2 == 1 {
					e.metadata = []push.Label{{Name: name, Value: pair}, {Name: "n", Value: line}}
				}
				made[i].entries = append(made[i].entries, e)
			}
		}
		checkRoundTrip(t, made)
	})
}

// An encoder and a decoder used again and again owe nothing to what they did before.
func TestReuse(t *testing.T) {
	for _, encoding := range encodings {
		e, d := push.NewEncoder(encoding.Encoding), push.NewDecoder(push.Limits{})
		for _, streams := range [][]stream{sample(), sample()[1:], sample()[:1], sample()} {
			want := string(encode(t, push.NewEncoder(encoding.Encoding), streams))
			body := encode(t, e, streams)
			if string(body) != want {
				t.Errorf("%s: a used encoder makes another request", encoding.name)
			}
			_ = d.Decode([]byte("rubbish"), encoding.ContentType(), encoding.ContentEncoding(), nil)
			got, err := decode(d, body, encoding.ContentType(), encoding.ContentEncoding())
			fresh, _ := decode(push.NewDecoder(push.Limits{}), body, encoding.ContentType(), encoding.ContentEncoding())
			if err != nil || !reflect.DeepEqual(got, fresh) {
				t.Errorf("%s: a used decoder reads %v, %v", encoding.name, got, err)
			}
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	lines := batch()
	for _, encoding := range encodings {
		e, d := push.NewEncoder(encoding.Encoding), push.NewDecoder(push.Limits{})
		labels, metadata := labels(t, e), e.AppendMetadata(nil, "trace_id", []byte("0242ac120002"))
		var pair []byte
		body := request(e, lines, 200, labels, metadata)
		if n := testing.AllocsPerRun(10, func() {
			pair = e.AppendMetadata(pair[:0], "a_name_that_is_longer_than_thirty_two_bytes", metadata)
			body = request(e, lines, 200, labels, metadata)
		}); n != 0 {
			t.Errorf("%s: %v allocations to encode a request", encoding.name, n)
		}
		visit := func(*push.Entry) error { return nil }
		if n := testing.AllocsPerRun(10, func() {
			if err := d.Decode(body, encoding.ContentType(), encoding.ContentEncoding(), visit); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations to decode a request", encoding.name, n)
		}
	}
}
