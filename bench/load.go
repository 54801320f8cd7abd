// Package bench judges lologen's speed: its benchmarks time the sinks and the whole pipe, each
// held to account for every line. The formats are timed where they are, in emitter/line, and
// journald in sinks, as its socket is the system's for everyone else. What this machine can do at
// best is what the limits program beneath says; `make bench` puts all of it in one table.
package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/emitter/line"
)

// seed makes the lines of all benchmarks the same.
const seed = 1

// Plan is a run of so many default lines, made and sent as fast as possible.
func Plan(sink emitter.Opener, workers int, count uint64) emitter.Plan {
	return emitter.Plan{
		Workers: workers, Streams: workers, Count: count, Drain: time.Minute, Seed: seed,
		Source: source, Format: format, Sink: sink,
	}
}

func source(int) emitter.Source { return line.Messages(emitter.Debug) }

// format is the default one: logfmt, coloured. Numbers are as wide as those of a real process.
func format(worker int) emitter.Format {
	const thread, pid = 140_000_424_200_000, 42_424
	f, _ := line.New("logfmt", line.Options{
		Name: "spam_application", ThreadName: line.ThreadName(worker), Thread: thread + int64(worker), PID: pid,
		Color: true, Location: time.Local,
	})
	return f
}

// Delivered says what is wrong with the account of a run of so many lines, if they were not all
// confirmed.
func Delivered(r *emitter.Result, count uint64) error {
	if want := (emitter.Lines{Due: count, Acked: count}); r.Lines != want {
		return fmt.Errorf("deliver lines: %+v, want %+v; failures: %+v", r.Lines, want, r.Failures)
	}
	return nil
}

// Ready is default lines that are made already, so that a sink's part can be timed alone.
type Ready struct {
	batch, rest emitter.Batch
	batches     int // before the rest
}

// NewReady makes ready count lines, in batches as large as the limits allow.
func NewReady(limits emitter.Limits, count int) *Ready {
	r := new(Ready)
	fill(&r.batch, limits, count)
	r.batches = count / r.batch.Len()
	fill(&r.rest, limits, count%r.batch.Len())
	return r
}

// Send sends all lines through a sink, once.
func (r *Ready) Send(ctx context.Context, sink emitter.Sink) error {
	for range r.batches {
		if err := send(ctx, sink, &r.batch); err != nil {
			return err
		}
	}
	if r.rest.Len() == 0 {
		return nil
	}
	return send(ctx, sink, &r.rest)
}

// Bytes is how long the lines are in all, with their newlines.
func (r *Ready) Bytes() uint64 {
	return uint64(r.batches*len(r.batch.Bytes()) + len(r.rest.Bytes()))
}

// Wire is how many bytes the sink says it has sent.
func (r *Ready) Wire() uint64 { return r.batch.Wire + r.rest.Wire }

func send(ctx context.Context, sink emitter.Sink, b *emitter.Batch) error {
	n, err := sink.Send(ctx, b)
	switch {
	case err != nil:
		return fmt.Errorf("send batch: %w", err)
	case n != b.Len():
		return fmt.Errorf("send batch: %d of %d lines confirmed", n, b.Len())
	}
	return nil
}

// fill adds default lines of one stream to an empty batch, as many as the limits allow, but at
// most so many.
func fill(b *emitter.Batch, limits emitter.Limits, most int) {
	if limits.Lines > 0 {
		most = min(most, limits.Lines)
	}
	chance := emitter.NewRand(seed, 0)
	r := emitter.Record{Rand: &chance, Time: time.Now().UnixNano()}
	next, format := source(0), format(0)
	for longest := 0; b.Len() < most && len(b.Bytes())+longest <= limits.Bytes; r.Seq++ {
		before := len(b.Bytes())
		next(&r)
		b.Add(format, &r, 0)
		longest = max(longest, len(b.Bytes())-before)
		r.Time++
	}
}

// LineSize is the mean length of a default line, its newline included.
func LineSize() int {
	const sample = 10_000
	var b emitter.Batch
	fill(&b, emitter.Limits{Bytes: sample << 10}, sample)
	return len(b.Bytes()) / b.Len()
}
