package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/exitfound/lologen/emitter"
)

// large is the report of a run with more streams, and more ranges, than a report has room for.
func large() *Report {
	result, run := paced()
	run.Plan.Identify, run.Plan.Streams = true, mostStreams+5
	many := make([]emitter.Range, mostLineRanges+1)
	for i := range many {
		many[i] = emitter.Range{From: math.MaxUint64 - uint64(2*i) - 1, To: math.MaxUint64 - uint64(2*i) - 1}
	}
	for i := range run.Plan.Streams {
		result.Streams = append(result.Streams, emitter.StreamLedger{Stream: i, Next: math.MaxUint64})
		if i > 2 && i < 5 {
			result.Streams[i].Rejected = many[:mostLineRanges]
		}
	}
	result.Streams[0].Rejected = many
	result.Streams[1].Unknown = many[:3]
	result.Streams[2].Cut = true
	slices.Reverse(result.Streams)
	return New(result, run)
}

// commit writes r to a file and returns what is said of it there.
func commit(t *testing.T, path string, r *Report) *Report {
	t.Helper()
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(r); err != nil {
		t.Fatal(err)
	}
	text, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	read, err := Read(text)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func TestLedgerFile(t *testing.T) {
	dir := t.TempDir()
	r := large()
	read := commit(t, filepath.Join(dir, "run.json"), r)
	if read.LedgerFile != "run.json.ledger.ndjson" || !read.LedgerCut || len(read.Ledger) != mostStreams {
		t.Fatalf("%q, cut %v, %d streams", read.LedgerFile, read.LedgerCut, len(read.Ledger))
	}
	if got := names(t, dir); got != "run.json run.json.ledger.ndjson" {
		t.Errorf("the directory holds %s", got)
	}
	f, err := os.Open(filepath.Join(dir, read.LedgerFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	err = ReadLedger(f, read.RunID, read.Plan.Streams, func(s Stream) {
		rejected, unknown, cut := 0, 0, n == 2
		switch {
		case n == 0:
			rejected = mostLineRanges + 1 // on two lines
		case n == 1:
			unknown = 3
		case n != 2 && n < 5:
			rejected = mostLineRanges
		}
		if s.Stream != n || s.Next != math.MaxUint64 || len(s.Rejected) != rejected || len(s.Unknown) != unknown || s.Cut != cut || s.More {
			t.Fatalf("stream %d is %d with %d rejected, %d unknown, cut %v", n, s.Stream, len(s.Rejected), len(s.Unknown), s.Cut)
		}
		n++
	})
	if err != nil || n != mostStreams+5 {
		t.Errorf("%d streams, %v", n, err)
	}
	if r.LedgerFile != "" {
		t.Error("the report itself names a file")
	}
}

// TestLedgerFileOnlyWhereNamed: who reads text would not know of it, and who has all of the ledger needs none.
func TestLedgerFileOnlyWhereNamed(t *testing.T) {
	dir := t.TempDir()
	for path, r := range map[string]*Report{"run.txt": large(), "run.html": large(), "small.json": New(paced())} {
		f, err := OpenFile(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Commit(r); err != nil {
			t.Fatal(err)
		}
	}
	if got := names(t, dir); got != "run.html run.txt small.json" {
		t.Errorf("the directory holds %s", got)
	}
}

// TestLedgerFileFails: the report is written all the same, and names none.
func TestLedgerFileFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "run.json")
	if err := os.MkdirAll(filepath.Join(path+LedgerExtension, "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	err = f.Commit(large())
	if err == nil || !strings.HasPrefix(err.Error(), "write ledger file "+path+".ledger.ndjson: ") || strings.Contains(err.Error(), "/.run") {
		t.Errorf("got %v", err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r Report
	if err := json.Unmarshal(text, &r); err != nil || r.LedgerFile != "" || !r.LedgerCut {
		t.Errorf("%q, %v, %v", r.LedgerFile, r.LedgerCut, err)
	}
	if got := names(t, dir); got != "run.json run.json.ledger.ndjson" {
		t.Errorf("the directory holds %s", got)
	}
}

func TestWriteLedgerReportsError(t *testing.T) {
	broken := brokenWriter{errors.New("no space")}
	if err := large().writeLedger(broken); !errors.Is(err, broken.error) {
		t.Errorf("got %v", err)
	}
}

func TestReadLedgerFails(t *testing.T) {
	const good = `{"run":"abc","stream":0,"next":9,"rejected":[[1,2]],"unknown":[[8,8]]}` + "\n"
	const more = `{"run":"abc","stream":0,"next":9,"rejected":[[4,4]],"unknown":[],"more":true}` + "\n"
	for _, c := range []struct {
		text    string
		streams int
		want    string
	}{
		{good, 1, ""},
		{good, 2, "it ends after 1 of the report's 2 streams"},
		{"", 1, "it ends after 0"},
		{good, 0, "line 1: accepted are at most"},
		{more + good, 1, ""},
		{more + more + good, 1, ""},
		{more, 1, "it ends after 0 of the report's 1 streams"},
		{more + strings.Replace(good, `"stream":0`, `"stream":1`, 1), 2, "line 2: it is stream 1, where 0 should be"},
		{more + strings.Replace(good, `"next":9`, `"next":10`, 1), 1, "line 2: stream 0 has 10 lines here, and 9 before"},
		{good + good, 2, "line 2: it is stream 0, where 1 should be"},
		{strings.Replace(good, "abc", "a\x7fbd", 1), 1, "line 1: it is of run abd, and the report of abc"},
		{strings.Replace(good, `"run":"abc",`, "", 1), 1, "line 1: it is of run"},
		{strings.Replace(good, "[1,2]", "[2,1]", 1), 1, "line 1: stream 0 has a range from 2 to 1"},
		{strings.Replace(good, "[8,8]", "[8,9]", 1), 1, "line 1: stream 0 has a range from 8 to 9 of 9 lines"},
		{good[:40], 1, "line 1: it is no stream"},
		{"\n" + good, 1, "line 1: it is no stream"},
		{`{"run":"` + strings.Repeat("a", mostLedgerLine), 1, "line 1: bufio.Scanner: token too long"},
		{`{"run":"` + strings.Repeat("a", 1000) + `"}`, 1, "..."},
	} {
		err := ReadLedger(strings.NewReader(c.text), "abc", c.streams, func(Stream) {})
		if c.want == "" && err == nil {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 300 {
			t.Errorf("%.100q: %v, want %s", c.text, err, c.want)
		}
	}
	broken := errors.New("no disk")
	if err := ReadLedger(brokenReader{broken}, "abc", 1, func(Stream) {}); !errors.Is(err, broken) {
		t.Error(err)
	}
}

type brokenReader struct{ error }

func (r brokenReader) Read([]byte) (int, error) { return 0, r.error }

// FuzzReadLedger: what is read is what any other would be written as, and read again.
func FuzzReadLedger(f *testing.F) {
	f.Add([]byte(`{"run":"abc","stream":0,"next":9,"rejected":[[1,2]],"unknown":[],"cut":true}`+"\n"+`{"run":"abc","stream":1}`), uint8(2))
	f.Add([]byte(`{"run":"abc","stream":0,"next":9,"rejected":[[1,2]],"more":true}`+"\n"+`{"run":"abc","stream":0,"next":9,"unknown":[[5,5]]}`), uint8(1))
	f.Fuzz(func(t *testing.T, text []byte, streams uint8) {
		var first, again []Stream
		if ReadLedger(bytes.NewReader(text), "abc", int(streams), func(s Stream) { first = append(first, s) }) != nil {
			return
		}
		r := &Report{RunID: "abc"}
		for _, s := range first {
			r.streams = append(r.streams, emitter.StreamLedger{
				Stream: s.Stream, Next: s.Next, Rejected: toEmitter(s.Rejected), Unknown: toEmitter(s.Unknown), Cut: s.Cut,
			})
		}
		var b bytes.Buffer
		if err := r.writeLedger(&b); err != nil {
			t.Fatal(err)
		}
		if err := ReadLedger(&b, "abc", int(streams), func(s Stream) { again = append(again, s) }); err != nil {
			t.Fatal(err)
		}
		if a, b := fmt.Sprint(first), fmt.Sprint(again); a != b {
			t.Errorf("%s became %s", a, b)
		}
	})
}

func toEmitter(ranges [][2]uint64) (list []emitter.Range) {
	for _, r := range ranges {
		list = append(list, emitter.Range{From: r[0], To: r[1]})
	}
	return list
}

// TestLedgerInOrderIsNotCopied: a ledger of a million streams is there once.
func TestLedgerInOrderIsNotCopied(t *testing.T) {
	sorted := []emitter.StreamLedger{{Stream: 0}, {Stream: 1}}
	if got := inOrder(sorted); &got[0] != &sorted[0] {
		t.Error("it was copied")
	}
	mixed := []emitter.StreamLedger{{Stream: 1}, {Stream: 0}}
	if got := inOrder(mixed); !reflect.DeepEqual(got, sorted) || mixed[0].Stream != 1 {
		t.Errorf("%v of %v", got, mixed)
	}
}

// What has no room in a merged report is said to be missing, and where it is.
func TestMergeSaysWhichStreamsAreMissing(t *testing.T) {
	dir := t.TempDir()
	a := commit(t, filepath.Join(dir, "a.json"), large())
	result, run := paced()
	run.ID, run.Plan.Identify, run.Plan.Streams = "small", true, 1
	result.Streams = []emitter.StreamLedger{{Stream: 0, Next: 9}}
	b := commit(t, filepath.Join(dir, "b.json"), New(result, run))
	m, err := Merge([]*Report{a, b})
	if err != nil {
		t.Fatal(err)
	}
	var file, text bytes.Buffer
	if m.JSON(&file) != nil || m.Text(&text) != nil {
		t.Fatal("it cannot be written")
	}
	if !m.LedgerCut || len(m.Ledger) != mostStreams+1 || !strings.Contains(file.String(), `"ledger_file": "a.json.ledger.ndjson"`) {
		t.Errorf("cut %v, %d streams", m.LedgerCut, len(m.Ledger))
	}
	const what, where = "cut: 10,001 of 10,006 streams are in the merged report", "all of them in a.json.ledger.ndjson, beside its part"
	if got := text.String(); !strings.Contains(got, "\nledger    "+what+"\n          "+where+"\n") {
		t.Errorf("the text says\n%s", got)
	}
	if page := renderPage(t, m); !strings.Contains(page, "The ledger is "+what+"; "+where+".") {
		t.Error("the page does not say so")
	}
	if again, err := Read(&file); err != nil || again.Parts[0].LedgerFile+again.Parts[1].LedgerFile != "a.json.ledger.ndjson" {
		t.Errorf("read back: %+v, %v", again.Parts, err)
	}
	other := *b
	other.RunID = "other"
	if m, err = Merge([]*Report{b, &other}); err != nil {
		t.Fatal(err)
	}
	if what, where := m.missing(); what+where != "" {
		t.Errorf("of a ledger that is whole: %s, %s", what, where)
	}
}
