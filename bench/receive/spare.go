package receive

import (
	"math/bits"
	"sync"
)

// spare is memory of bodies that are no more, for those to come. (A sync.Pool forgets it with each
// collection of garbage, and memory of this size makes for one every few requests.)
type spare struct {
	most int // bytes that are kept

	mu   sync.Mutex // taken a few times for a request, never for a line
	kept int
	free [spareSizes][][]byte // of a size above half of the last one's and up to that
}

const spareSizes = 12 // the first is a piece

func spareSize(bytes int) int { return min(bits.Len(uint(bytes-1)/bodyPiece), spareSizes-1) }

// get returns memory that holds more than so many bytes, and so many if there is such: but not far
// more than that. It is nil if there is none.
func (s *spare) get(above, wanted int) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	fits := spareSize(wanted)
	if b := s.pop(fits, above); b != nil {
		return b
	}
	for size := min(fits+1, spareSizes-1); size >= 0; size-- {
		if b := s.pop(size, above); b != nil {
			return b
		}
	}
	return nil
}

func (s *spare) pop(size, above int) []byte {
	free := s.free[size]
	last := len(free) - 1
	if last < 0 || cap(free[last]) <= above {
		return nil
	}
	b := free[last]
	s.free[size], free[last] = free[:last], nil
	s.kept -= cap(b)
	return b[:0]
}

// put keeps memory that is used no more, or lets it go if enough is kept.
func (s *spare) put(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept+cap(b) > s.most {
		return
	}
	s.kept += cap(b)
	size := spareSize(cap(b))
	s.free[size] = append(s.free[size], b)
}
