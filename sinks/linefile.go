package sinks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
	"time"

	"github.com/exitfound/lologen/emitter"
)

// lineFile is an open file that all workers append whole lines to, one write a batch.
type lineFile struct {
	w    deadlineWriter
	what string // for errors: "stdout", "file /var/log/app.log"
	read bool   // by somebody who may leave: that is no failure, but the end of the run

	// mu keeps lines whole: a pipe takes a long write in pieces, and a line that was cut has to be
	// ended by the next write, whoever makes it. The kernel would take the file's own lock here.
	mu   sync.Mutex
	torn bool // the last write ended within a line
}

// deadlineWriter is an *os.File, or stands for one.
type deadlineWriter interface {
	io.Writer
	SetWriteDeadline(time.Time) error
}

var newline = []byte{'\n'}

// Send writes all of b's lines with one system call.
func (l *lineFile) Send(_ context.Context, b *emitter.Batch) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.torn {
		if _, err := l.w.Write(newline); err != nil {
			return 0, l.outcome(err)
		}
		l.torn = false
		b.Wire++
	}
	n, err := l.w.Write(b.Bytes())
	b.Wire += uint64(n)
	if err == nil {
		return b.Len(), nil
	}
	lines, cut := b.Whole(n)
	l.torn = cut
	return lines, l.outcome(err)
}

// Close leaves the file to those who share it.
func (l *lineFile) Close() error { return nil }

// outcome is that of lines which a write left out: the system call says how much it took, so
// the rest is certainly not there.
func (l *lineFile) outcome(err error) error {
	return &emitter.Outcome{
		Gone:   l.read && errors.Is(err, syscall.EPIPE),
		Reason: reason(err),
		Err:    fmt.Errorf("write to %s: %w", l.what, cause(err)),
	}
}

// watch ends a write in progress when ctx ends. Regular files know no deadlines and need none.
// The returned function ends the watch.
func (l *lineFile) watch(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() { _ = l.w.SetWriteDeadline(time.Unix(1, 0)) })
}

// appendLimits are the batches of sinks that write(2): large ones, so that the system call costs
// nothing by the line, within a budget for all workers together; 1 ms of schedule is not seen by a reader.
func appendLimits(workers int) emitter.Limits {
	const each, all = 128 << 10, 32 << 20
	return emitter.Limits{Bytes: min(each, all/max(1, workers)), Wait: time.Millisecond}
}
