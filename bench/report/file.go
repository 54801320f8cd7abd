package report

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A File is a report file to be, of whatever kind of report. It is written beside its place and then
// moved there, so that nobody ever reads half a report and a run that fails leaves the last one alone.
type File[T any] struct {
	path  string
	write func(T, io.Writer) error
}

// OpenFile prepares the report file at path, whose extension says what it will hold. What would
// keep it from being written is found now: call it before the first line.
func (ws Writers[T]) OpenFile(path string) (*File[T], error) {
	write, err := ws.byExtension(path)
	if err != nil {
		return nil, fmt.Errorf("open report file %s: %w", path, err)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, fmt.Errorf("open report file %s: is a directory", path)
	} else if err == nil && !info.Mode().IsRegular() { // a device or a pipe would be lost
		return nil, fmt.Errorf("open report file %s: is not a regular file", path)
	}
	// Whether it can be written is tried and undone: a run that is killed leaves nothing behind.
	place, err := follow(path)
	if err != nil {
		return nil, fmt.Errorf("open report file %s: %w", path, cause(err))
	}
	temp, err := create(place)
	if err != nil {
		return nil, fmt.Errorf("open report file %s: %w", path, cause(err))
	}
	remove(temp)
	return &File[T]{path, write}, nil
}

// Commit writes what is reported and moves it into place. On an error nothing is left behind.
func (f *File[T]) Commit(what T) error {
	if err := put(f.path, func(w io.Writer) error { return f.write(what, w) }); err != nil {
		return fmt.Errorf("write report file %s: %w", f.path, err)
	}
	return nil
}

// A RunFile is a File for the report of a run.
type RunFile struct{ *File[*Report] }

// OpenFile is that of Writers, for the report of a run.
func OpenFile(path string) (*RunFile, error) {
	f, err := writers.OpenFile(path)
	if err != nil {
		return nil, err
	}
	return &RunFile{f}, nil
}

// Commit writes r and moves it into place. Of a run whose ledger is too long for a report, JSON
// names the file beside it that has all of it. On an error nothing is left behind but, if it is
// the ledger that could not be written, the report.
func (f *RunFile) Commit(r *Report) error {
	var failed error
	if isJSON(f.path) && r.streams != nil {
		with := *r
		with.LedgerFile = filepath.Base(f.path) + LedgerExtension
		if failed = put(f.path+LedgerExtension, r.writeLedger); failed != nil {
			failed = fmt.Errorf("write ledger file %s: %w", f.path+LedgerExtension, failed)
			with.LedgerFile = ""
		}
		r = &with
	}
	return errors.Join(failed, f.File.Commit(r))
}

// follow returns where a path leads: a link is to go on leading there, be there something or not.
func follow(path string) (string, error) {
	const most = 40 // as many as Linux follows
	for range most {
		place, err := filepath.EvalSymlinks(path)
		if !errors.Is(err, fs.ErrNotExist) {
			return place, err
		}
		next, err := os.Readlink(path)
		if err != nil { // nothing is there, not even a link
			return path, nil
		}
		if !filepath.IsAbs(next) {
			next = filepath.Join(filepath.Dir(path), next)
		}
		path = next
	}
	return "", errors.New("too many links")
}

// Same reports whether a report at path would take the place of the file at other, be they there or not.
func Same(path, other string) bool {
	a, err := follow(path)
	b, otherErr := follow(other)
	if err != nil || otherErr != nil {
		return false
	}
	return sameFile(a, b) || filepath.Base(a) == filepath.Base(b) && sameFile(filepath.Dir(a), filepath.Dir(b))
}

func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	two, otherErr := os.Stat(b)
	return err == nil && otherErr == nil && os.SameFile(one, two)
}

// create opens a new file in path's directory, which those may read and write who may do so with the
// one at path, if there is one.
func create(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return os.OpenFile(beside(path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	}
	temp, err := os.OpenFile(beside(path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode().Perm())
	if err == nil {
		_ = temp.Chmod(info.Mode().Perm()) // what the umask took away; not every file system can
	}
	return temp, err
}

func remove(temp *os.File) {
	temp.Close()
	os.Remove(temp.Name())
}

// beside is a hidden name in path's directory that no other run will think of. (os.CreateTemp's
// files are for their owner alone, and not every file system lets that be changed.)
func beside(path string) string {
	name := fmt.Sprintf(".%s.%d.%d", filepath.Base(path), os.Getpid(), time.Now().UnixNano())
	return filepath.Join(filepath.Dir(path), name)
}

func (ws Writers[T]) byExtension(path string) (func(T, io.Writer) error, error) {
	extension := strings.ToLower(filepath.Ext(path))
	var known []string
	for _, w := range ws {
		if w.Extension == "" {
			continue
		}
		if w.Extension == extension {
			return w.Write, nil
		}
		known = append(known, w.Extension)
	}
	return nil, fmt.Errorf("its extension must be one of %s", strings.Join(known, ", "))
}

func isJSON(path string) bool { return strings.EqualFold(filepath.Ext(path), ".json") }

// cause is err without the temporary name, which nobody asked for.
func cause(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}

// put has a file written and moves it to where path leads. On an error that is left as it was.
func put(path string, write func(io.Writer) error) error {
	path, err := follow(path)
	if err != nil {
		return cause(err)
	}
	temp, err := create(path)
	if err != nil {
		return cause(err)
	}
	err = errors.Join(write(temp), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		remove(temp)
	}
	return cause(err)
}
