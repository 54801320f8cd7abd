// Package sinks holds the destinations that lines can be delivered to. To add one: a file, its
// test, and a line in the table.
package sinks

import (
	"crypto/tls"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/exitfound/lologen/emitter"
)

// Config is everything that destinations may be told; each reads what concerns it.
type Config struct {
	Workers int
	Logger  string                  // the logger's name
	Thread  func(worker int) string // the name that a worker's lines carry
	Stream  *os.File                // console: where to
	Path    string                  // file: where to
	HTTP    HTTP                    // http, loki
	Loki    Loki                    // loki
}

// HTTP is how to reach a server and what to say to it.
type HTTP struct {
	URL         string // whole; http or https
	Method      string // GET or POST
	ContentType string // of a POST body
	Form        bool   // lines are url-encoded forms already: with GET they are the query itself
	Header      [][2]string
	User        string // basic authentication, if not empty
	Password    string
	BearerToken string
	TLS         *tls.Config   // see TLSConfig; nil: as that returns it for nothing given
	Timeout     time.Duration // of one request, from dialling to the end of the answer; 0: 10 s
	Lines       int           // most lines in one request; more than 1 only with POST and without Form
}

// table is the registry. Default batches are part of what a sink is: see each file.
var table = []struct {
	name string
	open func(Config) (emitter.Opener, error)
}{
	{"console", openConsole},
	{"file", openFile},
	{"journald", openJournald},
	{"http", openHTTP},
	{"loki", openLoki},
	{"discard", openDiscard},
}

// Open prepares the named destination, with the batches that suit it. What can be found out
// about it before the first line is found out here or when its workers are opened.
func Open(name string, c Config) (emitter.Opener, error) {
	for _, s := range table {
		if s.name == name {
			return s.open(c)
		}
	}
	return emitter.Opener{}, fmt.Errorf("open sink %q: known are %s", name, strings.Join(Names(), ", "))
}

// Names lists the destinations.
func Names() []string {
	names := make([]string, len(table))
	for i, s := range table {
		names[i] = s.name
	}
	return names
}
