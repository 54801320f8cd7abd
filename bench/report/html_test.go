package report

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// elements without an end tag (HTML 13.1.2).
var void = []string{"meta", "link", "br", "img", "hr", "input"}

// outline walks over a page's tags and returns its headings' levels; tags that do not nest are errors.
func outline(t *testing.T, page string) (levels []int) {
	t.Helper()
	body := regexp.MustCompile(`(?s)<(script|style)[^>]*>.*?</(script|style)>`).ReplaceAllString(page, "")
	var open []string
	for _, m := range regexp.MustCompile(`<(/?)([a-zA-Z][a-zA-Z0-9]*)[^>]*>`).FindAllStringSubmatch(body, -1) {
		name := strings.ToLower(m[2])
		switch {
		case slices.Contains(void, name):
		case m[1] == "":
			open = append(open, name)
			if len(name) == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6' {
				levels = append(levels, int(name[1]-'0'))
			}
		case len(open) == 0 || open[len(open)-1] != name:
			t.Fatalf("</%s> closes %v", name, open)
		default:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("never closed: %v", open)
	}
	return levels
}

func TestHTMLIsSound(t *testing.T) {
	for name, r := range map[string]*Report{
		"good": goodPage(60), "limited": limitedPage(), "empty": emptyPage(), "many reasons": manyReasons(),
		"hostile": hostilePage(t, "http://127.0.0.1:1"),
	} {
		page := renderPage(t, r)
		levels := outline(t, page)
		if len(levels) == 0 || levels[0] != 1 {
			t.Fatalf("%s: headings %v do not begin with one of level 1", name, levels)
		}
		for i, level := range levels[1:] {
			if level > levels[i]+1 || level == 1 {
				t.Errorf("%s: headings jump: %v", name, levels)
			}
		}
		if !strings.HasPrefix(strings.TrimSpace(page), "<!doctype html>") {
			t.Errorf("%s: begins with %.40q", name, page)
		}
		ids := map[string]bool{}
		for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			if ids[m[1]] {
				t.Errorf("%s: id %q is there twice", name, m[1])
			}
			ids[m[1]] = true
		}
		for _, m := range regexp.MustCompile(` (?:aria-labelledby|href)="#?([a-z]+)"`).FindAllStringSubmatch(page, -1) {
			if !ids[m[1]] {
				t.Errorf("%s: nothing has the id %q", name, m[1])
			}
		}
	}
}

func TestHTMLSaysWhatMatters(t *testing.T) {
	page := html.UnescapeString(renderPage(t, limitedPage()))
	for _, want := range []string{
		">Failed<", "Target rate not reached", "a limit of the destination", "p99<250ms", "✗ not met", "✓ met",
		"rate_limited (429)", "first after 51.3 s", "at 26,200 lines/s", "ingestion_rate_mb", "per_stream_rate_limit_burst",
		"Ingestion rate limit exceeded for user fake", "What Loki discarded", "1,480,000", "582 MB received",
		"120s:1k..60k", "lologen -t loki --url http://127.0.0.1:3100 --stages 120s:1k..60k --workers 64 --slo 'p99<250ms'",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("page lacks %q", want)
		}
	}
	if page := renderPage(t, emptyPage()); !strings.Contains(page, "This report holds no time series.") {
		t.Error("the empty page does not say that it is")
	}
}

func TestHTMLVerdictFirst(t *testing.T) {
	page := renderPage(t, limitedPage())
	last := -1
	for _, id := range []string{"verdict", "slo", "throughput", "latency", "failures", "server", "machine", "plan"} {
		at := strings.Index(page, `id="`+id+`"`)
		if at <= last {
			t.Errorf("%s stands at %d, after %d", id, at, last)
		}
		last = at
	}
}

func TestHTMLEscapesWhatCameFromOutside(t *testing.T) {
	const url = "http://127.0.0.1:1"
	page := renderPage(t, hostilePage(t, url))
	if n := strings.Count(page, "<script"); n != 3 {
		t.Errorf("%d script elements, want the data and two scripts", n)
	}
	for _, never := range []string{"<img", "<!--", "\x1b", "\x00", "\u2028", "\u202e"} {
		if text := withoutScripts(page); strings.Contains(text, never) {
			t.Errorf("page holds %q", never)
		}
	}
	if strings.Contains(data(t, page), "<") {
		t.Error("the charts' data holds a <")
	}
	if !strings.Contains(page, "&lt;/script&gt;") {
		t.Error("the hostile text is not shown")
	}
}

// withoutScripts is the page without the two scripts that are the program's own.
func withoutScripts(page string) string {
	return regexp.MustCompile(`(?s)<script>.*?</script>`).ReplaceAllString(page, "")
}

func data(t *testing.T, page string) string {
	t.Helper()
	m := regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("page has no data")
	}
	return m[1]
}

// A page may name addresses in its text, but nothing in it may load one.
func TestHTMLLoadsNothing(t *testing.T) {
	r := goodPage(60)
	r.Plan.Target = "https://loki.example/loki/api/v1/push"
	page := withoutScripts(renderPage(t, r))
	for _, m := range regexp.MustCompile(`(?i)\b(?:src|href|action|data|poster|srcset)\s*=\s*["']?([^"'\s>]*)`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(m[1], "#") && m[1] != "data:," {
			t.Errorf("%s is loaded or linked", m[0])
		}
	}
	if m := regexp.MustCompile(`(?i)@import|url\(`).FindString(page); m != "" {
		t.Errorf("the style holds %s", m)
	}
	if !strings.Contains(page, "https://loki.example/") {
		t.Error("the target is not shown")
	}
	if m := regexp.MustCompile(` (?:style|on[a-z]+)="`).FindString(page); m != "" {
		t.Errorf("an element holds %s, which the policy forbids", m)
	}
}

// The policy allows the scripts and the style that are there, and nothing else.
func TestHTMLPolicyNamesItsScripts(t *testing.T) {
	page := renderPage(t, goodPage(10))
	m := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("no policy")
	}
	policy := html.UnescapeString(m[1])
	for _, m := range regexp.MustCompile(`(?s)<(?:script|style)>(.*?)</(?:script|style)>`).FindAllStringSubmatch(page, -1) {
		sum := sha256.Sum256([]byte(m[1]))
		if want := base64.StdEncoding.EncodeToString(sum[:]); !strings.Contains(policy, "'sha256-"+want+"'") {
			t.Errorf("policy %q lacks sha256-%s of %.40q", policy, want, m[1])
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "unsafe") || strings.Count(policy, "sha256-") != 3 {
		t.Errorf("policy is %q", policy)
	}
}

func TestHTMLIsSmall(t *testing.T) {
	for _, seconds := range []int{10, 1800, 3600, 100_000} {
		r := goodPage(seconds)
		chance := limitedPage().Series
		for i := range r.Series {
			r.Series[i].Errors = chance[60+i%60].Errors
			r.Series[i].Reached += float64(i) / 7
			r.Series[i].Backlog = uint64(i) * 12_345
		}
		if page := renderPage(t, r); len(page) >= 1_000_000 {
			t.Errorf("a run of %d s makes %d bytes, want less than 1 MB", seconds, len(page))
		} else {
			t.Logf("%d s: %d bytes", seconds, len(page))
		}
	}
}

func TestHTMLIsDeterministic(t *testing.T) {
	first := renderPage(t, manyReasons())
	for range 5 {
		if renderPage(t, manyReasons()) != first {
			t.Fatal("the same report made two pages")
		}
	}
}

func TestHTMLChartsHoldWhatWasMeasured(t *testing.T) {
	r := limitedPage()
	var c struct {
		Start   float64
		Time    []float64
		Moments []struct {
			At    float64
			Label string
		}
		Plots []struct {
			ID     string
			X      []float64
			Curves []struct {
				Label  string
				Values []*float64
			}
		}
	}
	if err := json.Unmarshal([]byte(data(t, renderPage(t, r))), &c); err != nil {
		t.Fatal(err)
	}
	if c.Start != 0 || len(c.Time) != 120 || c.Time[119] != 120 {
		t.Errorf("time starts at %v and has %d points", c.Start, len(c.Time))
	}
	if len(c.Moments) != 3 || c.Moments[0].At != 51.3 || c.Moments[1].Label != "per_stream_rate_limit (429)" || c.Moments[2].At != 97 {
		t.Errorf("moments are %v", c.Moments)
	}
	found := map[string]float64{}
	for _, p := range c.Plots {
		for _, s := range p.Curves {
			want := len(c.Time)
			if p.X != nil {
				want = len(p.X)
			}
			if len(s.Values) != want {
				t.Errorf("%s %s has %d values, want %d", p.ID, s.Label, len(s.Values), want)
			}
			if v := s.Values[60%len(s.Values)]; v != nil {
				found[p.ID+" "+s.Label] = *v
			}
		}
	}
	p := r.Series[60]
	for what, want := range map[string]float64{
		"rate asked": *p.Asked, "rate reached": p.Reached, "volume acked": p.Bytes, "backlog backlog": float64(p.Backlog),
		"response p50": p.Response.P50, "service p99": p.Service.P99, "schedule max": p.Schedule.Max,
		"errors rate_limited": float64(p.Errors["rate_limited"]), "received received by Loki": p.Server.Lines,
		"received discarded by Loki": p.Server.Discarded, "streams streams": 64, "cpu Loki": p.Server.CPU, "rss lologen": float64(p.RSS),
	} {
		if got, ok := found[what]; !ok || math.Abs(got-want) > want*0.001 {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
}

// Of a histogram, every percentile is drawn; of a summary, those that it knows.
// Where Loki did not answer there is no curve, and the page says why; what it counted then counts.
func TestHTMLOfAnOutage(t *testing.T) {
	r := limitedPage()
	whole := perSecond().text(mean(r.Series, serverLines()))
	for i := 60; i < 65; i++ {
		r.Series[i].Server.Unanswered = true
	}
	page := renderPage(t, r)
	for _, want := range []string{"For 5.00 s Loki did not say what it did, so there is no curve.", "received by Loki <b data-value>" + whole} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, f := range r.serverOverTime(r.Series) {
		v := f.plot.Curves[0].Values
		if math.IsNaN(v[59]) || !math.IsNaN(v[60]) || !math.IsNaN(v[64]) || math.IsNaN(v[65]) {
			t.Errorf("%s shows %v", f.ID, v[58:67])
		}
	}
}

// A mark is for what is new: of failures alike it is the first, and what lologen itself gave up is none.
func TestMoments(t *testing.T) {
	r := &Report{Errors: []Failure{
		{Reason: "connection_refused", At: 3.2}, {Reason: "connection_reset", At: 3.1}, {Reason: "canceled", At: 1},
		{Reason: "http_503", Status: 503, At: 9}, {Reason: "http_500", Status: 500, At: 2}, {Reason: "http_400", Status: 400, At: 7},
		{Reason: "rate_limited", Status: 429, At: 5, Raise: "x"}, {Reason: "stream_limit", Status: 429, At: 6},
	}}
	var got []string
	for _, m := range r.moments() {
		got = append(got, m.When+" "+m.Label)
	}
	want := []string{"2.00 s http_500", "3.10 s connection_reset", "5.00 s rate_limited (429)", "6.00 s stream_limit (429)", "7.00 s http_400"}
	if !slices.Equal(got, want) {
		t.Errorf("marked are %q, want %q", got, want)
	}
}

func TestHTMLDistribution(t *testing.T) {
	r := goodPage(10)
	f := r.distribution()[0]
	if len(f.plot.X) < 100 || f.plot.X[0] != 0 {
		t.Errorf("the axis has %d places from %v", len(f.plot.X), f.plot.X[0])
	}
	at, ok := slices.BinarySearch(f.plot.X, 1.0) // p90
	if want := r.Latency.Response.P90; !ok || math.Abs(f.plot.Curves[0].Values[at]-want) > want*0.01 {
		t.Errorf("p90 is %v, want %v", f.plot.Curves[0].Values[at], want)
	}
	for _, values := range f.plot.Curves {
		known := slices.DeleteFunc(slices.Clone(values.Values), math.IsNaN)
		if !slices.IsSorted(known) {
			t.Errorf("%s falls", values.Label)
		}
	}
	r.Latency.Response.Hdr, r.Latency.Service.Hdr, r.Latency.Schedule.Hdr = "", "not base64", ""
	f = r.distribution()[0]
	if len(f.plot.X) != 6 || len(f.Table.Rows) != 6 {
		t.Errorf("without histograms: %d places, %d rows; want 6 each", len(f.plot.X), len(f.Table.Rows))
	}
	if got, want := f.Table.Rows[4], []string{"p99.9", Length(r.Latency.Response.P999), Length(r.Latency.Service.P999), Length(r.Latency.Schedule.P999)}; !slices.Equal(got, want) {
		t.Errorf("row is %v, want %v", got, want)
	}
}

func TestThin(t *testing.T) {
	points := limitedPage().Series
	for _, most := range []int{1, 7, 60, 119, 120, 500} {
		thinned := thin(points, most)
		if len(thinned) > most || len(thinned) == 0 {
			t.Fatalf("%d points for at most %d", len(thinned), most)
		}
		sum := func(points []Point) (lines, span, failed, worst float64) {
			for _, p := range points {
				lines += p.Reached * p.Span
				span += p.Span
				failed += float64(p.Errors["rate_limited"])
				worst = max(worst, p.Response.Max)
			}
			return lines, span, failed, worst
		}
		lines, span, failed, worst := sum(thinned)
		wantLines, wantSpan, wantFailed, wantWorst := sum(points)
		if math.Abs(lines-wantLines) > 1e-6*wantLines || span != wantSpan || failed != wantFailed || worst != wantWorst {
			t.Errorf("most %d: %v lines in %v s, %v failed, worst %v; want %v, %v, %v, %v",
				most, lines, span, failed, worst, wantLines, wantSpan, wantFailed, wantWorst)
		}
		if last := thinned[len(thinned)-1]; last.At != 120 || last.Backlog != points[119].Backlog || last.Server.RSS != points[119].Server.RSS {
			t.Errorf("most %d: the last point is %+v", most, last)
		}
	}
	if points[0].Span != 1 || points[119].Response == (Band{}) {
		t.Error("thin changed the points")
	}
}

func TestJoinRest(t *testing.T) {
	points := []Point{{At: 1, Span: 1, Reached: 100}, {At: 2, Span: 1, Reached: 100}, {At: 2.01, Span: 0.01, Reached: 1}}
	got := joinRest(points)
	if len(got) != 2 || got[1].At != 2.01 || math.Abs(got[1].Span-1.01) > 1e-9 || math.Abs(got[1].Reached-100.01/1.01) > 1e-9 {
		t.Errorf("got %+v", got)
	}
	if len(points) != 3 || points[1].At != 2 {
		t.Errorf("the points became %+v", points)
	}
	if got := joinRest(points[:2]); len(got) != 2 {
		t.Errorf("two of the same length became %+v", got)
	}
	if got := joinRest(points[2:]); len(got) != 1 {
		t.Errorf("one became %+v", got)
	}
}

func TestQuote(t *testing.T) {
	for word, want := range map[string]string{
		"": "''", "--rate": "--rate", "p99<250ms": "'p99<250ms'", "it's": `'it'\''s'`, "a b": "'a b'",
		"$HOME": "'$HOME'", "pod={a,b}": "'pod={a,b}'", "http://127.0.0.1:3100/x?": "'http://127.0.0.1:3100/x?'", "~": "'~'",
	} {
		if got := Quote(word); got != want {
			t.Errorf("Quote(%q) = %s, want %s", word, got, want)
		}
	}
}

func TestColumn(t *testing.T) {
	b, err := json.Marshal(column{0, 1, 63_990.1, 123_456.7, 1_234_567_890, 0.000000123, 0.00012, 1e12, math.NaN(), math.Inf(1), -2.5})
	if want := "[0,1,63990,123457,1234570000,1.23e-07,0.00012,1e+12,null,null,-2.5]"; err != nil || string(b) != want {
		t.Errorf("got %s, %v; want %s", b, err, want)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestHTMLReportsAFailedWrite(t *testing.T) {
	if err := goodPage(1).HTML(broken{}); err == nil || fmt.Sprint(err) != "write report: disk full" {
		t.Errorf("error is %v", err)
	}
}
