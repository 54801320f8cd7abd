package sinks

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/sinks/push"
)

// LokiLoad is a load as Loki meets it. Bytes are those of lines and their structured metadata, as Loki
// counts them (EntryTotalSize in pkg/util/entry_size.go in its source).
type LokiLoad struct {
	Bytes    float64       // a second, at most; +Inf: as fast as possible
	Total    float64       // bytes in all; 0: without end
	Even     time.Duration // what they take if they come evenly; 0: they do not
	Hottest  float64       // share of one stream, the one of most lines
	Tenant   float64       // share of one tenant, the one of most lines
	Levels   int           // that lines have
	Lines    float64       // in all; 0: without end
	Longest  int           // line, in bytes
	Request  int           // bytes of a whole request before compression
	Batch    int           // bytes in it
	Duration time.Duration // 0: without end
}

// A LimitHit is a limit of a Loki with default settings that a load will meet.
type LimitHit struct {
	Reason string // Loki's word
	Have   string // what the load has, with its unit
	Limit  string
	Raise  string // the setting that raises it
}

// Default limits (pkg/validation/limits.go in Loki's source, 3.5).
const (
	lokiRate          = 4 << 20 // bytes a second and tenant
	lokiBurst         = 6 << 20
	lokiStreamRate    = 3 << 20
	lokiStreamBurst   = 15 << 20
	lokiStreams       = 5000 // active ones, a tenant
	lokiIdle          = 30 * time.Minute
	lokiLine          = 256 << 10
	lokiLabels        = 15
	lokiLabelName     = 1024
	lokiLabelValue    = 2048
	lokiOldest        = 7 * 24 * time.Hour
	lokiNewest        = 10 * time.Minute
	lokiDisorder      = time.Hour
	lokiMetadataPairs = 128
	lokiMetadataBytes = 64 << 10
	lokiRequest       = 4 << 20
)

// DefaultLimits lists the limits of a Loki with default settings that the load will meet, those
// that stop everything last.
func (l Loki) DefaultLimits(load LokiLoad) []LimitHit {
	var hits []LimitHit
	meet := func(have, limit float64, show func(float64) string, reason string) {
		if have > limit {
			hits = append(hits, LimitHit{reason, show(have), show(limit), raises(reason)})
		}
	}
	if load.exceeds(load.Tenant, lokiRate, lokiBurst) {
		meet(load.Bytes*load.Tenant, lokiRate, showRate, "rate_limited")
	} else {
		meet(float64(load.Batch), lokiBurst, showBytes, "rate_limited")
	}
	ways := 1.0 // that a stream's lines go
	if l.Level {
		ways = float64(max(1, load.Levels))
	}
	if load.exceeds(load.Hottest/ways, lokiStreamRate, lokiStreamBurst) {
		meet(load.Bytes*load.Hottest/ways, lokiStreamRate, showRate, "per_stream_rate_limit")
	}
	meet(l.active(load, ways), lokiStreams, showCount, "stream_limit")
	meet(float64(load.Longest), lokiLine, showBytes, "line_too_long")
	meet(float64(-l.Offset), float64(lokiOldest), showTime, "greater_than_max_sample_age")
	meet(float64(l.Offset), float64(lokiNewest), showTime, "too_far_in_future")
	if l.Disorder.Share > 0 {
		meet(float64(l.Disorder.Most), float64(lokiDisorder), showTime, "too_far_behind")
	}
	names, name, value := l.labelSizes()
	meet(float64(names), lokiLabels, showCount, "max_label_names_per_series")
	meet(float64(name), lokiLabelName, showBytes, "label_name_too_long")
	meet(float64(value), lokiLabelValue, showBytes, "label_value_too_long")
	meet(float64(len(l.Metadata)), lokiMetadataPairs, showCount, "structured_metadata_too_many")
	meet(float64(l.MetadataSize()), lokiMetadataBytes, showBytes, "structured_metadata_too_large")
	meet(float64(load.Request), lokiRequest, showBytes, "message_too_large")
	return hits
}

// exceeds reports whether a share of the load goes beyond a rate, and is too much for the burst to last
// until its end.
func (l *LokiLoad) exceeds(share, rate, burst float64) bool {
	lasts := l.Total > 0 && l.Total*share <= burst+rate*l.Even.Seconds()
	return l.Bytes*share > rate && !lasts
}

// raises is the setting that raises the limit behind a reason.
func raises(reason string) string {
	for _, r := range lokiReasons {
		if r.reason == reason {
			return r.raise
		}
	}
	return ""
}

// active is how many streams of one tenant are active at the end of a run: one stays so for half
// an hour.
func (l *Loki) active(load LokiLoad, ways float64) float64 {
	d := load.Duration
	if d == 0 || d > lokiIdle {
		d = lokiIdle
	}
	largest := 1.0 // tenant's share of the streams
	if l.Tenants > 0 {
		largest = math.Ceil(float64(l.Streams)/float64(l.Tenants)) / float64(l.Streams)
	}
	n := float64(l.Created(d)) * largest * ways
	if load.Lines > 0 {
		n = min(n, load.Lines)
	}
	return n
}

func (l *Loki) labelSizes() (names, name, value int) {
	set, err := newLabelSet(l)
	if err != nil {
		return 0, 0, 0
	}
	for _, p := range set.parts {
		name = max(name, len(p.name))
	}
	for _, label := range l.Labels {
		for _, v := range label.Values {
			value = max(value, len(v))
		}
	}
	return len(set.parts), name, value
}

// MetadataSize is how many bytes of structured metadata a line has, at most.
func (l *Loki) MetadataSize() int {
	n := 0
	for _, m := range l.Metadata {
		n += len(m.Name) + len(m.appendValue(nil, &lineChance{seq: math.MaxUint32}))
	}
	return n
}

func showCount(x float64) string { return fmt.Sprintf("%.0f", x) }
func showTime(x float64) string  { return time.Duration(x).String() }
func showRate(x float64) string {
	if math.IsInf(x, 1) {
		return "as fast as possible"
	}
	return fmt.Sprintf("%.3g MiB/s", x/(1<<20))
}
func showBytes(x float64) string {
	if x < 1<<20 {
		return fmt.Sprintf("%.4g KiB", x/(1<<10))
	}
	return fmt.Sprintf("%.3g MiB", x/(1<<20))
}

// SampleRequest encodes a batch as the loki sink would: how many bytes before and after
// compression.
func SampleRequest(l Loki, workers int, b *emitter.Batch) (size, wire int, err error) {
	m, err := newStreamModel(l)
	if err != nil {
		return 0, 0, err
	}
	e := newEncoder(m, 0, workers)
	wire = len(e.encode(b))
	return e.enc.Size(), wire, nil
}

// SampleLabels returns the label sets of some streams, evenly spread, as Loki shows them.
func SampleLabels(l Loki, most int) ([]string, error) {
	l.Encoding = push.Snappy
	set, err := newLabelSet(&l)
	if err != nil {
		return nil, err
	}
	var list []string
	n := min(most, l.Streams)
	for i := range n {
		stream := i * (l.Streams - 1) / max(1, n-1)
		list = append(list, string(set.append(nil, stream, emitter.Info, 0)))
	}
	return slices.Compact(list), nil
}
