package emitter

import "time"

// most is how many lines a batch may hold, as far as their size is known.
func (w *worker) most() int {
	n := max(1, (w.limits.Bytes-w.longest)/w.mean)
	if w.limits.Lines > 0 {
		n = min(n, w.limits.Lines)
	}
	return n
}

// FirstBatch bounds, in bytes, the first batch of some streams where lines are due when they are made
// and the worker has other streams, which wait for their own.
const FirstBatch = 64 << 10

// share is how many lines go into the lane's next batch where none is due. A lane that has others beside
// it begins with a small one, and then takes as many lines as it has made before. So all streams have
// lines soon, none ever has many more than another, and batches are full before long.
func (w *worker) share(l *lane) int {
	n := min(uint64(w.most()), l.left())
	if len(w.lanes.list) > 1 {
		n = min(n, max(1, uint64(FirstBatch/w.mean), l.gone()))
	}
	return int(n)
}

// cut looks ahead: it fills dues with the due times of the lines that go into the lane's next
// batch, those within Limits.Wait of its first and those that are due already, and returns their
// number.
func (w *worker) cut(l *lane, now time.Duration) int {
	w.dues = w.dues[:0]
	at := l.cursor
	most := min(uint64(w.most()), l.left())
	var end time.Duration
	for uint64(len(w.dues)) < most {
		due, ok := w.schedule.At(at.k)
		if len(w.dues) == 0 {
			end = max(now, due+w.window(l))
		}
		if !ok || due > end {
			break
		}
		w.dues = append(w.dues, due)
		at.next()
	}
	return len(w.dues)
}

// turn is when the lane's next batch goes, as far as that can be told without making its lines.
func (w *worker) turn(l *lane) uint64 {
	if w.schedule == nil {
		return l.cursor.k
	}
	first, _ := w.schedule.At(l.cursor.k)
	inWindow := l.below(w.dueBy(first+w.window(l))) - l.cursor.passed()
	at := l.cursor
	at.skip(min(inWindow, uint64(w.most())) - 1)
	last, _ := w.schedule.At(at.k)
	return uint64(last)
}

// dueBy is how many of the run's lines that are to be made are due at t.
func (w *worker) dueBy(t time.Duration) uint64 { return DueBy(w.schedule, t, w.lines) }

// goes is when the batch that cut found goes if nothing is in its way.
func (w *worker) goes(l *lane) time.Duration {
	return min(w.dues[0]+w.window(l), w.dues[len(w.dues)-1])
}

// window is how long the first line of the lane's next batch waits for others. First batches get a
// share of the wait, another in each lane: so lanes send one after the other from then on, and not
// all of them when each wait is over.
func (w *worker) window(l *lane) time.Duration {
	if l.cursor.passed() > 0 {
		return w.limits.Wait
	}
	return time.Duration(l.phase * float64(w.limits.Wait))
}

// due is when the last of the lane's next n lines may go.
func (w *worker) due(l *lane, n int) time.Duration {
	if w.bucket == nil {
		return w.dues[n-1]
	}
	at := l.cursor
	at.skip(uint64(n - 1))
	return w.bucket.due(at.k)
}

// drop gives up the oldest of the lane's lines that are overdue by more than a batch may wait,
// where there are more of them than the burst allows.
func (w *worker) drop(l *lane, now time.Duration) {
	if l.burst == 0 {
		return
	}
	overdue := l.below(w.dueBy(now - w.limits.Wait))
	overdue -= min(overdue, l.cursor.passed())
	if overdue <= l.burst {
		return
	}
	l.cursor.skip(overdue - l.burst)
	w.miss(overdue - l.burst)
}
