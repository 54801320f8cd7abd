package main

import (
	"strings"
	"testing"
	"time"

	"github.com/exitfound/lologen/bench/receive"
)

func TestFaultFlags(t *testing.T) {
	for _, c := range []struct {
		name, value string
		want        receive.Faults
	}{
		{"fail", "5%", receive.Faults{Fail: 0.05}},
		{"fail", "0%", receive.Faults{}},
		{"fail-status", "429", receive.Faults{FailStatus: 429}},
		{"fail-status", "260", receive.Faults{FailStatus: 260}},
		{"retry-after", "2s", receive.Faults{RetryAfter: 2 * time.Second}},
		{"delay", "50ms..200ms", receive.Faults{Delay: [2]time.Duration{50 * time.Millisecond, 200 * time.Millisecond}}},
		{"delay", "0.1", receive.Faults{Delay: [2]time.Duration{100 * time.Millisecond, 100 * time.Millisecond}}},
		{"delay", "0..1s", receive.Faults{Delay: [2]time.Duration{0, time.Second}}},
		{"stall", "10s/60s", receive.Faults{Stall: 10 * time.Second, StallEvery: time.Minute}},
		{"close", "100%", receive.Faults{Close: 1}},
		{"drop-after-accept", "0.1%", receive.Faults{Drop: 0.001}},
		{"rate-limit", "4MB:1MB", receive.Faults{Rate: 4e6, Burst: 1e6}},
		{"rate-limit", "1KiB/s", receive.Faults{Rate: 1024, Burst: 1024}},
		{"seed", "7", receive.Faults{Seed: 7}},
	} {
		cmd, o := receiveCommand(), defaults()
		if err := cmd.flag(c.name).set(o, c.value); err != nil || o.faults != c.want {
			t.Errorf("--%s %s: %+v, %v; want %+v", c.name, c.value, o.faults, err, c.want)
		}
	}
}

func TestWrongUseOfFaults(t *testing.T) {
	for args, want := range map[string]string{
		"--fail 5":                   `--fail "5": accepted is a share from 0% to 100%`,
		"--fail 0.05":                `--fail "0.05"`,
		"--fail 101%":                `--fail "101%"`,
		"--fail -1%":                 `--fail "-1%"`,
		"--fail NaN%":                `--fail "NaN%"`,
		"--close %":                  `--close "%"`,
		"--drop-after-accept x%":     `--drop-after-accept "x%"`,
		"--fail 1% --fail-status 99": `--fail-status "99": accepted are 400 to 599, and 260`,
		"--fail-status 204":          `--fail-status "204"`,
		"--fail-status 429":          "give --fail, too",
		"--retry-after 1s":           "give --fail or --rate-limit, too",
		"--retry-after soon":         `--retry-after "soon"`,
		"--delay 200ms..50ms":        `--delay "200ms..50ms": accepted are a time`,
		"--delay ..50ms":             `--delay "..50ms"`,
		"--delay 0":                  `--delay "0"`,
		"--stall 60s/10s":            `--stall "60s/10s": accepted is how long and how often, like 10s/60s`,
		"--stall 10s":                `--stall "10s"`,
		"--stall 10s/10s":            `--stall "10s/10s"`,
		"--rate-limit 0":             `--rate-limit "0": accepted are bytes a second and the burst, like 4MB:1MB`,
		"--rate-limit 4MB:":          `--rate-limit "4MB:"`,
		"--rate-limit 4k":            `--rate-limit "4k"`,
		"--seed -1":                  `--seed "-1"`,
	} {
		code, stdout, stderr := program(t, nil, append([]string{"receive", "--listen", "127.0.0.1:0"}, strings.Fields(args)...)...)
		if code != exitUsage || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, want) {
			t.Errorf("%s: code %d, stdout %q, stderr %q; want 2 and %q", args, code, stdout, stderr, want)
		}
	}
}
