package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/exitfound/lologen/bench/scrape"
	"github.com/exitfound/lologen/emitter"
)

// goodPage is a run that went well, of so many seconds, to a Loki that was asked as well.
func goodPage(seconds int) *Report {
	result, run := paced()
	run.Plan.Duration = float64(seconds)
	run.Command = []string{"lologen", "-t", "file", "--workers", "64", "-T", "0.001", "-d", "10m", "--label", "pod={a,b}"}
	result.Window = time.Duration(seconds) * time.Second
	result.Elapsed = result.Window + 20*time.Millisecond
	result.Lines = emitter.Lines{Due: uint64(seconds) * 64_000, Acked: uint64(seconds) * 64_000}
	result.Made, result.Bytes.Acked = result.Lines.Due, result.Lines.Due*159
	r := New(result, run)
	chance := rand.New(rand.NewPCG(1, 2))
	for i := range seconds {
		p := Point{
			At: float64(i + 1), Span: 1, Asked: new(64_000.0), Reached: 63_900 + 200*chance.Float64(),
			Backlog: uint64(chance.IntN(90)), CPU: 0.11 + 0.03*chance.Float64(), RSS: 24_000_000 + uint64(i)*100,
			Response: band(chance, 900e-6), Service: band(chance, 40e-6), Schedule: new(band(chance, 500e-6)),
			Warmup: i < seconds/20,
		}
		p.Bytes = p.Reached * 159
		p.Server = &scrape.Moment{Lines: p.Reached, Bytes: p.Bytes, Streams: 64, CPU: 0.8 + 0.2*chance.Float64(),
			RSS: 180_000_000 + uint64(chance.IntN(20_000_000))}
		r.Series = append(r.Series, p)
	}
	r.Server = &scrape.Change{
		URL: "http://127.0.0.1:3100/metrics", Took: r.Elapsed, CPU: r.Elapsed * 0.9, RSS: 200_000_000,
		Received: scrape.Amount{Lines: r.Lines.Acked, Bytes: r.Bytes.Acked},
		Streams:  scrape.Streams{Before: 2, After: 66, Most: 66, Created: 64},
		Push:     scrape.Push{Requests: r.Requests.Sent, Mean: 0.0042},
	}
	r.Verdict.SLO = []SLO{{Expr: "p99<250ms", Value: 0.0018, Passed: true}, {Expr: "rate>=0.99", Value: 1, Passed: true}}
	return r
}

// band is a plausible one around a median.
func band(chance *rand.Rand, median float64) Band {
	p50 := median * (0.9 + 0.2*chance.Float64())
	return Band{P50: p50, P90: p50 * 1.8, P99: p50 * (2.4 + chance.Float64()), P999: p50 * 4, Max: p50 * (5 + 8*chance.Float64())}
}

// limitedPage is a ramp to a Loki with default limits, over two minutes.
func limitedPage() *Report {
	result, run := failing()
	run.Plan.Target, run.Plan.RateAsked = "http://127.0.0.1:3100/loki/api/v1/push", ""
	run.Plan.Rate = new(31_000.0)
	run.Plan.Schedule, run.Plan.Duration, run.Plan.Interval = "120s:1k..60k", 120, 0
	run.Plan.Labels = []string{`{job="lologen", stream="0"}`, `{job="lologen", stream="1"}`}
	run.Command = []string{"lologen", "-t", "loki", "--url", "http://127.0.0.1:3100", "--stages", "120s:1k..60k", "--workers", "64", "--slo", "p99<250ms"}
	result.Window, result.Elapsed = 120*time.Second, 124*time.Second
	result.Failures = []emitter.Failure{
		{Reason: "rate_limited", Status: 429, Lines: 149_000, Requests: 440, At: 51_300 * time.Millisecond,
			First: "push lines: server answered 429: Ingestion rate limit exceeded for user fake (limit: 4194304 bytes/sec) while attempting to ingest '6400' lines totaling '1048576' bytes, reduce log volume or contact your Loki administrator to see if the limit can be increased"},
		{Reason: "per_stream_rate_limit", Status: 429, Lines: 900, Requests: 31, At: 84_700 * time.Millisecond,
			First: "push lines: server answered 429: Per stream rate limit exceeded (limit: 3MB/sec)"},
		{Reason: "timeout", Lines: 100, Requests: 9, At: 97 * time.Second, First: "push lines: no answer within 10s"},
	}
	r := New(result, run)
	r.Errors[0].Offered, r.Errors[0].Raise = 26_200, "ingestion_rate_mb, ingestion_burst_size_mb"
	r.Errors[1].Offered, r.Errors[1].Raise = 42_600, "per_stream_rate_limit, per_stream_rate_limit_burst"
	chance := rand.New(rand.NewPCG(3, 4))
	var backlog float64
	for i := range 120 {
		offered := 1000 + 59_000*(float64(i)+0.5)/120
		reached := offered
		p := Point{At: float64(i + 1), Span: 1, Asked: &offered, Errors: map[string]uint64{}}
		scale := 1.0
		if i >= 51 {
			reached = 26_000 * (0.9 + 0.2*chance.Float64())
			p.Errors["rate_limited"] = uint64(3 + (i-51)/8 + chance.IntN(4))
			scale = 1 + float64(i-51)*float64(i-51)/3
		}
		if i >= 84 {
			p.Errors["per_stream_rate_limit"] = uint64(chance.IntN(3))
		}
		if i >= 97 && i%3 == 0 {
			p.Errors["timeout"] = 1
		}
		backlog += offered - reached
		p.Backlog, p.Reached, p.Bytes = uint64(backlog), reached, reached*159
		p.Response, p.Service = band(chance, 0.006*scale), band(chance, 0.004*math.Sqrt(scale))
		p.Schedule = new(band(chance, 0.0006*scale))
		p.CPU, p.RSS = 0.05+offered/400_000, 31_000_000+uint64(i)*40_000
		p.Server = &scrape.Moment{Lines: offered, Bytes: offered * 159, Discarded: max(0, offered-reached), Streams: 64,
			CPU: 0.2 + reached/40_000, RSS: 150_000_000 + uint64(i)*900_000}
		r.Series = append(r.Series, p)
	}
	r.Server = &scrape.Change{
		URL: "http://127.0.0.1:3100/metrics", Took: 124, CPU: 96, RSS: 257_000_000,
		Received:  scrape.Amount{Lines: 3_660_000, Bytes: 581_940_000},
		Discarded: []scrape.Discards{{Reason: "rate_limited", Amount: scrape.Amount{Lines: 1_480_000, Bytes: 235_320_000}}},
		Streams:   scrape.Streams{Before: 0, After: 64, Most: 64, Created: 64},
		Push:      scrape.Push{Requests: 900, Mean: 0.0123},
	}
	r.Verdict.Passed = false
	r.Verdict.SLO = []SLO{{Expr: "p99<250ms", Value: 1.2, Passed: false}, {Expr: "mean<5s", Value: 0.4, Passed: true}}
	return r
}

// emptyPage is a run of which nothing is known.
func emptyPage() *Report { return New(&emitter.Result{}, Run{}) }

// hostile is text that tries to get out of every context of a page.
func hostile(url string) string {
	return `</script><script>window.evil=1</script>'"><img src="` + url + `/img" onerror=window.evil=2><!--` +
		"`${window.evil=3}` {{.Evil}} &lt; \\u003c \u2028\u202e\x1b[31m\x00\xff javascript:window.evil=4"
}

// hostilePage has hostile text wherever a report has text, as a file from elsewhere may.
func hostilePage(t *testing.T, url string) *Report {
	t.Helper()
	evil := hostile(url)
	r := limitedPage()
	passed := false
	r.Verification = &Verification{
		Passed: &passed, Why: evil, Notes: []string{evil}, Ranges: []Stretch{{Run: evil, From: 1, To: 3, What: evil}},
	}
	r.Parts = []Part{{RunID: evil, Command: []string{evil}}}
	r.Verdict.Aborted = evil
	r.Plan.Evidence, r.Plan.Encoding = evil, evil
	for i := range r.Series {
		r.Series[i].Errors[evil] = 3
	}
	var tree any
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber() // a seed has more digits than a float
	if err := d.Decode(&tree); err != nil {
		t.Fatal(err)
	}
	b, err = json.Marshal(poison(tree, "", evil))
	if err != nil {
		t.Fatal(err)
	}
	read := &Report{}
	if err := json.Unmarshal(b, read); err != nil {
		t.Fatal(err)
	}
	return read
}

// poison replaces every text but times.
func poison(v any, key, evil string) any {
	switch v := v.(type) {
	case string:
		if key == "started" {
			return v
		}
		return evil
	case []any:
		for i := range v {
			v[i] = poison(v[i], key, evil)
		}
	case map[string]any:
		for k := range v {
			v[k] = poison(v[k], k, evil)
		}
	}
	return v
}

// renderPage returns the page of r.
func renderPage(t *testing.T, r *Report) string {
	t.Helper()
	var b strings.Builder
	if err := r.HTML(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// manyReasons is a run with more reasons for errors than a chart has colours.
func manyReasons() *Report {
	r := goodPage(30)
	for i := range r.Series {
		r.Series[i].Errors = map[string]uint64{}
		for n := range 9 {
			r.Series[i].Errors[fmt.Sprintf("http_50%d", n)] = uint64(10 - n)
		}
	}
	return r
}
