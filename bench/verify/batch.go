package verify

import (
	"bytes"
	"math"
	"time"

	"github.com/exitfound/lologen/emitter/line"
)

const (
	// shortest to longest are what a run's latency holds, in nanoseconds.
	shortest = 1
	longest  = int64(time.Hour)

	// lastSeq has none after it, so nothing can be expected next.
	lastSeq = math.MaxUint64
)

// A Batch gathers lines that arrive together, in one request or one read, so that the account is
// locked once for all of them. It belongs to one goroutine, which uses it again and again: once it
// has grown to the size of a request, it allocates nothing.
type Batch struct {
	account             *Account
	groups              []group
	entries             []entry
	names               []byte
	unidentified, bytes uint64
}

// group is lines of one stream that follow each other, or one line with a broken identity.
type group struct {
	name   [2]int // of the run, in names
	stream uint64
	bytes  uint64
	lines  int // entries that belong to it
	broken bool
}

type entry struct {
	seq  uint64
	sent int64
}

// NewBatch returns an empty batch of the account.
func (a *Account) NewBatch() *Batch { return &Batch{account: a} }

// Add takes a line without its newline, and keeps nothing of it; it returns what line.Scan found.
// The account does not know of the line before Take.
func (b *Batch) Add(text []byte) line.Found {
	id, found := line.Scan(text)
	switch found {
	case line.None:
		b.unidentified++
		b.bytes += uint64(len(text))
		return found
	case line.Broken:
		b.begin(id)
		g := &b.groups[len(b.groups)-1]
		g.broken, g.bytes = true, uint64(len(text))
		return found
	}
	if !b.continues(id) {
		b.begin(id)
	}
	g := &b.groups[len(b.groups)-1]
	g.lines++
	g.bytes += uint64(len(text))
	b.entries = append(b.entries, entry{id.Seq, id.Sent})
	return found
}

// continues reports whether a line is of the same stream as the last.
func (b *Batch) continues(id line.Identity) bool {
	if len(b.groups) == 0 {
		return false
	}
	g := &b.groups[len(b.groups)-1]
	return g.stream == id.Stream && !g.broken && bytes.Equal(b.names[g.name[0]:g.name[1]], id.Run)
}

func (b *Batch) begin(id line.Identity) {
	g := group{stream: id.Stream}
	if n := len(b.groups); n > 0 {
		g.name = b.groups[n-1].name
	}
	if len(b.groups) == 0 || !bytes.Equal(b.names[g.name[0]:g.name[1]], id.Run) {
		g.name[0] = len(b.names)
		b.names = append(b.names, id.Run...)
		g.name[1] = len(b.names)
	}
	b.groups = append(b.groups, g)
}

// Take accounts for the lines that were added, as received at that time (Unix nanoseconds; 0: not
// known, so they are in no latency), and empties the batch.
func (b *Batch) Take(received int64) {
	b.account.take(b, received)
	b.Drop()
}

// Drop empties the batch: its lines were never received.
func (b *Batch) Drop() {
	const most = 1 << 16 // is kept for the next request
	if cap(b.entries) > most || cap(b.groups) > most || cap(b.names) > most {
		b.groups, b.entries, b.names = nil, nil, nil
	}
	b.groups, b.entries, b.names = b.groups[:0], b.entries[:0], b.names[:0]
	b.unidentified, b.bytes = 0, 0
}

func (a *Account) take(b *Batch, received int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.unidentified.Lines += b.unidentified
	a.unidentified.Bytes += b.bytes
	entries := b.entries
	var r *run
	for i := range b.groups {
		g := &b.groups[i]
		name := b.names[g.name[0]:g.name[1]]
		if g.broken {
			a.broken(name, g.bytes)
			continue
		}
		if r == nil || r.id != string(name) {
			r = a.run(name)
		}
		a.group(r, g, entries[:g.lines], received)
		entries = entries[g.lines:]
	}
}

// broken takes a line whose identity is.
func (a *Account) broken(name []byte, size uint64) {
	if r := a.runs[string(name)]; r != nil {
		r.lines.Received++
		r.lines.Corrupt++
		r.bytes += size
		return
	}
	a.unidentified.Lines++
	a.unidentified.Corrupt++
	a.unidentified.Bytes += size
}

func (a *Account) group(r *run, g *group, entries []entry, received int64) {
	if r == nil {
		a.unidentified.Lines += uint64(len(entries))
		a.unidentified.Untracked += uint64(len(entries))
		a.unidentified.Bytes += g.bytes
		return
	}
	r.lines.Received += uint64(len(entries))
	r.bytes += g.bytes
	r.time(entries, received)
	s := a.stream(r, g.stream)
	if s == nil {
		r.lines.Untracked += uint64(len(entries))
		return
	}
	for _, e := range entries {
		if e.seq == s.next && e.seq != lastSeq {
			s.next++
			r.lines.Unique++
			continue
		}
		a.late(r, s, e.seq)
	}
}

// time notes when lines arrived.
func (r *run) time(entries []entry, received int64) {
	if received == 0 {
		return
	}
	if r.first == 0 {
		r.first = received
	}
	r.first, r.last = min(r.first, received), max(r.last, received)
	for _, e := range entries {
		took := received - e.sent
		if took < shortest || took > longest {
			r.clamped++
			took = max(shortest, min(longest, took))
		}
		_ = r.latency.RecordValue(took) // cannot fail: the value is within the range
	}
}
