package search

import (
	"fmt"
	"math"
	"regexp"
	"strconv"

	"github.com/exitfound/lologen/bench/report"
)

// tooMany is the status of a refusal for sending too fast.
const tooMany = 429

// Burst is the token bucket that a limit was found to have: it lets a rate above the limit pass
// for as long as the bucket lasts, and it is full again before the next step.
type Burst struct {
	Limit float64 `json:"limit"` // bytes a second
	Named bool    `json:"named"` // by the destination; else it is the best rate
	Bytes float64 `json:"bytes"` // about
	Shift float64 `json:"shift"` // by how much of the limit a step's rate may exceed it and pass
}

var (
	namedLimit = regexp.MustCompile(`limit: (\d+) bytes/sec`)
	namedSize  = regexp.MustCompile(`totaling '(\d+)' bytes`)
)

// limited is the refusal for sending too fast, if there is one.
func limited(errors []report.Failure) (report.Failure, bool) {
	for _, f := range errors {
		if f.Status == tooMany {
			return f, true
		}
	}
	return report.Failure{}, false
}

// named is a number of a text; 0: it is not there.
func named(number *regexp.Regexp, text string) float64 {
	m := number.FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	x, _ := strconv.ParseFloat(m[1], 64)
	return x
}

// A Moment says how much a destination had confirmed at a time of a step.
type Moment struct {
	At    float64 // seconds since its start
	Bytes float64
}

// burst measures the bucket by what came out of it: as much as was confirmed beyond the limit in any
// stretch of a step. (Not from its start on: a bucket that is full loses what nobody takes.)
func (r *Result) burst() *Burst {
	if r.BoundBy != report.Limit || r.Best == nil {
		return nil
	}
	b := &Burst{Limit: r.Best.Bytes}
	var steps []Row
	for _, step := range r.Steps {
		f, ok := limited(step.Errors)
		if !ok || step.Passed {
			continue
		}
		steps = append(steps, step)
		if limit := named(namedLimit, f.First); limit > 0 {
			b.Limit, b.Named = limit, true
		}
	}
	for _, step := range steps {
		least := 0.0
		for _, m := range step.Confirmed {
			beyond := m.Bytes - b.Limit*m.At
			least = min(least, beyond)
			b.Bytes = max(b.Bytes, beyond-least)
		}
	}
	if b.Bytes == 0 || r.Duration == 0 {
		return nil
	}
	b.Shift = b.Bytes / (b.Limit * r.Duration)
	return b
}

// warning is empty if the burst moves the answer by less than its precision.
func (b *Burst) warning(precision, duration float64) string {
	if b == nil || b.Shift <= precision {
		return ""
	}
	whose := "what it takes"
	if b.Named {
		whose = "its limit of " + report.Size(b.Limit) + "/s"
	}
	return fmt.Sprintf("the destination allows bursts of about %s, and they let a step of %s pass at up to %.0f %% above %s: "+
		"--step-duration %.0fs tells the two apart",
		report.Size(b.Bytes), report.Length(duration), 100*b.Shift, whose, math.Ceil(b.Bytes/(b.Limit*precision)-1e-6))
}

// Oversized reports whether requests of size bytes are refused for their size: a bucket never lets
// a request pass that holds more than its burst, however slowly they come. That is so if nothing
// passes but what is smaller by far, or what each worker has left at the end. (Overload looks
// different: then some of the same size pass.)
func Oversized(r *report.Report) (size float64, ok bool) {
	f, isLimited := limited(r.Errors)
	size = named(namedSize, f.First)
	if !isLimited || size == 0 || r.Lines.Acked > r.Lines.Due/2 {
		return 0, false
	}
	confirmed := r.Requests.Sent - min(r.Requests.Sent, r.Requests.Failed)
	return size, confirmed <= uint64(r.Plan.Workers) || float64(r.Bytes.Acked) < size/2*float64(confirmed)
}
