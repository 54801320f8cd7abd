package line

import (
	"bytes"
	"encoding/binary"
	"math"
)

// Identity is what a line says of itself.
type Identity struct {
	Run    []byte // part of the text that was scanned
	Stream uint64
	Seq    uint64
	Sent   int64 // Unix nanoseconds
}

// Found is what Scan found in a line.
type Found uint8

const (
	None   Found = iota // no identity
	Whole               // an identity
	Broken              // what is left of one: of its Identity, only Run is known
)

// The texts between an identity's numbers, and how long all of it is that follows the run's id.
const (
	beforeRun    = "run="
	beforeStream = " stream="
	beforeSeq    = " seq="
	beforeSent   = " sent="
	tailWidth    = len(beforeStream) + streamWidth + len(beforeSeq) + seqWidth + len(beforeSent) + sentWidth

	mostRun = 64 // letters and digits of a run's id
)

// Scan finds the identity of a line, wherever an agent has put it: the last one, if there are
// more. It allocates nothing.
//
// A text with `run=` in it is None, and not Broken, as long as it may be somebody's own. It is
// Broken if it reads like an identity at least up to all seven digits of the stream and goes on as
// none does, or if the line or the quoted value ends within `run=<id> stream=<digits>`, after
// ` str` at the earliest.
func Scan(text []byte) (Identity, Found) {
	if id, ok := scanEnd(text); ok {
		return id, Whole
	}
	if quoted, ok := bytes.CutSuffix(text, []byte(`"}`)); ok {
		if id, ok := scanEnd(quoted); ok {
			return id, Whole
		}
	}
	if !bytes.Contains(text, []byte(beforeRun)) { // forward is much faster than backward
		return Identity{}, None
	}
	for end := len(text); ; {
		end = bytes.LastIndexByte(text[:end], '=')
		start := end + 1 - len(beforeRun)
		if start < 0 {
			return Identity{}, None
		}
		if string(text[start:end+1]) == beforeRun {
			if id, found := scanStart(text[start:]); found != None {
				return id, found
			}
		}
	}
}

// scanEnd reads an identity that text ends with and whose numbers keep to their widths.
func scanEnd(text []byte) (id Identity, ok bool) {
	end := len(text) - tailWidth
	if end < len(beforeRun)+1 {
		return id, false
	}
	const (
		stream = len(beforeStream)
		seq    = stream + streamWidth + len(beforeSeq)
		sent   = seq + seqWidth + len(beforeSent)
	)
	t := text[end : end+tailWidth]
	if string(t[:stream]) != beforeStream || string(t[seq-len(beforeSeq):seq]) != beforeSeq || string(t[sent-len(beforeSent):sent]) != beforeSent {
		return id, false
	}
	start := end
	for start > 0 && end-start < mostRun && alphanumeric(text[start-1]) {
		start--
	}
	if start == end || start < len(beforeRun) || string(text[start-len(beforeRun):start]) != beforeRun {
		return id, false
	}
	streamNumber, ok1 := digits(t, stream, 7)
	seqHigh, ok2 := digits(t, seq, 4)
	seqLow, ok3 := digits(t, seq+4, 8)
	sentHigh, ok4 := digits(t, sent, 3)
	sentMiddle, ok5 := digits(t, sent+3, 8)
	sentLow, ok6 := digits(t, sent+11, 8)
	nanoseconds := sentHigh*1e16 + sentMiddle*1e8 + sentLow
	if !(ok1 && ok2 && ok3 && ok4 && ok5 && ok6) || nanoseconds > math.MaxInt64 {
		return id, false
	}
	return Identity{Run: text[start:end], Stream: streamNumber, Seq: seqHigh*1e8 + seqLow, Sent: int64(nanoseconds)}, true
}

// digits reads the n digits, eight at most, that begin at text[at]; their end is at least eight
// bytes into text. All eight bytes are worked on at once: first each is checked to be a digit,
// then neighbours are joined to pairs, pairs to fours, fours to the number.
func digits(text []byte, at, n int) (v uint64, ok bool) {
	const zeros, high, six = 0x3030303030303030, 0xf0f0f0f0f0f0f0f0, 0x0606060606060606
	v = binary.LittleEndian.Uint64(text[at+n-8:])
	other := uint64(1)<<(64-8*n) - 1 // what stands before the digits
	v = v&^other | zeros&other
	if v&high|(v+six)&high>>4 != 0x3333333333333333 {
		return 0, false
	}
	v -= zeros
	v = v*10 + v>>8
	return (v&0x000000ff000000ff*(100+1_000_000<<32) + v>>16&0x000000ff000000ff*(1+10_000<<32)) >> 32, true
}

// scanStart reads an identity that text, which begins with `run=`, begins with.
func scanStart(text []byte) (id Identity, found Found) {
	at := len(beforeRun)
	for at < len(text) && at-len(beforeRun) <= mostRun && alphanumeric(text[at]) {
		at++
	}
	run := text[len(beforeRun):at]
	if len(run) == 0 || len(run) > mostRun {
		return id, None
	}
	same := common(text[at:], beforeStream)
	at += same
	if same < len(beforeStream) {
		return cut(run, text[at:], same >= len(" str"))
	}
	stream, n, okStream := padded(text[at:], streamWidth)
	at += n
	if n < streamWidth {
		return cut(run, text[at:], true)
	}
	seq, rest, okSeq := after(text[at:], beforeSeq, seqWidth)
	sent, rest, okSent := after(rest, beforeSent, sentWidth)
	if !okStream || !okSeq || !okSent || sent > math.MaxInt64 || len(rest) > 0 && isDigit(rest[0]) {
		return Identity{Run: run}, Broken
	}
	return Identity{Run: run, Stream: stream, Seq: seq, Sent: int64(sent)}, Whole
}

// cut judges an identity that breaks off where rest begins, far enough into it or not.
func cut(run, rest []byte, far bool) (Identity, Found) {
	if far && (len(rest) == 0 || rest[0] == '"' || rest[0] == '\\' || rest[0] < ' ') {
		return Identity{Run: run}, Broken
	}
	return Identity{}, None
}

// after reads the number that follows the words before it.
func after(text []byte, before string, width int) (v uint64, rest []byte, ok bool) {
	if common(text, before) < len(before) {
		return 0, nil, false
	}
	text = text[len(before):]
	v, n, ok := padded(text, width)
	return v, text[n:], ok
}

// padded reads the number that appendPadded writes. n is how many digits there are; ok is false
// if they are too few, or too many.
func padded(text []byte, width int) (v uint64, n int, ok bool) {
	ok = true
	for ; n < len(text) && isDigit(text[n]); n++ {
		digit := uint64(text[n] - '0')
		if v > (math.MaxUint64-digit)/10 {
			ok = false
		}
		v = v*10 + digit
	}
	return v, n, ok && (n == width || n > width && text[0] != '0')
}

// common is how far text begins as word does.
func common(text []byte, word string) int {
	n := 0
	for n < len(text) && n < len(word) && text[n] == word[n] {
		n++
	}
	return n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func alphanumeric(c byte) bool {
	return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z'
}
