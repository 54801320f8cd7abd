package sinks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/exitfound/lologen/emitter"
)

// openFile appends to the file at c.Path, which it creates if need be, but not its directory.
func openFile(c Config) (emitter.Opener, error) {
	var shared *lineFile
	var file *os.File
	stop := func() bool { return false }
	return emitter.Opener{
		Limits: appendLimits(c.Workers),
		Ack:    emitter.AckKernel,
		Open: func(ctx context.Context, _ int) (emitter.Sink, error) {
			if shared == nil {
				f, err := appendTo(ctx, c.Path)
				if err != nil {
					return nil, fmt.Errorf("open file %s: %w", c.Path, cause(err))
				}
				file = f
				shared = &lineFile{w: f, what: "file " + c.Path, torn: endsWithinLine(c.Path)}
				stop = shared.watch(ctx)
			}
			return shared, nil
		},
		Close: func() error {
			stop()
			if file == nil {
				return nil
			}
			if err := file.Close(); err != nil {
				return fmt.Errorf("close file %s: %w", c.Path, cause(err))
			}
			return nil
		},
	}, nil
}

// appendTo opens the file. A named pipe has to be opened by its reader, too: until then, or until
// ctx ends, it waits.
func appendTo(ctx context.Context, path string) (*os.File, error) {
	const look = 50 * time.Millisecond
	for {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY|syscall.O_NONBLOCK, 0o644)
		if !errors.Is(err, syscall.ENXIO) {
			return f, err
		}
		select {
		case <-time.After(look):
		case <-ctx.Done():
			return nil, errors.New("nobody opened the pipe for reading")
		}
	}
}

// endsWithinLine reports whether the file's last byte is known not to be a newline: something was
// cut there before, and the next line must not be glued to it.
func endsWithinLine(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false
	}
	last := make([]byte, 1)
	_, err = f.ReadAt(last, info.Size()-1)
	return err == nil && last[0] != '\n'
}
