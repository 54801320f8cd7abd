// Command lologen makes log lines, delivers them and tells the truth about every one of them.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // a static image has no time zones
)

// version is stamped by the build.
var version = "dev"

func main() {
	// The reader of a pipe may leave: that is an error to judge, not a reason to die.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		stop()
		<-signals
		os.Exit(exitInterrupted)
	}()
	os.Exit(run(ctx, os.Args[1:], environment(os.Environ()), stdio{os.Stdin, os.Stdout, os.Stderr}))
}

// Exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitSLO         = 3
	exitInterrupted = 130
)

// stdio is where a program reads and writes by default. They are files, not readers and writers:
// what stdout is (a pipe, a terminal) matters to a program that writes lines.
type stdio struct{ in, out, err *os.File }
