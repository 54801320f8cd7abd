package sinks

import (
	"context"

	"github.com/exitfound/lologen/emitter"
)

// discard confirms every line and keeps none: what is left is the cost of making them.
type discard struct{}

func openDiscard(c Config) (emitter.Opener, error) {
	return emitter.Opener{
		Limits: appendLimits(c.Workers),
		Ack:    emitter.AckKernel,
		Open:   func(context.Context, int) (emitter.Sink, error) { return discard{}, nil },
	}, nil
}

func (discard) Send(_ context.Context, b *emitter.Batch) (int, error) {
	b.Wire += uint64(len(b.Bytes()))
	return b.Len(), nil
}

func (discard) Close() error { return nil }
