package main

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// flag is one flag of a command, which is an environment variable and a key of the configuration
// file, too.
type flag struct {
	name    string   // long, the way it is shown
	other   []string // further long spellings
	short   string
	group   string
	usage   string
	value   string // what stands for the value in the help; "" is a switch
	initial string // the default, in words
	repeat  bool
	only    []string // the sinks that use it; nil: all
	with    string   // the switch that it goes with, and is shown beside
	seed    bool     // the Python tool's: where its sink does not use it that is a warning, not an error
	load    bool     // asking for it asks for a report
	// set reads one value. Its error says what would be accepted, and nothing else.
	set func(o *options, value string) error
}

// longs are all its long spellings.
func (f *flag) longs() []string { return append([]string{f.name}, f.other...) }

// variables are the environment variables that stand for it.
func (f *flag) variables() []string {
	var names []string
	for _, long := range f.longs() {
		name := "LOLOGEN_" + strings.ToUpper(strings.ReplaceAll(long, "-", "_"))
		if len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
	}
	return names
}

// cliFlags are the command's flags as the library knows them. Values are read by the command
// itself, so that every error names the flag, the value and what is accepted.
func cliFlags(c command) []cli.Flag {
	var list []cli.Flag
	for _, f := range c.flags {
		switch {
		case f.value == "":
			list = append(list, &cli.BoolFlag{Name: f.name})
		case f.repeat:
			list = append(list, &cli.StringSliceFlag{Name: f.name})
		default:
			list = append(list, &cli.StringFlag{Name: f.name})
		}
	}
	return list
}
