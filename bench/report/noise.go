package report

import (
	"cmp"
	"math"
	"slices"
)

// significant is how unlikely a difference must be to have come about by chance.
const significant = 0.05

// mannWhitney returns the two-sided probability that two samples of one and the same distribution
// differ in their ranks at least as much as a and b do. It is exact, also with ties, as it counts
// all ways to deal the pooled ranks (Mann, Whitney 1947). Of up to three values a side it is never
// below 0.1, whatever they are: then it says nothing.
func mannWhitney(a, b []float64) float64 {
	ranks := doubledRanks(a, b)
	all, own := 0, 0
	for i, r := range ranks {
		all += r
		if i < len(a) {
			own += r
		}
	}
	ways := deals(ranks, len(a), all)
	// The mean of the sum of len(a) ranks is all * len(a) / len(ranks); distances are taken times
	// len(ranks), as whole numbers.
	mean := all * len(a)
	distance := func(sum int) int { return max(sum*len(ranks)-mean, mean-sum*len(ranks)) }
	var total, extreme float64
	for sum, n := range ways {
		total += n
		if distance(sum) >= distance(own) {
			extreme += n
		}
	}
	return ratio(extreme, total)
}

// doubledRanks are the ranks of a and then of b among all, times two: ties share the mean of theirs.
func doubledRanks(a, b []float64) []int {
	pool := slices.Concat(a, b)
	order := make([]int, len(pool))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(pool[i], pool[j]) })
	ranks := make([]int, len(pool))
	for from := 0; from < len(order); {
		to := from
		for to < len(order) && pool[order[to]] == pool[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = from + to + 1 // twice the mean of from+1 to to
		}
		from = to
	}
	return ranks
}

// deals counts, by their sum, the ways to pick n of the ranks.
func deals(ranks []int, n, all int) []float64 {
	ways := make([][]float64, n+1)
	for k := range ways {
		ways[k] = make([]float64, all+1)
	}
	ways[0][0] = 1
	for i, r := range ranks {
		for k := min(n, i+1); k > 0; k-- {
			for sum := all; sum >= r; sum-- {
				ways[k][sum] += ways[k-1][sum-r]
			}
		}
	}
	return ways[n]
}

// Noise is what the runs of two sides say of whether a difference is more than chance.
type Noise string

const (
	OneRun Noise = "unknown" // a side has one run: nobody knows how far apart two of it would be
	Within Noise = "within"  // runs of one side differ as much
	Apart  Noise = "apart"   // no run of one side comes near the other, but more runs are needed to be sure
	Beyond Noise = "beyond"  // by chance it would come about in less than one of 20 comparisons
)

// noise judges the values of two sides, and says how likely chance alone makes such a difference;
// NaN if nobody can say.
func noise(a, b []float64) (Noise, float64) {
	if len(a) < 2 || len(b) < 2 {
		return OneRun, math.NaN()
	}
	p := mannWhitney(a, b)
	switch {
	case p < significant:
		return Beyond, p
	case slices.Max(a) < slices.Min(b) || slices.Max(b) < slices.Min(a):
		return Apart, p
	}
	return Within, p
}
