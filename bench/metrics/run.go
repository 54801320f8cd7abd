// Package metrics shows a run to Prometheus while it goes on: a Run turns its snapshots into
// metrics when it is asked for them, and a Server answers those who ask. Nothing of it is called by
// the line.
package metrics

import (
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/exitfound/lologen/emitter"
)

// About is what is known of a run before it starts.
type About struct {
	RunID   string
	Sink    string
	Format  string
	Started time.Time // about when its counters began at 0
}

// A Run collects the metrics of one run: those of the last snapshot.
type Run struct {
	about About
	rate  func() float64

	// mu: snapshots come from the run and questions from scrapes, each about once a second.
	mu  sync.Mutex
	now emitter.Snapshot
	// of the whole run; nil: none yet
	response, service, schedule *hdrhistogram.Histogram
}

// NewRun returns a Run whose counters are 0. What rate returns at a scrape is what is asked for at
// that time, in lines a second: 0 is a pause, +Inf unpaced.
func NewRun(about About, rate func() float64) *Run {
	return &Run{about: about, rate: rate}
}

// Observe takes a snapshot into account. It keeps nothing that others may change and changes
// nothing that others may keep.
func (r *Run) Observe(s emitter.Snapshot) {
	r.mu.Lock()
	defer r.mu.Unlock()
	add(&r.response, s.Latency.Response)
	add(&r.service, s.Latency.Service)
	add(&r.schedule, s.Latency.Schedule)
	s.Latency = emitter.Latency{}
	r.now = s
}

func add(sum **hdrhistogram.Histogram, part *hdrhistogram.Histogram) {
	switch {
	case part == nil:
	case *sum == nil:
		*sum = part.Clone()
	default:
		(*sum).Merge(part)
	}
}

// The metrics of a run.
var (
	runDesc     = describe("run_info", "The run that the other metrics are about; the value is 1.", "run_id", "sink", "format")
	dueDesc     = describe("due_lines_total", "Lines that were due so far.")
	linesDesc   = describe("lines_total", "Lines by how they ended: acked (confirmed), rejected (not stored), unknown (may be stored), missed (due, but not made).", "outcome")
	bytesDesc   = describe("bytes_total", "Length of the confirmed lines in bytes, newlines left out.")
	wireDesc    = describe("wire_bytes_total", "Bytes that were sent in all: framing, compression and retries included.")
	requestDesc = describe("requests_total", "Attempts at a write or request: confirmed are those that confirmed every line.", "result")
	retryDesc   = describe("request_retries_total", "Attempts that were not the first for their lines.")
	errorDesc   = describe("request_errors_total", "Failed attempts by reason, in the destination's word, and by its status (0: none).", "reason", "status")
	endedDesc   = describe("undelivered_lines_total", "Lines that ended rejected or unknown, by the reason of the last attempt and its status (0: none).", "reason", "status")
	targetDesc  = describe("target_rate", "Lines a second that are asked for at the moment, 0 in a pause; absent as long as the run is unpaced.")
	backlogDesc = describe("backlog_lines", "Lines that are due and neither made nor missed.")

	responseDesc = describe("response_latency_seconds", "Time from when a line was due until it was confirmed, by line; of an unpaced run, from when it was made.")
	serviceDesc  = describe("service_latency_seconds", "Time that an attempt took, by attempt.")
	scheduleDesc = describe("schedule_latency_seconds", "Time from when a line was due until it was made, less any wait for a fuller batch, by line; absent from an unpaced run.")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("lologen_"+name, help, labels, nil)
}

// Describe is for a registry.
func (r *Run) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		runDesc, dueDesc, linesDesc, bytesDesc, wireDesc, requestDesc, retryDesc, errorDesc,
		endedDesc, targetDesc, backlogDesc, responseDesc, serviceDesc, scheduleDesc,
	} {
		descs <- d
	}
}

// Collect is for a registry: it makes the metrics of the last snapshot.
func (r *Run) Collect(metrics chan<- prometheus.Metric) {
	// Whoever reads the channel may be slow; the run is not to wait for that.
	for _, m := range r.metrics() {
		metrics <- m
	}
}

func (r *Run) metrics() []prometheus.Metric {
	rate := r.rate()
	paced := !math.IsInf(rate, 1)
	r.mu.Lock()
	defer r.mu.Unlock()
	var s sample
	s.gauge(runDesc, 1, r.about.RunID, r.about.Sink, r.about.Format)
	s.progress(&r.now.Progress)
	s.failures(r.now.Failures)
	if paced {
		s.gauge(targetDesc, math.Round(rate*1e6)/1e6) // a mean of a second has crumbs
	}
	s.gauge(backlogDesc, float64(r.now.Backlog))
	s = append(s, Histogram(responseDesc, r.response, r.about.Started), Histogram(serviceDesc, r.service, r.about.Started))
	if r.schedule != nil || paced {
		s = append(s, Histogram(scheduleDesc, r.schedule, r.about.Started))
	}
	return s
}

// A sample is the metrics of one moment.
type sample []prometheus.Metric

func (s *sample) progress(p *emitter.Progress) {
	s.count(dueDesc, p.Lines.Due)
	s.count(linesDesc, p.Lines.Acked, "acked")
	s.count(linesDesc, p.Lines.Rejected, "rejected")
	s.count(linesDesc, p.Lines.Unknown, "unknown")
	s.count(linesDesc, p.Lines.Missed, "missed")
	s.count(bytesDesc, p.Bytes.Acked)
	s.count(wireDesc, p.Bytes.Wire)
	s.count(requestDesc, p.Requests.Sent-p.Requests.Failed, "confirmed")
	s.count(requestDesc, p.Requests.Failed, "failed")
	s.count(retryDesc, p.Requests.Retried)
}

// failures takes care that each reason comes once, and is text: a scrape with anything else in it
// would fail as a whole.
func (s *sample) failures(list []emitter.Failure) {
	type key struct{ reason, status string }
	var order []key
	sums := make(map[key]emitter.Failure)
	for _, f := range list {
		k := key{strings.ToValidUTF8(f.Reason, "\uFFFD"), strconv.Itoa(f.Status)}
		sum, known := sums[k]
		if !known {
			order = append(order, k)
		}
		sum.Requests += f.Requests
		sum.Lines += f.Lines
		sums[k] = sum
	}
	for _, k := range order {
		s.count(errorDesc, sums[k].Requests, k.reason, k.status)
		s.count(endedDesc, sums[k].Lines, k.reason, k.status)
	}
}

func (s *sample) count(desc *prometheus.Desc, n uint64, labels ...string) {
	s.value(desc, prometheus.CounterValue, float64(n), labels)
}

func (s *sample) gauge(desc *prometheus.Desc, v float64, labels ...string) {
	s.value(desc, prometheus.GaugeValue, v, labels)
}

func (s *sample) value(desc *prometheus.Desc, kind prometheus.ValueType, v float64, labels []string) {
	m, err := prometheus.NewConstMetric(desc, kind, v, labels...)
	if err != nil {
		m = prometheus.NewInvalidMetric(desc, err)
	}
	*s = append(*s, m)
}
