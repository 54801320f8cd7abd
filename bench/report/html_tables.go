package report

import (
	"cmp"
	"fmt"

	"github.com/exitfound/lologen/bench/scrape"
)

// latencyTable is the text report's, with the mean.
func (r *Report) latencyTable() table {
	t := table{
		Caption: "Latency of the whole run",
		Head:    []string{"clock", "min", "mean", "p50", "p90", "p99", "p99.9", "max", "count"},
		Rows:    [][]string{r.Latency.Response.cells("response"), r.Latency.Service.cells("service")},
	}
	if r.Latency.Schedule != nil {
		t.Rows = append(t.Rows, r.Latency.Schedule.cells("schedule"))
	}
	if r.Rate.Target == nil {
		t.Note = "The response times of an unpaced run are not free of coordinated omission."
	}
	return t
}

func (s Summary) cells(name string) []string {
	row := []string{name}
	for _, v := range []float64{s.Min, s.Mean, s.P50, s.P90, s.P99, s.P999, s.Max} {
		row = append(row, s.text(v))
	}
	return append(row, count(s.Count))
}

// mostFailures bounds a table of reasons.
const mostFailures = 30

func (r *Report) errorTables() []table {
	if len(r.Errors) == 0 {
		return nil
	}
	t := table{
		Caption: "Why requests failed",
		Head:    []string{"reason", "status", "lines", "requests", "first after"},
	}
	for _, f := range r.Errors[:min(len(r.Errors), mostFailures)] {
		status := "-"
		if f.Status != 0 {
			status = fmt.Sprint(f.Status)
		}
		cells := []string{Clean(f.Reason), status, count(f.Lines), count(f.Requests), Length(f.At)}
		t.Wordy = append(t.Wordy, wordy{cells, Clean(f.First)})
	}
	if more := len(r.Errors) - mostFailures; more > 0 {
		t.Note = fmt.Sprintf("… and %s.", plural(more, "further reason"))
	}
	return []table{t}
}

// serverTables is the run by both accounts.
func (r *Report) serverTables() []table {
	s := r.Server
	if s == nil {
		return nil
	}
	t := table{
		Caption: "The run by both accounts",
		Head:    []string{"", "lologen", "Loki"},
		Rows: [][]string{
			{"lines", count(r.Lines.Acked) + " acked", count(s.Received.Lines) + " received"},
			{"bytes", Size(float64(r.Bytes.Acked)) + " acked", Size(float64(s.Received.Bytes)) + " received"},
			{"requests", count(r.Requests.Sent) + " sent", count(s.Push.Requests) + " taken"},
			{"one request", Length(r.Latency.Service.Mean) + " in the mean", Length(s.Push.Mean) + " in the mean"},
			{"streams", count(uint64(max(0, r.Plan.Streams))) + " planned", count(s.Streams.Created) + " created"},
			{"streams in memory", "-", fmt.Sprintf("%s at most, %s before, %s after",
				count(s.Streams.Most), count(s.Streams.Before), count(s.Streams.After))},
			{"processor", Length(r.Usage.CPU), Length(s.CPU)},
			{"resident memory", Size(float64(r.Usage.MaxRSS)) + " at most", Size(float64(s.RSS)) + " at most"},
		},
		Note: "Loki’s numbers hold what other clients sent in the meantime, and each retry anew.",
	}
	if s.Restarted {
		t.Note += " Loki was restarted during the run: what it counted before is lost."
	}
	if s.Failed != "" {
		t.Note += " The last look was not possible: " + Clean(s.Failed)
	}
	return append([]table{t}, discardTables(s.Discarded)...)
}

func discardTables(discarded []scrape.Discards) []table {
	if len(discarded) == 0 {
		return nil
	}
	t := table{Caption: "What Loki discarded", Head: []string{"reason", "lines", "bytes"}}
	for _, d := range discarded[:min(len(discarded), mostFailures)] {
		t.Rows = append(t.Rows, []string{Clean(d.Reason), count(d.Lines), Size(float64(d.Bytes))})
	}
	return []table{t}
}

// mostParts bounds the table of the processes that made the run together.
const mostParts = 100

func (r *Report) partsTable() table {
	t := table{
		Caption: "The processes that made the run",
		Head:    []string{"run", "acked", "of due", "rejected", "unknown", "missed", "lines/s"},
	}
	for _, p := range r.Parts[:min(len(r.Parts), mostParts)] {
		t.Rows = append(t.Rows, []string{Clean(p.RunID), count(p.Lines.Acked), count(p.Lines.Due), count(p.Lines.Rejected),
			count(p.Lines.Unknown), count(p.Lines.Missed), Decimal(p.Achieved)})
	}
	if more := len(r.Parts) - mostParts; more > 0 {
		t.Note = fmt.Sprintf("… and %s. ", plural(more, "further process"))
	}
	if what, where := r.missing(); what != "" {
		t.Note += "The ledger is " + what + "; " + cmp.Or(where, "no part names a file of the others") + "."
	}
	return t
}

func (r *Report) machineTable() table {
	u := r.Usage
	t := table{
		Caption: "What lologen took",
		Head:    []string{"", "lologen"},
		Rows: [][]string{
			{"processor", fmt.Sprintf("%s, %s of %s", Length(u.CPU), percent(u.share(r.Elapsed)), plural(max(0, u.Cores), "core"))},
		},
	}
	if r.Lines.Acked >= manyLines {
		t.Rows = append(t.Rows, []string{"for a million lines", Length(u.CPU / float64(r.Lines.Acked) * 1e6)})
	}
	if u.MaxRSS > 0 {
		t.Rows = append(t.Rows, []string{"resident memory", Size(float64(u.MaxRSS)) + " at most"})
	}
	t.Rows = append(t.Rows, []string{"allocations", count(u.Mallocs)}, []string{"collections", count(u.GC)})
	return t
}
