package report

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/exitfound/lologen/emitter"
)

func TestClean(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "connection refused", "connection refused"},
		{"escapes", "\x1b[2J\x1b]0;owned\x07ok", "[2J]0;ownedok"},
		{"c1 controls", "a\u009bb", "ab"},
		{"white space", "a\r\nb\tc\u00a0d", "a  b c d"},
		{"direction", "a\u202eb", "ab"},
		{"invalid", "a\xff\xc3b", "a\ufffd\ufffdb"},
		{"256 bytes stay", strings.Repeat("x", 256), strings.Repeat("x", 256)},
		{"257 bytes", strings.Repeat("x", 257), strings.Repeat("x", 256)},
		{"cut between runes", strings.Repeat("x", 255) + "ü", strings.Repeat("x", 255)},
		{"controls take no room", strings.Repeat("\x00", 300) + "x", "x"},
	}
	for _, tt := range tests {
		if got := Clean(tt.in); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// What a server says shows up neither in JSON nor in text with anything that a terminal obeys.
func FuzzClean(f *testing.F) {
	f.Add("\x1b[31mred\x00\u202e")
	f.Add(strings.Repeat("ü", 300))
	f.Add("a\xffb\r\nc")
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		harmless(t, got)
		if len(got) > 256 {
			t.Errorf("%d bytes", len(got))
		}
		if Clean(got) != got {
			t.Errorf("Clean(%q) is %q", got, Clean(got))
		}
		report := New(&emitter.Result{Failures: []emitter.Failure{{Reason: s, First: s}}}, Run{Plan: Plan{Rate: new(1.0)}})
		if report.Errors[0].First != got || report.Errors[0].Reason != got {
			t.Errorf("report says %+v", report.Errors[0])
		}
		harmless(t, written(t, report, "json"))
		// A report read from a file may have any text anywhere.
		report.RunID, report.Plan.RateAsked, report.Verdict.BoundWhy = s, s, s
		report.Errors[0].First, report.Errors[0].Reason = s, s
		harmless(t, written(t, report, "text"))
	})
}

func written(t *testing.T, r *Report, format string) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b, format); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(b.String(), "\n", "")
}

func harmless(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("invalid UTF-8 in %q", s)
	}
	if i := strings.IndexFunc(s, unicode.IsControl); i >= 0 {
		t.Errorf("a control character at %d of %q", i, s)
	}
}
