package sinks

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/journal"
	"golang.org/x/sys/unix"

	"github.com/exitfound/lologen/emitter"
)

// openJournald writes entries to the local journal in its native protocol,
// https://systemd.io/JOURNAL_NATIVE_PROTOCOL/: a datagram each.
func openJournald(c Config) (emitter.Opener, error) {
	at := journalSocket{path: "/run/systemd/journal/socket", enabled: journal.Enabled, send: journal.Send}
	return at.opener(c), nil
}

// A journalSocket is where a journal listens, and go-systemd's way to it, which large entries take.
type journalSocket struct {
	path    string
	enabled func() bool
	send    func(message string, p journal.Priority, vars map[string]string) error
}

func (s journalSocket) opener(c Config) emitter.Opener {
	return emitter.Opener{
		Limits: journalLimits,
		Ack:    emitter.AckKernel,
		Open: func(ctx context.Context, worker int) (emitter.Sink, error) {
			j := &journald{socket: s, logger: c.Logger, thread: c.Thread(worker)}
			j.heads = entryHeads(j.logger, j.thread)
			if err := j.dial(ctx); err != nil {
				return nil, fmt.Errorf("open journald: %w (is systemd-journald running?)", err)
			}
			if !s.enabled() {
				j.hangUp()
				return nil, fmt.Errorf("open journald: %s: no way to send entries larger than a datagram", s.path)
			}
			return j, nil
		},
	}
}

// journald is one worker's connection to the journal.
type journald struct {
	socket         journalSocket
	logger, thread string
	heads          [emitter.Levels][]byte
	entry          []byte // reused

	conn  *net.UnixConn // nil after an error: the next Send dials, as the journal may be another one by then
	watch func() bool   // ends what ends a write when the run's context ends
}

// Send writes one entry a line. It waits while the journal's queue is full.
func (j *journald) Send(ctx context.Context, b *emitter.Batch) (int, error) {
	if j.conn == nil {
		if err := j.dial(ctx); err != nil {
			return 0, journalOutcome("connect to journald", err)
		}
	}
	for i := range b.Len() {
		j.entry = appendEntry(append(j.entry[:0], j.heads[b.Level(i)]...), b, i)
		if err := j.write(b, i); err != nil {
			j.hangUp()
			return i, journalOutcome("write to journald", err)
		}
		b.Wire += uint64(len(j.entry))
	}
	return b.Len(), nil
}

// Close ends the connection.
func (j *journald) Close() error {
	j.hangUp()
	return nil
}

func (j *journald) dial(ctx context.Context) error {
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: j.socket.path, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("%s: %w", j.socket.path, cause(err))
	}
	j.conn = conn
	j.watch = context.AfterFunc(ctx, func() { _ = conn.SetWriteDeadline(time.Unix(1, 0)) })
	return nil
}

func (j *journald) hangUp() {
	if j.conn == nil {
		return
	}
	j.watch()
	_ = j.conn.Close() // a datagram socket keeps nothing back that closing it could lose
	j.conn = nil
}

// write sends the entry, which was made of line i.
func (j *journald) write(b *emitter.Batch, i int) error {
	_, err := j.conn.Write(j.entry)
	if errors.Is(err, syscall.EMSGSIZE) || errors.Is(err, syscall.ENOBUFS) {
		return j.writeLarge(b, i)
	}
	return err
}

// writeLarge hands line i over in a file.
func (j *journald) writeLarge(b *emitter.Batch, i int) error {
	if err := j.awaitRoom(); err != nil {
		return err
	}
	return j.socket.send(string(b.Line(i)), priorities[b.Level(i)], entryFields(j.logger, j.thread, b, i))
}

// awaitRoom waits until the journal's queue is not full. go-systemd would wait by trying again
// and again, on a connection that no context ends.
func (j *journald) awaitRoom() error {
	raw, err := j.conn.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Write(func(fd uintptr) (ready bool) {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, 0)
		return n > 0 || err != nil && err != unix.EINTR
	})
}

// journalOutcome is that of entries which were not sent: a datagram is taken whole or not at all.
func journalOutcome(doing string, err error) error {
	return &emitter.Outcome{Reason: reason(err), Err: fmt.Errorf("%s: %w", doing, cause(err))}
}
