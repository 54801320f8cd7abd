package emitter

import (
	"context"
	"errors"
	"time"
)

// A Sink is one worker's connection to the destination; it needs no lock of its own.
type Sink interface {
	// Send makes one attempt at one write or request. It returns how many whole lines, from the
	// front, the destination confirmed. An error speaks for all the others: it is an *Outcome, or
	// is taken for an unknown one. Send does not keep b, adds to b.Wire, and never counts a line
	// that has not left the process.
	//
	// ctx is the same for every Send of a run: the one that Open was given. When it ends, a Send
	// in progress returns soon.
	Send(ctx context.Context, b *Batch) (n int, err error)
	Close() error
}

// An Outcome is Send's error: what becomes of the lines that it did not confirm.
type Outcome struct {
	Unknown bool          // they may be stored all the same; else they certainly are not
	Retry   bool          // another attempt may help
	After   time.Duration // not sooner than this (Retry-After)
	Unsent  bool          // no attempt was made: it could only have failed
	Gone    bool          // the destination has gone for good and wants no more: the run ends quietly
	Reason  string        // in the destination's word, for counting: connection_refused, http_404
	Status  int           // of the answer, 0 if there was none
	Raise   string        // the destination's setting that raises the limit, if it was one
	Err     error         // what was being done to what, and what happened
}

func (o *Outcome) Error() string { return o.Err.Error() }
func (o *Outcome) Unwrap() error { return o.Err }

var errShort = errors.New("send: some lines were not confirmed, for no reason given")

// outcome returns the Outcome that err carries, or an unknown one.
func outcome(err error) *Outcome {
	var o *Outcome
	if errors.As(err, &o) {
		return o
	}
	if err == nil {
		err = errShort
	}
	return &Outcome{Unknown: true, Reason: "other", Err: err}
}

// Limits say how lines are cut into batches.
type Limits struct {
	Bytes   int           // most in one batch, newlines included; a single line may be longer
	Lines   int           // most in one batch; 0: no limit
	Streams int           // most in one batch; 0: no limit
	Wait    time.Duration // most schedule in one batch: how long its first line may wait for its last

	// Group, if any, tells the group of a stream. Streams of different groups never share a batch.
	// Called before the first line alone.
	Group func(stream int) int
}

// An Opener opens a destination for the workers of a run.
type Opener struct {
	// Open returns the Sink of one worker, or an error that says what could not be opened and
	// why. ctx ends when the run must let go of its destination.
	Open func(ctx context.Context, worker int) (Sink, error)
	// Close, if any, releases what the sinks of all workers shared. Called once, after they are closed.
	Close func() error
	Limits
	Ack Ack
}

// Ack is what a confirmed line means at a destination.
type Ack string

const (
	AckKernel   Ack = "kernel"   // the system call took it
	AckResponse Ack = "response" // the server said so
)
