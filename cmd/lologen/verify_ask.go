package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/exitfound/lologen/bench/verify"
)

// inquire asks, and says so on notes where that takes more than a moment. Notes may be nil.
func inquire(ctx context.Context, source verify.Source, q verify.Question, notes io.Writer) *verify.Verdict {
	const moment = time.Second
	var wg sync.WaitGroup
	defer wg.Wait()
	answered := make(chan struct{})
	defer close(answered)
	wg.Go(func() {
		timer := time.NewTimer(moment)
		defer timer.Stop()
		select {
		case <-timer.C:
			if notes != nil {
				fmt.Fprintf(notes, "lologen: verifying: asking %s, for up to %v s\n", source, max(q.Wait, moment).Seconds())
			}
		case <-answered:
		}
	})
	return verify.Ask(ctx, source, q)
}
