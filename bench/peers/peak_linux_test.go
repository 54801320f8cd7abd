package main

import (
	"os"
	"testing"
)

func TestHighWater(t *testing.T) {
	for status, want := range map[string]uint64{
		"Name:\tx\nVmHWM:\t    5300 kB\nVmRSS:\t 1 kB\n": 5300 * 1024,
		"Name:\tx\n":       0, // a process that has ended
		"VmHWM:\t many kB": 0,
	} {
		if got := highWater([]byte(status)); got != want {
			t.Errorf("%q: %d, want %d", status, got, want)
		}
	}
	if got := peakOf(os.Getpid()); got < 1<<20 {
		t.Errorf("we take %d bytes", got)
	}
}
