package sinks

import (
	"context"
	"fmt"
	"os"

	"github.com/exitfound/lologen/emitter"
)

// openFile appends to the file at c.Path, which it creates if need be, but not its directory.
func openFile(c Config) (emitter.Opener, error) {
	var shared *lineFile
	stop := func() bool { return false }
	return emitter.Opener{
		Limits: appendLimits(c.Workers),
		Ack:    emitter.AckKernel,
		Open: func(ctx context.Context, _ int) (emitter.Sink, error) {
			if shared == nil {
				f, err := os.OpenFile(c.Path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
				if err != nil {
					return nil, fmt.Errorf("open file %s: %w", c.Path, cause(err))
				}
				shared = &lineFile{f: f, what: "file " + c.Path, torn: endsInLine(c.Path)}
				stop = shared.watch(ctx)
			}
			return shared, nil
		},
		Close: func() error {
			stop()
			if shared == nil {
				return nil
			}
			if err := shared.f.Close(); err != nil {
				return fmt.Errorf("close file %s: %w", c.Path, cause(err))
			}
			return nil
		},
	}, nil
}

// endsInLine reports whether the file's last byte is known not to be a newline: something was
// cut there before, and the next line must not be glued to it.
func endsInLine(path string) bool {
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
