package push_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/exitfound/lologen/sinks/push"
)

const (
	protobufType = "application/x-protobuf"
	jsonType     = "application/json"
)

// block is s in a snappy block of one literal.
func block(s string) []byte {
	n := len(s)
	b := []byte{byte(n&0x7f | 0x80), byte(n>>7&0x7f | 0x80), byte(n >> 14), 63 << 2}
	m := n - 1
	return append(append(b, byte(m), byte(m>>8), byte(m>>16), byte(m>>24)), s...)
}

func gzipped(s string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, s)
	_ = w.Close()
	return b.Bytes()
}

func deflated(s string) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestSpeed)
	_, _ = io.WriteString(w, s)
	_ = w.Close()
	return b.Bytes()
}

// oneLine is a request of one line.
const (
	oneLine     = "\x0a\x16\x0a\x07{a=\"b\"}\x12\x0b\x0a\x04\x08\x01\x10\x02\x12\x03one"
	oneLineJSON = `{"streams":[{"stream":{"a":"b"},"values":[["1000000002","one"]]}]}`
)

func TestFormsThatLokiTakes(t *testing.T) {
	want := []stream{{labels: []push.Label{{"a", "b"}}, entries: []entry{{time: 1_000_000_002, line: "one"}}}}
	for name, c := range map[string]struct {
		body                         []byte
		contentType, contentEncoding string
	}{
		"protobuf":              {block(oneLine), protobufType, ""},
		"another type":          {block(oneLine), "Text/Plain; charset=utf-8", ""},
		"snappy as a coding":    {block(oneLine), protobufType, "snappy"},
		"gzip over snappy":      {gzipped(string(block(oneLine))), protobufType, "gzip"},
		"json":                  {[]byte(oneLineJSON), jsonType, ""},
		"json with a parameter": {[]byte(oneLineJSON), "Application/JSON; charset=utf-8", ""},
		"gzip":                  {gzipped(oneLineJSON), jsonType, "gzip"},
		"gzip in two members":   {append(gzipped(oneLineJSON[:20]), gzipped(oneLineJSON[20:])...), jsonType, "gzip"},
		"deflate":               {deflated(oneLineJSON), jsonType, "deflate"},
	} {
		got, err := decode(push.NewDecoder(push.Limits{}), c.body, c.contentType, c.contentEncoding)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestProtobufThatLokiTakes(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want string
	}{
		"labels last":       {"\x0a\x10\x12\x05\x12\x03one\x0a\x07{a=\"b\"}", `[{[{a b}] [{-9223372036854775808 one []}]}]`},
		"the last labels":   {"\x0a\x14\x0a\x02{}\x12\x05\x12\x03one\x0a\x07{a=\"b\"}", `[{[{a b}] [{-9223372036854775808 one []}]}]`},
		"unknown fields":    {"\x12\x01x\x18\x01\x29\x00\x00\x00\x00\x00\x00\x00\x00\x2d\x00\x00\x00\x00\x33\x3b\x3c\x34\x0a\x08\x0a\x02{}\x18\x01\x12\x00", `[{[] [{-9223372036854775808  []}]}]`},
		"an empty time":     {"\x0a\x08\x0a\x02{}\x12\x02\x0a\x00", `[{[] [{0  []}]}]`},
		"the year 9999":     {"\x0a\x0f\x0a\x02{}\x12\x09\x0a\x07\x08\xff\xff\xe8\xbc\xaf\x07", `[{[] [{9223372036854775807  []}]}]`},
		"a pair":            {"\x0a\x0e\x0a\x02{}\x12\x08\x1a\x06\x0a\x01k\x12\x01v", `[{[] [{-9223372036854775808  [{k v}]}]}]`},
		"parsed, left out":  {"\x0a\x0e\x0a\x02{}\x12\x08\x22\x06\x0a\x01k\x12\x01v", `[{[] [{-9223372036854775808  []}]}]`},
		"no lines":          {"\x0a\x04\x0a\x02{}", `[]`},
		"invalid UTF-8":     {"\x0a\x0b\x0a\x02{}\x12\x05\x12\x03\xff\xfe\xfd", "[{[] [{-9223372036854775808 \xff\xfe\xfd []}]}]"},
		"a length too wide": {"\x0a\x84\x80\x00\x0a\x02{}", `[]`},
	} {
		got, err := decode(push.NewDecoder(push.Limits{}), block(c.body), protobufType, "")
		if err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, %v; want %s", name, got, err, c.want)
		}
	}
}

func TestJSONThatLokiTakes(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"spaces":          {" {\n\"streams\" : [ {\t\"stream\" : { \"a\" : \"b\" } ,\r\"values\" : [ [ \"1\" , \"x\" , { } ] ] } ] } \n", `[{[{a b}] [{1 x []}]}]`},
		"values first":    {`{"streams":[{"values":[["1","x"]],"stream":{"a":"b"}}]}`, `[{[{a b}] [{1 x []}]}]`},
		"unknown members": {`{"a":[{"b":[1,-2.5e+3,true,false,null,"\""]}],"streams":[{"c":{},"stream":{"a":"b"},"d":[],"values":[["1","x",{},4]]}]}`, `[{[{a b}] [{1 x []}]}]`},
		"escaped names":   {`{"str\u0065ams":[{"\u0073tream":{"a":"b"},"values":[["\u0031","x"]]}]}`, `[{[{a b}] [{1 x []}]}]`},
		"escapes":         {`{"streams":[{"stream":{"a":"\"\\\/\b\f\n\r\t"},"values":[["1","\u00fc\ud83d\ude00\ud83dx\u0000"]]}]}`, "[{[{a \"\\/\b\f\n\r\t}] [{1 ü😀\ufffdx\x00 []}]}]"},
		"unsorted labels": {`{"streams":[{"stream":{"b":"2","a":"1","b":"3"},"values":[["1","x"]]}]}`, `[{[{a 1} {b 3}] [{1 x []}]}]`},
		"other labels":    {`{"streams":[{"stream":{"a":1,"b":null,"c":{"d":[]}},"values":[["1","x"]]}]}`, `[{[{a 1} {b null} {c {"d":[]}}] [{1 x []}]}]`},
		"nulls":           {`{"streams":[{"stream":{"a":"b"},"values":null},{"stream":{"a":"c"},"values":[null,["-1","x"],null]}]}`, `[{[{a c}] [{-1 x []}]}]`},
		"metadata":        {`{"streams":[{"stream":{},"values":[["1","x",{"k":"v","\"":"\n"}],["2","y"]]}]}`, "[{[] [{1 x [{k v} {\" \n}]} {2 y []}]}]"},
		"no lines":        {`{"streams":[{"stream":{"a":"b"},"values":[]}]}`, `[]`},
		"invalid UTF-8":   {"{\"streams\":[{\"stream\":{\"a\":\"\xff\"},\"values\":[[\"1\",\"\xff\\n\"]]}]}", "[{[{a \xff}] [{1 \xff\n []}]}]"},
	} {
		got, err := decode(push.NewDecoder(push.Limits{}), []byte(c.body), jsonType, "")
		if err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, %v; want %s", name, got, err, c.want)
		}
	}
}

func TestBodiesThatLokiRefuses(t *testing.T) {
	stream := func(values string) string { return `{"streams":[{"stream":{"a":"b"},"values":` + values + `}]}` }
	for _, c := range []struct {
		body                         []byte
		contentType, contentEncoding string
		want                         string
	}{
		{block(oneLine), "", "", "mime: no media type"},
		{block(oneLine), protobufType, "br", `Content-Encoding "br" not supported`},
		{nil, protobufType, "", "snappy: corrupt input"},
		{[]byte(oneLine), protobufType, "", "snappy: corrupt input"},
		{block(oneLine)[:9], protobufType, "", "snappy: corrupt input"},
		{[]byte{0}, protobufType, "", push.ErrNoStreams.Error()},
		{block("\x0a"), protobufType, "", "unexpected EOF"},
		{block("\x0a\x02\x0a"), protobufType, "", "unexpected EOF"},
		{block("\x0a\x05\x0a\x04{}"), protobufType, "", "unexpected EOF"},
		{block("\x09\x00"), protobufType, "", "unexpected EOF"},
		{block("\x0b\x0b\x0c"), protobufType, "", "unexpected EOF"},
		{block("\x0c"), protobufType, "", "proto: wiretype end group for non-group"},
		{block("\x00"), protobufType, "", "proto: illegal tag 0 (wire type 0)"},
		{block("\x1f"), protobufType, "", "proto: illegal wireType 7"},
		{block("\x08\x01"), protobufType, "", "proto: wrong wireType = 0 for field Streams"},
		{block("\x0a\x02\x08\x01"), protobufType, "", "proto: wrong wireType = 0 for field Labels"},
		{block("\x0a\x06\x0a\x02{}\x10\x01"), protobufType, "", "proto: wrong wireType = 0 for field Entries"},
		{block("\x0a\x08\x0a\x02{}\x12\x02\x10\x01"), protobufType, "", "proto: wrong wireType = 0 for field Line"},
		{block("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), protobufType, "", "proto: negative length found during unmarshaling"},
		{block("\x0a" + strings.Repeat("\xff", 11)), protobufType, "", "proto: integer overflow"},
		{block("\x0a\x0a\x0a\x02{}\x12\x04\x0a\x02\x10\xff"), protobufType, "", "unexpected EOF"},
		{block("\x0a\x00"), protobufType, "", `couldn't parse labels: "": expected { at byte 0`},
		{block("\x0a\x05\x0a\x03{a}"), protobufType, "", `couldn't parse labels: "{a}": expected = at byte 2`},
		{block("\x0a\x13\x0a\x02{}\x12\x0d\x0a\x0b\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), protobufType, "",
			"timestamp: 0 seconds and -1 nanos are not an instant between the years 1 and 9999"},
		{[]byte(oneLineJSON), jsonType, "gzip", "gzip: invalid header"},
		{gzipped(oneLineJSON)[:40], jsonType, "gzip", "unexpected EOF"},
		{[]byte("\xff"), jsonType, "deflate", "flate: corrupt input before offset 1"},
		{nil, jsonType, "", "json: expected an object, found the end"},
		{[]byte(`[]`), jsonType, "", `json: expected an object at byte 0, found "[]"`},
		{[]byte(`{}`), jsonType, "", push.ErrNoStreams.Error()},
		{[]byte(`{"streams":null}`), jsonType, "", push.ErrNoStreams.Error()},
		{[]byte(oneLineJSON + "x"), jsonType, "", `json: expected nothing more at byte 66, found "x"`},
		{[]byte(oneLineJSON[:60]), jsonType, "", "json: expected a closing quote, found the end"},
		{[]byte(`{"streams":[null]}`), jsonType, "", `json: expected an object at byte 12, found "null]}"`},
		{[]byte(`{"streams":[{}]}`), jsonType, "", `couldn't parse labels: "": expected { at byte 0`},
		{[]byte(`{"streams":[{"stream":{"a-b":"c"}}]}`), jsonType, "", `couldn't parse labels: "{a-b=\"c\"}": expected = at byte 2`},
		{[]byte(`{"streams":[{"stream":"{}"}]}`), jsonType, "", `json: expected an object at byte 22, found "\"{}\"}]}"`},
		{[]byte(`{"streams":[{"stream":{},"stream":{}}]}`), jsonType, "", `json: expected no second stream at byte 34, found "{}}]}"`},
		{[]byte(stream(`[],"values":[]`)), jsonType, "", `json: expected no second values at byte 53, found "[]}]}"`},
		{[]byte(stream(`[[1,"x"]]`)), jsonType, "", `json: expected a string at byte 43, found "1,\"x\"]]}]}"`},
		{[]byte(stream(`[["1.5","x"]]`)), jsonType, "", `json: expected a timestamp, nanoseconds as a string at byte 43, found "\"1.5\",\"x\"]]}]}"`},
		{[]byte(stream(`[["+1","x"]]`)), jsonType, "", `json: expected a timestamp, nanoseconds as a string at byte 43, found "\"+1\",\"x\"]]}]}"`},
		{[]byte(stream(`[["9223372036854775808","x"]]`)), jsonType, "", `json: expected a timestamp, nanoseconds as a string at byte 43, found "\"9223372036854775808"`},
		{[]byte(stream(`[["1"]]`)), jsonType, "", `json: expected a timestamp and a line before that at byte 47, found "]}]}"`},
		{[]byte(stream(`[["1","x",{"k":1}]]`)), jsonType, "", `json: expected a string at byte 56, found "1}]]}]}"`},
		{[]byte(stream("[[\"1\",\"\n\"]]")), jsonType, "", `json: expected an escape of a control character at byte 48, found "\n\"]]}]}"`},
		{[]byte(stream(`[["1","\x"]]`)), jsonType, "", `json: expected an escape of JSON at byte 48, found "\\x\"]]}]}"`},
		{[]byte(stream(`[["1","\u12g4"]]`)), jsonType, "", `json: expected an escape of JSON at byte 48, found "\\u12g4\"]]}]}"`},
		{[]byte(stream(`[["1","x"],]`)), jsonType, "", `json: expected an array at byte 52, found "]}]}"`},
		{[]byte(`{"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`), jsonType, "", "json: more than 64 values in one another at byte 70"},
		{[]byte(`{"a":01}`), jsonType, "", `json: expected a value at byte 5, found "01}"`},
	} {
		got, err := decode(push.NewDecoder(push.Limits{}), c.body, c.contentType, c.contentEncoding)
		if err == nil || err.Error() != c.want || got != nil {
			t.Errorf("%.80q as %s %s:\n got %v, %v\nwant %s", c.body, c.contentType, c.contentEncoding, got, err, c.want)
		}
	}
}

// A request that is broken at its end is not visited at its beginning.
func TestAllOrNothing(t *testing.T) {
	for _, c := range []struct{ body, contentType string }{
		{string(block(oneLine + "\x0a\x01")), protobufType},
		{oneLineJSON[:len(oneLineJSON)-1], jsonType},
	} {
		err := push.NewDecoder(push.Limits{}).Decode([]byte(c.body), c.contentType, "", func(*push.Entry) error {
			t.Errorf("%s: a visit", c.contentType)
			return nil
		})
		if err == nil {
			t.Errorf("%s: no error", c.contentType)
		}
	}
}

func TestVisitEndsIt(t *testing.T) {
	enough := errors.New("enough")
	for _, encoding := range encodings {
		visits := 0
		body := encode(t, push.NewEncoder(encoding.Encoding), sample())
		err := push.NewDecoder(push.Limits{}).Decode(body, encoding.ContentType(), encoding.ContentEncoding(), func(*push.Entry) error {
			if visits++; visits == 2 {
				return enough
			}
			return nil
		})
		if err != enough || visits != 2 {
			t.Errorf("%s: %v after %d visits", encoding.name, err, visits)
		}
	}
}

func TestLimits(t *testing.T) {
	long := strings.Repeat("x", 2000)
	pairs := []push.Label{{"a", "1"}, {"b", "2"}, {"c", "3"}}
	for _, encoding := range encodings {
		for _, c := range []struct {
			limits push.Limits
			entry  entry
			want   string
		}{
			{push.Limits{Bytes: 2100, Pairs: 3}, entry{line: long, metadata: pairs}, ""},
			{push.Limits{Bytes: 2000}, entry{line: long}, "received message larger than max"},
			{push.Limits{Pairs: 2}, entry{metadata: pairs}, "there are more than 2 pairs of labels or structured metadata"},
		} {
			body := encode(t, push.NewEncoder(encoding.Encoding), []stream{{labels: []push.Label{{"a", "b"}}, entries: []entry{c.entry}}})
			_, err := decode(push.NewDecoder(c.limits), body, encoding.ContentType(), encoding.ContentEncoding())
			if got := fmt.Sprint(err); c.want == "" && err != nil || !strings.HasPrefix(got, c.want) {
				t.Errorf("%s, %+v: %v, want %q", encoding.name, c.limits, err, c.want)
			}
			if tooLarge := c.limits.Bytes == 2000; errors.Is(err, push.ErrTooLarge) != tooLarge {
				t.Errorf("%s, %+v: %v is ErrTooLarge: %v", encoding.name, c.limits, err, !tooLarge)
			}
		}
	}
	body := encode(t, push.NewEncoder(push.JSON), []stream{{labels: pairs}})
	if _, err := decode(push.NewDecoder(push.Limits{Pairs: 2}), body, jsonType, ""); err == nil {
		t.Error("three labels of two")
	}
}

// Small bodies that promise much cost no memory to speak of.
func TestBombs(t *testing.T) {
	declared := func(n uint64) []byte {
		var b []byte
		for ; n >= 0x80; n >>= 7 {
			b = append(b, byte(n)|0x80)
		}
		return append(append(b, byte(n)), 0, 'x')
	}
	for name, c := range map[string]struct {
		body                         []byte
		contentType, contentEncoding string
	}{
		"a declared length within the limit": {declared(15 << 20), protobufType, ""},
		"a declared length beyond it":        {declared(math.MaxUint32), protobufType, ""},
		"gzip beyond it":                     {gzipped(strings.Repeat(" ", 64<<20)), jsonType, "gzip"},
		"pairs without end":                  {block("\x0a\xfa\x7f\x12\xf7\x7f" + strings.Repeat("\x1a\x00", 8187)), protobufType, ""},
		"groups without end":                 {block(strings.Repeat("\x0b", 1<<20)), protobufType, ""},
		"arrays without end":                 {[]byte(`{"a":` + strings.Repeat("[", 1<<20)), jsonType, ""},
		"labels without end":                 {[]byte(`{"streams":[{"stream":{` + strings.Repeat(`"":0,`, 1<<18)), jsonType, ""},
	} {
		const most = 2 << 20
		d := push.NewDecoder(push.Limits{Bytes: most})
		if strings.Contains(name, "within") {
			d = push.NewDecoder(push.Limits{})
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := d.Decode(c.body, c.contentType, c.contentEncoding, nil)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 4*most {
			t.Errorf("%s: %d bytes were allocated", name, took)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, encoding := range encodings {
		f.Add(encode(f, push.NewEncoder(encoding.Encoding), small()), byte(encoding.Encoding))
	}
	f.Add(block(oneLine), byte(push.Snappy))
	f.Add([]byte(`{"a":[{"b":[1,-2.5e+3,true,null,"\""]}],"streams":[{"stream":{"a":1},"values":[["1","x",{"\ud83d":""},4]]}]}`), byte(push.JSON))
	f.Add(deflated(oneLineJSON), byte(len(encodings)))
	d := push.NewDecoder(push.Limits{Bytes: 1 << 20})
	f.Fuzz(func(t *testing.T, body []byte, form byte) {
		contentType, contentEncoding := jsonType, "deflate"
		if int(form) < len(encodings) {
			contentType, contentEncoding = push.Encoding(form).ContentType(), push.Encoding(form).ContentEncoding()
		}
		streams, err := decode(d, body, contentType, contentEncoding)
		if err != nil && streams != nil {
			t.Errorf("visits before %v", err)
		}
		again, againErr := decode(push.NewDecoder(push.Limits{Bytes: 1 << 20}), body, contentType, contentEncoding)
		if (err == nil) != (againErr == nil) || !reflect.DeepEqual(streams, again) {
			t.Errorf("%v, %v, and then %v, %v", streams, err, again, againErr)
		}
		if push.Encoding(form) == push.JSON && err == nil && !json.Valid(body) {
			t.Errorf("%q is no JSON", body)
		}
	})
}
