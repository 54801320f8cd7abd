package bench

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/exitfound/lologen/bench/receive"
	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/sinks"
)

// amount is how much was sent, or arrived. The bytes count a newline for every line.
type amount struct{ lines, bytes uint64 }

// destination is one that a benchmark has to itself.
type destination struct {
	opener  emitter.Opener
	arrived func() amount // once the opener is closed; nil: nothing can be asked
	framed  bool          // a line is more on the wire than itself and a newline
	packed  func() uint64 // lines are compressed on the wire: bytes that were to be unpacked at the other end
}

// check holds the destination, and what the sink counted on the wire, to what was sent.
func (d destination) check(tb testing.TB, sent amount, wire uint64) {
	tb.Helper()
	if d.packed != nil {
		if got := d.packed(); got < sent.bytes || wire == 0 {
			tb.Errorf("%d bytes on the wire are %d unpacked, for %d bytes of lines", wire, got, sent.bytes)
		}
		return
	}
	if wire < sent.bytes || wire > sent.bytes && !d.framed {
		tb.Errorf("%d bytes on the wire for %d bytes of lines", wire, sent.bytes)
	}
	if d.arrived == nil {
		return
	}
	if got := d.arrived(); got != sent {
		tb.Errorf("%+v arrived of %+v", got, sent)
	}
}

// destinations are what sinks write to here, by the sink's name.
var destinations = map[string]func(tb testing.TB, workers int) destination{
	"console": toConsole,
	"file":    toFile,
	"http":    toHTTP,
	"loki":    toLoki,
	"discard": toNowhere,
}

func open(tb testing.TB, name string, c sinks.Config) emitter.Opener {
	opener, err := sinks.Open(name, c)
	if err != nil {
		tb.Fatal(err)
	}
	return opener
}

func toNowhere(tb testing.TB, workers int) destination {
	return destination{opener: open(tb, "discard", sinks.Config{Workers: workers})}
}

func toFile(tb testing.TB, workers int) destination {
	path := filepath.Join(tb.TempDir(), "app.log")
	return destination{
		opener: open(tb, "file", sinks.Config{Workers: workers, Path: path}),
		arrived: func() amount {
			f, err := os.Open(path)
			if err != nil {
				tb.Fatal(err)
			}
			defer f.Close()
			return count(tb, f)
		},
	}
}

// toHTTP takes a line a request.
func toHTTP(tb testing.TB, workers int) destination {
	server, err := receive.Listen(receive.Config{Listen: "127.0.0.1:0"})
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(tb.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := server.Serve(ctx); err != nil {
			tb.Error(err)
		}
	})
	tb.Cleanup(func() { cancel(); wg.Wait() })

	http := sinks.HTTP{URL: server.URL(), Method: "POST", ContentType: "text/plain; charset=utf-8"}
	return destination{
		opener: open(tb, "http", sinks.Config{Workers: workers, HTTP: http}),
		framed: true,
		arrived: func() amount {
			got := server.Report().Unidentified
			return amount{got.Lines, got.Bytes + got.Lines}
		},
	}
}

func count(tb testing.TB, r io.Reader) amount {
	got, err := tally(r)
	if err != nil {
		tb.Fatal(err)
	}
	return got
}

// tally reads all of r, with the buffer that cat has.
func tally(r io.Reader) (a amount, err error) {
	buf := make([]byte, 128<<10)
	for {
		n, err := r.Read(buf)
		a.bytes += uint64(n)
		a.lines += uint64(bytes.Count(buf[:n], []byte{'\n'}))
		if err == io.EOF {
			return a, nil
		}
		if err != nil {
			return a, err
		}
	}
}
