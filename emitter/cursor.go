package emitter

import "sort"

// cursor walks some of the streams of one worker, line by line, in order. Who makes which line is
// arithmetic: line k belongs to stream k mod S, or, if some streams have more lines than others, to
// the one that the run's pattern names at k mod its length; and stream s to worker s mod W.
type cursor struct {
	first, step uint64 // its streams: first, first+step, first+2*step, ...
	slots       uint64 // so many
	division    *division
	path        *path // nil: they take turns

	period uint64 // lines of the run in one cycle
	round  uint64 // those of its streams
	turn   uint64 // within the round
	cycle  uint64
	k      uint64 // the run's number of the line that comes next
}

// division is what tells one run's cursors from those of another with as many workers and streams.
type division struct {
	pattern *pattern             // nil: all streams have as many lines
	group   func(stream int) int // nil: all streams are of one
}

// newCursor walks all streams of one worker, where all have as many lines.
func newCursor(worker, workers, streams int) cursor {
	slots := uint64((streams-worker-1)/workers + 1)
	return cursor{
		first: uint64(worker), step: uint64(workers), slots: slots,
		period: uint64(streams), round: slots, k: uint64(worker),
	}
}

// under is c at its start, in a run divided so.
func (c cursor) under(d *division) cursor {
	c.division = d
	return c.follow()
}

// part walks the streams of c from slot on, at most n of them, all of one group.
func (c cursor) part(slot, n uint64) cursor {
	n = min(n, c.slots-slot)
	if c.division != nil && c.division.group != nil {
		n = c.together(slot, n)
	}
	if n == c.slots {
		return c
	}
	c.first += slot * c.step
	c.slots, c.round = n, n
	c.k = c.first
	return c.follow()
}

// together is how many of n slots are of the first one's group, until the first that is not.
func (c *cursor) together(slot, n uint64) uint64 {
	group := func(i uint64) int { return c.division.group(c.streamOf(slot + i)) }
	first := group(0)
	for i := uint64(1); i < n; i++ {
		if group(i) != first {
			return i
		}
	}
	return n
}

// follow puts c, at its start, on the pattern's path, if there is one.
func (c cursor) follow() cursor {
	if c.division == nil || c.division.pattern == nil {
		return c
	}
	c.path = c.division.pattern.path(c.first, c.step, c.slots)
	c.period, c.round = c.division.pattern.length, uint64(len(c.path.places))
	c.k = c.path.places[0].at()
	return c
}

// slot is where the next line's stream is among those of the cursor.
func (c *cursor) slot() uint64 {
	if c.path != nil {
		return c.path.places[c.turn].slot()
	}
	return c.turn
}

// stream is the one that the next line belongs to.
func (c *cursor) stream() int { return c.streamOf(c.slot()) }

func (c *cursor) streamOf(slot uint64) int { return int(c.first + slot*c.step) }

// next passes over one line.
func (c *cursor) next() {
	c.turn++
	c.k += c.step
	if c.turn == c.round {
		c.turn = 0
		c.cycle++
		c.k = c.cycle*c.period + c.first
	}
	if c.path != nil {
		c.k = c.cycle*c.period + c.path.places[c.turn].at()
	}
}

// skip passes over n lines.
func (c *cursor) skip(n uint64) {
	c.turn += n
	c.cycle += c.turn / c.round
	c.turn %= c.round
	c.k = c.cycle * c.period
	if c.path != nil {
		c.k += c.path.places[c.turn].at()
	} else {
		c.k += c.first + c.turn*c.step
	}
}

// passed is how many of its lines lie behind the cursor.
func (c *cursor) passed() uint64 { return c.cycle*c.round + c.turn }

// below is how many of the first n lines of the run are on its way.
func (c *cursor) below(n uint64) uint64 {
	return n/c.period*c.round + c.within(n%c.period)
}

// within is how many of the first n lines of a cycle are on its way.
func (c *cursor) within(n uint64) uint64 {
	switch {
	case c.path != nil:
		places := c.path.places
		return uint64(sort.Search(len(places), func(i int) bool { return places[i].at() >= n }))
	case n <= c.first:
		return 0
	}
	return min(c.slots, (n-c.first-1)/c.step+1)
}
