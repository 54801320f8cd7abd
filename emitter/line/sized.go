package line

import (
	"errors"
	"fmt"

	"github.com/exitfound/lologen/emitter"
)

// Sized is src with its messages padded or cut so that a line of the format has exactly size
// bytes, its newline not counted. src makes Clean messages and what Sized makes of them is Clean,
// too. It is for formats whose lines grow by a byte with each byte of such a message, as those in
// the table do.
func Sized(src emitter.Source, newFormat func() emitter.Format, size int) (emitter.Source, error) {
	format := newFormat()
	if !fixedOverhead(format) {
		return nil, errors.New("fit lines to a size: the format encodes messages, so the length of its lines varies")
	}
	var room [emitter.Levels]int
	most := 0
	for l := range room {
		room[l] = size - overhead(format, &emitter.Record{Level: emitter.Level(l)})
		if room[l] < 1 {
			return nil, fmt.Errorf("fit lines to %d bytes: the fields alone need more, the smallest size is %d", size, smallest(format))
		}
		most = max(most, room[l])
	}
	text := make([]byte, most+padding)

	return func(r *emitter.Record) {
		src(r)
		n := room[min(r.Level, emitter.Critical)]
		if !narrow(r) {
			n = max(1, size-overhead(format, r))
		}
		// Room depends on how long a pid and a thread's name happen to be. As the padding has a
		// generator of its own, that does not change what the stream's next messages are.
		words := emitter.Rand(r.Rand.Uint64())
		fit(text[:n+padding], r.Message, &words)
		r.Message = text[:n]
	}, nil
}

// smallest is the size of a line of any level with one byte of message.
func smallest(format emitter.Format) int {
	most := 0
	for l := range emitter.Levels {
		most = max(most, overhead(format, &emitter.Record{Level: emitter.Level(l)}))
	}
	return most + 1
}

// overhead is how much longer r's line is than its message.
func overhead(format emitter.Format, r *emitter.Record) int {
	probe := *r
	probe.Clean, probe.Message = true, []byte("x")
	return len(format(nil, &probe)) - len(probe.Message)
}

// fixedOverhead reports whether a line's overhead depends on neither its message nor its time.
func fixedOverhead(format emitter.Format) bool {
	r := emitter.Record{Clean: true, Message: []byte("a, b: c"), Time: 123_456_789}
	return len(format(nil, &r))-len(r.Message) == overhead(format, &emitter.Record{})
}

// fillers are the 64 words of a padding, seven letters and a space each.
const fillers = "" +
	"account address archive average balance barrier because between " +
	"booking browser central channel circuit cluster command compare " +
	"compile connect contact content control convert counter current " +
	"default deliver deposit develop digital display element enclave " +
	"example express factory feature forward gateway general handler " +
	"history inbound include journal library listing machine manager " +
	"measure message minimum monitor network nothing package partial " +
	"payment pending process profile program request section session "

// padding is how many bytes one draw makes: ten words.
const padding = 10 * 8

// fit writes message to text and fills that up with words, so that it ends, and not in a space,
// padding bytes before text does.
func fit(text, message []byte, words *emitter.Rand) {
	end := len(text) - padding
	n := copy(text[:end], message)
	if n < end {
		text[n] = ' '
		n++
	}
	for n < end {
		x := words.Uint64()
		for range padding / 8 {
			word := (x & 63) * 8
			copy(text[n:n+8], fillers[word:word+8])
			n += 8
			x >>= 6
		}
	}
	if text[end-1] == ' ' {
		text[end-1] = 's'
	}
}
