//go:build integration

package report

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// savePage writes r's page into a file and returns its path.
func savePage(t *testing.T, name string, r *Report) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".html")
	if err := os.WriteFile(path, []byte(renderPage(t, r)), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// painted counts a page's charts and those in which something is drawn.
const painted = `(() => {
	const canvases = [...document.querySelectorAll(".plot canvas")];
	const drawn = canvases.filter(c => {
		const copy = new OffscreenCanvas(c.width, c.height).getContext("2d", {willReadFrequently: true});
		copy.drawImage(c, 0, 0);
		const pixels = copy.getImageData(0, 0, c.width, c.height).data;
		const colors = new Set();
		for (let i = 0; i < pixels.length; i += 4) if (pixels[i + 3] > 200) colors.add(pixels[i] << 16 | pixels[i + 1] << 8 | pixels[i + 2]);
		return colors.size > 5;
	});
	return {plots: document.querySelectorAll("[data-plot]").length, canvases: canvases.length, drawn: drawn.length};
})()`

// unreadable lists texts whose contrast with their background is less than WCAG 2.1 AA asks for.
const unreadable = `(() => {
	const channels = (c) => { const m = c.match(/[\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
	const luminance = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = (e) => { for (; e; e = e.parentElement) { const c = channels(getComputedStyle(e).backgroundColor); if (c[3] > 0.5) return c; } return [255, 255, 255, 1]; };
	const bad = [];
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const e = walk.currentNode.parentElement;
		if (!walk.currentNode.data.trim() || !e.checkVisibility() || e.closest("script, style, noscript")) continue;
		const a = luminance(channels(getComputedStyle(e).color)), b = luminance(behind(e));
		const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (contrast < 4.5) bad.push(contrast.toFixed(2) + " " + walk.currentNode.data.trim().slice(0, 40));
	}
	return bad;
})()`

func TestIntegrationPage(t *testing.T) {
	b := startBrowser(t)
	for _, c := range []struct {
		name   string
		report *Report
		charts int
		text   []string
	}{
		{"good", goodPage(600), 12, []string{"Passed", "64,000 lines/s", "met", "10m0s"}},
		{"limited", limitedPage(), 13, []string{"Failed", "Target rate not reached", "rate_limited (429)", "ingestion_rate_mb", "Run it again"}},
		{"empty", emptyPage(), 0, []string{"This report holds no time series.", "No request failed."}},
		{"second", goodPage(1), 12, []string{"Passed"}},
		{"reasons", manyReasons(), 13, []string{"4 other reasons"}},
	} {
		path := savePage(t, c.name, c.report)
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int{360, 768, 1280} {
				name := fmt.Sprintf("%s-%s-%d", c.name, scheme, width)
				t.Run(name, func(t *testing.T) {
					b.t = t
					b.look(width, scheme)
					b.open(path)
					checkPage(t, b, path, width, c.charts)
					var shown string
					b.eval(&shown, "document.body.innerText")
					for _, want := range c.text {
						if !strings.Contains(strings.ToLower(shown), strings.ToLower(want)) {
							t.Errorf("the page does not show %q", want)
						}
					}
					keep(t, name+".png", b.picture())
				})
			}
		}
	}
	b.t = t
}

func checkPage(t *testing.T, b *browser, path string, width, charts int) {
	t.Helper()
	var canvas struct{ Plots, Canvases, Drawn int }
	b.eval(&canvas, painted)
	if canvas.Plots != charts || canvas.Canvases != charts || canvas.Drawn != charts {
		t.Errorf("charts: %+v, want %d", canvas, charts)
	}
	var inner int
	b.eval(&inner, "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)")
	if inner > width {
		t.Errorf("the page is %d wide in a window of %d", inner, width)
	}
	var bad []string
	b.eval(&bad, unreadable)
	if len(bad) > 0 {
		t.Errorf("too little contrast: %q", bad)
	}
	checkQuiet(t, b, path)
}

// checkQuiet checks that nothing but the page was asked for, and that nothing went wrong.
func checkQuiet(t *testing.T, b *browser, path string) {
	t.Helper()
	requests, problems := b.seen()
	for _, url := range requests {
		if url != "file://"+path && url != "data:," {
			t.Errorf("the page asks for %q", url)
		}
	}
	if len(problems) > 0 {
		t.Errorf("the console says %q", problems)
	}
}

func TestIntegrationPageHostile(t *testing.T) {
	var hits atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer server.Close()
	b := startBrowser(t)
	path := savePage(t, "hostile", hostilePage(t, server.URL))
	b.look(360, "light")
	b.open(path)
	checkPage(t, b, path, 360, 13)
	var evil bool
	b.eval(&evil, "'evil' in window || document.querySelector('main img, main script') !== null")
	if evil {
		t.Error("text from outside became a part of the page")
	}
	var shown string
	b.eval(&shown, "document.body.innerText")
	if !strings.Contains(shown, "</script><script>window.evil=1</script>") {
		t.Error("the text is not shown as it is")
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("the page sent %d requests", n)
	}
	keep(t, "hostile-360.png", b.picture())
}

// Every chart can be read without a mouse, and all of the run's time move together.
func TestIntegrationPageByKeyboard(t *testing.T) {
	b := startBrowser(t)
	r := limitedPage()
	b.look(1280, "light")
	b.open(savePage(t, "keys", r))
	b.eval(nil, `document.querySelector('[data-plot="rate"]').focus()`)
	b.press("End")
	b.press("ArrowLeft")
	const legend = `document.querySelector('[data-legend="%s"]').innerText`
	p := r.Series[118]
	for id, wants := range map[string][]string{
		"rate":     {"1:59", perSecond().text(*p.Asked), perSecond().text(p.Reached)},
		"response": {"1:59", Length(p.Response.P50), Length(p.Response.Max)},
		"received": {"1:59", perSecond().text(p.Server.Discarded)},
		"rss":      {"1:59", Size(float64(p.Server.RSS))},
	} {
		var text string
		b.eval(&text, fmt.Sprintf(legend, id))
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("under the crosshair, %s says %q, want %q", id, text, want)
			}
		}
	}
	var spoken string
	b.eval(&spoken, "document.activeElement.getAttribute('aria-valuetext')")
	if want := "1:59: asked " + perSecond().text(*p.Asked); !strings.HasPrefix(spoken, want) {
		t.Errorf("a screen reader says %q, want %q", spoken, want)
	}
	keep(t, "crosshair.png", b.picture())
	b.press("Escape")
	var text string
	b.eval(&text, fmt.Sprintf(legend, "rate"))
	if !strings.Contains(text, "whole run") {
		t.Errorf("without a crosshair, the legend says %q", text)
	}
	var unreachable []string
	b.eval(&unreachable, `[...document.querySelectorAll(".plot")].filter(p => p.tabIndex !== 0 || p.getAttribute("role") !== "slider" || !p.getAttribute("aria-label")).map(p => p.dataset.plot)`)
	if len(unreachable) > 0 {
		t.Errorf("not to be reached by keyboard: %q", unreachable)
	}
	b.eval(&unreachable, `[...document.querySelectorAll(".plot")].filter(p => !p.parentElement.querySelector("details table tbody tr")).map(p => p.dataset.plot)`)
	if len(unreachable) > 0 {
		t.Errorf("without a table: %q", unreachable)
	}
}

// The crosshair's numbers read as those of the tables.
func TestIntegrationPageUnits(t *testing.T) {
	b := startBrowser(t)
	b.open(savePage(t, "units", goodPage(2)))
	for _, u := range []unit{perSecond(), lineCount(), requestsPerSecond(), bytesPerSecond(), duration(), memory(), plain(), cores()} {
		for _, v := range []float64{0, 0.00012, 0.0042, 0.6, 0.9996, 1, 9.87, 42.42, 99.96, 123.4, 999.4, 999.6, 1000, 64_000, 999_999, 1_234_567, 8.76e9} {
			var got string
			b.eval(&got, fmt.Sprintf("lologen.units[%q](%v)", u.name, v))
			if want := u.text(v); got != want {
				t.Errorf("%s of %v is %q in the page, %q in the text", u.name, v, got, want)
			}
		}
	}
}

// A window that becomes narrower takes its charts along, and what one zooms in on all show.
func TestIntegrationPageResizes(t *testing.T) {
	b := startBrowser(t)
	path := savePage(t, "resize", goodPage(120))
	b.look(1280, "dark")
	b.open(path)
	b.look(360, "dark")
	checkPage(t, b, path, 360, 12)
	var widest float64
	b.eval(&widest, "Math.max(...lologen.charts.map(u => u.width))")
	if widest > 360 || math.IsNaN(widest) {
		t.Errorf("a chart is %v wide in a window of 360", widest)
	}
	b.eval(nil, `document.querySelectorAll("details").forEach(d => { d.open = true; })`)
	b.settle()
	checkPage(t, b, path, 360, 12)
	keep(t, "tables-360.png", b.picture())
}

func TestIntegrationPageOnPaper(t *testing.T) {
	b := startBrowser(t)
	path := savePage(t, "paper", limitedPage())
	b.look(1280, "dark")
	b.open(path)
	printed := b.print()
	if !bytes.HasPrefix(printed, []byte("%PDF-")) || len(printed) < 20_000 {
		t.Errorf("printed %d bytes: %.20q", len(printed), printed)
	}
	keep(t, "paper.pdf", printed)
	var paper bool
	b.eval(&paper, "'print' in document.documentElement.dataset")
	if paper {
		t.Error("the screen still looks like paper")
	}
	checkQuiet(t, b, path)
}
