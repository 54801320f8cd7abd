package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/exitfound/lologen/bench/receive"
)

// TestMain lets the test's own binary be a tool.
func TestMain(m *testing.M) {
	if os.Args[0] == "lologen" { // as compare.Server calls it
		serve(os.Args[3])
		return
	}
	if role := os.Getenv("PEERS_TEST_ROLE"); role != "" {
		perform(role, os.Args[1:])
		return
	}
	os.Exit(m.Run())
}

const testLine = "0123456789\n"

// perform is a tool: its arguments are what a goal says.
func perform(role string, args []string) {
	if role == "broken" {
		fmt.Fprintln(os.Stderr, "no idea how to do that")
		os.Exit(1)
	}
	var out io.Writer = os.Stdout
	if role == "connect" {
		c, err := net.Dial("tcp", net.JoinHostPort(args[1], args[2]))
		if err != nil {
			os.Exit(1)
		}
		out = c
	}
	if role == "post" {
		for {
			resp, err := http.Post(args[3], "text/plain", strings.NewReader(strings.TrimSpace(testLine)))
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}
	lines, _ := strconv.Atoi(args[0])
	if role == "idle" {
		lines = 1
	}
	w := bufio.NewWriterSize(out, 64*len(testLine))
	for i := 0; lines == 0 || i < lines; i++ {
		if _, err := w.WriteString(testLine); err != nil {
			return
		}
	}
	w.Flush()
}

func serve(address string) {
	s, err := receive.Listen(receive.Config{Listen: address})
	if err != nil {
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	fmt.Fprintf(os.Stderr, "lologen: listening on %s\n", s.URL())
	_ = s.Serve(ctx)
}

// pretended is an arena in which the test's own binary plays a role.
func pretended(t *testing.T, role string, stdout bool) *arena {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := func(g goal) []string { return []string{strconv.Itoa(g.lines), g.host, g.port, g.url} }
	return &arena{
		ctx: t.Context(), path: path, lologen: path, length: 200 * time.Millisecond,
		env:  append(os.Environ(), "PEERS_TEST_ROLE="+role, "GORACE=atexit_sleep_ms=0"),
		tool: tool{name: role, args: args, stdout: stdout},
	}
}

func TestMeasures(t *testing.T) {
	for _, c := range []struct {
		name    string
		measure func(*arena) (sample, error)
		role    string
		stdout  bool
		size    uint64 // of a line as it is counted
	}{
		{"null", intoNothing, "print", true, uint64(len(testLine))},
		{"pipe", throughPipe, "print", true, uint64(len(testLine))},
		{"tcp, given", overTCP, "print", true, uint64(len(testLine))},
		{"tcp, made", overTCP, "connect", false, uint64(len(testLine))},
		{"http", overHTTP, "post", false, uint64(len(testLine)) - 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := c.measure(pretended(t, c.role, c.stdout))
			if err != nil {
				t.Fatal(err)
			}
			if s.lines < 10 || s.bytes/s.lines != c.size {
				t.Errorf("%d lines of %d bytes in all, want %d bytes a line", s.lines, s.bytes, c.size)
			}
			if s.elapsed <= 0 || s.elapsed > 10*time.Second || s.cpu <= 0 {
				t.Errorf("%v, of which %v CPU", s.elapsed, s.cpu)
			}
			if runtime.GOOS == "linux" && (s.peak < 1<<20 || s.peak > 1<<30) {
				t.Errorf("%d bytes of memory", s.peak)
			}
		})
	}
}

func TestABrokenToolSaysWhy(t *testing.T) {
	for name, measure := range map[string]func(*arena) (sample, error){"null": intoNothing, "pipe": throughPipe, "tcp": overTCP, "http": overHTTP} {
		_, err := measure(pretended(t, "broken", true))
		if !errors.Is(err, errNothing) || !strings.Contains(err.Error(), "no idea") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAToolThatDoesNotDoAsToldIsNoHang: one that makes a line however many it is told to make.
func TestAToolThatDoesNotDoAsToldIsNoHang(t *testing.T) {
	a := pretended(t, "idle", true)
	a.length = time.Minute // however slow this machine starts it
	if _, err := intoNothing(a); !errors.Is(err, errTooFew) {
		t.Errorf("%v", err)
	}
}

func TestAnInterruptEndsARun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	a := pretended(t, "print", true)
	a.ctx, a.length = ctx, time.Hour
	cancel()
	if _, err := throughPipe(a); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestMeter(t *testing.T) {
	var m meter
	began := 0
	r := io.MultiReader(strings.NewReader("one\ntw"), strings.NewReader("o\nthree"))
	if err := m.drain(r, func() { began++ }); err != nil {
		t.Fatal(err)
	}
	if m.lines != 2 || m.bytes != 13 || began != 1 || m.last.Before(m.first) {
		t.Errorf("%+v, began %d times", m, began)
	}
	broken := errors.New("reset")
	if err := m.drain(io.MultiReader(bytes.NewReader(nil), failing{broken}), func() {}); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestMore(t *testing.T) {
	for _, c := range []struct {
		lines, want int
		elapsed     time.Duration
	}{
		{1000, 3000, time.Second}, {1000, 20_000, time.Millisecond}, {1000, 20_000, 0},
	} {
		if got := more(c.lines, c.elapsed, 3*time.Second); got != c.want {
			t.Errorf("%d lines took %v: next %d, want %d", c.lines, c.elapsed, got, c.want)
		}
	}
}
