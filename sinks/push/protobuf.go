package push

import (
	"encoding/binary"
	"math/bits"
)

// The messages, as Loki's push.proto has them:
//
//	PushRequest { repeated Stream streams = 1 }
//	Stream      { string labels = 1; repeated Entry entries = 2 }
//	Entry       { Timestamp timestamp = 1; string line = 2; repeated LabelPair structuredMetadata = 3 }
//	LabelPair   { string name = 1; string value = 2 }
//	Timestamp   { int64 seconds = 1; int32 nanos = 2 }
//
// What is written is what the official encoder writes, byte for byte: fields in order, empty ones
// left out, no varint longer than it need be. Go's decoders would take padded varints, but the
// format asks of no decoder that it should, and a request could then not be compared with one
// of an agent.
const (
	wireVarint = 0
	wireFixed8 = 1
	wireBytes  = 2
	wireStart  = 3
	wireEnd    = 4
	wireFixed4 = 5

	tagStreams   = 1<<3 | wireBytes
	tagLabels    = 1<<3 | wireBytes
	tagEntries   = 2<<3 | wireBytes
	tagTimestamp = 1<<3 | wireBytes
	tagLine      = 2<<3 | wireBytes
	tagMetadata  = 3<<3 | wireBytes
	tagName      = 1<<3 | wireBytes
	tagValue     = 2<<3 | wireBytes
	tagSeconds   = 1<<3 | wireVarint
	tagNanos     = 2<<3 | wireVarint
)

// appendStream begins a stream: width bytes at length are kept free for its length, which only the
// stream's end will tell.
func appendStream(dst, labels []byte, width int) (stream []byte, length int) {
	dst = append(dst, tagStreams)
	length = len(dst)
	dst = append(dst, make([]byte, width)...)
	return appendField(dst, tagLabels, labels), length
}

// endStream fills in the length, and returns how wide that was: the best guess for the next one.
// A wrong guess moves the stream by a byte or two. Streams of a run are much alike, so nearly all
// are written once and in place.
func endStream(dst []byte, length, guess int) (ended []byte, width int) {
	size := len(dst) - length - guess
	width = varintLen(uint64(size))
	if width > guess {
		dst = append(dst, make([]byte, width-guess)...)
	}
	if width != guess {
		copy(dst[length+width:], dst[length+guess:length+guess+size])
	}
	binary.PutUvarint(dst[length:], uint64(size))
	return dst[:length+width+size], width
}

// appendEntry appends a whole line.
func appendEntry(dst []byte, time int64, line, metadata []byte) []byte {
	seconds, nanos := splitTime(time)
	stamp := valueLen(seconds) + valueLen(nanos)
	size := 2 + stamp + len(metadata)
	if len(line) > 0 {
		size += 1 + varintLen(uint64(len(line))) + len(line)
	}
	dst = append(dst, tagEntries)
	dst = binary.AppendUvarint(dst, uint64(size))
	dst = append(dst, tagTimestamp, byte(stamp))
	dst = appendValue(dst, tagSeconds, seconds)
	dst = appendValue(dst, tagNanos, nanos)
	dst = appendField(dst, tagLine, line)
	return append(dst, metadata...)
}

// appendMetadata appends a pair as a field of an entry.
func appendMetadata(dst []byte, name string, value []byte) []byte {
	size := fieldLen(len(name)) + fieldLen(len(value))
	dst = append(dst, tagMetadata)
	dst = binary.AppendUvarint(dst, uint64(size))
	dst = appendField(dst, tagName, name)
	return appendField(dst, tagValue, value)
}

// splitTime splits Unix nanoseconds, the nanos never negative (google.protobuf.Timestamp).
func splitTime(time int64) (seconds, nanos uint64) {
	const second = 1_000_000_000
	s, n := time/second, time%second
	if n < 0 {
		s, n = s-1, n+second
	}
	return uint64(s), uint64(n)
}

func appendField[T []byte | string](dst []byte, tag byte, value T) []byte {
	if len(value) == 0 {
		return dst
	}
	dst = append(dst, tag)
	dst = binary.AppendUvarint(dst, uint64(len(value)))
	return append(dst, value...)
}

func fieldLen(n int) int {
	if n == 0 {
		return 0
	}
	return 1 + varintLen(uint64(n)) + n
}

func appendValue(dst []byte, tag byte, value uint64) []byte {
	if value == 0 {
		return dst
	}
	return binary.AppendUvarint(append(dst, tag), value)
}

func valueLen(value uint64) int {
	if value == 0 {
		return 0
	}
	return 1 + varintLen(value)
}

func varintLen(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }
