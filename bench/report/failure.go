package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/exitfound/lologen/emitter"
)

// Failure is one reason for which attempts failed.
type Failure struct {
	Reason   string  `json:"reason"`
	Status   int     `json:"status"`
	Lines    uint64  `json:"lines"`
	Requests uint64  `json:"requests"`
	First    string  `json:"first"`
	At       float64 `json:"at"`                // since the start, of the first
	Offered  float64 `json:"offered,omitempty"` // lines a second that were due then
	Raise    string  `json:"raise,omitempty"`   // the destination's setting that raises the limit
}

func failures(from []emitter.Failure) []Failure {
	list := make([]Failure, 0, len(from))
	for _, f := range from {
		list = append(list, Failure{
			Reason:   Clean(f.Reason),
			Status:   f.Status,
			Lines:    f.Lines,
			Requests: f.Requests,
			First:    Clean(f.First),
			At:       f.At.Seconds(),
			Offered:  f.Offered,
			Raise:    Clean(f.Raise),
		})
	}
	sortFailures(list)
	return list
}

func sortFailures(list []Failure) {
	slices.SortStableFunc(list, func(a, b Failure) int {
		return cmp.Or(cmp.Compare(b.Lines, a.Lines), cmp.Compare(b.Requests, a.Requests))
	})
}

func isLimit(f Failure) bool {
	return f.Status == 429 || strings.Contains(f.Reason, "rate_limit") || f.Reason == "stream_limit"
}

// Ours reports whether lologen itself gave the attempts up, as the drain was over: that says nothing
// of the destination but that it was late.
func (f Failure) Ours() bool { return f.Reason == "canceled" && f.Status == 0 }

// class is what a failure has in common with others: a limit is one of its own, as is what has to be
// raised; else it counts who failed.
func (f Failure) class() string {
	switch {
	case isLimit(f) || f.Raise != "":
		return "limit " + f.cause()
	case f.Status >= 500:
		return "server"
	case f.Status >= 400:
		return "request"
	case f.Status > 0:
		return "answer"
	}
	return "no answer"
}

// cause is the reason, and the status where the reason does not tell it.
func (f Failure) cause() string {
	if f.Status == 0 || strings.HasSuffix(f.Reason, fmt.Sprint(f.Status)) {
		return f.Reason
	}
	return fmt.Sprintf("%s (%d)", f.Reason, f.Status)
}
