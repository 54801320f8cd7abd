//go:build integration

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/exitfound/lologen/bench/report"
)

// server is the address of one of the servers of scripts/stack.
func server(t *testing.T, variable string) string {
	t.Helper()
	address := os.Getenv(variable)
	if address == "" {
		t.Fatalf("%s is not set: start the servers by scripts/stack up, and set what it prints", variable)
	}
	return address
}

func loki(t *testing.T) string { return server(t, "LOLOGEN_LOKI_URL") }

// lologen runs the program in this process and returns its exit code and report. Its ledger balances.
func lologen(t *testing.T, args ...string) (int, *report.Report) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.json")
	notes, err := os.Create(filepath.Join(t.TempDir(), "notes"))
	if err != nil {
		t.Fatal(err)
	}
	defer notes.Close()
	code := run(context.Background(), append(args, "--report-file", file), nil, stdio{in: os.Stdin, out: notes, err: notes})
	text, err := os.ReadFile(file)
	if err != nil {
		said, _ := os.ReadFile(notes.Name())
		t.Fatalf("lologen %s: exit %d, no report: %s", strings.Join(args, " "), code, said)
	}
	r := new(report.Report)
	if err := json.Unmarshal(text, r); err != nil {
		t.Fatal(err)
	}
	if !r.Lines.Balanced() {
		t.Fatalf("the ledger does not balance: %+v", r.Lines)
	}
	return code, r
}

// ask is an instant query; by is the label that tells series apart.
func ask(t *testing.T, base, tenant, by, query string) map[string]float64 {
	t.Helper()
	values := url.Values{"query": {query}, "time": {strconv.FormatInt(time.Now().Add(time.Second).UnixNano(), 10)}, "limit": {"5000"}}
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	get(t, base+"/loki/api/v1/query?"+values.Encode(), tenant, &answer)
	sums := make(map[string]float64)
	for _, r := range answer.Data.Result {
		v, err := strconv.ParseFloat(fmt.Sprint(r.Value[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		sums[r.Metric[by]] += v
	}
	return sums
}

func get(t *testing.T, address, tenant string, answer any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if tenant != "" {
		request.Header.Set("X-Scope-OrgID", tenant)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s: %.300s %v", address, response.Status, body, err)
	}
	if err := json.Unmarshal(body, answer); err != nil {
		t.Fatal(err)
	}
}

// settled polls a number until it is want, or is more and stays the same; it gives up after a while.
func settled(t *testing.T, want float64, ask func() float64) float64 {
	t.Helper()
	last := math.NaN()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		before := last
		if last = ask(); last == want || last > want && last == before {
			break
		}
	}
	return last
}

func total(sums map[string]float64) float64 {
	sum := 0.0
	for _, v := range sums {
		sum += v
	}
	return sum
}

// stored is how many lines a Loki holds of a selector.
func stored(t *testing.T, base, tenant, selector string, want float64) float64 {
	t.Helper()
	return settled(t, want, func() float64 {
		return total(ask(t, base, tenant, "", "sum(count_over_time("+selector+"[1h]))"))
	})
}

// failure is what the report says of one reason.
func failure(t *testing.T, r *report.Report, reason string) report.Failure {
	t.Helper()
	for _, f := range r.Errors {
		if f.Reason == reason {
			return f
		}
	}
	t.Fatalf("no %s among the errors: %+v; lines %+v", reason, r.Errors, r.Lines)
	return report.Failure{}
}

// TestIntegrationLokiExact: a million lines are stored, each once.
func TestIntegrationLokiExact(t *testing.T) {
	const lines, streams = 1_000_000, 200
	code, r := lologen(t, "-t", "loki", "--url", loki(t), "--count", strconv.Itoa(lines), "--rate", "max", "--streams", "200", "--workers", "8",
		"--identify", "--drain", "60s", "--seed", "11")
	if want := (report.Lines{Due: lines, Acked: lines}); code != 0 || r.Lines != want {
		t.Fatalf("exit %d, %+v, %+v", code, r.Lines, r.Errors)
	}
	selector := fmt.Sprintf(`{run_id=%q}`, r.RunID)
	if n := stored(t, loki(t), "", selector, lines); n != lines {
		t.Fatalf("%.0f lines are stored", n)
	}
	if n := total(ask(t, loki(t), "", "", "sum(bytes_over_time("+selector+"[1h]))")); n != float64(r.Bytes.Acked) {
		t.Errorf("%.0f bytes are stored of %d", n, r.Bytes.Acked)
	}
	const each = lines / streams
	unwrapped := selector + ` | logfmt seq | unwrap seq | __error__="" [1h]`
	for query, want := range map[string]float64{
		"sum by (stream_id)(count_over_time(" + selector + "[1h]))": each,
		"min_over_time(" + unwrapped + ") by (stream_id)":           0,
		"max_over_time(" + unwrapped + ") by (stream_id)":           each - 1,
		"sum by (stream_id)(sum_over_time(" + unwrapped + "))":      each * (each - 1) / 2,
	} {
		got := ask(t, loki(t), "", "stream_id", query)
		if len(got) != streams {
			t.Errorf("%s: %d streams", query, len(got))
		}
		for stream, v := range got {
			if v != want {
				t.Errorf("%s: stream %s has %v, not %v", query, stream, v, want)
			}
		}
	}
}

// TestIntegrationLokiTenants: each of 50 tenants holds its share.
func TestIntegrationLokiTenants(t *testing.T) {
	tenants := server(t, "LOLOGEN_LOKI_TENANTS_URL")
	code, r := lologen(t, "-t", "loki", "--url", tenants, "--tenants", "50", "--streams", "100", "--workers", "4", "--count", "50k", "--rate", "max", "--identify")
	if code != 0 || r.Lines.Acked != 50_000 {
		t.Fatalf("exit %d, %+v, %+v", code, r.Lines, r.Errors)
	}
	for i := range 50 {
		if n := stored(t, tenants, fmt.Sprintf("tenant-%d", i), fmt.Sprintf(`{run_id=%q}`, r.RunID), 1000); n != 1000 {
			t.Errorf("tenant-%d holds %.0f lines", i, n)
		}
	}
}

// TestIntegrationLokiMetadata: structured metadata is there, of every line its own.
func TestIntegrationLokiMetadata(t *testing.T) {
	for _, encoding := range []string{"protobuf", "json"} {
		_, r := lologen(t, "-t", "loki", "--url", loki(t), "--count", "500", "--rate", "max", "--identify", "--encoding", encoding,
			"--structured-metadata", "trace_id={rand16}", "--structured-metadata", "n={seq}")
		selector := fmt.Sprintf(`{run_id=%q}`, r.RunID)
		if n := stored(t, loki(t), "", selector+` | trace_id=~"[0-9a-f]{16}" | n=~"[0-9]+"`, 500); n != 500 {
			t.Errorf("%s: %.0f lines have their metadata", encoding, n)
		}
		if ids := ask(t, loki(t), "", "trace_id", "sum by (trace_id)(count_over_time("+selector+"[1h]))"); len(ids) != 500 {
			t.Errorf("%s: %d different values", encoding, len(ids))
		}
	}
}

// metric is a sum over those series of one of Loki's own metrics that have a label.
func metric(t *testing.T, base, name, label string) float64 {
	t.Helper()
	response, err := http.Get(base + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for line := range bytes.Lines(body) {
		series, value, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		if before, labels, _ := strings.Cut(series, "{"); before == name && strings.Contains(labels, label) {
			v, err := strconv.ParseFloat(value[strings.LastIndex(value, " ")+1:], 64)
			if err != nil {
				t.Fatal(err)
			}
			sum += v
		}
	}
	return sum
}

// TestIntegrationLokiChurn: streams are replaced as planned.
func TestIntegrationLokiChurn(t *testing.T) {
	const created = "loki_ingester_streams_created_total"
	before := metric(t, loki(t), created, "")
	code, r := lologen(t, "-t", "loki", "--url", loki(t), "--streams", "200", "--rate", "20k", "-d", "10s", "--churn", "50%/2s", "--identify",
		"--batch-wait", "100ms")
	if code != 0 {
		t.Fatalf("exit %d, %+v, %+v", code, r.Lines, r.Errors)
	}
	if got, want := metric(t, loki(t), created, "")-before, 200.0+5*100; math.Abs(got-want) > 0.02*want {
		t.Errorf("%.0f streams were created, want %.0f", got, want)
	}
}

// TestIntegrationLokiSurvivesLoki: Loki is killed and comes back. What was acked is there.
func TestIntegrationLokiSurvivesLoki(t *testing.T) {
	done := make(chan error, 1)
	go func() {
		time.Sleep(3 * time.Second) // in the middle of the run
		out, err := exec.Command("../../scripts/stack", "restart", "-9", "loki").CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
		done <- err
	}()
	_, r := lologen(t, "-t", "loki", "--url", loki(t), "--streams", "50", "--workers", "4", "--rate", "20k", "-d", "15s", "--identify", "--drain", "60s")
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if len(r.Errors) == 0 || r.Requests.Retried == 0 || r.Lines.Acked < r.Lines.Due/2 {
		t.Errorf("%+v, %+v, %+v", r.Lines, r.Requests, r.Errors)
	}
	n := stored(t, loki(t), "", fmt.Sprintf(`{run_id=%q}`, r.RunID), float64(r.Lines.Acked))
	if n < float64(r.Lines.Acked) || n > float64(r.Lines.Acked+r.Lines.Unknown) {
		t.Errorf("%.0f lines are stored; %+v, %+v", n, r.Lines, r.Errors)
	}
	if r.Server == nil || !r.Server.Restarted {
		t.Errorf("the report does not say that Loki was restarted: %+v", r.Server)
	}
}

// TestIntegrationLokiServerSide: Loki's own account stands beside ours. It is one that nobody else
// sends to: to another Promtail may.
func TestIntegrationLokiServerSide(t *testing.T) {
	tenants := server(t, "LOLOGEN_LOKI_TENANTS_URL")
	_, r := lologen(t, "-t", "loki", "--url", tenants, "--tenant", "server-side", "--streams", "20", "--count", "20k", "--rate", "20k", "--identify")
	s := r.Server
	if s == nil || s.Failed != "" || s.Restarted || s.Received.Lines != 20_000 || s.Received.Bytes < r.Bytes.Acked || s.Streams.Created != 20 || s.CPU <= 0 || s.RSS == 0 {
		t.Errorf("%+v", s)
	}
	if _, r = lologen(t, "-t", "loki", "--url", loki(t), "--count", "20", "--rate", "max", "--scrape", "none"); r.Server != nil {
		t.Errorf("scraped, although told not to: %+v", r.Server)
	}
}

// TestIntegrationPromtailFile: Promtail tails a file that is written at 20k lines/s.
func TestIntegrationPromtailFile(t *testing.T) {
	path := filepath.Join(server(t, "LOLOGEN_PROMTAIL_DIR"), fmt.Sprintf("run-%d.log", time.Now().UnixNano()))
	defer os.Remove(path)
	code, r := lologen(t, "-t", "file", "-p", path, "--rate", "20k", "-d", "5s", "--workers", "4", "--identify")
	if code != 0 || r.Lines.Acked != 100_000 {
		t.Fatalf("exit %d, %+v", code, r.Lines)
	}
	selector := fmt.Sprintf(`{job="promtail-file"} |= "run=%s"`, r.RunID)
	if n := stored(t, loki(t), "", selector, 100_000); n != 100_000 {
		t.Errorf("%.0f lines arrived", n)
	}
}

// TestIntegrationPromtailJournal: Promtail reads our entries in the journal.
func TestIntegrationPromtailJournal(t *testing.T) {
	server(t, "LOLOGEN_PROMTAIL_URL")
	code, r := lologen(t, "-t", "journald", "-n", "lologen-promtail", "--rate", "2k", "-d", "3s", "--identify")
	if code != 0 || r.Lines.Acked != 6000 {
		t.Fatalf("exit %d, %+v, %+v", code, r.Lines, r.Errors)
	}
	selector := fmt.Sprintf(`{job="promtail-journal"} |= "run=%s"`, r.RunID)
	if n := stored(t, loki(t), "", selector, 6000); n != 6000 {
		t.Errorf("%.0f lines arrived", n)
	}
}
