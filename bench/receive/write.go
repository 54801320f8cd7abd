package receive

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/bench/verify"
)

// writers are those of a report.
var writers = report.Writers[Report]{
	{Name: "text", Extension: ".txt", Write: Report.writeText},
	{Name: "json", Extension: ".json", Write: Report.writeJSON},
}

// Write writes the report in the named format, text or json.
func (r Report) Write(w io.Writer, format string) error { return writers.Write(r, w, format) }

// OpenFile prepares the report file at path, whose extension says what it will hold.
func OpenFile(path string) (*report.File[Report], error) { return writers.OpenFile(path) }

func (r Report) writeText(w io.Writer) error {
	_, err := io.WriteString(w, r.String())
	return err
}

func (r Report) writeJSON(w io.Writer) error {
	b, err := r.JSON()
	if err == nil {
		_, err = w.Write(b)
	}
	return err
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
