package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// words splits what report.Quote has put together.
func words(command string) []string {
	var list []string
	for _, m := range regexp.MustCompile(`(?:'[^']*'|\\'|[^ '])+`).FindAllString(command, -1) {
		m = strings.ReplaceAll(m, `\'`, "\x00")
		list = append(list, strings.ReplaceAll(strings.ReplaceAll(m, "'", ""), "\x00", "'"))
	}
	return list
}

// TestScenariosAreOrdinaryFlags: the command that a scenario shows can be typed, and is that load.
func TestScenariosAreOrdinaryFlags(t *testing.T) {
	shape := func(text string) string { // but for what differs from run to run
		var lines []string
		for line := range strings.Lines(text) {
			if f := strings.Fields(line); len(f) > 1 && (f[0] == "rate" || f[0] == "in" || f[0] == "streams" || f[0] == "on") {
				lines = append(lines, strings.Join(f, " "))
			}
		}
		return strings.Join(lines, "\n")
	}
	everywhere := []string{"", "--stages 2s:100,3s:5", "--rate 10 -d 5"}
	others := []string{
		"--stages 2s:10kB..1MB", "--profile sine", "--profile steps --count 90", "-T 0.5", "-T 0", "--rate max", "--count 50", "--count 500k -d 1h", "-d 20s",
		"--workers 64", "--label pod={0..99}", "-t discard", "-t discard -d 10s", "--tenant acme", "--slo errors==0", "--name it's", "--ramp-up 3s --rate 1k",
	}
	for i, s := range scenarios {
		besides := slices.Clone(everywhere)
		for j := range 4 { // each of them beside two scenarios
			besides = append(besides, others[(4*i+j)%len(others)])
		}
		for _, beside := range besides {
			args := append([]string{"--scenario", s.name, "--dry-run", "--seed", "7"}, strings.Fields(beside)...)
			code, stdout, stderr := program(t, nil, args...)
			if code != exitOK || stderr != "" {
				t.Errorf("%v: exit %d, %s", args, code, stderr)
				continue
			}
			command := regexp.MustCompile(`(?m)^command +lologen (.*)$`).FindStringSubmatch(stdout)
			if command == nil {
				t.Errorf("%v: no command in %s", args, stdout)
				continue
			}
			code, again, stderr := program(t, nil, append(words(command[1]), "--dry-run")...)
			if code != exitOK || stderr != "" {
				t.Errorf("%v: lologen %s: exit %d, %s", args, command[1], code, stderr)
			} else if shape(again) != shape(stdout) {
				t.Errorf("%v: lologen %s: it is\n%s\nand not\n%s", args, command[1], shape(again), shape(stdout))
			}
		}
	}
}
