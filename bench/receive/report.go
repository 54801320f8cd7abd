package receive

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Report is what a server has received.
type Report struct {
	Version      int        `json:"version"`
	Runs         []struct{} `json:"runs"`         // none: lines are not asked yet which run they are of
	Unidentified Lines      `json:"unidentified"` // so all lines are here
	Requests     uint64     `json:"requests"`     // answered, whatever they brought
	Elapsed      float64    `json:"elapsed"`      // seconds since the server began to listen
	Rate         float64    `json:"rate"`         // lines a second from the first line to the last
}

// Lines is how many, and how many bytes they have without newlines.
type Lines struct {
	Lines uint64 `json:"lines"`
	Bytes uint64 `json:"bytes"`
}

// JSON returns the report in one line.
func (r Report) JSON() ([]byte, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode report: %w", err)
	}
	return append(b, '\n'), nil
}

// String returns the report in a few lines for people.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "received  %s lines, %s bytes, in %s requests\n",
		grouped(r.Unidentified.Lines), grouped(r.Unidentified.Bytes), grouped(r.Requests))
	if r.Rate > 0 {
		fmt.Fprintf(&b, "rate      %s lines a second from the first line to the last\n", grouped(uint64(r.Rate+0.5)))
	}
	fmt.Fprintf(&b, "listened  %.1f s\n", r.Elapsed)
	return b.String()
}

// grouped writes 1234567 as 1,234,567.
func grouped(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// counts are kept by all connections at once. Times are nanoseconds since start, and at least 1.
type counts struct {
	start                  time.Time
	requests, lines, bytes atomic.Uint64
	first, last, end       atomic.Int64
}

// add counts a request, made at now, and the lines it brought.
func (c *counts) add(lines, size int, now time.Time) {
	c.requests.Add(1)
	if lines == 0 {
		return
	}
	at := max(1, int64(now.Sub(c.start)))
	if c.first.Load() == 0 {
		c.first.CompareAndSwap(0, at)
	}
	c.last.Store(at)
	c.bytes.Add(uint64(size))
	c.lines.Add(uint64(lines))
}

func (c *counts) finish() { c.end.Store(max(1, int64(time.Since(c.start)))) }

// Lines is how many lines have been received so far.
func (s *Server) Lines() uint64 { return s.counts.lines.Load() }

// LastLine is when the last line was received; ok is false if there was none.
func (s *Server) LastLine() (at time.Time, ok bool) {
	last := s.counts.last.Load()
	return s.counts.start.Add(time.Duration(last)), last > 0
}

// Report says what has been received so far.
func (s *Server) Report() Report {
	c := &s.counts
	elapsed := time.Duration(c.end.Load())
	if elapsed == 0 {
		elapsed = time.Since(c.start)
	}
	r := Report{
		Version: 1, Runs: []struct{}{}, Requests: c.requests.Load(), Elapsed: elapsed.Seconds(),
		Unidentified: Lines{Lines: c.lines.Load(), Bytes: c.bytes.Load()},
	}
	if span := time.Duration(c.last.Load() - c.first.Load()); span > 0 {
		r.Rate = float64(r.Unidentified.Lines) / span.Seconds()
	}
	return r
}
