package main

import (
	"fmt"
	"slices"
	"strings"
)

// help is a command's --help: groups in the order of its table of flags, with defaults. Flags that
// few sinks use are shown beside those sinks only.
func (c *command) help(all []command, given []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s - %s\n\nUsage:\n   %s [flags]\n", c.spelt(), c.usage, strings.TrimSpace(c.spelt()+" "+c.words))
	if c.name == "" {
		for _, sub := range all[1:] {
			fmt.Fprintf(&b, "   %-40s %s\n", strings.TrimSpace(sub.spelt()+" "+sub.words)+" [flags]", sub.usage)
		}
	}
	group := ""
	var more, with []string
	for _, f := range c.flags {
		switch {
		case f.with != "" && !slices.Contains(given, "--"+f.with+"=true"):
			with = append(with, "--"+f.with)
			continue
		case !f.concerns(given):
			more = append(more, f.only...)
			continue
		}
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
	if hint := c.more(more, with); hint != "" {
		fmt.Fprintf(&b, "\nMore flags %s.\n", hint)
	}
	b.WriteString("\nEvery flag is also an environment variable (LOLOGEN_RATE=64k) and a key of --config.\n\nExamples:\n")
	for _, e := range c.examples {
		fmt.Fprintf(&b, "   %s\n", e)
	}
	fmt.Fprintf(&b, "\nExit codes: %s\n", c.exits)
	return b.String()
}

// more says where flags are shown that are not here: those of sinks, and those that go with a switch.
func (c *command) more(sinks, switches []string) string {
	var hints []string
	if len(sinks) > 0 {
		slices.Sort(sinks)
		sinks = slices.Compact(sinks)
		hints = append(hints, fmt.Sprintf("with %s: see %s %s --help", strings.Join(sinks, ", "), c.spelt(), c.choosing(sinks[0])))
	}
	for _, s := range slices.Compact(switches) {
		hints = append(hints, fmt.Sprintf("with %s: see %s %s --help", s, c.spelt(), s))
	}
	return strings.Join(hints, "; ")
}

// concerns reports whether the flag is of use with what was given in argv.
func (f *flag) concerns(given []string) bool {
	if f.only == nil || f.seed {
		return true
	}
	for _, arg := range given {
		for word := range strings.SplitSeq(arg[strings.IndexByte(arg, '=')+1:], ",") {
			if (strings.HasPrefix(arg, "--type=") || strings.HasPrefix(arg, "--sinks=")) && slices.Contains(f.only, strings.ToLower(word)) {
				return true
			}
		}
	}
	return false
}

// choosing is how the command is told to use a sink.
func (c *command) choosing(sink string) string {
	if c.flag("sinks") != nil {
		return "--sinks " + sink
	}
	return "-t " + sink
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
