package main

import (
	"context"
	"fmt"
	"net/url"

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
		{name: "verify-wait", group: groupVerify, value: "TIME", initial: "60s", usage: "for lines that are still on their way",
			set: func(o *options, s string) error { return setTime(&o.verify.wait, s) }},
		{name: "verify-settle", group: groupVerify, value: "TIME", initial: "5s, behind an agent 10s", usage: "what stays the same for so long is final", with: "verify",
			set: func(o *options, s string) error { return setPositive(&o.verify.settle, s) }},
	}
}

const groupVerify = "Whether all arrived"

// verifiable says what is wrong with verifying this run, if anything.
func (o *options) verifiable(v *values) error {
	for _, name := range []string{"verify-loki", "verify-selector", "verify-wait", "verify-settle"} {
		if s := v.of(name); s.origin == fromArgv && !o.verify.on {
			return usagef("%s: accepted with --verify", s.spelt)
		}
	}
	switch {
	case !o.verify.on:
		return nil
	case o.verify.loki != "" && o.verify.selector == "":
		return usagef("--verify-loki %q: accepted with --verify-selector, as the labels are those of the agent", o.verify.loki)
	case o.verify.loki == "" && o.verify.selector != "":
		return usagef("--verify-selector %q: accepted with --verify-loki", o.verify.selector)
	case o.verify.loki == "" && !o.goesTo("loki", "file", "journald", "http"):
		return usagef("--verify: accepted with -t loki, file, journald, http, or with --verify-loki where an agent brings the lines")
	}
	o.identify = true
	if o.verify.loki == "" || o.goesTo("loki", "http") {
		return nil
	}
	// Other sinks have no use for these flags, but the environment may have credentials for the Loki.
	if err := o.readCredentials(v); err != nil {
		return err
	}
	return o.readTLS(v)
}

// whereabouts names the place where the lines of this run are to be found.
func (o *options) whereabouts(ctx context.Context) *options {
	own := *o
	if own.verify.loki != "" {
		return &own
	}
	switch o.sink {
	case "loki":
		// A receiver takes what Loki takes, but answers no query.
		address := root(o.loki.url)
		if r, err := verify.NewReceiver(o.verifyServer(address, nil)); err == nil && r.Answers(ctx) {
			own.verify.receiver = address
			return &own
		}
		own.verify.loki = o.loki.url
		if o.loki.Tenant != "" {
			own.verify.tenants = []string{o.loki.Tenant}
		}
		for i := range o.loki.Tenants {
			own.verify.tenants = append(own.verify.tenants, fmt.Sprintf("tenant-%d", i))
		}
	case "file":
		own.verify.files = []string{o.path}
	case "journald":
		own.verify.journal = true
	case "http":
		own.verify.receiver = root(o.http.URL)
	}
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

// verifyRun asks the destination what it holds of a run that is over.
func (o *options) verifyRun(ctx context.Context, l *load, r *emitter.Result) *report.Verification {
	ledger := verify.NewLedger(l.runID, r)
	at := o.whereabouts(ctx)
	source, err := at.place(ledger)
	if err != nil {
		return &report.Verification{Why: err.Error()}
	}
	question := verify.Question{Run: l.runID, Ledger: ledger, Agent: o.verify.loki != "" || o.sink == "journald"}
	at.waiting(&question)
	return verify.Ask(ctx, source, question).Verification()
}
