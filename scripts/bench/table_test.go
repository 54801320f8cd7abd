package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// output is go test's, with the suffix that names have on this machine.
func output(lines string) []byte {
	suffix := ""
	if n := runtime.GOMAXPROCS(0); n > 1 {
		suffix = fmt.Sprintf("-%d", n)
	}
	return []byte(strings.ReplaceAll(lines, "-N", suffix))
}

func tableOf(t *testing.T, rounds ...string) *table {
	t.Helper()
	table := newTable(250)
	for _, round := range rounds {
		if err := table.readResults(output(round)); err != nil {
			t.Fatal(err)
		}
	}
	return table
}

func TestTable(t *testing.T) {
	table := tableOf(t, `goos: linux
cpu: Fast One
BenchmarkSink/journald-N      100   5000 ns/op    50.00 MB/s   0 B/op   0 allocs/op
BenchmarkPost-N             29407  20259 ns/op   112 B/op   3 allocs/op
PASS
ok  	github.com/exitfound/lologen/sinks	2.4s
BenchmarkSink/file-N      6254854    400 ns/op   625.00 MB/s   0 B/op   0 allocs/op
BenchmarkPipe/discard/1-N 6254854   20.0 ns/op 12500.00 MB/s   0 B/op   0 allocs/op
BenchmarkScraped/discard-N      1   28.0 ns/op  9000.00 MB/s   0.9991 of-unscraped   0 B/op   0 allocs/op
`, `
BenchmarkScraped/discard-N      1   27.0 ns/op  9500.00 MB/s   0.9500 of-unscraped   0 B/op   0 allocs/op
`, `
BenchmarkScraped/discard-N      1   29.0 ns/op  8900.00 MB/s   1.0200 of-unscraped   0 B/op   0 allocs/op
BenchmarkSink/file-N      6254854    200 ns/op  1250.00 MB/s   0 B/op   0 allocs/op
BenchmarkPipe/discard/1-N 6254854   30.0 ns/op  8333.33 MB/s   1 B/op   1 allocs/op
`)
	if got, want := table.limitsNeeded(), []string{"unixgram", "file", "copy"}; !slices.Equal(got, want) {
		t.Errorf("limits needed are %q, want %q", got, want)
	}
	table.addLimits([]limit{{Path: "copy", Lines: 1e8, Bytes: 25e9}, {Path: "file", Lines: 5e6}, {Path: "unixgram", Error: "no such thing"}})
	table.addLimits([]limit{{Path: "copy", Lines: 2e8, Bytes: 50e9}, {Path: "file", Lines: 4e6}})

	var b strings.Builder
	if err := table.write(&b); err != nil {
		t.Fatal(err)
	}
	_, got, _ := strings.Cut(b.String(), "\n\n")
	want := `
name             ns/line      lines/s    MB/s  allocs  of limit
Sink/journald      5,000      200,000    50.0       0  -
Sink/file            200    5,000,000   1,250       0  100 % of file
Post              20,259       49,361       -       3  -
Pipe/discard/1      20.0   50,000,000  12,500       1  25 % of copy
Scraped/discard     27.0   37,037,037   9,500       0  99.9 % of unscraped
limit copy          5.00  200,000,000  50,000       -  -
limit file           200    5,000,000       -       -  -
limit unixgram was not measured: no such thing
`
	if got != want[1:] {
		t.Errorf("table:\n%s\nwant:%s", got, want)
	}
	if head := b.String(); !strings.HasPrefix(head, "Fast One, ") || !strings.Contains(head, "lines of 250 bytes") {
		t.Errorf("head of %q", head)
	}
}

func TestBrokenResult(t *testing.T) {
	if err := newTable(1).readResults([]byte("BenchmarkX-2  10  soon ns/op\n")); err == nil {
		t.Error("a result without a number was read")
	}
	// What a benchmark logs may look like a result at first sight.
	table := tableOf(t, "BenchmarkX\nBenchmarkY is slow\nBenchmarkZ 1 2 things/op\n")
	if len(table.results) != 0 {
		t.Errorf("results %+v", table.results)
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0.1: "0.10", 1: "1.00", 9.996: "10.0", 28.13: "28.1", 99.96: "100", 100: "100", 999.6: "1,000", 1234567: "1,234,567",
	} {
		if got := number(v); got != want {
			t.Errorf("%v is %s, want %s", v, got, want)
		}
	}
}

func TestWrongUse(t *testing.T) {
	for _, args := range []string{"-time 0s", "-rounds 0", "-x"} {
		var stderr strings.Builder
		if err := run(t.Context(), strings.Fields(args), &stderr, &stderr); err == nil {
			t.Errorf("bench %s ran", args)
		}
	}
}
