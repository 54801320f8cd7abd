package report

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Part is one of the runs that a merged report was made of.
type Part struct {
	RunID    string    `json:"run_id"`
	Seed     uint64    `json:"seed"`
	Started  time.Time `json:"started"`
	Elapsed  float64   `json:"elapsed"`
	Lines    Lines     `json:"lines"`
	Achieved float64   `json:"achieved"` // lines a second
	Command  []string  `json:"command,omitempty"`

	LedgerFile string `json:"ledger_file,omitempty"` // beside its own report: all of its streams, of which the merged ledger has some
}

// Merge makes one report of those of several processes that made one run together: rates are
// added, lines, requests, bytes and usage too; histograms are merged without loss; series are
// aligned by wall time (see mergeSeries); SLOs are judged anew. The window is the longest one:
// processes that start a moment apart have not been slow. The reports are not changed.
func Merge(reports []*Report) (*Report, error) {
	merged, err := merge(reports)
	if err != nil {
		return nil, fmt.Errorf("merge reports: %w", err)
	}
	return merged, nil
}

func merge(reports []*Report) (*Report, error) {
	if len(reports) == 0 {
		return nil, errors.New("there are none")
	}
	reports = slices.SortedStableFunc(slices.Values(reports), func(a, b *Report) int { return a.Started.Compare(b.Started) })
	if err := together(reports); err != nil {
		return nil, err
	}
	m := &Report{Version: Version, Started: reports[0].Started, Errors: []Failure{}}
	m.add(reports)
	var err error
	if m.Latency, err = mergeLatency(reports); err != nil {
		return nil, err
	}
	if m.Series, err = mergeSeries(reports); err != nil {
		return nil, err
	}
	if m.Ledger, m.LedgerCut, err = mergeLedgers(reports); err != nil {
		return nil, err
	}
	if m.Verification, err = mergeVerifications(reports); err != nil {
		return nil, err
	}
	m.Plan = mergePlans(reports)
	m.Usage = mergeUsage(reports)
	m.Server = mergeServers(reports)
	m.Verdict.SLO, m.Verdict.Ended, m.Verdict.Aborted = mergeEnds(reports)
	m.judge()
	return m, nil
}

// together refuses what cannot have been one run. The reports are in the order of their starts.
func together(reports []*Report) error {
	end := reports[0].end()
	for i, r := range reports[1:] {
		for _, earlier := range reports[:i+1] {
			if earlier.RunID == r.RunID && earlier.Started.Equal(r.Started) && earlier.Seed == r.Seed && earlier.Lines == r.Lines {
				return fmt.Errorf("run %s is there twice", Clean(r.RunID))
			}
			if (earlier.Rate.Target == nil) != (r.Rate.Target == nil) {
				return errors.New("some had a target rate and others had none")
			}
		}
		if r.Started.After(end) {
			return fmt.Errorf("run %s began after the others had ended: they are to be compared", Clean(r.RunID))
		}
		if r.end().After(end) {
			end = r.end()
		}
	}
	return nil
}

func (r *Report) end() time.Time {
	return r.Started.Add(time.Duration(r.Elapsed * float64(time.Second)))
}

// add adds what can be added.
func (m *Report) add(reports []*Report) {
	var ids []string
	for _, r := range reports {
		ids = append(ids, r.RunID)
		m.Elapsed = max(m.Elapsed, r.end().Sub(m.Started).Seconds())
		m.Window = max(m.Window, r.Window)
		m.Lines.Due += r.Lines.Due
		m.Lines.Acked += r.Lines.Acked
		m.Lines.Rejected += r.Lines.Rejected
		m.Lines.Unknown += r.Lines.Unknown
		m.Lines.Missed += r.Lines.Missed
		m.Requests.Sent += r.Requests.Sent
		m.Requests.Retried += r.Requests.Retried
		m.Requests.Failed += r.Requests.Failed
		m.Bytes.Acked += r.Bytes.Acked
		m.Bytes.Wire += r.Bytes.Wire
		m.Rate.Achieved += r.Rate.Achieved
		m.Rate.Target = addRates(m.Rate.Target, r.Rate.Target)
		m.Work.Sending += r.Work.Sending
		m.Work.Waiting += r.Work.Waiting
		m.Work.Backoff += r.Work.Backoff
		m.addErrors(r)
		m.addParts(r)
	}
	m.RunID = strings.Join(slices.Compact(ids), "+")
	if same(reports, func(r *Report) uint64 { return r.Seed }) {
		m.Seed = reports[0].Seed
	}
	sortFailures(m.Errors)
}

func addRates(a, b *float64) *float64 {
	switch {
	case b == nil:
		return a
	case a == nil:
		return new(*b)
	}
	return new(*a + *b)
}

// addErrors adds those of the same reason and status; the earliest by wall time has the say.
func (m *Report) addErrors(r *Report) {
	offset := r.Started.Sub(m.Started).Seconds()
	for _, f := range r.Errors {
		f.At += offset
		i := slices.IndexFunc(m.Errors, func(e Failure) bool { return e.Reason == f.Reason && e.Status == f.Status })
		if i < 0 {
			m.Errors = append(m.Errors, f)
			continue
		}
		first := m.Errors[i]
		if f.At < first.At {
			first = f
		}
		first.Lines, first.Requests = m.Errors[i].Lines+f.Lines, m.Errors[i].Requests+f.Requests
		m.Errors[i] = first
	}
}

// addParts keeps a merged report's own parts: reports merge in any grouping.
func (m *Report) addParts(r *Report) {
	if len(r.Parts) > 0 {
		m.Parts = append(m.Parts, r.Parts...)
		return
	}
	m.Parts = append(m.Parts, Part{
		RunID: r.RunID, Seed: r.Seed, Started: r.Started, Elapsed: r.Elapsed,
		Lines: r.Lines, Achieved: r.Rate.Achieved, Command: r.Command, LedgerFile: r.LedgerFile,
	})
}

func same[T comparable](reports []*Report, of func(*Report) T) bool {
	return !slices.ContainsFunc(reports, func(r *Report) bool { return of(r) != of(reports[0]) })
}

// mergeUsage adds what processes took. They share the cores of a machine: those count once.
func mergeUsage(reports []*Report) Usage {
	var m Usage
	cores := map[string]int{}
	for i, r := range reports {
		u := r.Usage
		m.CPU += u.CPU
		m.MaxRSS += u.MaxRSS
		m.Mallocs += u.Mallocs
		m.GC += u.GC
		on := cmp.Or(u.Machine, fmt.Sprintf("part %d", i))
		cores[on] = max(cores[on], u.Cores)
	}
	for n := range maps.Values(cores) {
		m.Cores += n
	}
	if len(cores) == 1 {
		m.Machine = reports[0].Usage.Machine
	}
	return m
}

// mergeEnds is the sum of the parts' endings: a run that one part did not complete is not complete.
func mergeEnds(reports []*Report) (demands []SLO, ended Ended, aborted string) {
	ended = reports[0].Verdict.Ended
	for _, r := range reports {
		v := r.Verdict
		if v.Ended != ended {
			ended = Stopped
		}
		aborted = cmp.Or(aborted, v.Aborted)
		for _, s := range v.SLO {
			if !slices.ContainsFunc(demands, func(d SLO) bool { return d.Expr == s.Expr }) {
				demands = append(demands, s)
			}
		}
	}
	return demands, ended, aborted
}
