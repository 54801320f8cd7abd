package main

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/exitfound/lologen/bench/verify"
)

// sources are the places that can be asked, and the flags that only those who ask there have a use for.
var sources = []struct {
	name string
	uses []string
}{
	{"loki", append([]string{"selector", "tenant", "margin", "full"}, overHTTP...)},
	{"receiver", overHTTP},
	{"file", nil},
	{"journal", []string{"name"}},
}

var overHTTP = []string{
	"header", "user", "password-file", "bearer-token-file", "ca-file", "cert-file", "key-file", "insecure-skip-verify",
}

// namedSource is the one place that is to be asked.
func namedSource(v *values) (string, error) {
	var named, uses, useless []string
	for _, source := range sources {
		if s := v.of(source.name); len(s.values) > 0 && s.values[0] != "false" {
			named, uses = append(named, "--"+source.name), source.uses
		}
	}
	if len(named) != 1 {
		said := strings.Join(named, " and ")
		if said == "" {
			said = "nothing to ask"
		}
		return "", usagef("%s: accepted is one of --loki, --receiver, --file, --journal", said)
	}
	for _, source := range sources {
		for _, name := range source.uses {
			if s := v.of(name); s.origin == fromArgv && !slices.Contains(uses, name) && !slices.Contains(useless, s.spelt) {
				useless = append(useless, s.spelt)
			}
		}
	}
	if len(useless) > 0 {
		return "", usagef("%s: not used with %s", strings.Join(useless, ", "), named[0])
	}
	return named[0], nil
}

// askedSource is the one place that was named.
func (o *options) askedSource(v *values, q verify.Question) (verify.Source, error) {
	named, err := namedSource(v)
	if err != nil {
		return nil, err
	}
	o.http.URL = "" // none of its own: only credentials and TLS
	if err := o.readCredentials(v); err != nil {
		return nil, err
	}
	if err := o.readTLS(v); err != nil {
		return nil, err
	}
	o.verify.access = o.ownAccess()
	source, err := o.place(q.Ledger)
	if err != nil {
		return nil, usagef("%s: %w", named, err)
	}
	return source, nil
}

// place opens the one of four places that is named. The ledger may be nil.
func (o *options) place(l *verify.Ledger) (verify.Source, error) {
	var started time.Time
	if l != nil {
		started = l.Started
	}
	switch vo := &o.verify; {
	case vo.loki != "":
		selector, filter, _ := splitSelector(vo.selector)
		return verify.NewLoki(verify.LokiConfig{
			Server: vo.access.server(vo.loki, l), Tenants: vo.tenants, Selector: selector, Filter: filter,
			Anywhere: !vo.pushed, Path: scrapedPath(l), Margin: o.timeMargin(l), Full: vo.full,
		}, started)
	case vo.receiver != "":
		return verify.NewReceiver(vo.access.server(vo.receiver, l))
	case vo.journal:
		return verify.NewJournal(o.name, started)
	}
	return verify.NewFiles(o.verify.files...)
}

// scrapedPath is the file that an agent may have read the lines from.
func scrapedPath(l *verify.Ledger) string {
	if l == nil || l.Sink != "file" || !filepath.IsAbs(l.Target) {
		return ""
	}
	return l.Target
}

// splitSelector takes the filters off a selector. Braces and quotes may stand in its values.
func splitSelector(s string) (selector, filter string, ok bool) {
	if !strings.HasPrefix(s, "{") {
		return "", "", false
	}
	quoted := byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted != 0 && c == '\\' && quoted == '"':
			i++
		case quoted != 0:
			if c == quoted {
				quoted = 0
			}
		case c == '"' || c == '`':
			quoted = c
		case c == '}':
			return s[:i+1], strings.TrimSpace(s[i+1:]), true
		}
	}
	return "", "", false
}

// timeMargin is how far from the run timestamps are looked for: where it put them, and an hour more.
func (o *options) timeMargin(l *verify.Ledger) time.Duration {
	if o.verify.margin > 0 {
		return o.verify.margin
	}
	astray := o.loki.Offset.Abs() + o.loki.Disorder.Most // of this very run
	if l != nil {
		astray = max(astray, l.Astray)
	}
	return time.Hour + astray
}
