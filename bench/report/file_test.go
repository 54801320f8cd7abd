package report

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// names lists a directory.
func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return strings.Join(list, " ")
}

func TestFileCommit(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "run.JSON")
	if err := os.WriteFile(path, []byte("the last one"), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if old, _ := os.ReadFile(path); string(old) != "the last one" {
		t.Errorf("the last report became %q too soon", old)
	}
	if err := f.Commit(New(paced())); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r Report
	if err := json.Unmarshal(b, &r); err != nil || r.Lines.Acked != 640_000 {
		t.Errorf("%d lines, %v, in %s", r.Lines.Acked, err, b)
	}
	if got := names(t, dir); got != "run.JSON" {
		t.Errorf("the directory holds %s", got)
	}
}

func TestFileMode(t *testing.T) {
	dir := t.TempDir()
	model := filepath.Join(dir, "model")
	if err := os.WriteFile(model, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "run.txt")
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(New(paced())); err != nil {
		t.Fatal(err)
	}
	want, err := os.Stat(model)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got.Mode() != want.Mode() {
		t.Errorf("mode %v, want %v", got.Mode(), want.Mode())
	}
}

// TestFileKeepsWhatIsThere: a report takes the place of a file, not that of a link to it, and those
// who could not read the file cannot read the report.
func TestFileKeepsWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "far", "away"), 0o755); err != nil {
		t.Fatal(err)
	}
	real := filepath.Join(dir, "far", "away", "real.json")
	if err := os.WriteFile(real, []byte("the last one"), 0o600); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"run.json": "far/middle.json", "far/middle.json": real, "new.json": "far/new.json", "round.json": "round.json"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for link, place := range map[string]string{"run.json": real, "new.json": filepath.Join(dir, "far", "new.json")} {
		f, err := OpenFile(filepath.Join(dir, link))
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Commit(New(paced())); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Lstat(filepath.Join(dir, link)); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s is no link any more: %v, %v", link, info, err)
		}
		if b, err := os.ReadFile(place); err != nil || !strings.HasPrefix(string(b), "{") {
			t.Errorf("%s: %.20q, %v", place, b, err)
		}
	}
	if info, err := os.Stat(real); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: want only its owner to read it", info.Mode(), err)
	}
	if got := names(t, filepath.Join(dir, "far")); got != "away middle.json new.json" {
		t.Errorf("the directory holds %s", got)
	}
	if _, err := OpenFile(filepath.Join(dir, "round.json")); err == nil {
		t.Error("a link to itself leads somewhere")
	}
}

// TestFileLeavesNothing: a run that is killed never comes to its Commit.
func TestFileLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenFile(filepath.Join(dir, "run.txt")); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); got != "" {
		t.Errorf("the directory holds %s", got)
	}
}

func TestFileCommitFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "run.txt")
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// Something is in the way that a file cannot replace.
	if err := os.MkdirAll(filepath.Join(path, "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	err = f.Commit(New(paced()))
	if err == nil || !strings.HasPrefix(err.Error(), "write report file "+path+": ") || strings.Contains(err.Error(), ".run.txt.") {
		t.Errorf("got %v", err)
	}
	if got := names(t, dir); got != "run.txt" {
		t.Errorf("the directory holds %s", got)
	}
}

func TestOpenFileFails(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file.json")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "dir.json"), 0o755); err != nil {
		t.Fatal(err)
	}
	// A link to a device, so that nothing is lost if it is taken for a file.
	if err := os.Symlink(os.DevNull, filepath.Join(dir, "null.json")); err != nil {
		t.Fatal(err)
	}
	before := names(t, dir)
	tests := []struct {
		path string
		want string
		is   error
	}{
		{filepath.Join(dir, "none", "run.json"), "no such file or directory", os.ErrNotExist},
		{filepath.Join(file, "run.json"), "not a directory", nil},
		{filepath.Join(dir, "dir.json"), "is a directory", nil},
		{filepath.Join(dir, "null.json"), "is not a regular file", nil},
		{filepath.Join(dir, "run.xml"), "its extension must be one of .txt, .json, .html, .hlog", nil},
		{filepath.Join(dir, "run"), "its extension must be one of .txt, .json, .html, .hlog", nil},
		{"", "its extension must be one of .txt, .json, .html, .hlog", nil},
	}
	for _, tt := range tests {
		_, err := OpenFile(tt.path)
		if err == nil {
			t.Errorf("%s: no error", tt.path)
			continue
		}
		if want := "open report file " + tt.path + ": " + tt.want; err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
		if tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%v is not %v", err, tt.is)
		}
	}
	if got := names(t, dir); got != before {
		t.Errorf("the directory holds %s", got)
	}
}

// TestSame: whatever leads to a file is that file, whether it is there yet or not.
func TestSame(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, err := range []error{
		os.Mkdir("logs", 0o755), os.Symlink("logs", "link"), os.WriteFile("logs/there.txt", nil, 0o644),
		os.Link("logs/there.txt", "hard.txt"), os.Symlink("logs/there.txt", "soft.txt"), os.Symlink("logs/none.txt", "hanging.txt"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, paths := range [][]string{
		{"logs/there.txt", "link/there.txt", "hard.txt", "soft.txt", filepath.Join(dir, "logs", "..", "soft.txt")},
		{"logs/none.txt", "link/none.txt", "hanging.txt", filepath.Join(dir, "logs/none.txt")},
		{"none.txt", "./none.txt", filepath.Join(dir, "none.txt")},
		{"nowhere/none.txt"},
	} {
		for _, a := range paths {
			for _, b := range append(paths, "other.txt") {
				if want := b != "other.txt" && i < 3; Same(a, b) != want {
					t.Errorf("%s and %s are the same: %v", a, b, !want)
				}
			}
		}
	}
}
