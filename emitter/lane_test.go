package emitter

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestGroupsNeverShareABatch: whichever streams may go together otherwise.
func TestGroupsNeverShareABatch(t *testing.T) {
	for name, group := range map[string]func(int) int{
		"one":         func(int) int { return 7 },
		"by turns":    func(stream int) int { return stream % 5 },
		"in blocks":   func(stream int) int { return stream / 10 },
		"each alone":  func(stream int) int { return -stream },
		"two, spread": func(stream int) int { return stream * stream % 7 % 2 },
	} {
		for _, skew := range []float64{0, 1} {
			for _, limits := range []Limits{{Bytes: large, Wait: time.Second}, {Bytes: 200}, {Bytes: large, Streams: 4, Wait: time.Second}} {
				for _, schedule := range []Schedule{nil, Rate(2000)} {
					synctest.Test(t, func(t *testing.T) {
						limits.Group = group
						s := &store{}
						s.answer = func(_ context.Context, _ int, b *Batch) (int, error) {
							for i := range b.Len() {
								if group(b.Stream(i)) != group(b.Stream(0)) {
									t.Errorf("%s: a batch of stream %d and stream %d", name, b.Stream(0), b.Stream(i))
								}
							}
							return b.Len(), nil
						}
						p := plan(Plan{Workers: 3, Streams: 50, Skew: skew, Schedule: schedule, Count: 5000, Drain: time.Second}, s, limits)
						if r := do(t, t.Context(), p, s); r.Lines != (Lines{Due: 5000, Acked: 5000}) {
							t.Errorf("%s: %+v", name, r.Lines)
						}
						inOrder(t, s)
					})
				}
			}
		}
	}
}

// TestLanesAreAsWideAsTheirGroup: and no narrower, so that batches are full.
func TestLanesAreAsWideAsTheirGroup(t *testing.T) {
	inBlocks := func(stream int) int { return stream / 6 }
	for _, c := range []struct {
		group func(int) int
		most  uint64
		want  []uint64
	}{
		{nil, 0, []uint64{14}},
		{nil, 4, []uint64{4, 4, 4, 2}},
		{inBlocks, 0, []uint64{6, 6, 2}},
		{inBlocks, 4, []uint64{4, 2, 4, 2, 2}},
		{inBlocks, 9, []uint64{6, 6, 2}},
	} {
		all := newCursor(0, 1, 14).under(&division{group: c.group})
		got := make(map[uint64]uint64) // slots by the first of them
		ls := newLanes(all, share{streams: c.most, lines: 100, turn: byLine})
		for _, l := range ls.list {
			got[l.slot] = l.cursor.slots
		}
		var slot uint64
		for _, want := range c.want {
			if got[slot] != want {
				t.Errorf("at most %d: the lane from slot %d on has %d streams, want %d of %v", c.most, slot, got[slot], want, c.want)
			}
			slot += want
		}
		if len(ls.list) != len(c.want) {
			t.Errorf("at most %d: %d lanes, want %v", c.most, len(ls.list), c.want)
		}
	}
}

func byLine(l *lane) uint64 { return l.cursor.k }

// TestLanesTakeTurns: whatever lane moves on, and by how much.
func TestLanesTakeTurns(t *testing.T) {
	chance := rand.New(rand.NewPCG(5, 6))
	ls := newLanes(newCursor(1, 3, 100), share{streams: 2, lines: 10_000, turn: byLine})
	for !ls.done() {
		l := ls.next()
		for _, other := range ls.list {
			if other.left() > 0 && other.cursor.k < l.cursor.k {
				t.Fatalf("line %d is next, but line %d is not made", l.cursor.k, other.cursor.k)
			}
		}
		l.cursor.skip(min(l.left(), uint64(1+chance.IntN(10))))
		ls.moved(0)
	}
	for _, l := range ls.list {
		if l.left() != 0 {
			t.Errorf("done, but a lane has %d lines left", l.left())
		}
	}
}

// TestUnpacedLanesShare: a run that ends at any time has lines of all streams, of each about as many,
// though one batch might hold more of them than are ever made; and most lines go in full batches.
func TestUnpacedLanesShare(t *testing.T) {
	for _, c := range []struct {
		limits Limits
		lines  int // that there is time for
		lanes  int
	}{
		{Limits{Bytes: 16 * FirstBatch, Streams: 1}, 100_000, 12},
		{Limits{Bytes: 16 * FirstBatch, Streams: 1}, 400_000, 12},
		{Limits{Bytes: 16 * FirstBatch, Group: func(stream int) int { return stream / 4 }}, 400_000, 3},
		{Limits{Bytes: 16 * FirstBatch, Streams: 1, Lines: 100}, 10_000, 12},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			s := &store{}
			arrived := 0
			s.answer = func(_ context.Context, _ int, b *Batch) (int, error) {
				if arrived += b.Len(); arrived >= c.lines {
					stop()
					synctest.Wait()
				}
				return b.Len(), nil
			}
			p := plan(Plan{Streams: 12}, s, c.limits)
			p.Format = func(int) Format {
				return func(dst []byte, r *Record) []byte { return append(dst, make([]byte, 99)...) }
			}
			r := do(t, ctx, p, s)
			if r.Used != 12 {
				t.Errorf("%+v: %d streams have lines", c.limits, r.Used)
			}
			of := make([]int, c.lanes)
			for _, l := range s.lines {
				of[l.stream*c.lanes/12]++
			}
			if least, most := slices.Min(of), slices.Max(of); most > 2*least {
				t.Errorf("%+v: %v lines of %d", c.limits, of, len(s.lines))
			}
			// Doubled from one batch to the next.
			if most := c.lanes*6 + len(s.lines)*100/c.limits.Bytes; c.limits.Lines == 0 && s.sends > most {
				t.Errorf("%+v: %d batches of %d lines, want at most %d", c.limits, s.sends, len(s.lines), most)
			}
		})
	}
}

// TestUsedStreams: a run of fewer lines than streams says how few they were.
func TestUsedStreams(t *testing.T) {
	for _, schedule := range []Schedule{nil, Rate(1000)} {
		synctest.Test(t, func(t *testing.T) {
			s := &store{}
			if r := do(t, t.Context(), plan(Plan{Workers: 3, Streams: 50, Schedule: schedule, Count: 17}, s, Limits{Bytes: large}), s); r.Used != 17 {
				t.Errorf("%d streams have lines of 17", r.Used)
			}
		})
	}
}

// TestLanesSendOneAfterTheOther: a destination that takes 10 ms for a batch makes no line late, as
// the lanes of a worker do not all want it at once.
func TestLanesSendOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const lanes, took = 20, 10 * time.Millisecond
		s := &store{answer: func(_ context.Context, _ int, b *Batch) (int, error) {
			time.Sleep(took)
			return b.Len(), nil
		}}
		p := plan(Plan{Streams: lanes, Schedule: Rate(2000), Duration: 5 * time.Second, Drain: time.Second}, s,
			Limits{Bytes: large, Streams: 1, Wait: time.Second})
		do(t, t.Context(), p, s)
		for _, l := range s.lines {
			due, _ := p.Schedule.At(l.seq*lanes + uint64(l.stream))
			// The last batches go together, when no line is due any more.
			if late := l.at - due - time.Second; late > took && l.at < p.Duration-took {
				t.Fatalf("line %d of stream %d was sent %v late", l.seq, l.stream, late)
			}
		}
		if s.sends > 6*lanes {
			t.Errorf("%d batches of %d lanes in 5 s", s.sends, lanes)
		}
	})
}
