package report

import (
	"fmt"
	"strings"
)

// Verification is what the destination was found to hold of the run.
type Verification struct {
	Stored        uint64    `json:"stored"`
	Lost          uint64    `json:"lost"` // acked, and not there
	Duplicated    uint64    `json:"duplicated"`
	Reordered     uint64    `json:"reordered"`
	Extra         uint64    `json:"extra"`                    // there, though rejected or never sent
	UnknownStored uint64    `json:"unknown_stored,omitempty"` // there, and never confirmed
	Corrupt       uint64    `json:"corrupt,omitempty"`        // cut or garbled
	Unproven      uint64    `json:"unproven,omitempty"`       // not there, and perhaps rejected: the ledger is cut
	BytesOff      int64     `json:"bytes_off,omitempty"`      // each line is there once, and together they are so much longer than they were sent, or shorter
	Ranges        []Stretch `json:"ranges,omitempty"`         // that are not as they should be: the first of them, see MostStretches
	RangesCut     bool      `json:"ranges_cut,omitempty"`     // there are more
	VisibleAfter  *float64  `json:"visible_after"`            // seconds from the last confirmation; nil: not known
	Passed        *bool     `json:"passed"`                   // nil: nobody knows
	Why           string    `json:"why,omitempty"`            // the destination could not be asked
	Notes         []string  `json:"notes,omitempty"`          // for people
	EndToEnd      *Summary  `json:"end_to_end,omitempty"`     // made to received
}

// A Stretch is the lines from From to To of a stream, and what is wrong with them.
type Stretch struct {
	Run    string `json:"run,omitempty"` // in a report merged from several runs: whose stream
	Stream uint64 `json:"stream"`
	From   uint64 `json:"from"`
	To     uint64 `json:"to"`
	What   string `json:"what"`
}

// MostStretches and mostNotes are what a report holds of either: whoever wants all asks again.
const (
	MostStretches = 20
	mostNotes     = 20
)

// passed is false also for a destination that could not be asked: nothing was shown.
func (v *Verification) passed() bool {
	return v == nil || v.Passed != nil && *v.Passed
}

// Fault says in a sentence what is wrong; it is empty if nothing is.
func (v *Verification) Fault() string {
	switch {
	case v.passed():
		return ""
	case v.Passed == nil && v.Why != "":
		return "the destination could not be asked what it holds"
	}
	var parts []string
	say := func(n uint64, is, are string) {
		switch {
		case n == 1:
			parts = append(parts, "1 line "+is)
		case n > 1:
			parts = append(parts, count(n)+" lines "+are)
		}
	}
	say(v.Lost, "is lost", "are lost")
	say(v.Extra, "is there that should not be", "are there that should not be")
	say(v.Corrupt, "is cut or garbled", "are cut or garbled")
	switch {
	case v.BytesOff < 0:
		parts = append(parts, fmt.Sprintf("all lines are there, but %s shorter than they were sent", plural(uint64(-v.BytesOff), "byte")))
	case v.BytesOff > 0:
		parts = append(parts, fmt.Sprintf("all lines are there, but %s longer than they were sent", plural(uint64(v.BytesOff), "byte")))
	}
	say(v.Unproven, "is not there, and may have been rejected", "are not there, and may have been rejected")
	switch {
	case len(parts) > 0:
	case v.Passed == nil:
		return "what is known is not enough to judge"
	default:
		return "nothing of the run is there"
	}
	return strings.Join(parts, ", ")
}

// mostShown keeps a page a page.
const mostShown = 3

// write says what was found, or why nothing was.
func (v *Verification) write(p *page) {
	if v.Passed == nil && v.Why != "" {
		p.long("stored", "could not be asked: %s", v.Why)
		return
	}
	p.long("stored", "%s", v.text())
	for _, s := range v.Ranges[:min(len(v.Ranges), mostShown)] {
		p.item(s.What, "%s", s.text())
	}
	if more := len(v.Ranges) - mostShown; more > 0 || v.RangesCut {
		p.item("", "and more: lologen verify lists them")
	}
	for _, note := range v.Notes[:min(len(v.Notes), mostShown)] {
		p.long("note", "%s", note)
	}
}

func (v *Verification) text() string {
	s := fmt.Sprintf("%s stored, %s lost, %s duplicated, %s reordered",
		count(v.Stored), count(v.Lost), count(v.Duplicated), count(v.Reordered))
	for _, more := range []struct {
		n    uint64
		what string
	}{
		{v.Extra, "extra"}, {v.Corrupt, "cut or garbled"}, {v.Unproven, "unproven"},
		{v.UnknownStored, "sent without an answer, and there"},
	} {
		if more.n > 0 {
			s += ", " + count(more.n) + " " + more.what
		}
	}
	if v.VisibleAfter != nil {
		s += "; visible after " + Length(*v.VisibleAfter)
	}
	return s
}

func (s Stretch) text() string {
	text := fmt.Sprintf("stream %d: %d", s.Stream, s.From)
	if s.To > s.From {
		text += fmt.Sprintf(" to %d (%s)", s.To, plural(s.To-s.From+1, "line"))
	}
	if s.Run != "" {
		text = "run " + s.Run + ", " + text
	}
	return text
}

// check refuses stretches and numbers that no run can have.
func (v *Verification) check() error {
	if v == nil {
		return nil
	}
	for _, n := range []uint64{v.Stored, v.Lost, v.Duplicated, v.Reordered, v.Extra, v.UnknownStored, v.Corrupt, v.Unproven} {
		if n > mostCount {
			return fmt.Errorf("%d is more lines than a destination can hold", n)
		}
	}
	if off := v.BytesOff; off > mostCount || off < -mostCount {
		return fmt.Errorf("%d bytes are more than a run can have", off)
	}
	for _, s := range v.Ranges {
		if s.From > s.To {
			return fmt.Errorf("stream %d has a range from %d to %d", s.Stream, s.From, s.To)
		}
	}
	return nil
}
