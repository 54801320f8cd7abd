package verify

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// journalctl makes a program that prints what journalctl would, and fails if told to.
func journalctl(t *testing.T, prints, complains string, status int) *Journal {
	t.Helper()
	if runtime.GOOS == "windows" {
		return nil
	}
	dir := t.TempDir()
	out, program := filepath.Join(dir, "out"), filepath.Join(dir, "journalctl")
	script := fmt.Sprintf("#!/bin/sh\nfor last; do :; done\n[ \"$last\" = --header ] && { cat %s.header; exit; }\n[ \"$last\" = SYSLOG_IDENTIFIER=app ] || exit 9\ncat %s\nprintf '%%s' '%s' >&2\nexit %d\n", out, out, complains, status)
	if err := os.WriteFile(out+".header", []byte("File path: system.journal\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(out, []byte(prints), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return &Journal{identifier: "app", command: program, since: time.Unix(100, 0)}
}

func TestJournal(t *testing.T) {
	numbers := strings.Trim(strings.ReplaceAll(fmt.Sprint([]byte(text("r", 0, 1, 2000_000))), " ", ","), " ")
	j := journalctl(t, fmt.Sprintf(`{"MESSAGE":%q,"__REALTIME_TIMESTAMP":"1005"}
{"MESSAGE":%s,"__REALTIME_TIMESTAMP":"2007","_BOOT_ID":"x"}
{"MESSAGE":%q}
{"__REALTIME_TIMESTAMP":"7"}
{"MESSAGE":null}
`, text("r", 0, 0, 1000_000), numbers, text("r", 0, 3, 1)), "", 0)
	if j == nil {
		return
	}
	v := Ask(t.Context(), j, Question{Run: "r", Ledger: &Ledger{RunID: "r", Streams: []Sent{{Next: 4}}}, Settle: time.Nanosecond})
	if v.Stored != 3 || v.Lost != 1 || v.EndToEnd == nil || v.EndToEnd.Count != 2 || v.EndToEnd.Min > 5.1e-6 || v.EndToEnd.Max < 6.9e-6 {
		t.Errorf("verdict is %+v, %+v", v, v.EndToEnd)
	}
}

func TestJournalFails(t *testing.T) {
	for _, c := range []struct {
		prints, complains string
		status            int
		wrong             bool
	}{
		{"", "", 1, false}, // nothing found
		{"", "no such journal", 1, true},
		{"what?\n", "", 0, true},
		{`{"MESSAGE":7}` + "\n" + strings.Repeat("x", 1<<20), "", 0, true},
	} {
		j := journalctl(t, c.prints, c.complains, c.status)
		if j == nil {
			return
		}
		if _, err := j.Count(t.Context(), "r"); (err != nil) != c.wrong {
			t.Errorf("%+v: error is %v", c, err)
		}
	}
}

// TestJournalIsNone: where there is no journal nothing is lost, as nobody knows.
func TestJournalIsNone(t *testing.T) {
	j := journalctl(t, "", "", 0)
	if j == nil {
		return
	}
	q := Question{Run: "r", Ledger: &Ledger{RunID: "r", Streams: []Sent{{Next: 4}}}, Wait: 1}
	if v := Ask(t.Context(), j, q); v.Passed == nil || *v.Passed || v.Lost != 4 {
		t.Errorf("an empty journal: %+v", v)
	}
	if err := os.Truncate(filepath.Join(filepath.Dir(j.command), "out.header"), 0); err != nil {
		t.Fatal(err)
	}
	q.Wait = time.Hour
	if v := Ask(t.Context(), j, q); v.Passed != nil || !strings.Contains(v.Error, "there is none that can be read") {
		t.Errorf("no journal: %+v", v)
	}
}

func FuzzJournal(f *testing.F) {
	f.Add(`{"MESSAGE":[114,117,110,61,300,-1]}` + "\n" + `{"MESSAGE":"run=r","__REALTIME_TIMESTAMP":"-9"}`)
	f.Fuzz(func(t *testing.T, printed string) {
		a := NewAccount(Limits{})
		_ = readEntries(strings.NewReader(printed), a.NewBatch())
		a.Totals()
	})
}
