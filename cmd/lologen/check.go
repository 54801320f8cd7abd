package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/emitter"
)

// checkLoad holds against one another what says how many lines there are to be, and when.
func (o *options) checkLoad(v *values) error {
	o.adapt(v)
	for _, slo := range o.slos {
		switch {
		case slo.NeedsVerify() && !o.verify.on:
			return usagef("--slo %q: accepted with --verify, as only the destination knows what was lost or came twice", slo.Expr)
		case slo.NeedsRate() && o.unpaced():
			return usagef("--slo %q: accepted with a rate, and this run is unpaced", slo.Expr)
		}
	}
	if err := v.checkProfiles(o); err != nil {
		return err
	}
	if s := v.of("slo-abort"); o.sloAbort && len(o.slos) == 0 && s.origin == fromArgv {
		return usagef("--slo-abort: accepted with --slo")
	}
	if o.rampUp > 0 && !o.steady() {
		return usagef("--ramp-up %v: accepted with one rate (--rate or -T)", o.rampUp)
	}
	if o.warmup > 0 && o.duration > 0 && o.warmup >= o.duration {
		return usagef("%s %v: accepted is less than --duration (%v)", v.of("warmup").spelt, o.warmup, o.duration)
	}
	return nil
}

// checkProfiles refuses profiles that nobody could look at.
func (v *values) checkProfiles(o *options) error {
	if s := v.of("pprof"); o.pprof && o.metrics == "" && s.origin == fromArgv {
		return usagef("--pprof: accepted with --metrics-listen, where the profiles are shown")
	}
	return nil
}

// measured refuses a warm-up after which no line is due.
func measured(p *emitter.Plan) error {
	n, known := p.Lines()
	if p.Warmup == 0 || p.Schedule == nil || !known {
		return nil
	}
	var last time.Duration
	if n > 0 {
		last, _ = p.Schedule.At(n - 1)
	}
	if last < p.Warmup {
		return usagef("--warmup %v: accepted is at most %v, when the last line is due", p.Warmup, last)
	}
	return nil
}

// adapt leaves out what nobody typed for this very load, and what makes no sense of it.
func (o *options) adapt(v *values) {
	if v.of("slo").origin == fromScenario && o.unpaced() {
		o.slos = slices.DeleteFunc(o.slos, report.SLO.NeedsRate)
		var left []string
		for _, s := range o.slos {
			left = append(left, s.Expr)
		}
		v.replace("slo", left)
	}
	if v.of("ramp-up").origin < fromArgv && !o.steady() {
		o.rampUp = 0
		v.drop("ramp-up")
	}
}

// steady reports whether lines are due at one rate.
func (o *options) steady() bool {
	return !o.unpaced() && len(o.stages) == 0 && o.profile.name == ""
}

// unpaced reports whether lines are made as fast as possible.
func (o *options) unpaced() bool {
	if len(o.stages) > 0 || o.profile.name != "" {
		return false
	}
	return o.rate.max || o.rate.asked == "" && o.interval == 0
}

// goesTo reports whether any of the sinks is one that lines go to.
func (o *options) goesTo(sinks ...string) bool {
	return slices.ContainsFunc(sinks, func(s string) bool { return s == o.sink || slices.Contains(o.sinks, s) })
}

// unused refuses flags that the sink has no use for; the Python tool let its own pass.
func (v *values) unused(o *options) error {
	for _, s := range v.said {
		if s.origin != fromArgv || s.flag.seed || o.uses(s.flag) {
			continue
		}
		return usagef("%s is not used with %s: accepted with -t %s", s.spelt, o.destination(), strings.Join(s.flag.only, ", "))
	}
	return nil
}

// uses reports whether the run has a use for a flag.
func (o *options) uses(f *flag) bool {
	return f.only == nil || o.goesTo(f.only...) || o.verify.loki != "" && slices.Contains(certificates, f.name)
}

// certificates are flags that hold for a Loki that is asked, too.
var certificates = []string{"ca-file", "cert-file", "key-file", "insecure-skip-verify"}

// destination is the flag that says where lines go.
func (o *options) destination() string {
	if len(o.sinks) > 0 {
		return "--sinks " + strings.Join(o.sinks, ",")
	}
	return "-t " + o.sink
}

// warnings are about the Python tool's flags that the sink has no use for, and likely slips.
func (v *values) warnings(o *options) []string {
	var idle, list []string
	for _, s := range v.said {
		served := o.server && slices.Contains([]string{"web-host", "web-port"}, s.flag.name)
		if s.origin == fromArgv && s.flag.seed && s.flag.only != nil && !o.goesTo(s.flag.only...) && !served {
			idle = append(idle, s.spelt)
		}
	}
	if len(idle) > 0 {
		list = append(list, fmt.Sprintf("%s: not used with %s", strings.Join(idle, ", "), o.destination()))
	}
	if _, err := strconv.ParseFloat(o.name, 64); err == nil && v.given("name") {
		list = append(list, fmt.Sprintf("-n %s is the name of the logger; --count limits the lines", o.name))
	}
	return list
}

// loaded reports whether any flag was given that asks for a report.
func (v *values) loaded() bool {
	return slices.ContainsFunc(v.said, func(s said) bool { return s.flag.load })
}
