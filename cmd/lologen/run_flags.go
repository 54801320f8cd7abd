package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/emitter/line"
	"github.com/exitfound/lologen/sinks"
)

// runFlags are the flags of lologen itself.
func runFlags() []flag {
	return slices.Concat(whereFlags(), whatFlags(), loadFlags(), httpFlags(), lokiFlags(), verifyRunFlags(), saidFlags())
}

func whereFlags() []flag {
	return []flag{
		{name: "type", short: "t", group: groupWhere, value: "SINK", initial: "console", usage: strings.Join(sinks.Names(), ", "),
			set: func(o *options, s string) (err error) { o.sink, err = oneOf(s, sinks.Names()...); return }},
		{name: "stream", short: "s", group: groupWhere, value: "NAME", initial: "stdout", usage: "console: stdout or stderr", only: []string{"console"}, seed: true,
			set: func(o *options, s string) (err error) { o.stream, err = oneOf(s, "stdout", "stderr"); return }},
		{name: "path-file", other: []string{"path_file"}, short: "p", group: groupWhere, value: "PATH", initial: "~/spam_application.log", usage: "file: where to append", only: []string{"file"}, seed: true,
			set: func(o *options, s string) error { return setText(&o.path, s, "is a path") }},
		{name: "web-host", other: []string{"web_host"}, short: "H", group: groupWhere, value: "HOST", initial: "127.0.0.1", usage: "http: server; with -W what it binds", only: httpOnly, seed: true,
			set: func(o *options, s string) error { return setHost(&o.host, s) }},
		{name: "web-port", other: []string{"web_port"}, short: "P", group: groupWhere, value: "PORT", initial: "8000", usage: "http: its port", only: httpOnly, seed: true,
			set: func(o *options, s string) error {
				port, err := strconv.ParseUint(s, 10, 16)
				if o.port = int(port); err != nil || port == 0 {
					return errors.New("are ports from 1 to 65535")
				}
				return nil
			}},
		{name: "web-method", other: []string{"web_method"}, short: "M", group: groupWhere, value: "METHOD", initial: "GET", usage: "http: GET or POST", only: httpOnly, seed: true,
			set: func(o *options, s string) (err error) { o.method, err = oneOf(s, "GET", "POST"); return }},
		{name: "webserver", short: "W", group: groupWhere, usage: "start the built-in web server on -H/-P", seed: true,
			set: setSwitch(func(o *options) *bool { return &o.server })},
	}
}

func whatFlags() []flag {
	return []flag{
		{name: "format", short: "f", group: groupWhat, value: "FORMAT", initial: "logfmt", usage: strings.Join(line.Names(), ", "), seed: true,
			set: func(o *options, s string) (err error) { o.format, err = oneOf(s, line.Names()...); return }},
		{name: "level", short: "l", group: groupWhat, value: "LEVEL", initial: "debug", usage: "lowest made: debug, info, warning, error, critical", seed: true,
			set: func(o *options, s string) error {
				level, ok := emitter.ParseLevel(s)
				if o.level = level; !ok {
					return errors.New("are debug, info, warning (warn), error, critical (fatal)")
				}
				return nil
			}},
		{name: "name", short: "n", group: groupWhat, value: "TEXT", initial: "spam_application", usage: "name of the logger", seed: true,
			set: func(o *options, s string) error { o.name = s; return nil }},
		{name: "color", short: "c", group: groupWhat, value: "WHEN", initial: "always", usage: "always, never, auto (on a terminal)", seed: true,
			set: func(o *options, s string) (err error) { o.color, err = oneOf(s, "always", "never", "auto"); return }},
		{name: "size", group: groupWhat, value: "BYTES", initial: "natural", usage: "pad or cut each line to this size", load: true,
			set: func(o *options, s string) error { return setSize(&o.size, s, mostLine) }},
		{name: "identify", group: groupWhat, usage: "every line carries run, stream, seq, sent", load: true,
			set: setSwitch(func(o *options) *bool { return &o.identify })},
		{name: "seed", group: groupWhat, value: "N", initial: "random", usage: "the same seed makes the same content", load: true,
			set: func(o *options, s string) (err error) {
				if o.seed, err = strconv.ParseUint(s, 10, 64); err != nil {
					return errors.New("is a whole number from 0 to 18446744073709551615")
				}
				return nil
			}},
	}
}

func loadFlags() []flag {
	return []flag{
		{name: "interval", other: []string{"timeout"}, short: "T", group: groupLoad, value: "SECONDS", initial: "2", usage: "between lines of one worker; 0: unpaced", seed: true,
			set: func(o *options, s string) error {
				d, ok := parseTime(s)
				// Shorter than a nanosecond is not 0: it is faster than a clock can tell.
				if mantissa, _, _ := strings.Cut(strings.ToLower(s), "e"); !ok || d == 0 && strings.ContainsAny(mantissa, "123456789") {
					return errInterval
				}
				o.interval = d
				return nil
			}},
		{name: "workers", group: groupLoad, value: "N", initial: "1", usage: "emitters, each with its own connection", load: true,
			set: func(o *options, s string) error {
				return setInt(&o.workers, s, 1, mostWorkers, "is a whole number from 1 to 100000")
			}},
		{name: "rate", group: groupLoad, value: "RATE", initial: "workers/-T", usage: "in total: 64k, 10MB, 2TB/day, max", load: true,
			set: func(o *options, s string) (err error) { o.rate, err = parseRate(s); return }},
		{name: "scenario", group: groupLoad, value: "NAME", usage: "flags that make a usual load; help lists them", load: true, set: setScenario},
		{name: "stages", group: groupLoad, value: "TIME:RATE,...", usage: "in turn: 30s:1k,5m:1k..100k,1m:0 (repeatable)", load: true, repeat: true,
			set: func(o *options, s string) error { return setStages(&o.stages, s) }},
		{name: "profile", group: groupLoad, value: "SHAPE", usage: "burst, sine, steps, poisson: sine:base=1k,peak=9k", load: true,
			set: func(o *options, s string) (err error) { o.profile, err = parseProfile(s); return }},
		{name: "ramp-up", group: groupLoad, value: "TIME", usage: "the rate rises from 0 for so long", load: true,
			set: func(o *options, s string) error { return setPositive(&o.rampUp, s) }},
		{name: "start-at", group: groupLoad, value: "TIME", usage: "when the first line is due: 15:04:05, or RFC 3339", load: true,
			set: func(o *options, s string) error { return setInstant(&o.startAt, s, time.Now()) }},
		{name: "warmup", group: groupLoad, value: "TIME", initial: "0", usage: "a beginning left out of the percentiles", load: true,
			set: func(o *options, s string) error { return setTime(&o.warmup, s) }},
		{name: "duration", short: "d", group: groupLoad, value: "TIME", initial: "unlimited", usage: "how long lines are due", load: true,
			set: func(o *options, s string) error { return setPositive(&o.duration, s) }},
		{name: "count", group: groupLoad, value: "N", initial: "unlimited", usage: "how many lines are due", load: true,
			set: func(o *options, s string) error { return setCount(&o.count, s) }},
		{name: "streams", group: groupLoad, value: "N", initial: "= workers", usage: "independent sources of lines", load: true,
			set: func(o *options, s string) error {
				return setInt(&o.streams, s, 1, mostStreams, "is a whole number from 1 to 10000000")
			}},
		{name: "stream-skew", group: groupLoad, value: "S", initial: "0", usage: "some streams are hot (Zipf: 1/n^S of the lines)", load: true,
			set: func(o *options, s string) error {
				x, err := strconv.ParseFloat(s, 64)
				if o.skew = x; err != nil || !(x >= 0 && x <= emitter.MostSkew) {
					return fmt.Errorf("are numbers from 0 (none) to %d", emitter.MostSkew)
				}
				return nil
			}},
		{name: "batch-size", group: groupLoad, value: "BYTES", initial: "by sink", usage: "handed over at once: at most so much", load: true,
			set: func(o *options, s string) error { return setSize(&o.batch.Bytes, s, mostLine) }},
		{name: "batch-lines", group: groupLoad, value: "N", initial: "by sink", usage: "... so many lines", load: true,
			set: func(o *options, s string) error {
				return setInt(&o.batch.Lines, s, 1, math.MaxInt32, errPositive.Error())
			}},
		{name: "batch-wait", group: groupLoad, value: "TIME", initial: "by sink", usage: "... waiting so long for them", load: true,
			set: func(o *options, s string) error { o.waitSet = true; return setTime(&o.batch.Wait, s) }},
		{name: "burst", group: groupLoad, value: "N", initial: "unlimited", usage: "overdue lines kept for catching up", load: true,
			set: func(o *options, s string) error { return setCount(&o.burst, s) }},
		{name: "drain", group: groupLoad, value: "TIME", initial: "5s", usage: "at the end: time for what is in hand", load: true,
			set: func(o *options, s string) error { return setTime(&o.drain, s) }},
		{name: "retries", group: groupLoad, value: "N", initial: "10", usage: "http, loki: further attempts, with backoff", only: networkOnly, load: true,
			set: func(o *options, s string) error {
				return setInt(&o.retries, s, 0, 1000, "is a whole number from 0 to 1000")
			}},
		{name: "request-timeout", group: groupLoad, value: "TIME", initial: "10s", usage: "http, loki: of one attempt", only: networkOnly, load: true,
			set: func(o *options, s string) error { return setPositive(&o.http.Timeout, s) }},
	}
}

func httpFlags() []flag {
	file := func(at func(*options) *string) func(*options, string) error {
		return func(o *options, s string) error { return setText(at(o), s, "is a path") }
	}
	return []flag{
		{name: "url", group: groupHTTP, value: "URL", initial: "from -H, -P; loki: :3100", usage: "whole; loki: base or whole", only: networkOnly,
			set: func(o *options, s string) error {
				return setText(&o.http.URL, s, "is a URL like https://host:8443/path")
			}},
		{name: "http-payload", group: groupHTTP, value: "WHAT", initial: "line", usage: "line, or record as Python's HTTPHandler", only: httpOnly,
			set: func(o *options, s string) error {
				what, err := oneOf(s, "line", "record")
				o.record = what == "record"
				return err
			}},
		{name: "header", group: groupHTTP, value: "'K: V'", usage: "further header (repeatable)", only: networkOnly, repeat: true,
			set: setHeader},
		{name: "user", group: groupHTTP, value: "NAME", usage: "basic authentication; password: LOLOGEN_PASSWORD or", only: networkOnly,
			set: func(o *options, s string) error {
				return setUser(&o.http.User, s, "--password-file or LOLOGEN_PASSWORD")
			}},
		{name: "password-file", group: groupHTTP, value: "PATH", usage: "a file that holds it", only: networkOnly, set: file(func(o *options) *string { return &o.passwd })},
		{name: "bearer-token-file", group: groupHTTP, value: "PATH", usage: "or LOLOGEN_BEARER_TOKEN", only: networkOnly, set: file(func(o *options) *string { return &o.bearer })},
		{name: "ca-file", group: groupHTTP, value: "PATH", initial: "the system's", usage: "certificates to trust", only: networkOnly, set: file(func(o *options) *string { return &o.ca })},
		{name: "cert-file", group: groupHTTP, value: "PATH", usage: "client certificate, with --key-file", only: networkOnly, set: file(func(o *options) *string { return &o.cert })},
		{name: "key-file", group: groupHTTP, value: "PATH", usage: "its key", only: networkOnly, set: file(func(o *options) *string { return &o.key })},
		{name: "insecure-skip-verify", group: groupHTTP, usage: "do not verify the server's certificate", only: networkOnly, set: setSwitch(func(o *options) *bool { return &o.insec })},
	}
}

func saidFlags() []flag {
	return []flag{
		{name: "report", group: groupSaid, value: "HOW", initial: "auto", usage: "at the end, on stderr: text, json, none",
			set: func(o *options, s string) (err error) {
				o.report, err = oneOf(s, "auto", "text", "json", "none")
				return
			}},
		{name: "report-file", group: groupSaid, value: "PATH", usage: "also there: .json .html .txt .hlog (repeatable)", repeat: true,
			set: func(o *options, s string) error { o.files = append(o.files, s); return nil }},
		{name: "slo", group: groupSaid, value: "EXPR", usage: "p99<250ms, errors<0.1%, rate>=0.99 (repeatable)", repeat: true, load: true,
			set: func(o *options, s string) error {
				slo, err := report.ParseSLO(s)
				o.slos = append(o.slos, slo)
				return err
			}},
		{name: "slo-abort", group: groupSaid, usage: "end the run as soon as one cannot be met", set: setSwitch(func(o *options) *bool { return &o.sloAbort })},
		{name: "progress", group: groupSaid, value: "WHEN", initial: "auto", usage: "a live line on stderr: auto, always, never",
			set: func(o *options, s string) (err error) { o.progress, err = oneOf(s, "auto", "always", "never"); return }},
		{name: "metrics-listen", group: groupSaid, value: "ADDRESS", usage: "Prometheus: /metrics there (127.0.0.1:9464)",
			set: func(o *options, s string) error { return setAddress(&o.metrics, s) }},
		{name: "pprof", group: groupSaid, usage: "profiles at the same place", set: setSwitch(func(o *options) *bool { return &o.pprof })},
		{name: "allow-control", group: groupSaid, usage: "POST /rate, /pause, /resume there, with " + controlHeader + ": 1",
			set: setSwitch(func(o *options) *bool { return &o.allowControl })},
		{name: "control-token-file", group: groupSaid, value: "PATH", usage: "or LOLOGEN_CONTROL_TOKEN; needed off loopback",
			set: func(o *options, s string) error { return setText(&o.controlFile, s, "is a path") }},
		{name: "dry-run", group: groupSaid, usage: "only show the shape of the load", set: setSwitch(func(o *options) *bool { return &o.dryRun })},
		configFlag(),
	}
}

func configFlag() flag {
	return flag{name: "config", group: groupSaid, value: "FILE", usage: "YAML: flags by their long names"}
}
