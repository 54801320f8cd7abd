package main

import (
	"errors"
	"syscall"

	"github.com/exitfound/lologen/bench/report"
)

// files are those that a report goes to, by --report-file.
type files[T any] []file[T]

type file[T any] interface{ Commit(what T) error }

// openFiles opens them as the kind of report wants it.
func openFiles[T any, F file[T]](paths []string, open func(path string) (F, error)) (files[T], error) {
	var list files[T]
	for _, path := range paths {
		f, err := open(path)
		if err != nil {
			if errors.As(err, new(syscall.Errno)) {
				return nil, err // a place that cannot be written to is no wrong use
			}
			return nil, usagef("--report-file: %w", err)
		}
		list = append(list, f)
	}
	return list, nil
}

// reportFiles opens those of a run, none of which may be the one that its lines go to.
func (o *options) reportFiles() (files[*report.Report], error) {
	for _, path := range o.files {
		if o.sink == "file" && report.Same(path, o.path) {
			return nil, usagef("--report-file %s: the lines go there, by -p %s: accepted is another file", path, o.path)
		}
	}
	return openFiles(o.files, report.OpenFile)
}

func (l files[T]) commit(what T) error {
	var errs []error
	for _, f := range l {
		errs = append(errs, f.Commit(what))
	}
	return errors.Join(errs...)
}
