package report

import (
	"fmt"
	"io"
	"strings"
)

// Text writes the report as a screenful of text of at most 100 columns, what went wrong first.
func (r *Report) Text(w io.Writer) error {
	var p page
	r.confess(&p)
	r.facts(&p)
	r.objectives(&p)
	r.latencies(&p)
	r.errors(&p)
	r.server(&p)
	r.usage(&p)
	if _, err := p.WriteTo(w); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// confess comes first: nobody should have to look for it.
func (r *Report) confess(p *page) {
	target := r.Rate.Target
	switch {
	case target == nil:
		p.paragraph("Held back by %s: %s", r.Verdict.BoundBy.who(), r.Verdict.BoundWhy)
	case r.Verdict.BoundBy != None:
		p.paragraph("TARGET RATE NOT REACHED: %s of %s lines/s (%s), held back by %s: %s",
			Decimal(r.Rate.Achieved), Decimal(*target), percent(ratio(r.Rate.Achieved, *target)),
			r.Verdict.BoundBy.who(), r.Verdict.BoundWhy)
	}
	if !r.Verdict.Balanced {
		l := r.Lines
		p.paragraph("THE LEDGER DOES NOT BALANCE: %s were due, %s accounted for. This is a bug in lologen: "+
			"trust nothing below, and please report it%s.",
			plural(l.Due, "line"), count(l.Acked+l.Lost()+l.Missed), r.withSeed())
	}
	if p.Len() > 0 {
		p.line("")
	}
}

func (b Bound) who() string {
	switch b {
	case Generator:
		return "lologen itself"
	case Destination:
		return "the destination"
	case Limit:
		return "a limit of the destination"
	}
	return "nobody"
}

func (r *Report) facts(p *page) {
	p.item("run", "%s; %s after %s (window %s)", r.origin(), r.Verdict.Ended, Length(r.Elapsed), Length(r.Window))
	p.item("load", "%s, %s, %s, %s", strings.TrimSpace(r.Plan.Sink+" "+r.Plan.Target), r.Plan.Format,
		plural(r.Plan.Workers, "worker"), plural(r.Plan.Streams, "stream"))
	if shape := r.Plan.shape(); shape != "" {
		p.item("shape", "%s", shape)
	}
	p.item("rate", "%s, %s lines/s reached, %s/s",
		r.asked(), Decimal(r.Rate.Achieved), Size(ratio(float64(r.Bytes.Acked), r.Window)))
	p.item("lines", "%s due: %s acked, %s rejected, %s unknown, %s missed", count(r.Lines.Due),
		count(r.Lines.Acked), count(r.Lines.Rejected), count(r.Lines.Unknown), count(r.Lines.Missed))
	p.item("bytes", "%s in acked lines, %s sent in all; acked = %s",
		Size(float64(r.Bytes.Acked)), Size(float64(r.Bytes.Wire)), r.Plan.acked())
	if r.Plan.Evidence != "" {
		p.paragraph("%-9s %s", "evidence", r.Plan.Evidence)
	}
	p.item("requests", "%s sent, %s retried, %s failed",
		count(r.Requests.Sent), count(r.Requests.Retried), count(r.Requests.Failed))
	if r.Verification != nil {
		r.Verification.write(p)
	}
	if what, where := r.missing(); what != "" {
		p.item("ledger", "%s", what)
		if where != "" {
			p.item("", "%s", where)
		}
	}
	p.long("verdict", "%s", r.verdict())
	if r.Verdict.Aborted != "" {
		p.item("aborted", "as %s could not be met any more", r.Verdict.Aborted)
	}
}

// origin names the run, or the runs.
func (r *Report) origin() string {
	if len(r.Parts) > 0 {
		return plural(len(r.Parts), "process") + " merged, " + shorten(Clean(r.RunID), mostReason)
	}
	return fmt.Sprintf("%s, seed %d", r.RunID, r.Seed)
}

// shape is what a destination that knows more than lines is asked to take.
func (p Plan) shape() string {
	var parts []string
	if p.Encoding != "" {
		parts = append(parts, p.Encoding)
	}
	if p.StreamsPerRequest > 0 {
		parts = append(parts, plural(p.StreamsPerRequest, "stream")+" a request at most")
	}
	if p.Tenants > 0 {
		parts = append(parts, plural(p.Tenants, "tenant"))
	}
	if len(p.Labels) > 0 {
		parts = append(parts, "labels "+strings.Join(p.Labels, " "))
	}
	return strings.Join(parts, ", ")
}

// acked says what a confirmed line means.
func (p Plan) acked() string {
	switch p.Ack {
	case "kernel":
		return "the kernel took the line"
	case "response":
		return "the server said it has the line"
	}
	return p.Ack
}

func (r *Report) asked() string {
	switch {
	case r.Rate.Target == nil:
		return "unpaced"
	case r.Plan.Schedule != "":
		return fmt.Sprintf("%s lines/s asked (%s)", Decimal(*r.Rate.Target), shorten(r.Plan.Schedule, mostReason))
	case r.Plan.RateAsked != "":
		return fmt.Sprintf("%s lines/s asked (%s)", Decimal(*r.Rate.Target), r.Plan.RateAsked)
	}
	return Decimal(*r.Rate.Target) + " lines/s asked"
}

func (r *Report) latencies(p *page) {
	p.line("")
	rows := []row{
		{cells: []string{"latency", "p50", "p90", "p99", "p99.9", "max", "count"}},
		r.Latency.Response.row("response"),
		r.Latency.Service.row("service"),
	}
	if r.Latency.Schedule != nil {
		rows = append(rows, r.Latency.Schedule.row("schedule"))
	}
	p.table(rows)
	if r.Rate.Target == nil {
		p.line("The response times of an unpaced run are not free of coordinated omission.")
	}
	rough := 0
	for _, at := range r.Series {
		if at.rough() {
			rough++
		}
	}
	if rough > 0 {
		p.paragraph("These are exact. Over time, percentiles of %s of %d are upper bounds: %s.", plural(rough, "interval"), len(r.Series), whyRough)
	}
}

// whyRough says why some percentiles are upper bounds.
const whyRough = "the highest of the merged reports, which had no room for the histograms of every interval"

func (s Summary) row(name string) row {
	if s.Count == 0 {
		return row{cells: []string{name, "-", "-", "-", "-", "-", "0"}}
	}
	return row{cells: []string{
		name, Length(s.P50), Length(s.P90), Length(s.P99), Length(s.P999), Length(s.Max), count(s.Count),
	}}
}

// mostErrors and mostReason keep a page a page.
const (
	mostErrors = 4
	mostReason = 50
)

func (r *Report) errors(p *page) {
	if len(r.Errors) == 0 {
		return
	}
	p.line("")
	rows := []row{{cells: []string{"errors", "status", "lines", "requests", "first", "offered"}}}
	for _, f := range r.Errors[:min(len(r.Errors), mostErrors)] {
		rows = append(rows, f.row())
	}
	p.table(rows)
	if more := len(r.Errors) - mostErrors; more > 0 {
		p.line("... and %s", plural(more, "further reason"))
	}
}

func (f Failure) row() row {
	status, offered := "-", "-"
	if f.Status != 0 {
		status = fmt.Sprint(f.Status)
	}
	if f.Offered > 0 {
		offered = Decimal(f.Offered) + "/s"
	}
	notes := []string{Clean(f.First)}
	if f.Raise != "" {
		notes = append(notes, "raise: "+Clean(f.Raise))
	}
	return row{
		cells: []string{shorten(Clean(f.Reason), mostReason), status, count(f.Lines), count(f.Requests), Length(f.At), offered},
		notes: notes,
	}
}

// manyLines make a cost by the line worth telling: below them it is the cost of starting.
const manyLines = 10_000

func (r *Report) usage(p *page) {
	p.line("")
	u := r.Usage
	cpu := fmt.Sprintf("%s, %s of %s", Length(u.CPU), percent(u.share(r.Elapsed)), plural(u.Cores, "core"))
	if r.Lines.Acked >= manyLines {
		cpu += fmt.Sprintf("; %s for a million lines", Length(u.CPU/float64(r.Lines.Acked)*1e6))
	}
	p.item("cpu", "%s", cpu)
	memory := fmt.Sprintf("%s, %s", plural(u.Mallocs, "allocation"), plural(u.GC, "collection"))
	if u.MaxRSS > 0 {
		memory = Size(float64(u.MaxRSS)) + " at most; " + memory
	}
	p.item("memory", "%s", memory)
}
