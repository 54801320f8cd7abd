package sinks

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// unblocked returns a writer to f that a deadline can end, so that a reader who stopped reading
// cannot keep the run from ending, and what is to be closed after it, if anything. f itself
// cannot be told not to block: it is shared with whoever started us.
func unblocked(f *os.File) (deadlineWriter, io.Closer) {
	info, err := f.Stat()
	if err != nil || info.Mode().IsRegular() {
		return f, nil
	}
	// A description of the pipe or terminal that is ours alone.
	path := fmt.Sprintf("/proc/self/fd/%d", f.Fd())
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err == nil {
		// 64 KiB, as pipes are born, keep writer and reader waiting for each other: with 1 MiB, as
		// much as anyone may have, `| cat` takes twice as many lines. No pipe, or no room: no matter.
		_, _ = unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, 1<<20)
		own := os.NewFile(uintptr(fd), f.Name())
		return own, own
	}
	// A socket, or a pipe that belongs to another user.
	return &patient{f: f, socket: info.Mode()&os.ModeSocket != 0}, nil
}

// patient writes in pieces that do not block, and waits for room between them.
type patient struct {
	f      *os.File
	socket bool
	ended  atomic.Bool
}

// SetWriteDeadline ends all writes, whatever the time: nobody asks for another.
func (p *patient) SetWriteDeadline(time.Time) error {
	p.ended.Store(true)
	return nil
}

func (p *patient) Write(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var wrote int
		if p.socket {
			wrote, err = p.send(b[n:])
		} else {
			wrote, err = p.piece(b[n:])
		}
		n += max(0, wrote)
	}
	return n, err
}

// send gives a socket as much of b as it has room for, and waits if it has none.
func (p *patient) send(b []byte) (int, error) {
	n, err := unix.SendmsgN(int(p.f.Fd()), b, nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	switch err {
	case unix.EAGAIN:
		return 0, p.await()
	case unix.EINTR:
		return 0, nil
	}
	return n, err
}

// piece waits for room in a pipe, and writes what then cannot block: with any room at all, a pipe
// takes so much at once (pipe(7)).
func (p *patient) piece(b []byte) (int, error) {
	const most = 4096
	if err := p.await(); err != nil {
		return 0, err
	}
	return p.f.Write(b[:min(len(b), most)])
}

// await waits until there is room.
func (p *patient) await() error {
	const look = 100 // milliseconds
	fds := []unix.PollFd{{Fd: int32(p.f.Fd()), Events: unix.POLLOUT}}
	for !p.ended.Load() {
		if ready, err := unix.Poll(fds, look); ready > 0 || err != nil && err != unix.EINTR {
			return err
		}
	}
	return os.ErrDeadlineExceeded
}
