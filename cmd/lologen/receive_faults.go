package main

import (
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

const groupFaults = "What to do wrong"

// faultFlags are what a receiver does wrong on purpose, each with its unit.
func faultFlags() []flag {
	return []flag{
		{name: "fail", group: groupFaults, value: "SHARE", initial: "0%", usage: "requests refused with --fail-status, like 5%",
			set: func(o *options, s string) error { return setShare(&o.faults.Fail, s) }},
		{name: "fail-status", group: groupFaults, value: "STATUS", initial: "500", usage: "400 to 599, or 260",
			set: func(o *options, s string) error { return setStatus(&o.faults.FailStatus, s) }},
		{name: "retry-after", group: groupFaults, value: "TIME", initial: "not said", usage: "said with refusals by 429 and 5xx",
			set: func(o *options, s string) error { return setPositive(&o.faults.RetryAfter, s) }},
		{name: "delay", group: groupFaults, value: "TIME", initial: "none", usage: "before each answer, like 50ms..200ms",
			set: func(o *options, s string) error { return setSpan(&o.faults.Delay, s) }},
		{name: "stall", group: groupFaults, value: "TIME/TIME", initial: "never", usage: "no answers for the last 10s of every 60s: 10s/60s",
			set: func(o *options, s string) error { return setStall(&o.faults.Stall, &o.faults.StallEvery, s) }},
		{name: "close", group: groupFaults, value: "SHARE", initial: "0%", usage: "requests taken, but cut before the answer",
			set: func(o *options, s string) error { return setShare(&o.faults.Close, s) }},
		{name: "drop-after-accept", group: groupFaults, value: "SHARE", initial: "0%", usage: "lines lost although their request is accepted",
			set: func(o *options, s string) error { return setShare(&o.faults.Drop, s) }},
		{name: "rate-limit", group: groupFaults, value: "RATE", initial: "none", usage: "bytes a second and burst, like 4MB:1MB; beyond: 429",
			set: func(o *options, s string) error { return setLimit(&o.faults.Rate, &o.faults.Burst, s) }},
		{name: "seed", group: groupFaults, value: "N", initial: "random", usage: "the same seed makes the same faults",
			set: func(o *options, s string) (err error) {
				if o.faults.Seed, err = strconv.ParseUint(s, 10, 64); err != nil {
					return errors.New("is a whole number from 0 to 18446744073709551615")
				}
				return nil
			}},
	}
}

// checkFaults settles what the flags do not say each for itself.
func (v *values) checkFaults(o *options) error {
	if !v.given("seed") {
		o.faults.Seed = rand.Uint64() >> 11 // 53 bits: every JSON reader keeps them
	}
	switch {
	case v.of("fail-status").origin == fromArgv && o.faults.Fail == 0:
		return usagef("--fail-status says how requests fail, but none does: give --fail, too")
	case v.of("retry-after").origin == fromArgv && o.faults.Fail == 0 && o.faults.Rate == 0:
		return usagef("--retry-after is said with refusals, but nothing is refused: give --fail or --rate-limit, too")
	}
	return nil
}

// setShare reads a share of all, in percent.
func setShare(at *float64, s string) error {
	share, ok := parseShare(s)
	if !ok || !strings.HasSuffix(s, "%") {
		return errors.New("is a share from 0% to 100%, like 5% or 0.1%")
	}
	*at = share
	return nil
}

// setStatus reads the status of a refusal; 260 is Loki's own, a 2xx that takes nothing.
func setStatus(at *int, s string) error {
	status, err := strconv.ParseUint(s, 10, 16)
	if err != nil || status != 260 && (status < 400 || status > 599) {
		return errors.New("are 400 to 599, and 260")
	}
	*at = int(status)
	return nil
}

// setSpan reads a time, or the least and the most of it.
func setSpan(at *[2]time.Duration, s string) error {
	from, to, two := strings.Cut(s, "..")
	least, ok := parseTime(from)
	most := least
	if two && ok {
		most, ok = parseTime(to)
	}
	if !ok || most == 0 || most < least {
		return errors.New("are a time (100ms) or the least and the most of it (50ms..200ms)")
	}
	*at = [2]time.Duration{least, most}
	return nil
}

// setStall reads for how long, and how often.
func setStall(at, every *time.Duration, s string) error {
	length, period, two := strings.Cut(s, "/")
	stall, ok := parseTime(length)
	whole, okWhole := parseTime(period)
	if !two || !ok || !okWhole || stall == 0 || stall >= whole {
		return errors.New("is how long and how often, like 10s/60s, the first one shorter")
	}
	*at, *every = stall, whole
	return nil
}

// setLimit reads bytes a second, and a burst, which is what a second brings unless it is given.
func setLimit(rate *float64, burst *int, s string) error {
	const most = math.MaxInt32 // requests are far smaller
	speed, size, two := strings.Cut(s, ":")
	bytes, ok := parseSize(strings.TrimSuffix(speed, "/s"), most)
	room := bytes
	if two && ok {
		room, ok = parseSize(size, most)
	}
	if !ok || bytes == 0 || room == 0 {
		return errors.New("are bytes a second and the burst, like 4MB:1MB or 4MB, each at most 2GB")
	}
	*rate, *burst = float64(bytes), room
	return nil
}
