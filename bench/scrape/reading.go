package scrape

import (
	"bytes"
	"maps"
	"math"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// A reading is what a Loki said at one time.
type reading struct {
	at      time.Time
	started float64 // of the process, Unix seconds; 0: not said
	streams float64 // in memory
	rss     float64 // bytes
	counted
}

// counted is what only grows while a process lives. Metrics that Loki does not show (it does so
// only once something was counted) are 0.
type counted struct {
	received  amount
	discarded map[string]amount // by reason
	created   float64           // streams
	cpu       float64           // seconds
	requests  float64           // push requests
	busy      float64           // seconds spent in them
}

type amount struct{ lines, bytes float64 }

// field is how a sample of the metric of that name is taken; not ok: it is not read. Names and
// meanings are those of Loki 2.9 to 3.7; the labels differ, and all but those named here are summed
// over.
func field(name string) (take func(r *reading, m *dto.Metric), ok bool) {
	switch name {
	case "loki_distributor_lines_received_total":
		take = func(r *reading, m *dto.Metric) { r.received.lines += value(m) }
	case "loki_distributor_bytes_received_total":
		take = func(r *reading, m *dto.Metric) { r.received.bytes += value(m) }
	case "loki_discarded_samples_total":
		take = func(r *reading, m *dto.Metric) { r.discard(label(m, "reason"), amount{lines: value(m)}) }
	case "loki_discarded_bytes_total":
		take = func(r *reading, m *dto.Metric) { r.discard(label(m, "reason"), amount{bytes: value(m)}) }
	case "loki_ingester_memory_streams":
		take = func(r *reading, m *dto.Metric) { r.streams += value(m) }
	case "loki_ingester_streams_created_total":
		take = func(r *reading, m *dto.Metric) { r.created += value(m) }
	case "loki_request_duration_seconds_count":
		take = func(r *reading, m *dto.Metric) {
			if isPush(m) {
				r.requests += value(m)
			}
		}
	case "loki_request_duration_seconds_sum":
		take = func(r *reading, m *dto.Metric) {
			if isPush(m) {
				r.busy += value(m)
			}
		}
	case "process_resident_memory_bytes":
		take = func(r *reading, m *dto.Metric) { r.rss += value(m) }
	case "process_cpu_seconds_total":
		take = func(r *reading, m *dto.Metric) { r.cpu += value(m) }
	case "process_start_time_seconds":
		take = func(r *reading, m *dto.Metric) { r.started = value(m) }
	}
	return take, take != nil
}

// isPush reports whether a request brought lines, natively or by OTLP.
func isPush(m *dto.Metric) bool {
	route := label(m, "route")
	return route == "loki_api_v1_push" || route == "otlp_v1_logs"
}

// parse reads samples in Prometheus' text format, version 0.0.4. Without comments they have no
// type, and so the parts of a histogram are metrics like any other.
func parse(text []byte) (reading, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		return reading{}, err
	}
	r := reading{counted: counted{discarded: make(map[string]amount)}}
	for name, family := range families {
		take, ok := field(name)
		if !ok {
			continue
		}
		for _, m := range family.GetMetric() {
			take(&r, m)
		}
	}
	return r, nil
}

// value is a sample's; what no counter and no gauge of these can have counts as 0.
func value(m *dto.Metric) float64 {
	v := m.GetUntyped().GetValue()
	if v < 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

func label(m *dto.Metric, name string) string {
	for _, pair := range m.GetLabel() {
		if pair.GetName() == name {
			return pair.GetValue()
		}
	}
	return ""
}

// mostReasons bounds what a server can make us remember.
const mostReasons = 100

func (c *counted) discard(reason string, a amount) {
	reason = clean(reason)
	if _, known := c.discarded[reason]; !known && len(c.discarded) >= mostReasons {
		reason = "other"
	}
	c.discarded[reason] = c.discarded[reason].plus(a)
}

func (a amount) plus(b amount) amount { return amount{a.lines + b.lines, a.bytes + b.bytes} }
func (a amount) minus(b amount) amount {
	return amount{since(a.lines, b.lines), since(a.bytes, b.bytes)}
}

// since is how far a counter came. One alone that fell back, as when Loki forgets a tenant, did
// not count backwards.
func since(now, before float64) float64 { return max(0, now-before) }

// minus is what was counted between two readings of one process.
func (c counted) minus(before counted) counted {
	d := counted{
		received:  c.received.minus(before.received),
		discarded: make(map[string]amount),
		created:   since(c.created, before.created),
		cpu:       since(c.cpu, before.cpu),
		requests:  since(c.requests, before.requests),
		busy:      since(c.busy, before.busy),
	}
	for reason, a := range c.discarded {
		d.discarded[reason] = a.minus(before.discarded[reason])
	}
	return d
}

func (c counted) plus(more counted) counted {
	sum := counted{
		received:  c.received.plus(more.received),
		discarded: maps.Clone(c.discarded),
		created:   c.created + more.created,
		cpu:       c.cpu + more.cpu,
		requests:  c.requests + more.requests,
		busy:      c.busy + more.busy,
	}
	for reason, a := range more.discarded {
		sum.discard(reason, a)
	}
	return sum
}
