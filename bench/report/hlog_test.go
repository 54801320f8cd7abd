package report

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
)

func TestHLog(t *testing.T) {
	result, run := paced()
	run.ID = "4f2a\n9c01"
	r := New(result, run)
	var b bytes.Buffer
	if err := r.Write(&b, "hlog"); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"#[Latencies of lologen run 4f2a 9c01, in nanoseconds]",
		"#[Histogram log format version 1.3]",
		"#[StartTime: 1795361003 (seconds since epoch), 2026-11-22T15:23:23Z]",
		`"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"`,
		"Tag=response,1795361003.819000,10.020000,1.800191,HISTFAAA",
		"Tag=service,1795361003.819000,10.020000,0.090047,HISTFAAA",
		"Tag=schedule,1795361003.819000,10.020000,1.200127,HISTFAAA",
	} {
		if line := strings.Split(b.String(), "\n")[i]; !strings.HasPrefix(line, want) {
			t.Errorf("line %d is %.100s, want %s", i, line, want)
		}
	}
	reader := hdrhistogram.NewHistogramLogReader(&b)
	for _, want := range []*hdrhistogram.Histogram{result.Latency.Response, result.Latency.Service, result.Latency.Schedule} {
		got, err := reader.NextIntervalHistogram()
		if err != nil || got == nil {
			t.Fatalf("got %v, %v", got, err)
		}
		if got.TotalCount() != want.TotalCount() || got.ValueAtPercentile(99) != want.ValueAtPercentile(99) || got.Max() != want.Max() {
			t.Errorf("%s: %d values", got.Tag(), got.TotalCount())
		}
		if length := got.EndTimeMs() - got.StartTimeMs(); math.Abs(float64(length)-10_020) > 1 {
			t.Errorf("%s: %d ms", got.Tag(), length)
		}
	}
	if h, err := reader.NextIntervalHistogram(); h != nil || err != nil {
		t.Errorf("then %v, %v", h, err)
	}
}

func TestHLogOfUnpacedRun(t *testing.T) {
	var b bytes.Buffer
	if err := New(unpaced()).HLog(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "Tag=schedule") || strings.Count(b.String(), "Tag=") != 2 {
		t.Errorf("got %.300s", &b)
	}
}

func TestHLogFails(t *testing.T) {
	r := New(paced())
	r.Latency.Service.Hdr = ""
	if err := r.HLog(&bytes.Buffer{}); err == nil || err.Error() != "write report: the report has percentiles, but no histograms" {
		t.Errorf("got %v", err)
	}
	r.Latency.Service.Hdr = "x"
	if err := r.HLog(&bytes.Buffer{}); err == nil || !strings.HasPrefix(err.Error(), "write report: service: decode histogram: ") {
		t.Errorf("got %v", err)
	}
}
