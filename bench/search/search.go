// Package search finds the highest rate that a destination takes: the knee above which it is late,
// refuses, or loses. It goes by steps, each an ordinary run at a constant rate, and by what those
// runs' reports say.
package search

import (
	"context"
	"errors"
	"math"
	"strconv"
)

// A Step runs at so many lines a second and says how that went. An error is for what makes any
// further step pointless; a destination that does not keep up is an Outcome.
//
// If ctx ends, Step returns soon, and what it returns does not count.
type Step func(ctx context.Context, rate float64) (Outcome, error)

// Config is a search.
type Config struct {
	From      float64 // lines a second, above 0: the first step
	To        float64 // never above it
	Precision float64 // above 0: the answer is within that share of a rate that broke
	Duration  float64 // seconds of a step

	Step   Step
	Settle func(ctx context.Context) // between two steps: the destination comes to rest; nil: no need
	Each   func(Row) error           // after each step; an error ends the search; nil: nobody looks
}

// Run searches until the answer is known, ctx ends or a step cannot be done. Its Result is what is
// known by then, also beside an error.
//
// The rate doubles until it is too much; then what lies between the best rate and the lowest that
// broke is halved, in proportion. A rate breaks if it fails twice in a row, as once may be noise.
// Noise may last for longer than that: so before the answer is given, the rate that broke just above
// it is asked for once more, and if it passes, the search goes on from there. A destination that
// confirms nothing at all may be gone: so the best rate has to pass again before that is an answer.
func Run(ctx context.Context, c Config) (*Result, error) {
	s := &searcher{Config: c, result: newResult(c)}
	err := s.run(ctx)
	switch {
	case errors.Is(err, errGone):
		s.result.Ended, err = Gone, nil
	case errors.Is(err, errEnded):
		s.result.Ended, err = Interrupted, nil
	case err != nil:
		s.result.Ended = Interrupted
	}
	s.result.conclude(s.best, s.broke())
	if s.gone != nil {
		s.result.gone(s.gone)
	}
	return s.result, err
}

// What ends a search, and is no error of it: its context, and a destination that is not there any more.
var (
	errEnded = errors.New("the search was ended")
	errGone  = errors.New("the destination is gone")
)

type searcher struct {
	Config
	result *Result
	best   *Row
	broken []*Row // above best, the lowest last
	alive  bool   // the destination was, after it had confirmed nothing of a rate
	gone   *Row   // at the best rate: it confirmed nothing any more
}

// broke is the lowest rate that broke; nil: none did.
func (s *searcher) broke() *Row {
	if len(s.broken) == 0 {
		return nil
	}
	return s.broken[len(s.broken)-1]
}

func (s *searcher) run(ctx context.Context) error {
	for {
		rate := s.next()
		if rate == 0 {
			return nil
		}
		if broke := s.broke(); broke != nil && rate == broke.Rate {
			wrong, err := s.doubt(ctx, broke)
			if err != nil || !wrong {
				return err
			}
			continue
		}
		if err := s.try(ctx, rate); err != nil {
			return err
		}
	}
}

// next is the rate to ask for; the one that broke: the answer lies just below; 0: there is none.
func (s *searcher) next() float64 {
	broke := s.broke()
	switch {
	case s.best == nil && broke == nil:
		return s.From
	case s.best == nil, broke == nil && s.best.Rate >= s.To:
		return 0
	case broke == nil:
		return min(2*s.best.Rate, s.To)
	}
	middle := round(math.Sqrt(s.best.Rate * broke.Rate))
	if broke.Rate <= s.best.Rate*(1+s.Precision) || middle <= s.best.Rate || middle >= broke.Rate {
		return broke.Rate
	}
	return middle
}

// try has a rate pass, or fail twice.
func (s *searcher) try(ctx context.Context, rate float64) error {
	row, err := s.step(ctx, rate, false)
	if err == nil && !row.Passed {
		row, err = s.step(ctx, rate, true)
	}
	switch {
	case err != nil:
		return err
	case row.Passed:
		s.best = &row
	case row.silent() && s.best != nil && !s.alive:
		if err := s.ask(ctx); err != nil {
			return err
		}
		fallthrough
	default:
		s.broken = append(s.broken, &row)
	}
	return nil
}

// ask has the best rate pass once more, or at least be answered.
func (s *searcher) ask(ctx context.Context) error {
	row, err := s.step(ctx, s.best.Rate, true)
	if err == nil && row.silent() {
		s.gone = &row
		return errGone
	}
	s.alive = true
	return err
}

// doubt asks once more for the rate that broke.
func (s *searcher) doubt(ctx context.Context, broke *Row) (wrong bool, err error) {
	row, err := s.step(ctx, broke.Rate, true)
	if err == nil && row.silent() && s.best != nil {
		err = s.ask(ctx)
	}
	if err != nil || !row.Passed {
		return false, err
	}
	s.best, s.broken = &row, s.broken[:len(s.broken)-1]
	return true, nil
}

func (s *searcher) step(ctx context.Context, rate float64, repeat bool) (Row, error) {
	if len(s.result.Steps) > 0 && s.Settle != nil {
		s.Settle(ctx)
	}
	if ctx.Err() != nil {
		return Row{}, errEnded
	}
	outcome, err := s.Step(ctx, rate)
	switch {
	case err != nil:
		return Row{}, err
	case ctx.Err() != nil:
		return Row{}, errEnded
	}
	row := Row{Rate: rate, Repeat: repeat, Passed: outcome.passed(), Outcome: outcome}
	s.result.Steps = append(s.result.Steps, row)
	if s.Each != nil {
		err = s.Each(row)
	}
	return row, err
}

// round keeps five digits: a rate that somebody can ask for again.
func round(rate float64) float64 {
	rate, _ = strconv.ParseFloat(strconv.FormatFloat(rate, 'g', 5, 64), 64)
	return rate
}
