package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/exitfound/lologen/emitter"
)

func lines(n float64, asked string) rate { return rate{lines: n, asked: asked} }

func TestParseStages(t *testing.T) {
	k1, k100, none := lines(1000, "1k"), lines(100_000, "100k"), rate{asked: "0"}
	for in, want := range map[string]stages{
		"30s:1k,5m:1k..100k,1m:0": {{30 * time.Second, k1, k1}, {5 * time.Minute, k1, k100}, {time.Minute, none, none}},
		"0.5:1k":                  {{500 * time.Millisecond, k1, k1}},
		"1h30m:0..1k, 1ms:1k..0":  {{90 * time.Minute, none, k1}, {time.Millisecond, k1, none}},
		"1:10MB..2TB/day":         {{time.Second, rate{bytes: 1e7, asked: "10MB"}, rate{bytes: 2e12 / 86400, asked: "2TB/day"}}},
		"1:.5..1.5":               {{time.Second, lines(0.5, ".5"), lines(1.5, "1.5")}},
		"1:0.0MB":                 {{time.Second, rate{asked: "0.0MB"}, rate{asked: "0.0MB"}}},
		"876000h:1k":              {{emitter.LongestTime, k1, k1}},
	} {
		got, err := parseStages(in)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("parseStages(%q) = %+v, %v; want %+v", in, got, err, want)
		}
	}
	for in, accepted := range map[string]string{
		"": "TIME:RATE", "30s": "30s", "30s:": "30s:", ":1k": ":1k", "0:1k": "TIME:RATE", "-1s:1k": "TIME:RATE", "1s:max": "not max",
		"1s:1k..": "a..b", "1s:..1k": "a..b", "1s:1k..2k..3k": "a..b", "1s:2G": "TIME:RATE", "1s:-1": "TIME:RATE", "1s:1k,": `"" is not`,
		"1s:1k,x:1k": `"x:1k" is not`, "1s:0parsecs": "TIME:RATE", "1s:0..max": "not max", "1s 1k": "TIME:RATE", "1s:1 k": "TIME:RATE",
		"876000h:1k,1ns:1k": "a century", strings.Repeat("1s:1,", mostStages) + "1s:1": "at most 10000",
	} {
		got, err := parseStages(in)
		if err == nil || !strings.HasPrefix(err.Error(), "are ") || !strings.Contains(err.Error(), accepted) {
			t.Errorf("parseStages(%.40q) = %.40v, %v; want an error about %s", in, got, err, accepted)
		}
	}
}

func TestStagesFollowOneAnother(t *testing.T) {
	var list stages
	for _, s := range []string{"30s:1k", "5m:1k..100k,1m:0"} {
		if err := setStages(&list, s); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := list.String(), "30s:1k,5m0s:1k..100k,1m0s:0"; got != want {
		t.Errorf("stages are %s, want %s", got, want)
	}
	if err := setStages(&list, "876000h:1"); err == nil || len(list) != 3 {
		t.Errorf("%d stages, %v: want an error, as they take more than a century", len(list), err)
	}
	if err := setStages(&list, strings.Repeat("1s:1,", mostStages-3)+"1s:1"); err == nil || len(list) != 3 {
		t.Errorf("%d stages, %v: want an error, as they are over 10000", len(list), err)
	}
}

func TestStagesSchedule(t *testing.T) {
	for _, test := range []struct {
		in    string
		bytes bool
		lines uint64
		ends  time.Duration
		peak  float64
	}{
		{"10s:0..1k", false, 5000, 10 * time.Second, 1000},
		{"30s:1k,5m:1k..100k,1m:0", false, 15_180_000, 390 * time.Second, 100_000},
		{"10s:20kB", true, 1000, 10 * time.Second, 100},
		{"10s:100..40kB", true, 1500, 10 * time.Second, 200},
		{"1m:100/min", false, 100, time.Minute, 100.0 / 60},
	} {
		list, err := parseStages(test.in)
		if err != nil {
			t.Fatal(err)
		}
		p, err := list.schedule(200)
		if err != nil {
			t.Errorf("%s: %v", test.in, err)
			continue
		}
		ends, ok := p.Length()
		if n := emitter.DueBy(p, ends, math.MaxInt64); n != test.lines || ends != test.ends || !ok || p.Peak(0) != test.peak || list.inBytes() != test.bytes {
			t.Errorf("%s: %d lines in %v, %v/s at most, bytes: %v; want %+v", test.in, n, ends, p.Peak(0), list.inBytes(), test)
		}
	}
	for in, want := range map[string]error{"1m:0": errNoLine, "1s:1TB": errTooFast, "1s:1..1PB": errTooFast} {
		list, err := parseStages(in)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := list.schedule(200); err != want {
			t.Errorf("%s: %v, %v; want %v", in, p, err, want)
		}
	}
}

func TestParseProfile(t *testing.T) {
	for in, want := range map[string]string{
		"sine":                                  "sine:base=1k,peak=10k,period=1m0s",
		"SINE:peak=20k":                         "sine:base=1k,peak=20k,period=1m0s",
		"sine:base=0,peak=10MB, period=30":      "sine:base=0,peak=10MB,period=30s",
		"burst":                                 "burst:base=1k,peak=10k,period=1m0s,share=0.1",
		"burst:share=25%":                       "burst:base=1k,peak=10k,period=1m0s,share=0.25",
		"burst:share=0.01%":                     "burst:base=1k,peak=10k,period=1m0s,share=0.0001",
		"burst:share=0.9999":                    "burst:base=1k,peak=10k,period=1m0s,share=0.9999",
		"burst:share=0.25,base=2TB/day":         "burst:base=2TB/day,peak=10k,period=1m0s,share=0.25",
		"steps:steps=2,period=0.5":              "steps:base=1k,peak=10k,steps=2,period=500ms",
		"poisson:rate=5k":                       "poisson:rate=5k",
		"poisson":                               "poisson:rate=1k",
		"steps:base=1k,peak=1k,period=87600000": "steps:base=1k,peak=1k,steps=10,period=24333h20m0s",
	} {
		p, err := parseProfile(in)
		if err != nil || p.String() != want {
			t.Errorf("parseProfile(%q) = %v, %v; want %s", in, p, err, want)
			continue
		}
		if _, err := p.schedule(200, 1); err != nil {
			t.Errorf("%s: %v", in, err)
		}
	}
	for in, accepted := range map[string]string{
		"": "burst, sine, steps, poisson", "square": "burst, sine", "sine:": "are base=, peak=, period=, each once", "sine:base": "each once",
		"sine:share=10%": `"share=10%" is not`, "sine:base=1k,base=2k": "each once", "sine:base=1k,": `"" is not`, "poisson:peak=1k": "are rate=",
		"sine:base=max": "as base are", "sine:peak=0": "as peak are", "poisson:rate=0": "as rate are", "poisson:rate=2G": "as rate are", "sine:base=-1": "as base are",
		"sine:period=0": "as period are", "sine:period=1us": "millisecond", "sine:period=900000h": "as period are",
		"burst:share=0%": "as share are", "burst:share=100%": "as share are", "burst:share=10": "as share are", "burst:share=NaN": "as share are", "burst:share=0x1p-2": "as share are",
		"steps:steps=1": "as steps are", "steps:steps=10001": "as steps are", "steps:steps=2.5": "as steps are", "steps:period=500000h": "a century",
	} {
		if p, err := parseProfile(in); err == nil || !strings.Contains(err.Error(), accepted) {
			t.Errorf("parseProfile(%q) = %v, %v; want an error about %s", in, p, err, accepted)
		}
	}
}

// TestShapesDoWhatTheirUsageSays: defaults are the ones that the help shows.
func TestShapesDoWhatTheirUsageSays(t *testing.T) {
	for _, s := range shapes {
		spec, _, _ := strings.Cut(s.usage, " ")
		if p, err := parseProfile(spec); err != nil || p != s.initial {
			t.Errorf("%s = %+v, %v; by itself it is %+v", spec, p, err, s.initial)
		}
		for _, key := range s.keys {
			if !strings.Contains(spec, key+"=") {
				t.Errorf("the usage of %s does not show %s", s.initial.name, key)
			}
		}
	}
}

func TestProfileSchedules(t *testing.T) {
	for in, mean := range map[string]float64{
		"burst:base=0,peak=50k,period=1m,share=10%": 5000,
		"sine:base=1k,peak=10k,period=1m":           5500,
		"steps:base=1k,peak=10k,steps=2,period=30s": 5500,
		"poisson:rate=1MB":                          5000,
	} {
		p, err := parseProfile(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(in, "MB"); p.inBytes() != got {
			t.Errorf("%s: in bytes: %v", in, p.inBytes())
		}
		made, err := p.schedule(200, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := made.Mean(time.Minute); math.Abs(got-mean) > 1e-3 {
			t.Errorf("%s: %v lines/s over a minute, want %v", in, got, mean)
		}
	}
	for _, in := range []string{"burst:base=0,peak=.%s1B", "poisson:rate=.%s1B"} {
		p, err := parseProfile(fmt.Sprintf(in, strings.Repeat("0", 322)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.schedule(200, 1); err != errNoLine {
			t.Errorf("%s: %v, want %v", in, err, errNoLine)
		}
	}
	p, err := parseProfile("sine:peak=1PB")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.schedule(200, 1); err != errTooFast {
		t.Errorf("1PB a second of 200 bytes each: %v, want %v", err, errTooFast)
	}
}

func FuzzStages(f *testing.F) {
	for _, s := range []string{"30s:1k,5m:1k..100k,1m:0", "0.5:10MB..2TB/day", "1h:0..", ",", "1:1..2..3", "876000h:1", "1ns:.5/day"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, err := parseStages(s)
		if err != nil {
			return
		}
		var total time.Duration
		for _, st := range list {
			total += st.length
			if st.length <= 0 || st.from.max || st.to.max || !(st.from.perSecond(1) >= 0) || !(st.to.perSecond(1) >= 0) {
				t.Errorf("parseStages(%q) = %+v", s, list)
			}
		}
		if total > emitter.LongestTime || len(list) > mostStages {
			t.Errorf("parseStages(%q): %d stages take %v", s, len(list), total)
		}
		if again, err := parseStages(list.String()); err != nil || !slices.Equal(again, list) {
			t.Errorf("parseStages(%q) is %q, which is %v, %v", s, list, again, err)
		}
		if total > 30*24*time.Hour {
			return // a long ramp is many pieces
		}
		if p, err := list.schedule(200); err == nil {
			if due, ok := p.At(0); !ok || due < 0 || due >= total {
				t.Errorf("%s: the first line is due at %v, %v", list, due, ok)
			}
		} else if err != errNoLine && err != errTooFast {
			t.Errorf("%s: %v", list, err)
		}
	})
}

func FuzzProfile(f *testing.F) {
	for _, s := range []string{"sine", "burst:base=1k,peak=50k,period=1m,share=10%", "steps:base=0,peak=10MB,steps=3,period=1h", "poisson:rate=5k", "sine:", "burst:share=,"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parseProfile(s)
		if err != nil {
			return
		}
		if again, err := parseProfile(p.String()); err != nil || again != p {
			t.Errorf("parseProfile(%q) is %q, which is %v, %v", s, p, again, err)
		}
		if made, err := p.schedule(200, 1); err == nil {
			if _, ok := made.Length(); ok {
				t.Errorf("%s: it ends", p)
			}
			if due, ok := made.At(0); ok && due < 0 {
				t.Errorf("%s: the first line is due at %v", p, due)
			}
		} else if err != errNoLine && err != errTooFast {
			t.Errorf("%s: %v", p, err)
		}
	})
}
