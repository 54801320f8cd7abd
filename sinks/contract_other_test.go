//go:build !linux

package sinks

import "testing"

func journalPlace(t *testing.T) place {
	t.Skip("journald is on Linux only")
	return place{}
}
