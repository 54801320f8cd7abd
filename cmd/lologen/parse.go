package main

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/exitfound/lologen/emitter"
)

// The errors of these functions say what is accepted: the sentence is completed where the flag's
// name and the value are known.

var errSwitch = errors.New("are true and false")

func parseBool(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "true", "1", "yes", "on":
		return true, nil
	case "false", "0", "no", "off":
		return false, nil
	}
	return false, errSwitch
}

// parseTime reads seconds as a decimal, or a duration with a unit.
func parseTime(s string) (time.Duration, bool) {
	seconds, err := strconv.ParseFloat(s, 64)
	if err != nil {
		d, err := time.ParseDuration(s)
		return d, err == nil && d >= 0 && d <= emitter.LongestTime
	}
	if !(seconds >= 0 && seconds <= emitter.LongestTime.Seconds()) || strings.ContainsAny(s, "xXpP_") {
		return 0, false
	}
	return time.Duration(math.Round(seconds * 1e9)), true
}

// parseShare reads a share of all, as 10% or 0.1.
func parseShare(s string) (float64, bool) {
	number, percent := strings.CutSuffix(s, "%")
	x, err := strconv.ParseFloat(number, 64)
	if percent {
		x /= 100
	}
	return x, err == nil && x >= 0 && x <= 1 && !strings.ContainsAny(number, "xXpP_+")
}

// oneOf reads one of the given words in any case.
func oneOf(s string, words ...string) (string, error) {
	for _, w := range words {
		if strings.EqualFold(s, w) {
			return w, nil
		}
	}
	return "", errors.New("are " + strings.Join(words, ", "))
}

// quantity is a number and what stands behind it.
var quantity = regexp.MustCompile(`^([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([a-zA-Z]*)(?:/([a-z]+))?$`)

var counts = map[string]float64{"": 1, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9}

var sizes = map[string]float64{
	"b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "pb": 1e15,
	"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40, "pib": 1 << 50,
}

var spans = map[string]float64{"": 1, "s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hour": 3600, "d": 86400, "day": 86400}

// parseCount reads a whole number, also as 64k or 1.5M.
func parseCount(s string, most uint64) (uint64, bool) {
	if n, err := strconv.ParseUint(s, 10, 64); err == nil {
		return n, n <= most
	}
	m := quantity.FindStringSubmatch(s)
	if m == nil || m[3] != "" {
		return 0, false
	}
	factor, ok := counts[m[2]]
	x, err := strconv.ParseFloat(m[1], 64)
	x *= factor
	if !ok || err != nil || x != math.Trunc(x) || x > float64(most) || x >= math.MaxInt64 {
		return 0, false
	}
	return uint64(x), true
}

// parseSize reads bytes: 1500, 64kB, 1MiB.
func parseSize(s string, most int) (int, bool) {
	m := quantity.FindStringSubmatch(s)
	if m == nil || m[3] != "" {
		return 0, false
	}
	factor, ok := sizes[strings.ToLower(m[2])]
	if m[2] == "" {
		factor, ok = 1, true
	}
	x, err := strconv.ParseFloat(m[1], 64)
	x *= factor
	if !ok || err != nil || x != math.Trunc(x) || x > float64(most) {
		return 0, false
	}
	return int(x), true
}

// rate is how fast lines are asked for.
type rate struct {
	lines float64 // a second, in total; or
	bytes float64 // a second, in total; or
	max   bool    // as fast as possible
	asked string  // as it was written
}

var errRate = errors.New("are lines a second (64000, 64k, 1.5M), bytes a second (10MB, 10MiB), a volume a day (2TB/day), or max")

// parseRate reads what --rate accepts.
func parseRate(s string) (rate, error) {
	if strings.EqualFold(s, "max") {
		return rate{max: true, asked: s}, nil
	}
	m := quantity.FindStringSubmatch(s)
	if m == nil {
		return rate{}, errRate
	}
	x, err := strconv.ParseFloat(m[1], 64)
	span, ok := spans[m[3]]
	if err != nil || !ok || x == 0 {
		return rate{}, errRate
	}
	if factor, ok := counts[m[2]]; ok {
		r := rate{lines: x * factor / span, asked: s}
		if !(r.lines > 0 && r.lines <= float64(emitter.MaxRate)) {
			return rate{}, errors.New("are at most 1G lines a second, or max")
		}
		return r, nil
	}
	factor, ok := sizes[strings.ToLower(m[2])]
	if !ok || x*factor/span > 1e15 {
		return rate{}, errRate
	}
	return rate{bytes: x * factor / span, asked: s}, nil
}
