package emitter

import "testing"

func TestCursorIsArithmetic(t *testing.T) {
	for workers := 1; workers <= 9; workers++ {
		for streams := workers; streams <= 3*workers+1; streams++ {
			owner := make(map[uint64]int)
			for w := range workers {
				c := newCursor(w, workers, streams)
				for n := range uint64(100) {
					if c.passed() != n {
						t.Fatalf("%d workers, %d streams: worker %d passed %d lines, says %d", workers, streams, w, n, c.passed())
					}
					if c.below(c.k) != n || c.below(c.k+1) != n+1 {
						t.Fatalf("%d workers, %d streams: worker %d has %d lines below %d, want %d", workers, streams, w, c.below(c.k), c.k, n)
					}
					if want := int(c.k % uint64(streams)); c.stream() != want || want%workers != w {
						t.Fatalf("%d workers, %d streams: worker %d makes line %d of stream %d", workers, streams, w, c.k, c.stream())
					}
					skipped := newCursor(w, workers, streams)
					skipped.skip(n)
					if skipped != c {
						t.Fatalf("skip(%d) = %+v, next %d times = %+v", n, skipped, n, c)
					}
					owner[c.k]++
					c.next()
				}
			}
			parts(t, workers, streams)
			for k := range uint64(100) { // every worker passed 100 lines, so these all are made
				if owner[k] != 1 {
					t.Fatalf("%d workers, %d streams: line %d is made %d times", workers, streams, k, owner[k])
				}
			}
		}
	}
}

// parts checks that lanes divide a worker's lines among them.
func parts(t *testing.T, workers, streams int) {
	t.Helper()
	for w := range workers {
		all := newCursor(w, workers, streams)
		for size := uint64(1); size <= all.slots; size++ {
			ls := newLanes(all, share{streams: size, lines: 1000, turn: byLine})
			var own uint64
			for _, l := range ls.list {
				own += l.own
				for n := range uint64(30) {
					if l.cursor.passed() != n || l.cursor.below(l.cursor.k) != n || l.cursor.below(l.cursor.k+1) != n+1 {
						t.Fatalf("%d workers, %d streams, %d in a lane: %+v after %d lines", workers, streams, size, l.cursor, n)
					}
					l.cursor.next()
				}
			}
			if want := all.below(1000); own != want {
				t.Fatalf("%d workers, %d streams, %d in a lane: lanes have %d lines, their worker %d", workers, streams, size, own, want)
			}
		}
	}
}
