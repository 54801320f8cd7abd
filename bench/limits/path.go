package main

import (
	"bytes"
	"errors"
	"time"
)

// blockSize is about how many bytes of lines are handed over at once: more make no path faster,
// and two blocks still fit in a processor's cache.
const blockSize = 64 << 10

// A load is ready-made lines.
type load struct {
	line  []byte // with its newline
	block []byte // of whole lines
	lines int    // in the block
}

func newLoad(size int) load {
	line := append(bytes.Repeat([]byte{'x'}, size-1), '\n')
	lines := max(1, blockSize/size)
	return load{line: line, block: bytes.Repeat(line, lines), lines: lines}
}

// A path is one way out of a process.
type path struct {
	name, about string
	open        func(l load, dir string) (way, error)
}

// paths are listed in the order in which they are measured.
var paths = []path{
	{"copy", "lines appended to a buffer in memory, one by one", openCopy},
	{"devnull", "blocks written to the null device", openDevNull},
	{"pipe", "blocks written to a pipe that the same process drains", openPipe},
	{"pipecat", "blocks written to a pipe that cat > /dev/null drains", openPipeCat},
	{"file", "blocks appended to a new file, which grows", openFile},
	{"tcp", "blocks written to a TCP connection that the same process drains", openTCP},
	{"roundtrip", "one line sent over TCP and one short answer read, in turn", openRoundTrip},
	{"unixgram", "one datagram a line to a Unix socket that the same process drains", openUnixgram},
}

// A way is a path that is open.
type way struct {
	send  func() error // hands lines over
	lines int          // in each send
	most  int          // lines that it should carry in all; 0: no limit
	close func() error // also waits for whoever took the lines
}

// measure returns the lines a second that p carried in about the given time.
func (p path) measure(l load, dir string, d time.Duration) (lines float64, err error) {
	w, err := p.open(l, dir)
	if err != nil {
		return 0, err
	}
	lines, err = w.carry(d)
	return lines, errors.Join(err, w.close())
}

func (w way) carry(d time.Duration) (float64, error) {
	const stride = 16 // sends to one reading of the clock
	start := time.Now()
	for lines := 0; ; {
		for range stride {
			if err := w.send(); err != nil {
				return 0, err
			}
		}
		lines += stride * w.lines
		if t := time.Since(start); t >= d || w.most > 0 && lines >= w.most {
			return float64(lines) / t.Seconds(), nil
		}
	}
}
