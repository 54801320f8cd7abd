package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/exitfound/lologen/bench/report"
)

// process is a tool at work.
type process struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer // read once it has ended
	ended  chan struct{}
	err    error // once ended
	once   sync.Once

	watched chan struct{}
	peak    uint64 // once watched
}

// launch starts the tool. stdout is nil for one that writes elsewhere.
func launch(path string, args, env []string, stdout *os.File) (*process, error) {
	p := &process{cmd: exec.Command(path, args...), ended: make(chan struct{}), watched: make(chan struct{})}
	p.cmd.Env, p.cmd.Stderr = env, &p.stderr
	if stdout != nil {
		p.cmd.Stdout = stdout
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	go p.watch()
	go func() {
		defer close(p.ended)
		p.err = p.cmd.Wait()
	}()
	return p, nil
}

// watch follows how much memory the process takes.
func (p *process) watch() {
	defer close(p.watched)
	const look = 10 * time.Millisecond
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		p.peak = max(p.peak, peakOf(p.cmd.Process.Pid))
		select {
		case <-p.ended:
			return
		case <-ticker.C:
		}
	}
}

// stop asks the process to end; after a while it does not ask.
func (p *process) stop() {
	p.once.Do(func() {
		const patience = 5 * time.Second
		if p.cmd.Process.Signal(syscall.SIGTERM) != nil {
			_ = p.cmd.Process.Kill()
		}
		timer := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
		go func() {
			<-p.ended
			timer.Stop()
		}()
	})
}

// wait returns what the process took of the machine, once it has ended.
func (p *process) wait() (cpu time.Duration, peak uint64) {
	<-p.ended
	<-p.watched
	s := p.cmd.ProcessState
	return s.UserTime() + s.SystemTime(), max(p.peak, peakFrom(s))
}

// errNothing is for a tool that made no line.
var errNothing = errors.New("not one line came")

// nothing says why no line came, as far as the tool did.
func (p *process) nothing() error {
	said := report.Clean(strings.TrimSpace(p.stderr.String()))
	switch {
	case said != "":
		return fmt.Errorf("%w: %s", errNothing, said)
	case p.err != nil:
		return fmt.Errorf("%w: %w", errNothing, p.err)
	}
	return errNothing
}
