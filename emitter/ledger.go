package emitter

// most ranges that a worker keeps by stream and in all: a ledger is for reading.
const (
	mostRanges       = 1000
	mostWorkerRanges = 100_000
)

// ledger notes the lines of one worker that were not confirmed, by the slot of their stream.
type ledger struct {
	streams map[int]*StreamLedger
	ranges  int
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
	if len(*list) == mostRanges || l.ranges == mostWorkerRanges {
		s.Cut = true
		return
	}
	*list = append(*list, Range{seq, seq})
	l.ranges++
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
