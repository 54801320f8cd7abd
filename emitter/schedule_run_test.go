package emitter

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestRunKeepsToProfiles: every line leaves when the profile says, however many workers there are.
func TestRunKeepsToProfiles(t *testing.T) {
	for name, profile := range map[string]Profile{
		"stages":  must(NewStages(Stage{Length: time.Second}, Stage{time.Second, 0, 500}, Stage{time.Minute, 0, 0}, Stage{time.Second, 500, 3}, Stage{Length: time.Hour})),
		"burst":   must(Burst(10, 2000, 500*time.Millisecond, 0.1)),
		"sine":    must(Sine(0, 700, time.Second)),
		"steps":   must(Steps(10, 300, 3, time.Second)),
		"poisson": must(NewPoisson(200, 1)),
	} {
		for _, workers := range []int{1, 2, 7} {
			synctest.Test(t, func(t *testing.T) {
				s := &store{}
				p := Plan{Workers: workers, Streams: 2*workers + 1, Schedule: profile, Drain: time.Second}
				length, ends := profile.Length()
				if !ends {
					length = 3 * time.Second
					p.Duration = length
				}
				r := do(t, t.Context(), plan(p, s, Limits{Bytes: large, Lines: 1}), s)
				want := DueBy(profile, length-1, forever)
				if r.Lines.Due != want || r.Lines.Acked != want || r.Window != length {
					t.Fatalf("%s: %+v in %v, want %d in %v", name, r.Lines, r.Window, want, length)
				}
				inOrder(t, s)
				var left []time.Duration
				for _, l := range s.lines {
					left = append(left, l.at)
				}
				slices.Sort(left)
				for k, at := range left {
					if due, _ := profile.At(uint64(k)); at != due {
						t.Fatalf("%s, %d workers: line %d left at %v, it is due at %v", name, workers, k, at, due)
					}
				}
			})
		}
	}
}
