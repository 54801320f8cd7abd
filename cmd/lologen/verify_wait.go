package main

import (
	"slices"
	"time"

	"github.com/exitfound/lologen/bench/verify"
)

// waiting says for how long a question is asked.
func (o *options) waiting(q *verify.Question) {
	vo := &o.verify
	q.Wait = max(vo.wait, 1) // not at all is a look now
	q.Settle = vo.settle
	switch {
	case q.Settle > 0:
	case q.Agent && !vo.journal:
		q.Settle = 10 * time.Second
	default:
		q.Settle = 5 * time.Second
	}
	if vo.loki != "" || vo.receiver != "" {
		q.Late = 5*time.Second + reading(q.Ledger)
	}
}

// reading is what a Loki may take to look at all lines of a run: it needs a second for a million.
func reading(l *verify.Ledger) time.Duration {
	if l == nil {
		return 0
	}
	const aLine = 5 * time.Microsecond
	return time.Duration(min(l.Acked(), 1e9)) * aLine
}

// behindAgent reports whether a run's lines are asked for in a place that lologen did not bring them
// to itself. journald is an agent, too.
func (o *options) behindAgent(l *verify.Ledger) bool {
	vo := &o.verify
	direct := map[string][]string{
		"loki": {"loki"}, "receiver": {"loki", "http"}, "file": {"file", "console"},
	}
	switch {
	case vo.journal || vo.selector != "":
		return true
	case l == nil || l.Sink == "":
		return false
	case vo.loki != "":
		return !slices.Contains(direct["loki"], l.Sink)
	case vo.receiver != "":
		return !slices.Contains(direct["receiver"], l.Sink)
	}
	return !slices.Contains(direct["file"], l.Sink)
}
