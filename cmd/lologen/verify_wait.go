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
	q.Copies = q.Agent || vo.journal
	switch {
	case q.Settle > 0:
	case q.Agent:
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

// direct are the sinks whose lines are brought to a place by lologen itself.
var direct = map[string][]string{
	"loki": {"loki"}, "receiver": {"loki", "http"}, "file": {"file", "console"}, "journal": {"journald"},
}

// asked is which of the four places it is.
func (vo *verifyOptions) asked() string {
	switch {
	case vo.loki != "":
		return "loki"
	case vo.receiver != "":
		return "receiver"
	case vo.journal:
		return "journal"
	}
	return "file"
}

// behindAgent reports whether a run's lines are asked for in a place that lologen did not bring them
// to itself.
func (o *options) behindAgent(l *verify.Ledger) bool {
	vo := &o.verify
	if vo.selector != "" {
		return true
	}
	return l != nil && l.Sink != "" && !slices.Contains(direct[vo.asked()], l.Sink)
}

// verbatim reports whether a run's lines are in the place as they were sent, byte by byte. What
// became of a console's is not known, and a form is taken apart.
func (o *options) verbatim(l *verify.Ledger) bool {
	return l != nil && o.verify.selector == "" && l.Sink != "console" && l.Format != "record" &&
		slices.Contains(direct[o.verify.asked()], l.Sink)
}
