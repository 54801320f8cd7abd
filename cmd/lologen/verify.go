package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/exitfound/lologen/bench/verify"
	"github.com/exitfound/lologen/sinks"
)

// verifyOptions are what is asked, and where.
type verifyOptions struct {
	on       bool   // after a run
	receiver string // one of these four
	loki     string
	files    []string
	journal  bool
	ledger   string // a file
	run      string
	selector string
	full     bool
	margin   time.Duration
	wait     time.Duration
	settle   time.Duration // 0: as the lines come there
	tenants  []string
	pushed   bool   // to Loki, by lologen itself: where they are is known
	access   access // to whoever is asked

	user     string // of another Loki than the run's
	passwd   string // file
	bearer   string // file
	password string
	token    string
}

func verifyCommand() command {
	return command{
		name:  "verify",
		usage: "asks a destination what it holds of a run",
		flags: verifyFlags(),
		examples: []string{
			"lologen verify --loki http://127.0.0.1:3100 --ledger run.json",
			`lologen verify --loki http://127.0.0.1:3100 --selector '{job="promtail"}' --run 3f2a90c1d4e5`,
			"lologen verify --file app.log.1.gz --file app.log --ledger run.json --output json",
		},
		exits: "0 all there, 1 not or could not be asked, 2 wrong use, 130 two signals.",
		run:   runVerify,
	}
}

const (
	groupAsked = "What to ask"
	groupWhich = "Which lines"
)

func verifyFlags() []flag {
	flags := []flag{
		{name: "loki", group: groupAsked, value: "URL", usage: "a Loki, by its base or push URL",
			set: func(o *options, s string) error { return setURL(&o.verify.loki, s) }},
		{name: "receiver", group: groupAsked, value: "URL", usage: "a lologen receive",
			set: func(o *options, s string) error { return setURL(&o.verify.receiver, s) }},
		{name: "file", group: groupAsked, value: "PATH", usage: "files of lines, rotated and gzipped ones too (repeatable)", repeat: true,
			set: func(o *options, s string) error { o.verify.files = append(o.verify.files, s); return nil }},
		{name: "journal", group: groupAsked, usage: "the journal's entries of --name",
			set: setSwitch(func(o *options) *bool { return &o.verify.journal })},
		{name: "name", short: "n", group: groupAsked, value: "TEXT", initial: "spam_application", usage: "journal: the identifier of the run's entries",
			set: func(o *options, s string) error { return setText(&o.name, s, "is a name") }},

		{name: "ledger", group: groupWhich, value: "FILE", usage: "the run's JSON report: every acked line, and no other",
			set: func(o *options, s string) error { return setText(&o.verify.ledger, s, "is a path") }},
		{name: "run", group: groupWhich, value: "ID", usage: "without a ledger: gaps and copies alone",
			set: func(o *options, s string) error { return setRunID(&o.verify.run, s) }},
		{name: "selector", group: groupWhich, value: "LOGQL", initial: `{run_id="<id>"}, or any`, usage: `loki: the streams, like {job="x"}`,
			set: func(o *options, s string) error { return setSelector(&o.verify.selector, s) }},
		{name: "tenant", group: groupWhich, value: "NAME", usage: "loki: whose lines (repeatable)", repeat: true,
			set: addTenant},
		{name: "margin", group: groupWhich, value: "TIME", initial: "1h", usage: "loki: how far from the run timestamps may lie",
			set: func(o *options, s string) error { return setPositive(&o.verify.margin, s) }},
		{name: "full", group: groupWhich, usage: "loki: read every line, instead of asking for sums",
			set: setSwitch(func(o *options) *bool { return &o.verify.full })},
		{name: "wait", group: groupWhich, value: "TIME", initial: "60s", usage: "for lines that are still on their way",
			set: func(o *options, s string) error { return setTime(&o.verify.wait, s) }},
		{name: "settle", group: groupWhich, value: "TIME", initial: "5s, behind an agent 10s", usage: "what stays the same for so long is final",
			set: func(o *options, s string) error { return setPositive(&o.verify.settle, s) }},
		{name: "output", group: groupSaid, value: "HOW", initial: "text", usage: "text, json",
			set: func(o *options, s string) (err error) { o.output, err = oneOf(s, "text", "json"); return }},
	}
	for _, f := range httpFlags() {
		if slices.Contains(f.only, "loki") && f.name != "url" {
			f.only, f.group = nil, groupReach
			flags = append(flags, f)
		}
	}
	return append(flags, configFlag())
}

func addTenant(o *options, s string) error {
	var name string
	err := setTenant(&name, s)
	o.verify.tenants = append(o.verify.tenants, name)
	return err
}

const groupReach = "How to reach it"

func setURL(at *string, s string) error {
	if u, err := url.Parse(s); err == nil && u.User != nil {
		return errors.New("is a URL without user and password: those come by --user with --password-file or LOLOGEN_PASSWORD")
	}
	if err := sinks.CheckURL(s); err != nil {
		return fmt.Errorf("is a URL like http://127.0.0.1:3100: %w", err)
	}
	*at = s
	return nil
}

func setSelector(at *string, s string) error {
	if _, _, ok := splitSelector(s); !ok {
		return errors.New(`is LogQL that begins with a stream selector, like {job="x"}`)
	}
	*at = s
	return nil
}

func setRunID(at *string, s string) error {
	valid := func(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' }
	if s == "" || len(s) > 64 || strings.IndexFunc(s, func(r rune) bool { return !valid(r) }) >= 0 {
		return errors.New("is a run's id: letters and digits, as its report has it")
	}
	*at = s
	return nil
}

// runVerify asks and prints the verdict.
func runVerify(ctx context.Context, v *values, io stdio) (int, error) {
	if err := noSecrets(v); err != nil {
		return 0, err
	}
	o := defaults()
	if err := v.apply(o); err != nil {
		return 0, err
	}
	question, err := o.question(v)
	if err != nil {
		return 0, err
	}
	source, err := o.askedSource(v, question)
	if err != nil {
		return 0, err
	}
	verdict := inquire(ctx, source, question, io.err)
	text := []byte(verdict.String())
	if o.output == "json" {
		if text, err = verdict.JSON(); err != nil {
			return exitFailed, err
		}
	}
	if _, err := io.out.Write(text); err != nil && !errors.Is(err, syscall.EPIPE) {
		return exitFailed, fmt.Errorf("write verdict: %w", err)
	}
	if verdict.Passed == nil || !*verdict.Passed {
		return exitFailed, nil
	}
	return exitOK, nil
}

// question reads what is to be asked.
func (o *options) question(v *values) (verify.Question, error) {
	q := verify.Question{Run: o.verify.run}
	if o.verify.ledger == "" {
		if o.verify.run == "" {
			return q, usagef("--ledger or --run is needed: accepted are a run's JSON report, or its id")
		}
		o.waiting(&q)
		return q, nil
	}
	var err error
	if q.Ledger, err = verify.ReadLedger(o.verify.ledger); err != nil {
		return q, usagef("%s %q: %w", v.of("ledger").spelt, o.verify.ledger, err)
	}
	if q.Run == "" {
		q.Run = q.Ledger.RunID
	}
	if q.Run != q.Ledger.RunID {
		return q, usagef("--run %s: accepted is the run of the ledger, %s", q.Run, q.Ledger.RunID)
	}
	q.Agent, q.Verbatim = o.behindAgent(q.Ledger), o.verbatim(q.Ledger)
	o.waiting(&q)
	return q, nil
}
