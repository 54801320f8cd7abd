package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/exitfound/lologen/emitter"
)

// stage is a time in which the rate goes from one to the other; 0 pauses.
type stage struct {
	length   time.Duration
	from, to rate
}

// stages are what --stages says.
type stages []stage

const mostStages = 10_000

var (
	errStages   = errors.New("are TIME:RATE in turn (30s:1k,5m:1k..100k,1m:0), a time above 0 and a rate as for --rate but not max, a..b for a ramp, 0 for a pause")
	errTooFast  = errors.New("are at most 1G lines a second")
	errNoLine   = errors.New("are rates that make a line in the time given")
	errManyLong = errors.New("are at most 10000 stages that take a century in all")
)

// setStages reads stages that come after those that are there.
func setStages(at *stages, s string) error {
	more, err := parseStages(s)
	if err != nil {
		return err
	}
	list := append(slices.Clone(*at), more...)
	if err := list.check(); err != nil {
		return err
	}
	*at = list
	return nil
}

func parseStages(s string) (stages, error) {
	var list stages
	for part := range strings.SplitSeq(s, ",") {
		st, ok := parseStage(strings.TrimSpace(part))
		if !ok {
			return nil, fmt.Errorf("%w; %q is not", errStages, part)
		}
		if list = append(list, st); len(list) > mostStages {
			return nil, errManyLong
		}
	}
	return list, list.check()
}

// check bounds what all stages are together.
func (list stages) check() error {
	left := emitter.LongestTime
	for _, s := range list {
		if s.length > left {
			return errManyLong
		}
		left -= s.length
	}
	if len(list) > mostStages {
		return errManyLong
	}
	return nil
}

// parseStage reads TIME:RATE or TIME:RATE..RATE.
func parseStage(s string) (st stage, ok bool) {
	length, rates, _ := strings.Cut(s, ":")
	if st.length, ok = parseTime(length); !ok || st.length == 0 {
		return stage{}, false
	}
	from, to, ramp := strings.Cut(rates, "..")
	if st.from, ok = parsePace(from); !ok {
		return stage{}, false
	}
	if st.to = st.from; ramp {
		st.to, ok = parsePace(to)
	}
	return st, ok
}

// parsePace reads what --rate accepts, with 0 and without max.
func parsePace(s string) (rate, bool) {
	if m := quantity.FindStringSubmatch(s); m != nil && strings.Trim(m[1], "0.") == "" {
		_, err := parseRate("1" + s[len(m[1]):]) // none of anything that there is
		return rate{asked: s}, err == nil
	}
	r, err := parseRate(s)
	return r, err == nil && !r.max
}

// perSecond is the rate in lines, given the mean bytes of a line.
func (r rate) perSecond(mean float64) float64 {
	if r.bytes > 0 {
		return r.bytes / mean
	}
	return r.lines
}

// inBytes reports whether the mean length of a line has to be known.
func (list stages) inBytes() bool {
	return slices.ContainsFunc(list, func(s stage) bool { return s.from.bytes > 0 || s.to.bytes > 0 })
}

// schedule makes the profile of the stages, given the mean bytes of a line. Its error says what is
// accepted.
func (list stages) schedule(mean float64) (emitter.Profile, error) {
	made := make([]emitter.Stage, len(list))
	for i, s := range list {
		made[i] = emitter.Stage{Length: s.length, From: s.from.perSecond(mean), To: s.to.perSecond(mean)}
		if !(max(made[i].From, made[i].To) <= float64(emitter.MaxRate)) {
			return nil, errTooFast
		}
	}
	p, err := emitter.NewStages(made...)
	if err != nil {
		return nil, noLine(err)
	}
	return p, nil
}

// noLine says what is accepted where no line was due. There is no other error of what was checked; one
// that comes all the same is not hidden.
func noLine(err error) error {
	if errors.Is(err, emitter.ErrNoLine) {
		return errNoLine
	}
	return err
}

// String is how the stages would be written.
func (list stages) String() string {
	var b strings.Builder
	for i, s := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(s.length.String() + ":" + s.from.asked)
		if s.from != s.to {
			b.WriteString(".." + s.to.asked)
		}
	}
	return b.String()
}

// profile is what --profile says.
type profile struct {
	name       string
	base, peak rate
	rate       rate
	period     time.Duration
	share      float64
	steps      int
}

// shape is a profile that has a name.
type shape struct {
	keys    []string
	initial profile // what holds where nothing is said
	usage   string
}

var shapes = []shape{
	{[]string{"base", "peak", "period", "share"},
		profile{name: "burst", base: thousands(1), peak: thousands(10), period: time.Minute, share: 0.1},
		"burst:base=1k,peak=10k,period=1m,share=10%  at its peak for a share of each period"},
	{[]string{"base", "peak", "period"},
		profile{name: "sine", base: thousands(1), peak: thousands(10), period: time.Minute},
		"sine:base=1k,peak=10k,period=1m  up and down in each period"},
	{[]string{"base", "peak", "steps", "period"},
		profile{name: "steps", base: thousands(1), peak: thousands(10), period: 30 * time.Second, steps: 10},
		"steps:base=1k,peak=10k,steps=10,period=30s  from base to peak, a period each, the last for ever"},
	{[]string{"rate"},
		profile{name: "poisson", rate: thousands(1)},
		"poisson:rate=1k  gaps as random as those of many sources"},
}

func thousands(n int) rate { return rate{lines: float64(n) * 1000, asked: strconv.Itoa(n) + "k"} }

// parseProfile reads NAME or NAME:key=value,...
func parseProfile(s string) (profile, error) {
	name, rest, more := strings.Cut(s, ":")
	i := slices.IndexFunc(shapes, func(s shape) bool { return strings.EqualFold(s.initial.name, name) })
	if i < 0 {
		return profile{}, errors.New("are burst, sine, steps, poisson, alone or with their parameters: sine:base=1k,peak=10k,period=1m")
	}
	p := shapes[i].initial
	if !more {
		return p, nil
	}
	var said []string
	for part := range strings.SplitSeq(rest, ",") {
		key, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok || !slices.Contains(shapes[i].keys, key) || slices.Contains(said, key) {
			return profile{}, fmt.Errorf("with %s are %s=, each once; %q is not", p.name, strings.Join(shapes[i].keys, "=, "), part)
		}
		said = append(said, key)
		if err := p.set(key, value); err != nil {
			return profile{}, fmt.Errorf("as %s %w; %q is not", key, err, value)
		}
	}
	if p.steps > 0 && p.period > emitter.LongestTime/time.Duration(p.steps) {
		return profile{}, errors.New("are steps that take a century in all")
	}
	return p, nil
}

const (
	mostSteps  = 10_000
	leastShare = 1e-4
)

// set reads the value of one key. Its error says what is accepted.
func (p *profile) set(key, value string) error {
	ok := false
	switch key {
	case "base":
		if p.base, ok = parsePace(value); !ok {
			return errors.New("are lines (1k) or bytes a second (10MB), a volume a day (2TB/day), or 0")
		}
	case "peak", "rate":
		at := &p.peak
		if key == "rate" {
			at = &p.rate
		}
		if *at, ok = parsePace(value); !ok || at.lines == 0 && at.bytes == 0 {
			return errors.New("are lines (1k) or bytes a second (10MB), or a volume a day (2TB/day), above 0")
		}
	case "period":
		if p.period, ok = parseTime(value); !ok || p.period < emitter.ShortestPeriod {
			return errors.New("are seconds (60) or a duration (500ms, 1h30m) from a millisecond on")
		}
	case "share":
		if p.share, ok = parseShare(value); !ok || p.share < leastShare || p.share > 1-leastShare {
			return errors.New("are shares from 0.01% to 99.99%")
		}
	case "steps":
		n, ok := parseCount(value, mostSteps)
		if p.steps = int(n); !ok || n < 2 {
			return errors.New("are whole numbers from 2 to 10000")
		}
	}
	return nil
}

// inBytes reports whether the mean length of a line has to be known.
func (p profile) inBytes() bool { return p.base.bytes > 0 || p.peak.bytes > 0 || p.rate.bytes > 0 }

// schedule makes the profile, given the mean bytes of a line. Its error says what is accepted.
func (p profile) schedule(mean float64, seed uint64) (made emitter.Profile, err error) {
	base, peak, rate := p.base.perSecond(mean), p.peak.perSecond(mean), p.rate.perSecond(mean)
	if !(max(base, peak, rate) <= float64(emitter.MaxRate)) {
		return nil, errTooFast
	}
	if max(base, peak, rate) == 0 { // smaller than a float64
		return nil, errNoLine
	}
	switch p.name {
	case "burst":
		made, err = emitter.Burst(base, peak, p.period, p.share)
	case "sine":
		made, err = emitter.Sine(base, peak, p.period)
	case "steps":
		made, err = emitter.Steps(base, peak, p.steps, p.period)
	default:
		made, err = emitter.NewPoisson(rate, seed)
	}
	if err != nil {
		return nil, noLine(err)
	}
	return made, nil
}

// String is how the profile would be written, with all its parameters.
func (p profile) String() string {
	i := slices.IndexFunc(shapes, func(s shape) bool { return s.initial.name == p.name })
	values := map[string]string{
		"base": p.base.asked, "peak": p.peak.asked, "rate": p.rate.asked, "period": p.period.String(),
		"share": strconv.FormatFloat(p.share, 'g', -1, 64), "steps": strconv.Itoa(p.steps),
	}
	var list []string
	for _, key := range shapes[i].keys {
		list = append(list, key+"="+values[key])
	}
	return p.name + ":" + strings.Join(list, ",")
}
