package emitter

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
)

// must passes on a profile that can be made.
func must[P Profile](p P, err error) Profile {
	if err != nil {
		panic(err)
	}
	return p
}

func someProfiles() map[string]Profile {
	return map[string]Profile{
		"rate":    Rate(64_000),
		"stages":  must(NewStages(Stage{30 * time.Second, 1000, 1000}, Stage{5 * time.Minute, 1000, 100_000}, Stage{Length: time.Minute}, Stage{time.Hour, 1e6, 10})),
		"cycle":   must(NewCycle(Stage{1_234_567, 0, 1e6}, Stage{7_654_321, 1e5, 3}, Stage{Length: 12_345})),
		"rare":    must(NewCycle(Stage{time.Second, 0.3, 0.3}, Stage{Length: time.Second})),
		"burst":   must(Burst(1000, 50_000, time.Minute, 0.1)),
		"sine":    must(Sine(0, 10_000, time.Minute)),
		"day":     must(Sine(100, 1e6, 24*time.Hour)),
		"steps":   must(Steps(1000, 10_000, 10, 30*time.Second)),
		"ramp up": must(RampUp(70_000, 3*time.Second)),
		"poisson": must(NewPoisson(5000, 1)),
		"dense":   must(NewPoisson(1e9, 2)),
		"seldom":  must(NewPoisson(1e-6, 3)),
	}
}

func TestProfilesAreMonotone(t *testing.T) {
	chance := rand.New(rand.NewPCG(9, 10))
	for name, p := range someProfiles() {
		for _, near := range []uint64{0, 4000, 262_000, 17_000_000, 1_000_000_000} {
			first := near + chance.Uint64N(1000)
			var last time.Duration
			for k := first; k < first+20_000; k++ {
				due, ok := p.At(k)
				if !ok {
					if again, ok := p.At(k + 1); ok {
						t.Fatalf("%s: there is no line %d, but line %d at %v", name, k, k+1, again)
					}
					break
				}
				if due < last {
					t.Fatalf("%s: line %d is due at %d ns, the one before it at %d ns", name, k, due, last)
				}
				if end, ok := p.Length(); ok && due >= end {
					t.Fatalf("%s: line %d is due at %v, the profile ends at %v", name, k, due, end)
				}
				last = due
			}
		}
	}
}

func TestDueByInvertsProfiles(t *testing.T) {
	chance := rand.New(rand.NewPCG(11, 12))
	for name, p := range someProfiles() {
		for range 3000 {
			k := uint64(math.Exp(chance.Float64() * 22))
			due, ok := p.At(k)
			if !ok {
				continue
			}
			if n := DueBy(p, due, math.MaxInt64); n <= k {
				t.Fatalf("%s: line %d is due at %d ns, but only %d lines are by then", name, k, due, n)
			}
			if n := DueBy(p, due-1, math.MaxInt64); n > k {
				t.Fatalf("%s: line %d is due at %d ns, but %d lines are before", name, k, due, n)
			}
			if n := DueBy(p, due, k/2); n != k/2 {
				t.Fatalf("%s: %d lines are due, the limit is %d", name, n, k/2)
			}
		}
	}
}

// TestDueByNeedsNoEstimate: a wrong or missing one costs time and nothing else.
func TestDueByNeedsNoEstimate(t *testing.T) {
	for _, estimate := range []uint64{0, 1, 999, 1000, 1001, 5000, 1 << 40, math.MaxUint64} {
		for _, limit := range []uint64{0, 1, 1000, 1001, 1002, math.MaxInt64} {
			if got, want := DueBy(misled{Rate(1000), estimate}, time.Second, limit), min(limit, 1001); got != want {
				t.Errorf("estimate %d, limit %d: %d lines are due, want %d", estimate, limit, got, want)
			}
		}
	}
}

type misled struct {
	Rate
	estimate uint64
}

func (m misled) about(time.Duration) uint64 { return m.estimate }

// TestProfilesArePure: who asks, and in which order, makes no difference.
func TestProfilesArePure(t *testing.T) {
	const lines, workers = 2000, 8
	alone := someProfiles()
	for name, p := range someProfiles() {
		want := make([]time.Duration, lines)
		for k := range want {
			want[k], _ = alone[name].At(uint64(k * 1009))
		}
		var all sync.WaitGroup
		for w := range workers {
			all.Go(func() {
				chance := rand.New(rand.NewPCG(13, uint64(w)))
				for i := range lines {
					k := i
					if w%2 == 0 {
						k = chance.IntN(lines)
					}
					if got, _ := p.At(uint64(k * 1009)); got != want[k] {
						t.Errorf("%s: line %d is due at %d ns, to a worker alone at %d ns", name, k*1009, got, want[k])
						return
					}
				}
			})
		}
		all.Wait()
	}
}

// TestCyclesDoNotDrift: a period later everything is as it was.
func TestCyclesDoNotDrift(t *testing.T) {
	for _, test := range []struct {
		name  string
		cycle Profile
		lines uint64 // in
		time  time.Duration
	}{
		{"burst", must(Burst(1000, 50_000, time.Minute, 0.1)), 54*1000 + 6*50_000, time.Minute},
		{"sine", must(Sine(1000, 9000, time.Minute)), 300_000, time.Minute},
		{"fractions", must(NewCycle(Stage{time.Second, 0.25, 0.25}, Stage{Length: time.Second})), 1, 8 * time.Second},
		{"from 0", must(NewCycle(Stage{time.Second, 0, 0.75})), 3, 8 * time.Second},
	} {
		for k := uint64(0); k < test.lines; k += 1 + test.lines/97 {
			first, _ := test.cycle.At(k)
			for _, n := range []uint64{1, 2, 3, 1000, 1_000_000_007 / test.lines} {
				later, ok := test.cycle.At(k + n*test.lines)
				if off := later - time.Duration(n)*test.time - first; !ok || off < -1 || off > 1 {
					t.Fatalf("%s: line %d is due at %v, but %d periods later off by %v", test.name, k, first, n, off)
				}
			}
		}
		if got, want := test.cycle.Mean(0), float64(test.lines)/test.time.Seconds(); math.Abs(got-want) > 1e-9*want {
			t.Errorf("%s: mean %v/s, want %v", test.name, got, want)
		}
	}
}

// TestCyclesAreExactFarOut compares lines around the turn of a late period with the formula.
func TestCyclesAreExactFarOut(t *testing.T) {
	chance := rand.New(rand.NewPCG(15, 16))
	const period = time.Millisecond
	for range 20_000 {
		top := 1e9 * (0.5 + chance.Float64()/2)
		slope := top / period.Seconds()
		c := must(NewCycle(Stage{period, 0, top}))
		each := new(big.Rat).SetFloat64(top)
		each.Mul(each, big.NewRat(1, 2000))
		n := chance.Int64N(3e9)
		first, _ := new(big.Float).SetRat(each).Float64()
		k := uint64(math.Ceil(first * float64(n))) // within some lines
		for ; k > 0; k-- {
			if new(big.Rat).Mul(each, big.NewRat(n, 1)).Cmp(new(big.Rat).SetUint64(k)) > 0 {
				break // the last line of a period
			}
		}
		for range 4 {
			rest := new(big.Rat).SetUint64(k)
			turns := new(big.Rat).Quo(rest, each)
			whole := new(big.Int).Quo(turns.Num(), turns.Denom())
			rest.Sub(rest, new(big.Rat).Mul(each, new(big.Rat).SetInt(whole)))
			made, _ := rest.Float64()
			want := time.Duration(whole.Int64())*period + time.Duration(math.Round(math.Sqrt(2*made/slope)*1e9))
			if got, ok := c.At(k); !ok || got-want > 1 || want-got > 1 {
				t.Fatalf("up to %v/s: line %d is due at %d ns, want %d", top, k, got, want)
			}
			k++
		}
	}
}

func TestCycleEndsWithTheClock(t *testing.T) {
	for _, c := range []Profile{must(NewCycle(Stage{LongestTime, 1, 1})), must(Burst(0, 1e-5, 24*time.Hour, 0.5)), must(Burst(1e9, 1e9, time.Millisecond, 0.5))} {
		n := DueBy(c, math.MaxInt64, math.MaxInt64)
		if last, ok := c.At(n - 1); !ok || last < 1<<62 {
			t.Errorf("line %d is due at %v, %v; want it to be the clock's last", n-1, last, ok)
		}
		for _, k := range []uint64{n, 2 * n, math.MaxInt64, math.MaxUint64} {
			if due, ok := c.At(k); ok && due < 1<<62 {
				t.Errorf("line %d is due at %v: the clock went round", k, due)
			}
		}
	}
}

func TestBurstIsHighFirst(t *testing.T) {
	p := must(Burst(0, 1000, 10*time.Second, 0.2))
	for k, want := range map[uint64]time.Duration{0: 0, 1999: 1999 * time.Millisecond, 2000: 10 * time.Second, 5000: 21 * time.Second} {
		if got, _ := p.At(k); got != want {
			t.Errorf("line %d is due at %v, want %v", k, got, want)
		}
	}
	if p.Peak(0) != 1000 || p.Mean(0) != 200 || p.Mean(time.Second) != 1000 || p.Mean(15*time.Second) != 4000.0/15 {
		t.Errorf("peak %v/s, mean %v, %v, %v; want 1000, 200, 1000, 266.6", p.Peak(0), p.Mean(0), p.Mean(time.Second), p.Mean(15*time.Second))
	}
	if end, ok := p.Length(); ok {
		t.Errorf("it ends after %v", end)
	}
}

// TestSineIsASine compares the lines by any time with the integral of the curve.
func TestSineIsASine(t *testing.T) {
	for _, period := range []time.Duration{time.Millisecond, time.Minute, 24 * time.Hour} {
		const base, peak = 2e5, 1e6
		p := must(Sine(base, peak, period))
		for i := range 1000 {
			at := 3*period + period/1000*time.Duration(i)
			x := at.Seconds()
			turn := 2 * math.Pi / period.Seconds()
			want := (base+peak)/2*x - (peak-base)/2*math.Sin(turn*x)/turn
			got := float64(DueBy(p, at, math.MaxInt64))
			if off := math.Abs(got - want); off > 1.1+1e-4*(peak-base)*period.Seconds() {
				t.Fatalf("period %v: %v lines by %v, want %v", period, got, at, want)
			}
		}
		if got := p.Peak(0); math.Abs(got-peak) > 1e-9*peak {
			t.Errorf("period %v: peak %v/s, want %v", period, got, peak)
		}
		if got := p.Mean(0); math.Abs(got-(base+peak)/2) > 1e-6*peak {
			t.Errorf("period %v: mean %v/s, want %v", period, got, (base+peak)/2)
		}
	}
}

func TestStepsHoldTheLast(t *testing.T) {
	p := must(Steps(1000, 10_000, 10, 30*time.Second))
	sum := uint64(0)
	for i := range 20 {
		sum += 30 * min(uint64(i+1)*1000, 10_000)
		if got := DueBy(p, time.Duration(i+1)*30*time.Second-1, math.MaxInt64); got != sum {
			t.Errorf("%d lines by the end of step %d, want %d", got, i+1, sum)
		}
	}
	if end, ok := p.Length(); ok {
		t.Errorf("it ends after %v", end)
	}
	if got := p.Mean(60 * time.Second); got != 1500 {
		t.Errorf("mean of two steps %v/s, want 1500", got)
	}
	year := 365 * 24 * time.Hour
	if got, ok := p.At(DueBy(p, year, math.MaxInt64)); !ok || got-year > 100*time.Microsecond {
		t.Errorf("the first line after a year is due at %v, %v", got, ok)
	}
}

func TestRampUpHoldsWhatItReached(t *testing.T) {
	p := must(RampUp(1000, 10*time.Second))
	for at, want := range map[time.Duration]uint64{10 * time.Second: 5000, 5 * time.Second: 1250, 12 * time.Second: 7000, time.Hour: 3_595_000} {
		if got := DueBy(p, at-1, math.MaxInt64); got != want {
			t.Errorf("%d lines before %v, want %d", got, at, want)
		}
	}
	if end, ok := p.Length(); ok || p.Peak(0) != 1000 {
		t.Errorf("it ends after %v, with a peak of %v/s", end, p.Peak(0))
	}
	if p := must(RampUp(7, 0)); p != Rate(7) {
		t.Errorf("without a ramp it is %v, want the rate", p)
	}
}

func TestShapesAreRefused(t *testing.T) {
	for name, err := range map[string]error{
		"share 0":      second(Burst(1, 2, time.Second, 0)),
		"share 1":      second(Burst(1, 2, time.Second, 1)),
		"share NaN":    second(Burst(1, 2, time.Second, math.NaN())),
		"small share":  second(Burst(1, 2, time.Second, 1e-12)),
		"short":        second(Burst(1, 2, time.Microsecond, 0.5)),
		"silent":       second(Burst(0, 0, time.Second, 0.5)),
		"fast":         second(Burst(0, 2e9, time.Second, 0.5)),
		"short sine":   second(Sine(1, 2, time.Microsecond)),
		"no period":    second(Sine(1, 2, 0)),
		"silent sine":  second(Sine(0, 0, time.Second)),
		"one step":     second(Steps(1, 2, 1, time.Second)),
		"no time":      second(Steps(1, 2, 3, 0)),
		"century":      second(Steps(1, 2, 3, LongestTime/2)),
		"silent steps": second(Steps(0, 0, 3, time.Second)),
		"ramp to 0":    second(RampUp(0, time.Second)),
		"ramp to NaN":  second(RampUp(math.NaN(), 0)),
		"ramp back":    second(RampUp(1, -1)),
		"long ramp":    second(RampUp(1, LongestTime+1)),
		"rate 0":       second(NewPoisson(0, 1)),
		"rate NaN":     second(NewPoisson(math.NaN(), 1)),
		"fast poisson": second(NewPoisson(2e9, 1)),
	} {
		if err == nil {
			t.Errorf("%s: want an error", name)
		}
		if silent := strings.HasPrefix(name, "silent"); errors.Is(err, ErrNoLine) != silent {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second[P any](_ P, err error) error { return err }

func TestProfilesDoNotAllocate(t *testing.T) {
	for name, p := range someProfiles() {
		var k uint64
		if n := testing.AllocsPerRun(1000, func() { p.At(k); k++ }); n != 0 {
			t.Errorf("%s: At allocates %v times", name, n)
		}
		if n := testing.AllocsPerRun(1000, func() { DueBy(p, time.Duration(k), math.MaxInt64); k += 1_000_003 }); n != 0 {
			t.Errorf("%s: DueBy allocates %v times", name, n)
		}
	}
}

func BenchmarkAt(b *testing.B) {
	profiles := someProfiles()
	profiles["hold"] = must(NewStages(Stage{time.Second, 1e5, 1e5}, Stage{time.Hour, 1e6, 1e6}))
	profiles["up"] = must(NewStages(Stage{time.Hour, 1e5, 1e6}))
	profiles["down"] = must(NewStages(Stage{time.Hour, 1e6, 1e5}))
	for name, p := range profiles {
		b.Run(name, func(b *testing.B) {
			var k uint64
			for b.Loop() {
				if _, ok := p.At(k); !ok {
					k = 0
				}
				k++
			}
		})
	}
}

func BenchmarkDueBy(b *testing.B) {
	for name, p := range someProfiles() {
		b.Run(name, func(b *testing.B) {
			var at time.Duration
			for b.Loop() {
				DueBy(p, at, math.MaxInt64)
				at = (at + 1_000_000) % time.Minute
			}
		})
	}
}
