//go:build integration

package main

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/bench/search"
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

// TestIntegrationSearchFindsLokisKnee: with limits raised it is not a limit that breaks a step but
// what the machine can do, which is more by far; and a rate well below the answer is one that Loki
// keeps up with.
func TestIntegrationSearchFindsLokisKnee(t *testing.T) {
	load := []string{"-t", "loki", "--url", loki(t), "--workers", "4", "--streams", "200"}
	r := found(t, exitOK, append([]string{"--from", "50k", "--to", "5M", "--step-duration", "3s", "--precision", "25%", "--settle", "1s", "--drain", "2s"}, load...)...)
	t.Logf("best %+v, broke %+v, bound by %s: %s", r.Best, r.Broke, r.BoundBy, r.BoundWhy)
	if r.Ended != search.Found || r.BoundBy == report.Limit || r.BoundBy == report.None || r.BoundWhy == "" {
		t.Errorf("%s, bound by %s: %q, %+v", r.Ended, r.BoundBy, r.BoundWhy, r.Broke)
	}
	if r.Best.Bytes < 4*4<<20 {
		t.Errorf("%v bytes/s", r.Best.Bytes)
	}
	half := strconv.FormatFloat(r.Best.Rate/2, 'f', 0, 64)
	if code, again := lologen(t, append(load, "--rate", half, "-d", "5s", "--slo", "rate>=0.8", "--slo", "errors==0")...); code != exitOK {
		t.Errorf("half of it: exit %d, %+v, %+v", code, again.Verdict, again.Errors)
	}
}
