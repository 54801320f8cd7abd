package main

import (
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"0": 0, "2": 2 * time.Second, "0.5": 500 * time.Millisecond, ".5": 500 * time.Millisecond, "0.001": time.Millisecond,
		"500ms": 500 * time.Millisecond, "1h30m": 90 * time.Minute, "1e-3": time.Millisecond, "5.": 5 * time.Second,
	} {
		if got, ok := parseTime(in); !ok || got != want {
			t.Errorf("parseTime(%q) = %v, %v; want %v", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "-1", "-1s", "NaN", "nan", "Inf", "+Inf", "1e400", "abc", "5 s", "0x10", "1_0", "9e18", "9223372036", "876001h"} {
		if got, ok := parseTime(in); ok {
			t.Errorf("parseTime(%q) = %v, want none", in, got)
		}
	}
}

func TestParseCount(t *testing.T) {
	for in, want := range map[string]uint64{"0": 0, "100003": 100_003, "64k": 64_000, "1.5M": 1_500_000, "9223372036854775807": 1<<63 - 1} {
		if got, ok := parseCount(in, 1<<63-1); !ok || got != want {
			t.Errorf("parseCount(%q) = %d, %v; want %d", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "-1", "1.5", "1.0001k", "10m", "1e3", "9223372036854775808", "18446744073709551616", "10MB", "1/s", "99999999999G"} {
		if got, ok := parseCount(in, 1<<63-1); ok {
			t.Errorf("parseCount(%q) = %d, want none", in, got)
		}
	}
}

func TestParseSize(t *testing.T) {
	for in, want := range map[string]int{"1": 1, "128KiB": 128 << 10, "1MiB": 1 << 20, "1mb": 1_000_000, "1.5kB": 1500, "10B": 10} {
		if got, ok := parseSize(in, 1<<30); !ok || got != want {
			t.Errorf("parseSize(%q) = %d, %v; want %d", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "-1", "1.5", "1k", "1M", "2GiB", "MB", "1MB/s"} {
		if got, ok := parseSize(in, 1<<30); ok {
			t.Errorf("parseSize(%q) = %d, want none", in, got)
		}
	}
}

func TestParseRate(t *testing.T) {
	for in, want := range map[string]rate{
		"64000": {lines: 64_000}, "64k": {lines: 64_000}, "1.5M": {lines: 1.5e6}, "0.5": {lines: 0.5}, "86400/day": {lines: 1}, "60/min": {lines: 1},
		"10MB": {bytes: 1e7}, "10MiB": {bytes: 10 << 20}, "10MB/s": {bytes: 1e7}, "2TB/day": {bytes: 2e12 / 86400}, "max": {max: true}, "MAX": {max: true},
	} {
		want.asked = in
		if got, err := parseRate(in); err != nil || got != want {
			t.Errorf("parseRate(%q) = %+v, %v; want %+v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "0", "0.0", "-5", "10parsecs", "10MB/parsec", "NaN", "Inf", "1e400", "2G", "k", "/s", "1 k", "0MB"} {
		if got, err := parseRate(in); err == nil {
			t.Errorf("parseRate(%q) = %+v, want an error", in, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"64k", "2TB/day", "1h30m", "-1", "1e400", "0x1p-2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, ok := parseTime(s); ok && d < 0 {
			t.Errorf("parseTime(%q) = %v", s, d)
		}
		if n, ok := parseCount(s, 1000); ok && n > 1000 {
			t.Errorf("parseCount(%q) = %d", s, n)
		}
		if n, ok := parseSize(s, 1000); ok && (n < 0 || n > 1000) {
			t.Errorf("parseSize(%q) = %d", s, n)
		}
		if r, err := parseRate(s); err == nil && !r.max && !(r.lines > 0 || r.bytes > 0) {
			t.Errorf("parseRate(%q) = %+v", s, r)
		}
	})
}
