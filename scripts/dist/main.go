// Command dist builds lologen for every platform it is released for and packs each program, with
// the licence and the README, into a zip. The same commit built twice gives the same bytes.
package main

import (
	"archive/zip"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// platform is what Go builds for; "arm" is the 32-bit ARM that old boards have (ARMv6).
type platform struct{ os, arch string }

var platforms = []platform{
	{"linux", "amd64"},
	{"linux", "arm64"},
	{"linux", "arm"},
	{"darwin", "amd64"},
	{"darwin", "arm64"},
	{"windows", "amd64"},
	{"freebsd", "amd64"},
}

func (p platform) archive() string { return fmt.Sprintf("lologen_%s_%s.zip", p.os, p.arch) }

func (p platform) program() string {
	if p.os == "windows" {
		return "lologen.exe"
	}
	return "lologen"
}

func main() {
	log.SetFlags(0)
	version := flag.String("version", "dev", "the version stamped into the programs")
	dir := flag.String("dir", "dist", "where the archives go")
	flag.Parse()
	if err := run(*version, *dir); err != nil {
		log.Fatal("dist: ", err)
	}
}

func run(version, dir string) error {
	// Archives of an earlier version must not stay beside the new checksums.
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("empty the folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	var sums strings.Builder
	for _, p := range platforms {
		sum, err := release(p, version, dir)
		if err != nil {
			return fmt.Errorf("release for %s/%s: %w", p.os, p.arch, err)
		}
		fmt.Fprintf(&sums, "%x  %s\n", sum, p.archive())
		fmt.Println(filepath.Join(dir, p.archive()))
	}
	return os.WriteFile(filepath.Join(dir, "SHA256SUMS"), []byte(sums.String()), 0o644)
}

// release makes one platform's archive and returns its checksum.
func release(p platform, version, dir string) ([]byte, error) {
	work, err := os.MkdirTemp("", "lologen-dist-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)

	program := filepath.Join(work, p.program())
	if err := build(p, version, program); err != nil {
		return nil, err
	}
	return writeArchive(filepath.Join(dir, p.archive()), []member{
		{program, 0o755},
		{"LICENSE", 0o644},
		{"README.md", 0o644},
	})
}

func build(p platform, version, to string) error {
	// Without -buildvcs=false the bytes would depend on whether the source came with its history.
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -X main.version="+version, "-o", to, "./cmd/lologen")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+p.os, "GOARCH="+p.arch, "GOARM=6")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go build: %w", err)
	}
	return nil
}

// member is a file to be packed, under its base name.
type member struct {
	path string
	mode os.FileMode
}

// writeArchive packs the members into a zip and returns the zip's SHA-256.
func writeArchive(path string, members []member) (sum []byte, err error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()

	hash := sha256.New()
	z := zip.NewWriter(io.MultiWriter(f, hash))
	for _, m := range members {
		if err := pack(z, m); err != nil {
			return nil, fmt.Errorf("pack %s: %w", m.path, err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return hash.Sum(nil), nil
}

func pack(z *zip.Writer, m member) error {
	in, err := os.Open(m.path)
	if err != nil {
		return err
	}
	defer in.Close()

	header := &zip.FileHeader{Name: filepath.Base(m.path), Method: zip.Deflate}
	header.SetMode(m.mode)
	// The earliest time that a zip can hold: the clock of the build must not show in the bytes.
	header.Modified = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	out, err := z.CreateHeader(header)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return err
}
