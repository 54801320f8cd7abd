// Command peers sets lologen and other tools to the same works, in turns, and prints a table of
// what each made of them: go run ./bench/peers. Tools that are not installed are named.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, errUsage):
		os.Exit(2)
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// errUsage is wrong use, which has been explained.
var errUsage = errors.New("wrong use")

// settings are what the flags say.
type settings struct {
	runs    int
	length  time.Duration // of a run
	lologen string
	output  string
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	f := flag.NewFlagSet("peers", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.IntVar(&s.runs, "runs", 5, "runs of each tool, of which the median counts")
	f.DurationVar(&s.length, "for", 3*time.Second, "length of a run")
	f.StringVar(&s.lologen, "lologen", filepath.Join("bin", "lologen"), "the program to compare, as make build leaves it")
	f.StringVar(&s.output, "output", "text", "text or markdown")
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		return s, err
	} else if err != nil {
		return s, errUsage
	}
	wrong := ""
	switch {
	case f.NArg() > 0:
		wrong = fmt.Sprintf("stray argument %q: only flags are accepted", f.Arg(0))
	case s.runs < 1:
		wrong = fmt.Sprintf("-runs %d: accepted are whole numbers above 0", s.runs)
	case s.length < 100*time.Millisecond:
		wrong = fmt.Sprintf("-for %v: accepted are 100ms and more", s.length)
	case s.output != "text" && s.output != "markdown":
		wrong = fmt.Sprintf("-output %q: accepted are text, markdown", s.output)
	}
	if wrong != "" {
		fmt.Fprintln(stderr, "peers:", wrong)
		return s, errUsage
	}
	return s, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	self, err := exec.LookPath(s.lologen)
	if err != nil {
		return fmt.Errorf("find lologen: %w (make build leaves it at bin/lologen)", err)
	}
	c := contest{settings: s, env: neutral(os.Environ()), progress: stderr}
	for _, w := range works() {
		if err := c.hold(ctx, w, self); err != nil {
			return err
		}
	}
	return c.write(stdout)
}

// neutral is an environment in which lologen is told nothing.
func neutral(env []string) []string {
	var list []string
	for _, pair := range env {
		if !strings.HasPrefix(pair, "LOLOGEN_") {
			list = append(list, pair)
		}
	}
	return list
}
