package verify

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/exitfound/lologen/emitter/line"
)

// Files is a Source that reads files of lines, rotated and gzipped ones too. They are read in the
// order of their last change, which is that of the lines in them.
type Files struct {
	paths []string
	last  *Holding // what Count has read
}

// NewFiles checks that the files can be opened.
func NewFiles(paths ...string) (*Files, error) {
	if len(paths) == 0 {
		return nil, errors.New("no file to read")
	}
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		info, err := f.Stat()
		_ = f.Close()
		if err != nil {
			return nil, err
		}
		if !info.Mode().IsRegular() {
			return nil, fmt.Errorf("open %s: not a regular file", path)
		}
	}
	return &Files{paths: paths}, nil
}

func (f *Files) String() string { return strings.Join(f.paths, ", ") }

// Count implements Source.
func (f *Files) Count(ctx context.Context, run string) (uint64, error) {
	f.last = nil
	sorted, err := byChange(f.paths)
	if err != nil {
		return 0, err
	}
	a := NewAccount(Limits{})
	a.Expect(run)
	r := &fileReader{batch: a.NewBatch(), run: run}
	for _, path := range sorted {
		if err := r.file(ctx, path); err != nil {
			return 0, fmt.Errorf("read %s: %w", path, err)
		}
	}
	f.last = a.Holding(run)
	f.last.Notes, f.last.beside = r.notes, r.beside
	f.last.Unidentified.Lines -= r.before
	return f.last.Lines.Received, nil
}

// Holding implements Source.
func (f *Files) Holding(ctx context.Context, run string) (*Holding, error) {
	if f.last == nil || f.last.RunID != run {
		if _, err := f.Count(ctx, run); err != nil {
			return nil, err
		}
	}
	return f.last, nil
}

// byChange sorts files by their last change. One that is named twice is one.
func byChange(paths []string) ([]string, error) {
	var files []os.FileInfo
	var sorted []string
	changed := make(map[string]time.Time, len(paths))
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(files, func(f os.FileInfo) bool { return os.SameFile(f, info) }) {
			continue
		}
		files, sorted = append(files, info), append(sorted, path)
		changed[path] = info.ModTime()
	}
	slices.SortStableFunc(sorted, func(a, b string) int { return changed[a].Compare(changed[b]) })
	return sorted, nil
}

// fileReader reads file after file into one account.
type fileReader struct {
	batch  *Batch
	run    string
	notes  []string
	begun  bool     // a line of the run was there
	before uint64   // lines without an identity were there before it: nobody looks for ours among them
	beside []string // where further ones are
}

func (r *fileReader) file(ctx context.Context, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	buffered := bufio.NewReaderSize(file, 256<<10)
	var text io.Reader = buffered
	switch magic, _ := buffered.Peek(4); {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		unpacked, err := gzip.NewReader(buffered)
		if err != nil {
			return fmt.Errorf("unpack: %w", err)
		}
		defer unpacked.Close()
		text = unpacked
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return refusal{errors.New("packed with zstd: unpack it first")}
	}
	return r.lines(ctx, path, text)
}

func (r *fileReader) lines(ctx context.Context, path string, text io.Reader) error {
	const longest, together = 16 << 20, 1000
	scanner := bufio.NewScanner(text)
	scanner.Buffer(make([]byte, 256<<10), longest)
	for n := 1; scanner.Scan(); n++ {
		if len(scanner.Bytes()) == 0 { // ends a line that was cut
			continue
		}
		r.line(scanner.Bytes(), path, n)
		if n%together == 0 {
			r.batch.Take(0)
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	r.batch.Take(0)
	if err := scanner.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			return refusal{fmt.Errorf("a line of over %d bytes", longest)}
		}
		return err
	}
	return nil
}

// line takes the n-th line of a file.
func (r *fileReader) line(text []byte, path string, n int) {
	found := r.batch.Add(text)
	if found != line.None && !r.begun {
		id, _ := line.Scan(text)
		r.begun = string(id.Run) == r.run
	}
	switch found {
	case line.Broken:
		r.note(fmt.Sprintf("%s, line %d: its identity is cut or garbled", path, n))
	case line.None:
		const most = 5
		switch {
		case !r.begun:
			r.before++
		case len(r.beside) < most:
			r.beside = append(r.beside, fmt.Sprintf("%s, line %d", path, n))
		}
	}
}

func (r *fileReader) note(text string) {
	const most = 20
	if len(r.notes) < most {
		r.notes = append(r.notes, text)
	}
}
