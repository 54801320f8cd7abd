package main

import (
	"regexp"
	"strings"
	"testing"
)

// dryRun is what lologen says of a load on a Loki, without sending it.
func dryRun(t *testing.T, args string) string {
	t.Helper()
	code, stdout, stderr := program(t, nil, append(strings.Fields(args), "-t", "loki", "--dry-run", "-c", "never", "--seed", "1", "--size", "250")...)
	if code != exitOK {
		t.Fatalf("%s: exit %d: %s", args, code, stderr)
	}
	return stdout
}

// TestStreamsPerRequest: one where that fills a request, unless most streams would have to wait for it.
func TestStreamsPerRequest(t *testing.T) {
	const weaker = "Loki's 204 speaks for the last one only"
	for args, want := range map[string]string{
		"--rate max --streams 200":                          `1 stream in each.*\n.*streams +200\n +all have lines when about 52,2\d\d are sent, 13\.1 MB`,
		"--rate max --streams 512":                          `1 stream in each`,
		"--rate max --streams 513":                          `513 streams in each.*\n.*` + weaker + `.*\n.*streams +513\n +all have lines when about 513 are sent`,
		"--rate max --streams 5000 --workers 4":             `1,250 streams in each`,
		"--rate max --streams 4 --workers 4":                `1 stream in each.*\nstreams +4\nlabels`,
		"--rate max --streams 5000 -d 2s":                   `\d streams in each`,
		"--rate max --streams 5000 --streams-per-request 1": `1 stream in each.*\nstreams +5000\n +all have lines when about 1,30\d,\d{3} are sent`,
		"--rate max --streams 5000 --count 10M":             `1 stream in each.*\nstreams +5000\nlabels`,
		"--rate max --streams 5000 --count 100k":            `\d streams in each`,
		"--rate max --streams 5000 --count 17":              `17 streams in each.*\n.*\nstreams +5000\n +17 streams at most have lines`,
		"--rate max --tenants 600":                          `1 stream in each.*\nstreams +600\n +all have lines when about 156,\d{3} are sent`,
		"--rate 100k --streams 10":                          `1 stream in each`,
		"--rate 1k --streams 100":                           `100 streams in each`,
		"--rate 10 -d 5s --streams 100":                     `streams +100\n +50 streams at most have lines`,
	} {
		if got := dryRun(t, args); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%s: want %s in\n%s", args, want, got)
		}
	}
}
