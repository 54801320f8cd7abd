package report

import (
	"cmp"
	"slices"

	"github.com/exitfound/lologen/emitter"
)

// Stream says what became of one stream: of the sequence numbers below Next, those in no range
// were confirmed.
type Stream struct {
	Run      string      `json:"run,omitempty"` // in a report merged from several runs: whose stream
	Stream   int         `json:"stream"`
	Next     uint64      `json:"next"`
	Rejected [][2]uint64 `json:"rejected"` // from and to, both included
	Unknown  [][2]uint64 `json:"unknown"`
	Cut      bool        `json:"cut,omitempty"` // there were more ranges
}

// mostStreams and mostRanges bound a report's ledger: a report that does not fit into memory at
// the end of a run is none.
const (
	mostStreams = 10_000
	mostRanges  = 100_000
)

func ledger(from []emitter.StreamLedger) (list []Stream, cut bool) {
	list = make([]Stream, 0, min(len(from), mostStreams))
	sorted := slices.SortedFunc(slices.Values(from), func(a, b emitter.StreamLedger) int {
		return cmp.Compare(a.Stream, b.Stream)
	})
	room := mostRanges
	for _, s := range sorted[:min(len(sorted), mostStreams)] {
		entry := Stream{
			Stream:   s.Stream,
			Next:     s.Next,
			Rejected: ranges(s.Rejected, &room),
			Unknown:  ranges(s.Unknown, &room),
		}
		entry.Cut = s.Cut || len(entry.Rejected)+len(entry.Unknown) < len(s.Rejected)+len(s.Unknown)
		list = append(list, entry)
	}
	return list, len(from) > mostStreams
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
