package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

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

const (
	fullRequest = 64 << 10 // bytes that are worth a request
	mostLanes   = 200_000  // streams that each get batches of their own, unless asked for: 0.5 KB each
	// mostRequest is what a Loki with default settings takes in one request, uncompressed: more
	// cannot pass between its parts (gRPC's limit for a message).
	mostRequest = 4 << 20
)

// oversized warns of requests that a Loki with default settings cannot take.
func (o *options) oversized(l *load) []string {
	if o.sink != "loki" || max(l.plan.Sink.Bytes, o.size) < mostRequest/4 {
		return nil
	}
	s := o.measure(l)
	size, _, err := sinks.SampleRequest(l.config.Loki, l.plan.Workers, &s.batch)
	if err != nil || size <= mostRequest {
		return nil
	}
	return []string{fmt.Sprintf("a request has %s before compression: a Loki with default settings takes %s (a smaller --batch-size helps, or its server.grpc_server_max_recv_msg_size)",
		report.Size(float64(size)), report.Size(mostRequest))}
}

// streamsPerRequest is how many streams may share a request; 0: any number. One stream a request
// is better evidence, as Loki's 204 speaks for the last stream of a request only.
func (o *options) streamsPerRequest(p *emitter.Plan, mean float64) int {
	if o.loki.perRequest > 0 {
		return o.loki.perRequest
	}
	lines := math.Inf(1)
	streams := float64(p.Streams)
	if made, paced := p.Schedule.(emitter.Profile); paced {
		lines = made.Mean(p.Duration) / streams * p.Sink.Wait.Seconds()
	}
	if p.Count > 0 {
		lines = min(lines, float64(p.Count)/streams)
	}
	if p.Sink.Lines > 0 {
		lines = min(lines, float64(p.Sink.Lines))
	}
	if min(lines*mean, float64(p.Sink.Bytes)) >= fullRequest && p.Streams <= mostLanes {
		return 1
	}
	return 0
}

// evidence says when a 204 is not worth much.
func (o *options) evidence(p *emitter.Plan) string {
	why := ""
	switch {
	case p.Streams > p.Workers && p.Sink.Streams != 1:
		why = "a request holds several streams"
	case o.loki.Level:
		why = "the levels of a stream are streams of their own in one request"
	default:
		return ""
	}
	return why + ", and Loki's 204 speaks for the last one only: what it dropped of the others counts as acked"
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
