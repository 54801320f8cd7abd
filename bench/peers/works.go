package main

import (
	"strconv"
	"strings"
	"time"
)

// A work is something that several tools can do.
type work struct {
	name    string
	measure func(*arena) (sample, error)
	tools   []tool // the first one is lologen, which the others are held against
}

// A tool does a work.
type tool struct {
	name    string
	program string // the file to look for; lologen is where the flag says
	get     string // where to have it from
	args    func(goal) []string
	stdout  bool   // it writes to its stdout, whatever that is, and does not connect by itself
	note    string // what has to be known to compare it
}

// A goal is what a tool has to be told of its work.
type goal struct {
	lines      int    // how many; 0: until it is ended
	host, port string // where to connect
	url        string
	atLeast    time.Duration // how long it has to last
}

const (
	lineSize = 256 // of a line with its newline, where a size can be asked for
	self     = "lologen"
)

// works is the registry. To add a tool: a line in those works that it can do.
func works() []work {
	return []work{
		{"lines to /dev/null", intoNothing, []tool{
			{name: self, program: self, args: console(), stdout: true},
			{name: "lologen, a line a write", program: self, args: console("--batch-lines", "1"), stdout: true},
			{name: "flog", program: "flog", get: flogFrom, args: flog, stdout: true},
		}},
		{"lines through a pipe", throughPipe, []tool{
			{name: self, program: self, args: console(), stdout: true},
			{name: "lologen, a line a write", program: self, args: console("--batch-lines", "1"), stdout: true,
				note: "as the others write, one system call for every line"},
			{name: "flog", program: "flog", get: flogFrom, args: flog, stdout: true,
				note: "its lines are shorter: see the bytes a line"},
			{name: "Python lologen", program: "lologen.py", get: "the tool that lologen follows: put lologen.py on PATH",
				args: fixed("-t", "console", "-T", "0"), stdout: true},
		}},
		{"256-byte lines over TCP", overTCP, []tool{
			{name: self, program: self, args: console("--size", strconv.Itoa(lineSize-1)), stdout: true,
				note: "it has no sink for bare TCP: its stdout is the connected socket"},
			{name: "lologen, a line a write", program: self, args: console("--batch-lines", "1", "--size", strconv.Itoa(lineSize-1)), stdout: true,
				note: "as loggen sends"},
			{name: "loggen", program: "loggen", get: "Debian package syslog-ng-core", args: loggen,
				note: "repeats a prepared line, in which it changes number and time"},
		}},
		{"POST, 2 connections", overHTTP, []tool{
			{name: self, program: self, args: post, note: "a new line in every request"},
			{name: "bombardier", program: "bombardier", get: "go install github.com/codesenberg/bombardier@latest", args: bombardier,
				note: "the same body in every request"},
		}},
	}
}

const flogFrom = "go install github.com/mingrammer/flog@latest"

func fixed(args ...string) func(goal) []string { return func(goal) []string { return args } }

// console is lologen as fast as it goes, to its stdout.
func console(more ...string) func(goal) []string {
	return func(g goal) []string {
		args := append([]string{"-t", "console", "-T", "0", "--report", "none"}, more...)
		if g.lines > 0 {
			args = append(args, "--count", strconv.Itoa(g.lines))
		}
		return args
	}
}

func flog(g goal) []string {
	if g.lines > 0 {
		return []string{"-n", strconv.Itoa(g.lines)}
	}
	return []string{"-l"}
}

func loggen(g goal) []string {
	return []string{"--inet", "--stream", "--quiet", "--permanent", "--rate", "1000000000", "--size", strconv.Itoa(lineSize), g.host, g.port}
}

func post(g goal) []string {
	return []string{"-t", "http", "-M", "POST", "--url", g.url, "--workers", "2", "-T", "0", "--size", strconv.Itoa(lineSize), "--report", "none"}
}

func bombardier(g goal) []string {
	return []string{"--connections", "2", "--duration", g.atLeast.String(), "--method", "POST", "--no-print", "--body", strings.Repeat("x", lineSize), g.url}
}
