package line_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/emitter/line"
)

// sized returns a source of all levels for uncoloured logfmt lines of a size.
func sized(t *testing.T, size int) emitter.Source {
	t.Helper()
	source, err := line.Sized(line.Messages(emitter.Debug), variant{name: "logfmt"}.format, size)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// smallest is the size of v's longest line with one byte of message.
func (v variant) smallest() (size int) {
	f := v.format()
	for l := range emitter.Levels {
		size = max(size, len(f(nil, &emitter.Record{Level: emitter.Level(l), Message: []byte("x"), Clean: true})))
	}
	return size
}

func TestSized(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.String(), func(t *testing.T) {
			least := v.smallest()
			for size := least; size < least+120; size++ {
				v.checkSize(t, size, 4)
			}
			for _, size := range []int{1000, 4096, 65_537} {
				v.checkSize(t, size, 5)
			}
		})
	}
}

// checkSize has some lines made of a size.
func (v variant) checkSize(t *testing.T, size, lines int) {
	t.Helper()
	source, err := line.Sized(line.Messages(emitter.Debug), v.format, size)
	if err != nil {
		t.Fatal(err)
	}
	format := v.format()
	rand := emitter.NewRand(uint64(size), 0)
	r := emitter.Record{Time: start, Rand: &rand}
	for range lines {
		source(&r)
		if got := format(nil, &r); len(got) != size {
			t.Fatalf("%d bytes, want %d: %q", len(got), size, got)
		}
		if !r.Clean || !clean.Match(r.Message) || len(r.Message) == 0 || bytes.HasSuffix(r.Message, []byte(" ")) {
			t.Fatalf("size %d: message %q, clean %t", size, r.Message, r.Clean)
		}
		r.Seq++
		r.Time += 123_456_789
	}
}

// TestSizedKeepsText tells padding and cutting from making another message.
func TestSizedKeepsText(t *testing.T) {
	natural := line.Messages(emitter.Debug)
	for _, size := range []int{170, 200, 230, 250, 1000} {
		source := sized(t, size)
		rand := emitter.NewRand(1, 0)
		r := emitter.Record{Rand: &rand}
		for range 100 {
			same := rand
			plain := emitter.Record{Rand: &same}
			natural(&plain)
			source(&r)
			n := min(len(r.Message), len(plain.Message)) - 1 // the last byte of a cut message may be a space
			if !bytes.Equal(r.Message[:n], plain.Message[:n]) {
				t.Fatalf("size %d: %q was made of %q", size, r.Message, plain.Message)
			}
		}
	}
}

// TestSizedRoom shows that less room, as a longer pid leaves, changes no other message.
func TestSizedRoom(t *testing.T) {
	for _, sizes := range [][2]int{{400, 402}, {400, 1000}, {230, 400}} {
		small, large := sized(t, sizes[0]), sized(t, sizes[1])
		one := emitter.NewRand(1, 0)
		two := one
		r, s := emitter.Record{Rand: &one}, emitter.Record{Rand: &two}
		for range 100 {
			small(&r)
			large(&s)
			n := len(r.Message) - 1 // the last byte may stand for a space
			if r.Level != s.Level || !bytes.Equal(r.Message[:n], s.Message[:n]) {
				t.Fatalf("sizes %v: %q and %q", sizes, r.Message, s.Message)
			}
		}
	}
}

func TestSizedTooSmall(t *testing.T) {
	for _, v := range variants() {
		least := v.smallest()
		for _, size := range []int{-1, 0, 1, least - 1} {
			_, err := line.Sized(line.Messages(emitter.Debug), v.format, size)
			if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("smallest size is %d", least)) {
				t.Errorf("%s: size %d: got error %v, want one that names %d", v, size, err, least)
			}
		}
	}
}

// TestSizedWide has identities outgrow their widths.
func TestSizedWide(t *testing.T) {
	const size = 400
	for _, v := range variants() {
		source, err := line.Sized(line.Messages(emitter.Debug), v.format, size)
		if err != nil {
			t.Fatal(err)
		}
		format := v.format()
		rand := emitter.NewRand(1, 0)
		for _, r := range []emitter.Record{{Stream: 9_999_999, Seq: 1e12 - 1}, {Stream: 10_000_000}, {Seq: 1e12}, {Stream: 1e9, Seq: 1e15}, {}} {
			r.Rand, r.Time = &rand, start
			source(&r)
			if got := format(nil, &r); len(got) != size {
				t.Errorf("%s: stream %d, seq %d: %d bytes, want %d", v, r.Stream, r.Seq, len(got), size)
			}
		}
	}
}

func TestSizedRefusesRecord(t *testing.T) {
	record := func() emitter.Format { return line.Record(options) }
	if _, err := line.Sized(line.Messages(emitter.Debug), record, 1000); err == nil || !strings.Contains(err.Error(), "varies") {
		t.Errorf("got error %v, want one that says that lengths vary", err)
	}
}
