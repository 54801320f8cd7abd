package emitter

import "math"

// lane is streams of one worker whose lines go into batches together: all of them, unless the
// destination wants fewer in one batch.
type lane struct {
	cursor cursor
	slot   uint64 // of its first stream among the worker's own
	own    uint64 // lines of the plan that are this lane's
	burst  uint64 // most overdue lines kept; 0: no limit
	turn   uint64 // among the lanes
}

// left is how many lines are still to be made.
func (l *lane) left() uint64 { return l.own - l.cursor.passed() }

// lanes are all of one worker's, a heap by whose batch goes first.
type lanes struct {
	list []*lane
	turn func(*lane) uint64 // when that is, in any unit; asked when a lane has moved
}

// newLanes divides the worker's streams into lanes of at most so many each, all of one group; 0:
// as many as there are.
func newLanes(all cursor, streams, total, burst uint64, turn func(*lane) uint64) lanes {
	if streams == 0 {
		streams = all.slots
	}
	ls := lanes{turn: turn}
	for slot := uint64(0); slot < all.slots; {
		l := &lane{cursor: all.part(slot, streams), slot: slot}
		slot += l.cursor.slots
		l.own = l.cursor.below(total)
		if burst > 0 {
			l.burst = max(1, l.cursor.below(burst))
		}
		ls.list = append(ls.list, l)
	}
	ls.order()
	return ls
}

// order puts all lanes in order, after something changed that their turns depend on.
func (ls *lanes) order() {
	for i := len(ls.list) - 1; i >= 0; i-- {
		ls.moved(i)
	}
}

// next is the lane whose batch goes first.
func (ls *lanes) next() *lane { return ls.list[0] }

// done reports whether every line was made.
func (ls *lanes) done() bool { return ls.list[0].left() == 0 }

// moved restores the order after lane i of the list has made lines. Lanes at their end come last.
func (ls *lanes) moved(i int) {
	if len(ls.list) == 1 {
		return
	}
	moved := ls.list[i]
	moved.turn = math.MaxUint64
	if moved.left() > 0 {
		moved.turn = ls.turn(moved)
	}
	for {
		first := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(ls.list); child++ {
			if ls.list[child].turn < ls.list[first].turn {
				first = child
			}
		}
		if first == i {
			return
		}
		ls.list[i], ls.list[first] = ls.list[first], ls.list[i]
		i = first
	}
}
