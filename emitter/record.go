package emitter

import (
	"strings"
)

// A Record is what one line is made from. The pool fills in Stream, Seq, Time and Rand, the
// Source the rest. It is reused for every line: a Format keeps nothing of it.
type Record struct {
	Stream  int
	Seq     uint64 // gap-free within the stream, from 0
	Time    int64  // Unix nanoseconds, increasing within the stream
	Level   Level
	Message []byte
	Clean   bool  // Message is printable ASCII without quotes and backslashes: no format has to escape it
	Rand    *Rand // the stream's own, so that its content does not depend on the other streams
}

// A Format appends one line, without its newline, and returns the extended buffer. Each worker
// has one of its own, which may cache (the formatted second); it never fails and never panics.
type Format func(dst []byte, r *Record) []byte

// A Source fills in the Level, Message and Clean of the next record, drawing chance from
// r.Rand alone. Each worker has one of its own; Message is valid until the next call.
type Source func(r *Record)

// A Level is the severity of a line, in the order of Python's logging.
type Level uint8

const (
	Debug Level = iota
	Info
	Warning
	Error
	Critical
)

// Levels is how many levels there are.
const Levels = 5

var levelNames = [Levels]string{"debug", "info", "warning", "error", "critical"}

func (l Level) String() string { return levelNames[l] }

// Number is the level's number in Python's logging: 10 for debug to 50 for critical.
func (l Level) Number() int { return 10 * (int(l) + 1) }

// ParseLevel reads a level's name in any case; warn and fatal are taken for warning and critical.
func ParseLevel(s string) (l Level, ok bool) {
	s = strings.ToLower(s)
	switch s {
	case "warn":
		return Warning, true
	case "fatal":
		return Critical, true
	}
	for i, name := range levelNames {
		if s == name {
			return Level(i), true
		}
	}
	return 0, false
}

// Rand is SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014):
// eight bytes of state a stream, so that a million streams cost 8 MB.
type Rand uint64

// NewRand returns the generator of one stream of the run that seed names.
func NewRand(seed, stream uint64) Rand {
	r := Rand(stream)
	r = Rand(seed ^ r.Uint64())
	return Rand(r.Uint64())
}

// Uint64 returns 64 random bits.
func (r *Rand) Uint64() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
