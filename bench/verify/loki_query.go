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

// lines is a query for all lines of the run, those with broken identities included.
func (r *reader) lines() string {
	selector := r.config.Selector
	if selector == "" {
		selector = `{run_id="` + r.run + `"}`
	}
	return selector + " |= `run=" + r.run + " stream=` " + r.config.Filter
}

// streams asks for the sums of all streams, and how many lines have a broken identity. A million
// lines take Loki a second for each query on one core: pattern needs half of what regexp does, but
// tells no identity from the beginning of one.
func (r *reader) streams(ctx context.Context) (map[uint64]sums, uint64, error) {
	whole := "`run=" + r.run + identity + "`"
	parsed := r.lines() + " |~ " + whole + " | pattern `<_>run=" + r.run + " stream=<" + labelStream + "> seq=<" + labelSeq + "> sent=<_>`"
	numbers := parsed + " | unwrap " + labelSeq + ` | __error__=""`
	broken, err := r.sum(ctx, "sum(count_over_time("+r.lines()+" !~ "+whole+"%s))", "")
	if err != nil {
		return nil, 0, err
	}
	byStream := " by (" + labelStream + ")"
	counts, err := r.sum(ctx, "sum"+byStream+"(count_over_time("+parsed+"%s))", labelStream)
	if err != nil {
		return nil, 0, err
	}
	totals, err := r.sum(ctx, "sum"+byStream+"(sum_over_time("+numbers+"%s))", labelStream)
	if err != nil {
		return nil, 0, err
	}
	least, err := r.vector(ctx, "min_over_time("+numbers+"%s)"+byStream, labelStream, math.Min)
	if err != nil {
		return nil, 0, err
	}
	top, err := r.vector(ctx, "max_over_time("+numbers+"%s)"+byStream, labelStream, math.Max)
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
func (r *reader) sum(ctx context.Context, query, label string) (map[string]float64, error) {
	return r.vector(ctx, query, label, func(a, b float64) float64 { return a + b })
}

// vector asks every tenant a query, in which %s is the range of time, and returns the values by
// one label, merged.
func (r *reader) vector(ctx context.Context, query, label string, merge func(a, b float64) float64) (map[string]float64, error) {
	seconds := int64(math.Ceil(r.to.Sub(r.from).Seconds()))
	values := url.Values{
		"query": {strings.Replace(query, "%s", "["+strconv.FormatInt(seconds, 10)+"s]", 1)},
		"time":  {strconv.FormatInt(r.to.UnixNano(), 10)},
	}
	merged := make(map[string]float64)
	for _, tenant := range r.config.Tenants {
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
			return nil, fmt.Errorf("read answer: a %q where a vector was asked for", clean(answer.Data.ResultType))
		}
		for _, sample := range answer.Data.Result {
			text, _ := sample.Value[1].(string)
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return nil, fmt.Errorf("read answer: value %q: not a number", clean(text))
			}
			key := sample.Metric[label]
			if before, ok := merged[key]; ok {
				v = merge(before, v)
			}
			merged[key] = v
		}
	}
	return merged, nil
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
		return nil, fmt.Errorf("read answer: %q where streams were asked for", clean(answer.Data.ResultType))
	}
	var lines []logLine
	for _, stream := range answer.Data.Result {
		for _, v := range stream.Values {
			if len(v) < 2 {
				return nil, errors.New("read answer: a line without a timestamp")
			}
			at, err := strconv.ParseInt(v[0], 10, 64)
			if err != nil {
				return nil, fmt.Errorf("read answer: timestamp %q: not a number", clean(v[0]))
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
