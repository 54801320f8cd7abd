package report

import (
	"bytes"
	"os"
	"strconv"
)

// peak reads VmHWM, as ru_maxrss is kept across exec: of a process that a large one started, it
// is the size of the other (setmax_mm_hiwater_rss in the kernel's fs/exec.c).
func peak() uint64 { return status("VmHWM:") }

// resident is the memory that the process has now.
func resident() uint64 { return status("VmRSS:") }

func status(field string) uint64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte(field))
	size, _, _ := bytes.Cut(rest, []byte(" kB"))
	kib, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 10, 64)
	if err != nil {
		return 0
	}
	return kib * 1024
}

// machine is the same for all containers of a machine, and another one after a restart.
func machine() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return hostname()
	}
	return string(bytes.TrimSpace(id))
}
