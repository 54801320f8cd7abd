//go:build unix

package report

import (
	"runtime"
	"syscall"
	"time"
)

// process returns the processor time and the most memory that this process has used so far.
func process() (cpu time.Duration, rss uint64) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, peak()
	}
	cpu = time.Duration(u.Utime.Nano() + u.Stime.Nano())
	if rss = peak(); rss == 0 {
		rss = uint64(u.Maxrss)
		if runtime.GOOS != "darwin" && runtime.GOOS != "ios" { // they count bytes, all others KiB
			rss *= 1024
		}
	}
	return cpu, rss
}
