package compare

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/exitfound/lologen/bench/report"
)

// writers are those of a table.
var writers = report.Writers[*Table]{
	{Name: "text", Write: (*Table).Text},
	{Name: "json", Write: (*Table).JSON},
	{Name: "csv", Write: (*Table).CSV},
	{Name: "markdown", Write: (*Table).Markdown},
}

// Formats lists what Write accepts.
func Formats() []string { return writers.Names() }

// Write writes the table in the named format.
func (t *Table) Write(w io.Writer, format string) error { return writers.Write(t, w, format) }

// JSON writes the table as one indented object.
func (t *Table) JSON(w io.Writer) error {
	if err := report.WriteJSON(t, w); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

// columns is the width of a page.
const columns = 100

// Text writes the table for a terminal of 100 columns, with notes below.
func (t *Table) Text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", t.heading())
	if err := t.grid().Text(&b); err != nil {
		return err
	}
	b.WriteByte('\n')
	for _, note := range t.notes() {
		for _, line := range wrap(note.name+": "+note.text, columns) {
			b.WriteString(line + "\n")
		}
	}
	return write(w, b.String())
}

// Markdown writes the table for a page like a README, with notes below.
func (t *Table) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", t.heading())
	if err := t.grid().Markdown(&b); err != nil {
		return err
	}
	b.WriteByte('\n')
	for _, note := range t.notes() {
		fmt.Fprintf(&b, "- **%s**: %s\n", note.name, inMarkdown.Replace(note.text))
	}
	return write(w, b.String())
}

func (t *Table) heading() string { return fmt.Sprintf("seed %d; %s", t.Seed, t.Load) }

func (t *Table) grid() Grid {
	g := Grid{
		Head: []string{"sink", "lines/s", "MB/s", "p50", "p99", "p99.9", "CPU/M", "errors", "acked"},
		Left: 1,
	}
	for _, r := range t.Sinks {
		g.Rows = append(g.Rows, r.cells())
	}
	return g
}

// manyLines make a cost by the line worth telling: below them it is the cost of starting.
const manyLines = 10_000

func (r Row) cells() []string {
	if r.Error != nil {
		return []string{r.Sink, "-", "-", "-", "-", "-", "-", "-", "-"}
	}
	service := []string{"-", "-", "-"}
	if s := r.Service; s.Count > 0 {
		service = []string{report.Length(s.P50), report.Length(s.P99), report.Length(s.P999)}
	}
	cpu := "-"
	if r.Lines.Acked >= manyLines {
		cpu = report.Length(r.CPUPerMillion)
	}
	return []string{
		r.Sink, report.Decimal(r.Rate.Achieved), report.Decimal(r.BytesPerSecond / 1e6),
		service[0], service[1], service[2], cpu, strconv.FormatUint(r.failed(), 10), r.Ack,
	}
}

// failed is how many attempts failed.
func (r Row) failed() (n uint64) {
	for _, f := range r.Errors {
		n += f.Requests
	}
	return n
}

// note is what is to be known about a row or a column.
type note struct{ name, text string }

func (t *Table) notes() []note {
	var list []note
	acks := map[string]bool{}
	for _, r := range t.Sinks {
		if r.Note != "" {
			list = append(list, note{r.Sink, r.Note})
		}
		if len(r.Errors) > 0 {
			list = append(list, note{r.Sink, r.failures()})
		}
		if r.Error != nil {
			list = append(list, note{r.Sink, "not there: " + *r.Error})
		}
		acks[r.Ack] = true
	}
	list = append(list,
		note{"p50, p99, p99.9", "how long one write or request took"},
		note{"CPU/M", "processor time of lologen, no other process, for a million lines"},
		note{"errors", "writes or requests that failed, each attempt counted"})
	if acks["kernel"] {
		list = append(list, note{"acked kernel", "the system call took the line"})
	}
	if acks["response"] {
		list = append(list, note{"acked response", "the server said it has the line"})
	}
	return list
}

// failures is what went wrong, most of it first.
func (r Row) failures() string {
	const most = 3
	var list []string
	for _, f := range r.Errors[:min(len(r.Errors), most)] {
		list = append(list, fmt.Sprintf("%s (%d)", f.Reason, f.Requests))
	}
	if len(r.Errors) > most {
		list = append(list, "...")
	}
	return sentences([]string{
		"failed with " + strings.Join(list, ", "),
		fmt.Sprintf("lines due %d, rejected %d, unknown %d", r.Lines.Due, r.Lines.Rejected, r.Lines.Unknown),
	})
}

// fields are the columns of a CSV.
var fields = []string{
	"sink", "seed", "due", "acked", "rejected", "unknown", "missed",
	"target_lines_per_second", "lines_per_second", "bytes_per_second",
	"service_p50", "service_p99", "service_p99_9", "cpu_per_million", "errors", "ack", "note", "error",
}

// CSV writes the table for a spreadsheet: seconds and bytes, and a line a sink.
func (t *Table) CSV(w io.Writer) error {
	c := csv.NewWriter(w)
	records := [][]string{fields}
	for _, r := range t.Sinks {
		records = append(records, r.record(t.Seed))
	}
	if err := c.WriteAll(records); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

func (r Row) record(seed uint64) []string {
	whole := func(n uint64) string { return strconv.FormatUint(n, 10) }
	number := func(f float64) string { return strconv.FormatFloat(f, 'g', 6, 64) }
	target := ""
	if r.Rate.Target != nil {
		target = number(*r.Rate.Target)
	}
	l, s := r.Lines, r.Service
	if r.Error != nil { // numbers that were not measured are none, or a spreadsheet reckons with them
		record := make([]string, len(fields))
		record[0], record[1], record[len(record)-1] = r.Sink, whole(seed), *r.Error
		return record
	}
	return []string{
		r.Sink, whole(seed), whole(l.Due), whole(l.Acked), whole(l.Rejected), whole(l.Unknown), whole(l.Missed),
		target, number(r.Rate.Achieved), number(r.BytesPerSecond),
		number(s.P50), number(s.P99), number(s.P999), number(r.CPUPerMillion), whole(r.failed()), r.Ack, r.Note, "",
	}
}

// sentences joins what there is of the parts.
func sentences(parts []string) string {
	var list []string
	for _, p := range parts {
		if p != "" {
			list = append(list, p)
		}
	}
	return strings.Join(list, "; ")
}
