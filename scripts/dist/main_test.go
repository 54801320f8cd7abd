package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestArchiveHoldsWhatItWasGiven(t *testing.T) {
	dir := t.TempDir()
	program := write(t, dir, "lologen", "the program")
	license := write(t, dir, "LICENSE", "the licence")

	path := filepath.Join(dir, "out.zip")
	sum, err := writeArchive(path, []member{{program, 0o755}, {license, 0o644}})
	if err != nil {
		t.Fatal(err)
	}

	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := sha256.Sum256(data); !bytes.Equal(sum, want[:]) {
		t.Errorf("checksum is %x, the file's is %x", sum, want)
	}

	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		name, content string
		mode          os.FileMode
	}{{"lologen", "the program", 0o755}, {"LICENSE", "the licence", 0o644}}
	if len(z.File) != len(want) {
		t.Fatalf("%d files, want %d", len(z.File), len(want))
	}
	for i, f := range z.File {
		if f.Name != want[i].name || f.Mode() != want[i].mode || content(t, f) != want[i].content {
			t.Errorf("file %d is %s, %v, %q; want %v", i, f.Name, f.Mode(), content(t, f), want[i])
		}
	}
}

func TestArchiveIsReproducible(t *testing.T) {
	dir := t.TempDir()
	program := write(t, dir, "lologen", "the program")
	first, err := writeArchive(filepath.Join(dir, "1.zip"), []member{{program, 0o755}})
	if err != nil {
		t.Fatal(err)
	}

	// Neither the file's own mode nor its age may show.
	if err := os.Chmod(program, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(program, time.Unix(1e9, 0), time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	second, err := writeArchive(filepath.Join(dir, "2.zip"), []member{{program, 0o755}})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Errorf("checksums differ: %x, %x", first, second)
	}
}

func TestArchiveOfAMissingFileFails(t *testing.T) {
	dir := t.TempDir()
	if _, err := writeArchive(filepath.Join(dir, "out.zip"), []member{{filepath.Join(dir, "none"), 0o644}}); err == nil {
		t.Error("no error")
	}
}

func TestNamesOfArchives(t *testing.T) {
	for _, c := range []struct {
		p                platform
		archive, program string
	}{
		{platform{"linux", "amd64"}, "lologen_linux_amd64.zip", "lologen"},
		{platform{"windows", "amd64"}, "lologen_windows_amd64.zip", "lologen.exe"},
	} {
		if c.p.archive() != c.archive || c.p.program() != c.program {
			t.Errorf("%v: %s holds %s, want %s and %s", c.p, c.p.archive(), c.p.program(), c.archive, c.program)
		}
	}
}

func write(t *testing.T, dir, name, content string) (path string) {
	t.Helper()
	path = filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func content(t *testing.T, f *zip.File) string {
	t.Helper()
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
