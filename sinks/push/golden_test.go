package push_test

import (
	"bytes"
	"encoding/hex"
	"io"
	"strings"
	"testing"

	"compress/gzip"

	"github.com/exitfound/lologen/sinks/push"
)

// small is what the goldens show.
func small() []stream {
	return []stream{{
		labels: []push.Label{{Name: "job", Value: "x"}, {Name: "env", Value: `a"b`}},
		entries: []entry{
			{time: start.UnixNano(), line: "one"},
			{time: 1, line: "", metadata: []push.Label{{Name: "k", Value: "v"}, {Name: "e", Value: ""}}},
		},
	}, {
		labels: []push.Label{{Name: "job", Value: "y"}}, entries: []entry{{time: -1, line: "tab\t"}},
	}}
}

// protobuf is small(), field by field.
const protobuf = `
0a 3e
   0a 15 7b656e763d22615c2262222c206a6f623d2278227d    {env="a\"b", job="x"}
   12 12 0a 0b 08 c0bfb7d306 10 959aef3a              2026-08-01T12:00:00 and 123456789 ns
         12 03 6f6e65                                  one
   12 11 0a 02 10 01                                   1 ns
         1a 06 0a 01 6b 12 01 76                       k=v
         1a 03 0a 01 65                                e=
0a 26
   0a 09 7b6a6f623d2279227d                            {job="y"}
   12 19 0a 11 08 ffffffffffffffffff01 10 ff93ebdc03   -1 s and 999999999 ns
         12 04 74616209                                tab
`

const jsonText = `{"streams":[` +
	`{"stream":{"env":"a\"b","job":"x"},"values":[["1785585600123456789","one"],["1","",{"k":"v","e":""}]]},` +
	`{"stream":{"job":"y"},"values":[["-1","tab\t"]]}` +
	`]}`

// bytesOf reads the hexadecimal digits of a dump: those before three spaces or the end of a line.
func bytesOf(t *testing.T, dump string) []byte {
	t.Helper()
	var digits strings.Builder
	for _, line := range strings.Split(dump, "\n") {
		line, _, _ = strings.Cut(strings.TrimSpace(line), "   ")
		digits.WriteString(strings.ReplaceAll(line, " ", ""))
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestProtobufBytes(t *testing.T) {
	want := bytesOf(t, protobuf)
	e := push.NewEncoder(push.Stored)
	got := encode(t, e, small())
	// The length of the block, and a literal: its length less one in four bytes.
	head := []byte{byte(len(want)), 0xfc, byte(len(want) - 1), 0, 0, 0}
	if want := append(head, want...); !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
	if e.Size() != len(want) {
		t.Errorf("a size of %d, want %d", e.Size(), len(want))
	}
}

func TestJSONText(t *testing.T) {
	e := push.NewEncoder(push.JSON)
	if got := encode(t, e, small()); string(got) != jsonText || e.Size() != len(jsonText) {
		t.Errorf("%d bytes\ngot  %s\nwant %s", e.Size(), got, jsonText)
	}
	r, err := gzip.NewReader(bytes.NewReader(encode(t, push.NewEncoder(push.GzipJSON), small())))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != jsonText {
		t.Errorf("gzip: %v\ngot  %s\nwant %s", err, got, jsonText)
	}
}

func TestNothingIsARequestToo(t *testing.T) {
	for _, c := range []struct {
		encoding push.Encoding
		streams  int
		want     string
	}{
		{push.Snappy, 0, "\x00"}, {push.Stored, 0, "\x00"}, {push.JSON, 0, `{"streams":[]}`},
		{push.Stored, 1, "\x09\xfc\x08\x00\x00\x00\x0a\x07\x0a\x05{a=1}"},
		{push.JSON, 2, `{"streams":[{"stream":{a=1},"values":[]},{"stream":{a=1},"values":[]}]}`},
	} {
		e := push.NewEncoder(c.encoding)
		for range c.streams {
			e.Stream([]byte("{a=1}"))
		}
		if got := e.Body(); string(got) != c.want {
			t.Errorf("%d streams: %q, want %q", c.streams, got, c.want)
		}
	}
}

// A stream's length is as wide as it needs, whatever was guessed from the one before.
func TestStreamLengths(t *testing.T) {
	var streams []stream
	for _, size := range []int{0, 1, 100, 101, 102, 103, 104, 1, 16 << 10, 1, 3 << 20, 200, 16_355, 16_356, 16_357, 16_358, 16_359, 1} {
		streams = append(streams, stream{
			labels: []push.Label{{Name: "a", Value: "b"}}, entries: []entry{{time: 1, line: strings.Repeat("x", size)}},
		})
	}
	checkRoundTrip(t, streams)
	var alone int
	for _, s := range streams {
		e := push.NewEncoder(push.Stored)
		encode(t, e, []stream{s})
		alone += e.Size()
	}
	e := push.NewEncoder(push.Stored)
	if encode(t, e, streams); e.Size() != alone {
		t.Errorf("%d bytes together, %d one by one", e.Size(), alone)
	}
}

func TestHeaders(t *testing.T) {
	for _, c := range []struct {
		push.Encoding
		contentType, contentEncoding string
	}{
		{push.Snappy, "application/x-protobuf", ""}, {push.Stored, "application/x-protobuf", ""},
		{push.JSON, "application/json", ""}, {push.GzipJSON, "application/json", "gzip"},
	} {
		if c.ContentType() != c.contentType || c.ContentEncoding() != c.contentEncoding {
			t.Errorf("%d: %q, %q", c.Encoding, c.ContentType(), c.ContentEncoding())
		}
	}
}
