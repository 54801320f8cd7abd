//go:build unix

package sinks

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// peer is the far end of a connection, which may close it between two requests: a request sent
// after that fails, and nobody knows whether it was taken.
type peer struct {
	raw    syscall.RawConn
	look   func(fd uintptr) bool // made once: a closure for each look would allocate
	closed bool
}

// newPeer returns nil if the connection cannot be looked at.
func newPeer(c net.Conn) *peer {
	s, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return nil
	}
	p := &peer{raw: raw}
	buf := make([]byte, 1)
	p.look = func(fd uintptr) bool {
		_, _, err := unix.Recvfrom(int(fd), buf, unix.MSG_PEEK|unix.MSG_DONTWAIT)
		// Nothing to read is as it should be. The end, an error, or bytes that nobody asked for are not.
		p.closed = err != unix.EAGAIN && err != unix.EINTR
		return true
	}
	return p
}

// hasClosed reports whether the connection is of no more use.
func (p *peer) hasClosed() bool {
	if p == nil {
		return false
	}
	p.closed = false
	return p.raw.Read(p.look) == nil && p.closed
}
