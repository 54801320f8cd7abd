package main

import (
	"math"
	"time"

	"github.com/exitfound/lologen/emitter"
)

// lines is how many there are to be in all, at most; 0: that is not known.
func (l *load) lines() uint64 {
	if n, ok := l.plan.Lines(); ok {
		return n
	}
	return l.plan.Count
}

// bounds are what limits how many lines there are to be, however the rate is changed; 0: nothing does.
type bounds struct {
	count    uint64
	duration time.Duration
}

func (b bounds) most() uint64 {
	if b.count == 0 {
		return 1 << 62
	}
	return b.count
}

// at is how many lines there can be in the end of a run that is as s shows it and whose rate was
// changed, if that is not changed again; 0: nobody knows. A pause is no end, and what is due until a
// change comes into force may still be at the rate before it.
func (b bounds) at(rate float64, s emitter.Snapshot) uint64 {
	highest := max(rate, s.Rate)
	if b.duration == 0 || rate == 0 || math.IsInf(highest, 1) {
		return b.count
	}
	still := math.Ceil(highest*max(0, b.duration-s.At).Seconds()) + 1
	if still > 1<<62 {
		return b.count
	}
	return min(b.most(), s.Lines.Due+uint64(still))
}
