package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
)

func openCopy(l load, _ string) (way, error) {
	buf := make([]byte, 0, len(l.block))
	send := func() error {
		buf = buf[:0]
		for range l.lines {
			buf = append(buf, l.line...)
		}
		return nil
	}
	return way{send: send, lines: l.lines, close: func() error { return nil }}, nil
}

// blocksTo is the way of a writer that takes blocks.
func blocksTo(w io.Writer, l load, close func() error) way {
	send := func() error {
		_, err := w.Write(l.block)
		return err
	}
	return way{send: send, lines: l.lines, close: close}
}

func openDevNull(l load, _ string) (way, error) {
	f, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return way{}, fmt.Errorf("open null device: %w", err)
	}
	return blocksTo(f, l, f.Close), nil
}

func openPipe(l load, _ string) (way, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return way{}, fmt.Errorf("make pipe: %w", err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { drain(r) })
	return blocksTo(w, l, func() error {
		err := w.Close()
		wg.Wait()
		return errors.Join(err, r.Close())
	}), nil
}

// openPipeCat has a process of its own at the other end, with the buffer that it happens to have.
func openPipeCat(l load, _ string) (way, error) {
	cat := exec.Command("cat") // its output goes to the null device
	w, err := cat.StdinPipe()
	if err != nil {
		return way{}, fmt.Errorf("make pipe: %w", err)
	}
	if err := cat.Start(); err != nil {
		return way{}, fmt.Errorf("start cat: %w", err)
	}
	return blocksTo(w, l, func() error { return errors.Join(w.Close(), cat.Wait()) }), nil
}

// fileMost is how large the new file gets.
const fileMost int64 = 2 << 30

func openFile(l load, dir string) (way, error) {
	f, err := os.CreateTemp(dir, "limits-*.log")
	if err != nil {
		return way{}, fmt.Errorf("create file: %w", err)
	}
	w := blocksTo(f, l, func() error { return errors.Join(f.Close(), os.Remove(f.Name())) })
	w.most = int(fileMost / int64(len(l.line)))
	return w, nil
}

// drain reads until nothing more comes.
func drain(r io.Reader) {
	buf := make([]byte, 256<<10)
	for {
		if _, err := r.Read(buf); err != nil {
			return
		}
	}
}
