package sinks

import (
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/exitfound/lologen/emitter"
)

// streamModel is a checked Loki: what streams there are and what their lines look like. All
// workers share it.
type streamModel struct {
	Loki
	set         labelSet
	tenants     int
	tenantNames [][]byte
	rollouts    float64      // streams replaced in a nanosecond
	began       atomic.Int64 // the first line's time, which churn counts from
}

func newStreamModel(l Loki) (*streamModel, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	if err := checkMetadata(l.Metadata); err != nil {
		return nil, err
	}
	m := &streamModel{Loki: l, tenants: l.Tenants}
	var err error
	if m.set, err = newLabelSet(&l); err != nil {
		return nil, err
	}
	for i := range l.Tenants {
		m.tenantNames = append(m.tenantNames, fmt.Appendf(nil, "tenant-%d", i))
	}
	if l.Churn.Share > 0 {
		m.rollouts = l.Churn.Share * float64(l.Streams) / float64(l.Churn.Period)
	}
	return m, nil
}

// tenant is whose a stream is. Neighbours share one, so that a worker's batches can hold several
// streams of one tenant.
func (m *streamModel) tenant(stream int) int {
	return int(int64(stream) * int64(m.tenants) / int64(m.Streams))
}

// generation is how often a stream had been replaced by the time of a line.
func (m *streamModel) generation(stream int, time int64) uint64 {
	if m.rollouts == 0 {
		return 0
	}
	if m.began.Load() == 0 {
		m.began.CompareAndSwap(0, time)
	}
	return replaced(m.rollouts*float64(time-m.began.Load()), m.Streams, stream)
}

// replaced is how many of the first n replacements were of one stream: streams are replaced in
// turn, one after the other.
func replaced(n float64, streams, stream int) uint64 {
	if !(n >= 1) {
		return 0
	}
	done, s := uint64(min(n, math.MaxInt64)), uint64(stream)
	return (done + uint64(streams) - 1 - s) / uint64(streams)
}

// Created is how many streams exist in Loki's eyes after so long a time, replaced ones included,
// and without regard to levels.
func (l *Loki) Created(d time.Duration) uint64 {
	n := uint64(l.Streams)
	if l.Churn.Share > 0 {
		n += uint64(min(l.Churn.Share*float64(l.Streams)*float64(d)/float64(l.Churn.Period), math.MaxInt64))
	}
	return n
}

// disorderSalt and metadataSalt keep apart what chance decides of a line.
const (
	disorderSalt = 0x6f75742d6f662d6f
	metadataSalt = 0x6d65746164617461
)

// chance is a line's own, and the same on every attempt.
func (m *streamModel) chance(salt uint64, stream int, seq uint64) emitter.Rand {
	return emitter.NewRand(m.Seed^salt+seq*0x9e3779b97f4a7c15, uint64(stream))
}

// time is what Loki is told of a line's time.
func (m *streamModel) time(b *emitter.Batch, i int) int64 {
	t := b.Time(i) + int64(m.Offset)
	if m.Disorder.Share > 0 {
		r := m.chance(disorderSalt, b.Stream(i), b.Seq(i))
		if float64(r.Uint64()>>11)/(1<<53) < m.Disorder.Share {
			t -= int64(r.Uint64()%uint64(m.Disorder.Most)) + 1
		}
	}
	return t
}
