//go:build !linux

package sinks

import (
	"context"
	"fmt"
	"runtime"

	"github.com/exitfound/lologen/emitter"
)

// openJournald says, when it is asked for a worker, that there is no journal: see Linux.
func openJournald(Config) (emitter.Opener, error) {
	return emitter.Opener{
		Limits: journalLimits,
		Ack:    emitter.AckKernel,
		Open: func(context.Context, int) (emitter.Sink, error) {
			return nil, fmt.Errorf("open journald: there is none on %s, only on Linux", runtime.GOOS)
		},
	}, nil
}
