package emitter

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// mostReasons bounds what a destination can make us remember.
const mostReasons = 100

func (t *tally) failure(key failureKey) *Failure {
	if f := t.failures[key]; f != nil {
		return f
	}
	if len(t.failures) >= mostReasons {
		key = failureKey{reason: "other"}
	}
	if t.failures == nil {
		t.failures = make(map[failureKey]*Failure)
	}
	f := t.failures[key]
	if f == nil {
		f = &Failure{Reason: key.reason, Status: key.status}
		t.failures[key] = f
	}
	return f
}

// sorted returns the failures, those of most lines and requests first.
func (t *tally) sorted() []Failure {
	list := make([]Failure, 0, len(t.failures))
	for f := range maps.Values(t.failures) {
		list = append(list, *f)
	}
	slices.SortFunc(list, func(a, b Failure) int {
		return cmp.Or(cmp.Compare(b.Lines, a.Lines), cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Reason, b.Reason))
	})
	return list
}

// failures lists what t counted, with what was asked of the destination when each began.
func (r *run) failures(t *tally) []Failure {
	list := t.sorted()
	for i := range list {
		list[i].Offered = r.offered(&list[i])
	}
	return list
}

// offered is how many lines a second were due around the time of f, or, if unpaced, how many had
// been made until then.
func (r *run) offered(f *Failure) float64 {
	switch {
	case f.made == 0: // it was paced
		return r.course.Load().pace(f.At)
	case f.At <= 0:
		return 0
	}
	return float64(f.made) / f.At.Seconds()
}

// dueAt is how many lines of s are due before t, with the part of the next one's wait that has
// passed: so it is exact where a second is no multiple of the time between two lines.
func dueAt(s Schedule, t time.Duration) float64 {
	n := DueBy(s, t, forever)
	if n == 0 {
		return 0
	}
	last, _ := s.At(n - 1)
	wait := nextWait(s, n, last)
	if wait == 0 {
		return float64(n)
	}
	return float64(n-1) + min(1, float64(t-last)/float64(wait))
}

// nextWait is how long after line n-1, due at last, line n is due. The line after the last would
// wait as long as the last did.
func nextWait(s Schedule, n uint64, last time.Duration) time.Duration {
	if next, ok := s.At(n); ok {
		return next - last
	}
	if n < 2 {
		return 0
	}
	before, _ := s.At(n - 2)
	return last - before
}

// made is how many lines exist, as far as is known: those whose batch was tried.
func (r *run) made() uint64 {
	var n uint64
	for _, recorder := range r.recorders {
		n += recorder.made()
	}
	return n
}
