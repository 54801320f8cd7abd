// Package line holds the formats of a line and the texts that fill it. To add a format: a file,
// its test, and a line in the table.
package line

import (
	"strconv"
	"time"

	"github.com/exitfound/lologen/emitter"
)

// Options are what all lines of one worker share.
type Options struct {
	Name       string // of the logger
	ThreadName string
	Thread     int64
	PID        int
	Color      bool           // wrap the message in its level's colour
	Run        string         // the run's id, letters and digits; if not empty, every line carries its identity
	Location   *time.Location // of the times in a line; nil: local
}

// table is the registry.
var table = []struct {
	name string
	make func(Options) emitter.Format
}{
	{"logfmt", logfmt},
	{"json", json},
	{"unstructured", unstructured},
}

// ThreadName is how the Python tool's threads are called, of which a worker is one.
func ThreadName(worker int) string {
	if worker == 0 {
		return "MainThread"
	}
	return "Thread-" + strconv.Itoa(worker)
}

// New returns the named format for one worker.
func New(name string, o Options) (f emitter.Format, ok bool) {
	for _, t := range table {
		if t.name == name {
			return t.make(o), true
		}
	}
	return nil, false
}

// Names lists the formats.
func Names() []string {
	names := make([]string, len(table))
	for i, t := range table {
		names[i] = t.name
	}
	return names
}
