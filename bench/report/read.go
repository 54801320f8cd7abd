package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"

	"github.com/exitfound/lologen/emitter"
)

// mostReport bounds what Read takes: a run of hours with a full ledger has a tenth of it.
const mostReport = 64 << 20

// Read reads a JSON report. It is for files from anywhere: what is no report of a run, or has
// numbers that no run can have, is an error, and no text in it holds a control character.
func Read(r io.Reader) (*Report, error) {
	report, err := read(r)
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	return report, nil
}

func read(r io.Reader) (*Report, error) {
	b, err := io.ReadAll(io.LimitReader(r, mostReport+1))
	if err != nil {
		return nil, err
	}
	if len(b) > mostReport {
		return nil, fmt.Errorf("accepted are at most %s", Size(mostReport))
	}
	// The version first: what follows may be of another shape in another one.
	var v struct {
		Version *int             `json:"version"`
		Plan    *json.RawMessage `json:"plan"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return nil, err
	}
	switch {
	case v.Version == nil || v.Plan == nil:
		return nil, errors.New("it is no report of a run: it has no version or no plan")
	case *v.Version != Version:
		return nil, fmt.Errorf("its version is %d: accepted is %d", *v.Version, Version)
	}
	var report Report
	if err := json.Unmarshal(b, &report); err != nil {
		return nil, err
	}
	tidy(reflect.ValueOf(&report))
	report.fill()
	return &report, report.check()
}

// fill keeps the promise that slices are never null.
func (r *Report) fill() {
	if r.Errors == nil {
		r.Errors = []Failure{}
	}
	if r.Verdict.SLO == nil {
		r.Verdict.SLO = []SLO{}
	}
	for i := range r.Ledger {
		s := &r.Ledger[i]
		if s.Rejected == nil {
			s.Rejected = [][2]uint64{}
		}
		if s.Unknown == nil {
			s.Unknown = [][2]uint64{}
		}
	}
}

// mostTime, mostCount and mostRate are beyond any run, and small enough to be added and multiplied.
const (
	mostTime  = float64(emitter.LongestTime) / 1e9 // seconds
	mostRate  = 1e15
	mostCount = math.MaxInt64 / 1024
)

// check refuses numbers that no run can have, so that whatever is made of them is a number.
func (r *Report) check() error {
	p := r.Plan
	for _, n := range []int{p.Workers, p.Streams, p.StreamsPerRequest, p.Tenants, p.Batch.Bytes, p.Batch.Lines, r.Usage.Cores, p.Size, p.retries()} {
		if n < 0 || int64(n) > mostCount {
			return fmt.Errorf("%d is no number of workers, streams, lines, bytes or cores", n)
		}
	}
	for _, n := range []uint64{
		r.Lines.Due, r.Lines.Acked, r.Lines.Rejected, r.Lines.Unknown, r.Lines.Missed, r.Bytes.Acked, r.Bytes.Wire,
		r.Requests.Sent, r.Requests.Retried, r.Requests.Failed, r.Usage.MaxRSS, r.Usage.Mallocs, r.Usage.GC,
	} {
		if n > mostCount {
			return fmt.Errorf("%d is more lines, requests or bytes than a run can have", n)
		}
	}
	for _, t := range []float64{
		r.Elapsed, r.Window, r.Usage.CPU, r.Work.Sending / mostWorkers, r.Work.Waiting / mostWorkers, r.Work.Backoff / mostWorkers,
		p.Interval, p.Duration, p.Batch.Wait, p.Warmup, p.Drain, p.Timeout, p.Skew, max(p.Offset, -p.Offset),
		p.Churn.value().Seconds, p.Disorder.value().Seconds,
	} {
		if t < 0 || t > mostTime {
			return fmt.Errorf("%v s is no time that a run can have", t)
		}
	}
	for _, rate := range []*float64{&r.Rate.Achieved, r.Rate.Target, p.Rate} {
		if rate != nil && (*rate < 0 || *rate > mostRate) {
			return fmt.Errorf("%v lines/s is no rate", *rate)
		}
	}
	return errors.Join(r.checkLatency(), r.checkSeries(), r.checkLedger(), r.checkErrors(), r.Verification.check())
}

func (p Plan) retries() int {
	if p.Retries == nil {
		return 0
	}
	return *p.Retries
}

// mostWorkers is by how much the workers' time may exceed the run's.
const mostWorkers = 1e6

func (r *Report) checkLatency() error {
	summaries := []*Summary{&r.Latency.Response, &r.Latency.Service, r.Latency.Schedule}
	if r.Verification != nil {
		summaries = append(summaries, r.Verification.EndToEnd)
	}
	for _, s := range summaries {
		if s == nil {
			continue
		}
		for _, t := range []float64{s.Min, s.Mean, s.P50, s.P90, s.P99, s.P999, s.Max} {
			if t < 0 || t > mostTime {
				return fmt.Errorf("%v s is no latency", t)
			}
		}
	}
	return nil
}

func (r *Report) checkSeries() error {
	for _, p := range r.Series {
		rates := []float64{p.Reached, p.Bytes, p.CPU}
		if p.Asked != nil {
			rates = append(rates, *p.Asked)
		}
		for _, rate := range rates {
			if rate < 0 || rate > mostRate {
				return fmt.Errorf("%v is no rate", rate)
			}
		}
		if p.Span <= 0 || p.At < 0 || p.At > mostTime || p.Span > mostTime {
			return fmt.Errorf("a point of the series at %v s is %v s long", p.At, p.Span)
		}
	}
	return nil
}

func (r *Report) checkLedger() error {
	for _, s := range r.Ledger {
		for _, list := range [][][2]uint64{s.Rejected, s.Unknown} {
			for _, at := range list {
				if at[0] > at[1] || at[1] >= s.Next {
					return fmt.Errorf("stream %d has a range from %d to %d of %d lines", s.Stream, at[0], at[1], s.Next)
				}
			}
		}
	}
	return nil
}

func (r *Report) checkErrors() error {
	for _, f := range r.Errors {
		if f.At < 0 || f.At > mostTime || f.Offered < 0 || f.Offered > mostRate || f.Lines > mostCount || f.Requests > mostCount {
			return fmt.Errorf("the error %s has numbers that no run has", shorten(Clean(f.Reason), mostReason))
		}
	}
	return nil
}
