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
		"--rate max --streams 200":                                               `1 stream in each.*\n.*streams +200\n +all have lines when about 52,2\d\d are sent, 13\.1 MB`,
		"--rate max --streams 512":                                               `1 stream in each`,
		"--rate max --streams 513":                                               `513 streams in each.*\n.*` + weaker + `.*\n.*streams +513\n +all have lines when about 513 are sent`,
		"--rate max --streams 5000 --workers 4":                                  `1,250 streams in each`,
		"--rate max --streams 4 --workers 4":                                     `1 stream in each.*\nstreams +4\nlabels`,
		"--rate max --streams 5000 -d 2s":                                        `\d streams in each`,
		"--rate max --streams 5000 --streams-per-request 1":                      `1 stream in each.*\nstreams +5000\n +all have lines when about 1,30\d,\d{3} are sent`,
		"--rate max --streams 5000 --count 10M":                                  `1 stream in each.*\nstreams +5000\nlabels`,
		"--rate max --streams 5000 --count 100k":                                 `\d streams in each`,
		"--rate max --streams 5000 --count 17":                                   `17 streams in each.*\n.*\nstreams +5000\n +17 streams at most have lines`,
		"--rate max --tenants 600":                                               `1 stream in each.*\nstreams +600\n +all have lines when about 156,\d{3} are sent`,
		"--rate 100k --streams 10":                                               `1 stream in each`,
		"--rate 1k --streams 100":                                                `100 streams in each`,
		"--rate 1k --streams 10 --level-label --churn 100%/5s -d 10s -l warning": `streams +10 with 3 levels each, 10\.0 replaced by new ones every 5s, up to 90 in all, levels included`,
		"--rate 100k --streams 10 --churn 100%/5s -d 10s":                        `1 stream in each.*\n.*\n +a stream and the one that replaces it can be in one request, and .*\nstreams +10, 10\.0 replaced by new ones every 5s, 30 in all`,
		"--rate 10 -d 5s --streams 100":                                          `streams +100\n +50 streams at most have lines`,
	} {
		if got := dryRun(t, args); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%s: want %s in\n%s", args, want, got)
		}
	}
}

// TestLimitsAhead: the limits of a Loki with default settings that the load will meet, and no others.
func TestLimitsAhead(t *testing.T) {
	const none = "limits +none of a Loki with default settings will be met\n"
	metadata := " --structured-metadata x=" + strings.Repeat("y", 399)
	for args, want := range map[string]string{
		"--rate max --count 100":                                      none,
		"--rate max --count 25k":                                      none, // 6.25 MB: no more than the burst
		"--rate max --count 26k":                                      `limits +rate_limited: as fast as possible, .*\nNothing`,
		"--rate max --count 70k":                                      `limits +rate_limited: .*\n +per_stream_rate_limit: as fast as possible`,
		"--rate max --streams 10 --count 1M":                          `limits +rate_limited: .*\n +per_stream_rate_limit: `,
		"--rate max --streams 20 --count 1M":                          `limits +rate_limited: .*\nNothing`, // 12.5 MB a stream
		"--rate 5MB --streams 10 -d 5s":                               none,
		"--rate 5MB --streams 10 -d 30s":                              `limits +rate_limited: 4\.77 MiB/s`,
		"--rate 5MB --streams 10":                                     `limits +rate_limited: 4\.77 MiB/s`,
		"--profile burst:base=100,peak=100k,period=1m,share=1% -d 1h": `limits +rate_limited: 23\.8 MiB/s`,

		"--rate 10k --streams 10":            none,
		"--rate 10k --streams 10" + metadata: `requests.*\n +.*requests/s\n +with structured metadata 6\.50 MB/s, .*(?s:.*)limits +rate_limited: 6\.2 MiB/s`,

		"--rate 100 --batch-size 8MB":                                                    `up to \d\d,\d{3} lines, 8\.\d* MB, when lines have piled up(?s:.*)limits +rate_limited: 7\.6 MiB, by default at most 6 MiB.*\n +message_too_large: 8\.\d* MiB`,
		"--rate 100 --batch-size 5MB":                                                    `limits +message_too_large: 5\.\d* MiB`,
		"--rate 100 --batch-size 5MB -d 10s":                                             none, // no more lines
		"--rate 100 --batch-size 5MB --burst 1000":                                       none,
		"--rate 100 --batch-size 8MB --batch-lines 9":                                    none,
		"--rate 100 --batch-size 4MB":                                                    `limits +message_too_large: 4\.\d* MiB`, // what is around each line makes it too much
		"--rate 100" + metadata + " --structured-metadata z=" + strings.Repeat("y", 600): `limits +message_too_large`,
	} {
		if got := dryRun(t, args); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%s: want %s in\n%s", args, want, got)
		}
	}
}
