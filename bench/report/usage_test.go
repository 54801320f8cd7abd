package report

import (
	"runtime"
	"testing"
	"time"
)

// sinkhole keeps allocations from being optimised away.
var sinkhole []*[64]byte

func TestMeasure(t *testing.T) {
	start := Measure()
	for range 1000 {
		sinkhole = append(sinkhole, new([64]byte))
	}
	sinkhole = nil
	runtime.GC()
	for end := time.Now().Add(20 * time.Millisecond); time.Now().Before(end); {
	}
	u := Measure().Since(start)
	if u.CPU < 0.001 || u.CPU > 60 {
		t.Errorf("%v s of CPU", u.CPU)
	}
	if u.MaxRSS < 1<<20 || u.MaxRSS > 1<<33 {
		t.Errorf("%d bytes", u.MaxRSS)
	}
	if runtime.GOOS == "linux" && (u.RSS < 1<<20 || u.RSS > u.MaxRSS) {
		t.Errorf("%d bytes now, %d at most", u.RSS, u.MaxRSS)
	}
	if len(u.Machine) != 8 || u.Machine != Measure().Machine {
		t.Errorf("on machine %q and then on %q", u.Machine, Measure().Machine)
	}
	if u.Mallocs < 1000 || u.Mallocs > 1_000_000 {
		t.Errorf("%d allocations", u.Mallocs)
	}
	if u.GC < 1 || u.Cores != runtime.GOMAXPROCS(0) {
		t.Errorf("%d collections, %d cores", u.GC, u.Cores)
	}
}
