package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/exitfound/lologen/bench/metrics"
	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/sinks"
)

const (
	scrapeEvery = time.Second // 15 times as often as Prometheus does by itself
	scrapePairs = 5
)

// BenchmarkScraped is the pipe into nothing with a metrics server that is scraped, beside the same
// without: runs of a second, in turns. The share is that of the processor's time, which others on
// the machine change less than what a clock says, with all that a scrape takes on both of its sides;
// the median of the pairs. An op is a line of a run that is scraped.
func BenchmarkScraped(b *testing.B) {
	for _, workers := range workerCounts[:2] {
		b.Run(fmt.Sprintf("discard/%d", workers), func(b *testing.B) {
			const try = 1 << 20
			count := uint64(try * time.Second.Seconds() / unscraped(b, workers, try).seconds)
			for b.Loop() {
				reportScraped(b, workers, count)
			}
			b.ReportMetric(0, "allocs/op") // of a line, not of all these runs
			b.ReportMetric(0, "B/op")
		})
	}
}

func reportScraped(b *testing.B, workers int, count uint64) {
	var shares []float64
	best := math.Inf(1)
	for pair := range scrapePairs {
		var with, without cost
		if pair%2 == 0 {
			without = unscraped(b, workers, count)
		}
		with = scraped(b, workers, count)
		if pair%2 == 1 {
			without = unscraped(b, workers, count)
		}
		shares = append(shares, without.cpu/with.cpu)
		best = min(best, with.seconds)
	}
	slices.Sort(shares)
	b.ReportMetric(1e9*best/float64(count), "ns/op")
	b.ReportMetric(float64(count)*float64(LineSize())/best/1e6, "MB/s")
	b.ReportMetric(shares[len(shares)/2], "of-unscraped")
}

// A cost is what a run took.
type cost struct{ seconds, cpu float64 }

// TestScraped keeps the benchmark from rotting.
func TestScraped(t *testing.T) {
	unscraped(t, 2, 1003)
	scraped(t, 2, 1003)
}

// unscraped is what so many lines take.
func unscraped(tb testing.TB, workers int, count uint64) cost {
	tb.Helper()
	return spend(tb, plain(tb, workers, count))
}

// scraped is the same, with somebody who wants to know.
func scraped(tb testing.TB, workers int, count uint64) cost {
	tb.Helper()
	p := plain(tb, workers, count)
	seen := metrics.NewRun(metrics.About{Started: time.Now()}, func() float64 { return math.Inf(1) })
	p.Every, p.OnSnapshot = time.Second, seen.Observe
	server, err := metrics.Listen("127.0.0.1:0", "")
	if err != nil {
		tb.Fatal(err)
	}
	if err := server.Register(seen); err != nil {
		tb.Fatal(err)
	}
	serving, end := context.WithCancel(tb.Context())
	var others sync.WaitGroup
	defer others.Wait()
	defer end()
	others.Go(func() {
		if err := server.Serve(serving); err != nil {
			tb.Error(err)
		}
	})
	running, stop := context.WithCancel(tb.Context())
	others.Go(func() { scrapeAll(tb, running, server.URL()) })
	took := spend(tb, p)
	stop()
	page, err := scrape(tb.Context(), server.URL())
	if want := fmt.Sprintf("\nlologen_lines_total{outcome=\"acked\"} %g\n", float64(count)); err != nil || !strings.Contains(page, want) {
		tb.Errorf("no %q in the last scrape, %v:\n%s", want, err, page)
	}
	return took
}

func plain(tb testing.TB, workers int, count uint64) emitter.Plan {
	return Plan(open(tb, "discard", sinks.Config{Workers: workers}), workers, count)
}

func spend(tb testing.TB, p emitter.Plan) cost {
	tb.Helper()
	before := report.Measure()
	r, err := emitter.Run(tb.Context(), p)
	used := report.Measure().Since(before)
	if err := errors.Join(err, Delivered(r, p.Count)); err != nil {
		tb.Fatal(err)
	}
	return cost{r.Elapsed.Seconds(), used.CPU}
}

// scrapeAll scrapes until ctx ends, first in the middle of an interval.
func scrapeAll(tb testing.TB, ctx context.Context, url string) {
	timer := time.NewTimer(scrapeEvery / 2)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if _, err := scrape(ctx, url); err != nil && ctx.Err() == nil {
			tb.Errorf("scrape: %v", err)
		}
		timer.Reset(scrapeEvery)
	}
}

func scrape(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/metrics", nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	return string(page), err
}
