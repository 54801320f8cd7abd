package verify

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/emitter"
)

// many is a run with more streams than its report has room for.
func many() *emitter.Result {
	const streams = 12_000
	result := &emitter.Result{}
	for i := range streams {
		s := emitter.StreamLedger{Stream: i, Next: uint64(i)}
		if i > 10 {
			s.Rejected = []emitter.Range{{From: 0, To: 1}, {From: 3, To: 3}}
			s.Unknown = []emitter.Range{{From: 5, To: uint64(i - 1)}}
		}
		result.Streams = append(result.Streams, s)
	}
	return result
}

// leave has a run leave its report, and returns where.
func leave(t *testing.T, dir string, result *emitter.Result) string {
	t.Helper()
	path := filepath.Join(dir, "run.json")
	f, err := report.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	plan := report.Plan{Identify: true, Streams: len(result.Streams)}
	if err := f.Commit(report.New(result, report.Run{ID: "abc", Plan: plan})); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestReadLedgerFile: what a report has no room for is read all the same, also when both files
// have been moved elsewhere.
func TestReadLedgerFile(t *testing.T) {
	result := many()
	dir := t.TempDir()
	leave(t, dir, result)
	moved := filepath.Join(filepath.Dir(dir), "moved")
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	got, err := ReadLedger(filepath.Join(moved, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := NewLedger("abc", result)
	want.Started, want.Ended = got.Started, got.Ended
	for i := range want.Streams {
		if !reflect.DeepEqual(got.Streams[i], want.Streams[i]) {
			t.Fatalf("stream %d is %+v, want %+v", i, got.Streams[i], want.Streams[i])
		}
	}
	if got.Cut || len(got.Streams) != len(want.Streams) || got.Acked() != want.Acked() {
		t.Errorf("cut %v, %d streams, %d acked", got.Cut, len(got.Streams), got.Acked())
	}
}

// TestReadLedgerFileFails: a ledger that is not that of the report proves nothing.
func TestReadLedgerFileFails(t *testing.T) {
	good := t.TempDir()
	leave(t, good, many())
	for name, c := range map[string]struct {
		spoil func(dir, report, ledger string) error
		want  string
	}{
		"none": {func(_, _, ledger string) error { return os.Remove(ledger) }, "no such file"},
		"cut":  {func(_, _, ledger string) error { return os.Truncate(ledger, 1<<17) }, "it is no stream"},
		"a directory": {func(_, _, ledger string) error {
			if err := os.Remove(ledger); err != nil {
				return err
			}
			return os.Mkdir(ledger, 0o755)
		}, "not a regular file"},
		"elsewhere":   {rename("../run.json.ledger.ndjson"), "not a name like run.json.ledger.ndjson"},
		"absolute":    {rename("/etc/passwd"), "not a name like"},
		"another":     {rename("secrets.txt"), "not a name like"},
		"parent":      {rename(".."), "not a name like"},
		"of no use":   {rename(strings.Repeat("x", 1000)), "not a name like"},
		"not to open": {rename(strings.Repeat("x", 1000) + ".ledger.ndjson"), "file name too long"},
		"a way out": {func(dir, _, ledger string) error {
			outside := filepath.Join(filepath.Dir(dir), "outside")
			if err := os.Rename(ledger, outside); err != nil {
				return err
			}
			return os.Symlink(outside, ledger)
		}, "escapes"},
		"another run": {func(_, report, _ string) error {
			text, err := os.ReadFile(report)
			if err != nil {
				return err
			}
			return os.WriteFile(report, []byte(strings.Replace(string(text), `"run_id": "abc"`, `"run_id": "abd"`, 1)), 0o644)
		}, "it is of run abc, and the report of abd"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "dir")
			if err := os.CopyFS(dir, os.DirFS(good)); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "run.json")
			if err := c.spoil(dir, path, path+report.LedgerExtension); err != nil {
				t.Fatal(err)
			}
			_, err := ReadLedger(path)
			if err == nil || !strings.HasPrefix(err.Error(), "read ledger file ") || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 300 {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// rename has the report name another file.
func rename(name string) func(dir, report, ledger string) error {
	return func(_, report, _ string) error {
		text, err := os.ReadFile(report)
		if err != nil {
			return err
		}
		return os.WriteFile(report, []byte(strings.Replace(string(text), "run.json.ledger.ndjson", name, 1)), 0o644)
	}
}

func TestReadLedgerOpens(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large.json")
	f, err := os.Create(large)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(mostReport + 1); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none.json"): "read ledger: no such file or directory",
		dir:                             "read ledger: is a directory",
		large:                           fmt.Sprintf("read ledger: a report has at most %d bytes", mostReport),
	} {
		if _, err := ReadLedger(path); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}

// TestReadLedgerAstray: where a run dated its lines is part of what is to be known to find them.
func TestReadLedgerAstray(t *testing.T) {
	for plan, want := range map[string]time.Duration{
		`{}`:                          0,
		`{"timestamp_offset": -7200}`: 2 * time.Hour,
		`{"timestamp_offset": 60, "out_of_order": {"share": 0.05, "seconds": 30}}`: 90 * time.Second,
		`{"timestamp_offset": -1e300, "out_of_order": {"seconds": -5}}`:            emitter.LongestTime,
	} {
		path := filepath.Join(t.TempDir(), "run.json")
		text := `{"version": 1, "run_id": "abc", "ledger": [], "plan": ` + plan + `}`
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if l, err := ReadLedger(path); err != nil || l.Astray != want {
			t.Errorf("%s: %+v, %v; want %v", plan, l, err, want)
		}
	}
}
