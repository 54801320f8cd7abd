package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestOnePaceWins: that of the highest origin, whatever flag it is; two of one origin are wrong use.
func TestOnePaceWins(t *testing.T) {
	for _, c := range []struct {
		config string
		env    string // NAME=VALUE ...
		args   string
		want   string // of the dry run; of wrong use if it begins with !
	}{
		{"", "", "--rate 50 -d 1s", "rate 50.0 lines/s in all 50 lines"},
		{"stages: [10s:100, 10s:200]", "", "--rate 50 -d 1s", "rate 50.0 lines/s in all 50 lines"},
		{"stages: [10s:100, 10s:200]", "", "--profile steps -d 1s", "rate 1,000 lines/s in all 1,000 lines"},
		{"stages: [10s:100, 10s:200]", "", "-T 0.01 -d 1s", "rate 100 lines/s in all 100 lines"},
		{"stages: [10s:100, 10s:200]", "", "-T 0", "rate as fast as possible"},
		{"stages: [10s:100, 10s:200]", "", "", "rate stages 10s:100,10s:200 in all 3,000 lines"},
		{"stages: [10s:100, 10s:200]", "", "-d 15s", "rate stages 10s:100,5s:200 in all 2,000 lines"},
		{"stages: [10s:100, 10s:200]", "", "-d 10s", "rate 100 lines/s in all 1,000 lines"},
		{"stages: [10s:100, 10s:200]", "", "-d 1m", "rate stages 10s:100,10s:200 in all 3,000 lines"},
		{"stages: 10s:0..20kB", "LOLOGEN_DURATION=1s", "--size 200", "rate stages 1s:0..2kB in all 5 lines"},
		{"stages: 10s:10..20kB", "", "--size 200 -d 20s", "rate stages 10s:10..20kB in all 550 lines"},
		{"stages: 10s:10..20kB", "", "--size 200 -d 2s", "!stages and -d: accepted is one of them"},
		{"stages: 10s:100..1k\nramp-up: 5s", "", "", "rate stages 10s:100..1k"},
		{"ramp-up: 2s", "", "--rate max", "rate as fast as possible"},
		{"ramp-up: 2s", "", "--rate 1k --count 250", "rate ramp up 2s on average 250 lines/s in all 250 lines"},
		{"ramp-up: 2s", "", "--stages 10s:100..1k", "rate stages 10s:100..1k"},
		{"", "LOLOGEN_STAGES=10s:100", "--rate 50 --count 10", "rate 50.0 lines/s in all 10 lines"},
		{"", "LOLOGEN_PROFILE=sine", "--rate 50 --count 10", "rate 50.0 lines/s in all 10 lines"},
		{"", "LOLOGEN_PROFILE=sine", "--stages 1s:7", "rate 7.00 lines/s in all 7 lines"},
		{"", "LOLOGEN_DURATION=1s", "--stages 10s:100", "rate 100 lines/s in all 1,000 lines"},
		{"", "LOLOGEN_RATE=7k", "-T 1 -d 9s", "rate 1.00 lines/s in all 9 lines"},
		{"", "LOLOGEN_INTERVAL=1", "--rate 7k -d 9s", "rate 7,000 lines/s"},
		{"rate: 5", "LOLOGEN_TIMEOUT=0.1", "-d 9s", "rate 10.0 lines/s"},
		{"stages: 10s:5", "LOLOGEN_RATE=9", "-d 9s", "rate 9.00 lines/s in all 81 lines"},
		{"", "LOLOGEN_RATE=9", "--rate 5 -T 1 -d 9s", "rate 5.00 lines/s"}, // which overrides -T
		{"rate: 5\nstages: 10s:5", "LOLOGEN_RATE=9", "-d 9s", "rate 9.00 lines/s"},

		{"", "", "--rate 5 --stages 1s:5", "!--stages and --rate: accepted is one of them"},
		{"", "", "-T 5 --profile sine", "!--profile and -T: accepted is one of them"},
		{"rate: 5\nstages: 10s:5", "", "", "!stages and "},
		{"duration: 5\nstages: 10s:5", "", "", "!duration: accepted is one of them"},
		{"", "LOLOGEN_PROFILE=sine LOLOGEN_RATE=5", "", "!LOLOGEN_PROFILE and LOLOGEN_RATE: accepted is one of them"},
		{"", "LOLOGEN_RATE=0", "-T 1", "!LOLOGEN_RATE \"0\": accepted are lines"}, // although it gives way
		{"", "LOLOGEN_STAGES=1s", "-d 5", "!LOLOGEN_STAGES \"1s\": accepted are TIME:RATE"},
	} {
		args := append(strings.Fields(c.args), "-t", "discard", "--dry-run")
		if c.config != "" {
			path := filepath.Join(t.TempDir(), "lologen.yaml")
			if err := os.WriteFile(path, []byte(c.config), 0o600); err != nil {
				t.Fatal(err)
			}
			args = append(args, "--config", path)
		}
		code, stdout, stderr := program(t, environment(strings.Fields(c.env)), args...)
		said, wanted := strings.Join(strings.Fields(stdout), " "), exitOK
		want, wrong := strings.CutPrefix(c.want, "!")
		if wrong {
			said, wanted = stderr, exitUsage
		}
		for part := range strings.SplitSeq(strings.ReplaceAll(want, " in all ", "\nin all "), "\n") {
			if code != wanted || !strings.Contains(said, part) {
				t.Errorf("%q, %q, %q: exit %d, %s%s; want %s", c.config, c.env, c.args, code, stdout, stderr, part)
			}
		}
	}
}

// TestCutStages: the lines up to the cut are those that there were, and the same times.
func TestCutStages(t *testing.T) {
	for _, c := range []struct {
		in   string
		at   time.Duration
		want string // empty: it cannot be cut there
	}{
		{"1m:500kB..20MB", 20 * time.Second, "20s:500kB..7MB"},
		{"30s:1k,5m:1k..100k,1m:0", 330 * time.Second, "30s:1k,5m0s:1k..100k"},
		{"30s:1k,5m:1k..100k,1m:0", 180 * time.Second, "30s:1k,2m30s:1k..50.5k"},
		{"30s:1k,5m:1k..100k,1m:0", 340 * time.Second, "30s:1k,5m0s:1k..100k,10s:0"},
		{"10s:9..0", time.Second / 2, "500ms:9..8.55"},
		{"10s:0..3GB", time.Second, "1s:0..300MB"},
		{"10s:5..5kB", time.Second, ""},
		{"10s:5..5kB", 10 * time.Second, "10s:5..5kB"},
		{"10s:5", time.Hour, "10s:5"},
	} {
		list, err := parseStages(c.in)
		if err != nil {
			t.Fatal(err)
		}
		whole := slices.Clone(list)
		short, ok := list.cut(c.at)
		if ok != (c.want != "") || ok && short.String() != c.want {
			t.Errorf("%s up to %v is %s, %v; want %s", c.in, c.at, short, ok, c.want)
		}
		if !slices.Equal(list, whole) {
			t.Errorf("%s became %s", c.in, list)
		}
		if !ok {
			continue
		}
		again, err := parseStages(short.String())
		if err != nil {
			t.Fatal(err)
		}
		before, _ := list.schedule(200)
		after, _ := again.schedule(200)
		for k := uint64(0); ; k += 1 + k/9 {
			due, ok := after.At(k)
			was, _ := before.At(k)
			if !ok {
				if was > 0 && was < c.at-1 {
					t.Errorf("%s up to %v lacks line %d, which is due at %v", c.in, c.at, k, was)
				}
				break
			}
			if off := due - was; off < -1 || off > 1 || due >= c.at {
				t.Errorf("%s up to %v: line %d is due at %v, it was at %v", c.in, c.at, k, due, was)
			}
		}
	}
}
