package compare

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/exitfound/lologen/bench/receive"
)

// TestMain lets the test's own binary be the program that Server starts.
func TestMain(m *testing.M) {
	if os.Args[0] == "lologen" {
		pretend(os.Getenv("PRETEND"))
		return
	}
	os.Exit(m.Run())
}

func pretend(what string) {
	switch what {
	case "busy":
		fmt.Fprintln(os.Stderr, "lologen: listen on 127.0.0.1:0: address already in use")
	case "silent":
	default:
		s, err := receive.Listen(receive.Config{Listen: os.Args[3]})
		if err != nil {
			fmt.Fprintln(os.Stderr, "lologen:", err)
			return
		}
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		fmt.Fprintf(os.Stderr, "lologen: listening on %s\n", s.URL())
		_ = s.Serve(ctx)
	}
}

func TestServer(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Server(self, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(s.URL, "text/plain", strings.NewReader("one\ntwo"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 || !strings.Contains(s.Note, "process of its own") {
		t.Errorf("status %d, note %q", resp.StatusCode, s.Note)
	}
	s.End()
	if _, err := http.Post(s.URL, "text/plain", strings.NewReader("three")); err == nil {
		t.Error("it still answers")
	}
}

func TestServerThatDoesNotStart(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string]string{
		"PRETEND=busy":   "start receiver: it did not say where it listens: listen on 127.0.0.1:0: address already in use",
		"PRETEND=silent": "start receiver: it did not say where it listens",
	} {
		if _, err := Server(self, []string{what}); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", what, err, want)
		}
	}
	if _, err := Server(self+".none", nil); err == nil || !strings.HasPrefix(err.Error(), "start receiver: ") {
		t.Errorf("no such program: %v", err)
	}
}

func TestPipeIsDrained(t *testing.T) {
	for name, path := range map[string]string{"by cat": os.Getenv("PATH"), "here": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("PATH", path)
			s, err := Pipe()
			if err != nil {
				t.Fatal(err)
			}
			block := bytes.Repeat([]byte("x"), 1<<20) // more than a pipe holds
			if n, err := s.Stream.Write(block); n != len(block) || err != nil {
				t.Errorf("wrote %d, %v", n, err)
			}
			s.End()
			if _, err := s.Stream.Write(block); err == nil {
				t.Error("the pipe is still open")
			}
			if s.Note == "" {
				t.Error("no note says what it is")
			}
		})
	}
}

func TestFileIsEmptiedAndRemoved(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	const most = 10_000
	s, err := file(most, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(s.Path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for emptied := false; !emptied; {
		before, _ := f.Stat()
		if _, err := f.Write(make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		after, _ := f.Stat()
		emptied = after.Size() < before.Size()
	}
	s.End()
	if _, err := os.Stat(s.Path); !os.IsNotExist(err) {
		t.Errorf("the file is still there: %v", err)
	}
}

func TestGiven(t *testing.T) {
	s := Given("yours")
	s.End()
	if s.Note != "yours" || s.Path+s.URL != "" || s.Stream != nil {
		t.Errorf("%+v", s)
	}
}
