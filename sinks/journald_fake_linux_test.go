package sinks

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/coreos/go-systemd/v22/journal"
	"golang.org/x/sys/unix"

	"github.com/exitfound/lologen/emitter"
)

// journalLine is a line for a journal's batch.
type journalLine struct {
	stream int
	seq    uint64
	level  emitter.Level
	text   string
}

func journalBatch(lines ...journalLine) *emitter.Batch {
	b := &emitter.Batch{}
	format := func(dst []byte, r *emitter.Record) []byte { return append(dst, r.Message...) }
	for _, l := range lines {
		b.Add(format, &emitter.Record{Stream: l.stream, Seq: l.seq, Level: l.level, Message: []byte(l.text)}, 0)
	}
	return b
}

// socketPath is short enough for a socket's address, as t.TempDir need not be.
func socketPath(t testing.TB) string {
	dir, err := os.MkdirTemp("", "journald")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "socket")
}

func listenJournal(t testing.TB, path string) *net.UnixConn {
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// closeJournal is what the end of a journald leaves: its socket is gone.
func closeJournal(t testing.TB, l *net.UnixConn, path string) {
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
}

// testJournal is a socket at path, without a way for large entries.
func testJournal(t testing.TB, path string) journalSocket {
	return journalSocket{
		path:    path,
		enabled: func() bool { return true },
		send: func(string, journal.Priority, map[string]string) error {
			t.Error("an entry was taken for a large one")
			return nil
		},
	}
}

func journalConfig(logger, thread string) Config {
	return Config{Workers: 1, Logger: logger, Thread: func(worker int) string { return thread + strconv.Itoa(worker) }}
}

func openWorker(t testing.TB, ctx context.Context, s journalSocket, c Config) emitter.Sink {
	sink, err := s.opener(c).Open(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sink.Close(); err != nil {
			t.Error(err)
		}
	})
	return sink
}

func readEntry(t testing.TB, l *net.UnixConn) (fields map[string]string, size int) {
	buf := make([]byte, 1<<20)
	if err := l.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	n, err := l.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return parseEntry(t, buf[:n]), n
}

// drainQueued returns how many entries waited to be read.
func drainQueued(t testing.TB, l *net.UnixConn) (n int) {
	raw, err := l.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1<<20)
	err = raw.Read(func(fd uintptr) bool {
		for {
			if _, _, err := unix.Recvfrom(int(fd), buf, unix.MSG_DONTWAIT); err != nil {
				return true
			}
			n++
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func wantOutcome(t testing.TB, err error, reason string) {
	t.Helper()
	var o *emitter.Outcome
	if !errors.As(err, &o) {
		t.Fatalf("error %v is no Outcome", err)
	}
	if o.Unknown || o.Retry || o.Gone {
		t.Errorf("outcome %+v, want rejected for good, and the destination not given up", o)
	}
	if o.Reason != reason {
		t.Errorf("reason %q, want %q (%v)", o.Reason, reason, err)
	}
}

// drainJournal reads until l is closed.
func drainJournal(l *net.UnixConn) {
	buf := make([]byte, 1<<20)
	for {
		if _, err := l.Read(buf); err != nil {
			return
		}
	}
}
