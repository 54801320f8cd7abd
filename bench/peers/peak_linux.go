package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// peakOf is the most memory that a process has taken so far, in bytes; 0 if it is not known any
// more. ru_maxrss would not do: it is kept across exec, so that no tool seems smaller than we are.
func peakOf(pid int) uint64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	return highWater(status)
}

// highWater reads VmHWM.
func highWater(status []byte) uint64 {
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	size, _, _ := bytes.Cut(rest, []byte(" kB"))
	kib, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 10, 64)
	if err != nil {
		return 0
	}
	return kib * 1024
}

// peakFrom is for systems that do not say before the end.
func peakFrom(*os.ProcessState) uint64 { return 0 }
