package main

import (
	"errors"
	"time"

	"github.com/exitfound/lologen/bench/receive"
	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/sinks"
)

// options are what a run was asked for, read and checked flag by flag.
type options struct {
	sink    string
	stream  string
	path    string
	host    string
	port    int
	method  string
	server  bool
	http    sinks.HTTP
	record  bool // http payload
	ca      string
	cert    string
	key     string
	insec   bool
	passwd  string // file
	bearer  string // file
	loki    lokiOptions
	verify  verifyOptions
	reports reportOptions
	dryRun  bool

	format   string
	level    emitter.Level
	name     string
	color    string
	size     int
	identify bool

	workers  int
	interval time.Duration
	rate     rate
	scenario string
	stages   stages
	profile  profile // without a name: none
	rampUp   time.Duration
	startAt  time.Time
	warmup   time.Duration
	duration time.Duration
	count    uint64
	streams  int
	skew     float64
	seed     uint64
	batch    emitter.Limits // 0: as the sink does it
	waitSet  bool
	burst    uint64
	drain    time.Duration
	retries  int

	report   string
	files    []string
	progress string
	metrics  string // address
	pprof    bool

	allowControl bool
	controlFile  string
	controlToken string

	slos     []report.SLO
	sloAbort bool

	sinks  []string // compare
	output string

	listen string // receive
	idle   time.Duration
	expect uint64
	faults receive.Faults
}

func defaults() *options {
	return &options{
		sink: "console", stream: "stdout", host: "127.0.0.1", port: 8000, method: "GET",
		format: "logfmt", level: emitter.Debug, name: "spam_application", color: "always",
		workers: 1, interval: 2 * time.Second, drain: 5 * time.Second, retries: 10,
		http:   sinks.HTTP{Timeout: 10 * time.Second},
		verify: verifyOptions{wait: time.Minute},
		report: "auto", progress: "auto", output: "text", listen: "127.0.0.1:8000",
	}
}

// Groups of flags in the help.
const (
	groupWhere = "Where to"
	groupHTTP  = "Where to, -t http and loki"
	groupLoad  = "How much"
	groupWhat  = "What"
	groupSaid  = "What is said about it"
)

const (
	mostWorkers = 100_000
	mostStreams = 10_000_000
	mostLine    = 64 << 20
)

var (
	errPositive = errors.New("is a whole number above 0 (also 64k, 1.5M)")
	errTime     = errors.New("are seconds (0.5) or a duration (500ms, 1h30m)")
	errInterval = errors.New("are seconds (0.5; 0 = as fast as possible) or a duration (500ms)")
	errSize     = errors.New("are bytes above 0 (1500, 64kB, 1MiB)")
)

var (
	httpOnly    = []string{"http"}
	networkOnly = []string{"http", "loki"}
)
