//go:build integration

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/exitfound/lologen/bench/report"
)

// TestIntegrationLokiRateLimit: a Loki with its default limits takes 4 MB/s, and says so.
func TestIntegrationLokiRateLimit(t *testing.T) {
	limited := server(t, "LOLOGEN_LOKI_LIMITED_URL")
	_, r := lologen(t, "-t", "loki", "--url", limited, "--rate", "20MB", "-d", "5s", "--streams", "16", "--workers", "8", "--identify", "--retries", "3")
	f := failure(t, r, "rate_limited")
	if f.Status != 429 || !strings.Contains(f.Raise, "ingestion_rate_mb") || !strings.Contains(f.First, "Ingestion rate limit exceeded") || f.Requests == 0 {
		t.Errorf("%+v", f)
	}
	if asked := *r.Plan.Rate; f.Offered < 0.95*asked || f.Offered > 1.05*asked || f.At <= 0 || f.At > 3 {
		t.Errorf("offered %v of %v, at %v s", f.Offered, asked, f.At)
	}
	if r.Verdict.BoundBy != report.Limit {
		t.Errorf("bound by %s: %s", r.Verdict.BoundBy, r.Verdict.BoundWhy)
	}
	// Nothing that was acked is missing, and nothing that was rejected is there.
	selector := fmt.Sprintf(`{run_id=%q}`, r.RunID)
	if n := stored(t, limited, "", selector, float64(r.Lines.Acked)); n < float64(r.Lines.Acked) || n > float64(r.Lines.Acked+r.Lines.Unknown) {
		t.Errorf("%.0f lines are stored; %+v", n, r.Lines)
	}
}

// TestIntegrationLokiReasons: each of Loki's refusals is told by its name, and the lines that it
// refused are accounted for as what they are.
func TestIntegrationLokiReasons(t *testing.T) {
	limited, tenants := server(t, "LOLOGEN_LOKI_LIMITED_URL"), server(t, "LOLOGEN_LOKI_TENANTS_URL")
	// A stream stays active for half an hour, so a tenant that had its ten a while ago takes none now.
	few := 5 * max(0, 10-metric(t, tenants, "loki_ingester_memory_streams", `tenant="few-streams"`))
	names := []string{}
	for i := range 16 {
		names = append(names, "--label", fmt.Sprintf("l%02d=x", i))
	}
	for _, tt := range []struct {
		name, reason  string
		status        int
		url, tenant   string
		args          []string
		acked, others float64 // of 100 lines: stored and acked; rejected (or unknown, if negative)
	}{
		{"line too long", "line_too_long", 400, limited, "", []string{"--size", "300kB", "--batch-size", "10MB"}, 0, 100},
		{"too old", "greater_than_max_sample_age", 400, limited, "", []string{"--timestamp-offset", "-200h"}, 0, 100},
		{"in the future", "too_far_in_future", 400, limited, "", []string{"--timestamp-offset", "1h"}, 0, 100},
		{"label names", "max_label_names_per_series", 400, limited, "", names, 0, 100},
		{"no tenant", "no_org_id", 401, tenants, "", nil, 0, 100},
		{"few streams", "stream_limit", 429, tenants, "few-streams", []string{"--streams", "20", "--streams-per-request", "1", "--retries", "0"}, few, 100 - few},
		{"many streams a request", "stream_limit", 429, tenants, "few-streams", []string{"--streams", "20", "--label", "job=other", "--retries", "0"}, 0, -100},
		{"slow streams", "per_stream_rate_limit", 429, tenants, "slow-streams", []string{"--size", "3kB", "--retries", "0"}, 0, -100},
		{"blocked", "blocked_ingestion", 260, tenants, "blocked", nil, 0, 100},
		{"gRPC message", "message_too_large", 500, limited, "", []string{"--size", "50kB", "--batch-size", "8MB"}, 0, -100},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := []string{"-t", "loki", "--url", tt.url, "--count", "100", "--rate", "max", "--identify", "--color", "never"}
			if tt.tenant != "" {
				args = append(args, "--tenant", tt.tenant)
			}
			code, r := lologen(t, append(args, tt.args...)...)
			f := failure(t, r, tt.reason)
			if code != 1 || f.Status != tt.status || f.Requests == 0 || f.First == "" {
				t.Errorf("exit %d, %+v", code, f)
			}
			want := report.Lines{Due: 100, Acked: uint64(tt.acked), Rejected: uint64(max(0, tt.others)), Unknown: uint64(max(0, -tt.others))}
			if r.Lines != want || f.Lines != want.Lost() {
				t.Errorf("lines %+v, want %+v; %+v", r.Lines, want, r.Errors)
			}
			if tt.tenant == "" && tt.url == tenants {
				return // nobody could have them
			}
			n := stored(t, tt.url, tt.tenant, fmt.Sprintf(`{run_id=%q}`, r.RunID), tt.acked)
			if n < float64(want.Acked) || n > float64(want.Acked+want.Unknown) {
				t.Errorf("%.0f lines are stored of %+v", n, want)
			}
		})
	}
}

// TestIntegrationLokiBlockedInPart: where one stream of two is blocked, Loki stores the other one, and
// answers as it does when all are.
func TestIntegrationLokiBlockedInPart(t *testing.T) {
	const tenant = "blocked-in-part"
	tenants := server(t, "LOLOGEN_LOKI_TENANTS_URL")
	_, r := lologen(t, "-t", "loki", "--url", tenants, "--tenant", tenant, "--streams", "2", "--count", "100", "--rate", "max", "--identify")
	if f := failure(t, r, "blocked_ingestion"); f.Status != 260 || r.Lines.Unknown != 100 || r.Requests.Retried != 0 {
		t.Errorf("%+v, %+v, %+v", f, r.Lines, r.Requests)
	}
	if n := stored(t, tenants, tenant, fmt.Sprintf(`{run_id=%q}`, r.RunID), 50); n != 50 {
		t.Errorf("%.0f lines are stored", n)
	}
}

// TestIntegrationLokiTooLarge: what is too large for a proxy before Loki is rejected by it, and nothing
// else is. Loki itself has no such answer in 3.5.
func TestIntegrationLokiTooLarge(t *testing.T) {
	const most = 512 << 10
	behind, err := url.Parse(loki(t))
	if err != nil {
		t.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(behind)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > most {
			http.Error(w, "<html><head><title>413 Request Entity Too Large</title></head></html>", http.StatusRequestEntityTooLarge)
			return
		}
		forward.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	// Three batches of 1 MiB, and what is left.
	code, r := lologen(t, "-t", "loki", "--url", proxy.URL, "--count", "3300", "--rate", "max", "--size", "1000", "--compression", "none", "--identify")
	f := failure(t, r, "request_body_too_large")
	if code != 1 || f.Status != 413 || f.Requests != 3 || !strings.Contains(f.First, "413 Request Entity Too Large") || !strings.Contains(f.Raise, "max_recv_msg_size") {
		t.Errorf("exit %d, %+v", code, f)
	}
	if l := r.Lines; l.Acked < 100 || l.Rejected != 3300-l.Acked || l.Rejected != f.Lines || r.Requests.Retried != 0 {
		t.Errorf("%+v, %+v", l, r.Requests)
	}
	if n := stored(t, loki(t), "", fmt.Sprintf(`{run_id=%q}`, r.RunID), float64(r.Lines.Acked)); n != float64(r.Lines.Acked) {
		t.Errorf("%.0f lines are stored; %+v", n, r.Lines)
	}
}

// TestIntegrationLokiTooFarBehind: disorder beyond half of max_chunk_age, which no other limit is in
// the way of, is refused in part.
func TestIntegrationLokiTooFarBehind(t *testing.T) {
	_, r := lologen(t, "-t", "loki", "--url", loki(t), "--count", "1000", "--rate", "max", "--identify", "--out-of-order", "20%/5h")
	f := failure(t, r, "too_far_behind")
	if f.Status != 400 || r.Requests.Retried != 0 || r.Lines.Unknown != 1000 || !strings.Contains(f.Raise, "max_chunk_age") {
		t.Errorf("%+v, %+v, %+v", f, r.Lines, r.Requests)
	}
}
