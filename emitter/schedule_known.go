package emitter

import (
	"math"
	"sync/atomic"
)

// known is where a node of Poisson is remembered. Workers share it without a lock: a reader that
// met a writer, or a writer that met another, goes without it, as what is in it can be drawn again.
type known struct {
	version atomic.Uint64 // 0: empty; odd: being written
	node    atomic.Uint64
	bounds  [fan + 1]atomic.Uint64 // bits of float64
}

// load returns the bounds of a child; ok is false if the node is not there.
func (n *known) load(node, child uint64) (start, end float64, ok bool) {
	version := n.version.Load()
	if version == 0 || version%2 == 1 || n.node.Load() != node {
		return 0, 0, false
	}
	start = math.Float64frombits(n.bounds[child].Load())
	end = math.Float64frombits(n.bounds[child+1].Load())
	return start, end, n.version.Load() == version
}

func (n *known) store(node uint64, bounds *[fan + 1]float64) {
	version := n.version.Load()
	if version%2 == 1 || !n.version.CompareAndSwap(version, version+1) {
		return
	}
	n.node.Store(node)
	for i, b := range bounds {
		n.bounds[i].Store(math.Float64bits(b))
	}
	n.version.Store(version + 2)
}
