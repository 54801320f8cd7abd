package emitter

import (
	"sort"
	"time"
)

// A Batch holds lines for one Send in one buffer, each followed by a newline. Lines are found
// by offset, never by scanning, so a line may itself contain newlines.
type Batch struct {
	// Wire is what Send adds to: the bytes that it put on the wire (or into the file), framing included.
	Wire uint64

	buf   []byte
	lines []made
	first int // lines before it are confirmed already
}

// made is what the pool remembers of a line in a batch.
type made struct {
	end    int // of the line in buf, its newline included
	time   int64
	seq    uint64
	due    time.Duration // since the start of the run
	stream int32
	level  Level
}

// Len is the number of lines.
func (b *Batch) Len() int { return len(b.lines) - b.first }

// Bytes returns all lines, each with its newline.
func (b *Batch) Bytes() []byte { return b.buf[b.start(b.first):] }

// Line returns line i without its newline.
func (b *Batch) Line(i int) []byte {
	i += b.first
	return b.buf[b.start(i) : b.lines[i].end-1]
}

// Time is line i's own instant in Unix nanoseconds.
func (b *Batch) Time(i int) int64 { return b.lines[b.first+i].time }

// Level is line i's severity.
func (b *Batch) Level(i int) Level { return b.lines[b.first+i].level }

// Stream is the stream that line i belongs to.
func (b *Batch) Stream(i int) int { return int(b.lines[b.first+i].stream) }

// Seq is line i's sequence number in its stream.
func (b *Batch) Seq(i int) uint64 { return b.lines[b.first+i].seq }

// Whole returns how many lines, from the front, the first n bytes of Bytes hold completely,
// newline included, and whether a further line was begun and cut.
func (b *Batch) Whole(n int) (lines int, cut bool) {
	n += b.start(b.first)
	rest := b.lines[b.first:]
	lines = sort.Search(len(rest), func(i int) bool { return rest[i].end > n })
	return lines, n > b.start(b.first+lines)
}

// start is where line i of lines begins in buf.
func (b *Batch) start(i int) int {
	if i == 0 {
		return 0
	}
	return b.lines[i-1].end
}

// Add appends a line that f makes of r, due at the given time since the start of the run.
func (b *Batch) Add(f Format, r *Record, due time.Duration) {
	b.buf = append(f(b.buf, r), '\n')
	b.lines = append(b.lines, made{
		end: len(b.buf), time: r.Time, seq: r.Seq, due: due, stream: int32(r.Stream), level: r.Level,
	})
}

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() {
	b.buf, b.lines, b.first, b.Wire = b.buf[:0], b.lines[:0], 0, 0
}

// confirm drops n lines from the front: they have arrived.
func (b *Batch) confirm(n int) { b.first += n }

// size is the bytes of the first n lines, newlines left out.
func (b *Batch) size(n int) uint64 {
	return uint64(b.start(b.first+n) - b.start(b.first) - n)
}

func (b *Batch) due(i int) time.Duration { return b.lines[b.first+i].due }
