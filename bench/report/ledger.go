package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/exitfound/lologen/emitter"
)

// Stream says what became of one stream: of the sequence numbers below Next, those in no range
// were confirmed. It is also a line of a ledger file.
type Stream struct {
	Run      string      `json:"run,omitempty"` // in a ledger file, and in a report merged from several runs: whose stream
	Stream   int         `json:"stream"`
	Next     uint64      `json:"next"`
	Rejected [][2]uint64 `json:"rejected"` // from and to, both included
	Unknown  [][2]uint64 `json:"unknown"`
	Cut      bool        `json:"cut,omitempty"`  // there were more ranges
	More     bool        `json:"more,omitempty"` // in a ledger file: the next line goes on with this stream
}

// mostStreams and mostRanges bound the ledger in a report: a report that does not fit into memory at
// the end of a run is none. What they leave out is in a ledger file beside it.
const (
	mostStreams = 10_000
	mostRanges  = 100_000
)

// ledger lists what a report has room for of streams in order; all says that this is everything.
func ledger(from []emitter.StreamLedger) (list []Stream, all bool) {
	list = make([]Stream, 0, min(len(from), mostStreams))
	all = len(from) <= mostStreams
	room := mostRanges
	for i := range from[:min(len(from), mostStreams)] {
		entry := stream(&from[i], &room)
		all = all && entry.Cut == from[i].Cut
		list = append(list, entry)
	}
	return list, all
}

// stream is one of them, with as many of its ranges as there is room for.
func stream(s *emitter.StreamLedger, room *int) Stream {
	entry := Stream{
		Stream:   s.Stream,
		Next:     s.Next,
		Rejected: ranges(s.Rejected, room),
		Unknown:  ranges(s.Unknown, room),
	}
	entry.Cut = s.Cut || len(entry.Rejected)+len(entry.Unknown) < len(s.Rejected)+len(s.Unknown)
	return entry
}

// inOrder sorts streams by their numbers, and leaves alone what is sorted already.
func inOrder(from []emitter.StreamLedger) []emitter.StreamLedger {
	byNumber := func(a, b emitter.StreamLedger) int { return cmp.Compare(a.Stream, b.Stream) }
	if slices.IsSortedFunc(from, byNumber) {
		return from
	}
	return slices.SortedFunc(slices.Values(from), byNumber)
}

// check finds ranges that a stream of so many lines cannot have.
func (s *Stream) check() error {
	for _, list := range [][][2]uint64{s.Rejected, s.Unknown} {
		for _, at := range list {
			if at[0] > at[1] || at[1] >= s.Next {
				return fmt.Errorf("stream %d has a range from %d to %d of %d lines", s.Stream, at[0], at[1], s.Next)
			}
		}
	}
	return nil
}

// ranges takes as many as there is room for.
func ranges(from []emitter.Range, room *int) [][2]uint64 {
	list := make([][2]uint64, min(len(from), *room))
	*room -= len(list)
	for i := range list {
		list[i] = [2]uint64{from[i].From, from[i].To}
	}
	return list
}
