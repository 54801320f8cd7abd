package verify

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/emitter"
)

// mostReport bounds what is read of a report: one with a full ledger has a tenth of it.
const mostReport = 64 << 20

// ReadLedger reads it from a run's JSON report, and where the report names a ledger file beside it,
// from that. Both may be from anywhere; nothing outside the report's directory is opened.
func ReadLedger(path string) (*Ledger, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read ledger: %w", cause(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostReport+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read ledger: %w", cause(err))
	case len(text) > mostReport:
		return nil, fmt.Errorf("read ledger: a report has at most %d bytes", mostReport)
	}
	l, beside, err := parseLedger(text)
	if err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	if beside.name != "" {
		if err := l.readFile(filepath.Dir(path), beside); err != nil {
			return nil, fmt.Errorf("read ledger file %.80q: %w", beside.name, err)
		}
	}
	return l, nil
}

// ledgerFile is what a report says of its ledger file.
type ledgerFile struct {
	name    string // empty: there is none
	streams int    // that are in it
}

func parseLedger(text []byte) (l *Ledger, beside ledgerFile, err error) {
	var r struct {
		Version    int       `json:"version"`
		RunID      string    `json:"run_id"`
		Started    time.Time `json:"started"`
		Elapsed    float64   `json:"elapsed"`
		LedgerCut  bool      `json:"ledger_cut"`
		LedgerFile string    `json:"ledger_file"`
		Bytes      struct {
			Acked uint64 `json:"acked"`
		} `json:"bytes"`
		Plan struct {
			Sink    string `json:"sink"`
			Target  string `json:"target"`
			Format  string `json:"format"`
			Streams int    `json:"streams"`

			Offset   float64     `json:"timestamp_offset"`
			Disorder report.Over `json:"out_of_order"`
		} `json:"plan"`
		Parts  []struct{} `json:"parts"`
		Ledger *[]struct {
			Stream   uint64  `json:"stream"`
			Next     uint64  `json:"next"`
			Rejected []Range `json:"rejected"`
			Unknown  []Range `json:"unknown"`
			Cut      bool    `json:"cut"`
		} `json:"ledger"`
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, beside, fmt.Errorf("not the JSON report of a run: %w", err)
	}
	switch {
	case r.Version != 1:
		return nil, beside, fmt.Errorf("a report of version %d, not 1", r.Version)
	case len(r.Parts) > 0:
		return nil, beside, fmt.Errorf("it was merged from %d runs: each has a ledger of its own, in its own report", len(r.Parts))
	case !validRun(r.RunID):
		return nil, beside, fmt.Errorf("run_id %.80q is not one", r.RunID)
	case r.Ledger == nil:
		return nil, beside, errors.New("it has none: the run did not identify its lines (--identify)")
	}
	l = &Ledger{
		RunID: r.RunID, Sink: r.Plan.Sink, Target: r.Plan.Target, Format: r.Plan.Format, Started: r.Started,
		Bytes: r.Bytes.Acked, Cut: r.LedgerCut,
		Astray: length(max(r.Plan.Offset, -r.Plan.Offset) + max(0, r.Plan.Disorder.Seconds)),
		Ended:  r.Started.Add(time.Duration(r.Elapsed * float64(time.Second))),
	}
	for _, s := range *r.Ledger {
		l.Streams = append(l.Streams, Sent{
			Stream: s.Stream, Next: s.Next, Rejected: tidy(s.Rejected), Unknown: tidy(s.Unknown), Cut: s.Cut,
		})
	}
	l.sort()
	return l, ledgerFile{r.LedgerFile, r.Plan.Streams}, nil
}

// length is so many seconds, but no longer than a run may have asked for.
func length(seconds float64) time.Duration {
	return time.Duration(min(seconds, emitter.LongestTime.Seconds()) * float64(time.Second))
}

// readFile takes the streams of the ledger file instead of those in the report.
func (l *Ledger) readFile(dir string, beside ledgerFile) error {
	f, err := openBeside(dir, beside.name)
	if err != nil {
		return err
	}
	defer f.Close()
	l.Streams, l.Cut = nil, false
	err = report.ReadLedger(f, l.RunID, beside.streams, func(s report.Stream) {
		l.Streams = append(l.Streams, Sent{
			Stream: uint64(s.Stream), Next: s.Next, Rejected: fromReport(s.Rejected), Unknown: fromReport(s.Unknown), Cut: s.Cut,
		})
	})
	return cause(err)
}

// openBeside opens a ledger file, and nothing else that somebody may have named in a report.
func openBeside(dir, name string) (*os.File, error) {
	if name != filepath.Base(name) || !strings.HasSuffix(name, report.LedgerExtension) {
		return nil, fmt.Errorf("not a name like run.json%s", report.LedgerExtension)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, cause(err)
	}
	defer root.Close()
	info, err := root.Stat(name)
	switch {
	case err != nil:
		return nil, cause(err)
	case !info.Mode().IsRegular(): // opening a pipe may take for ever
		return nil, errors.New("not a regular file")
	}
	f, err := root.Open(name)
	return f, cause(err)
}

func fromReport(ranges [][2]uint64) []Range {
	list := make([]Range, len(ranges))
	for i, r := range ranges {
		list[i] = Range(r)
	}
	return tidy(list)
}

// cause is err without the path, which whoever asked knows.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
