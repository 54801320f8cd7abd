package main

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/sinks"
	"github.com/exitfound/lologen/sinks/push"
)

const groupLoki = "Where to, -t loki"

var lokiOnly = []string{"loki"}

// lokiOptions are what was asked of a push to Loki, beside what sinks.Loki holds.
type lokiOptions struct {
	sinks.Loki
	url         string // base or whole
	encoding    string
	compression string
	perRequest  int    // most streams in a request; 0: found out by the load
	scrape      string // a URL, none, or empty: the push host's own
}

// readLoki completes what the loki sink is told, and the number of streams.
func (o *options) readLoki(v *values) error {
	l := &o.loki
	if len(l.Labels) == 0 {
		l.Labels = []sinks.LabelValues{{Name: "job", Values: []string{o.name}}}
		if o.name == "" {
			return usagef("-n %q: the label job needs a value: accepted is a name, or --label K=V", o.name)
		}
		if !utf8.ValidString(o.name) {
			return usagef("-n %q: it is the label job: accepted is a name in UTF-8, or --label K=V", o.name)
		}
	}
	if err := l.readEncoding(v); err != nil {
		return err
	}
	switch {
	case l.Tenant != "" && l.Tenants > 0:
		return usagef("%s %s and %s %d: accepted is one of the two", v.of("tenant").spelt, l.Tenant, v.of("tenants").spelt, l.Tenants)
	case (l.Tenant != "" || l.Tenants > 0) && hasHeader(o.http.Header, "X-Scope-OrgID"):
		return usagef("--header %q: the tenant is named by --tenant or --tenants already", "X-Scope-OrgID: ...")
	}
	for _, name := range []string{"Content-Type", "Content-Encoding"} {
		if hasHeader(o.http.Header, name) {
			return usagef("--header %q: the encoding is named by --encoding and --compression", name+": ...")
		}
	}
	l.Seed = o.seed
	if err := o.ownLabels(); err != nil {
		return err
	}
	return o.countStreams(v)
}

// ownLabels refuses labels that come twice, or that lologen itself sets.
func (o *options) ownLabels() error {
	taken := map[string]string{"run_id": "--identify", "level": "--level-label", "generation": "--churn"}
	set := map[string]bool{"run_id": o.identify, "level": o.loki.Level, "generation": o.loki.Churn.Share > 0}
	for _, label := range o.loki.Labels {
		if flag, ours := taken[label.Name]; ours && set[label.Name] {
			return usagef("--label %s=...: accepted is another name, as %s makes that label", label.Name, flag)
		}
		if set[label.Name] {
			return usagef("--label %s=...: accepted is each name once; several values are %s={a,b}", label.Name, label.Name)
		}
		set[label.Name] = true
	}
	return nil
}

func hasHeader(headers [][2]string, name string) bool {
	for _, h := range headers {
		if strings.EqualFold(h[0], name) {
			return true
		}
	}
	return false
}

// readEncoding finds the encoding that two flags name.
func (l *lokiOptions) readEncoding(v *values) error {
	how := map[[2]string]push.Encoding{
		{"protobuf", "snappy"}: push.Snappy,
		{"protobuf", "none"}:   push.Stored,
		{"json", "none"}:       push.JSON,
		{"json", "gzip"}:       push.GzipJSON,
	}
	if l.encoding == "" {
		l.encoding = "protobuf"
	}
	if l.compression == "" {
		l.compression = map[string]string{"protobuf": "snappy", "json": "none"}[l.encoding]
	}
	encoding, ok := how[[2]string{l.encoding, l.compression}]
	if !ok {
		accepted := map[string]string{"protobuf": "snappy, none", "json": "none, gzip"}[l.encoding]
		return usagef("%s %q: accepted with --encoding %s are %s", v.of("compression").spelt, l.compression, l.encoding, accepted)
	}
	l.Encoding = encoding
	return nil
}

// countStreams holds the number of streams against the label sets that there are to be.
func (o *options) countStreams(v *values) error {
	sets := sinks.Combinations(o.loki.Labels)
	if sets > mostStreams {
		return usagef("--label: the values make %d streams: accepted are at most %d", sets, mostStreams)
	}
	if s := v.of("streams"); s.origin <= fromScenario {
		o.streams = max(o.streams, sets, o.loki.Tenants)
	} else if o.streams < max(sets, o.loki.Tenants) {
		what := "--label"
		if o.loki.Tenants > sets {
			what = "--tenants"
		}
		return usagef("%s %d: accepted are as many as %s makes (%d) or more", s.spelt, o.streams, what, max(sets, o.loki.Tenants))
	}
	o.loki.Streams = o.streams
	if o.streams > sets && slices.ContainsFunc(o.loki.Labels, func(l sinks.LabelValues) bool { return l.Name == "stream_id" }) {
		return usagef("--label stream_id=...: accepted is another name, as %d streams of %d label sets are told apart by it", o.streams, sets)
	}
	return nil
}

// scrapeURL is where Loki's own account is read; empty: nowhere.
func (o *options) scrapeURL() string {
	switch o.loki.scrape {
	case "none":
		return ""
	case "":
		return sinks.LokiURL(o.loki.url, "/metrics")
	}
	return o.loki.scrape
}

// showLoki is what the report says of a push to Loki.
func (o *options) showLoki(s *report.Plan, p *emitter.Plan, c sinks.Config) {
	if u, err := sinks.PushURL(o.loki.url); err == nil {
		s.Target = "POST " + target(u)
	}
	s.Encoding = o.loki.encoding + " " + o.loki.compression
	s.Labels, _ = sinks.SampleLabels(c.Loki, 3)
	s.StreamsPerRequest = p.Sink.Streams
	s.Tenants = o.loki.Tenants
	if c := o.loki.Churn; c.Share > 0 {
		s.Churn = &report.Over{Share: c.Share, Seconds: c.Period.Seconds()}
	}
	if d := o.loki.Disorder; d.Share > 0 {
		s.Disorder = &report.Over{Share: d.Share, Seconds: d.Most.Seconds()}
	}
	s.Offset = o.loki.Offset.Seconds()
	s.Evidence = o.evidence(p)
}
