package compare

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// child is a process that we started and are to end.
type child struct {
	process *os.Process
	ended   <-chan error
}

// start starts cmd apart from us, so that a Ctrl-C in the terminal ends a run, which takes its
// time, before it ends what the run writes to.
func start(cmd *exec.Cmd) (*child, error) {
	cmd.SysProcAttr = apart()
	started, ended := make(chan error, 1), make(chan error, 1)
	go func() {
		// The signal at a parent's death is sent when the thread ends that started the child
		// (prctl(2), PR_SET_PDEATHSIG), so that thread has to wait for the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			ended <- cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return &child{cmd.Process, ended}, nil
}

// longestEnd is how long a child may take to end by itself.
const longestEnd = 5 * time.Second

// stop asks the child to end, and waits until it has.
func (c *child) stop() {
	if c.process.Signal(syscall.SIGTERM) != nil { // as on Windows
		_ = c.process.Kill()
	}
	c.end()
}

// end waits until the child has ended, which it is about to.
func (c *child) end() {
	timer := time.AfterFunc(longestEnd, func() { _ = c.process.Kill() })
	defer timer.Stop()
	<-c.ended
}
