package emitter

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// TestControlFromEverywhere is for the race detector.
func TestControlFromEverywhere(t *testing.T) {
	s := &store{}
	p := plan(Plan{Workers: 4, Streams: 9, Schedule: Rate(1000), Count: 3000, Duration: 600 * time.Millisecond, Control: new(Control), Drain: time.Second}, s, Limits{Bytes: large, Lines: 7})
	p.Every, p.OnSnapshot = time.Millisecond, func(Snapshot) {}
	over := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			chance := rand.New(rand.NewPCG(uint64(i), 15))
			tick := time.NewTicker(time.Duration(1+i) * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
				case <-over:
					return
				}
				if chance.IntN(4) == 0 {
					p.Control.Resume()
				} else if rate := []float64{0, 500, 5000, math.Inf(1)}[chance.IntN(4)]; p.Control.Set(rate) != nil || math.IsNaN(p.Control.Rate()) {
					t.Errorf("rate %v is refused", rate)
				}
			}
		})
	}
	r := do(t, t.Context(), p, s)
	close(over)
	wg.Wait()
	inOrder(t, s)
	if r.Lines.Due > 3000 {
		t.Errorf("%+v, want 3000 at most", r.Lines)
	}
}
