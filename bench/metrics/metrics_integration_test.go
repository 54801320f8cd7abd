//go:build integration

package metrics

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program finds one of the two that Debian's package prometheus has.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v (Debian: apt-get install prometheus)", err)
	}
	return path
}

func TestIntegrationPromtool(t *testing.T) {
	run := paced()
	run.Observe(second())
	s := serve(t, func(s *Server) {
		if err := s.Register(run); err != nil {
			t.Fatal(err)
		}
	})
	_, body := get(t, s.URL()+"/metrics")
	check := exec.CommandContext(t.Context(), program(t, "promtool"), "check", "metrics")
	check.Stdin = strings.NewReader(body)
	if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

// TestIntegrationPrometheus lets a real Prometheus scrape a run, with native histograms and
// without, and asks it what it has seen.
func TestIntegrationPrometheus(t *testing.T) {
	run := paced()
	for range 3 {
		run.Observe(filled())
	}
	s := serve(t, func(s *Server) {
		if err := s.Register(run); err != nil {
			t.Fatal(err)
		}
	})
	for _, mode := range []struct {
		name, quantile, count string
		flags                 []string
		precision             float64
	}{
		{
			name:     "classic",
			quantile: "histogram_quantile(0.5, lologen_response_latency_seconds_bucket)",
			count:    "lologen_response_latency_seconds_count", precision: 0.5,
		},
		{
			name:     "native",
			quantile: "histogram_quantile(0.5, lologen_response_latency_seconds)",
			count:    "histogram_count(lologen_response_latency_seconds)", precision: 0.03,
			flags: []string{"--enable-feature=native-histograms"},
		},
	} {
		t.Run(mode.name, func(t *testing.T) {
			p := startPrometheus(t, s.URL(), mode.flags)
			p.await(t, `up{job="lologen"}`, 1, 0)
			for query, want := range map[string]float64{
				`sum(lologen_lines_total) + sum(lologen_backlog_lines)`: 985, // 15 are in hand
				`lologen_lines_total{outcome="acked"}`:                  900,
				`lologen_bytes_total`:                                   250_000,
				`lologen_target_rate`:                                   1000,
				`lologen_request_errors_total{status="429"}`:            5,
				`lologen_build_info{version="1.2.3"}`:                   1,
				mode.count:                                              30_009,
			} {
				p.await(t, query, want, 0)
			}
			const median = 0.015 // of 0 to 30 ms, evenly
			p.await(t, mode.quantile, median, mode.precision)
		})
	}
}

type prometheusServer struct{ url string }

// startPrometheus starts one on a free port of loopback, and ends it with the test.
func startPrometheus(t *testing.T, target string, flags []string) prometheusServer {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	// A scrape may take as long as its interval, which is long for a machine that is busy with others.
	text := fmt.Sprintf("scrape_configs:\n- job_name: lologen\n  scrape_interval: 3s\n  scrape_timeout: 3s\n  static_configs:\n  - targets: [%q]\n",
		strings.TrimPrefix(target, "http://"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	var log bytes.Buffer
	cmd := exec.Command(program(t, "prometheus"), append(flags,
		"--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address)...)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil || t.Failed() {
			t.Logf("prometheus: %v\n%s", err, &log)
		}
	})
	return prometheusServer{"http://" + address}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// await asks until the answer is as wanted, to within a share of it. One scrape that failed has
// everything look as if it were gone.
func (p prometheusServer) await(t *testing.T, query string, want, within float64) {
	t.Helper()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(time.Minute); ; <-ticker.C {
		got, err := p.query(query)
		if err == nil && math.Abs(got-want) <= within*want {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s is %v (%v), want %v", query, got, err, want)
		}
	}
}

// query returns the only value of an instant query's answer.
func (p prometheusServer) query(query string) (float64, error) {
	resp, err := http.Get(p.url + "/api/v1/query?query=" + url.QueryEscape(query))
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var answer struct {
		Error string
		Data  struct{ Result []struct{ Value [2]any } }
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return 0, err
	}
	if answer.Error != "" || len(answer.Data.Result) != 1 {
		return 0, fmt.Errorf("%d results %s", len(answer.Data.Result), answer.Error)
	}
	return strconv.ParseFloat(fmt.Sprint(answer.Data.Result[0].Value[1]), 64)
}
