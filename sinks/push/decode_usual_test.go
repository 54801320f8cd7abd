package push

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/s2"
)

// visited is what visits of a request see, as text.
func visited(visits func(visit func(*Entry) error) error) (string, error) {
	var b strings.Builder
	err := visits(func(e *Entry) error {
		fmt.Fprintf(&b, "%d %q %d %q %q\n", e.Stream, e.Labels, e.Time, e.Line, e.Metadata)
		return nil
	})
	return b.String(), err
}

// agree holds what is read of a request in one pass to what the general decoder reads of it.
func agree(t *testing.T, request []byte) (usual bool) {
	t.Helper()
	d, general := NewDecoder(Limits{}), NewDecoder(Limits{})
	if !d.usual.read(d, request) {
		return false
	}
	got, err := visited(func(visit func(*Entry) error) error { return d.usual.visit(&d.entry, request, visit) })
	if err != nil {
		t.Fatal(err)
	}
	streams, err := general.decodeProtobuf(request, nil)
	if err != nil || streams != len(d.usual.streams) {
		t.Fatalf("%q: the general decoder finds %d streams, not %d: %v", request, streams, len(d.usual.streams), err)
	}
	want, err := visited(func(visit func(*Entry) error) error { _, err := general.decodeProtobuf(request, visit); return err })
	if err != nil || got != want {
		t.Errorf("%q:\n got %s\nwant %s, %v", request, got, want, err)
	}
	return true
}

// requests are some that are the usual, and some that are not.
func requests() (usual, other [][]byte) {
	at := time.Date(2026, 11, 22, 15, 23, 23, 819_000_001, time.UTC).UnixNano()
	build := func(add func(e *Encoder)) []byte {
		e := NewEncoder(Stored)
		add(e)
		e.endStream()
		return append([]byte(nil), e.buf[headroom:]...)
	}
	long := []byte(strings.Repeat("x", 1<<14-1))
	labels := []byte(`{a="b"}`)
	one := func(time int64, line, metadata []byte) []byte {
		return build(func(e *Encoder) { e.Stream(labels); e.Entry(time, line, metadata) })
	}
	usual = [][]byte{
		one(at, []byte("one"), nil),
		one(at, long[:1<<14-30], nil),
		one(1<<28*1_000_000_000+1, []byte("1978"), nil),
		one(9_223_372_035_999_999_999, []byte("2262"), nil),
		build(func(e *Encoder) { e.Stream(labels) }),
		build(func(e *Encoder) {
			for s := range 3 {
				e.Stream([]byte(fmt.Sprintf(`{a="%d"}`, s)))
				for i := range int64(s) * 100 {
					e.Entry(at+i, long[:1+i], nil)
				}
			}
		}),
	}
	other = [][]byte{
		nil,
		one(at, long, nil),
		one(at, nil, nil),
		one(1<<28*1_000_000_000-1, []byte("1978"), nil),
		one(at-at%1_000_000_000, []byte("no nanos"), nil),
		one(1<<63-1, []byte("2262"), nil),
		one(-1, []byte("1969"), nil),
		one(at, []byte("one"), appendMetadata(nil, "k", []byte("v"))),
		build(func(e *Encoder) { e.Stream([]byte("{a=}")); e.Entry(at, []byte("one"), nil) }),
		append(one(at, []byte("one"), nil), 0x18, 1),
		build(func(e *Encoder) {
			e.Stream(labels)
			e.Entry(at, []byte("one"), nil)
			e.buf = appendField(e.buf, tagLabels, labels)
		}),
	}
	return usual, other
}

func TestUsual(t *testing.T) {
	usual, other := requests()
	for _, r := range usual {
		if !agree(t, r) {
			t.Errorf("%.80q is not taken for a usual request", r)
		}
	}
	for _, r := range other {
		if agree(t, r) {
			t.Errorf("%.80q is taken for a usual request", r)
		}
	}
}

func FuzzUsual(f *testing.F) {
	usual, other := requests()
	for _, r := range append(usual, other...) {
		f.Add(r)
	}
	f.Fuzz(func(t *testing.T, request []byte) { agree(t, request) })
}

// A request of more lines than are remembered is read all the same.
func TestUsualIsBounded(t *testing.T) {
	e := NewEncoder(Snappy)
	e.Stream([]byte(`{a="b"}`))
	for i := range int64(mostUsual + 1) {
		e.Entry(1_800_000_000_000_000_001+i, []byte("x"), nil)
	}
	d, lines := NewDecoder(Limits{}), 0
	err := d.Decode(e.Body(), typeProtobuf, "", func(*Entry) error { lines++; return nil })
	if err != nil || lines != mostUsual+1 {
		t.Errorf("%d lines, %v", lines, err)
	}
	if n := len(d.usual.lines); n > mostUsual {
		t.Errorf("%d lines are remembered", n)
	}
}

// A block of one literal is read where it is, any other is left to the library.
func FuzzLiteral(f *testing.F) {
	for _, s := range []string{"", "x", strings.Repeat("x", 59), strings.Repeat("xy", 30), strings.Repeat("random", 100), strings.Repeat("x", 70_000)} {
		f.Add(s2.EncodeSnappy(nil, []byte(s)))
		f.Add(stored(append(make([]byte, headroom), s...)))
	}
	f.Add([]byte{1, 0xf0, 0, 'x'})
	f.Add([]byte{1, 60 << 2, 0, 'x'})
	f.Add([]byte{2, 0, 'x', 'y'})
	f.Add([]byte{1, 63 << 2, 0, 0, 0, 0, 'x'})
	f.Add([]byte{0x83, 0, 'x', 'y'})
	f.Add([]byte{0x81, 0x80, 0, 0, 'x'})
	f.Fuzz(func(t *testing.T, block []byte) {
		size, err := s2.DecodedLen(block)
		if err != nil || size > 1<<20 {
			return
		}
		got, ok := literal(block, size)
		if !ok {
			return
		}
		if want, err := s2.Decode(nil, block); err != nil || string(got) != string(want) {
			t.Errorf("%q: %q, but the library has %q, %v", block, got, want, err)
		}
	})
}
