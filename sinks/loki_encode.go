package sinks

import (
	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/sinks/push"
)

// encoder turns one worker's batches into requests, in memory that it keeps.
type encoder struct {
	*streamModel
	enc     *push.Encoder
	worker  int
	workers int
	ways    int     // how many groups a stream's lines fall into: one, or one a level
	first   []int32 // by group: the first line of the batch that is its, or none
	next    []int32 // by line: the next one of its group, or none
	streams int     // in the request

	labels   []byte
	fixed    []byte // metadata that all lines share
	varying  []Metadata
	line     lineChance
	metadata []byte
	value    []byte
}

const none = -1

func newEncoder(m *streamModel, worker, workers int) *encoder {
	e := &encoder{streamModel: m, enc: push.NewEncoder(m.Encoding), worker: worker, workers: max(1, workers), ways: 1}
	if m.Level {
		e.ways = emitter.Levels
	}
	own := (m.Streams-worker-1)/e.workers + 1
	e.first = make([]int32, own*e.ways)
	for i := range e.first {
		e.first[i] = none
	}
	for _, pair := range m.Metadata {
		if pair.isConstant() {
			e.fixed = e.enc.AppendMetadata(e.fixed, pair.Name, pair.appendValue(nil, nil))
		} else {
			e.varying = append(e.varying, pair)
		}
	}
	return e
}

// encode returns b as a request, valid until the next call. Lines of a stream stay in order.
func (e *encoder) encode(b *emitter.Batch) []byte {
	e.enc.Reset()
	e.streams = 0
	e.sort(b)
	for i := range b.Len() {
		if g := e.group(b, i); e.first[g] == int32(i) {
			e.first[g] = none
			e.put(b, i)
		}
	}
	return e.enc.Body()
}

// group is where line i belongs, among the worker's own streams.
func (e *encoder) group(b *emitter.Batch, i int) int {
	g := (b.Stream(i) - e.worker) / e.workers * e.ways
	if e.ways > 1 {
		g += int(b.Level(i))
	}
	return g
}

// sort threads the lines of each group on a chain, in order.
func (e *encoder) sort(b *emitter.Batch) {
	n := b.Len()
	if cap(e.next) < n {
		e.next = make([]int32, n+n/8)
	}
	e.next = e.next[:n]
	for i := n - 1; i >= 0; i-- {
		g := e.group(b, i)
		e.next[i] = e.first[g]
		e.first[g] = int32(i)
	}
}

// put adds the lines of the group that begins with line i.
func (e *encoder) put(b *emitter.Batch, i int) {
	stream, level := b.Stream(i), b.Level(i)
	generation, begun := uint64(0), false
	for i := int32(i); i != none; i = e.next[i] {
		i := int(i)
		if g := e.generation(stream, b.Time(i)); g != generation || !begun {
			generation, begun = g, true
			e.labels = e.set.append(e.labels[:0], stream, level, g)
			e.enc.Stream(e.labels)
			e.streams++
		}
		e.enc.Entry(e.time(b, i), b.Line(i), e.pairs(b, i))
	}
}

// pairs is line i's structured metadata.
func (e *encoder) pairs(b *emitter.Batch, i int) []byte {
	if len(e.varying) == 0 {
		return e.fixed
	}
	e.line = lineChance{b.Seq(i), e.chance(metadataSalt, b.Stream(i), b.Seq(i))}
	e.metadata = append(e.metadata[:0], e.fixed...)
	for j := range e.varying {
		m := &e.varying[j]
		e.value = m.appendValue(e.value[:0], &e.line)
		e.metadata = e.enc.AppendMetadata(e.metadata, m.Name, e.value)
	}
	return e.metadata
}
