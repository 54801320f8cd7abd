//go:build integration

package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/exitfound/lologen/bench/report"
)

// TestIntegrationSearchNamesLokisLimit: a Loki with default limits takes 4 MiB/s of a tenant, and
// bursts of 6 MiB. In steps of 5 s these let 30 % more pass, which is said.
func TestIntegrationSearchNamesLokisLimit(t *testing.T) {
	const limit, burst = 4 << 20, 6 << 20
	r := found(t, exitOK, "-t", "loki", "--url", server(t, "LOLOGEN_LOKI_LIMITED_URL"), "--workers", "4", "--streams", "8",
		"--from", "2MiB", "--to", "16MiB", "--step-duration", "5s", "--precision", "20%", "--settle", "1.5s", "--drain", "1s")
	t.Logf("best %+v, broke %+v, burst %+v, %q", r.Best, r.Broke, r.Burst, r.Warnings)
	if r.Best.Bytes < limit/1.2 || r.Best.Bytes > limit*1.3*1.2 {
		t.Errorf("%v bytes/s", r.Best.Bytes)
	}
	named := func(f report.Failure) bool {
		return f.Reason == "rate_limited" && f.Status == 429 && strings.Contains(f.Raise, "ingestion_rate_mb")
	}
	if r.BoundBy != report.Limit || !slices.ContainsFunc(r.Broke.Reasons, named) {
		t.Errorf("bound by %s: %+v", r.BoundBy, r.Broke.Reasons)
	}
	if b := r.Burst; b == nil || !b.Named || b.Limit != limit || b.Bytes < 0.6*burst || b.Bytes > 1.4*burst {
		t.Errorf("%+v", b)
	}
	if !slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.Contains(w, "--step-duration") }) {
		t.Errorf("%q", r.Warnings)
	}
}
