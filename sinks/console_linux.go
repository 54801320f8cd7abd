package sinks

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// reopen returns a description of f's pipe or terminal that is ours alone, or nil. Ours may be
// told not to block, so that a reader who stopped reading cannot keep the run from ending; the
// one that we were started with is shared with the shell and must be left as it is.
func reopen(f *os.File) *os.File {
	info, err := f.Stat()
	if err != nil || info.Mode()&(os.ModeNamedPipe|os.ModeCharDevice) == 0 {
		return nil
	}
	path := fmt.Sprintf("/proc/self/fd/%d", f.Fd())
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	return os.NewFile(uintptr(fd), f.Name())
}
