package emitter

// cursor walks one worker's lines in order. Who makes which line is arithmetic: line k belongs
// to stream k mod S, and stream s to worker s mod W.
type cursor struct {
	worker, workers, streams uint64

	slots uint64 // streams of this worker
	cycle uint64 // of S lines
	slot  uint64 // within the cycle: the worker's stream worker + slot*W
	k     uint64 // the run's number of the line that comes next
}

func newCursor(worker, workers, streams int) cursor {
	return cursor{
		worker: uint64(worker), workers: uint64(workers), streams: uint64(streams),
		slots: uint64((streams-worker-1)/workers + 1), k: uint64(worker),
	}
}

// stream is the one that the next line belongs to.
func (c *cursor) stream() int { return int(c.worker + c.slot*c.workers) }

// next passes over one line.
func (c *cursor) next() {
	c.slot++
	c.k += c.workers
	if c.slot == c.slots {
		c.slot = 0
		c.cycle++
		c.k = c.cycle*c.streams + c.worker
	}
}

// skip passes over n lines.
func (c *cursor) skip(n uint64) {
	c.slot += n
	c.cycle += c.slot / c.slots
	c.slot %= c.slots
	c.k = c.cycle*c.streams + c.worker + c.slot*c.workers
}

// passed is how many of the worker's lines lie behind the cursor.
func (c *cursor) passed() uint64 { return c.cycle*c.slots + c.slot }

// below is how many of the first n lines of the run are this worker's.
func (c *cursor) below(n uint64) uint64 {
	mine := n / c.streams * c.slots
	if rest := n % c.streams; rest > c.worker {
		mine += (rest-c.worker-1)/c.workers + 1
	}
	return mine
}
