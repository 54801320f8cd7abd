package sinks

import (
	"context"
	"io"
	"os"

	"github.com/exitfound/lologen/emitter"
)

// openConsole writes to an open stream, c.Stream, which it does not close.
func openConsole(c Config) (emitter.Opener, error) {
	var shared *lineFile
	var own io.Closer
	stop := func() bool { return false }
	return emitter.Opener{
		Limits: appendLimits(c.Workers),
		Ack:    emitter.AckKernel,
		Open: func(ctx context.Context, _ int) (emitter.Sink, error) {
			if shared == nil {
				var w deadlineWriter
				w, own = unblocked(c.Stream)
				shared = &lineFile{w: w, what: streamName(c.Stream), read: true}
				stop = shared.watch(ctx)
			}
			return shared, nil
		},
		Close: func() error {
			stop()
			if own != nil {
				return own.Close()
			}
			return nil
		},
	}, nil
}

func streamName(f *os.File) string {
	switch f {
	case os.Stdout:
		return "stdout"
	case os.Stderr:
		return "stderr"
	}
	return f.Name()
}
