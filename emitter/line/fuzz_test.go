package line_test

import (
	"bytes"
	"testing"

	"github.com/exitfound/lologen/emitter"
)

// seed gives a fuzz target the awkward texts.
func seed(f *testing.F) {
	for i, s := range awkward {
		f.Add(s, []byte(awkward[len(awkward)-1-i]), i%2 == 0)
		f.Add("spam_application", []byte(s), i%2 == 0)
	}
}

// fuzz has the named format parsed back.
func fuzz(f *testing.F, format string, unclear func(name string, message []byte) bool) {
	seed(f)
	f.Fuzz(func(t *testing.T, name string, message []byte, color bool) {
		if unclear(name, message) {
			return
		}
		o := options
		o.Name = name
		v := variant{format, color, true}
		v.check(t, v.with(o), o, &emitter.Record{Stream: 1, Seq: 2, Time: start, Level: emitter.Error, Message: message})
	})
}

func never(string, []byte) bool { return false }

func FuzzLogfmt(f *testing.F) { fuzz(f, "logfmt", never) }

func FuzzJSON(f *testing.F) { fuzz(f, "json", never) }

func FuzzUnstructured(f *testing.F) {
	// Nothing tells such a name from the fields after it, nor such a message from an identity.
	fuzz(f, "unstructured", func(name string, message []byte) bool {
		return bytes.Contains([]byte(name), []byte(" 4711")) || bytes.Contains(message, []byte(" run="))
	})
}

func FuzzRecord(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, name string, message []byte, identity bool) {
		o := options
		o.Name = name
		if identity {
			o.Run = "k3x9q2"
		}
		checkRecord(t, o, &emitter.Record{Time: start, Level: emitter.Warning, Message: message})
	})
}
