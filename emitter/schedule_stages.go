package emitter

import (
	"errors"
	"math"
	"math/big"
	"time"
)

// A Stage is a time in which the rate, in lines a second, goes from one to the other in a straight
// line; it holds if they are the same, and 0 to 0 is a pause.
type Stage struct {
	Length   time.Duration
	From, To float64
}

// Stages is the Profile of stages in turn. Its lines are due where the integral of the rate passes
// whole numbers, the first where it leaves 0; what is left of a line at the end of a stage carries
// over to the next. A line that falls on the end of a stage is the next one's.
type Stages struct{ chain }

// NewStages chains stages. After the last of them there is no line.
func NewStages(stages ...Stage) (*Stages, error) {
	c, err := newChain(stages, LongestTime)
	if err != nil {
		return nil, err
	}
	return &Stages{c}, nil
}

// At is exact to the nanosecond for as long as the rates are.
func (s *Stages) At(k uint64) (time.Duration, bool) { return s.at(amount{whole: k}) }

func (s *Stages) Length() (time.Duration, bool) { return s.length, s.length < math.MaxInt64 }

func (s *Stages) Mean(d time.Duration) float64 {
	if d <= 0 || d > s.length {
		d = s.length
	}
	return s.lines(d) / d.Seconds()
}

func (s *Stages) about(t time.Duration) uint64 { return uint64(s.lines(t)) + 1 }

func (s Stage) check(longest time.Duration) error {
	switch {
	case s.Length <= 0:
		return errors.New("a stage takes time")
	case s.Length > longest:
		return errors.New("stages take at most a century in all")
	case !(s.From >= 0 && s.From <= float64(MaxRate) && s.To >= 0 && s.To <= float64(MaxRate)):
		return errors.New("a rate is not negative, and not above MaxRate")
	}
	return nil
}

// rate is that at time t of the stage.
func (s Stage) rate(t time.Duration) float64 {
	if t == s.Length {
		return s.To
	}
	return s.From + (s.To-s.From)*(float64(t)/float64(s.Length))
}

// lines is the integral of the rate up to time t of the stage.
func (s Stage) lines(t time.Duration) *big.Float {
	number := func(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }
	span := func(d time.Duration) *big.Float { return new(big.Float).SetPrec(precision).SetInt64(int64(d)) }
	// (from + (to - from) * t / 2T) * t
	mean := number(s.To)
	mean.Sub(mean, number(s.From)).Mul(mean, span(t)).Quo(mean, span(s.Length)).Quo(mean, number(2))
	mean.Add(mean, number(s.From))
	return mean.Mul(mean, span(t)).Quo(mean, number(1e9))
}
