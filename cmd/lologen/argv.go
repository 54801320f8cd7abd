package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/xrash/smetrics"
)

// given is what the user typed, made plain for a library that stops at the first argument that is
// no flag, knows no attached short values and suggests names that are not near.
type given struct {
	argv  []string          // "lologen", perhaps a subcommand, then only --name=value
	spelt map[string]string // a flag's name to how it was typed
	words []string          // arguments that are no flags, where the command takes some
}

// normalise reads the arguments as the Python tool did: flags anywhere, -T0.5, -T=0.5, -WT 1.
func normalise(args []string, cmd command, all []command) (given, error) {
	n := &normaliser{cmd: cmd, all: all, args: args, given: given{argv: []string{"lologen"}, spelt: map[string]string{}}}
	if cmd.name != "" {
		n.argv = append(n.argv, cmd.name)
	}
	for len(n.args) > 0 {
		arg := n.take()
		var err error
		switch {
		case arg == "--" && cmd.word != nil:
			n.words, n.args = append(n.words, n.args...), nil
		case arg == "--":
			if len(n.args) > 0 {
				return given{}, n.stray(n.args[0])
			}
		case strings.HasPrefix(arg, "--"):
			err = n.long(arg)
		case len(arg) > 1 && arg[0] == '-':
			err = n.shorts(arg)
		default:
			err = n.stray(arg)
		}
		if err != nil {
			return given{}, err
		}
	}
	return n.given, nil
}

type normaliser struct {
	given
	cmd  command
	all  []command
	args []string // not read yet
}

func (n *normaliser) take() string {
	arg := n.args[0]
	n.args = n.args[1:]
	return arg
}

func (n *normaliser) long(arg string) error {
	name, value, attached := strings.Cut(arg[2:], "=")
	if name == "help" || name == "version" && n.cmd.name == "" {
		n.argv = append(n.argv, "--"+name)
		return nil
	}
	f := n.cmd.flag(name)
	if f == nil {
		return n.unknown("--" + name)
	}
	return n.add(f, "--"+name, value, attached)
}

// shorts reads -x, -x value, -xvalue, -x=value and switches in one word.
func (n *normaliser) shorts(arg string) error {
	for rest := arg[1:]; rest != ""; {
		letter := rest[:1]
		rest = rest[1:]
		if letter == "h" {
			n.argv = append(n.argv, "--help")
			continue
		}
		f := n.cmd.flag(letter)
		if f == nil || f.short != letter {
			return n.unknown(arg)
		}
		if f.value == "" && !strings.HasPrefix(rest, "=") {
			if err := n.add(f, "-"+letter, "", false); err != nil {
				return err
			}
			continue
		}
		return n.add(f, "-"+letter, strings.TrimPrefix(rest, "="), rest != "")
	}
	return nil
}

// add notes a flag, whose value is the next argument unless it was attached.
func (n *normaliser) add(f *flag, spelt, value string, attached bool) error {
	n.spelt[f.name] = spelt
	switch {
	case attached:
	case f.value == "":
		value = "true"
	case len(n.args) == 0:
		return usagef("%s needs a value: %s", spelt, f.usage)
	default:
		value = n.take()
	}
	if f.value == "" {
		on, err := parseBool(value)
		if err != nil {
			return usagef("%s %q: accepted %w", spelt, value, err)
		}
		value = strconv.FormatBool(on) // the parser to come knows fewer words
	}
	n.argv = append(n.argv, "--"+f.name+"="+value)
	return nil
}

func (n *normaliser) stray(word string) error {
	if n.cmd.word != nil {
		n.words = append(n.words, word)
		return nil
	}
	for _, c := range n.all[1:] {
		if c.name == word {
			return usagef("%q comes after flags: put it first, as in lologen %s [flags]", word, word)
		}
	}
	if n.cmd.name == "" && len(n.spelt) == 0 {
		var names []string
		for _, c := range n.all[1:] {
			names = append(names, c.name)
		}
		return usagef("%q is no command: there is lologen alone and lologen %s (see lologen --help)", word, strings.Join(names, ", "))
	}
	return usagef("stray argument %q: only flags are accepted here", word)
}

// unknown names the nearest flag, where one is near.
func (n *normaliser) unknown(typed string) error {
	word := strings.TrimLeft(typed, "-")
	word, _, _ = strings.Cut(word, "=")
	if quoted := strconv.Quote(typed); quoted != `"`+typed+`"` {
		typed = quoted
	}
	best, nearest := near(word, n.cmd.longs())
	if !nearest {
		return usagef("unknown flag %s (see lologen %s)", typed, strings.TrimSpace(n.cmd.name+" --help"))
	}
	return usagef("unknown flag %s: did you mean --%s?", typed, best)
}

// near returns the candidate that word is most likely a slip of, if one is.
func near(word string, candidates []string) (string, bool) {
	best, distance := "", 1+min(2, len(word)/3)
	for _, c := range candidates {
		d := smetrics.WagnerFischer(strings.ToLower(word), c, 1, 1, 1)
		if d < distance {
			best, distance = c, d
		}
	}
	return best, best != ""
}

// flag returns the command's flag of that name in any spelling, or nil.
func (c *command) flag(name string) *flag {
	if name == "" { // as the short spelling of flags that have none
		return nil
	}
	for i := range c.flags {
		f := &c.flags[i]
		if f.short == name || slices.Contains(f.longs(), name) {
			return f
		}
	}
	return nil
}

func (c *command) longs() []string {
	names := []string{"help"}
	for _, f := range c.flags {
		names = append(names, f.longs()...)
	}
	return names
}

func environment(pairs []string) map[string]string {
	env := make(map[string]string, len(pairs))
	for _, pair := range pairs {
		if name, value, ok := strings.Cut(pair, "="); ok {
			env[name] = value
		}
	}
	return env
}
