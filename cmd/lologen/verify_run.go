package main

import (
	"context"
	"io"
	"net/url"
	"os"
	"path/filepath"

	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/bench/verify"
	"github.com/exitfound/lologen/emitter"
)

// verifyRunFlags are those of a run that is verified when it is over.
func verifyRunFlags() []flag {
	return []flag{
		{name: "verify", group: groupVerify, usage: "ask the destination, when the run is over, what it holds", load: true,
			set: setSwitch(func(o *options) *bool { return &o.verify.on })},
		{name: "verify-loki", group: groupVerify, value: "URL", usage: "ask this Loki: an agent brings the lines there",
			set: func(o *options, s string) error { return setURL(&o.verify.loki, s) }},
		{name: "verify-selector", group: groupVerify, value: "LOGQL", usage: `where they are then: {job="varlogs"}`,
			set: func(o *options, s string) error { return setSelector(&o.verify.selector, s) }},
		{name: "verify-tenant", group: groupVerify, value: "NAME", usage: "whose lines they are there (repeatable)", with: "verify", repeat: true,
			set: addTenant},
		{name: "verify-user", group: groupVerify, value: "NAME", usage: "for that Loki; password: LOLOGEN_VERIFY_PASSWORD or", with: "verify",
			set: func(o *options, s string) error {
				return setUser(&o.verify.user, s, "--verify-password-file or LOLOGEN_VERIFY_PASSWORD")
			}},
		{name: "verify-password-file", group: groupVerify, value: "PATH", usage: "a file that holds it", with: "verify",
			set: func(o *options, s string) error { return setText(&o.verify.passwd, s, "is a path") }},
		{name: "verify-bearer-token-file", group: groupVerify, value: "PATH", usage: "or LOLOGEN_VERIFY_BEARER_TOKEN", with: "verify",
			set: func(o *options, s string) error { return setText(&o.verify.bearer, s, "is a path") }},
		{name: "verify-wait", group: groupVerify, value: "TIME", initial: "60s", usage: "for lines that are still on their way",
			set: func(o *options, s string) error { return setTime(&o.verify.wait, s) }},
		{name: "verify-settle", group: groupVerify, value: "TIME", initial: "5s, behind an agent 10s", usage: "what stays the same for so long is final", with: "verify",
			set: func(o *options, s string) error { return setPositive(&o.verify.settle, s) }},
	}
}

const groupVerify = "Whether all arrived"

// withVerifyLoki are flags that need it.
var withVerifyLoki = []string{"verify-selector", "verify-tenant", "verify-user", "verify-password-file", "verify-bearer-token-file"}

// verifiable says what is wrong with verifying this run, if anything.
func (o *options) verifiable(v *values) error {
	for _, name := range append([]string{"verify-loki", "verify-wait", "verify-settle"}, withVerifyLoki...) {
		if s := v.of(name); s.origin == fromArgv && !o.verify.on {
			return usagef("%s: accepted with --verify", s.spelt)
		}
	}
	for _, name := range withVerifyLoki {
		if s := v.of(name); s.origin == fromArgv && o.verify.loki == "" {
			return usagef("%s %q: accepted with --verify-loki", s.spelt, s.flag.shown(s.values[0]))
		}
	}
	switch {
	case !o.verify.on:
		return nil
	case o.verify.loki == "" && !o.goesTo("loki", "file", "journald", "http"):
		return usagef("--verify: accepted with -t loki, file, journald, http, or with --verify-loki where an agent brings the lines")
	}
	o.identify = true
	if vo := &o.verify; vo.loki == "" { // the environment's are for another Loki
		vo.selector, vo.tenants, vo.user, vo.passwd, vo.bearer = "", nil, "", "", ""
		return nil
	}
	if err := o.readVerifyCredentials(v); err != nil {
		return err
	}
	if o.goesTo("loki", "http") {
		return nil // readServer reads these
	}
	return o.readTLS(v)
}

// readable refuses a file that nothing can be read back from.
func (o *options) readable() error {
	if !o.verify.on || o.sink != "file" || o.verify.loki != "" {
		return nil
	}
	if info, err := os.Stat(o.path); err == nil && !info.Mode().IsRegular() {
		return usagef("-p %q: accepted with --verify is a regular file, as it is read back", o.path)
	}
	return nil
}

// readVerifyCredentials reads what opens another Loki than the one of the run.
func (o *options) readVerifyCredentials(v *values) (err error) {
	vo := &o.verify
	c := credentials{prefix: "verify-", user: vo.user, passwordFile: vo.passwd, tokenFile: vo.bearer}
	vo.password, vo.token, err = c.read(v)
	return err
}

// whereabouts names the place where the lines of this run are to be found.
func (o *options) whereabouts(ctx context.Context) *options {
	own := *o
	vo := &own.verify
	if len(vo.tenants) == 0 {
		vo.tenants = o.runTenants()
	}
	address := vo.loki
	switch {
	case address != "":
	case o.sink == "loki":
		// A receiver takes what Loki takes, but answers no query.
		address = root(o.loki.url)
		if r, err := verify.NewReceiver(o.accessTo(address).server(address, nil)); err == nil && r.Answers(ctx) {
			vo.receiver = address
			break
		}
		vo.loki, vo.pushed = o.loki.url, true
	case o.sink == "file":
		vo.files = []string{o.path}
	case o.sink == "journald":
		vo.journal = true
	case o.sink == "http":
		address = root(o.http.URL)
		vo.receiver = address
	}
	vo.access = o.accessTo(address)
	return &own
}

// root is where a server has its own pages, whatever path it takes lines at.
func root(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Scheme + "://" + u.Host
}

// verifyRun asks the destination what it holds of a run that is over. See inquire.
func (o *options) verifyRun(ctx context.Context, l *load, r *emitter.Result, notes io.Writer) *report.Verification {
	ledger := o.ledger(l, r)
	at := o.whereabouts(ctx)
	source, err := at.place(ledger)
	if err != nil {
		return &report.Verification{Why: err.Error()}
	}
	agent := o.verify.loki != "" // whatever stands there
	question := verify.Question{
		Run: l.runID, Ledger: ledger, Agent: agent || at.behindAgent(ledger), Verbatim: !agent && at.verbatim(ledger),
	}
	at.waiting(&question)
	return inquire(ctx, source, question, notes).Verification()
}

// ledger is that of a run that is over.
func (o *options) ledger(l *load, r *emitter.Result) *verify.Ledger {
	ledger := verify.NewLedger(l.runID, r)
	ledger.Sink, ledger.Format, ledger.Target = l.shown.Sink, l.shown.Format, l.shown.Target
	if path, err := filepath.Abs(o.path); err == nil && o.sink == "file" {
		ledger.Target = path
	}
	return ledger
}
