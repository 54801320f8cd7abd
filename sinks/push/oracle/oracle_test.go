// Package oracle holds what sinks/push writes and reads against the decoders of Loki and
// Prometheus. It is a module of its own, so that those never reach users.
package oracle

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang/snappy"
	official "github.com/grafana/loki/pkg/push"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/exitfound/lologen/sinks/push"
)

const protobuf = "application/x-protobuf"

// encode is what we make of a request.
func encode(encoding push.Encoding, r *official.PushRequest) []byte {
	e := push.NewEncoder(encoding)
	for _, s := range r.Streams {
		e.Stream([]byte(s.Labels))
		for _, entry := range s.Entries {
			var metadata []byte
			for _, m := range entry.StructuredMetadata {
				metadata = e.AppendMetadata(metadata, m.Name, []byte(m.Value))
			}
			e.Entry(entry.Timestamp.UnixNano(), []byte(entry.Line), metadata)
		}
	}
	return e.Body()
}

// decode is what we read in a body.
func decode(body []byte) (*official.PushRequest, error) {
	var r official.PushRequest
	last := -1
	err := push.NewDecoder(push.Limits{Bytes: 1 << 24, Pairs: 1 << 20}).Decode(body, protobuf, "", func(e *push.Entry) error {
		if e.Stream != last {
			last = e.Stream
			r.Streams = append(r.Streams, official.Stream{Labels: string(e.Labels)})
		}
		entry := official.Entry{Timestamp: time.Unix(0, e.Time), Line: string(e.Line)}
		for _, p := range e.Metadata {
			entry.StructuredMetadata = append(entry.StructuredMetadata, official.LabelAdapter{Name: string(p.Name), Value: string(p.Value)})
		}
		s := &r.Streams[len(r.Streams)-1]
		s.Entries = append(s.Entries, entry)
		return nil
	})
	return &r, err
}

// visible is what of an official request a visit shows: streams with lines, times that int64's
// nanoseconds can express, and nothing that is not for the push.
func visible(r *official.PushRequest) *official.PushRequest {
	first, last := time.Unix(0, math.MinInt64), time.Unix(0, math.MaxInt64)
	var seen official.PushRequest
	for _, s := range r.Streams {
		s.Hash = 0
		for i := range s.Entries {
			e := &s.Entries[i]
			e.Parsed = nil
			if e.Timestamp.Before(first) {
				e.Timestamp = first
			}
			if e.Timestamp.After(last) {
				e.Timestamp = last
			}
		}
		if len(s.Entries) > 0 {
			seen.Streams = append(seen.Streams, s)
		}
	}
	return &seen
}

func request(value string, at int64, line, name, pair string, streams uint8, lines uint16) *official.PushRequest {
	var r official.PushRequest
	for i := range streams%4 + 1 {
		text, err := push.AppendLabels(nil, []push.Label{{Name: "v", Value: strings.ToValidUTF8(value, "") + "x"}})
		if err != nil {
			panic(err)
		}
		s := official.Stream{Labels: string(text)}
		for j := range (int(lines) >> i) % 300 {
			e := official.Entry{Timestamp: time.Unix(0, at+int64(j)), Line: strings.Repeat(line, j%3)}
			if j%2 == 1 {
				e.StructuredMetadata = official.LabelsAdapter{{Name: name, Value: pair}, {Name: "n", Value: line}}
			}
			s.Entries = append(s.Entries, e)
		}
		r.Streams = append(r.Streams, s)
	}
	return &r
}

// What we encode is, byte for byte, what they encode; and they decode it to the same.
func FuzzEncode(f *testing.F) {
	f.Add("lologen", int64(1), "a line", "trace_id", "17", uint8(3), uint16(2))
	f.Add("\"\\\n\ufffd", int64(-1), "\xff\x1b\"", "", "", uint8(1), uint16(200))
	f.Add("", int64(math.MinInt64), strings.Repeat("x", 200), "a", "", uint8(2), uint16(299))
	f.Add("", int64(1_785_585_600_000_000_000), strings.Repeat("x", 70), "a", "", uint8(3), uint16(251))
	f.Fuzz(func(t *testing.T, value string, at int64, line, name, pair string, streams uint8, lines uint16) {
		r := request(value, at, line, name, pair, streams, lines)
		want, err := r.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		for _, encoding := range []push.Encoding{push.Snappy, push.Stored} {
			plain, err := snappy.Decode(nil, encode(encoding, r))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(plain, want) {
				t.Fatalf("encoding %d:\n got %x\nwant %x", encoding, plain, want)
			}
			var got official.PushRequest
			if err := got.Unmarshal(plain); err != nil || !got.Equal(r) {
				t.Fatalf("encoding %d: they read %v, %v", encoding, &got, err)
			}
		}
		got, err := decode(snappy.Encode(nil, want))
		if err != nil || !got.Equal(visible(r)) {
			t.Fatalf("we read %v, %v of\n%v", got, err, r)
		}
	})
}

// Whatever the bytes, we take what they take, and read the same in it.
func FuzzDecode(f *testing.F) {
	for _, lines := range []uint16{0, 1, 5} {
		body, _ := request("v", 1_785_585_600_000_000_000, "a line", "k", "v", 2, lines).Marshal()
		f.Add(body)
	}
	for _, body := range []string{
		"", "\x0a\x00", "\x0a\x04\x0a\x02{}", "\x0a\x06\x12\x00\x0a\x02{}", // labels after the entry, which has no time
		"\x0a\x0d\x0a\x02{}\x12\x00\x0a\x05{a=1}", "\x0a\x0f\x0a\x02{}\x12\x00\x0a\x07{a=\"b\"}", // labels twice
		"\x0b\x0b\x0c\x0c", "\x13\x14\x0a\x04\x0a\x02{}", "\x0a\x80\x00", "\x0c", "\x00", "\x07", "\x12\x01x\x0a\x04\x0a\x02{}",
		"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x80\x01",
		"\x0a\x0c\x0a\x02{}\x12\x06\x0a\x04\x08\x01\x10\x02", "\x0a\x08\x0a\x02{}\x12\x02\x22\x00", "\x8a\x80\x80\x80\x80\x01\x00",
		"\x0a\x06\x0a\x02{}\x18\x01", "\x0a\x06\x0a\x02{}\x1a\x00", "\x09\x00\x00\x00\x00\x00\x00\x00\x00", "\x1d\x00\x00\x00\x00",
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var theirs official.PushRequest
		err := theirs.Unmarshal(body)
		if err == nil && slices.ContainsFunc(theirs.Streams, badLabels) {
			return // refused by Loki in its next step, and held against that below
		}
		ours, oursErr := decode(snappy.Encode(nil, body))
		switch {
		case err == nil && len(theirs.Streams) == 0:
			if oursErr != push.ErrNoStreams {
				t.Errorf("%x has no streams: %v", body, oursErr)
			}
		case (err == nil) != (oursErr == nil):
			t.Errorf("%x: they say %v, we say %v", body, err, oursErr)
		case err == nil && !ours.Equal(visible(&theirs)):
			t.Errorf("%x: they read\n%v, we read\n%v", body, visible(&theirs), ours)
		}
	})
}

func badLabels(s official.Stream) bool {
	_, err := push.ParseLabels([]byte(s.Labels))
	return err != nil
}

// Labels that we write, they read back; texts that we read, they read the same.
func FuzzLabels(f *testing.F) {
	for _, s := range []string{
		"b", "", `"`, `\`, "\n\r\t\a\x00\x7f", "ü世界😀\u00ad\u2028", "\ufffd", "\xff", "`'",
		`{}`, `{a="b"}`, ` { a = 'b' , c=` + "`d\n`" + `, } `, `{a="\ufffd\xff\101\U0001f600"}`, `{a="\ud800"}`, `{a="\'"}`, `{,}`, `{a="b",,}`,
		"{a=\"\xff\"}", "{a=\"\ufffd\"}", "{on=\"1\",by=\"2\"}", "{a=\"b\",a=\"c\"}", "{a=\"\n\"}", `{a="b"`, `{a="b"}x`, `{1="b"}`, `{é="b"}`,
		`{inf="1",nan="2",__name__="x"}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		set := []push.Label{{Name: "b", Value: s}, {Name: "_A9", Value: "x"}}
		if text, err := push.AppendLabels(nil, set); err == nil {
			theirs, err := parser.ParseMetric(string(text))
			if want := labels.FromStrings("b", s, "_A9", "x"); err != nil || !labels.Equal(theirs, want) {
				t.Errorf("%s: they read %v, %v", text, theirs, err)
			}
		}
		ours, err := push.ParseLabels([]byte(s))
		if err != nil {
			return
		}
		var want labels.Labels
		for _, l := range ours {
			want = append(want, labels.Label{Name: l.Name, Value: l.Value})
		}
		theirs, err := parser.ParseMetric(s)
		slices.SortStableFunc(want, func(a, b labels.Label) int { return strings.Compare(a.Name, b.Name) })
		slices.SortStableFunc(theirs, func(a, b labels.Label) int { return strings.Compare(a.Name, b.Name) })
		if err != nil || !labels.Equal(theirs, want) {
			t.Errorf("%q: we read %v; they %v, %v", s, want, theirs, err)
		}
	})
}

// Blocks that we take, they take, and to the same bytes; what they refuse, we do.
func FuzzSnappy(f *testing.F) {
	for _, body := range [][]byte{
		snappy.Encode(nil, []byte("\x0a\x04\x0a\x02{}\x0a\x04\x0a\x02{}\x0a\x04\x0a\x02{}\x0a\x04\x0a\x02{}")),
		{}, {0}, {1, 0, 'x'}, {0xff, 0xff, 0xff, 0xff, 0x0f}, {6, 0x14, 10, 4, 10, 2, '{', '}'}, {8, 0, 'x', 1, 0}, // the last one as s2 has it
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if n, err := snappy.DecodedLen(body); err == nil && n > 1<<20 {
			return
		}
		plain, err := snappy.Decode(nil, body)
		ours, oursErr := decode(body)
		if err != nil {
			if oursErr == nil {
				t.Errorf("%x: they say %v, we take it", body, err)
			}
			return
		}
		again, againErr := decode(snappy.Encode(nil, plain))
		if (oursErr == nil) != (againErr == nil) || !ours.Equal(again) {
			t.Errorf("%x: we read %v, %v; %v, %v in their block", body, ours, oursErr, again, againErr)
		}
	})
}
