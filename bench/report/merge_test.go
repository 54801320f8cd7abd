package report

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/exitfound/lologen/bench/scrape"
	"github.com/exitfound/lologen/emitter"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// report is what the program writes and Read reads back.
func (r *rawRun) report(t *testing.T, id string, rate float64) *Report {
	t.Helper()
	run := Run{ID: id, Seed: 7, Series: r.series, SLO: slos(t, "p99<60m", "rejected<100000"), Command: []string{"lologen", "--run", id},
		Plan:  Plan{Sink: "loki", Format: "json", Workers: 2, Streams: 3, Rate: &rate, Labels: []string{`{job="` + id + `"}`}, Identify: true},
		Usage: Usage{CPU: 0.5, Cores: 2, MaxRSS: 1000, Mallocs: 10, GC: 1, Machine: "m"}}
	for s := range 3 {
		r.result.Streams = append(r.result.Streams, emitter.StreamLedger{Stream: s, Next: 9, Rejected: []emitter.Range{{From: 1, To: 2}}})
	}
	var b bytes.Buffer
	if err := New(r.result, run).JSON(&b); err != nil {
		t.Fatal(err)
	}
	report, err := Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// Three processes, each a third of the rate: what is merged is what one look at all raw values
// shows, to the last digit.
func TestMergeIsExact(t *testing.T) {
	// The second starts a little late, the third two seconds and a bit; they do not last equally long.
	parts := []*rawRun{live(11, noon, 30), live(12, noon.Add(100*time.Millisecond), 28), live(13, noon.Add(2300*time.Millisecond), 31)}
	shift := []int{0, 0, 2}
	var reports []*Report
	for i, p := range parts {
		reports = append(reports, p.report(t, string(rune('a'+i)), 150))
	}
	before, _ := json.Marshal(reports)
	merged, err := Merge([]*Report{reports[2], reports[0], reports[1]})
	if err != nil {
		t.Fatal(err)
	}
	if after, _ := json.Marshal(reports); !bytes.Equal(before, after) {
		t.Error("the parts were changed")
	}

	var lines Lines
	var size uint64
	whole := rawRun{response: make([][]time.Duration, 33), service: make([][]time.Duration, 33), schedule: make([][]time.Duration, 33),
		lines: make([]emitter.Lines, 33), bytes: make([]uint64, 33)}
	failed := make([]map[string]uint64, 33)
	for i, p := range parts {
		for second := range p.lines {
			at := second + shift[i]
			l := p.lines[second]
			lines.Due += l.Due
			lines.Acked += l.Acked
			lines.Rejected += l.Rejected
			lines.Unknown += l.Unknown
			lines.Missed += l.Missed
			size += p.bytes[second]
			whole.lines[at].Due += l.Due
			whole.lines[at].Acked += l.Acked
			whole.lines[at].Rejected += l.Rejected
			whole.lines[at].Unknown += l.Unknown
			whole.lines[at].Missed += l.Missed
			whole.bytes[at] += p.bytes[second]
			whole.response[at] = append(whole.response[at], p.response[second]...)
			whole.service[at] = append(whole.service[at], p.service[second]...)
			whole.schedule[at] = append(whole.schedule[at], p.schedule[second]...)
			for reason, n := range p.failed[second] {
				if failed[at] == nil {
					failed[at] = map[string]uint64{}
				}
				failed[at][reason] += n
			}
		}
	}
	if merged.Lines != lines || merged.Bytes.Acked != size || !merged.Verdict.Balanced {
		t.Errorf("lines %+v, %d bytes; want %+v, %d", merged.Lines, merged.Bytes.Acked, lines, size)
	}
	for clock, values := range map[string][][]time.Duration{"response": whole.response, "service": whole.service, "schedule": whole.schedule} {
		h := newHistogram()
		for _, v := range flat(values) {
			_ = h.RecordValue(int64(v))
		}
		if got, want := merged.Latency.of(clock), Whole(h); got != want {
			t.Errorf("%s is %+v, want %+v", clock, got, want)
		}
	}
	if len(merged.Series) != 33 {
		t.Fatalf("%d points", len(merged.Series))
	}
	for at, p := range merged.Series {
		l := whole.lines[at]
		if p.Span != 1 || p.At != float64(at+1) || p.Reached != float64(l.Acked) || *p.Asked != float64(l.Due) ||
			p.Bytes != float64(whole.bytes[at]) || p.Rejected != l.Rejected || p.Unknown != l.Unknown || p.Missed != l.Missed {
			t.Errorf("point %d is %+v, want %+v", at, p, l)
		}
		if got, want := bare(p.Response), packedOf(whole.response[at]); got != want {
			t.Errorf("responses of point %d are %+v, want %+v", at, got, want)
		}
		if got, want := bare(p.Service), packedOf(whole.service[at]); got != want {
			t.Errorf("services of point %d are %+v, want %+v", at, got, want)
		}
		if got, want := bare(*p.Schedule), packedOf(whole.schedule[at]); got != want {
			t.Errorf("schedules of point %d are %+v, want %+v", at, got, want)
		}
		if len(p.Errors)+len(failed[at]) > 0 && !reflect.DeepEqual(p.Errors, failed[at]) {
			t.Errorf("errors of point %d are %v, want %v", at, p.Errors, failed[at])
		}
	}
	if rss := merged.Series[10].RSS; rss != 1010+1010+1008 {
		t.Errorf("RSS at 11 s is %d", rss)
	}

	for name, value := range map[string][2]any{
		"run":      {merged.RunID, "a+b+c"},
		"seed":     {merged.Seed, uint64(7)},
		"target":   {*merged.Rate.Target, 450.0},
		"achieved": {merged.Rate.Achieved, reports[0].Rate.Achieved + reports[1].Rate.Achieved + reports[2].Rate.Achieved},
		"window":   {merged.Window, 31.0},
		"elapsed":  {merged.Elapsed, 33.3},
		"workers":  {merged.Plan.Workers, 6},
		"streams":  {merged.Plan.Streams, 9},
		"sink":     {merged.Plan.Sink, "loki"},
		"labels":   {merged.Plan.Labels, []string{`{job="a"}`, `{job="b"}`, `{job="c"}`}},
		"cpu":      {merged.Usage.CPU, 1.5},
		"cores":    {merged.Usage.Cores, 2},
		"rss":      {merged.Usage.MaxRSS, uint64(3000)},
		"parts":    {len(merged.Parts), 3},
		"part":     {merged.Parts[1].Command, []string{"lologen", "--run", "b"}},
		"ledger":   {len(merged.Ledger), 9},
		"stream":   {merged.Ledger[3], Stream{Run: "b", Stream: 0, Next: 9, Rejected: [][2]uint64{{1, 2}}, Unknown: [][2]uint64{}}},
		"slo":      {merged.Verdict.SLO[0], SLO{Expr: "p99<60m", Value: merged.Latency.Response.P99, Passed: true}},
		"ended":    {merged.Verdict.Ended, Complete},
	} {
		if !reflect.DeepEqual(value[0], value[1]) {
			t.Errorf("%s is %v, want %v", name, value[0], value[1])
		}
	}
	var timeouts uint64
	for _, f := range merged.Errors {
		if f.Reason == "timeout" {
			timeouts += f.Requests
		}
	}
	want := parts[0].result.Failures[1].Requests + parts[1].result.Failures[1].Requests + parts[2].result.Failures[1].Requests
	if len(merged.Errors) != 2 || timeouts != want {
		t.Errorf("%d timeouts of %d in %+v", timeouts, want, merged.Errors)
	}
}

// Merging does not depend on how the parts are grouped, nor is it changed by a file in between.
func TestMergeOfMerged(t *testing.T) {
	a, b, c := live(1, noon, 12).report(t, "a", 1), live(2, noon, 12).report(t, "b", 1), live(3, noon, 12).report(t, "c", 1)
	once, err := Merge([]*Report{a, b, c})
	if err != nil {
		t.Fatal(err)
	}
	two, err := Merge([]*Report{a, b})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := two.JSON(&file); err != nil {
		t.Fatal(err)
	}
	if two, err = Read(&file); err != nil {
		t.Fatal(err)
	}
	twice, err := Merge([]*Report{two, c})
	if err != nil {
		t.Fatal(err)
	}
	var x, y bytes.Buffer
	if once.JSON(&x) != nil || twice.JSON(&y) != nil || x.String() != y.String() {
		t.Errorf("got\n%.2000s\nwant\n%.2000s", &y, &x)
	}
}

// What differs between the parts is in no plan of all of them; what adds up is added.
func TestMergePlans(t *testing.T) {
	a := Plan{Size: 500, Skew: 1, Offset: -3, Retries: new(2), Burst: 10, Drain: 5, Warmup: 1, Timeout: 10,
		Churn: &Over{0.1, 60}, Disorder: &Over{0.05, 30}}
	same := mergePlans([]*Report{{Plan: a}, {Plan: a}})
	if want := a; same.Size != 500 || same.Skew != 1 || same.Offset != -3 || *same.Retries != 2 || same.Burst != 20 || same.Drain != 5 ||
		*same.Churn != *want.Churn || *same.Disorder != *want.Disorder {
		t.Errorf("got %+v", same)
	}
	b := Plan{Drain: 7, Retries: new(0), Burst: 0}
	if m := mergePlans([]*Report{{Plan: a}, {Plan: b}}); m.Size != 0 || m.Skew != 0 || m.Offset != 0 || m.Retries != nil || m.Burst != 0 ||
		m.Drain != 7 || m.Churn != nil || m.Disorder != nil {
		t.Errorf("got %+v", m)
	}
}

// Processes that drew seeds of their own have none together, and each its command.
func TestMergedPageRepeats(t *testing.T) {
	a, b := live(1, noon, 3).report(t, "a", 1), live(2, noon, 3).report(t, "b", 1)
	page := func() string {
		m, err := Merge([]*Report{a, b})
		if err != nil {
			t.Fatal(err)
		}
		return renderPage(t, m)
	}
	if got := page(); !strings.Contains(got, "<code>lologen --run a</code>") || !strings.Contains(got, "<code>lologen --run b</code>") || !strings.Contains(got, "<dt>seed</dt><dd>7<") {
		t.Errorf("of the same seed: %.300s", got[strings.Index(got, "<dt>seed"):])
	}
	b.Seed = 8
	if strings.Contains(page(), "<dt>seed</dt>") {
		t.Error("two seeds became one")
	}
}

// Without histograms by the point, a merged band is an upper bound, and all else is as exact.
func TestMergeWithoutPointHistograms(t *testing.T) {
	parts := []*rawRun{live(1, noon, 5), live(2, noon, 5)}
	a, b := parts[0].report(t, "a", 1), parts[1].report(t, "b", 1)
	for i := range a.Series {
		a.Series[i].Response.Hdr = ""
	}
	m, err := Merge([]*Report{a, b})
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range m.Series {
		exact := packedOf(append(append([]time.Duration(nil), parts[0].response[i]...), parts[1].response[i]...))
		x, y := a.Series[i].Response, b.Series[i].Response
		if p.Response.P90 != max(x.P90, y.P90) || p.Response.P90 < exact.P90 || p.Response.Max != exact.Max || p.Response.Hdr != "" ||
			!p.Response.UpperBound || p.Service.UpperBound || p.Schedule.UpperBound {
			t.Errorf("point %d is %+v of %+v and %+v", i, p.Response, x, y)
		}
		if p.Reached != a.Series[i].Reached+b.Series[i].Reached {
			t.Errorf("%v lines/s", p.Reached)
		}
	}
	var file, text, page bytes.Buffer
	if m.JSON(&file) != nil || m.Text(&text) != nil || m.HTML(&page) != nil {
		t.Error("it cannot be written")
	}
	if !strings.Contains(text.String(), "percentiles of 5 intervals of 5 are upper bounds") {
		t.Errorf("the text does not say so:\n%s", &text)
	}
	if n := strings.Count(page.String(), "In 5 intervals of 5 the percentiles are upper bounds"); n != 1 {
		t.Errorf("the page says so %d times", n)
	}
	// What was a bound once remains one, also for who reads the file.
	again, err := Read(&file)
	if err != nil {
		t.Fatal(err)
	}
	c := live(3, noon, 5).report(t, "c", 1)
	if m, err = Merge([]*Report{again, c}); err != nil || !m.Series[2].Response.UpperBound {
		t.Errorf("%+v, %v", m.Series[2].Response, err)
	}
	exact, err := Merge([]*Report{b, c})
	if err != nil || exact.Text(&text) != nil || slices.ContainsFunc(exact.Series, Point.rough) {
		t.Errorf("all have their histograms: %v", err)
	}
	a.Latency.Response.Hdr = ""
	if _, err := Merge([]*Report{a, b}); err == nil || !strings.Contains(err.Error(), "merge reports: response times: a report has percentiles, but no histogram") {
		t.Errorf("got %v", err)
	}
}

// A ticker is late by some ms every now and then; nothing may be counted into a neighbour for that.
func TestMergeSeriesOfJitteryTickers(t *testing.T) {
	series := func(offset float64) []Point {
		var list []Point
		last := 0.0
		for i := range 600 {
			at := float64(i+1) + offset*float64(i%7)/7
			list = append(list, Point{At: at, Span: at - last, Reached: 10 / (at - last), Asked: new(10 / (at - last)), Schedule: &Band{}})
			last = at
		}
		return list
	}
	a := &Report{Started: noon, Series: series(0.02)}
	b := &Report{Started: noon.Add(500 * time.Millisecond), Series: series(0.2)}
	points, err := mergeSeries([]*Report{a, b})
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range points[1 : len(points)-1] {
		if lines := p.Reached * p.Span; math.Abs(lines-20) > 1e-9 {
			t.Fatalf("%v lines in point %d", lines, i+1)
		}
	}
}

func TestMergeServers(t *testing.T) {
	server := func(url string, took float64, lines uint64) *Report {
		return &Report{Server: &scrape.Change{URL: url, Took: took, Received: scrape.Amount{Lines: lines}, CPU: 1,
			Discarded: []scrape.Discards{{Reason: "rate_limited", Amount: scrape.Amount{Lines: lines / 2}}},
			Push:      scrape.Push{Requests: lines, Mean: took}}}
	}
	m := mergeServers([]*Report{server("a", 9, 100), server("a", 10, 90), {}, server("b", 5, 30)})
	if m.URL != "a+b" || m.Received.Lines != 120 || m.CPU != 2 || m.Discarded[0].Lines != 60 || m.Took != 10 || m.Push.Mean != (90*10+30*5)/120.0 {
		t.Errorf("got %+v", m)
	}
	if m := mergeServers([]*Report{{}, {}}); m != nil {
		t.Errorf("got %+v", m)
	}
}

// In the series as in the totals, a server counts once that several processes looked at, as the one
// saw it that did so for longest; one of its own counts too.
func TestMergeSeriesOfServers(t *testing.T) {
	seen := func(url string, took, lines float64, silent ...int) *Report {
		r := &Report{RunID: url, Started: noon, Server: &scrape.Change{URL: url, Took: took, Received: scrape.Amount{Lines: uint64(4 * lines)}}}
		for i := range 4 {
			p := Point{At: float64(i + 1), Span: 1, Server: &scrape.Moment{Lines: lines, Streams: 3, Unanswered: slices.Contains(silent, i)}}
			r.Series = append(r.Series, p)
		}
		return r
	}
	short := seen("a", 4.1, 90)
	short.Series[3].Server.Lines = 100 // known to this one only
	long := seen("a", 4.5, 100)
	long.Series[3].Server = nil
	reports := []*Report{short, long, seen("b", 4, 30, 1)}
	points, err := mergeSeries(reports)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i, p := range points {
		sum += p.Server.Lines * p.Span
		if p.Server.Lines != 130 || p.Server.Streams != 6 || p.Server.Unanswered != (i == 1) {
			t.Errorf("point %d is %+v", i, p.Server)
		}
	}
	if total := mergeServers(reports).Received.Lines; sum != float64(total) {
		t.Errorf("%v lines in the series, %d in all", sum, total)
	}
}

func TestMergeVerifications(t *testing.T) {
	h := Whole(histogram(time.Millisecond, time.Second, 10))
	a := &Verification{Stored: 5, Lost: 1, Passed: new(false), VisibleAfter: new(1.0), EndToEnd: &h}
	b := &Verification{Stored: 6, Extra: 2, Passed: new(true), VisibleAfter: new(3.0), EndToEnd: &h}
	m, err := mergeVerifications([]*Report{{Verification: a}, {Verification: b}})
	if err != nil || m.Stored != 11 || m.Lost != 1 || m.Extra != 2 || *m.Passed || *m.VisibleAfter != 3 || m.EndToEnd.Count != 20 || m.EndToEnd.P99 != h.P99 {
		t.Errorf("got %+v, %v", m, err)
	}
	a.Corrupt, a.Notes, a.Ranges = 2, []string{"x"}, []Stretch{{Stream: 1, From: 3, To: 4, What: "lost"}}
	b.Corrupt, b.Unproven, b.Notes, b.Ranges = 1, 5, []string{"x", "y"}, slices.Repeat([]Stretch{{Stream: 1, From: 7, To: 7, What: "extra"}}, MostStretches)
	m, err = mergeVerifications([]*Report{{RunID: "a", Verification: a}, {RunID: "b", Verification: b}})
	if err != nil || m.Corrupt != 3 || m.Unproven != 5 || len(m.Notes) != 2 || len(m.Ranges) != MostStretches || !m.RangesCut || m.Ranges[0].Run != "a" || m.Ranges[1].Run != "b" || b.Ranges[0].Run != "" {
		t.Errorf("got %+v, %v", m, err)
	}
	if m, _ := mergeVerifications([]*Report{{Verification: a}, {Verification: &Verification{Why: "gone"}}}); m.Passed != nil || m.Why != "gone" {
		t.Errorf("got %+v", m)
	}
	if m, _ := mergeVerifications([]*Report{{Verification: a}, {}}); m != nil {
		t.Errorf("got %+v", m)
	}
}

// Processes of one machine share its cores; those of others bring their own.
func TestMergeUsage(t *testing.T) {
	on := func(machine string, cores int) *Report {
		return &Report{Usage: Usage{Machine: machine, Cores: cores, CPU: 1}}
	}
	for _, tt := range []struct {
		reports []*Report
		cores   int
		machine string
	}{
		{[]*Report{on("a", 2), on("a", 2), on("a", 4)}, 4, "a"},
		{[]*Report{on("a", 2), on("b", 8), on("a", 2)}, 10, ""},
		{[]*Report{on("", 2), on("", 2)}, 4, ""},
	} {
		if u := mergeUsage(tt.reports); u.Cores != tt.cores || u.Machine != tt.machine || u.CPU != float64(len(tt.reports)) {
			t.Errorf("got %+v, want %+v", u, tt)
		}
	}
}

func TestMergeFails(t *testing.T) {
	a := live(1, noon, 3).report(t, "a", 1)
	later := live(2, noon.Add(4*time.Second), 3).report(t, "b", 1)
	free := live(3, noon, 3).report(t, "c", 1)
	free.Rate.Target = nil
	broken := live(4, noon, 3).report(t, "d", 1)
	broken.Latency.Service.Hdr = "HISTFAAA"
	point := live(5, noon, 3).report(t, "e", 1)
	point.Series[1].Schedule.Hdr = "????"
	again := live(6, noon, 3).report(t, "a", 1)
	for _, tt := range []struct {
		reports []*Report
		want    string
	}{
		{nil, "merge reports: there are none"},
		{[]*Report{a, a}, "merge reports: run a is there twice"},
		{[]*Report{a, again}, "merge reports: stream 0 of run a is there twice"},
		{[]*Report{later, a}, "merge reports: run b began after the others had ended: they are to be compared"},
		{[]*Report{a, free}, "merge reports: some had a target rate and others had none"},
		{[]*Report{a, broken}, "merge reports: service times: decode histogram: "},
		{[]*Report{a, point}, "merge reports: series of run e at 2.00 s: decode histogram: "},
	} {
		if _, err := Merge(tt.reports); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}
