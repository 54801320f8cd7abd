//go:build integration

package metrics_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/exitfound/lologen/bench/metrics"
	"github.com/exitfound/lologen/bench/receive"
)

// TestIntegrationPromtoolOfAReceiver has the metrics of a receiver judged, its own page and the one
// that --metrics-listen adds.
func TestIntegrationPromtoolOfAReceiver(t *testing.T) {
	receiver, err := receive.Listen(receive.Config{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	asked, err := metrics.Listen("127.0.0.1:0", "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	if err := asked.Register(receiver.Metrics()); err != nil {
		t.Fatal(err)
	}
	serving, stop := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	defer ended.Wait()
	defer stop()
	for _, serve := range []func(context.Context) error{receiver.Serve, asked.Serve} {
		ended.Go(func() {
			if err := serve(serving); err != nil {
				t.Error(err)
			}
		})
	}
	var lines strings.Builder
	for seq := range 100 {
		fmt.Fprintf(&lines, "text run=4f2a9c01d3e8 stream=%07d seq=%012d sent=%019d\n", 0, seq, time.Now().UnixNano())
	}
	lines.WriteString("of no run\n")
	for _, body := range []string{lines.String(), "{"} {
		resp, err := http.Post(receiver.URL(), "text/plain", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	for page, want := range map[string]string{
		asked.URL() + "/metrics":   `lologen_build_info{goversion="`,
		receiver.URL() + "metrics": "lologen_received_lines_total 102",
	} {
		body := fetch(t, page)
		for _, want := range []string{want, `lologen_received_end_to_end_latency_seconds_count{run="4f2a9c01d3e8"} 100`} {
			if !strings.Contains(body, want) {
				t.Errorf("%s has no %q:\n%s", page, want, body)
			}
		}
		check := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
		check.Stdin = strings.NewReader(body)
		if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("promtool check metrics: %v (Debian: apt-get install prometheus)\n%s", err, out)
		}
	}
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
