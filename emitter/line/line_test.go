package line_test

import (
	"strings"
	"testing"
	"time"

	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/emitter/line"
)

// start is 2026-11-22 15:23:23.819 in Berlin.
const start = 1795357403_819_000_000

// options are those of most tests.
var options = line.Options{
	Name: "spam_application", ThreadName: "MainThread", Thread: 140_234_567_890, PID: 4711, Location: time.UTC,
}

// A variant is one way in which a format can be asked for.
type variant struct {
	name            string
	color, identity bool
}

// variants are all there are.
func variants() (all []variant) {
	for _, name := range line.Names() {
		for _, color := range []bool{false, true} {
			for _, identity := range []bool{false, true} {
				all = append(all, variant{name, color, identity})
			}
		}
	}
	return all
}

func (v variant) String() string {
	var how []string
	if v.color {
		how = append(how, "colour")
	}
	if v.identity {
		how = append(how, "identity")
	}
	if how == nil {
		how = append(how, "plain")
	}
	return v.name + "/" + strings.Join(how, ",")
}

// with returns the variant's format, its other options as given.
func (v variant) with(o line.Options) emitter.Format {
	o.Color = v.color
	if v.identity {
		o.Run = "k3x9q2"
	}
	f, ok := line.New(v.name, o)
	if !ok {
		panic("no format " + v.name)
	}
	return f
}

func (v variant) format() emitter.Format { return v.with(options) }

func TestNew(t *testing.T) {
	if got, want := strings.Join(line.Names(), " "), "logfmt json unstructured"; got != want {
		t.Errorf("formats are %s, want %s", got, want)
	}
	if _, ok := line.New("xml", options); ok {
		t.Error("there is a format that is in no list")
	}
}
