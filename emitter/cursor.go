package emitter

// cursor walks some of the streams of one worker, line by line, in order. Who makes which line is
// arithmetic: line k belongs to stream k mod S, and stream s to worker s mod W.
type cursor struct {
	first, step, streams uint64 // of the S streams: first, first+step, first+2*step, ...

	slots uint64 // so many
	cycle uint64 // of S lines
	slot  uint64 // within the cycle
	k     uint64 // the run's number of the line that comes next
}

// newCursor walks all streams of one worker.
func newCursor(worker, workers, streams int) cursor {
	return cursor{
		first: uint64(worker), step: uint64(workers), streams: uint64(streams),
		slots: uint64((streams-worker-1)/workers + 1), k: uint64(worker),
	}
}

// part walks the streams of c from slot on, at most n of them.
func (c cursor) part(slot, n uint64) cursor {
	c.first += slot * c.step
	c.slots = min(n, c.slots-slot)
	c.k = c.first
	return c
}

// stream is the one that the next line belongs to.
func (c *cursor) stream() int { return int(c.first + c.slot*c.step) }

// next passes over one line.
func (c *cursor) next() {
	c.slot++
	c.k += c.step
	if c.slot == c.slots {
		c.slot = 0
		c.cycle++
		c.k = c.cycle*c.streams + c.first
	}
}

// skip passes over n lines.
func (c *cursor) skip(n uint64) {
	c.slot += n
	c.cycle += c.slot / c.slots
	c.slot %= c.slots
	c.k = c.cycle*c.streams + c.first + c.slot*c.step
}

// passed is how many of its lines lie behind the cursor.
func (c *cursor) passed() uint64 { return c.cycle*c.slots + c.slot }

// below is how many of the first n lines of the run are on its way.
func (c *cursor) below(n uint64) uint64 {
	mine := n / c.streams * c.slots
	if rest := n % c.streams; rest > c.first {
		mine += min(c.slots, (rest-c.first-1)/c.step+1)
	}
	return mine
}
