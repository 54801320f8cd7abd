package emitter

import (
	"context"
	"testing"
	"time"
)

// TestEndedWhileOpening: a run whose context ends before its sinks are open is stopped before its
// first line, whoever hears of it first.
func TestEndedWhileOpening(t *testing.T) {
	for range 50 {
		s := &store{}
		p := plan(Plan{Schedule: Rate(1000), Workers: 3, Drain: time.Second}, s, Limits{Bytes: large, Lines: 1})
		ctx, end := context.WithCancel(t.Context())
		p.Sink.Open = func(opening context.Context, _ int) (Sink, error) {
			end()
			<-opening.Done()
			return s, nil
		}
		if r := do(t, ctx, p, s); r.Lines != (Lines{}) || !r.Stopped {
			t.Fatalf("%+v, stopped: %v; want no lines, and a stop", r.Lines, r.Stopped)
		}
	}
}
