package main

import (
	"time"

	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/emitter/line"
)

// meanSample is how many lines the mean length of a line is taken of.
const meanSample = 10_000

// source returns the maker of each worker's messages.
func (o *options) source(format func(worker int) emitter.Format) (func(worker int) emitter.Source, error) {
	if o.size == 0 {
		return func(int) emitter.Source { return line.Messages(o.level) }, nil
	}
	sized := func(worker int) (emitter.Source, error) {
		return line.Sized(line.Messages(o.level), func() emitter.Format { return format(worker) }, o.size)
	}
	if _, err := sized(o.workers - 1); err != nil { // whose thread name is the widest
		return nil, usagef("--size %d: %w", o.size, err)
	}
	return func(worker int) emitter.Source {
		s, _ := sized(worker)
		return s
	}, nil
}

// limit puts what the user said of batches in the place of what the sink would do.
func (o *options) limit(l *emitter.Limits) {
	if o.batch.Bytes > 0 {
		l.Bytes = o.batch.Bytes
	}
	if o.batch.Lines > 0 {
		l.Lines = o.batch.Lines
	}
	if o.waitSet {
		l.Wait = o.batch.Wait
	}
}

// schedule is when lines are due, given the mean bytes of a line; nil: unpaced.
func (o *options) schedule(mean float64) (emitter.Schedule, error) {
	var made emitter.Profile
	var err error
	switch {
	case len(o.stages) > 0:
		if made, err = o.stages.schedule(mean); err != nil {
			return nil, usagef("--stages %q: accepted %w", o.stages, err)
		}
		return made, nil
	case o.profile.name != "":
		if made, err = o.profile.schedule(mean, o.seed); err != nil {
			return nil, usagef("--profile %q: accepted %w", o.profile, err)
		}
		return made, nil
	}
	rate := o.linesPerSecond(mean)
	if o.rampUp > 0 && rate > 0 && rate <= float64(emitter.MaxRate) {
		if made, err = emitter.RampUp(rate, o.rampUp); err != nil {
			return nil, usagef("--ramp-up %v: accepted are times in which a line is due", o.rampUp)
		}
		return made, nil
	}
	switch {
	case rate > float64(emitter.MaxRate) && o.rate.asked != "":
		return nil, usagef("--rate %s: accepted %w, or max for as fast as possible", o.rate.asked, errTooFast)
	case rate > float64(emitter.MaxRate):
		return nil, usagef("-T %v with %d workers: accepted %w, or -T 0 for as fast as possible", o.interval, o.workers, errTooFast)
	case rate == 0:
		return nil, nil
	}
	return emitter.Rate(rate), nil
}

// linesPerSecond is the rate of the whole run; 0 is unpaced.
func (o *options) linesPerSecond(mean float64) float64 {
	switch {
	case o.rate.max:
		return 0
	case o.rate.lines > 0:
		return o.rate.lines
	case o.rate.bytes > 0:
		return o.rate.bytes / mean
	case o.interval == 0:
		return 0
	}
	return float64(o.workers) * float64(time.Second) / float64(o.interval)
}
