package line_test

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/emitter/line"
)

// TestIdentity has one format, with what it remembers, write identities whose numbers go up,
// down, over every power of ten and back, in every combination.
func TestIdentity(t *testing.T) {
	var seqs []uint64
	for power := uint64(1); power < 1e19; power *= 10 {
		seqs = append(seqs, power-1, power, power+1)
	}
	seqs = append(seqs, math.MaxUint64, 0, 9999, 10_000, 123_456)
	streams := []int{0, 1, 9999, 10_000, 9_999_999, 10_000_000, 3, 123_456_789, 0}
	sents := []int64{0, 1, start, start + 1, start + 9999, start + 10_000, start - 1, math.MaxInt64, start}

	for _, name := range line.Names() {
		f := variant{name: name, identity: true}.format()
		var buf []byte
		for _, seq := range seqs {
			for _, stream := range streams {
				for _, sent := range sents {
					buf = f(buf[:0], &emitter.Record{Stream: stream, Seq: seq, Time: sent, Clean: true})
					want := fmt.Sprintf("run=k3x9q2 stream=%07d seq=%012d sent=%019d", stream, seq, sent)
					if !bytes.HasSuffix(bytes.TrimSuffix(buf, []byte(`"}`)), []byte(want)) {
						t.Fatalf("%s: got %q, want it to end with %q", name, buf, want)
					}
				}
			}
		}
	}
}

func TestIdentityWidth(t *testing.T) {
	for _, name := range line.Names() {
		r := emitter.Record{Stream: 9_999_999, Seq: 1e12 - 1, Time: start, Clean: true}
		without := len(variant{name: name}.format()(nil, &r))
		with := len(variant{name: name, identity: true}.format()(nil, &r))
		around := map[string]int{"logfmt": len(" "), "json": len(`, "id": ""`), "unstructured": len(" ")}[name]
		if got, want := with-without-around, line.IdentityWidth("k3x9q2"); got != want {
			t.Errorf("%s: an identity of %d bytes, IdentityWidth says %d", name, got, want)
		}
	}
}

// TestAllNumbers walks through every value of the low digits.
func TestAllNumbers(t *testing.T) {
	f := variant{name: "unstructured", identity: true}.format()
	var buf []byte
	for i := range uint64(30_000) {
		buf = f(buf[:0], &emitter.Record{Stream: int(i), Seq: i, Time: int64(i), Clean: true})
		if want := fmt.Sprintf(" stream=%07d seq=%012d sent=%019d", i, i, i); !bytes.HasSuffix(buf, []byte(want)) {
			t.Fatalf("got %q, want it to end with %q", buf, want)
		}
	}
}
