package compare

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/exitfound/lologen/bench/report"
)

var update = flag.Bool("update", false, "write the goldens anew")

// golden compares got with the file of that name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got:\n%s\nwant:\n%s", name, got, want)
	}
}

// ran is the report of a run on a sink.
func ran(sink, ack string, lines report.Lines, target *float64) *report.Report {
	r := &report.Report{
		Window: 5, Elapsed: 5.01,
		Plan:  report.Plan{Sink: sink, Ack: ack},
		Lines: lines, Bytes: report.Bytes{Acked: lines.Acked * 251},
		Rate:    report.Rate{Target: target, Achieved: float64(lines.Acked) / 5},
		Latency: report.Latency{Service: report.Summary{Count: lines.Due, P50: 30e-9, P99: 54.8e-6, P999: 2.01e-3}},
		Errors:  []report.Failure{},
		Usage:   report.Usage{CPU: 1.25, Cores: 2},
		Verdict: report.Verdict{Balanced: true, Ended: report.Complete, BoundBy: report.None},
	}
	return r
}

// mixed is a table of all that a row can be.
func mixed() *Table {
	t := New(18_446_744_073_709_551_615, "logfmt, 2 workers, --rate 100k, 5.00 s for each sink")
	rate := 100_000.0
	t.Add(ran("discard", "kernel", report.Lines{Due: 500_000, Acked: 500_000}, &rate), "nobody gets the lines")
	unreached := ran("file", "kernel", report.Lines{Due: 500_000, Acked: 400_000, Missed: 100_000}, &rate)
	unreached.Verdict.BoundBy, unreached.Verdict.BoundWhy = report.Destination, "2 workers spent 98 % of their time sending."
	t.Add(unreached, "a temporary file", "")
	failing := ran("http", "response", report.Lines{Due: 5000, Acked: 4900, Rejected: 60, Unknown: 40}, &rate)
	failing.Verdict.Ended = report.Stopped
	failing.Errors = []report.Failure{
		{Reason: "connection_refused", Lines: 60, Requests: 70}, {Reason: "http_503", Status: 503, Lines: 40, Requests: 40},
		{Reason: "a|b", Requests: 1}, {Reason: "timeout", Requests: 1},
	}
	t.Add(failing, "POST http://127.0.0.1:8000/")
	t.AddAbsent("journald", errors.New("open journald: /run/systemd/journal/socket: no such file or directory\n\x1b[31m(is systemd-journald running?)"))
	return t
}

func TestGoldens(t *testing.T) {
	for _, format := range Formats() {
		var b bytes.Buffer
		if err := mixed().Write(&b, format); err != nil {
			t.Errorf("%s: %v", format, err)
		}
		golden(t, "mixed."+format, b.Bytes())
	}
	if err := mixed().Write(&bytes.Buffer{}, "xml"); err == nil || !strings.Contains(err.Error(), "markdown") {
		t.Errorf("xml: %v", err)
	}
}

func TestTextFits(t *testing.T) {
	var b bytes.Buffer
	if err := mixed().Text(&b); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if utf8.RuneCountInString(line) > columns+1 || strings.ContainsRune(line, '\x1b') {
			t.Errorf("%q does not fit on a page", line)
		}
	}
}

func TestJSONShape(t *testing.T) {
	var b bytes.Buffer
	if err := mixed().JSON(&b); err != nil {
		t.Fatal(err)
	}
	var table struct {
		Version int
		Sinks   []map[string]any
	}
	if err := json.Unmarshal(b.Bytes(), &table); err != nil || table.Version != 1 || len(table.Sinks) != 4 {
		t.Fatalf("%v, %+v", err, table)
	}
	for i, row := range table.Sinks {
		for _, key := range []string{"sink", "lines", "rate", "bytes_per_second", "service", "cpu_per_million", "errors", "ack", "note", "error"} {
			if _, ok := row[key]; !ok {
				t.Errorf("row %d has no %s", i, key)
			}
		}
		if row["errors"] == nil || (row["error"] == nil) == (row["sink"] == "journald") {
			t.Errorf("row %d: errors %v, error %v", i, row["errors"], row["error"])
		}
	}
	if got := table.Sinks[0]["cpu_per_million"]; got != 2.5 {
		t.Errorf("1.25 s for 500,000 lines are %v a million", got)
	}
	if got := table.Sinks[0]["bytes_per_second"]; got != 25_100_000.0 {
		t.Errorf("500,000 lines of 251 bytes in 5 s are %v bytes/s", got)
	}
}

func TestCSVIsATable(t *testing.T) {
	var b bytes.Buffer
	if err := mixed().CSV(&b); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&b).ReadAll() // of equal lengths, or it is an error
	if err != nil || len(records) != 5 {
		t.Errorf("%d records, %v", len(records), err)
	}
}

func TestMeasured(t *testing.T) {
	if n := mixed().Measured(); n != 3 {
		t.Errorf("%d rows of runs, want 3", n)
	}
	none := New(1, "")
	none.AddAbsent("http", errors.New("no"))
	if n := none.Measured(); n != 0 {
		t.Errorf("%d rows of runs, want none", n)
	}
}

// TestAnUnbalancedLedgerIsSaid: nobody may take such a row for a result.
func TestAnUnbalancedLedgerIsSaid(t *testing.T) {
	r := ran("file", "kernel", report.Lines{Due: 2, Acked: 1}, nil)
	r.Verdict.Balanced = false
	table := New(1, "")
	table.Add(r)
	if !strings.Contains(table.Sinks[0].Note, "DOES NOT BALANCE") {
		t.Errorf("note %q", table.Sinks[0].Note)
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestWriteErrors(t *testing.T) {
	for _, format := range Formats() {
		if err := mixed().Write(full{}, format); err == nil || !strings.HasPrefix(err.Error(), "write table: ") {
			t.Errorf("%s: %v", format, err)
		}
	}
}
