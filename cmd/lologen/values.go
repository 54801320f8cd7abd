package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
)

// origin is where a value came from: argv wins over the environment, that over the file, and all
// of them over a scenario.
type origin int

const (
	fromDefault origin = iota
	fromScenario
	fromConfig
	fromEnv
	fromArgv
)

// values are what the user said.
type values struct {
	env   map[string]string
	said  []said   // in the order of the command's flags
	moot  []said   // that give way to others: what is wrong with them is wrong use even so
	words []string // arguments that are no flags
	word  func(o *options, s string)
}

// said is what was said of one flag.
type said struct {
	flag   *flag
	values []string
	origin origin
	spelt  string // how, for messages
}

// of returns what was said of a flag; nothing if it was not given.
func (v *values) of(name string) said {
	for _, s := range v.said {
		if s.flag.name == name {
			return s
		}
	}
	return said{}
}

func (v *values) given(name string) bool { return v.of(name).origin != fromDefault }

// apply reads every value into o.
func (v *values) apply(o *options) error {
	for _, word := range v.words {
		v.word(o, word)
	}
	if err := set(defaults(), v.moot); err != nil {
		return err
	}
	return set(o, v.said)
}

func set(o *options, list []said) error {
	for _, s := range list {
		for _, value := range s.values {
			if s.flag.set == nil {
				continue
			}
			if err := s.flag.set(o, value); err != nil {
				return usagef("%s %q: accepted %w", s.spelt, s.flag.shown(value), err)
			}
		}
	}
	return nil
}

// gather collects what argv, the environment and the configuration file say.
func gather(cmd command, c *cli.Context, g given, env map[string]string) (*values, error) {
	v := &values{env: env, words: g.words, word: cmd.word}
	file := said{}
	named := c.FlagNames() // once: IsSet looks through all flags for each
	for i := range cmd.flags {
		f := &cmd.flags[i]
		var s said
		if slices.Contains(named, f.name) {
			s = typed(f, c, g)
		} else if in, ok := inherited(f, env); ok {
			s = in
		} else {
			continue
		}
		v.said = append(v.said, s)
		if f.name == "config" {
			file = s
		}
	}
	if file.flag != nil {
		written, err := readConfig(cmd, file)
		if err != nil {
			return nil, err
		}
		for _, s := range written {
			if !v.given(s.flag.name) {
				v.said = append(v.said, s)
			}
		}
	}
	v.spell()
	v.preset(cmd)
	if err := v.settle(); err != nil {
		return nil, err
	}
	slices.SortStableFunc(v.said, func(a, b said) int { return cmd.position(a.flag) - cmd.position(b.flag) })
	return v, nil
}

// spell writes every switch in one way, however it was said.
func (v *values) spell() {
	for _, s := range v.said {
		if s.flag.value != "" || len(s.values) != 1 {
			continue
		}
		if on, err := parseBool(s.values[0]); err == nil {
			s.values[0] = strconv.FormatBool(on)
		}
	}
}

func (c *command) position(f *flag) int {
	return slices.IndexFunc(c.flags, func(g flag) bool { return g.name == f.name })
}

// typed is what argv says of f, which it names.
func typed(f *flag, c *cli.Context, g given) said {
	s := said{f, []string{c.String(f.name)}, fromArgv, g.spelt[f.name]}
	switch {
	case f.value == "":
		s.values[0] = fmt.Sprint(c.Bool(f.name))
	case f.repeat:
		s.values = c.StringSlice(f.name)
	}
	return s
}

// inherited is what the environment says of f. A variable that is empty says nothing.
func inherited(f *flag, env map[string]string) (said, bool) {
	for _, name := range f.variables() {
		value := env[name]
		if value == "" {
			continue
		}
		s := said{f, []string{value}, fromEnv, name}
		if f.repeat {
			s.values = strings.Split(strings.TrimRight(value, "\n"), "\n")
		}
		return s, true
	}
	return said{}, false
}

// shown is a value as a message may repeat it.
func (f *flag) shown(value string) string { return redacted(f.name, value) }

// aside are flags without which a run is the same.
var aside = []string{"config", "scenario", "report", "report-file", "progress", "metrics-listen", "pprof", "allow-control", "control-token-file", "start-at", "dry-run"}

// command is what repeats the run, without anything secret. What only argv is held to, it keeps to.
func (v *values) command(o *options) []string {
	list := []string{"lologen"}
	if v.given("streams") {
		v.replace("streams", []string{strconv.Itoa(o.streams)})
	}
	for _, s := range v.said {
		if slices.Contains(aside, s.flag.name) || !s.flag.seed && !o.uses(s.flag) {
			continue
		}
		for _, value := range s.values {
			switch {
			case s.flag.value != "":
				list = append(list, "--"+s.flag.name, s.flag.shown(value))
			case value == "true":
				list = append(list, "--"+s.flag.name)
			default:
				list = append(list, "--"+s.flag.name+"="+value)
			}
		}
	}
	if !v.given("seed") {
		list = append(list, "--seed", strconv.FormatUint(o.seed, 10))
	}
	return list
}
