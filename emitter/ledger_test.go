package emitter

import (
	"sync"
	"testing"
)

// TestLedgerBounded: the ranges of a run are bounded in all, whoever has them; a line that follows
// another one costs none.
func TestLedgerBounded(t *testing.T) {
	var all room
	ledgers := []*ledger{{room: &all}, {room: &all}, {room: &all}}
	ledgers[2].note(0, 0, false)
	var workers sync.WaitGroup
	for _, l := range ledgers[:2] {
		workers.Go(func() {
			for seq := uint64(0); seq < 2*mostRanges; seq += 2 {
				l.note(int(seq%3), seq, seq%4 == 0)
			}
		})
	}
	workers.Wait()
	kept, cut := 0, 0
	for _, l := range ledgers {
		for stream := range 3 {
			s := l.of(stream, 2*mostRanges)
			kept += len(s.Rejected) + len(s.Unknown)
			if s.Cut {
				cut++
			}
		}
	}
	if kept > mostRanges || kept < mostRanges-len(ledgers)*portion || cut != 6 {
		t.Errorf("%d ranges are kept, %d streams cut", kept, cut)
	}
	ledgers[2].note(0, 1, false)
	ledgers[2].note(0, 9, false) // there is room in its portion
	if s := ledgers[2].of(0, 10); len(s.Rejected) != 2 || s.Rejected[0] != (Range{0, 1}) || s.Cut {
		t.Errorf("%+v", s)
	}
}
