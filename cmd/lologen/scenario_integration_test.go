//go:build integration

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestIntegrationScenarios: each passes, or fails for the reason that it is about.
func TestIntegrationScenarios(t *testing.T) {
	limited, tenants := server(t, "LOLOGEN_LOKI_LIMITED_URL"), server(t, "LOLOGEN_LOKI_TENANTS_URL")
	for _, c := range []struct {
		scenario string
		args     []string
		reason   string // it fails for; empty: it passes
	}{
		{"steady", []string{"--url", limited, "-d", "6s"}, ""},
		{"biglines", []string{"--url", loki(t), "-d", "6s"}, ""},
		{"outoforder", []string{"--url", loki(t), "-d", "6s"}, ""},
		{"churn", []string{"--url", loki(t), "-d", "6s"}, ""},
		{"multitenant", []string{"--url", tenants, "-d", "6s", "--rate", "3MB"}, ""},
		{"cardinality", []string{"--url", tenants, "--tenant", "few-streams", "--label", "pod={0..99}", "-d", "4s", "--rate", "100kB"}, "stream_limit"},
		{"ramp", []string{"--url", limited, "--stages", "8s:500kB..20MB"}, "rate_limited"},
		{"burst", []string{"--url", limited, "--profile", "burst:base=1MB,peak=20MB,period=4s,share=50%", "-d", "6s"}, "rate_limited"},
	} {
		t.Run(c.scenario, func(t *testing.T) {
			// A busy machine is late; that is not what these are about.
			code, r := lologen(t, append([]string{"--scenario", c.scenario, "--slo", "errors<1%", "--slo", "service.p99<5s"}, c.args...)...)
			if c.reason == "" {
				if code != exitOK || len(r.Errors) > 0 {
					t.Errorf("exit %d, %+v, %+v", code, r.Verdict.SLO, r.Errors)
				}
				return
			}
			if f := failure(t, r, c.reason); f.Raise == "" || f.Offered <= 0 {
				t.Errorf("%+v", f)
			}
			if code != exitSLO || r.Verdict.BoundBy == "none" && r.Lines.Lost() == 0 {
				t.Errorf("exit %d, %+v, %+v", code, r.Verdict, r.Lines)
			}
		})
	}
}

// TestIntegrationPageOfALimit: a run into a limit leaves a page that says which, and when.
func TestIntegrationPageOfALimit(t *testing.T) {
	page := filepath.Join(t.TempDir(), "run.html")
	_, r := lologen(t, "-t", "loki", "--url", server(t, "LOLOGEN_LOKI_LIMITED_URL"), "--stages", "6s:1MB..20MB", "--streams", "16", "--workers", "8",
		"--retries", "1", "--report-file", page)
	failure(t, r, "rate_limited")
	if len(r.Series) < 5 || r.Server == nil || len(r.Server.Discarded) == 0 {
		t.Errorf("%d points, server %+v", len(r.Series), r.Server)
	}
	met := false
	for _, p := range r.Series {
		met = met || p.Errors["rate_limited"] > 0
	}
	if !met {
		t.Errorf("no point of the series shows the limit: %+v", r.Series)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"rate_limited", "ingestion_rate_mb", "lologen --type loki"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the page does not say %s", want)
		}
	}
}
