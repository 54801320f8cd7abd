//go:build integration && linux

package sinks

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/exitfound/lologen/emitter"
)

// These tests need a running systemd-journald: scripts/journald up.

// stored is an entry as journalctl shows it.
type stored map[string]field

// field is text, or the numbers of its bytes where they are not all printable.
type field string

func (f *field) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		*f = field(text)
		return nil
	}
	var numbers []int
	if err := json.Unmarshal(data, &numbers); err != nil {
		return fmt.Errorf("read field %.40s: %w", data, err)
	}
	raw := make([]byte, len(numbers))
	for i, n := range numbers {
		raw[i] = byte(n)
	}
	*f = field(raw)
	return nil
}

// journalName is an identifier that no other entry of the journal has.
func journalName(t *testing.T) string {
	return fmt.Sprintf("lologen-%s-%d-%d", t.Name(), os.Getpid(), time.Now().UnixNano())
}

// readBack asks the journal until it holds count entries of that name: the socket takes an
// entry before it can be read.
func readBack(t *testing.T, name string, count int) []stored {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		entries := askJournal(t, name)
		if len(entries) >= count {
			return entries
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%d entries of %d in the journal", len(entries), count)
		}
	}
}

func askJournal(t *testing.T, name string) (entries []stored) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "journalctl", "--quiet", "--no-pager", "--all", "-o", "json",
		"--output-fields=MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,LOGGER_NAME,THREAD_NAME,STREAM,SEQ", "SYSLOG_IDENTIFIER="+name)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil && stderr.Len() > 0 { // nothing found is a failure without a word
		t.Fatalf("journalctl: %v: %s", err, stderr.String())
	}
	d := json.NewDecoder(bytes.NewReader(out))
	for {
		var e stored
		switch err := d.Decode(&e); err {
		case nil:
			entries = append(entries, e)
		case io.EOF:
			return entries
		default:
			t.Fatalf("entry %d: %v", len(entries), err)
		}
	}
}

func openJournal(t *testing.T, name string, workers int) (sinks []emitter.Sink) {
	t.Helper()
	c := Config{Workers: workers, Logger: name, Thread: func(w int) string { return "Thread-" + strconv.Itoa(w) }}
	o, err := Open("journald", c)
	if err != nil {
		t.Fatal(err)
	}
	for w := range workers {
		s, err := o.Open(t.Context(), w)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		sinks = append(sinks, s)
	}
	return sinks
}

func wantStored(t *testing.T, got stored, name string, worker int, l journalLine) {
	t.Helper()
	want := stored{
		"MESSAGE": field(l.text), "PRIORITY": field([]string{"7", "6", "4", "3", "2"}[l.level]),
		"SYSLOG_IDENTIFIER": field(name), "LOGGER_NAME": field(name), "THREAD_NAME": field("Thread-" + strconv.Itoa(worker)),
		"STREAM": field(strconv.Itoa(l.stream)), "SEQ": field(strconv.FormatUint(l.seq, 10)),
	}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s is %.200q (%d bytes), want %.200q (%d)", k, got[k], len(got[k]), v, len(v))
		}
	}
}

// streamLine is line seq of a stream: every level, with and without colour, newlines now and then.
func streamLine(stream int, seq uint64) journalLine {
	l := journalLine{stream, seq, emitter.Level(seq % emitter.Levels), fmt.Sprintf("stream=%d seq=%d ü", stream, seq)}
	switch seq % 7 {
	case 1:
		l.text = "\x1b[0;32m" + l.text + "\x1b[0m"
	case 2:
		l.text += "\nMESSAGE=no field\n"
	}
	return l
}

func TestIntegrationJournald(t *testing.T) {
	const workers, streams, each = 3, 7, 1000
	name := journalName(t)
	for w, sink := range openJournal(t, name, workers) {
		for seq := range uint64(each) {
			for stream := w; stream < streams; stream += workers {
				if n, err := sink.Send(t.Context(), journalBatch(streamLine(stream, seq))); n != 1 || err != nil {
					t.Fatal(n, err)
				}
			}
		}
	}
	entries := readBack(t, name, streams*each)
	if len(entries) != streams*each {
		t.Errorf("%d entries, want %d", len(entries), streams*each)
	}
	var next [streams]uint64
	for _, e := range entries {
		stream, err := strconv.Atoi(string(e["STREAM"]))
		if err != nil || stream < 0 || stream >= streams {
			t.Fatalf("stream %q", e["STREAM"])
		}
		wantStored(t, e, name, stream%workers, streamLine(stream, next[stream]))
		next[stream]++
		if t.Failed() {
			t.FailNow()
		}
	}
}

func TestIntegrationJournaldLongLines(t *testing.T) {
	name := journalName(t)
	sink := openJournal(t, name, 1)[0]
	var lines []journalLine
	for i, size := range []int{40_000, 300_000, 10, 200_000, 220_000, 1_000_000} {
		text := strings.Repeat(fmt.Sprintf("line %d of %d bytes; ", i, size), size/10)[:size-1]
		lines = append(lines, journalLine{0, uint64(i), emitter.Level(i % emitter.Levels), text + "."})
	}
	lines = append(lines, journalLine{0, 6, emitter.Info, strings.Repeat("a\nb", 100_000)})
	if n, err := sink.Send(t.Context(), journalBatch(lines...)); n != len(lines) || err != nil {
		t.Fatal(n, err)
	}
	entries := readBack(t, name, len(lines))
	if len(entries) != len(lines) {
		t.Fatalf("%d entries, want %d", len(entries), len(lines))
	}
	for i, e := range entries {
		wantStored(t, e, name, 0, lines[i])
	}
}

func TestIntegrationJournaldBatches(t *testing.T) {
	const batches, each = 100, 50
	name := journalName(t)
	sink := openJournal(t, name, 1)[0]
	for b := range uint64(batches) {
		var lines []journalLine
		for i := range uint64(each) {
			lines = append(lines, streamLine(0, b*each+i))
		}
		if n, err := sink.Send(t.Context(), journalBatch(lines...)); n != each || err != nil {
			t.Fatal(n, err)
		}
	}
	entries := readBack(t, name, batches*each)
	for i, e := range entries {
		wantStored(t, e, name, 0, streamLine(0, uint64(i)))
		if t.Failed() {
			t.FailNow()
		}
	}
}
