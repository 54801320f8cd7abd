package emitter

import "sync/atomic"

const (
	// mostRanges are kept of a run: 64 MB. Whatever more there is would not be read line by line.
	mostRanges = 4_000_000

	// portion of them is taken at a time.
	portion = 256
)

// room is for the ranges of all workers. It is shared, as the lines of one may fail and those of the
// others not; once in many failed lines a worker touches it.
type room struct{ taken atomic.Int64 }

// take reports whether there was room for a portion.
func (r *room) take() bool {
	if r.taken.Add(portion) <= mostRanges {
		return true
	}
	r.taken.Add(-portion)
	return false
}

// ledger notes the lines of one worker that were not confirmed, by the slot of their stream.
type ledger struct {
	streams map[int]*StreamLedger
	room    *room
	left    int // ranges that there is room for
}

// note adds one line. Lines of a stream come in order.
func (l *ledger) note(stream int, seq uint64, unknown bool) {
	s := l.streams[stream]
	if s == nil {
		if l.streams == nil {
			l.streams = make(map[int]*StreamLedger)
		}
		s = &StreamLedger{Stream: stream}
		l.streams[stream] = s
	}
	list := &s.Rejected
	if unknown {
		list = &s.Unknown
	}
	if n := len(*list); n > 0 && (*list)[n-1].To+1 == seq {
		(*list)[n-1].To = seq
		return
	}
	if l.left == 0 && l.room.take() {
		l.left = portion
	}
	if l.left == 0 {
		s.Cut = true
		return
	}
	*list = append(*list, Range{seq, seq})
	l.left--
}

// of returns the ledger of one stream.
func (l *ledger) of(stream int, next uint64) StreamLedger {
	s := StreamLedger{Stream: stream}
	if noted := l.streams[stream]; noted != nil {
		s = *noted
	}
	s.Next = next
	return s
}
