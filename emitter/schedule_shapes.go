package emitter

import (
	"errors"
	"math"
	"time"
)

// Burst is the Profile that is at its peak for a share of each period, first, and at its base for
// the rest of it. Rates are in lines a second.
func Burst(base, peak float64, period time.Duration, share float64) (*Cycle, error) {
	high := time.Duration(math.Round(share * float64(period)))
	if !(share > 0 && share < 1 && high > 0 && high < period) {
		return nil, errors.New("a share of a period lies between 0 and 1")
	}
	return NewCycle(Stage{high, peak, peak}, Stage{period - high, base, base})
}

// sineParts is how many straight lines a period of Sine has. A rate between two of them is off by
// 0.00004 of the difference between base and peak at most, and the mean of a period is exact.
const sineParts = 256

// Sine is the Profile that goes from base to peak and back in each period, along a sine whose low
// point is the start. Rates are in lines a second.
func Sine(base, peak float64, period time.Duration) (*Cycle, error) {
	if period < ShortestPeriod {
		return nil, errors.New("a period takes a millisecond at least")
	}
	knot := func(i int) (time.Duration, float64) {
		// In this order the product stays within the clock.
		at := period/sineParts*time.Duration(i) + period%sineParts*time.Duration(i)/sineParts
		sine := math.Sin(math.Pi * float64(at) / float64(period))
		return at, base + (peak-base)*sine*sine
	}
	stages := make([]Stage, sineParts)
	at, rate := knot(0)
	for i := range stages {
		end, to := knot(i + 1)
		stages[i] = Stage{end - at, rate, to}
		at, rate = end, to
	}
	return NewCycle(stages...)
}

// Steps is the Profile that goes from base to peak, both included, in so many equal steps, each
// held for the given time and the last for ever. Rates are in lines a second.
func Steps(base, peak float64, steps int, hold time.Duration) (*Stages, error) {
	if steps < 2 || hold <= 0 || hold > LongestTime/time.Duration(steps) {
		return nil, errors.New("there are two steps or more, which take at most a century")
	}
	stages := make([]Stage, steps)
	for i := range stages {
		rate := base + (peak-base)*(float64(i)/float64(steps-1))
		stages[i] = Stage{hold, rate, rate}
	}
	return endless(stages...)
}

// RampUp is the Profile that rises from 0 to a rate, in lines a second, in a straight line for so
// long, and holds it for ever: it is Rate if that takes no time.
func RampUp(rate float64, d time.Duration) (Profile, error) {
	switch {
	case !(rate > 0 && rate <= float64(MaxRate)):
		return nil, errors.New("a rate lies above 0, and not above MaxRate")
	case d < 0 || d > LongestTime:
		return nil, errors.New("a ramp takes no negative time, and at most a century")
	case d == 0:
		return Rate(rate), nil
	}
	return endless(Stage{d, 0, rate}, Stage{0, rate, rate})
}

// endless is stages of which the last, whatever its length, goes on for as long as the clock does.
func endless(stages ...Stage) (*Stages, error) {
	rest := time.Duration(math.MaxInt64)
	last := len(stages) - 1
	for _, s := range stages[:last] {
		rest -= s.Length
	}
	stages[last].Length = rest
	c, err := newChain(stages, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	return &Stages{c}, nil
}
