package receive

import (
	"sync/atomic"
	"time"

	"github.com/exitfound/lologen/bench/verify"
)

// Report is what a server has received.
type Report struct {
	Version int `json:"version"`
	verify.Totals
	Requests uint64         `json:"requests"`       // that came, those that asked for reports apart
	Answers  map[int]uint64 `json:"answers"`        // requests by the status of the answer; 0: cut before it
	Elapsed  float64        `json:"elapsed"`        // seconds since the server began to listen
	Rate     float64        `json:"rate"`           // lines a second from the first line to the last
	Seed     *uint64        `json:"seed,omitempty"` // of the faults, if there are any
}

// Lines are those of no run, and how many bytes they have without newlines.
type Lines = verify.Unidentified

// Whole is how many different lines have come: those without an identity, which nobody can tell
// apart, and of the others the first of each. Broken lines, and those beyond what is remembered,
// are not in it.
func Whole(c verify.Counts) uint64 {
	u := c.Unidentified
	return c.Lines.Unique + u.Lines - u.Corrupt - u.Untracked
}

// received is how many lines have come, of whatever run, and their bytes.
func (r Report) received() (lines, size uint64) {
	lines, size = r.Unidentified.Lines, r.Unidentified.Bytes
	for _, run := range r.Runs {
		lines, size = lines+run.Lines.Received, size+run.Bytes
	}
	return lines, size
}

const (
	unanswered = 0 // stands for the status of an answer that was never given
	mostStatus = 600
)

// counts are kept by all connections at once. Times are nanoseconds since start, and at least 1.
type counts struct {
	start            time.Time
	answers          [mostStatus]atomic.Uint64
	lines, bytes     atomic.Uint64
	first, last, end atomic.Int64
}

// answered counts a request.
func (c *counts) answered(status int) { c.answers[min(status, mostStatus-1)].Add(1) }

// add counts the lines of a request, taken at now.
func (c *counts) add(lines, size int, now time.Time) {
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

// rate is in lines a second from the first line to the last.
func (c *counts) rate() float64 {
	span := time.Duration(c.last.Load() - c.first.Load())
	if span <= 0 {
		return 0
	}
	return float64(c.lines.Load()) / span.Seconds()
}

// Lines is how many lines have been received so far.
func (s *Server) Lines() uint64 { return s.counts.lines.Load() }

// LastLine is when the last line was received; ok is false if there was none.
func (s *Server) LastLine() (at time.Time, ok bool) {
	last := s.counts.last.Load()
	return s.counts.start.Add(time.Duration(last)), last > 0
}

// Account is what has been received, by run and stream.
func (s *Server) Account() *verify.Account { return s.account }

// Report says what has been received so far.
func (s *Server) Report() Report {
	c := &s.counts
	elapsed := time.Duration(c.end.Load())
	if elapsed == 0 {
		elapsed = time.Since(c.start)
	}
	r := Report{Version: 1, Totals: s.account.Totals(), Answers: map[int]uint64{}, Elapsed: elapsed.Seconds(), Rate: c.rate()}
	if s.faults.random() {
		r.Seed = &s.faults.Seed
	}
	for status := range c.answers {
		if n := c.answers[status].Load(); n > 0 {
			r.Answers[status] = n
			r.Requests += n
		}
	}
	return r
}
