package emitter

import (
	"context"
	"slices"
	"time"
)

// worker makes the lines of its own streams and sends them. It shares nothing with the other
// workers but the recorder, which it locks once an attempt.
type worker struct {
	run    *run
	bucket *bucket
	source Source
	format Format
	sink   Sink
	limits Limits

	schedule Schedule  // of the lines to be made next; nil: they are due when they are made
	lines    uint64    // of it that are to be made, as far as is known
	steering *steering // nil: it cannot change

	lanes    lanes
	streams  []stream // the worker's own, by slot
	record   Record
	batch    Batch
	dues     []time.Duration // of the lines in the next batch
	mean     int             // bytes of a line, about
	longest  int             // line so far, in bytes
	recorder *recorder
	ledger   ledger
	missed   uint64
	jitter   Rand

	sending, waiting, backoff time.Duration
	last                      time.Duration // confirmation
	made                      uint64
	finished                  bool
}

// stream is what is remembered of one source of lines.
type stream struct {
	seq  uint64
	last int64 // line's instant
	rand Rand
}

func newWorker(r *run, index int) *worker {
	p := &r.plan
	w := &worker{
		run:      r,
		source:   p.Source(index),
		format:   p.Format(index),
		limits:   p.Sink.Limits,
		recorder: r.recorders[index%len(r.recorders)],
		jitter:   NewRand(p.Seed^uint64(index), 0),
		mean:     r.mean,
		longest:  r.mean,
		schedule: p.Schedule,
		ledger:   ledger{room: &r.ranges},
		lines:    r.course.Load().total,
	}
	if rate, ok := p.Schedule.(Rate); ok {
		w.bucket = newBucket(rate)
	}
	all := newCursor(index, p.Workers, p.Streams).under(&r.division)
	s := share{streams: uint64(p.Sink.Limits.Streams), lines: w.lines, burst: p.Burst, turn: w.turn}
	if p.Control != nil {
		w.steering = &steering{}
	}
	if p.Schedule == nil || p.Control != nil {
		s.lines = r.course.Load().count
	}
	w.lanes = newLanes(all, s)
	// Room for a few more keeps apart what workers write for each line: two of them on one cache
	// line took 60 ns for a line instead of 34.
	w.streams = make([]stream, all.slots, all.slots+8)
	for slot := range w.streams {
		w.streams[slot].rand = NewRand(p.Seed, uint64(index+slot*p.Workers))
	}
	return w
}

// work makes and sends every line of the worker, until all are done, the run is stopped or the
// drain ends.
func (w *worker) work(ctx context.Context) {
	defer w.finish()
	timer := time.NewTimer(0) // reused: a new one for each wait would be three allocations
	defer timer.Stop()
	<-timer.C
	now := w.run.clock()
	for !w.run.isStopped() && ctx.Err() == nil {
		var ok bool
		if now, ok = w.ready(now, timer); !ok {
			break
		}
		l := w.lanes.next()
		m := moment{at: now, unpaced: w.schedule == nil}
		var n int
		if m.unpaced {
			n = w.share(l)
		} else {
			w.drop(l, now)
			if n = w.cut(l, now); n == 0 {
				break
			}
			m.due = w.goes(l)
			if wait := w.due(l, n) - now; wait > 0 {
				woken := w.wait(wait, timer)
				m.at = w.run.clock()
				w.waiting += m.at - now
				if !woken {
					break
				}
				if w.outdated() {
					now = m.at
					continue
				}
			}
		}
		now = w.send(ctx, l, n, m)
	}
	if w.run.isStopped() {
		w.settle()
		if w.schedule != nil {
			w.flush(ctx)
		}
	}
}

// wait sleeps for d, or until the course changes; it returns false if the run was stopped.
func (w *worker) wait(d time.Duration, timer *time.Timer) bool {
	if w.steering == nil {
		return w.run.sleep(d, timer, nil)
	}
	return w.run.sleep(d, timer, w.steering.course.replaced)
}

// flush sends, after a stop, the lines that were due before it and only waited for others.
func (w *worker) flush(ctx context.Context) {
	m := moment{at: w.run.clock(), due: w.run.stoppedAt()}
	for _, l := range w.lanes.list {
		n := w.cut(l, 0)
		if n == 0 || w.goes(l) <= m.due || ctx.Err() != nil {
			continue // what should have gone before is a backlog
		}
		for n > 0 && w.dues[n-1] > m.due {
			n--
		}
		if n > 0 {
			w.fill(l, n, m)
			m.at = w.deliver(ctx, m)
		}
	}
}

// send makes the next n lines of a lane and delivers them. It returns the time when it was done.
func (w *worker) send(ctx context.Context, l *lane, n int, m moment) time.Duration {
	most := w.most()
	w.fill(l, n, m)
	if w.most() == most {
		w.lanes.moved(0)
	} else {
		w.lanes.order() // longer lines than any before make batches full sooner
	}
	if w.lanes.done() && (w.steering == nil || w.exhausted()) {
		w.finish()
	}
	return w.deliver(ctx, m)
}

// finish tells, once, that the worker will make no more lines.
func (w *worker) finish() {
	if !w.finished {
		w.finished = true
		w.run.madeAll()
	}
}

func (w *worker) miss(n uint64) {
	w.missed += n
	w.recorder.miss(n)
}

// fill makes the next n lines of a lane, or fewer if they take more bytes than a batch may have.
func (w *worker) fill(l *lane, n int, m moment) {
	b, r, c := &w.batch, &w.record, l.cursor
	b.Reset()
	// The loop works on copies. Through b and l each line would cost 8 ns more, and other workers'
	// lanes may lie on the same cache line.
	buf, lines := b.buf, slices.Grow(b.lines, n)[:n]
	wall := w.run.wall + int64(m.at)
	due, longest := m.at, w.longest
	for i := range lines {
		slot := c.slot()
		s := &w.streams[l.slot+slot]
		s.last = max(wall, s.last+1)
		r.Stream, r.Seq, r.Time, r.Rand = c.streamOf(slot), s.seq, s.last, &s.rand
		s.seq++
		w.source(r)
		if !m.unpaced {
			due = w.dues[i]
		}
		before := len(buf)
		buf = append(w.format(buf, r), '\n')
		// Field by field: a literal is put together on the stack and copied in wider pieces than it
		// was written in, which the processor makes wait for 7 ns.
		x := &lines[i]
		x.end, x.time, x.seq, x.due, x.stream, x.level = len(buf), r.Time, r.Seq, due, int32(r.Stream), r.Level
		c.next()
		longest = max(longest, len(buf)-before)
		if len(buf)+longest > w.limits.Bytes {
			lines = lines[:i+1]
			break
		}
	}
	b.buf, b.lines, l.cursor, w.longest = buf, lines, c, longest
	w.made += uint64(len(lines))
	// It only grows: lanes take turns by how long their batches were going to be.
	w.mean = max(w.mean, (len(buf)+len(lines)-1)/len(lines))
}

// used is how many of its streams have lines.
func (w *worker) used() int {
	n := 0
	for i := range w.streams {
		if w.streams[i].seq > 0 {
			n++
		}
	}
	return n
}

// close ends the worker's account: what was due and not made is missed.
func (w *worker) close() {
	if w.steering != nil && w.steering.unpaced {
		w.leave()
	}
	numbers := w.run.dueInAll()
	for _, l := range w.lanes.list {
		if due := l.below(numbers); due > l.cursor.passed() {
			w.miss(due - l.cursor.passed())
		}
	}
}
