package verify

import (
	"fmt"
	"strings"

	"github.com/exitfound/lologen/bench/report"
)

// A Verdict is the JSON that verify prints.
type Verdict struct {
	RunID         string          `json:"run_id"`
	Source        string          `json:"source"`
	Judged        string          `json:"judged"`     // by "ledger", or by "gaps" below the highest sequence number alone
	Stored        uint64          `json:"stored"`     // lines, each once
	Lost          uint64          `json:"lost"`       // confirmed (without a ledger: below the highest) and not stored
	Duplicated    uint64          `json:"duplicated"` // copies beyond the first
	Reordered     uint64          `json:"reordered"`  // as far as the source tells an order
	Extra         uint64          `json:"extra"`      // stored, though rejected or never sent
	UnknownStored uint64          `json:"unknown_stored"`
	Corrupt       uint64          `json:"corrupt"`
	Unproven      uint64          `json:"unproven"`            // not stored, and perhaps rejected: the ledger is cut
	BytesOff      int64           `json:"bytes_off,omitempty"` // each line is there once, and together they are so much longer than was confirmed, or shorter
	Ranges        []Finding       `json:"ranges"`              // never null
	RangesCut     bool            `json:"ranges_cut,omitempty"`
	VisibleAfter  *float64        `json:"visible_after"`        // seconds from the last confirmation until all that is stored could be read, at most; nil: not known
	EndToEnd      *report.Summary `json:"end_to_end,omitempty"` // seconds, where the source knows when lines came
	Notes         []string        `json:"notes,omitempty"`
	Error         string          `json:"error,omitempty"` // why the source could not be asked
	Passed        *bool           `json:"passed"`          // all there, and nothing that is not to be there; nil: nobody knows
}

// Finding is a stretch of a stream that is not as it should be.
type Finding struct {
	Stream uint64 `json:"stream"`
	From   uint64 `json:"from"`
	To     uint64 `json:"to"`
	What   What   `json:"what"`
}

// What is wrong with a stretch of lines.
type What string

const (
	Lost       What = "lost"
	Duplicated What = "duplicated"
	Extra      What = "extra"
	Unproven   What = "unproven"
)

// mostFindings are listed in a verdict.
const mostFindings = 10_000

// Judge compares what is held with what was sent; l may be nil. A line that is stored more than
// once is all there: copies are told, and no failure.
func Judge(h *Holding, l *Ledger) *Verdict {
	v := &Verdict{
		RunID: h.RunID, Judged: "gaps", Ranges: []Finding{}, Notes: h.Notes,
		Reordered: h.Lines.Reordered, Corrupt: h.Lines.Corrupt,
	}
	if h.Latency.EndToEnd.Count > 0 {
		v.EndToEnd = &h.Latency.EndToEnd
	}
	if l == nil {
		for _, s := range h.Streams {
			v.stream(&s, &Sent{Stream: s.Stream, Next: s.Next})
		}
	} else {
		v.Judged = "ledger"
		v.ledger(h, l)
	}
	v.pass(h, l)
	return v
}

// ledger judges stream by stream, both lists being sorted.
func (v *Verdict) ledger(h *Holding, l *Ledger) {
	held, sent := h.Streams, l.Streams
	for len(held) > 0 || len(sent) > 0 {
		switch {
		case len(sent) == 0 || len(held) > 0 && held[0].Stream < sent[0].Stream:
			s := &Sent{Stream: held[0].Stream}
			if l.Cut {
				s.Next, s.Cut = held[0].Next, true
			}
			v.stream(&held[0], s)
			held = held[1:]
		case len(held) == 0 || sent[0].Stream < held[0].Stream:
			v.stream(&Held{Stream: sent[0].Stream}, &sent[0])
			sent = sent[1:]
		default:
			v.stream(&held[0], &sent[0])
			held, sent = held[1:], sent[1:]
		}
	}
	if l.Cut {
		v.Notes = append(v.Notes, "the ledger does not list all streams")
	}
}

func (v *Verdict) stream(h *Held, s *Sent) {
	missing := tidy(append(outside(below(h.Next)), h.Missing...))
	stored := outside(missing)
	v.Stored += size(stored)
	v.UnknownStored += size(common(stored, s.Unknown))
	v.Duplicated += h.Copies
	if s.Cut {
		v.Unproven += v.find(s.Stream, common(missing, s.acked()), Unproven)
	} else {
		v.Lost += v.find(s.Stream, common(missing, s.acked()), Lost)
	}
	v.Extra += v.find(s.Stream, common(stored, s.unwanted()), Extra)
	v.find(s.Stream, h.Duplicated, Duplicated)
	v.RangesCut = v.RangesCut || h.Cut
}

// find lists ranges, and returns how many lines they are.
func (v *Verdict) find(stream uint64, ranges []Range, what What) uint64 {
	for _, r := range ranges {
		if len(v.Ranges) == mostFindings {
			v.RangesCut = true
			break
		}
		v.Ranges = append(v.Ranges, Finding{Stream: stream, From: r[0], To: r[1], What: what})
	}
	return size(ranges)
}

// pass says whether all is there, if that can be said.
func (v *Verdict) pass(h *Holding, l *Ledger) {
	passed := v.Lost == 0 && v.Extra == 0 && v.Corrupt == 0
	unsure := v.Unproven > 0 || l != nil && l.Cut
	if n := h.Lines.Untracked; n > 0 {
		v.note("%d lines were too many streams or gaps to keep an account of, and may be among the lost", n)
		unsure, passed = true, v.Extra == 0 && v.Corrupt == 0
	}
	if v.Unproven > 0 {
		v.note("the ledger does not list all ranges: what is unproven may have been rejected")
	}
	if n := h.Unidentified.Lines; n > 0 {
		where := ""
		if len(h.beside) > 0 {
			where = ": " + strings.Join(h.beside, "; ")
		}
		v.note("without an identity of a known run: %d; a line that was cut may be among them%s", n, where)
	}
	if l == nil && v.Stored == 0 && !unsure {
		passed = false
	}
	if !passed || !unsure {
		v.Passed = &passed
	}
}

// weigh compares bytes, where each line is there once, and nothing else of the run: a line may have
// lost what is before its identity.
func (v *Verdict) weigh(h *Holding, q *Question) {
	l := q.Ledger
	if l == nil || l.Bytes == 0 || h.Bytes == 0 || l.Cut ||
		v.Lost+v.Extra+v.Corrupt+v.Duplicated+v.UnknownStored+v.Unproven+h.Lines.Untracked > 0 {
		return
	}
	off := int64(h.Bytes - l.Bytes)
	switch {
	case off == 0:
	case q.Verbatim:
		passed := false
		v.BytesOff, v.Passed = off, &passed
	case off < 0: // who wraps lines makes them longer
		v.note("the lines are %d bytes shorter, in all, than they were sent: something was left out of them", -off)
	}
}

func (v *Verdict) note(format string, args ...any) {
	v.Notes = append(v.Notes, fmt.Sprintf(format, args...))
}
