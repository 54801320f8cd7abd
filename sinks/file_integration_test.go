//go:build integration && linux

package sinks

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/exitfound/lologen/emitter"
)

// TestIntegrationFileDiskFull: a full disk is named, its lines are rejected, one line at most is
// cut, and when there is room again the next line begins on its own.
func TestIntegrationFileDiskFull(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Fatalf("mount a small tmpfs (needs root): %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	path, ballast := filepath.Join(dir, "app.log"), filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 960<<10), 0o600); err != nil {
		t.Fatal(err)
	}

	plan := numberedPlan(place{opener: mustOpen(t, "file", Config{Workers: 3, Path: path})}, 0)
	plan.Schedule, plan.Duration, plan.Identify = emitter.Rate(500), 3*time.Second, true
	plan.Every = 50 * time.Millisecond
	var removed bool
	plan.OnSnapshot = func(s emitter.Snapshot) {
		if s.Lines.Rejected > 100 && !removed {
			removed = os.Remove(ballast) == nil
		}
	}
	result, err := emitter.Run(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	l := result.Lines
	if !removed || l.Due != 1500 || l.Rejected < 100 || l.Unknown != 0 || !l.Balanced() {
		t.Errorf("lines = %+v", l)
	}
	if len(result.Failures) != 1 || result.Failures[0].Reason != "no_space_left_on_device" || !strings.Contains(result.Failures[0].First, path) {
		t.Errorf("failures = %+v", result.Failures)
	}

	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := split(string(text))
	whole := whole(lines)
	if uint64(len(whole)) != l.Acked || len(lines) != len(whole)+1 {
		t.Errorf("the file has %d lines, %d of them whole; %d are acked; one was to be cut", len(lines), len(whole), l.Acked)
	}
	if last := lines[len(lines)-1]; last != whole[len(whole)-1] {
		t.Errorf("the last line is %q: room came back, and lines with it", last)
	}
	notRejected(t, whole, result.Streams)
}

// whole returns the lines that are not cut.
func whole(lines []string) []string {
	var list []string
	for _, line := range lines {
		if strings.HasSuffix(line, strings.Repeat("x", 200)) && strings.Count(line, " ") == 2 {
			list = append(list, line)
		}
	}
	return list
}

// notRejected checks the ledger against what is stored, by stream and number.
func notRejected(t *testing.T, lines []string, streams []emitter.StreamLedger) {
	t.Helper()
	stored := make(map[string]bool)
	for _, line := range lines {
		stream, rest, _ := strings.Cut(line, " ")
		seq, _, _ := strings.Cut(rest, " ")
		stored[stream+" "+seq] = true
	}
	for _, s := range streams {
		for seq := range s.Next {
			key := strings.Join([]string{strconv.Itoa(s.Stream), strconv.FormatUint(seq, 10)}, " ")
			if stored[key] == within(s.Rejected, seq) {
				t.Fatalf("stream and line %s: stored %v, rejected %v", key, stored[key], within(s.Rejected, seq))
			}
		}
	}
}

func within(ranges []emitter.Range, seq uint64) bool {
	for _, r := range ranges {
		if r.From <= seq && seq <= r.To {
			return true
		}
	}
	return false
}
