package scrape

import (
	"cmp"
	"math"
	"slices"
)

// An account adds up readings of one Loki, whose counters begin again when it does.
type account struct {
	first, last reading
	total       counted // since the first
	streams     float64 // the most seen
	rss         float64
	restarted   bool
}

func newAccount(r reading) account {
	return account{
		first: r, last: r, streams: r.streams, rss: r.rss,
		total: counted{discarded: make(map[string]amount)},
	}
}

func (a *account) begun() bool { return !a.first.at.IsZero() }

// add takes a further reading, and says what went on since the last.
func (a *account) add(r reading) Growth {
	grown := r.counted
	if r.restartedSince(a.last) {
		a.restarted = true
	} else {
		grown = r.minus(a.last.counted)
	}
	a.total = a.total.plus(grown)
	a.streams, a.rss = max(a.streams, r.streams), max(a.rss, r.rss)
	a.last = r
	return growth(r, grown)
}

// restartedSince reports whether another process answers. Its start is reckoned from the time
// since boot and may move a little with the clock; its CPU time never falls.
func (r reading) restartedSince(before reading) bool {
	moved := r.started != 0 && before.started != 0 && r.started > before.started+2
	return moved || r.cpu < before.cpu
}

func growth(r reading, grown counted) Growth {
	g := Growth{
		At: r.at, Lines: grown.received.lines, Bytes: grown.received.bytes, CPU: grown.cpu,
		Streams: whole(r.streams), RSS: whole(r.rss),
	}
	for _, a := range grown.discarded {
		g.Discarded += a.lines
	}
	return g
}

// change is all that happened; its URL and Failed are left to others.
func (a *account) change() Change {
	t := a.total
	return Change{
		Took:      a.last.at.Sub(a.first.at).Seconds(),
		Restarted: a.restarted,
		Received:  t.received.whole(),
		Discarded: discards(t.discarded),
		Streams: Streams{
			Before:  whole(a.first.streams),
			After:   whole(a.last.streams),
			Most:    whole(a.streams),
			Created: whole(t.created),
		},
		CPU:  t.cpu,
		RSS:  whole(a.rss),
		Push: Push{Requests: whole(t.requests), Mean: ratio(t.busy, t.requests)},
	}
}

// discards leaves out reasons for which nothing was dropped since the first look.
func discards(by map[string]amount) []Discards {
	list := make([]Discards, 0, len(by))
	for reason, a := range by {
		if a != (amount{}) {
			list = append(list, Discards{Reason: reason, Amount: a.whole()})
		}
	}
	slices.SortFunc(list, func(a, b Discards) int {
		return cmp.Or(cmp.Compare(b.Lines, a.Lines), cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Reason, b.Reason))
	})
	return list
}

func (a amount) whole() Amount { return Amount{Lines: whole(a.lines), Bytes: whole(a.bytes)} }

// whole turns a number that is not negative into one that counts.
func whole(f float64) uint64 {
	if f >= math.MaxUint64 {
		return math.MaxUint64
	}
	return uint64(math.Round(f))
}

// ratio is a / b, and 0 where that is not a number.
func ratio(a, b float64) float64 {
	if b <= 0 {
		return 0
	}
	return a / b
}
