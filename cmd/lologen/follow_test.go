package main

import (
	"fmt"
	"io"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/exitfound/lologen/bench/metrics"
	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/emitter"
)

// Whoever changes the rate of a run changes how many lines there can be in it.
func TestBoundsAfterAChange(t *testing.T) {
	inf := math.Inf(1)
	for _, tt := range []struct {
		bounds
		rate, before float64
		want         uint64
	}{
		{bounds{0, 10 * time.Second}, 4000, 4000, 200 + 4000*8 + 1},
		{bounds{0, 10 * time.Second}, 10, 100, 200 + 100*8 + 1}, // not in force yet
		{bounds{0, 10 * time.Second}, 0, 0, 0},
		{bounds{0, 10 * time.Second}, inf, inf, 0},
		{bounds{0, 10 * time.Second}, 10, inf, 0},
		{bounds{0, time.Second}, 10, 10, 200 + 1}, // draining
		{bounds{500, 10 * time.Second}, 10, 10, 200 + 80 + 1},
		{bounds{500, 10 * time.Second}, 4000, 4000, 500},
		{bounds{500, 10 * time.Second}, 0, 0, 500},
		{bounds{500, 0}, 4000, 4000, 500},
		{bounds{500, 0}, inf, inf, 500},
		{bounds{0, 0}, 4000, 4000, 0},
		{bounds{0, math.MaxInt64}, 1e9, 1e9, 200 + 9223372034854775809},
	} {
		s := emitter.Snapshot{At: 2 * time.Second, Rate: tt.before, Progress: emitter.Progress{Lines: emitter.Lines{Due: 200}}}
		if got := tt.at(tt.rate, s); got != tt.want && tt.duration != math.MaxInt64 || got > 1<<62 {
			t.Errorf("%+v, from %v to %v lines/s: %d lines, want %d", tt.bounds, tt.before, tt.rate, got, tt.want)
		}
	}
}

// A run whose rate is raised is not ended for what would have been too much of it before.
func TestSLOAbortOfASteeredRun(t *testing.T) {
	slo, err := report.ParseSLO("errors<5%")
	if err != nil {
		t.Fatal(err)
	}
	follow := func(rates ...float64) *follower {
		f := &follower{notes: io.Discard, bounds: bounds{0, 6 * time.Second}, abort: func() {},
			series: report.NewSeries(report.Usage{}), watch: report.NewWatch([]report.SLO{slo}, report.Planned{Lines: 600})}
		for _, rate := range rates {
			f.asked("changed", rate)
		}
		return f
	}
	// 40 lines of 4100: 1 %, but 7 % of the 600 that were planned.
	now := emitter.Snapshot{At: 2 * time.Second, Interval: time.Second, Rate: 4000,
		Progress: emitter.Progress{Lines: emitter.Lines{Due: 4100, Acked: 4060, Rejected: 40}}}
	for name, tt := range map[string]struct {
		f       *follower
		aborted bool
	}{
		"as planned": {follow(), true},
		"raised":     {follow(4000), false},
		"paused":     {follow(4000, 0), false},
		"unpaced":    {follow(math.Inf(1)), false},
	} {
		tt.f.see(now)
		if (tt.f.aborted != "") != tt.aborted {
			t.Errorf("%s: aborted as %q", name, tt.f.aborted)
		}
	}
	hopeless := now
	hopeless.Rate, hopeless.Lines = 100, emitter.Lines{Due: 4100, Acked: 2000, Rejected: 2100}
	f := follow(4000, 100)
	f.see(hopeless)
	if f.aborted != "errors<5%" {
		t.Errorf("2100 of at most 4501 lines are rejected, and the run goes on: %q", f.aborted)
	}
}

// What is asked for at a time is what Prometheus is told at that time, not the mean of the run.
func TestTargetRate(t *testing.T) {
	stages := stages{{4 * time.Second, lines(1000, "1k"), lines(1000, "1k")}, {4 * time.Second, rate{asked: "0"}, rate{asked: "0"}},
		{4 * time.Second, lines(500, "500"), lines(500, "500")}}
	for _, tt := range []struct {
		name string
		ask  func(o *options)
		want [4]string // before the run, in its stages
	}{
		{"stages", func(o *options) { o.stages = stages }, [4]string{"1000", "1000", "0", "500"}},
		{"ramp up", func(o *options) { o.rate, o.rampUp = lines(120, "120"), 12*time.Second }, [4]string{"2.5", "10", "50", "90"}},
		{"one rate", func(o *options) { o.rate = lines(700, "700") }, [4]string{"700", "700", "700", "700"}},
		{"interval", func(o *options) {}, [4]string{"0.5", "0.5", "0.5", "0.5"}},
		{"unpaced", func(o *options) { o.rate = rate{max: true, asked: "max"} }, [4]string{"", "", "", ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := defaults()
			o.sink, o.streams, o.duration = "discard", 1, 12*time.Second
			tt.ask(o)
			l, err := o.ready(stdio{})
			if err != nil {
				t.Fatal(err)
			}
			l.steering = newSteering(l)
			l.steering.told = func(string, float64) {}
			if tt.name == "unpaced" { // fake time stands still as long as lines are made
				checkTargets(t, l, tt.want[:1])
				return
			}
			synctest.Test(t, func(t *testing.T) { checkTargets(t, l, tt.want[:]) })
		})
	}
}

// checkTargets looks before the run and then a second into each 4 s of it.
func checkTargets(t *testing.T, l *load, wants []string) {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics.NewRun(metrics.About{}, l.steering.rate))
	target := func() string {
		families, err := registry.Gather()
		if err != nil {
			t.Error(err)
		}
		for _, f := range families {
			if f.GetName() == "lologen_target_rate" {
				return fmt.Sprint(f.Metric[0].Gauge.GetValue())
			}
		}
		return ""
	}
	if got := target(); got != wants[0] {
		t.Errorf("before the run %q are asked for, want %q", got, wants[0])
	}
	if len(wants) == 1 {
		return
	}
	l.plan.Control = l.steering.control
	ended := make(chan error)
	go func() { _, err := emitter.Run(t.Context(), l.plan); ended <- err }()
	time.Sleep(time.Second)
	for i, want := range wants[1:] {
		if got := target(); got != want {
			t.Errorf("after %d s %q are asked for, want %q", 4*i+1, got, want)
		}
		time.Sleep(4 * time.Second)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
