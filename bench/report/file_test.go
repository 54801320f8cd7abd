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
	before := names(t, dir)
	tests := []struct {
		path string
		want string
		is   error
	}{
		{filepath.Join(dir, "none", "run.json"), "no such file or directory", os.ErrNotExist},
		{filepath.Join(file, "run.json"), "not a directory", nil},
		{filepath.Join(dir, "dir.json"), "is a directory", nil},
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
