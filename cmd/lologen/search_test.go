package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/bench/search"
)

// found runs lologen search in this process and returns its answer.
func found(t *testing.T, want int, args ...string) search.Result {
	t.Helper()
	code, stdout, stderr := program(t, nil, append([]string{"search", "--output", "json"}, args...)...)
	if code != want || stderr != "" {
		t.Fatalf("%v: exit code %d, stderr %q", args, code, stderr)
	}
	var r search.Result
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("%v: %v in %s", args, err, stdout)
	}
	return r
}

// TestSearchKeepsToItsBounds: every step asks for what the search says, of a seed's content, in a
// file of the user's own.
func TestSearchKeepsToItsBounds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	r := found(t, exitOK, "-t", "file", "-p", path, "--size", "200", "--from", "100kB", "--to", "300kB", "--step-duration", "0.2s", "--seed", "9", "--slo", "rate>=0")
	if r.Version != 1 || r.Seed != 9 || r.Ended != search.Reached || !r.LowerBound || r.BoundBy != report.None || r.Broke != nil {
		t.Fatalf("%+v", r)
	}
	lines := 0
	for i, want := range []float64{500, 1000, 1500} {
		if s := r.Steps[i]; s.Rate != want || !s.Passed || len(s.SLO) != 2 || s.Latency.Response.Count != uint64(want/5) {
			t.Errorf("step %d: %+v", i, s)
		}
		lines += int(want / 5)
	}
	if r.Best.Rate != 1500 || r.From != 500 || r.To != 1500 || math.Abs(r.Best.Bytes/r.Best.Achieved-200) > 1e-9 {
		t.Errorf("%+v", r.Best)
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Count(string(text), "\n") != lines {
		t.Errorf("%d lines in the file, want %d; %v", strings.Count(string(text), "\n"), lines, err)
	}
	if r.Warnings == nil || r.Steps[0].Errors == nil {
		t.Error("a list is null")
	}
}

// TestSearchBreaks: nothing listens, so not even the first step passes.
func TestSearchBreaks(t *testing.T) {
	port := freePort(t)
	r := found(t, exitFailed, "-t", "http", "-P", port, "--from", "10", "--step-duration", "0.1s", "--settle", "0.01s", "--retries", "0")
	if r.Best != nil || r.Ended != search.Nothing || len(r.Steps) != 2 || !r.Steps[1].Repeat || r.BoundBy != report.Destination {
		t.Fatalf("%+v", r)
	}
	b := r.Broke
	if b.Rate != 10 || b.SLO != "errors==0" || b.Value != 1 || len(b.Reasons) != 1 || b.Reasons[0].Reason != "connection_refused" {
		t.Errorf("%+v", b)
	}
}

// TestSearchConsole: stdout is for the answer, so the lines go elsewhere.
func TestSearchConsole(t *testing.T) {
	r := found(t, exitOK, "--from", "100", "--to", "100", "--step-duration", "0.1s", "--slo", "rate>=0")
	if r.Best == nil || !strings.Contains(r.Load, "a pipe that is drained") {
		t.Errorf("%+v", r)
	}
}

func TestSearchWrongUse(t *testing.T) {
	for args, want := range map[string]string{
		"--from 2k --to 1k":                    "--from 2k: accepted is at most --to (1k)",
		"--from max":                           `--from "max": accepted are rates other than max`,
		"--to 0":                               `--to "0": accepted are lines a second`,
		"--precision 0%":                       `--precision "0%": accepted is a share from 0.1% to 100%`,
		"--precision fine":                     `--precision "fine"`,
		"--step-duration 0":                    `--step-duration "0"`,
		"--slo fast":                           `--slo "fast"`,
		"--rate 5":                             "unknown flag --rate",
		"--warmup 10s":                         "--warmup 10s: accepted is less than --step-duration (10s)",
		"-t file -p . --size 1":                "--size 1",
		"--output xml":                         `--output "xml": accepted are text, json, html`,
		"-t http --url http://a:b@127.0.0.1/x": "--url",
	} {
		code, stdout, stderr := program(t, nil, append([]string{"search"}, strings.Fields(args)...)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
}

// TestSearchDefaultsBelowTo: a --to below the first step that is the default moves that one.
func TestSearchDefaultsBelowTo(t *testing.T) {
	r := found(t, exitOK, "-t", "discard", "--to", "200", "--step-duration", "0.1s", "--slo", "rate>=0")
	if len(r.Steps) != 1 || r.Steps[0].Rate != 200 {
		t.Errorf("%+v", r.Steps)
	}
}

// TestSearchShrinksRequestsThatNeverFit: a request larger than a destination's burst is refused at
// any rate, which is no limit of what it takes in a second.
func TestSearchShrinksRequestsThatNeverFit(t *testing.T) {
	s := &steps{options: defaults(), search: &searchOptions{}}
	for _, want := range []int{64 << 10, 8125, 4 << 10} {
		size := max(8*want, 10_000)
		if want == 64<<10 {
			size = 1e6
		}
		note, again := s.shrink(float64(size))
		if s.small != want || !again || !strings.Contains(note, fmt.Sprintf("--batch-size %d", want)) || !strings.Contains(note, report.Size(float64(size))) {
			t.Errorf("%d, %v, %q", s.small, again, note)
		}
	}
	if note, again := s.shrink(4000); again || !strings.Contains(note, "--batch-size has to be smaller") {
		t.Errorf("smaller than the smallest: %v, %q", again, note)
	}
	s.batch.Bytes, s.small = 1e6, 0
	if _, again := s.shrink(1e6); again || s.small != 0 {
		t.Errorf("the user's own size: %d, %v", s.small, again)
	}
}
