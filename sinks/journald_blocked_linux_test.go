package sinks

import (
	"context"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coreos/go-systemd/v22/journal"
	"golang.org/x/sys/unix"

	"github.com/exitfound/lologen/emitter"
)

// hasRoom reports whether a write to conn would not block.
func hasRoom(t *testing.T, conn *net.UnixConn) bool {
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	err = raw.Control(func(fd uintptr) {
		n, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, 0)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n > 0
}

type sent struct {
	n   int
	err error
}

// cancelBlocked has sink send b, ends its context when that is blocked, and returns what Send did.
func cancelBlocked(t *testing.T, ctx context.Context, cancel func(), sink emitter.Sink, b *emitter.Batch) sent {
	t.Helper()
	conn := sink.(*journald).conn
	done := make(chan sent, 1)
	go func() {
		n, err := sink.Send(ctx, b)
		done <- sent{n, err}
	}()
	for hasRoom(t, conn) {
		runtime.Gosched()
	}
	cancel()
	select {
	case s := <-done:
		return s
	case <-time.After(20 * time.Second): // only a broken Send takes any time
		t.Fatal("Send goes on after its context")
		return sent{}
	}
}

func TestJournaldContextEndsBlockedSend(t *testing.T) {
	path := socketPath(t)
	l := listenJournal(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	sink := openWorker(t, ctx, testJournal(t, path), journalConfig("n", ""))
	b := journalBatch(make([]journalLine, 100_000)...) // more than any queue holds
	s := cancelBlocked(t, ctx, cancel, sink, b)
	wantOutcome(t, s.err, "timeout")
	if queued := drainQueued(t, l); s.n != queued || s.n == b.Len() {
		t.Errorf("%d confirmed of %d, %d arrived", s.n, b.Len(), queued)
	}
}

// largeJournal counts what takes the way for large entries.
type largeJournal struct {
	message  string
	priority journal.Priority
	fields   map[string]string
	sent     int
}

func (j *largeJournal) send(message string, p journal.Priority, fields map[string]string) error {
	j.message, j.priority, j.fields = message, p, fields
	j.sent++
	return nil
}

func TestJournaldLargeEntry(t *testing.T) {
	path := socketPath(t)
	l := listenJournal(t, path)
	large := &largeJournal{}
	s := testJournal(t, path)
	s.send = large.send
	sink := openWorker(t, t.Context(), s, journalConfig("name", "T-"))
	text := strings.Repeat("0123456789", 1_000_000)
	b := journalBatch(journalLine{text: "small"}, journalLine{stream: 3, seq: 9, level: emitter.Error, text: text},
		journalLine{text: "small again"})
	if n, err := sink.Send(t.Context(), b); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	if large.sent != 1 || large.message != text || large.priority != journal.PriErr {
		t.Errorf("%d large entries of %d bytes, priority %d", large.sent, len(large.message), large.priority)
	}
	wantEntry(t, large.fields, map[string]string{
		"SYSLOG_IDENTIFIER": "name", "LOGGER_NAME": "name", "THREAD_NAME": "T-0", "STREAM": "3", "SEQ": "9",
	})
	for _, want := range []string{"small", "small again"} {
		if got, _ := readEntry(t, l); got["MESSAGE"] != want {
			t.Errorf("entry %q, want %q", got["MESSAGE"], want)
		}
	}
	if b.Wire <= uint64(len(text)) {
		t.Errorf("%d bytes on the wire", b.Wire)
	}
}

func TestJournaldLargeEntryFails(t *testing.T) {
	path := socketPath(t)
	listenJournal(t, path)
	s := testJournal(t, path)
	s.send = func(string, journal.Priority, map[string]string) error {
		return &os.PathError{Op: "open", Path: "/dev/shm/x", Err: syscall.ENOSPC}
	}
	sink := openWorker(t, t.Context(), s, journalConfig("n", ""))
	n, err := sink.Send(t.Context(), journalBatch(journalLine{text: strings.Repeat("x", 10<<20)}))
	if n != 0 {
		t.Errorf("%d confirmed", n)
	}
	wantOutcome(t, err, "no_space_left_on_device")
}

func TestJournaldContextEndsBlockedLargeEntry(t *testing.T) {
	path := socketPath(t)
	listenJournal(t, path)
	large := &largeJournal{}
	s := testJournal(t, path)
	s.send = large.send
	ctx, cancel := context.WithCancel(t.Context())
	sink := openWorker(t, ctx, s, journalConfig("n", ""))
	fill := journalBatch(journalLine{text: "x"})
	for hasRoom(t, sink.(*journald).conn) {
		if n, err := sink.Send(ctx, fill); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	got := cancelBlocked(t, ctx, cancel, sink, journalBatch(journalLine{text: strings.Repeat("x", 10<<20)}))
	wantOutcome(t, got.err, "timeout")
	if got.n != 0 || large.sent != 0 {
		t.Errorf("%d confirmed, %d sent", got.n, large.sent)
	}
}
