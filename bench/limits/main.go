// Command limits says how fast this machine moves log lines when making them is free: what
// lologen's speed is held against. Each path carries the same ready-made lines from one goroutine,
// one path after the other.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/exitfound/lologen/bench"
)

// options are what the command line says.
type options struct {
	line   int
	run    time.Duration
	dir    string
	output string
	paths  []path
}

// A limit is what one path carried. Only one of Lines and Error is there.
type limit struct {
	Path  string  `json:"path"`
	Lines float64 `json:"lines,omitempty"` // a second
	Bytes float64 `json:"bytes,omitempty"` // a second, newlines included
	Error string  `json:"error,omitempty"`
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	o, flags, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		usage(flags, stderr)
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "limits:", err)
		return 2
	}
	write := writeText
	if o.output == "json" {
		write = writeJSON
	}
	if err := write(stdout, measureAll(o)); err != nil {
		fmt.Fprintln(stderr, "limits:", err)
		return 1
	}
	return 0
}

func parse(args []string) (o options, flags *flag.FlagSet, err error) {
	flags = flag.NewFlagSet("limits", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are returned, too, and once is enough
	flags.IntVar(&o.line, "line", bench.LineSize(), "`bytes` in a line, its newline included; the default is lologen's")
	flags.DurationVar(&o.run, "for", time.Second, "`time` on each path")
	flags.StringVar(&o.dir, "dir", os.TempDir(), "`folder` for the new file, which is removed")
	flags.StringVar(&o.output, "output", "text", "text or json")
	if err := flags.Parse(args); err != nil {
		return o, flags, err
	}
	switch {
	case o.line < 1 || o.line > blockSize:
		return o, flags, fmt.Errorf("-line %d: accepted are 1 to %d", o.line, blockSize)
	case o.run <= 0:
		return o, flags, fmt.Errorf("-for %v: accepted is a time above 0", o.run)
	case o.output != "text" && o.output != "json":
		return o, flags, fmt.Errorf("-output %s: accepted are text and json", o.output)
	}
	o.paths, err = choose(flags.Args())
	return o, flags, err
}

func usage(flags *flag.FlagSet, w io.Writer) {
	flags.SetOutput(w)
	fmt.Fprintln(w, "usage: limits [flags] [path ...]")
	flags.PrintDefaults()
	fmt.Fprintln(w, "paths, all of them if none is named:")
	for _, p := range paths {
		fmt.Fprintf(w, "  %-10s %s\n", p.name, p.about)
	}
}

// choose returns the named paths, or all.
func choose(names []string) (chosen []path, err error) {
	if len(names) == 0 {
		return paths, nil
	}
	for _, name := range names {
		i := slices.IndexFunc(paths, func(p path) bool { return p.name == name })
		if i < 0 {
			var known []string
			for _, p := range paths {
				known = append(known, p.name)
			}
			return nil, fmt.Errorf("path %q: known are %s", name, strings.Join(known, ", "))
		}
		chosen = append(chosen, paths[i])
	}
	return chosen, nil
}

// measureAll measures one path after the other. A path that is not there does not keep the others
// from being measured.
func measureAll(o options) []limit {
	l := newLoad(o.line)
	limits := make([]limit, len(o.paths))
	for i, p := range o.paths {
		lines, err := p.measure(l, o.dir, o.run)
		if err != nil {
			limits[i] = limit{Path: p.name, Error: err.Error()}
			continue
		}
		limits[i] = limit{Path: p.name, Lines: lines, Bytes: lines * float64(o.line)}
	}
	return limits
}

func writeText(w io.Writer, limits []limit) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%-10s %12s %10s\n", "path", "lines/s", "MB/s")
	for _, l := range limits {
		if l.Error != "" {
			fmt.Fprintf(&b, "%-10s not measured: %s\n", l.Path, l.Error)
			continue
		}
		fmt.Fprintf(&b, "%-10s %12.0f %10.1f\n", l.Path, l.Lines, l.Bytes/1e6)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write limits: %w", err)
	}
	return nil
}

func writeJSON(w io.Writer, limits []limit) error {
	if err := json.NewEncoder(w).Encode(limits); err != nil {
		return fmt.Errorf("write limits: %w", err)
	}
	return nil
}
