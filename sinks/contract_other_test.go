//go:build !linux

package sinks

import (
	"testing"

	"github.com/exitfound/lologen/emitter"
)

func journalPlace(t *testing.T) place {
	t.Skip("journald is on Linux only")
	return place{}
}

// stuckSocket is the pipe again: sockets are another matter on Linux only.
func stuckSocket(t *testing.T) emitter.Opener { return stuckConsole(t) }
