package report

import (
	"bytes"
	"os"
	"strconv"
)

// peak reads VmHWM, as ru_maxrss is kept across exec: of a process that a large one started, it
// is the size of the other (setmax_mm_hiwater_rss in the kernel's fs/exec.c).
func peak() uint64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	size, _, _ := bytes.Cut(rest, []byte(" kB"))
	kib, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 10, 64)
	if err != nil {
		return 0
	}
	return kib * 1024
}
