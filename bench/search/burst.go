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

// burst measures the bucket by how long it lasted: it is what was sent above the limit until the
// first refusal. The fastest step shows that best, as the excess is largest. What only waited for
// fuller batches then was not sent.
func (r *Result) burst() *Burst {
	if r.BoundBy != report.Limit || r.Best == nil || r.Best.Achieved == 0 {
		return nil
	}
	b := &Burst{Limit: r.Best.Bytes}
	line := r.Best.Bytes / r.Best.Achieved
	rate := 0.0
	for _, step := range r.Steps {
		f, ok := limited(step.Errors)
		if !ok || step.Passed || step.Rate <= rate {
			continue
		}
		rate = step.Rate
		if limit := named(namedLimit, f.First); limit > 0 {
			b.Limit, b.Named = limit, true
		}
		b.Bytes = max(0, (step.Rate*line-b.Limit)*f.At-step.Rate*line*held(f.At, step.wait))
	}
	if b.Bytes == 0 || r.Duration == 0 {
		return nil
	}
	b.Shift = b.Bytes / (b.Limit * r.Duration)
	return b
}

// held is how many seconds' worth of lines have not left at a time, where each lane's lines wait for
// so long for a fuller batch and lanes take turns from the start.
func held(at, wait float64) float64 {
	if at < wait {
		return at - at*at/(2*wait)
	}
	return wait / 2
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
		report.Size(b.Bytes), report.Length(duration), 100*b.Shift, whose, math.Ceil(b.Bytes/(b.Limit*precision)))
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
