package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
)

// connect returns both ends of a TCP connection.
func connect() (near, far net.Conn, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, fmt.Errorf("listen: %w", err)
	}
	defer l.Close()
	if near, err = net.Dial("tcp", l.Addr().String()); err != nil {
		return nil, nil, fmt.Errorf("dial: %w", err)
	}
	if far, err = l.Accept(); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("accept: %w", err), near.Close())
	}
	return near, far, nil
}

// between runs what the far end does, and returns how both ends are closed.
func between(near, far net.Conn, serve func()) (close func() error) {
	var wg sync.WaitGroup
	wg.Go(serve)
	return func() error {
		err := near.Close()
		wg.Wait()
		return errors.Join(err, far.Close())
	}
}

func openTCP(l load, _ string) (way, error) {
	near, far, err := connect()
	if err != nil {
		return way{}, err
	}
	return blocksTo(near, l, between(near, far, func() { drain(far) })), nil
}

// answerSize is about what an HTTP server says when it has taken a line.
const answerSize = 150

func openRoundTrip(l load, _ string) (way, error) {
	near, far, err := connect()
	if err != nil {
		return way{}, err
	}
	closeBoth := between(near, far, func() { answer(far, len(l.line)) })
	buf := make([]byte, answerSize)
	send := func() error {
		if _, err := near.Write(l.line); err != nil {
			return err
		}
		_, err := io.ReadFull(near, buf)
		return err
	}
	return way{send: send, lines: 1, close: closeBoth}, nil
}

// answer answers each line of that size, until no more come.
func answer(c net.Conn, size int) {
	line, text := make([]byte, size), make([]byte, answerSize)
	for {
		if _, err := io.ReadFull(c, line); err != nil {
			return
		}
		if _, err := c.Write(text); err != nil {
			return
		}
	}
}

func openUnixgram(l load, _ string) (way, error) {
	// The name of a socket is at most about a hundred bytes long, so it lies in no folder of the user's.
	dir, err := os.MkdirTemp("", "limits")
	if err != nil {
		return way{}, fmt.Errorf("make folder: %w", err)
	}
	name := filepath.Join(dir, "socket")
	far, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return way{}, errors.Join(fmt.Errorf("listen: %w", err), os.RemoveAll(dir))
	}
	near, err := net.Dial("unixgram", name)
	if err != nil {
		return way{}, errors.Join(fmt.Errorf("dial: %w", err), far.Close(), os.RemoveAll(dir))
	}
	var wg sync.WaitGroup
	wg.Go(func() { drain(far) })
	send := func() error {
		_, err := near.Write(l.line)
		return err
	}
	return way{send: send, lines: 1, close: func() error {
		err := errors.Join(near.Close(), far.Close()) // no end of a datagram socket tells the other
		wg.Wait()
		return errors.Join(err, os.RemoveAll(dir))
	}}, nil
}
