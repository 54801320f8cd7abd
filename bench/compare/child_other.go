//go:build !linux

package compare

import "syscall"

// apart is nothing where a child cannot be told to end together with us: there a Ctrl-C in the
// terminal, which reaches both, is what keeps it from being left behind.
func apart() *syscall.SysProcAttr { return nil }
