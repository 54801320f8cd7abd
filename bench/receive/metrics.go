package receive

import (
	"bytes"
	"net/http"
	"strconv"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
	"github.com/valyala/fasthttp"

	"github.com/exitfound/lologen/bench/metrics"
	"github.com/exitfound/lologen/bench/verify"
)

// answerMetrics says what has been received as Prometheus asks for it: as text, or in the protobuf
// that has native histograms.
func (s *Server) answerMetrics(ctx *fasthttp.RequestCtx) {
	w := <-s.workers
	defer func() { s.workers <- w }()
	format := expfmt.NegotiateAccept(http.Header{"Accept": {string(ctx.Request.Header.Peek("Accept"))}}, expfmt.DefaultAcceptedFormats()...)
	body, err := s.exposition(format)
	answerBody(ctx, string(format), body, err)
}

func (s *Server) exposition(format expfmt.Format) ([]byte, error) {
	registry := prometheus.NewRegistry()
	if err := registry.Register(s.Metrics()); err != nil {
		return nil, err
	}
	families, err := registry.Gather()
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	encoder := expfmt.NewEncoder(&body, format)
	for _, f := range families {
		if err := encoder.Encode(f); err != nil {
			return nil, err
		}
	}
	return body.Bytes(), nil
}

// Metrics is for a registry: what has been received by the time when it is asked.
func (s *Server) Metrics() prometheus.Collector { return collector{s} }

// collector makes metrics of what a server has received. Latency is by run, as is all that is known
// only of runs.
type collector struct{ server *Server }

// Describe describes nothing: what there is depends on what has come.
func (c collector) Describe(chan<- *prometheus.Desc) {}

// Collect sends all there is.
func (c collector) Collect(to chan<- prometheus.Metric) {
	report := c.server.Report()
	lines, size := report.received()
	m := sender{to: to}
	m.counter("lines_total", "Lines taken.", lines)
	m.counter("bytes_total", "Bytes of lines taken, without newlines.", size)
	m.counter("unidentified_lines_total", "Lines taken that belong to no run that is accounted for.", report.Unidentified.Lines)
	for status, n := range report.Answers {
		code := strconv.Itoa(status)
		if status == unanswered {
			code = "closed"
		}
		m.counter("requests_total", "Requests by the status of their answer; closed: the connection was cut before it.", n, "code", code)
	}
	for _, run := range report.Runs {
		m.run(run)
		if run.Latency.EndToEnd.Count > 0 {
			to <- c.server.times.of(c.server, run)
		}
	}
}

// times are the runs' latencies as they were asked for last: most runs are over, and making a histogram
// of thousands of counts takes a millisecond.
type times struct {
	mu   sync.Mutex
	runs map[string]lastTimes
}

type lastTimes struct {
	count  uint64 // of lines then: it only grows
	metric prometheus.Metric
}

// of is that of a run of s.
func (t *times) of(s *Server, run verify.Run) prometheus.Metric {
	t.mu.Lock()
	defer t.mu.Unlock()
	last := t.runs[run.RunID]
	if last.count < run.Latency.EndToEnd.Count {
		h := s.account.EndToEnd(run.RunID)
		last = lastTimes{uint64(h.TotalCount()), metrics.Histogram(endToEnd, h, s.counts.start, run.RunID)}
		if t.runs == nil {
			t.runs = make(map[string]lastTimes)
		}
		t.runs[run.RunID] = last
	}
	return last.metric
}

var endToEnd = describe("end_to_end_latency_seconds", "From the time in a line to its arrival.", "run")

// sender makes metrics and passes them on.
type sender struct{ to chan<- prometheus.Metric }

func (m sender) run(run verify.Run) {
	l := run.Lines
	m.counter("run_lines_total", "Lines taken of a run.", l.Received, "run", run.RunID)
	m.counter("run_bytes_total", "Bytes of lines taken of a run, without newlines.", run.Bytes, "run", run.RunID)
	m.gauge("unique_lines", "Different lines taken of a run.", l.Unique, "run", run.RunID)
	m.gauge("lost_lines", "Lines of a run that have not come although later ones of their stream have.", l.Lost, "run", run.RunID)
	m.gauge("duplicated_lines", "Copies taken of a run's lines, beyond the first.", l.Duplicated, "run", run.RunID)
	m.gauge("reordered_lines", "Lines of a run that came after a later one of their stream.", l.Reordered, "run", run.RunID)
	m.gauge("corrupt_lines", "Lines of a run whose identity is cut or garbled.", l.Corrupt, "run", run.RunID)
	m.gauge("untracked_lines", "Lines of a run beyond what is remembered.", l.Untracked, "run", run.RunID)
	m.gauge("streams", "Streams seen of a run.", uint64(run.Streams), "run", run.RunID)
}

// counter sends a counter with at most one label, given as its name and its value.
func (m sender) counter(name, help string, value uint64, label ...string) {
	m.value(prometheus.CounterValue, name, help, value, label)
}

func (m sender) gauge(name, help string, value uint64, label ...string) {
	m.value(prometheus.GaugeValue, name, help, value, label)
}

func (m sender) value(kind prometheus.ValueType, name, help string, value uint64, label []string) {
	var names, values []string
	if len(label) == 2 {
		names, values = label[:1], label[1:]
	}
	m.send(prometheus.NewConstMetric(describe(name, help, names...), kind, float64(value), values...))
}

func (m sender) send(metric prometheus.Metric, err error) {
	if err != nil {
		metric = prometheus.NewInvalidMetric(prometheus.NewInvalidDesc(err), err) // which Gather returns
	}
	m.to <- metric
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("lologen_received_"+name, help, labels, nil)
}
