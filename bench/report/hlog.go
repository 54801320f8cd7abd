package report

import (
	"cmp"
	"errors"
	"fmt"
	"io"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// HLog writes the run's histograms as an HdrHistogram log: one interval, the whole run, under
// each of the tags response, service and schedule, in nanoseconds.
func (r *Report) HLog(w io.Writer) error {
	if err := r.hlog(w); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func (r *Report) hlog(w io.Writer) error {
	start := r.Started.UnixMilli()
	log := hdrhistogram.NewHistogramLogWriter(w)
	err := cmp.Or(
		log.OutputComment("[Latencies of lologen run "+Clean(r.RunID)+", in nanoseconds]"),
		log.OutputLogFormatVersion(),
		log.OutputStartTime(start),
		log.OutputLegend(),
	)
	if err != nil {
		return err
	}
	for _, clock := range []string{"response", "service", "schedule"} {
		s := r.Latency.of(clock)
		h, err := s.histogram()
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", clock, err)
		case h == nil && s.Count > 0:
			return errors.New("the report has percentiles, but no histograms")
		case h == nil:
			continue
		}
		h.SetTag(clock)
		h.SetStartTimeMs(start)
		h.SetEndTimeMs(start + int64(r.Elapsed*1000))
		if err := log.OutputIntervalHistogram(h); err != nil {
			return err
		}
	}
	return nil
}
