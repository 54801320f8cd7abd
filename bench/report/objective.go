package report

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// An objective is an SLO understood.
type objective struct {
	clock      string // response, service, schedule; of a latency alone
	metric     string // for a percentile: p
	percentile float64
	operator   string
	limit      float64
	unit       quantity
}

// quantity is what a value is counted in.
type quantity int

const (
	inLines quantity = iota
	inSeconds
	inBytes
	inCores
	asShare
)

// operators has those first that others are the beginning of.
var operators = [...]string{"<=", ">=", "==", "<", ">"}

func parseObjective(expr string) (objective, error) {
	at := strings.IndexAny(expr, "<>=")
	if at < 0 {
		return objective{}, errors.New("is a measure, one of < <= > >= == and a value, as in p99<250ms")
	}
	d, err := parseMeasure(strings.ToLower(strings.TrimSpace(expr[:at])))
	if err != nil {
		return objective{}, err
	}
	rest := expr[at:]
	for _, op := range operators {
		if value, ok := strings.CutPrefix(rest, op); ok {
			d.operator, rest = op, value
			break
		}
	}
	if d.operator == "" {
		return objective{}, errors.New("are < <= > >= ==")
	}
	if err := d.parseValue(strings.TrimSpace(rest)); err != nil {
		return objective{}, err
	}
	return d, nil
}

func parseMeasure(name string) (objective, error) {
	switch name {
	case "errors", "rate":
		return objective{metric: name, unit: asShare}, nil
	case "rejected", "unknown", "missed", "lost", "duplicated":
		return objective{metric: name, unit: inLines}, nil
	case "cpu":
		return objective{metric: name, unit: inCores}, nil
	case "rss":
		return objective{metric: name, unit: inBytes}, nil
	}
	d := objective{clock: "response", unit: inSeconds}
	if clock, rest, ok := strings.Cut(name, "."); ok && slices.Contains([]string{"response", "service", "schedule"}, clock) {
		d.clock, name = clock, rest
	}
	switch {
	case name == "max" || name == "mean":
		d.metric = name
		return d, nil
	case strings.HasPrefix(name, "p"):
		// Digits alone: ParseFloat knows infinities, exponents and hexadecimal, too.
		p, err := strconv.ParseFloat(name[1:], 64)
		if err == nil && p > 0 && p < 100 && strings.Trim(name[1:], "0123456789.") == "" {
			d.metric, d.percentile = "p", p
			return d, nil
		}
	}
	return objective{}, errors.New("are p50 to p99.99, max and mean, alone or after service. or schedule., " +
		"and errors, rejected, unknown, missed, lost, duplicated, rate, cpu, rss")
}

// A scale is a unit as written, and how many of the base unit it is.
type scale struct {
	name string
	unit quantity
	of   float64
}

var scales = [...]scale{
	{"ns", inSeconds, 1e-9}, {"us", inSeconds, 1e-6}, {"µs", inSeconds, 1e-6}, {"μs", inSeconds, 1e-6},
	{"ms", inSeconds, 1e-3}, {"s", inSeconds, 1}, {"m", inSeconds, 60},
	{"b", inBytes, 1}, {"kb", inBytes, 1e3}, {"mb", inBytes, 1e6}, {"gb", inBytes, 1e9},
	{"kib", inBytes, 1 << 10}, {"mib", inBytes, 1 << 20}, {"gib", inBytes, 1 << 30},
	{"%", asShare, 0.01}, {"", asShare, 1}, {"", inLines, 1}, {"", inBytes, 1}, {"", inCores, 1},
}

func (d *objective) parseValue(s string) error {
	end := strings.IndexFunc(s, func(c rune) bool { return (c < '0' || c > '9') && c != '.' })
	if end < 0 {
		end = len(s)
	}
	number, err := strconv.ParseFloat(s[:end], 64)
	if err != nil {
		return errors.New("is " + d.accepted())
	}
	name := strings.ToLower(strings.TrimSpace(s[end:]))
	for _, u := range scales {
		// Of the processor both is asked for: how many cores, and for how long.
		if u.name == name && (u.unit == d.unit || d.metric == "cpu" && u.unit == inSeconds) {
			d.limit, d.unit = scaled(number, u.of), u.unit
			return d.check()
		}
	}
	return errors.New("is " + d.accepted())
}

// scaled keeps 250ms the number that 0.25 is: a product with 1e-3 is not always the nearest.
func scaled(number, of float64) float64 {
	if of < 1 {
		return number / float64(int64(1/of+0.5))
	}
	return number * of
}

func (d *objective) check() error {
	switch {
	case d.metric == "errors" && d.limit > 1:
		return errors.New("is a share of at most 1, or 100%")
	case d.unit == inLines && d.limit != float64(uint64(d.limit)):
		return errors.New("is a whole number of lines")
	}
	return nil
}

// accepted says what may stand on the right.
func (d *objective) accepted() string {
	switch {
	case d.metric == "cpu":
		return "a number of cores (1.5) or a time with its unit (20s)"
	case d.unit == inSeconds:
		return "a time with its unit (us, ms, s), as in 250ms"
	case d.unit == inBytes:
		return "a number of bytes, as in 200MB or 256MiB"
	case d.unit == asShare:
		return "a percentage or a fraction, as in 0.1% or 0.001"
	}
	return "a whole number of lines, as in 0"
}

// show writes a value of what is demanded.
func (d objective) show(value float64) string {
	switch d.unit {
	case inSeconds:
		return Length(value)
	case inBytes:
		return Size(value)
	case inCores:
		return digits(value) + " cores"
	case asShare:
		return strconv.FormatFloat(round(value*100), 'g', -1, 64) + " %"
	}
	return count(uint64(value))
}
