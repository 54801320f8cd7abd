package verify

import (
	"cmp"
	"math"
	"slices"
)

// The functions of this file take and return ranges that are sorted and disjoint.

// common is what is in both.
func common(a, b []Range) (both []Range) {
	for len(a) > 0 && len(b) > 0 {
		from, to := max(a[0][0], b[0][0]), min(a[0][1], b[0][1])
		if from <= to {
			both = append(both, Range{from, to})
		}
		if a[0][1] < b[0][1] {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return both
}

// outside is what is in none of the ranges.
func outside(ranges []Range) (rest []Range) {
	from := uint64(0)
	for _, r := range ranges {
		if r[0] > from {
			rest = append(rest, Range{from, r[0] - 1})
		}
		if r[1] == math.MaxUint64 {
			return rest
		}
		from = r[1] + 1
	}
	return append(rest, Range{from, math.MaxUint64})
}

// below is the numbers below next.
func below(next uint64) []Range {
	if next == 0 {
		return nil
	}
	return []Range{{0, next - 1}}
}

// size is how many numbers the ranges hold, if that is below 2^64.
func size(ranges []Range) (n uint64) {
	for _, r := range ranges {
		n += r[1] - r[0] + 1
	}
	return n
}

// tidy sorts ranges of any order and joins what touches.
func tidy(ranges []Range) []Range {
	sorted := slices.SortedFunc(slices.Values(ranges), func(a, b Range) int { return cmp.Compare(a[0], b[0]) })
	joined := sorted[:0]
	for _, r := range sorted {
		n := len(joined)
		switch {
		case r[1] < r[0]:
		case n > 0 && (joined[n-1][1] == math.MaxUint64 || r[0] <= joined[n-1][1]+1):
			joined[n-1][1] = max(joined[n-1][1], r[1])
		default:
			joined = append(joined, r)
		}
	}
	return joined
}
