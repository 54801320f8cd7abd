package push

import "math"

// Encoders of the push format, this package's among them, write requests in one way: a stream is its
// labels and then its entries, an entry is a time with seconds and nanos and then a line, in varints
// no longer than they need be. What is written so is read here in one pass: what a pass costs is
// mostly the wait for memory, as where a line begins is known only once the one before has been
// read. Nothing is judged here. A request that is not the usual in all its parts, be it valid or not,
// is for the general decoder.

// mostUsual bounds the memory of usualRequest: 1 MiB, however many lines a hostile request has.
const mostUsual = 1 << 16

// usualRequest says where in a request its lines are.
type usualRequest struct {
	streams []usualStream
	lines   []usualLine
}

type usualStream struct{ from, to, lines uint32 } // the labels, and how many lines there are up to the stream's end

type usualLine struct {
	time     int64
	from, to uint32
}

// read looks through a request; false means that it is not the usual one, or has no stream.
func (u *usualRequest) read(d *Decoder, request []byte) bool {
	u.streams, u.lines = u.streams[:0], u.lines[:0]
	if uint64(len(request)) > math.MaxUint32 {
		return false
	}
	var f field
	for rest := request; len(rest) > 0; {
		var err error
		if rest, err = f.cut(rest); err != nil || f.number != 1 || f.wire != wireBytes {
			return false
		}
		labels, entries, ok := usualField(f.bytes, tagLabels)
		if !ok || d.checkLabels(labels) != nil || len(u.streams) == mostUsual {
			return false
		}
		end := len(request) - len(rest)
		to := end - len(entries)
		if !u.readLines(entries, end) {
			return false
		}
		u.streams = append(u.streams, usualStream{uint32(to - len(labels)), uint32(to), uint32(len(u.lines))})
	}
	return len(u.streams) > 0
}

// readLines looks through the entries that end where the request has so many bytes.
func (u *usualRequest) readLines(entries []byte, end int) bool {
	for len(entries) > 0 {
		entry, rest, ok := usualField(entries, tagEntries)
		if !ok || len(u.lines) == mostUsual {
			return false
		}
		time, size, ok := usualEntry(entry)
		if !ok {
			return false
		}
		entries = rest
		to := end - len(entries)
		u.lines = append(u.lines, usualLine{time, uint32(to - size), uint32(to)})
	}
	return true
}

// visit makes the visits to the request that was read.
func (u *usualRequest) visit(e *Entry, request []byte, visit func(*Entry) error) error {
	next := uint32(0)
	e.Metadata = e.Metadata[:0]
	for i, s := range u.streams {
		e.Stream, e.Labels = i, request[s.from:s.to:s.to]
		for ; next < s.lines; next++ {
			l := u.lines[next]
			e.Time, e.Line = l.time, request[l.from:l.to:l.to]
			if err := visit(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// usualField cuts a field of bytes with the given tag, whose length takes a byte or two.
func usualField(message []byte, tag byte) (value, rest []byte, ok bool) {
	if len(message) < 3 || message[0] != tag {
		return nil, nil, false
	}
	size, start := int(message[1]), 2
	if size >= 0x80 {
		if message[2] >= 0x80 {
			return nil, nil, false
		}
		size, start = size&0x7f|int(message[2])<<7, 3
	}
	if size > len(message)-start {
		return nil, nil, false
	}
	end := start + size
	return message[start:end:end], message[end:], true
}

// usualEntry reads an entry that is a time and a line, which then is its last so many bytes.
func usualEntry(entry []byte) (time int64, size int, ok bool) {
	stamp, rest, ok := usualField(entry, tagTimestamp)
	if !ok {
		return 0, 0, false
	}
	if time, ok = usualTime(stamp); !ok {
		return 0, 0, false
	}
	line, rest, ok := usualField(rest, tagLine)
	return time, len(line), ok && len(rest) == 0
}

// usualTime reads a time between 1978, from when on seconds take five bytes, and 2262, where the
// nanoseconds of an int64 end.
func usualTime(stamp []byte) (time int64, ok bool) {
	const year2262, second = 9_223_372_036, 1_000_000_000
	if len(stamp) < 8 || len(stamp) > 12 || stamp[0] != tagSeconds || stamp[6] != tagNanos ||
		stamp[1]&stamp[2]&stamp[3]&stamp[4] < 0x80 || stamp[5] >= 0x80 {
		return 0, false
	}
	seconds := int64(stamp[1]&0x7f) | int64(stamp[2]&0x7f)<<7 | int64(stamp[3]&0x7f)<<14 | int64(stamp[4]&0x7f)<<21 | int64(stamp[5])<<28
	nanos := int64(0)
	for i, c := range stamp[7:] {
		nanos |= int64(c&0x7f) << (7 * i)
		if last := 7+i == len(stamp)-1; last != (c < 0x80) {
			return 0, false
		}
	}
	return seconds*second + nanos, seconds < year2262 && nanos < second
}
