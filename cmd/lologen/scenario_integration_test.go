//go:build integration

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/exitfound/lologen/bench/report"
)

// TestIntegrationScenarios: each passes, or fails for the reason that it is about, by the load and
// the demands that it comes with. Those that pass may be late, on a machine that is busy with tests.
func TestIntegrationScenarios(t *testing.T) {
	limited, tenants := server(t, "LOLOGEN_LOKI_LIMITED_URL"), server(t, "LOLOGEN_LOKI_TENANTS_URL")
	late := map[string]string{"rate>=0.95": "rate>=0.5", "service.p99<1s": "service.p99<5s", "p99<5s": "p99<10s"}
	for _, c := range []struct {
		scenario string
		args     []string
		reason   string   // it fails for; empty: it passes
		broken   []string // demands, of which one is not met at least
	}{
		{"steady", []string{"--url", limited, "-d", "6s"}, "", nil},
		{"biglines", []string{"--url", limited, "-d", "6s"}, "", nil},
		{"outoforder", []string{"--url", limited, "-d", "6s"}, "", nil},
		{"churn", []string{"--url", limited, "-d", "6s"}, "", nil},
		{"multitenant", []string{"--url", tenants, "-d", "6s"}, "", nil},
		{"cardinality", []string{"--url", tenants, "--tenant", "default-streams", "-d", "5s"}, "stream_limit", []string{"errors<1%"}},
		{"ramp", []string{"--url", limited, "-d", "20s"}, "rate_limited", []string{"p99<5s", "rate>=0.95", "errors<1%"}},
		{"burst", []string{"--url", limited, "-d", "8s"}, "rate_limited", []string{"p99<5s"}},
	} {
		t.Run(c.scenario, func(t *testing.T) {
			args := append([]string{"--scenario", c.scenario}, c.args...)
			if c.reason == "" {
				for _, flag := range sound {
					slo, wider := late[flag[1]]
					if !wider {
						slo = flag[1]
					}
					args = append(args, "--slo", slo)
				}
			}
			code, r := lologen(t, args...)
			if len(r.Verdict.SLO) != len(sound) {
				t.Errorf("demands are %+v", r.Verdict.SLO)
			}
			if c.reason == "" {
				if code != exitOK || len(r.Errors) > 0 {
					t.Errorf("exit %d, %+v, %+v", code, r.Verdict.SLO, r.Errors)
				}
				return
			}
			if f := failure(t, r, c.reason); f.Raise == "" || f.Offered <= 0 {
				t.Errorf("%+v", f)
			}
			broken := func(s report.SLO) bool { return !s.Passed && slices.Contains(c.broken, s.Expr) }
			if code != exitSLO || r.Verdict.BoundBy != report.Limit || !slices.ContainsFunc(r.Verdict.SLO, broken) {
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
