package receive

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/exitfound/lologen/bench/report"
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

// JSON returns the report in one line.
func (r Report) JSON() ([]byte, error) { return encodeJSON(r) }

func encodeJSON(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode report: %w", err)
	}
	return append(b, '\n'), nil
}

// mostShown is how many runs the text names.
const mostShown = 20

// String returns the report in a few lines for people.
func (r Report) String() string {
	var b strings.Builder
	lines, size := r.received()
	fmt.Fprintf(&b, "received  %s lines, %s bytes, in %s requests%s\n", grouped(lines), grouped(size), grouped(r.Requests), r.answers())
	for _, run := range r.Runs[:min(len(r.Runs), mostShown)] {
		writeRun(&b, run)
	}
	if more := len(r.Runs) - mostShown; more > 0 {
		fmt.Fprintf(&b, "          and %d runs more\n", more)
	}
	if u := r.Unidentified; len(r.Runs) > 0 && u.Lines > 0 {
		fmt.Fprintf(&b, "no run    %s lines, %s bytes\n", grouped(u.Lines), grouped(u.Bytes))
	}
	if u := r.Unidentified; u.Corrupt+u.Untracked > 0 {
		fmt.Fprintf(&b, "          %s of them corrupt, %s of more runs than are remembered\n", grouped(u.Corrupt), grouped(u.Untracked))
	}
	if r.Rate > 0 {
		fmt.Fprintf(&b, "rate      %s lines a second from the first line to the last\n", grouped(uint64(r.Rate+0.5)))
	}
	fmt.Fprintf(&b, "listened  %.1f s\n", r.Elapsed)
	if r.Seed != nil {
		fmt.Fprintf(&b, "faults    seed %d\n", *r.Seed)
	}
	return b.String()
}

// received is how many lines have come, of whatever run, and their bytes.
func (r Report) received() (lines, size uint64) {
	lines, size = r.Unidentified.Lines, r.Unidentified.Bytes
	for _, run := range r.Runs {
		lines, size = lines+run.Lines.Received, size+run.Bytes
	}
	return lines, size
}

// answers names those that did not accept a request.
func (r Report) answers() string {
	var b strings.Builder
	for status := range mostStatus {
		n := r.Answers[status]
		switch {
		case n == 0 || status/100 == 2:
		case status == unanswered:
			fmt.Fprintf(&b, ", %s cut before the answer", grouped(n))
		default:
			fmt.Fprintf(&b, ", %s answered %d", grouped(n), status)
		}
	}
	return b.String()
}

func writeRun(b *strings.Builder, run verify.Run) {
	l := run.Lines
	fmt.Fprintf(b, "run       %s: %s lines of %s streams, %s unique, %s lost, %s duplicated, %s reordered, %s corrupt\n",
		run.RunID, grouped(l.Received), grouped(uint64(run.Streams)), grouped(l.Unique), grouped(l.Lost), grouped(l.Duplicated), grouped(l.Reordered), grouped(l.Corrupt))
	if l.Untracked > 0 {
		fmt.Fprintf(b, "          %s lines are beyond what is remembered: nothing is known of them\n", grouped(l.Untracked))
	}
	if late := run.Latency.EndToEnd; late.Count > 0 {
		fmt.Fprintf(b, "          end to end p50 %s, p99 %s, p99.9 %s, max %s\n",
			report.Length(late.P50), report.Length(late.P99), report.Length(late.P999), report.Length(late.Max))
	}
}

// grouped writes 1234567 as 1,234,567.
func grouped(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
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
