//go:build unix && !linux

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peakOf is for systems that say before the end.
func peakOf(int) uint64 { return 0 }

// peakFrom is the most memory that a process took, in bytes.
func peakFrom(s *os.ProcessState) uint64 {
	u, ok := s.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" { // they count bytes, all others KiB
		return uint64(u.Maxrss)
	}
	return uint64(u.Maxrss) * 1024
}
