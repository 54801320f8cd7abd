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

// A File is a report file to be. It is written beside its place and then moved there, so that
// nobody ever reads half a report and a run that fails leaves the last one alone.
type File struct {
	path  string
	write func(*Report, io.Writer) error
}

// OpenFile prepares the report file at path, whose extension says what it will hold. What would
// keep it from being written is found now: call it before the first line.
func OpenFile(path string) (*File, error) {
	write, err := byExtension(path)
	if err != nil {
		return nil, fmt.Errorf("open report file %s: %w", path, err)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, fmt.Errorf("open report file %s: is a directory", path)
	}
	// Whether it can be written is tried and undone: a run that is killed leaves nothing behind.
	temp, err := create(path)
	if err != nil {
		return nil, fmt.Errorf("open report file %s: %w", path, cause(err))
	}
	remove(temp)
	return &File{path, write}, nil
}

// create opens a new file in path's directory.
func create(path string) (*os.File, error) {
	return os.OpenFile(beside(path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
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

func byExtension(path string) (func(*Report, io.Writer) error, error) {
	extension := strings.ToLower(filepath.Ext(path))
	var known []string
	for _, f := range formats {
		if f.extension == extension {
			return f.write, nil
		}
		known = append(known, f.extension)
	}
	return nil, fmt.Errorf("its extension must be one of %s", strings.Join(known, ", "))
}

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

// Commit writes r and moves it into place. On an error nothing is left behind.
func (f *File) Commit(r *Report) error {
	temp, err := create(f.path)
	if err != nil {
		return fmt.Errorf("write report file %s: %w", f.path, cause(err))
	}
	err = errors.Join(f.write(r, temp), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), f.path)
	}
	if err != nil {
		remove(temp)
		return fmt.Errorf("write report file %s: %w", f.path, cause(err))
	}
	return nil
}
