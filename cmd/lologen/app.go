package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/urfave/cli/v2"
)

// errUsage is wrong use: one sentence, exit code 2.
type errUsage struct{ error }

func usagef(format string, args ...any) error { return errUsage{fmt.Errorf(format, args...)} }

// command is a subcommand, or the program's own.
type command struct {
	name     string // "" is lologen without a subcommand
	usage    string
	flags    []flag
	examples []string
	exits    string // its exit codes
	words    string // what arguments that are no flags stand for; empty: none are accepted
	word     func(o *options, s string)
	run      func(ctx context.Context, v *values, io stdio) (code int, err error)
}

// commands are the program; the first is what it does without a subcommand.
func commands() []command {
	return []command{runCommand(), receiveCommand(), verifyCommand(), compareCommand(), searchCommand(), reportCommand()}
}

// run is the program. Nothing in it reads the process's own arguments, environment or files.
func run(ctx context.Context, args []string, env map[string]string, io stdio) int {
	code, err := dispatch(ctx, args, env, io)
	if err != nil {
		fmt.Fprintf(io.err, "lologen: %v\n", err)
		if errors.As(err, &errUsage{}) {
			return exitUsage
		}
		return max(code, exitFailed)
	}
	return code
}

func dispatch(ctx context.Context, args []string, env map[string]string, io stdio) (code int, err error) {
	all := commands()
	cmd, args, err := chosen(all, args)
	if err != nil {
		return 0, err
	}
	given, err := normalise(args, cmd, all)
	if err != nil {
		return 0, err
	}
	app := newApp(all, given.argv, io)
	action := func(c *cli.Context) error {
		v, err := gather(cmd, c, given, env)
		if err != nil {
			return err
		}
		code, err = cmd.run(ctx, v, io)
		return err
	}
	app.Action = action
	for _, sub := range app.Commands {
		sub.Action = action
	}
	err = app.RunContext(ctx, given.argv)
	return code, err
}

// chosen takes the subcommand off the arguments, if they begin with one.
func chosen(all []command, args []string) (command, []string, error) {
	if len(args) > 0 && args[0] == "help" {
		args = append(slices.Clone(args[1:]), "--help")
	}
	if len(args) > 0 {
		for _, c := range all[1:] {
			if c.name == args[0] {
				return c, args[1:], nil
			}
		}
	}
	return all[0], args, nil
}

// newApp describes the program to the library that parses flags and prints help.
func newApp(all []command, given []string, io stdio) *cli.App {
	app := &cli.App{
		Name:                      "lologen",
		Version:                   buildVersion(),
		Writer:                    io.out,
		ErrWriter:                 io.err,
		HideHelpCommand:           true,
		CustomAppHelpTemplate:     all[0].help(all, given),
		DisableSliceFlagSeparator: true,
		OnUsageError:              onUsageError,
		ExitErrHandler:            func(*cli.Context, error) {},
		Flags:                     cliFlags(all[0]),
	}
	for _, c := range all[1:] {
		app.Commands = append(app.Commands, &cli.Command{
			Name:               c.name,
			HideHelpCommand:    true,
			CustomHelpTemplate: c.help(all, given),
			OnUsageError:       onUsageError,
			Flags:              cliFlags(c),
		})
	}
	return app
}

func onUsageError(_ *cli.Context, err error, _ bool) error { return errUsage{err} }

// buildVersion is the version, and what built it for what.
func buildVersion() string {
	return fmt.Sprintf("%s (%s %s/%s)", ownVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// ownVersion is what the build stamped, or what Go knows of the module.
func ownVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && version == "dev" && info.Main.Version != "" {
		return info.Main.Version
	}
	return version
}
