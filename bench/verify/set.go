package verify

import (
	"slices"
	"sort"
)

// A set is sequence numbers, as the ranges that they form: sorted, disjoint, and with a gap
// between any two. They stand in leaves of bounded size, so that a change in the midst of a
// million ranges moves a few hundred of them.
type set struct {
	leaves [][]Range // none is empty
}

const leafSize = 256

// last is the place behind all ranges.
func (s *set) last() place { return place{leaf: len(s.leaves)} }

// place is where a range stands.
type place struct{ leaf, at int }

// find returns the place of the first range that ends at v or beyond it; holds says whether v is
// in that range.
func (s *set) find(v uint64) (p place, holds bool) {
	p.leaf = sort.Search(len(s.leaves), func(i int) bool {
		leaf := s.leaves[i]
		return leaf[len(leaf)-1][1] >= v
	})
	if p.leaf == len(s.leaves) {
		return p, false
	}
	leaf := s.leaves[p.leaf]
	p.at = sort.Search(len(leaf), func(i int) bool { return leaf[i][1] >= v })
	return p, leaf[p.at][0] <= v
}

func (s *set) at(p place) *Range { return &s.leaves[p.leaf][p.at] }

// before is the range that stands before p; nil if there is none.
func (s *set) before(p place) *Range {
	switch {
	case p.at > 0:
		return &s.leaves[p.leaf][p.at-1]
	case p.leaf > 0:
		leaf := s.leaves[p.leaf-1]
		return &leaf[len(leaf)-1]
	}
	return nil
}

// insert puts r before the range at p.
func (s *set) insert(p place, r Range) {
	if p.leaf == len(s.leaves) {
		if n := len(s.leaves); n > 0 && len(s.leaves[n-1]) < leafSize {
			s.leaves[n-1] = append(s.leaves[n-1], r)
			return
		}
		s.leaves = append(s.leaves, []Range{r})
		return
	}
	leaf := s.leaves[p.leaf]
	if len(leaf) == leafSize {
		s.leaves = slices.Insert(s.leaves, p.leaf+1, slices.Clone(leaf[leafSize/2:]))
		leaf = leaf[:leafSize/2]
		s.leaves[p.leaf] = leaf
		if p.at > len(leaf) {
			p.leaf, p.at = p.leaf+1, p.at-len(leaf)
		}
	}
	s.leaves[p.leaf] = slices.Insert(s.leaves[p.leaf], p.at, r)
}

func (s *set) remove(p place) {
	s.leaves[p.leaf] = slices.Delete(s.leaves[p.leaf], p.at, p.at+1)
	if len(s.leaves[p.leaf]) == 0 {
		s.leaves = slices.Delete(s.leaves, p.leaf, p.leaf+1)
	}
}

// add puts v into the set; holds says that it is there already. more is by how many ranges the
// set grows: one that would be more than room is not added.
func (s *set) add(v uint64, room int) (more int, holds bool) {
	p, holds := s.find(v)
	if holds {
		return 0, true
	}
	before := s.before(p)
	touches := before != nil && before[1]+1 == v
	meets := p.leaf < len(s.leaves) && s.at(p)[0] == v+1
	switch {
	case touches && meets:
		before[1] = s.at(p)[1]
		s.remove(p)
		return -1, false
	case touches:
		before[1] = v
		return 0, false
	case meets:
		s.at(p)[0] = v
		return 0, false
	case room > 0:
		s.insert(p, Range{v, v})
	}
	return 1, false
}

// take removes v from the set; held says whether it was there. more is by how many ranges the set
// grows: a range is not parted if that is more than room.
func (s *set) take(v uint64, room int) (more int, held bool) {
	p, held := s.find(v)
	if !held {
		return 0, false
	}
	r := s.at(p)
	switch from, to := r[0], r[1]; {
	case from == to:
		s.remove(p)
		return -1, true
	case from == v:
		r[0]++
		return 0, true
	case to == v:
		r[1]--
		return 0, true
	case room > 0:
		r[0] = v + 1
		s.insert(p, Range{from, v - 1})
	}
	return 1, true
}

// all returns the ranges, never nil. A set that is nil is empty.
func (s *set) all() []Range {
	all := []Range{}
	if s == nil {
		return all
	}
	for _, leaf := range s.leaves {
		all = append(all, leaf...)
	}
	return all
}
