package sinks

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/exitfound/lologen/emitter"
)

// socketStream is a stream as systemd hands it out: a socket, which cannot be opened a second time.
func socketStream(t *testing.T) (ours, theirs *os.File) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs = os.NewFile(uintptr(fds[0]), "ours"), os.NewFile(uintptr(fds[1]), "theirs")
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	return ours, theirs
}

func stuckSocket(t *testing.T) emitter.Opener {
	stream, _ := socketStream(t)
	return mustOpen(t, "console", Config{Workers: 3, Stream: stream})
}

func TestConsoleOnASocket(t *testing.T) {
	stream, reader := socketStream(t)
	text := make(chan string)
	go func() {
		var b strings.Builder
		buf := make([]byte, 4096)
		for {
			n, err := reader.Read(buf)
			b.Write(buf[:n])
			if err != nil || n == 0 {
				text <- b.String()
				return
			}
		}
	}()
	plan := numberedPlan(place{opener: mustOpen(t, "console", Config{Workers: 3, Stream: stream})}, 10_003)
	result, err := emitter.Run(t.Context(), plan)
	if err != nil || result.Lines.Acked != 10_003 {
		t.Fatalf("%+v, %v", result.Lines, err)
	}
	stream.Close()
	inOrder(t, split(<-text))
}

func mkfifo(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestFileWaitsForThePipesReader: and delivers then; that the reader leaves is a failure, as a
// file's reader is nobody's business.
func TestFileWaitsForThePipesReader(t *testing.T) {
	path := mkfifo(t)
	go func() {
		f, err := os.Open(path) // waits for a writer
		if err != nil {
			t.Error(err)
			return
		}
		buf := make([]byte, 100)
		f.Read(buf)
		f.Close()
	}()
	plan := numberedPlan(place{opener: mustOpen(t, "file", Config{Workers: 1, Path: path})}, 1000)
	plan.Workers, plan.Streams, plan.Sink.Lines = 1, 1, 1
	plan.Schedule = emitter.Rate(10_000)
	result, err := emitter.Run(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	if l := result.Lines; result.Gone || l.Acked == 0 || l.Rejected == 0 || l.Due != 1000 {
		t.Errorf("gone %v, lines %+v", result.Gone, l)
	}
}

func TestFileDoesNotWaitForEverForThePipesReader(t *testing.T) {
	plan := numberedPlan(place{opener: mustOpen(t, "file", Config{Workers: 1, Path: mkfifo(t)})}, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := emitter.Run(ctx, plan); err == nil || !strings.Contains(err.Error(), "nobody opened the pipe for reading") {
		t.Errorf("err = %v", err)
	}
}

func journalPlace(t *testing.T) place {
	path := socketPath(t)
	l := listenJournal(t, path)
	var lines []string
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 64<<10)
		for {
			n, err := l.Read(buf)
			if err != nil || n == 0 {
				return
			}
			lines = append(lines, parseEntry(t, buf[:n])["MESSAGE"])
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return place{
		opener: testJournal(t, path).opener(journalConfig("contract", "Thread-")),
		lines: func() []string {
			end, err := net.Dial("unixgram", path)
			if err != nil {
				t.Fatal(err)
			}
			defer end.Close()
			if _, err := end.Write(nil); err != nil { // an empty datagram ends the reader, after all others
				t.Fatal(err)
			}
			<-done
			return lines
		},
		kill: func() { closeJournal(t, l, path) },
	}
}

// TestPatientPipe: a pipe that cannot be opened a second time, as it belongs to another user.
func TestPatientPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p := &patient{f: w}
	text := strings.Repeat("0123456789", 50_000)
	got := make(chan string)
	go func() {
		b, err := io.ReadAll(r)
		if err != nil {
			t.Error(err)
		}
		got <- string(b)
	}()
	if n, err := p.Write([]byte(text)); n != len(text) || err != nil {
		t.Errorf("wrote %d of %d bytes: %v", n, len(text), err)
	}
	w.Close()
	if read := <-got; read != text {
		t.Errorf("%d bytes arrived of %d", len(read), len(text))
	}

	full, stuck, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	defer stuck.Close()
	p = &patient{f: stuck}
	time.AfterFunc(50*time.Millisecond, func() { p.SetWriteDeadline(time.Now()) })
	if n, err := p.Write([]byte(text)); !errors.Is(err, os.ErrDeadlineExceeded) || n == 0 || n >= len(text) {
		t.Errorf("wrote %d bytes to a pipe that nobody reads: %v", n, err)
	}
}
