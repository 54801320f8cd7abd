// Command bench runs the benchmarks and, in the same minutes, what the machine can do at best, and
// prints both as one table.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"time"

	"github.com/exitfound/lologen/bench"
)

// options are what the command line says.
type options struct {
	pattern  string
	time     time.Duration
	rounds   int
	packages []string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	t := newTable(bench.LineSize())
	for round := range o.rounds {
		fmt.Fprintf(stderr, "bench: round %d of %d\n", round+1, o.rounds)
		if err := measure(ctx, o, t); err != nil {
			return err
		}
	}
	return t.write(stdout)
}

func parse(args []string, stderr io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.pattern, "bench", ".", "run the benchmarks that match this `pattern`, as go test does")
	flags.DurationVar(&o.time, "time", 500*time.Millisecond, "`time` for each benchmark and each limit, in each round")
	flags.IntVar(&o.rounds, "rounds", 3, "the table shows the best of so many")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.time <= 0 || o.rounds < 1 {
		return o, errors.New("-time and -rounds: accepted is what is above 0")
	}
	if o.packages = flags.Args(); len(o.packages) == 0 {
		o.packages = []string{"./emitter/...", "./sinks/...", "./bench/..."}
	}
	return o, nil
}

// measure runs the benchmarks once and then the limits that they are held against.
func measure(ctx context.Context, o options, t *table) error {
	args := append([]string{"test", "-run", "^$", "-bench", o.pattern, "-benchmem", "-benchtime", o.time.String()}, o.packages...)
	out, err := goTool(ctx, args)
	if err != nil {
		return fmt.Errorf("run benchmarks: %w\n%s", err, out)
	}
	if err := t.readResults(out); err != nil {
		return err
	}
	paths := t.limitsNeeded()
	if len(paths) == 0 {
		return nil
	}
	args = append([]string{"run", "./bench/limits", "-output", "json", "-for", o.time.String(), "-line", strconv.Itoa(t.size)}, paths...)
	if out, err = goTool(ctx, args); err != nil {
		return fmt.Errorf("measure limits: %w", err)
	}
	var limits []limit
	if err := json.Unmarshal(out, &limits); err != nil {
		return fmt.Errorf("read limits: %w", err)
	}
	t.addLimits(limits)
	return nil
}

// goTool runs the go command. An interrupt reaches it too; it is not to be killed beside that, so
// that its own children can end.
func goTool(ctx context.Context, args []string) ([]byte, error) {
	c := exec.CommandContext(ctx, "go", args...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, os.Stderr
	err := c.Run()
	return out.Bytes(), err
}
