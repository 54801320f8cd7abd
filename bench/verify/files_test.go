package verify

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// write makes a file of lines, last changed some hours ago.
func write(t *testing.T, name string, packed bool, hours int, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	data := []byte(strings.Join(lines, "\n"))
	if packed {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write(data)
		_ = w.Close()
		data = b.Bytes()
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	changed := time.Now().Add(-time.Duration(hours) * time.Hour)
	if err := os.Chtimes(path, changed, changed); err != nil {
		t.Fatal(err)
	}
	return path
}

func askFiles(t *testing.T, l *Ledger, paths ...string) *Verdict {
	t.Helper()
	f, err := NewFiles(paths...)
	if err != nil {
		t.Fatal(err)
	}
	return Ask(t.Context(), f, Question{Run: "r", Ledger: l, Settle: time.Nanosecond})
}

func TestFiles(t *testing.T) {
	l := func(seq uint64) string { return string(text("r", 0, seq, 1)) }
	newest := write(t, "app.log", false, 0, l(4), l(5), "", string(text("other", 0, 9, 1)), "")
	middle := write(t, "app.log.1", false, 1, l(2), l(3))
	oldest := write(t, "app.log.2.gz", true, 2, l(0), l(1), "")
	ledger := &Ledger{RunID: "r", Streams: []Sent{{Next: 6}}}
	// A file that is named twice is read once, under whatever name.
	dir, name := filepath.Split(newest)
	again := []string{newest, dir + "./" + name, filepath.Join(dir, "link")}
	if err := os.Link(newest, again[2]); err != nil {
		t.Fatal(err)
	}
	v := askFiles(t, ledger, append(again, newest, middle, oldest)...)
	if v.Passed == nil || !*v.Passed || v.Stored != 6 || v.Reordered != 0 || v.Duplicated != 0 {
		t.Errorf("verdict is %+v", v)
	}
}

// TestFilesDamaged cuts a line in the middle of its text, another within its identity, and the
// file's end.
func TestFilesDamaged(t *testing.T) {
	var lines []string
	for seq := range uint64(10) {
		lines = append(lines, string(text("r", 0, seq, 1)))
	}
	lines[3] = lines[3][:20]
	lines[5] = lines[5][:len(lines[5])-5]
	lines = lines[:9]
	lines[8] = lines[8][:10]
	path := write(t, "app.log", false, 0, lines...)
	v := askFiles(t, &Ledger{RunID: "r", Streams: []Sent{{Next: 10}}}, path)
	want := []Finding{{0, 3, 3, Lost}, {0, 5, 5, Lost}, {0, 8, 9, Lost}}
	if v.Passed == nil || *v.Passed || v.Lost != 4 || v.Corrupt != 1 || !reflect.DeepEqual(v.Ranges, want) {
		t.Errorf("verdict is %+v", v)
	}
	notes := strings.Join(v.Notes, "\n")
	if !strings.Contains(notes, path+", line 6:") || !strings.Contains(notes, "without an identity of a known run: 2;") {
		t.Errorf("notes are %q", notes)
	}
}

// TestFilesBrokenInTwo: the identity at the end of a line is whole where its beginning is not there, or is a line of its own.
func TestFilesBrokenInTwo(t *testing.T) {
	var lines []string
	bytes := uint64(0)
	for seq := range uint64(10) {
		lines = append(lines, string(text("r", 0, seq, 1)))
		bytes += uint64(len(lines[seq]))
	}
	change := func(n int, to ...string) []string { return slices.Replace(slices.Clone(lines), n, n+1, to...) }
	for _, c := range []struct {
		name  string
		lines []string
		off   int64
		note  string
	}{
		{"whole", lines, 0, ""},
		{"others before", append([]string{"older", "and older"}, lines...), 0, ""},
		{"others among them", change(3, lines[3], "somebody else's"), 0, "app.log, line 5"},
		{"broken in two", change(3, lines[3][:9], lines[3][9:]), -9, "app.log, line 4"},
		{"the first one", change(0, lines[0][:9], lines[0][9:]), -9, ""},
		{"its beginning lost", change(3, lines[3][9:]), -9, ""},
		{"more than was sent", change(3, "x"+lines[3]), 1, ""},
	} {
		path := write(t, "app.log", false, 0, c.lines...)
		l := &Ledger{RunID: "r", Bytes: bytes, Streams: []Sent{{Next: 10}}}
		f, err := NewFiles(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, verbatim := range []bool{true, false} {
			v := Ask(t.Context(), f, Question{Ledger: l, Wait: 1, Verbatim: verbatim})
			wrong := verbatim && c.off != 0
			if v.Passed == nil || *v.Passed == wrong || v.Lost != 0 || (v.BytesOff != 0) != wrong || wrong && v.BytesOff != c.off {
				t.Errorf("%s, verbatim %v: verdict is %+v", c.name, verbatim, v)
			}
			notes := strings.Join(v.Notes, "\n")
			if !strings.Contains(notes, c.note) || strings.Contains(notes, "without an identity") != (c.note != "") || strings.Contains(notes, "shorter") != (!verbatim && c.off < 0) {
				t.Errorf("%s, verbatim %v: notes are %q", c.name, verbatim, notes)
			}
		}
	}
}

func TestFilesFail(t *testing.T) {
	if _, err := NewFiles(); err == nil {
		t.Error("no files are files")
	}
	if _, err := NewFiles(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
	if _, err := NewFiles(t.TempDir()); err == nil {
		t.Error("a directory is a file")
	}
	zstd := write(t, "app.log.zst", false, 0, "\x28\xb5\x2f\xfdxxx")
	if v := askFiles(t, nil, zstd); !strings.Contains(v.Error, "zstd") {
		t.Errorf("verdict is %+v", v)
	}
	long := write(t, "long.log", false, 0, strings.Repeat("x", 17<<20))
	if v := askFiles(t, nil, long); !strings.Contains(v.Error, "a line of over") {
		t.Errorf("verdict is %+v", v)
	}
}
