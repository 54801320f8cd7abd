package emitter

import (
	"math"
	"sync/atomic"
)

// lane is streams of one worker whose lines go into batches together: all of them, unless the
// destination wants fewer in one batch.
type lane struct {
	cursor cursor
	slot   uint64  // of its first stream among the worker's own
	own    uint64  // lines of the plan that are this lane's
	limit  uint64  // of them, those that may be made until more is known of the course
	burst  uint64  // most overdue lines kept; 0: no limit
	turn   uint64  // among the lanes
	phase  float64 // of a wait, above 0: see worker.window

	// In the unpaced spans of a course that changes the cursor leaves its place, to which it returns.
	place   cursor
	unpaced atomic.Uint64 // lines made in those that are over; written by the lane's worker
}

// left is how many lines are still to be made, as far as is known.
func (l *lane) left() uint64 { return l.limit - l.gone() }

// gone is how many lines are behind the lane.
func (l *lane) gone() uint64 { return l.unpaced.Load() + l.cursor.passed() }

// below is how many of the first n numbered lines of the run are the lane's, and are due by that.
func (l *lane) below(n uint64) uint64 { return min(l.own-l.unpaced.Load(), l.cursor.below(n)) }

// allow lets the lane make those of the first n numbered lines of the run that are its own.
func (l *lane) allow(n uint64) { l.limit = max(l.gone(), l.unpaced.Load()+l.below(n)) }

// wander lets the lane make any of its lines, whatever their number.
func (l *lane) wander() { l.place, l.limit = l.cursor, l.own }

// returns puts the cursor back to where it left.
func (l *lane) returns() {
	l.unpaced.Add(l.cursor.passed() - l.place.passed())
	l.cursor = l.place
}

// laneView is what may be seen of a lane while its worker moves it.
type laneView struct {
	lane  *lane
	start cursor
}

func (v *laneView) below(n uint64) uint64 {
	return min(v.lane.own-v.lane.unpaced.Load(), v.start.below(n))
}

// lanes are all of one worker's, a heap by whose batch goes first.
type lanes struct {
	list []*lane
	turn func(*lane) uint64 // when that is, in any unit; asked when a lane has moved
}

// share is what a worker's lanes are made by.
type share struct {
	streams uint64             // most in one lane; 0: all
	lines   uint64             // of the run
	burst   uint64             // most overdue lines of the run kept; 0: no limit
	turn    func(*lane) uint64 // as in lanes
}

// newLanes divides the worker's streams into lanes, each of one group.
func newLanes(all cursor, s share) lanes {
	streams := s.streams
	if streams == 0 {
		streams = all.slots
	}
	ls := lanes{turn: s.turn}
	for slot := uint64(0); slot < all.slots; {
		l := &lane{cursor: all.part(slot, streams), slot: slot}
		slot += l.cursor.slots
		l.own = l.cursor.below(s.lines)
		l.limit = l.own
		if s.burst > 0 {
			l.burst = max(1, l.cursor.below(s.burst))
		}
		ls.list = append(ls.list, l)
	}
	for i, l := range ls.list {
		l.phase = float64(i+1) / float64(len(ls.list))
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

// views are those of all lanes, which are at their start.
func (ls *lanes) views() []laneView {
	list := make([]laneView, len(ls.list))
	for i, l := range ls.list {
		list[i] = laneView{l, l.cursor}
	}
	return list
}

// next is the lane whose batch goes first.
func (ls *lanes) next() *lane { return ls.list[0] }

// done reports whether every line was made, as far as is known.
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
