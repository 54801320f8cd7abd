package report

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// count writes n with a comma for every thousand.
func count(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Decimal writes a number that may be as small as a line a day or as large as a million a second.
func Decimal(f float64) string {
	if f >= 999.5 {
		return count(uint64(math.Round(f)))
	}
	return digits(f)
}

// digits writes f, which is below 1000, with three significant digits.
func digits(f float64) string {
	f = round(f)
	switch {
	case f >= 100 || f == 0:
		return strconv.FormatFloat(f, 'f', 0, 64)
	case f >= 10:
		return strconv.FormatFloat(f, 'f', 1, 64)
	case f >= 1:
		return strconv.FormatFloat(f, 'f', 2, 64)
	case f >= 0.001:
		return strconv.FormatFloat(f, 'f', 3, 64)
	}
	return strconv.FormatFloat(f, 'g', 3, 64)
}

// round rounds to three significant digits, so that what is close to the next unit is in it.
func round(f float64) float64 {
	f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'e', 2, 64), 64)
	return f
}

// Size writes a number of bytes in powers of 1000.
func Size(bytes float64) string {
	bytes = round(bytes)
	if bytes < 1000 {
		return strconv.FormatFloat(bytes, 'f', 0, 64) + " B"
	}
	units := []string{"kB", "MB", "GB", "TB", "PB"}
	for i, unit := range units {
		bytes /= 1000
		if round(bytes) < 1000 || i == len(units)-1 {
			return digits(bytes) + " " + unit
		}
	}
	return ""
}

// Length writes a length of time, given in seconds.
func Length(seconds float64) string {
	ns := round(seconds * 1e9)
	switch {
	case ns < 1e3:
		return strconv.FormatFloat(ns, 'f', 0, 64) + " ns"
	case ns < 1e6:
		return digits(ns/1e3) + " µs"
	case ns < 1e9:
		return digits(ns/1e6) + " ms"
	case ns < 100e9:
		return digits(ns/1e9) + " s"
	}
	return time.Duration(seconds * 1e9).Round(time.Second).String()
}

// percent writes a share. It rounds down: what is short of the whole must not seem to be the whole.
func percent(share float64) string {
	p := math.Floor(share*1000+1e-9) / 10
	return strings.TrimSuffix(strconv.FormatFloat(p, 'f', 1, 64), ".0") + " %"
}

// plural writes how many there are of what.
func plural[N int | uint64](n N, what string) string {
	s := count(uint64(n)) + " " + what
	switch {
	case n == 1:
	case strings.HasSuffix(what, "s"):
		s += "es"
	default:
		s += "s"
	}
	return s
}
