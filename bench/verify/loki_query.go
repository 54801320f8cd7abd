package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/emitter/line"
)

// The labels that queries make of an identity. Names that nobody else has: an agent's label
// "stream" would be taken for ours.
const (
	labelStream = "lologen_stream"
	labelSeq    = "lologen_seq"
	labelBlock  = "lologen_block"
)

// errTooMuch is Loki refusing to sum up, or a search that costs more than reading everything.
var errTooMuch = errors.New("too much for sums")

// identity is the RE2 of what follows the run's id in an identity that is whole.
const identity = ` stream=[0-9]{7,} seq=[0-9]{12,} sent=[0-9]{19}`

// lines is a query for all lines of the run in some streams, those with broken identities included.
func (r *reader) lines(selector string) string {
	return selector + " |= `run=" + r.run + " stream=` " + r.config.Filter
}

// metric is a query for numbers: what stands before the lines, the stages that they go through, and
// what stands behind their range of time.
type metric struct{ before, stages, after string }

// count is how many lines there are.
func (r *reader) count(ctx context.Context) (uint64, error) {
	counts, err := r.sum(ctx, metric{"sum(count_over_time(", "", "))"}, "")
	return uint64(counts[""]), err
}

// streams asks for the sums of all streams, and how many lines have a broken identity. A million
// lines take Loki a second for each query on one core: pattern needs half of what regexp does, but
// tells no identity from the beginning of one.
func (r *reader) streams(ctx context.Context) (map[uint64]sums, uint64, error) {
	whole := "`run=" + r.run + identity + "`"
	parsed := " |~ " + whole + " | pattern `<_>run=" + r.run + " stream=<" + labelStream + "> seq=<" + labelSeq + "> sent=<_>`"
	numbers := parsed + " | unwrap " + labelSeq + ` | __error__=""`
	broken, err := r.sum(ctx, metric{"sum(count_over_time(", " !~ " + whole, "))"}, "")
	if err != nil {
		return nil, 0, err
	}
	byStream := " by (" + labelStream + ")"
	counts, err := r.sum(ctx, metric{"sum" + byStream + "(count_over_time(", parsed, "))"}, labelStream)
	if err != nil {
		return nil, 0, err
	}
	totals, err := r.sum(ctx, metric{"sum" + byStream + "(sum_over_time(", numbers, "))"}, labelStream)
	if err != nil {
		return nil, 0, err
	}
	least, err := r.vector(ctx, metric{"min_over_time(", numbers, ")" + byStream}, labelStream, math.Min)
	if err != nil {
		return nil, 0, err
	}
	top, err := r.vector(ctx, metric{"max_over_time(", numbers, ")" + byStream}, labelStream, math.Max)
	if err != nil {
		return nil, 0, err
	}
	streams := make(map[uint64]sums, len(counts))
	for label, count := range counts {
		number, err := strconv.ParseUint(label, 10, 64)
		if _, ok := top[label]; !ok || err != nil || top[label] >= exact {
			return nil, 0, errTooMuch // only reading tells what is the matter with such lines
		}
		streams[number] = sums{count: uint64(count), least: uint64(least[label]), top: uint64(top[label]), sum: totals[label]}
	}
	return streams, uint64(broken[""]), nil
}

// sum is vector with values of the same label added up.
func (r *reader) sum(ctx context.Context, m metric, label string) (map[string]float64, error) {
	return r.vector(ctx, m, label, func(a, b float64) float64 { return a + b })
}

// vector asks of every tenant and in all streams, and returns the values by one label, merged.
func (r *reader) vector(ctx context.Context, m metric, label string, merge func(a, b float64) float64) (map[string]float64, error) {
	seconds := int64(math.Ceil(r.to.Sub(r.from).Seconds()))
	span := "[" + strconv.FormatInt(seconds, 10) + "s]"
	merged := make(map[string]float64)
	for _, tenant := range r.config.Tenants {
		for _, selector := range r.selectors {
			values, err := r.instantly(ctx, tenant, m.before+r.lines(selector)+m.stages+span+m.after, label)
			if err != nil {
				return nil, err
			}
			for key, v := range values {
				if before, ok := merged[key]; ok {
					v = merge(before, v)
				}
				merged[key] = v
			}
		}
	}
	return merged, nil
}

// instantly asks one query, whose values have different labels.
func (r *reader) instantly(ctx context.Context, tenant, query, label string) (map[string]float64, error) {
	values := url.Values{"query": {query}, "time": {strconv.FormatInt(r.to.UnixNano(), 10)}}
	var answer struct {
		Data struct {
			ResultType string `json:"resultType"`
			Result     []struct {
				Metric map[string]string `json:"metric"`
				Value  [2]any            `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	const most = 256 << 20
	if err := r.client.get(ctx, "/loki/api/v1/query", values, tenant, most, &answer); err != nil {
		return nil, tooMuch(err)
	}
	if answer.Data.ResultType != "vector" {
		return nil, fmt.Errorf("read answer: a %q where a vector was asked for", report.Clean(answer.Data.ResultType))
	}
	found := make(map[string]float64, len(answer.Data.Result))
	for _, sample := range answer.Data.Result {
		text, _ := sample.Value[1].(string)
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("read answer: value %q: not a number", report.Clean(text))
		}
		found[sample.Metric[label]] = v
	}
	return found, nil
}

// tooMuch tells a query that asked for too much from other failures.
func tooMuch(err error) error {
	var status *statusError
	if !errors.As(err, &status) {
		return err
	}
	text := strings.ToLower(status.text)
	for _, words := range []string{"number of series", "maximum of series", "query timed out", "too many outstanding", "larger than max", "deadline exceeded"} {
		if strings.Contains(text, words) {
			return fmt.Errorf("%w: %w", errTooMuch, err)
		}
	}
	return err
}

// logLine is a stored line with its timestamp and sequence number.
type logLine struct {
	at   int64
	seq  uint64
	text []byte
}

// page asks one tenant for lines of [from, to) in the order of their timestamps, pageLines at most.
func (r *reader) page(ctx context.Context, tenant, query string, from, to int64) ([]logLine, error) {
	var answer struct {
		Data struct {
			ResultType string `json:"resultType"`
			Result     []struct {
				Values [][]string `json:"values"`
			} `json:"result"`
		} `json:"data"`
	}
	values := url.Values{
		"query": {query}, "start": {strconv.FormatInt(from, 10)}, "end": {strconv.FormatInt(to, 10)},
		"limit": {strconv.Itoa(pageLines)}, "direction": {"forward"},
	}
	const most = 1 << 30
	if err := r.client.get(ctx, "/loki/api/v1/query_range", values, tenant, most, &answer); err != nil {
		return nil, err
	}
	if answer.Data.ResultType != "streams" {
		return nil, fmt.Errorf("read answer: %q where streams were asked for", report.Clean(answer.Data.ResultType))
	}
	var lines []logLine
	for _, stream := range answer.Data.Result {
		for _, v := range stream.Values {
			if len(v) < 2 {
				return nil, errors.New("read answer: a line without a timestamp")
			}
			at, err := strconv.ParseInt(v[0], 10, 64)
			if err != nil {
				return nil, fmt.Errorf("read answer: timestamp %q: not a number", report.Clean(v[0]))
			}
			text := []byte(v[1])
			id, _ := line.Scan(text)
			lines = append(lines, logLine{at, id.Seq, text})
		}
	}
	inOrder(lines)
	return lines, nil
}

// inOrder sorts lines by time. Nobody knows the order of those with the same: it is taken for right.
func inOrder(lines []logLine) {
	slices.SortFunc(lines, func(a, b logLine) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.seq, b.seq)) })
}

// span is the range of time in nanoseconds.
func (r *reader) span() (from, to int64) {
	return r.from.UnixNano(), r.to.Add(time.Nanosecond).UnixNano()
}
