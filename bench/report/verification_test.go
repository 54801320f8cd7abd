package report

import (
	"bytes"
	"strings"
	"testing"
)

func TestFault(t *testing.T) {
	for _, c := range []struct {
		v    *Verification
		want string
	}{
		{nil, ""},
		{&Verification{Passed: new(true), Duplicated: 4}, ""},
		{&Verification{Why: "connection refused"}, "the destination could not be asked what it holds"},
		{&Verification{Passed: new(false), Lost: 7}, "7 lines are lost"},
		{&Verification{Passed: new(false), Lost: 1, Duplicated: 3}, "1 line is lost"},
		{&Verification{Passed: new(false), Extra: 1234}, "1,234 lines are there that should not be"},
		{&Verification{Passed: new(false), Corrupt: 1}, "1 line is cut or garbled"},
		{&Verification{Passed: new(false), Lost: 2, Extra: 1, Corrupt: 2}, "2 lines are lost, 1 line is there that should not be, 2 lines are cut or garbled"},
		{&Verification{Passed: new(false), BytesOff: -9}, "all lines are there, but 9 bytes shorter than they were sent"},
		{&Verification{Passed: new(false), BytesOff: 1}, "all lines are there, but 1 byte longer than they were sent"},
		{&Verification{Unproven: 3}, "3 lines are not there, and may have been rejected"},
		{&Verification{}, "what is known is not enough to judge"},
		{&Verification{Passed: new(false)}, "nothing of the run is there"},
	} {
		if got := c.v.Fault(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.v, got, c.want)
		}
	}
}

// TestUnprovenIsNotUnasked: a destination that answered was asked, whatever its answer is worth.
func TestUnprovenIsNotUnasked(t *testing.T) {
	result, run := paced()
	run.Verification = &Verification{
		Stored: 5, Unproven: 2, RangesCut: true, Notes: []string{"the ledger does not list all ranges", "b", "c", "d"},
		Ranges: []Stretch{{Stream: 0, From: 1, To: 2, What: "unproven"}},
	}
	var b bytes.Buffer
	if err := New(result, run).Text(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\nstored    5 stored, 0 lost, 0 duplicated, 0 reordered, 2 unproven\n", "\nunproven  stream 0: 1 to 2 (2 lines)\n", "and more: lologen verify lists them\n",
		"\nnote      the ledger does not list all ranges\n", "\nverdict   failed: 2 lines are not there, and may have been rejected\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "could not be asked") || strings.Contains(b.String(), "note      d") {
		t.Errorf("got\n%s", b.String())
	}
}

func TestReadVerification(t *testing.T) {
	read := func(v *Verification) (*Report, error) {
		result, run := paced()
		run.Verification = v
		var b bytes.Buffer
		if err := New(result, run).Write(&b, "json"); err != nil {
			t.Fatal(err)
		}
		return Read(&b)
	}
	v := &Verification{Corrupt: 1, Notes: []string{"a\u009bb"}, Ranges: []Stretch{{From: 3, To: 3, What: "lo\u009bst"}}, Passed: new(false)}
	if r, err := read(v); err != nil || r.Verification.Corrupt != 1 || r.Verification.Notes[0] != "ab" || r.Verification.Ranges[0].What != "lost" {
		t.Errorf("%+v, %v", r, err)
	}
	for _, v := range []*Verification{
		{Lost: mostCount + 1}, {Corrupt: mostCount + 1}, {BytesOff: -mostCount - 1}, {Ranges: []Stretch{{From: 2, To: 1}}},
	} {
		if _, err := read(v); err == nil {
			t.Errorf("%+v is read", v)
		}
	}
}
