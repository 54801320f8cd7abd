package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/exitfound/lologen/bench/report"
)

// scenario is a load that Loki's operators care about: nothing but flags, each of which gives way
// to one that was given beside it.
type scenario struct {
	name  string
	about string
	flags [][2]string
}

// sound is what a healthy Loki keeps to: k6's guide fails a run above 1 % failed requests, Loki's
// own mixin alerts on a push p99 above 1 s, and its canary on lines that take 5 s from end to end. Only
// that last one sees refusals that a retry made good. Lines wait for up to a second in their batches,
// so healthy ones take little more.
//
// The rate leaves room for the end of a short run: the last batches of all streams go at once then,
// and a run is as long as its last confirmation is late. That alone was 2 % of 15 s.
var sound = [][2]string{{"slo", "errors<1%"}, {"slo", "rate>=0.95"}, {"slo", "service.p99<1s"}, {"slo", "p99<5s"}}

var scenarios = []scenario{
	{"steady", "3 MB/s from 50 streams: what a tenant with default limits may send", [][2]string{
		{"rate", "3MB"}, {"workers", "4"}, {"streams", "50"}, {"duration", "1m"}}},
	{"ramp", "from 500 kB/s to 20 MB/s: where does it begin to refuse?", [][2]string{
		{"stages", "1m:500kB..20MB"}, {"workers", "8"}, {"streams", "100"}}},
	{"burst", "1 MB/s, and 12 MB/s for a fifth of each half minute", [][2]string{
		{"profile", "burst:base=1MB,peak=12MB,period=30s,share=20%"}, {"workers", "8"}, {"streams", "50"}, {"duration", "2m"}}},
	{"cardinality", "10,000 streams: more than a tenant with default limits may have", [][2]string{
		{"rate", "1MB"}, {"workers", "4"}, {"label", "pod={0..9999}"}, {"duration", "1m"}}},
	{"churn", "200 streams, half of which are new ones every minute, as in a rollout", [][2]string{
		{"rate", "2MB"}, {"workers", "4"}, {"streams", "200"}, {"churn", "50%/m"}, {"duration", "2m"}}},
	{"biglines", "lines of 200 kB, close to the 256 KiB that are taken by default", [][2]string{
		{"rate", "3MB"}, {"workers", "4"}, {"streams", "8"}, {"size", "200kB"}, {"duration", "1m"}}},
	{"multitenant", "20 tenants, the first of which are hot", [][2]string{
		{"rate", "10MB"}, {"workers", "8"}, {"tenants", "20"}, {"streams", "200"}, {"stream-skew", "0.7"}, {"duration", "1m"}}},
	{"outoforder", "a fifth of the lines up to half an hour late", [][2]string{
		{"rate", "2MB"}, {"workers", "4"}, {"streams", "50"}, {"out-of-order", "20%/30m"}, {"duration", "1m"}}},
}

// scenarioNames are what --scenario accepts.
func scenarioNames() []string {
	names := []string{"help"}
	for _, s := range scenarios {
		names = append(names, s.name)
	}
	return names
}

// all are the scenario's flags, the sink and the demands included.
func (s *scenario) all() [][2]string {
	return slices.Concat([][2]string{{"type", "loki"}}, s.flags, sound)
}

// String is how the scenario would be typed.
func (s *scenario) String() string {
	var b strings.Builder
	for i, f := range s.all() {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "--%s %s", f[0], report.Quote(f[1]))
	}
	return b.String()
}

// listScenarios writes what there is to choose from.
func listScenarios(w io.Writer) error {
	for _, s := range scenarios {
		if _, err := fmt.Fprintf(w, "%-12s %s\n%-12s %s\n", s.name, s.about, "", s.String()); err != nil {
			return fmt.Errorf("list scenarios: %w", err)
		}
	}
	return nil
}

// preset fills in what a scenario says and nobody else did.
func (v *values) preset(cmd command) {
	chosen := v.of("scenario")
	if chosen.origin == fromDefault {
		return
	}
	i := slices.IndexFunc(scenarios, func(s scenario) bool { return strings.EqualFold(s.name, chosen.values[0]) })
	if i < 0 {
		return // its own flag will say so
	}
	paced := slices.ContainsFunc(paces, v.given)
	var list []said
	for _, f := range scenarios[i].all() {
		name, value := f[0], f[1]
		if v.given(name) || paced && slices.Contains(paces, name) || name == "tenants" && v.given("tenant") {
			continue
		}
		at := slices.IndexFunc(list, func(s said) bool { return s.flag.name == name })
		if at < 0 {
			list = append(list, said{flag: cmd.flag(name), origin: fromScenario, spelt: chosen.spelt + " " + chosen.values[0] + ": --" + name})
			at = len(list) - 1
		}
		list[at].values = append(list[at].values, value)
	}
	if paced && !v.given("duration") && !v.given("count") && !slices.ContainsFunc(list, func(s said) bool { return s.flag.name == "duration" }) {
		list = append(list, said{flag: cmd.flag("duration"), values: []string{"1m"}, origin: fromScenario}) // as long as its own pace would have been
	}
	v.said = append(v.said, list...)
}

func setScenario(o *options, s string) error {
	name, err := oneOf(s, scenarioNames()...)
	if err != nil {
		return errors.New(err.Error() + " (help says what they are)")
	}
	o.scenario = name
	return nil
}
