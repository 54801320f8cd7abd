package emitter

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"
)

// integral is the plain model of Stages: the lines up to time t, exactly.
func integral(stages []Stage, t time.Duration) *big.Rat {
	number := func(x float64) *big.Rat { return new(big.Rat).SetFloat64(x) }
	sum := new(big.Rat)
	for _, s := range stages {
		in := max(0, min(t, s.Length))
		x := big.NewRat(int64(in), 2)
		x.Quo(x, big.NewRat(int64(s.Length), 1)).Mul(x, new(big.Rat).Sub(number(s.To), number(s.From)))
		x.Add(x, number(s.From)).Mul(x, big.NewRat(int64(in), 1e9))
		sum.Add(sum, x)
		t -= in
	}
	return sum
}

// stagesOf makes stages of any bytes, five each: of a nanosecond to weeks, of no lines to 1e9/s.
func stagesOf(data []byte) []Stage {
	rate := func(b byte) float64 {
		switch {
		case b < 40:
			return 0
		case b < 80:
			return math.Pow(10, float64(b%10))
		}
		return math.Pow(10, float64(b)*12/255-3)
	}
	var stages []Stage
	for ; len(data) >= 5; data = data[5:] {
		length := time.Duration(math.Pow(10, float64(data[0])/255*15)) + time.Duration(data[1])
		if data[0]%2 == 0 {
			length = length.Round(time.Second) + time.Second
		}
		s := Stage{length, rate(data[2]), rate(data[3])}
		if data[4]%2 == 0 {
			s.To = s.From
		}
		stages = append(stages, s)
	}
	return stages
}

// checkLine compares one line of stages with the model.
func checkLine(t *testing.T, stages []Stage, s *Stages, k uint64) {
	t.Helper()
	ahead := func(at time.Duration) float64 {
		x := integral(stages, at)
		off, _ := x.Sub(x, new(big.Rat).SetInt(new(big.Int).SetUint64(k))).Float64()
		return off
	}
	// Half a nanosecond is rounded away, and how exact a rate is in the first place.
	tolerance := s.peak*0.5e-9 + float64(k)*0x1p-50 + 1e-9
	due, ok := s.At(k)
	switch {
	case !ok:
		if more := ahead(s.length); more > tolerance {
			t.Fatalf("%v: there is no line %d, but the integral goes beyond it by %v", stages, k, more)
		}
		return
	case due < 0 || due >= s.length:
		t.Fatalf("%v: line %d is due at %v, outside", stages, k, due)
	case ahead(due-1) > tolerance || ahead(due+1) < -tolerance:
		t.Fatalf("%v: line %d is due at %d ns, when the integral is ahead of it by %v to %v", stages, k, due, ahead(due-1), ahead(due+1))
	case DueBy(s, due, math.MaxInt64) <= k || DueBy(s, due-1, math.MaxInt64) > k:
		t.Fatalf("%v: line %d is due at %d ns, but %d lines before and %d by then", stages, k, due, DueBy(s, due-1, math.MaxInt64), DueBy(s, due, math.MaxInt64))
	}
	end := time.Duration(0)
	for _, stage := range stages {
		if end += stage.Length; due < end {
			if stage.From == 0 && stage.To == 0 {
				t.Fatalf("%v: line %d is due at %v, in a pause", stages, k, due)
			}
			return
		}
	}
}

// checkStages looks at lines everywhere, most where something changes.
func checkStages(t *testing.T, stages []Stage, chance *rand.Rand) {
	t.Helper()
	s, err := NewStages(stages...)
	if exact, _ := integral(stages, LongestTime).Float64(); err != nil {
		if exact > 0x1p-60 {
			t.Fatalf("%v: %v", stages, err)
		}
		return
	}
	var places []uint64
	for end, i := time.Duration(0), 0; i < len(stages); i++ {
		end += stages[i].Length
		n, _ := integral(stages, end).Float64()
		places = append(places, uint64(max(0, n-3)), uint64(chance.Float64()*n))
	}
	for _, first := range append(places, 0) {
		last := time.Duration(-1)
		for k := first; k < first+6; k++ {
			checkLine(t, stages, s, k)
			due, ok := s.At(k)
			if !ok {
				if _, again := s.At(k + 1); again {
					t.Fatalf("%v: there is no line %d, but one after it", stages, k)
				}
				break
			}
			if due < last {
				t.Fatalf("%v: line %d is due at %d ns, the one before it at %d ns", stages, k, due, last)
			}
			last = due
		}
	}
	exact, _ := integral(stages, LongestTime).Float64()
	if n := float64(DueBy(s, s.length, math.MaxInt64)); math.Abs(n-exact) > 1+exact*0x1p-50 {
		t.Fatalf("%v: %v lines in all, the integral is %v", stages, n, exact)
	}
	if mean := s.Mean(0) * s.length.Seconds(); math.Abs(mean-exact) > exact*1e-9 {
		t.Fatalf("%v: the mean rate makes %v lines, the integral is %v", stages, mean, exact)
	}
}

func TestStagesAreTheIntegral(t *testing.T) {
	chance := rand.New(rand.NewPCG(7, 8))
	for range 60 {
		data := make([]byte, 5*(1+chance.IntN(9)))
		for i := range data {
			data[i] = byte(chance.Uint32())
		}
		checkStages(t, stagesOf(data), chance)
	}
}

func FuzzStages(f *testing.F) {
	f.Add([]byte{200, 0, 100, 200, 0, 180, 3, 0, 0, 0, 150, 0, 250, 0, 1}, uint64(1))
	f.Add([]byte{0, 0, 255, 255, 0, 255, 255, 255, 0, 1}, uint64(2))
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		checkStages(t, stagesOf(data[:min(len(data), 50)]), rand.New(rand.NewPCG(seed, 0)))
	})
}

func mustStages(t testing.TB, stages ...Stage) *Stages {
	t.Helper()
	s, err := NewStages(stages...)
	if err != nil {
		t.Fatalf("NewStages(%v): %v", stages, err)
	}
	return s
}

func TestStagesCountExactly(t *testing.T) {
	const s, m, week = time.Second, time.Minute, 7 * 24 * time.Hour
	fractions := make([]Stage, 1000)
	for i := range fractions {
		fractions[i] = Stage{700 * time.Millisecond, 1.3, 1.3}
	}
	for _, test := range []struct {
		stages []Stage
		want   uint64
	}{
		{[]Stage{{10 * s, 0, 1000}}, 5000},
		{[]Stage{{10 * s, 1000, 0}}, 5000},
		{[]Stage{{30 * s, 1000, 1000}, {5 * m, 1000, 100_000}, {m, 0, 0}}, 30_000 + 15_150_000},
		{[]Stage{{3 * m, 100.0 / 60, 100.0 / 60}}, 300},
		{[]Stage{{3 * m, 100.0 / 60, 0}}, 150},
		{[]Stage{{s, 1e9, 1e9}, {1, 1e9, 1e9}}, 1e9 + 1},
		{[]Stage{{s, 0.5, 0.5}}, 1},
		{[]Stage{{s, 0.5, 0.5}, {m, 0, 0}, {s, 0.5, 0.5}}, 1},
		{[]Stage{{s, 1000, 1000.00001}}, 1001},   // line 1000 is due 5 ns before the end
		{[]Stage{{s, 1000, 1000.0000001}}, 1000}, // 0.05 ns before it
		{fractions, 910},
		{[]Stage{{week, 1e9, 1e9}, {week, 1e9, 0}, {s, 7, 7}}, uint64(3*week.Nanoseconds()/2 + 7)},
	} {
		p := mustStages(t, test.stages...)
		end, ok := p.Length()
		if got := DueBy(p, end, math.MaxInt64); !ok || got != test.want {
			t.Errorf("%v: %d lines, want %d", test.stages[:min(3, len(test.stages))], got, test.want)
		}
	}
}

func TestOneStageIsARate(t *testing.T) {
	for _, r := range someRates {
		s := mustStages(t, Stage{longestRamp, float64(r), float64(r)})
		for k := uint64(0); ; k += 1 + k/7 {
			want, _ := r.At(k)
			got, ok := s.At(k)
			if want >= longestRamp {
				if ok {
					t.Errorf("rate %v: line %d is due at %v, want none", float64(r), k, got)
				}
				break
			}
			if got != want || !ok {
				t.Fatalf("rate %v: line %d is due at %v as a stage, else at %v", float64(r), k, got, want)
			}
		}
	}
}

func TestPausesHaveNoLine(t *testing.T) {
	p := mustStages(t, Stage{Length: time.Minute}, Stage{time.Second, 10, 10}, Stage{Length: time.Hour}, Stage{time.Second, 1, 1}, Stage{Length: time.Minute})
	for k, want := range []time.Duration{0: time.Minute, 9: time.Minute + 900*time.Millisecond, 10: time.Minute + time.Second + time.Hour} {
		if want == 0 {
			continue
		}
		if got, ok := p.At(uint64(k)); got != want || !ok {
			t.Errorf("line %d is due at %v, %v; want %v", k, got, ok, want)
		}
	}
	if got, ok := p.At(11); ok {
		t.Errorf("line 11 is due at %v, want none", got)
	}
	if got, _ := p.Length(); got != time.Hour+2*time.Minute+2*time.Second {
		t.Errorf("it is %v long: its last pause belongs to it", got)
	}
	if got := p.Peak(0); got != 10 {
		t.Errorf("peak %v/s, want 10", got)
	}
	if got := p.Mean(2 * time.Minute); got != 10.0/120 {
		t.Errorf("mean over 2 min %v/s, want %v", got, 10.0/120)
	}
}

// TestSteepEndsAreExact: a line before the end of a ramp down to 0 is where it is before the start of
// one up, mirrored, however many lines there are.
func TestSteepEndsAreExact(t *testing.T) {
	for _, length := range []time.Duration{time.Second, time.Hour, longestRamp} {
		for _, top := range []float64{10, 1e5, 1e9} {
			up, down := mustStages(t, Stage{length, 0, top}), mustStages(t, Stage{length, top, 0})
			total := DueBy(up, length, math.MaxInt64)
			for k := uint64(1); k < total; k += 1 + k/3 {
				a, _ := up.At(k)
				b, _ := down.At(total - k)
				if off := a + b - length; off < -1 || off > 1 {
					t.Fatalf("%v at up to %v/s: line %d is due %v after the start upwards, %v before the end downwards", length, top, k, a, length-b)
				}
			}
		}
	}
}

func TestStagesAreRefused(t *testing.T) {
	for name, stages := range map[string][]Stage{
		"none":     nil,
		"pauses":   {{Length: time.Second}, {Length: time.Hour}},
		"no time":  {{0, 1, 1}},
		"backward": {{-1, 1, 1}},
		"long":     {{LongestTime, 1, 1}, {1, 1, 1}},
		"negative": {{1, -1, 1}},
		"fast":     {{1, 1, 2e9}},
		"NaN":      {{1, math.NaN(), 1}},
		"infinite": {{1, 1, math.Inf(1)}},
	} {
		s, err := NewStages(stages...)
		if silent := name == "none" || name == "pauses"; err == nil || errors.Is(err, ErrNoLine) != silent {
			t.Errorf("%s: %+v, %v, want an error", name, s, err)
		}
	}
}
