package report

import "github.com/exitfound/lologen/bench/scrape"

// A Point is one interval of a run: a second, or more of a long run.
type Point struct {
	At       float64           `json:"at"`    // its end, seconds since the start
	Span     float64           `json:"span"`  // its length in seconds
	Asked    *float64          `json:"asked"` // lines a second that fell due; nil: unpaced
	Reached  float64           `json:"reached"`
	Bytes    float64           `json:"bytes"`   // a second, in acked lines
	Backlog  uint64            `json:"backlog"` // lines due and not made, at its end
	Rejected uint64            `json:"rejected,omitempty"`
	Unknown  uint64            `json:"unknown,omitempty"`
	Missed   uint64            `json:"missed,omitempty"`
	Errors   map[string]uint64 `json:"errors,omitempty"` // failed requests by reason
	Response Band              `json:"response"`
	Service  Band              `json:"service"`
	Schedule *Band             `json:"schedule"` // nil: unpaced
	CPU      float64           `json:"cpu"`      // cores that lologen used
	RSS      uint64            `json:"rss"`      // bytes, at its end
	Server   *scrape.Moment    `json:"server,omitempty"`
	Warmup   bool              `json:"warmup,omitempty"` // not in the report's percentiles
}

// A Band is a histogram of an interval in a few numbers, in seconds; all 0 if nothing was
// recorded. Percentiles are to two digits, within 1 %: that is what can be kept of every interval.
type Band struct {
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p99_9"`
	Max  float64 `json:"max"`

	// UpperBound says that the percentiles are the highest of those of several parts, whose histograms
	// were not kept: those of all values together are no higher.
	UpperBound bool `json:"upper_bound,omitempty"`

	// Hdr is the histogram, of two digits, encoded as that of a Summary. No point has one where
	// all of them would take too much room.
	Hdr string `json:"hdr,omitempty"`
}

// rough reports whether any of the point's percentiles are upper bounds.
func (p Point) rough() bool {
	return p.Response.UpperBound || p.Service.UpperBound || p.Schedule != nil && p.Schedule.UpperBound
}
