package search

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/exitfound/lologen/bench/report"
)

func page(t *testing.T, r *Result) string {
	t.Helper()
	var b strings.Builder
	if err := r.Write(&b, "html"); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPage: a point for each percentile of each step, on a curve that stays within the chart.
func TestPage(t *testing.T) {
	r := searched(t, Config{From: 100, To: 1e6, Precision: 0.05, Duration: 10}, &queue{service: 0.001, who: report.Destination})
	r.Load = "a <script>alert(1)</script> of a load"
	p := page(t, r)
	for what, want := range map[string]int{
		"<circle": 3 * len(r.Steps), "<polyline": 3, "<tr": 1 + len(r.Steps), `class="best"`: 1, "<script": 0, "http:": 0, "https:": 0, "NaN": 0, "Inf": 0,
	} {
		if got := strings.Count(p, what); got != want {
			t.Errorf("%d of %s, want %d", got, what, want)
		}
	}
	if passed := strings.Count(p, `circle class="met"`); passed == 0 || passed >= 3*len(r.Steps) {
		t.Errorf("%d filled points", passed)
	}
	c := r.chart()
	for _, curve := range c.Curves {
		for i, p := range curve.Points {
			if p.X < c.Left || p.X > c.Right || p.Y < c.Top || p.Y > c.Bottom || i > 0 && p.X < curve.Points[i-1].X {
				t.Errorf("%s: %+v", curve.Name, p)
			}
		}
	}
	svg := p[strings.Index(p, "<svg"):strings.Index(p, "</svg>")] + "</svg>"
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestPageOfNothing(t *testing.T) {
	r := &Result{Ended: Interrupted}
	r.conclude(nil, nil)
	if p := page(t, r); strings.Contains(p, "<svg") || !strings.Contains(p, "No answer") {
		t.Errorf("%s", p)
	}
	if err := r.Write(io.Discard, "xml"); err == nil || !strings.Contains(err.Error(), "text, json, html") {
		t.Errorf("%v", err)
	}
}
