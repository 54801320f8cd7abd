package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/exitfound/lologen/bench/compare"
	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/bench/search"
	"github.com/exitfound/lologen/emitter"
)

// searchStandIn is where lines go if the user has not said where; stdout is for the answer.
func (o *options) searchStandIn() (*compare.StandIn, error) {
	switch {
	case o.sink == "console":
		return compare.Pipe()
	case o.sink == "file" && o.path == "":
		return compare.File()
	}
	return compare.Given(o.whereTo(o.sink)), nil
}

// steps makes the runs of a search.
type steps struct {
	*options
	search *searchOptions
	stand  *compare.StandIn
	done   uint64
	small  int // most bytes of a batch, as larger ones are refused for their size; 0: as asked for
}

// config is the search that was asked for. What is wrong with its runs is found now.
func (s *steps) config(v *values, io stdio) (search.Config, error) {
	one := s.on(s.sink)
	if one.sink == "file" && one.path == "" {
		one.path = os.DevNull
	}
	l, err := one.ready(io)
	if err != nil {
		return search.Config{}, err
	}
	c := search.Config{
		From: s.search.from.inLines(l.mean), To: s.search.to.inLines(l.mean),
		Precision: s.search.precision, Duration: s.search.step.Seconds(),
		Step: s.step, Settle: s.settle,
	}
	if !v.given("from") {
		c.From = min(c.From, c.To)
	}
	if c.From > c.To {
		return c, usagef("%s %s: accepted is at most --to (%s)", v.of("from").spelt, s.search.from.asked, s.search.to.asked)
	}
	if w := s.search.rows(io); w != nil {
		c.Each = func(row search.Row) error { return row.Text(w) }
	}
	return c, nil
}

// inLines is the rate in lines a second, where a line has so many bytes in the mean.
func (r rate) inLines(mean float64) float64 {
	if r.bytes > 0 {
		return min(r.bytes/mean, float64(emitter.MaxRate))
	}
	return r.lines
}

// settle lets the destination come to rest.
func (s *steps) settle(ctx context.Context) {
	timer := time.NewTimer(s.search.settle)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// step is an ordinary run, of content of its own. An error is a run that did not take place, or a
// ledger that does not balance.
func (s *steps) step(ctx context.Context, lines float64) (search.Outcome, error) {
	var notes []string
	for {
		one, l, err := s.next(lines)
		if err != nil {
			return search.Outcome{}, err
		}
		var confirmed []search.Moment
		l.plan.Every = 200 * time.Millisecond
		l.plan.OnSnapshot = func(s emitter.Snapshot) {
			confirmed = append(confirmed, search.Moment{At: s.At.Seconds(), Bytes: float64(s.Bytes.Acked)})
		}
		a, err := l.run(ctx, nil)
		if err != nil || a == nil {
			return search.Outcome{}, fmt.Errorf("search: step at %s lines/s: %w", report.Decimal(lines), err)
		}
		size, oversized := search.Oversized(a.report)
		again := false
		if oversized && ctx.Err() == nil {
			var note string
			note, again = s.shrink(size)
			notes = append(notes, note)
		}
		if !again {
			if one.verify.on && ctx.Err() == nil {
				a.report.Verified(one.verifyRun(ctx, l, a.result, nil))
			}
			outcome := search.Judge(a.report, s.search.precision)
			outcome.Notes, outcome.Confirmed = notes, confirmed
			return outcome, nil
		}
		s.settle(ctx)
	}
}

// next makes the next run ready.
func (s *steps) next(lines float64) (*options, *load, error) {
	one := s.on(s.sink)
	one.rate = rate{lines: lines, asked: report.Decimal(lines)}
	one.seed += s.done
	s.done++
	if s.stand.Path != "" {
		one.path = s.stand.Path
	}
	if s.small > 0 {
		one.batch.Bytes = s.small
	}
	l, err := one.ready(stdio{out: s.stand.Stream})
	return one, l, err
}

// shrink answers a destination that lets no request of that size pass, at any rate. That is no
// limit of what it takes in a second, so it must not be the answer: the step is made again.
func (s *steps) shrink(size float64) (note string, again bool) {
	const least, most = 4 << 10, 64 << 10
	note = fmt.Sprintf("requests of %s are refused for their size alone, as they are more than the destination's burst", report.Size(size))
	if s.batch.Bytes > 0 || s.small == least {
		return note + ": --batch-size has to be smaller", false
	}
	s.small = max(least, min(most, int(size)/8))
	return fmt.Sprintf("%s: the steps were made with --batch-size %d", note, s.small), true
}

// inWords is what the steps are.
func (s *steps) inWords() string {
	where := s.sink
	if s.stand.Note != "" {
		where += " (" + s.stand.Note + ")"
	}
	workers := "1 worker"
	if s.workers > 1 {
		workers = fmt.Sprintf("%d workers", s.workers)
	}
	demands := search.Demands(s.slos, s.search.precision)
	return fmt.Sprintf("seed %d; %s, %s, %s; steps of %s until %s does not hold", s.seed, where, s.format, workers,
		report.Length(s.search.step.Seconds()), strings.Join(demands, " or "))
}
