// Package scrape asks a Loki what it says of itself: its /metrics before, during and after a run,
// and what lies between them.
package scrape

import "time"

// A Change is what happened at a Loki between two looks at its metrics. Everything that other
// clients sent in the meantime is in it, too. Its slices are never null, and what came from the
// server is fit to be shown.
type Change struct {
	URL       string     `json:"url"`              // that was asked, without query and user
	Took      float64    `json:"took"`             // seconds from the first look to the last
	Restarted bool       `json:"restarted"`        // in between: what it counted after the last look at it before is not in here
	Failed    string     `json:"failed,omitempty"` // why the last look was not possible; the numbers are as of the one before
	Received  Amount     `json:"received"`         // before Loki checked it; each retry counts again
	Discarded []Discards `json:"discarded"`        // by reason, most lines first
	Streams   Streams    `json:"streams"`
	CPU       float64    `json:"cpu"` // seconds
	RSS       uint64     `json:"rss"` // bytes, the most seen
	Push      Push       `json:"push"`
}

// Amount is so many lines, of so many bytes.
type Amount struct {
	Lines uint64 `json:"lines"`
	Bytes uint64 `json:"bytes"`
}

// Discards is what Loki dropped for one reason, in its own word.
type Discards struct {
	Reason string `json:"reason"`
	Amount
}

// Streams is how many a Loki has in memory, and how many it created.
type Streams struct {
	Before  uint64 `json:"before"`
	After   uint64 `json:"after"`
	Most    uint64 `json:"most"`
	Created uint64 `json:"created"`
}

// Push is Loki's own clock of push requests.
type Push struct {
	Requests uint64  `json:"requests"`
	Mean     float64 `json:"mean"` // seconds
}

// A Growth is what went on at a Loki from one look that was possible to the next.
type Growth struct {
	At        time.Time // of the later look
	Lines     float64   // received
	Bytes     float64
	Discarded float64 // lines
	CPU       float64 // seconds
	Streams   uint64  // in memory, at its end
	RSS       uint64  // bytes, at its end
}

// A Moment is what went on at a Loki in an interval, by the second. Where the looks at it were some
// time apart, it went on evenly, as far as anybody knows.
type Moment struct {
	Lines      float64 `json:"lines"` // received
	Bytes      float64 `json:"bytes"`
	Discarded  float64 `json:"discarded"`            // lines
	Streams    uint64  `json:"streams"`              // in memory, at its end
	CPU        float64 `json:"cpu"`                  // cores
	RSS        uint64  `json:"rss"`                  // bytes, at its end
	Unanswered bool    `json:"unanswered,omitempty"` // Loki did not answer then: the numbers are what it said later
}
