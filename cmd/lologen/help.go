package main

import (
	"fmt"
	"strings"
)

// help is a command's --help: groups in the order of its table of flags, with defaults.
func (c *command) help(all []command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s - %s\n\nUsage:\n   %s [flags]\n", c.spelt(), c.usage, c.spelt())
	if c.name == "" {
		for _, sub := range all[1:] {
			fmt.Fprintf(&b, "   %-28s %s\n", sub.spelt()+" [flags]", sub.usage)
		}
	}
	group := ""
	for _, f := range c.flags {
		if f.group != group {
			group = f.group
			fmt.Fprintf(&b, "\n%s:\n", group)
		}
		fmt.Fprintf(&b, "   %s\n", f.help())
	}
	fmt.Fprintf(&b, "   %s\n", (&flag{name: "help", short: "h", usage: "this"}).help())
	if c.name == "" {
		fmt.Fprintf(&b, "   %s\n", (&flag{name: "version", usage: "which build this is"}).help())
	}
	b.WriteString("\nEvery flag is also an environment variable (LOLOGEN_RATE=64k) and a key of --config.\n\nExamples:\n")
	for _, e := range c.examples {
		fmt.Fprintf(&b, "   %s\n", e)
	}
	fmt.Fprintf(&b, "\nExit codes: %s\n", c.exits)
	return b.String()
}

// spelt is how the command is called.
func (c *command) spelt() string { return strings.TrimSpace("lologen " + c.name) }

// help is the flag's line in --help.
func (f *flag) help() string {
	left := "    --" + f.name
	if f.short != "" {
		left = "-" + f.short + ", --" + f.name
	}
	if f.value != "" {
		left += " " + f.value
	}
	right := f.usage
	if f.initial != "" {
		right += " [" + f.initial + "]"
	}
	return fmt.Sprintf("%-30s %s", left, right)
}
