package sinks

import (
	"strconv"
	"strings"
	"testing"

	"github.com/exitfound/lologen/emitter"
)

func TestJournaldSend(t *testing.T) {
	path := socketPath(t)
	l := listenJournal(t, path)
	sink := openWorker(t, t.Context(), testJournal(t, path), journalConfig("two\nlines=x", "T-"))
	want := []journalLine{
		{0, 0, emitter.Debug, "plain"},
		{7, 1, emitter.Info, ""},
		{1 << 20, 1<<64 - 1, emitter.Warning, "\x1b[1;33mcolour\x1b[0m"},
		{3, 4, emitter.Error, "a\nMESSAGE=b\n\n"},
		{4, 5, emitter.Critical, strings.Repeat("é", 20_000)},
	}
	for i, w := range want {
		b := journalBatch(w)
		if n, err := sink.Send(t.Context(), b); n != 1 || err != nil {
			t.Fatalf("line %d: %d, %v", i, n, err)
		}
		got, size := readEntry(t, l)
		wantEntry(t, got, map[string]string{
			"MESSAGE": w.text, "PRIORITY": []string{"7", "6", "4", "3", "2"}[i],
			"SYSLOG_IDENTIFIER": "two\nlines=x", "LOGGER_NAME": "two\nlines=x", "THREAD_NAME": "T-0",
			"STREAM": strconv.Itoa(w.stream), "SEQ": strconv.FormatUint(w.seq, 10),
		})
		if b.Wire != uint64(size) {
			t.Errorf("line %d: %d bytes on the wire, counted %d", i, size, b.Wire)
		}
	}
}

func TestJournaldSendsBatchInOrder(t *testing.T) {
	path := socketPath(t)
	l := listenJournal(t, path)
	sink := openWorker(t, t.Context(), testJournal(t, path), journalConfig("n", ""))
	b := journalBatch(journalLine{text: "a"}, journalLine{seq: 1, text: "b"}, journalLine{seq: 2, text: "c"})
	if n, err := sink.Send(t.Context(), b); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	for i, text := range []string{"a", "b", "c"} {
		got, _ := readEntry(t, l)
		if got["MESSAGE"] != text || got["SEQ"] != strconv.Itoa(i) {
			t.Errorf("entry %d is %v", i, got)
		}
	}
}

func TestJournaldOpener(t *testing.T) {
	o, err := Open("journald", journalConfig("n", ""))
	if err != nil {
		t.Fatal(err)
	}
	if o.Ack != emitter.AckKernel || o.Lines != 1 || o.Bytes != 1<<20 || o.Wait != 0 {
		t.Errorf("opener %+v", o)
	}
}

func TestJournaldOpenWithoutSocket(t *testing.T) {
	path := socketPath(t)
	_, err := testJournal(t, path).opener(journalConfig("n", "")).Open(t.Context(), 0)
	want := "open journald: " + path + ": no such file or directory (is systemd-journald running?)"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestJournaldOpenOnSocketOfTheDead(t *testing.T) {
	path := socketPath(t)
	l := listenJournal(t, path)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := testJournal(t, path).opener(journalConfig("n", "")).Open(t.Context(), 0)
	want := "open journald: " + path + ": connection refused (is systemd-journald running?)"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestJournaldOpenWithoutWayForLargeEntries(t *testing.T) {
	path := socketPath(t)
	listenJournal(t, path)
	s := testJournal(t, path)
	s.enabled = func() bool { return false }
	if _, err := s.opener(journalConfig("n", "")).Open(t.Context(), 0); err == nil {
		t.Error("opened")
	}
}

func TestJournaldSurvivesRestart(t *testing.T) {
	path := socketPath(t)
	l := listenJournal(t, path)
	sink := openWorker(t, t.Context(), testJournal(t, path), journalConfig("n", ""))
	send := func(text string) (int, error) { return sink.Send(t.Context(), journalBatch(journalLine{text: text})) }
	if n, err := send("before"); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	closeJournal(t, l, path)
	n, err := send("while")
	if n != 0 {
		t.Errorf("%d confirmed by nobody", n)
	}
	wantOutcome(t, err, "connection_refused")
	if want := "write to journald: connection refused"; err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
	n, err = send("after")
	if n != 0 {
		t.Errorf("%d confirmed by nobody", n)
	}
	wantOutcome(t, err, "no_such_file_or_directory")
	if want := "connect to journald: " + path + ": no such file or directory"; err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
	l = listenJournal(t, path)
	if n, err := send("again"); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if got, _ := readEntry(t, l); got["MESSAGE"] != "again" {
		t.Errorf("entry %v", got)
	}
}

func TestJournaldSendDoesNotAllocate(t *testing.T) {
	path := socketPath(t)
	go drainJournal(listenJournal(t, path))
	sink := openWorker(t, t.Context(), testJournal(t, path), journalConfig("name", "T-"))
	ctx := t.Context()
	for _, b := range []*emitter.Batch{
		journalBatch(journalLine{text: strings.Repeat("x", 250)}),
		journalBatch(journalLine{text: "two\nlines"}, journalLine{level: emitter.Critical, text: "b"}),
	} {
		send := func() {
			if n, err := sink.Send(ctx, b); n != b.Len() || err != nil {
				t.Fatal(n, err)
			}
		}
		send()
		if got := testing.AllocsPerRun(1000, send); got != 0 {
			t.Errorf("%v allocations for %d lines", got, b.Len())
		}
	}
}
