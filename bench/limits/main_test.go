package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

func limitsOf(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestEveryPathCarries(t *testing.T) {
	dir := t.TempDir()
	code, out, stderr := limitsOf(t, "-for", "1ms", "-line", "100", "-dir", dir, "-output", "json")
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d, stderr %q", code, stderr)
	}
	var limits []limit
	if err := json.Unmarshal([]byte(out), &limits); err != nil {
		t.Fatal(err)
	}
	if len(limits) != len(paths) {
		t.Fatalf("%d limits of %d paths", len(limits), len(paths))
	}
	for i, l := range limits {
		if l.Path != paths[i].name || l.Error != "" || l.Lines <= 0 || l.Bytes != 100*l.Lines {
			t.Errorf("path %s: %+v", paths[i].name, l)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestMissingPathDoesNotHideOthers(t *testing.T) {
	code, out, _ := limitsOf(t, "-for", "1ms", "-dir", "/nonexistent", "file", "copy")
	rows := strings.Split(strings.TrimSpace(out), "\n")
	if code != 0 || len(rows) != 3 {
		t.Fatalf("exit code %d, output %q", code, out)
	}
	if !strings.Contains(rows[1], "not measured: create file: ") {
		t.Errorf("row of a file that cannot be made: %q", rows[1])
	}
	if fields := strings.Fields(rows[2]); len(fields) != 3 || fields[0] != "copy" {
		t.Errorf("row of the other path: %q", rows[2])
	}
}

func TestWrongUse(t *testing.T) {
	for args, want := range map[string]string{
		"-line 0":      "-line 0: accepted are 1 to 65536",
		"-line 100000": "-line 100000: accepted are 1 to 65536",
		"-for 0s":      "-for 0s: accepted is a time above 0",
		"-lines 5":     "flag provided but not defined: -lines",
		"-output xml":  "-output xml: accepted are text and json",
		"nowhere":      `path "nowhere": known are copy, devnull, pipe, pipecat, file, tcp, roundtrip, unixgram`,
	} {
		code, out, stderr := limitsOf(t, strings.Fields(args)...)
		if code != 2 || out != "" || strings.TrimSpace(stderr) != "limits: "+want {
			t.Errorf("limits %s: exit code %d, stdout %q, stderr %q", args, code, out, stderr)
		}
	}
	if code, _, stderr := limitsOf(t, "-h"); code != 0 || !strings.Contains(stderr, "unixgram   one datagram a line") {
		t.Errorf("limits -h: exit code %d, stderr %q", code, stderr)
	}
}

// TestLoadIsWholeLines: what is called a line is one, whatever its size.
func TestLoadIsWholeLines(t *testing.T) {
	for _, size := range []int{1, 2, 290, blockSize - 1, blockSize} {
		l := newLoad(size)
		if n := bytes.Count(l.block, []byte{'\n'}); n != l.lines || len(l.block) != n*size || len(l.line) != size {
			t.Errorf("size %d: %d lines, %d newlines, %d bytes", size, l.lines, n, len(l.block))
		}
	}
}

func TestWayEndsAtItsMost(t *testing.T) {
	sends := 0
	w := way{send: func() error { sends++; return nil }, lines: 10, most: 100}
	if lines, err := w.carry(time.Hour); err != nil || lines <= 0 || sends != 16 {
		t.Errorf("%v lines a second in %d sends, %v", lines, sends, err)
	}
}
