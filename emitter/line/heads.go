package line

import (
	"math"
	"strings"
	"time"

	"github.com/exitfound/lologen/emitter"
)

// heads hold, by level, all that a line has before its message. The time is part of it: a head is
// formatted anew when the second changes, and only its milliseconds are written when they do.
type heads struct {
	text   [emitter.Levels][]byte
	loc    *time.Location
	layout string // of the time, without its milliseconds
	date   int    // where the time stands in each text
	millis int    // where its milliseconds do; 0: it has none

	first, last int64 // nanoseconds for which the texts hold
	second      int64 // the Unix second that they lie in
}

// newHeads returns the heads that consist of before, the time as layout has it, and what after
// appends for a level. In a nil location they are local.
func newHeads(before, layout string, loc *time.Location, after func(dst []byte, l emitter.Level) []byte) *heads {
	if loc == nil {
		loc = time.Local
	}
	h := &heads{loc: loc, date: len(before), second: math.MinInt64}
	h.layout = strings.TrimSuffix(layout, ",000")
	if h.layout != layout {
		h.millis = len(before) + len(layout) - len("000")
	}
	for l := range h.text {
		// A power of two begins on a cache line: where a head began elsewhere, making a line has
		// taken up to twice as long.
		text := append(make([]byte, 0, 512), before+layout...)
		h.text[l] = after(text, emitter.Level(l))
	}
	h.turn(0)
	return h
}

// at returns the head of a line made at t. The caller does not change it.
func (h *heads) at(t int64, l emitter.Level) []byte {
	if t < h.first || t > h.last {
		h.turn(t)
	}
	return h.text[min(l, emitter.Critical)]
}

// turn makes the heads hold for t.
func (h *heads) turn(t int64) {
	instant := time.Unix(0, t)
	nanos := int64(instant.Nanosecond())
	if second := instant.Unix(); second != h.second {
		h.second = second
		h.format(instant)
	}
	unit := int64(time.Second)
	if h.millis > 0 {
		unit = int64(time.Millisecond)
		for _, text := range h.text {
			put3(text[h.millis:], uint32(nanos/unit))
		}
	}
	// At the ends of time these would wrap around.
	past, left := nanos%unit, unit-1-nanos%unit
	h.first = max(t, math.MinInt64+past) - past
	h.last = min(t, math.MaxInt64-left) + left
}

// format writes the time but for its milliseconds. 64 bits of nanoseconds end in the year 2262,
// so it is as long as its layout and fits in its place.
func (h *heads) format(instant time.Time) {
	instant = instant.In(h.loc)
	for _, text := range h.text {
		instant.AppendFormat(text[h.date:h.date], h.layout)
	}
}
