package compare

import "syscall"

// apart is a process group of its own, and an end together with ours, however that comes.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
