package sinks

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/exitfound/lologen/emitter"
)

// place is a destination of a test's own.
type place struct {
	opener emitter.Opener
	lines  func() []string // what arrived, once the run is over; nil: nothing can be read back
	kill   func()          // the destination dies; nil: it cannot
}

// places has one for every sink of the table, each made to be read back.
var places = map[string]func(*testing.T) place{
	"console":  consolePlace,
	"file":     filePlace,
	"discard":  func(t *testing.T) place { return place{opener: mustOpen(t, "discard", Config{Workers: 3})} },
	"http":     httpPlace,
	"loki":     lokiPlace,
	"journald": journalPlace,
}

func TestEverySinkHasAPlace(t *testing.T) {
	for _, name := range Names() {
		if places[name] == nil {
			t.Errorf("sink %s is not held to the contract", name)
		}
	}
	if _, err := Open("nowhere", Config{}); err == nil || !strings.Contains(err.Error(), "console, file") {
		t.Errorf("an unknown sink opened: %v", err)
	}
}

func mustOpen(t testing.TB, name string, c Config) emitter.Opener {
	t.Helper()
	o, err := Open(name, c)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func consolePlace(t *testing.T) place {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	var wg sync.WaitGroup
	wg.Go(func() { io.Copy(&text, r) })
	t.Cleanup(func() { w.Close(); r.Close(); wg.Wait() })
	return place{
		opener: mustOpen(t, "console", Config{Workers: 3, Stream: w}),
		lines: func() []string {
			w.Close()
			wg.Wait()
			return split(text.String())
		},
		kill: func() { r.Close() },
	}
}

func filePlace(t *testing.T) place {
	path := filepath.Join(t.TempDir(), "app.log")
	return place{
		opener: mustOpen(t, "file", Config{Workers: 3, Path: path}),
		lines: func() []string {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Error(err)
			}
			return split(string(text))
		},
	}
}

func httpPlace(t *testing.T) place {
	var mu sync.Mutex
	var lines []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, split(string(body))...)
	}))
	t.Cleanup(server.Close)
	return place{
		opener: mustOpen(t, "http", Config{Workers: 3, HTTP: HTTP{URL: server.URL, Method: "POST", ContentType: "text/plain", Lines: 10}}),
		lines:  func() []string { return lines },
		kill:   func() { server.CloseClientConnections(); server.Close() },
	}
}

func split(text string) []string {
	var lines []string
	s := bufio.NewScanner(strings.NewReader(text))
	for s.Scan() {
		lines = append(lines, s.Text())
	}
	return lines
}

// numberedPlan makes lines "stream seq filler" on a destination.
func numberedPlan(p place, count uint64) emitter.Plan {
	return emitter.Plan{
		Workers: 3, Streams: 7, Count: count, Drain: 10 * time.Second, Retries: 1, Sink: p.opener,
		Source: func(int) emitter.Source { return func(*emitter.Record) {} },
		Format: func(int) emitter.Format {
			filler := strings.Repeat("x", 200)
			return func(dst []byte, r *emitter.Record) []byte {
				dst = strconv.AppendInt(dst, int64(r.Stream), 10)
				dst = append(dst, ' ')
				dst = strconv.AppendUint(dst, r.Seq, 10)
				dst = append(dst, ' ')
				return append(dst, filler...)
			}
		},
	}
}

// TestContractDelivers: what is acked has arrived, whole, once, and in its stream's order.
func TestContractDelivers(t *testing.T) {
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			p := places[name](t)
			result, err := emitter.Run(t.Context(), numberedPlan(p, 10_003))
			if err != nil {
				t.Fatal(err)
			}
			if want := (emitter.Lines{Due: 10_003, Acked: 10_003}); result.Lines != want {
				t.Fatalf("lines = %+v, want %+v; %+v", result.Lines, want, result.Failures)
			}
			if result.Bytes.Wire < result.Bytes.Acked {
				t.Errorf("%d bytes of lines went in %d bytes on the wire", result.Bytes.Acked, result.Bytes.Wire)
			}
			if p.lines == nil {
				return
			}
			lines := p.lines()
			if len(lines) != 10_003 {
				t.Errorf("%d lines arrived", len(lines))
			}
			inOrder(t, lines)
		})
	}
}

// inOrder checks that each stream's lines are whole, from 0 up, without a gap.
func inOrder(t *testing.T, lines []string) {
	t.Helper()
	next := make(map[int]int)
	for _, line := range lines {
		var stream, seq int
		var filler string
		if _, err := fmt.Sscanf(line, "%d %d %s", &stream, &seq, &filler); err != nil || len(filler) != 200 {
			t.Fatalf("line %q is not whole: %v", line, err)
		}
		if seq != next[stream] {
			t.Fatalf("stream %d: line %d where %d is next", stream, seq, next[stream])
		}
		next[stream]++
	}
}

// TestContractSurvivesDeath: a destination that dies in mid-run leaves a ledger that balances, and
// what was acked had arrived.
func TestContractSurvivesDeath(t *testing.T) {
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			p := places[name](t)
			if p.kill == nil {
				return // it cannot die: there is nothing to survive
			}
			plan := numberedPlan(p, 0)
			plan.Schedule, plan.Duration, plan.Drain, plan.Retries = emitter.Rate(2000), time.Minute, 100*time.Millisecond, 0
			plan.Every = 100 * time.Millisecond
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var once sync.Once
			plan.OnSnapshot = func(s emitter.Snapshot) {
				if s.Lines.Acked > 100 {
					once.Do(p.kill)
				}
				if s.Lines.Rejected+s.Lines.Unknown > 0 {
					stop()
				}
			}
			result, err := emitter.Run(ctx, plan)
			if err != nil {
				t.Fatal(err)
			}
			l := result.Lines
			if !l.Balanced() || l.Acked == 0 || l.Rejected+l.Unknown == 0 || len(result.Failures) == 0 {
				t.Errorf("lines = %+v, failures = %+v", l, result.Failures)
			}
			for _, f := range result.Failures {
				if f.Reason == "" || f.Reason == "other" || f.First == "" {
					t.Errorf("a failure without a reason: %+v", f)
				}
			}
		})
	}
}

// TestContractEndsWithItsContext: a Send that nobody takes ends with the run.
func TestContractEndsWithItsContext(t *testing.T) {
	for name, opener := range map[string]emitter.Opener{
		"console":             stuckConsole(t),
		"console on a socket": stuckSocket(t),
		"http":                stuckHTTP(t),
	} {
		t.Run(name, func(t *testing.T) {
			plan := numberedPlan(place{opener: opener}, 0)
			plan.Drain = 50 * time.Millisecond
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			result, err := emitter.Run(ctx, plan)
			if err != nil {
				t.Fatal(err)
			}
			if result.Elapsed > 5*time.Second {
				t.Errorf("took %v to end after %v", result.Elapsed, plan.Drain)
			}
			if !result.Lines.Balanced() || result.Lines.Rejected+result.Lines.Unknown == 0 {
				t.Errorf("lines = %+v", result.Lines)
			}
		})
	}
}

func stuckConsole(t *testing.T) emitter.Opener {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return mustOpen(t, "console", Config{Workers: 3, Stream: w})
}

func stuckHTTP(t *testing.T) emitter.Opener {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(func() { close(release); server.Close() })
	return mustOpen(t, "http", Config{Workers: 3, HTTP: HTTP{URL: server.URL, Method: "POST", ContentType: "text/plain"}})
}

// TestContractAllocatesNothing: console, file and discard here; journald and http beside their own
// servers, as what those allocate would be counted, too.
func TestContractAllocatesNothing(t *testing.T) {
	for _, name := range []string{"console", "file", "discard"} {
		t.Run(name, func(t *testing.T) {
			c := Config{Workers: 1, Path: filepath.Join(t.TempDir(), "app.log")}
			var err error
			if c.Stream, err = os.OpenFile(os.DevNull, os.O_WRONLY, 0); err != nil {
				t.Fatal(err)
			}
			defer c.Stream.Close()
			sink, err := mustOpen(t, name, c).Open(t.Context(), 0)
			if err != nil {
				t.Fatal(err)
			}
			b := batchOf("one", "two", "three")
			if n := testing.AllocsPerRun(100, func() {
				if n, err := sink.Send(t.Context(), b); n != 3 || err != nil {
					t.Fatal(n, err)
				}
			}); n != 0 {
				t.Errorf("%v allocations a Send", n)
			}
		})
	}
}

func TestLimitsFitMemory(t *testing.T) {
	for _, workers := range []int{1, 64, 1000, 100_000} {
		l := appendLimits(workers)
		if l.Bytes < 1 || l.Bytes > 128<<10 || l.Bytes*workers > 33<<20 {
			t.Errorf("%d workers: %d bytes each", workers, l.Bytes)
		}
	}
	if !slices.Contains(Names(), "console") {
		t.Error("the default sink is not in the table")
	}
}
