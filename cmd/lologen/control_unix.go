//go:build unix

package main

import (
	"os"
	"syscall"
)

// steeringSignals raise and lower the rate.
func steeringSignals() (up, down os.Signal) { return syscall.SIGUSR1, syscall.SIGUSR2 }
