package line

import (
	"slices"

	"github.com/exitfound/lologen/emitter"
)

// The widths of an identity's numbers. A wider number is written as wide as it is.
const (
	streamWidth = 7
	seqWidth    = 12
	sentWidth   = 19
)

// IdentityWidth is how long the identities of a run are: `run=<id> stream=<n> seq=<n> sent=<unix ns>`.
// They grow only beyond ten million streams, or a trillion lines of one stream.
func IdentityWidth(run string) int {
	return len("run= stream= seq= sent=") + len(run) + streamWidth + seqWidth + sentWidth
}

// narrow reports whether the numbers of r's identity keep to their widths.
func narrow(r *emitter.Record) bool {
	return uint64(r.Stream) < 1e7 && r.Seq < 1e12
}

// tail is all that a line has after its message: always the same bytes, or, with an identity,
// the same but for three numbers.
type tail struct {
	text              []byte
	short             [16]byte // text, if it fits in
	long              [96]byte // text, if it fits in
	before            string   // the start of text, up to the first number; empty: there is no identity
	after             string
	stream, seq, sent number
}

// number is a decimal number in a tail. Mostly it differs from the last line's in its low digits
// only, so only these are written for each line.
type number struct {
	low  int    // where its last four digits begin
	base uint64 // its value, were these 0000
}

// span is how many values a number can take without a change of its high digits.
const span = 10_000

// newTail returns the tail that is plain or, in a run that identifies its lines, has the identity
// between before and after.
func newTail(run, plain, before, after string) *tail {
	if run == "" {
		t := &tail{text: []byte(plain)}
		copy(t.short[:], plain)
		return t
	}
	t := &tail{before: before + "run=" + run + " stream=", after: after}
	t.turn(0, 0, 0)
	return t
}

// append appends the tail of r's line.
func (t *tail) append(dst []byte, r *emitter.Record) []byte {
	if t.before == "" {
		if len(t.text) > len(t.short) {
			return append(dst, t.text...)
		}
		// A copy of a length that the compiler knows is two instructions and no call.
		return append(dst, t.short[:]...)[:len(dst)+len(t.text)]
	}
	stream, seq, sent := uint64(r.Stream), r.Seq, uint64(max(r.Time, 0))
	if stream-t.stream.base >= span || seq-t.seq.base >= span || sent-t.sent.base >= span {
		t.turn(stream, seq, sent)
	}
	// The digits go into the copy: a processor that copies what it has just written has to wait.
	start := len(dst)
	if len(t.text) > len(t.long) {
		dst = append(dst, t.text...)
	} else {
		dst = slices.Grow(dst, len(t.long))[:start+len(t.long)]
		*(*[len(t.long)]byte)(dst[start:]) = t.long
		dst = dst[:start+len(t.text)]
	}
	text := dst[start:]
	put4(text[t.stream.low:], uint32(stream-t.stream.base))
	put4(text[t.seq.low:], uint32(seq-t.seq.base))
	put4(text[t.sent.low:], uint32(sent-t.sent.base))
	return dst
}

// turn writes the whole tail.
func (t *tail) turn(stream, seq, sent uint64) {
	t.text = append(t.text[:0], t.before...)
	t.stream = t.number(stream, streamWidth)
	t.text = append(t.text, " seq="...)
	t.seq = t.number(seq, seqWidth)
	t.text = append(t.text, " sent="...)
	t.sent = t.number(sent, sentWidth)
	t.text = append(t.text, t.after...)
	copy(t.long[:], t.text)
}

func (t *tail) number(v uint64, width int) number {
	t.text = appendPadded(t.text, v, width)
	return number{low: len(t.text) - len("0000"), base: v - v%span}
}
