package bench

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/valyala/fasthttp"

	"github.com/exitfound/lologen/sinks"
)

// roleVar tells a process that it is the other end of a benchmark: what reads a pipe or answers
// pushes is mostly a process of its own.
const roleVar = "LOLOGEN_BENCH_ROLE"

var roles = map[string]func() error{"drain": drain, "push": takePushes}

// TestMain lets this program be its own other end.
func TestMain(m *testing.M) {
	role := roles[os.Getenv(roleVar)]
	if role == nil {
		os.Exit(m.Run())
	}
	if err := role(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// other starts the other end in the named role.
func other(role string, stdin, stdout *os.File) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVar+"="+role, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	if stdin != nil {
		cmd.Stdin = stdin
	}
	if stdout != nil {
		cmd.Stdout = stdout
	}
	return cmd
}

// drain is `| cat > /dev/null`, one that counts.
func drain() error {
	got, err := tally(os.Stdin)
	if err != nil {
		return err
	}
	fmt.Println(got.lines, got.bytes)
	return nil
}

// toConsole is a pipe to another process, as the reader of a pipe mostly is one. Counting newlines
// costs it 1 µs for 64 KiB, beside 6 for reading them.
func toConsole(tb testing.TB, workers int) destination {
	r, w, err := os.Pipe()
	if err != nil {
		tb.Fatal(err)
	}
	reader := other("drain", r, nil)
	var said bytes.Buffer
	reader.Stdout = &said
	if err := reader.Start(); err != nil {
		tb.Fatal(err)
	}
	r.Close()
	wait := sync.OnceValue(func() error {
		w.Close()
		return reader.Wait()
	})
	tb.Cleanup(func() { _ = wait() })

	return destination{
		opener: open(tb, "console", sinks.Config{Workers: workers, Stream: w}),
		arrived: func() (a amount) {
			if err := wait(); err != nil {
				tb.Fatal(err)
			}
			if _, err := fmt.Sscan(said.String(), &a.lines, &a.bytes); err != nil {
				tb.Fatalf("read what the reader counted, %q: %v", said.String(), err)
			}
			return a
		},
	}
}

// takePushes answers every request with 204 until its stdin ends. It unpacks nothing, but adds up
// how long the snappy blocks say that they are.
func takePushes() error {
	var unpacked atomic.Uint64
	server := fasthttp.Server{
		MaxRequestBodySize: 64 << 20,
		Handler: func(ctx *fasthttp.RequestCtx) {
			size, _ := binary.Uvarint(ctx.Request.Body())
			unpacked.Add(size)
			ctx.SetStatusCode(fasthttp.StatusNoContent)
		},
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = listener.Close()
	}()
	if err := server.Serve(listener); err != nil && !strings.Contains(err.Error(), "closed") {
		return err
	}
	fmt.Println(unpacked.Load())
	return nil
}

// toLoki is an endpoint that reads pushes and answers, in a process of its own.
func toLoki(tb testing.TB, workers int) destination {
	cmd := other("push", nil, nil)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	said := bufio.NewReader(stdout)
	address, err := said.ReadString('\n')
	if err != nil {
		tb.Fatal(err)
	}
	end := sync.OnceValues(func() (total uint64, err error) {
		_ = stdin.Close()
		_, err = fmt.Fscan(said, &total)
		if ended := cmd.Wait(); err == nil {
			err = ended
		}
		return total, err
	})
	tb.Cleanup(func() { _, _ = end() })
	return destination{
		opener: open(tb, "loki", sinks.Config{
			Workers: workers, HTTP: sinks.HTTP{URL: "http://" + strings.TrimSpace(address)},
			Loki: sinks.Loki{Labels: []sinks.LabelValues{{Name: "job", Values: []string{"bench"}}}, Streams: workers},
		}),
		packed: func() uint64 {
			total, err := end()
			if err != nil {
				tb.Fatal(err)
			}
			return total
		},
	}
}
