package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/exitfound/lologen/bench/compare"
	"github.com/exitfound/lologen/bench/receive"
)

// An arena is where one tool does one work once.
type arena struct {
	ctx     context.Context
	tool    tool
	path    string // of the tool
	lologen string // which also is the web server
	env     []string
	length  time.Duration
}

// A sample is what a run came to.
type sample struct {
	lines, bytes uint64 // newlines counted where there are any
	elapsed      time.Duration
	cpu          time.Duration
	peak         uint64 // bytes
}

func (a *arena) launch(g goal, stdout *os.File) (*process, error) {
	return launch(a.path, a.tool.args(g), a.env, stdout)
}

// meter counts the lines that pass.
type meter struct {
	lines, bytes uint64
	first, last  time.Time // when something came
}

// drain reads r to its end. began is called when the first bytes come.
func (m *meter) drain(r io.Reader, began func()) error {
	buf := make([]byte, 1<<20)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			m.last = time.Now()
			if m.bytes == 0 {
				m.first = m.last
				began()
			}
			m.bytes += uint64(n)
			m.lines += uint64(bytes.Count(buf[:n], []byte{'\n'}))
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// longestStart is how long a tool may take to its first line.
const longestStart = 5 * time.Second

// follow counts what p sends to r, ends p when it has worked for its time, and returns the sample.
func (a *arena) follow(p *process, r io.Reader) (sample, error) {
	end := time.AfterFunc(longestStart, p.stop)
	defer end.Stop()
	interrupted := context.AfterFunc(a.ctx, p.stop)
	defer interrupted()
	var m meter
	// A tool that is ended may leave its connection reset: what came has come.
	_ = m.drain(r, func() { end.Reset(a.length) })
	p.stop()
	s := sample{lines: m.lines, bytes: m.bytes, elapsed: m.last.Sub(m.first)}
	s.cpu, s.peak = p.wait()
	switch {
	case a.ctx.Err() != nil:
		return s, a.ctx.Err()
	case s.lines == 0:
		return s, p.nothing()
	}
	return s, nil
}

// throughPipe lets the tool write to a pipe until its time is up.
func throughPipe(a *arena) (sample, error) { return a.pipe(goal{}) }

func (a *arena) pipe(g goal) (sample, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return sample{}, fmt.Errorf("make pipe: %w", err)
	}
	defer r.Close()
	p, err := a.launch(g, w)
	_ = w.Close()
	if err != nil {
		return sample{}, err
	}
	return a.follow(p, r)
}

// intoNothing lets the tool make as many lines as take about its time, and throws them away. What
// nobody sees nobody can count, so it is told how many, and its start is part of the time.
func intoNothing(a *arena) (sample, error) {
	const few = 10_000
	sized, err := a.pipe(goal{lines: few})
	if err != nil {
		return sample{}, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return sample{}, fmt.Errorf("open %s: %w", os.DevNull, err)
	}
	defer null.Close()
	for lines := few; int64(lines) < absurd; {
		s, err := a.timed(lines, null)
		if err != nil || s.elapsed >= a.length/2 {
			s.bytes = s.lines * sized.bytes / sized.lines
			return s, err
		}
		lines = more(lines, s.elapsed, a.length)
	}
	return sample{}, errTooFew
}

// absurd is more lines than any tool makes in a run.
const absurd = 1 << 40

var (
	errTooFew  = errors.New("it ends at once, however many lines it is told to make")
	errTooLong = errors.New("it does not end after the lines that it was told to make")
)

// more is how many lines should take so long, if that many took only elapsed; not too many at
// once, as most of a short run is its start.
func more(lines int, elapsed, length time.Duration) int {
	return int(float64(lines) * min(20, float64(length)/float64(max(elapsed, time.Millisecond))))
}

// longest is how long a tool may take for lines that should take it length.
func (a *arena) longest() time.Duration { return longestStart + 10*a.length }

// timed lets the tool make so many lines.
func (a *arena) timed(lines int, stdout *os.File) (sample, error) {
	start := time.Now()
	p, err := a.launch(goal{lines: lines}, stdout)
	if err != nil {
		return sample{}, err
	}
	interrupted := context.AfterFunc(a.ctx, p.stop)
	defer interrupted()
	end := time.AfterFunc(a.longest(), p.stop)
	defer end.Stop()
	s := sample{lines: uint64(lines)}
	s.cpu, s.peak = p.wait()
	s.elapsed = time.Since(start)
	switch {
	case a.ctx.Err() != nil:
		return s, a.ctx.Err()
	case s.elapsed >= a.longest():
		return s, errTooLong
	case p.err != nil:
		return s, p.nothing()
	}
	return s, nil
}

// overTCP takes the tool's lines from a connection, which the tool makes or is given as its stdout.
func overTCP(a *arena) (sample, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return sample{}, fmt.Errorf("listen: %w", err)
	}
	defer l.Close()
	var g goal
	if g.host, g.port, err = net.SplitHostPort(l.Addr().String()); err != nil {
		return sample{}, fmt.Errorf("listen: %w", err)
	}
	var stdout *os.File
	if a.tool.stdout {
		if stdout, err = dial(l.Addr().String()); err != nil {
			return sample{}, err
		}
	}
	p, err := a.launch(g, stdout)
	if stdout != nil {
		_ = stdout.Close()
	}
	if err != nil {
		return sample{}, err
	}
	_ = l.(*net.TCPListener).SetDeadline(time.Now().Add(longestStart))
	c, err := l.Accept()
	if err != nil {
		p.stop()
		p.wait()
		return sample{}, p.nothing()
	}
	defer c.Close()
	return a.follow(p, c)
}

// dial returns a connection as a child can have it.
func dial(address string) (*os.File, error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	defer c.Close()
	// Go's connections send every write at once; loggen's are as the system makes them.
	if err := c.(*net.TCPConn).SetNoDelay(false); err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	f, err := c.(*net.TCPConn).File()
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return f, nil
}

// overHTTP takes the tool's requests with lologen's own receiver, a new one for every run, which
// counts them.
func overHTTP(a *arena) (sample, error) {
	server, err := compare.Server(a.lologen, a.env)
	if err != nil {
		return sample{}, err
	}
	defer server.End()
	p, err := a.launch(goal{url: server.URL, atLeast: a.length + time.Minute}, nil)
	if err != nil {
		return sample{}, err
	}
	end := time.AfterFunc(a.length, p.stop)
	defer end.Stop()
	interrupted := context.AfterFunc(a.ctx, p.stop)
	defer interrupted()
	var s sample
	s.cpu, s.peak = p.wait()
	if a.ctx.Err() != nil {
		return s, a.ctx.Err()
	}
	r, err := received(server.URL)
	if err != nil {
		return s, err
	}
	if r.Rate == 0 {
		return s, p.nothing()
	}
	s.lines, s.bytes = r.Unidentified.Lines, r.Unidentified.Bytes
	s.elapsed = time.Duration(float64(s.lines) / r.Rate * float64(time.Second))
	return s, nil
}

// received asks a receiver what it has received.
func received(url string) (r receive.Report, err error) {
	resp, err := http.Get(url + "report")
	if err != nil {
		return r, fmt.Errorf("ask the receiver: %w", err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&r); err != nil {
		return r, fmt.Errorf("ask the receiver: %w", err)
	}
	return r, nil
}
