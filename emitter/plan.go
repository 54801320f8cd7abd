// Package emitter makes log lines, on schedule, and accounts for every one of them. A Plan says
// what a run is; Run hands its lines to the Sinks of N workers and returns a Result.
package emitter

import (
	"errors"
	"math"
	"time"
)

// A Plan is everything a run needs.
type Plan struct {
	Workers  int
	Streams  int           // at least Workers; without a skew line k of the run belongs to stream k mod Streams
	Schedule Schedule      // nil: unpaced, a line is due when it is made
	Count    uint64        // lines due in all; 0: no limit
	Duration time.Duration // lines due in [0, Duration) are offered; 0: no limit
	Burst    uint64        // most overdue lines kept, shared among the workers; 0: no limit
	Warmup   time.Duration // lines due (unpaced: made) before are not in the Result's Latency
	Drain    time.Duration // time for what is in hand after the last due line, or after the context ends
	Retries  int           // most further attempts for one batch
	Seed     uint64
	Start    time.Time // of the schedule, to the nanosecond; if it is over when all sinks are open: at once
	Control  *Control  // changes the rate of the run while it runs; nil: nothing does
	Identify bool      // keep a ledger of every stream

	// Skew, 0 to 10, gives stream s a share of all lines in proportion to 1/(s+1)^Skew (Zipf's law);
	// 0: equal shares. If a run is unpaced and its lines are not counted, each worker keeps to that
	// among its own streams.
	Skew float64

	Source func(worker int) Source
	Format func(worker int) Format
	Sink   Opener

	Every      time.Duration  // how often OnSnapshot is called; 0: never
	OnSnapshot func(Snapshot) // from one goroutine
}

// LongestTime bounds what may be asked for, so that sums of times stay within time.Duration.
const LongestTime = 100 * 365 * 24 * time.Hour

// MostSkew leaves all but one line in a thousand to the first stream.
const MostSkew = 10

// MeanLine is the mean length in bytes of so many lines, newlines left out. The seed decides which.
func MeanLine(seed uint64, source Source, format Format, lines int) float64 {
	chance := NewRand(seed, math.MaxUint64) // no stream's own
	r := Record{Rand: &chance}
	var buf []byte
	total := 0
	for range lines {
		source(&r)
		buf = format(buf[:0], &r)
		total += len(buf)
		r.Seq++
		r.Time += int64(time.Millisecond)
	}
	return float64(total) / float64(lines)
}

// check says what is wrong with the plan, for those who build one without a command line.
func (p *Plan) check() error {
	rate, isRate := p.Schedule.(Rate)
	switch {
	case p.Workers < 1:
		return errors.New("a run needs a worker")
	case p.Streams < p.Workers:
		return errors.New("a run needs as many streams as workers")
	case p.Streams > math.MaxInt32:
		return errors.New("a run has at most 2^31-1 streams")
	case isRate && !(rate > 0 && rate <= MaxRate):
		return errors.New("a rate lies above 0, and not above MaxRate")
	case !(p.Skew >= 0 && p.Skew <= MostSkew): // nor is it no number
		return errors.New("a skew lies between 0 and 10")
	case p.Count > math.MaxInt64:
		return errors.New("a count is at most 2^63-1")
	case p.Duration < 0 || p.Warmup < 0 || p.Drain < 0 || p.Retries < 0:
		return errors.New("times and retries are not negative")
	case max(p.Duration, p.Warmup, p.Drain) > LongestTime:
		return errors.New("times are at most a century")
	case p.Sink.Limits.Bytes < 1:
		return errors.New("a batch needs room for a byte")
	case p.Source == nil || p.Format == nil || p.Sink.Open == nil:
		return errors.New("a run needs a source, a format and a sink")
	case p.Every > 0 && p.OnSnapshot == nil:
		return errors.New("snapshots need a taker")
	}
	return nil
}
