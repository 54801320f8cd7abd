package emitter

import (
	"math"
	"slices"
	"sync"
	"testing"
	"time"
)

// unitGaps are n gaps from line k on, in mean gaps.
func unitGaps(p *Poisson, k uint64, n int) []float64 {
	gaps := make([]float64, n)
	for i := range gaps {
		start, end := p.span(0, k+uint64(i))
		gaps[i] = end - start
	}
	return gaps
}

func newPoisson(t testing.TB, rate float64, seed uint64) *Poisson {
	t.Helper()
	p, err := NewPoisson(rate, seed)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// someLines are where nodes of several levels begin, and where none does.
var someLines = []uint64{0, 1_000, 1<<18 - 50_000, 1 << 24, 1_000_000_007, 1_000_000_000_003}

// TestPoissonGapsAreExponential is the test of Kolmogorov and Smirnov: a right generator fails it
// with one seed in 10,000.
func TestPoissonGapsAreExponential(t *testing.T) {
	for i, k := range someLines {
		const n = 100_000
		gaps := unitGaps(newPoisson(t, 1, uint64(i)), k, n)
		slices.Sort(gaps)
		var distance float64
		for i, gap := range gaps {
			p := -math.Expm1(-gap)
			distance = max(distance, math.Abs(p-float64(i)/n), math.Abs(p-float64(i+1)/n))
		}
		if d := distance * math.Sqrt(n); d > 2.23 {
			t.Errorf("gaps from line %d: distance %v from the exponential distribution", k, d)
		}
	}
}

// TestPoissonGapsAreIndependent looks at the correlation of gaps with later ones, as they are and
// squared, within leaves and across them.
func TestPoissonGapsAreIndependent(t *testing.T) {
	const n = 100_000
	correlation := func(k uint64, name string, xs []float64) {
		for _, lag := range []int{1, 2, 3, 31, 63, 64, 65, 128, 4096} {
			var sum float64
			for i := range n {
				sum += xs[i] * xs[i+lag]
			}
			if z := sum / math.Sqrt(n); math.Abs(z) > 4.5 {
				t.Errorf("%s from line %d: with those %d later the correlation is %v sigma", name, k, lag, z)
			}
		}
	}
	for i, k := range someLines {
		gaps := unitGaps(newPoisson(t, 1, uint64(100+i)), k, n+5000)
		squares := make([]float64, len(gaps))
		for j, gap := range gaps {
			gaps[j], squares[j] = gap-1, (gap*gap-2)/math.Sqrt(20)
		}
		correlation(k, "gaps", gaps)
		correlation(k, "squares of gaps", squares)
	}
}

// TestPoissonCountsArePoisson: in windows of any length the lines have the mean and the variance of
// the Poisson distribution, and windows do not depend on one another.
func TestPoissonCountsArePoisson(t *testing.T) {
	const windows = 3000
	for i, length := range []time.Duration{time.Millisecond, 50 * time.Millisecond, time.Second, 30 * time.Second, time.Hour} {
		const rate = 2000
		p := newPoisson(t, rate, uint64(200+i))
		mean := rate * length.Seconds()
		var sum, squares, next, last float64
		before := DueBy(p, 0, math.MaxInt64)
		for w := range windows {
			n := DueBy(p, time.Duration(w+1)*length, math.MaxInt64)
			off := (float64(n-before) - mean) / math.Sqrt(mean)
			sum += off
			squares += off * off
			next += off * last
			last, before = off, n
		}
		if z := sum / math.Sqrt(windows); math.Abs(z) > 4 {
			t.Errorf("windows of %v: the mean is off by %v sigma", length, z)
		}
		// The variance of a squared deviation is 2 + 1/mean.
		if z := (squares - windows) / math.Sqrt((2+1/mean)*windows); math.Abs(z) > 4 {
			t.Errorf("windows of %v: the variance is off by %v sigma", length, z)
		}
		if z := next / math.Sqrt(windows); math.Abs(z) > 4 {
			t.Errorf("windows of %v: neighbours are correlated by %v sigma", length, z)
		}
	}
}

// TestPoissonCountsByChiSquare: windows with as many lines as the distribution has.
func TestPoissonCountsByChiSquare(t *testing.T) {
	const windows, mean = 50_000, 4.0
	p := newPoisson(t, mean, 300)
	var found [14]float64 // the last: or more
	before := DueBy(p, 0, math.MaxInt64)
	for w := range windows {
		n := DueBy(p, time.Duration(w+1)*time.Second, math.MaxInt64)
		found[min(n-before, uint64(len(found)-1))]++
		before = n
	}
	chi, rest, p0 := 0.0, 1.0, math.Exp(-mean)
	for i, n := range found {
		share := p0
		if i == len(found)-1 {
			share = rest
		}
		chi += (n - share*windows) * (n - share*windows) / (share * windows)
		rest -= p0
		p0 *= mean / float64(i+1)
	}
	if chi > 37.4 { // 13 degrees of freedom, 0.04 %
		t.Errorf("chi square is %v: %v", chi, found)
	}
}

// TestPoissonSeedsDiffer: over many seeds, far lines are as early and as late as they should be.
func TestPoissonSeedsDiffer(t *testing.T) {
	const seeds = 400
	for _, k := range []uint64{100, 10_000, 1_000_000, 1_000_000_000, 1_000_000_000_000} {
		var sum, squares float64
		for seed := range uint64(seeds) {
			_, end := newPoisson(t, 1, seed).span(0, k-1)
			off := (end - float64(k)) / math.Sqrt(float64(k))
			sum += off
			squares += off * off
		}
		if z := sum / math.Sqrt(seeds); math.Abs(z) > 4 {
			t.Errorf("line %d: the mean is off by %v sigma", k, z)
		}
		if z := (squares - seeds) / math.Sqrt(2*seeds); math.Abs(z) > 4 {
			t.Errorf("line %d: the variance is off by %v sigma", k, z)
		}
	}
}

func TestPoissonIsItsSeeds(t *testing.T) {
	a, again, b := newPoisson(t, 1000, 1), newPoisson(t, 1000, 1), newPoisson(t, 1000, 2)
	same := 0
	for k := range uint64(10_000) {
		x, _ := a.At(k)
		y, _ := again.At(k)
		z, _ := b.At(k)
		if x != y {
			t.Fatalf("line %d is due at %v, and at %v with the same seed", k, x, y)
		}
		if x == z {
			same++
		}
	}
	if same > 10 {
		t.Errorf("%d of 10000 lines are due at the same time with another seed", same)
	}
}

func TestGamma(t *testing.T) {
	r := NewRand(1, 1)
	for _, shape := range []float64{1, 64, 4096, 1 << 24, 1 << 60, 1 << 66} {
		const n = 20_000
		var sum, squares float64
		for range n {
			off := (gamma(&r, shape) - shape) / math.Sqrt(shape)
			sum += off
			squares += off * off
		}
		if z := sum / math.Sqrt(n); math.Abs(z) > 4 {
			t.Errorf("shape %v: the mean is off by %v sigma", shape, z)
		}
		// The kurtosis is 3 + 6/shape.
		if z := (squares - n) / math.Sqrt((2+6/shape)*n); math.Abs(z) > 4 {
			t.Errorf("shape %v: the variance is off by %v sigma", shape, z)
		}
	}
}

// TestKnownGoesWithoutAWriter: what another is writing is neither read nor written.
func TestKnownGoesWithoutAWriter(t *testing.T) {
	var n known
	if _, _, ok := n.load(0, 0); ok {
		t.Error("an empty place holds node 0")
	}
	var bounds [fan + 1]float64
	for i := range bounds {
		bounds[i] = float64(i)
	}
	n.store(7, &bounds)
	if start, end, ok := n.load(7, 3); start != 3 || end != 4 || !ok {
		t.Errorf("child 3 spans %v to %v, %v; want 3 to 4", start, end, ok)
	}
	if _, _, ok := n.load(8, 3); ok {
		t.Error("node 7 was taken for node 8")
	}
	n.version.Add(1)
	if _, _, ok := n.load(7, 3); ok {
		t.Error("a node was read while it was written")
	}
	n.store(8, &bounds)
	if n.node.Load() != 7 {
		t.Error("two wrote at once")
	}
}

// TestKnownIsWhole: whatever others write, what is read belongs together and to the right node.
func TestKnownIsWhole(t *testing.T) {
	var n known
	var writers sync.WaitGroup
	for node := range uint64(2) {
		writers.Go(func() {
			var bounds [fan + 1]float64
			for i := range bounds {
				bounds[i] = float64(1000*node) + float64(i)
			}
			for range 50_000 {
				n.store(node, &bounds)
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	for i := uint64(0); ; i++ {
		select {
		case <-done:
			return
		default:
		}
		node, child := i%2, i/2%fan
		if start, end, ok := n.load(node, child); ok && (start != float64(1000*node+child) || end != start+1) {
			t.Fatalf("child %d of node %d spans %v to %v", child, node, start, end)
		}
	}
}
