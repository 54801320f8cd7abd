package sinks

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
)

// reason names err in the operating system's word: no_space_left_on_device, connection_refused.
func reason(err error) string {
	var errno syscall.Errno
	switch {
	case errors.As(err, &errno):
		return strings.ReplaceAll(errno.Error(), " ", "_")
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, os.ErrClosed), errors.Is(err, context.Canceled):
		return "canceled"
	}
	return "other"
}

// cause is what the operating system said, without the operation, the path or the address that
// the standard library wraps around it and that our own errors name.
func cause(err error) error {
	var (
		path *fs.PathError
		call *os.SyscallError
		op   *net.OpError
	)
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &call):
		return call.Err
	case errors.As(err, &op):
		return op.Err
	}
	return err
}
