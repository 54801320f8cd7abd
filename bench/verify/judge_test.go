package verify

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/emitter"
)

// TestJudge compares with sets of single lines.
func TestJudge(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	const top = 24
	for range 3000 {
		times := map[uint64]int{} // how often a line is stored
		m := &model{times: times}
		for range random.IntN(2 * top) {
			m.add(uint64(random.IntN(top)))
		}
		const acked, rejected, unknown = 0, 1, 2
		s := Sent{Next: uint64(random.IntN(top))}
		fate := map[uint64]int{}
		for seq := range s.Next {
			switch fate[seq] = random.IntN(3); fate[seq] {
			case rejected:
				s.Rejected = extend(s.Rejected, seq)
			case unknown:
				s.Unknown = extend(s.Unknown, seq)
			}
		}
		want := Verdict{Stored: uint64(len(times)), Duplicated: m.lines.Duplicated, Reordered: m.lines.Reordered}
		bad := map[What]map[uint64]bool{Lost: {}, Extra: {}, Duplicated: {}}
		for seq := range uint64(top) {
			stored, isSent := times[seq] > 0, seq < s.Next
			switch {
			case isSent && fate[seq] == acked && !stored:
				want.Lost++
				bad[Lost][seq] = true
			case stored && (!isSent || fate[seq] == rejected):
				want.Extra++
				bad[Extra][seq] = true
			case stored && fate[seq] == unknown:
				want.UnknownStored++
			}
			if times[seq] > 1 {
				bad[Duplicated][seq] = true
			}
		}
		v := Judge(&Holding{Streams: []Held{m.held()}, Lines: m.lines}, &Ledger{Streams: []Sent{s}})
		found := map[What]map[uint64]bool{Lost: {}, Extra: {}, Duplicated: {}}
		for _, f := range v.Ranges {
			for seq := f.From; seq <= f.To && seq < top; seq++ {
				found[f.What][seq] = true
			}
		}
		got := Verdict{Stored: v.Stored, Duplicated: v.Duplicated, Reordered: v.Reordered, Lost: v.Lost, Extra: v.Extra, UnknownStored: v.UnknownStored}
		if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(found, bad) || *v.Passed != (want.Lost+want.Extra == 0) {
			t.Fatalf("stored %v, sent %+v\n got %+v\nwant %+v", times, s, v, want)
		}
	}
}

func held(stream, next uint64, missing ...Range) Held {
	return Held{Stream: stream, Next: next, Missing: missing}
}

func TestJudgeStreams(t *testing.T) {
	yes, no := true, false
	two := []Held{held(0, 10), held(2, 5)}
	for _, c := range []struct {
		name    string
		holding Holding
		ledger  *Ledger
		want    Verdict
	}{
		{"all", Holding{Streams: two}, &Ledger{Streams: []Sent{{Stream: 0, Next: 10}, {Stream: 2, Next: 5}}}, Verdict{Stored: 15, Passed: &yes}},
		{"an empty stream", Holding{Streams: two}, &Ledger{Streams: []Sent{{Stream: 0, Next: 10}, {Stream: 1}, {Stream: 2, Next: 5}}}, Verdict{Stored: 15, Passed: &yes}},
		{"a whole stream lost", Holding{Streams: two}, &Ledger{Streams: []Sent{{Stream: 0, Next: 10}, {Stream: 1, Next: 3}, {Stream: 2, Next: 5}}},
			Verdict{Stored: 15, Lost: 3, Passed: &no, Ranges: []Finding{{1, 0, 2, Lost}}}},
		{"a stream too many", Holding{Streams: two}, &Ledger{Streams: []Sent{{Stream: 0, Next: 10}}},
			Verdict{Stored: 15, Extra: 5, Passed: &no, Ranges: []Finding{{2, 0, 4, Extra}}}},
		{"nothing sent", Holding{}, &Ledger{}, Verdict{Passed: &yes}},
		{"corrupt", Holding{Streams: two, Lines: Lines{Corrupt: 1}}, &Ledger{Streams: []Sent{{Stream: 0, Next: 10}, {Stream: 2, Next: 5}}}, Verdict{Stored: 15, Corrupt: 1, Passed: &no}},
		{"ranges cut", Holding{Streams: []Held{held(0, 10, Range{5, 6})}}, &Ledger{Streams: []Sent{{Stream: 0, Next: 10, Cut: true}}},
			Verdict{Stored: 8, Unproven: 2, Ranges: []Finding{{0, 5, 6, Unproven}}}},
		{"streams cut", Holding{Streams: two}, &Ledger{Streams: []Sent{{Stream: 0, Next: 10}}, Cut: true}, Verdict{Stored: 15}},
		{"untracked", Holding{Streams: two, Lines: Lines{Untracked: 5}}, &Ledger{Streams: []Sent{{Stream: 0, Next: 10}, {Stream: 2, Next: 7}}},
			Verdict{Stored: 15, Lost: 2, Ranges: []Finding{{2, 5, 6, Lost}}}},
		{"no ledger", Holding{Streams: two}, nil, Verdict{Stored: 15, Passed: &yes}},
		{"no ledger, a gap", Holding{Streams: []Held{held(0, 10, Range{5, 6})}}, nil, Verdict{Stored: 8, Lost: 2, Passed: &no, Ranges: []Finding{{0, 5, 6, Lost}}}},
		{"no ledger, nothing", Holding{}, nil, Verdict{Passed: &no}},
	} {
		v := *Judge(&c.holding, c.ledger)
		if c.want.Ranges == nil {
			c.want.Ranges = []Finding{}
		}
		c.want.Notes, c.want.Judged = v.Notes, v.Judged
		if !reflect.DeepEqual(v, c.want) {
			t.Errorf("%s: got %+v\nwant %+v", c.name, v, c.want)
		}
	}
}

// TestWeigh: bytes tell something only where every line is there once and all of them are known.
func TestWeigh(t *testing.T) {
	for _, c := range []struct {
		name    string
		holding Holding
		ledger  Ledger
		off     int64
	}{
		{"as many", Holding{Bytes: 90, Streams: []Held{held(0, 10)}}, Ledger{Bytes: 90}, 0},
		{"fewer", Holding{Bytes: 80, Streams: []Held{held(0, 10)}}, Ledger{Bytes: 90}, -10},
		{"more", Holding{Bytes: 95, Streams: []Held{held(0, 10)}}, Ledger{Bytes: 90}, 5},
		{"not known here", Holding{Streams: []Held{held(0, 10)}}, Ledger{Bytes: 90}, 0},
		{"not known there", Holding{Bytes: 80, Streams: []Held{held(0, 10)}}, Ledger{}, 0},
		{"a line lost", Holding{Bytes: 80, Streams: []Held{held(0, 9)}}, Ledger{Bytes: 90}, 0},
		{"a line twice", Holding{Bytes: 99, Streams: []Held{{Next: 10, Copies: 1, Duplicated: []Range{{0, 0}}}}}, Ledger{Bytes: 90}, 0},
		{"a line cut", Holding{Bytes: 95, Streams: []Held{held(0, 10)}, Lines: Lines{Corrupt: 1}}, Ledger{Bytes: 90}, 0},
		{"an unknown one there", Holding{Bytes: 90, Streams: []Held{held(0, 10)}}, Ledger{Bytes: 81, Streams: []Sent{{Next: 10, Unknown: []Range{{9, 9}}}}}, 0},
		{"an unknown one not there", Holding{Bytes: 80, Streams: []Held{held(0, 9)}}, Ledger{Bytes: 81, Streams: []Sent{{Next: 10, Unknown: []Range{{9, 9}}}}}, -1},
	} {
		if c.ledger.Streams == nil {
			c.ledger.Streams = []Sent{{Next: 10}}
		}
		v := Judge(&c.holding, &c.ledger)
		before := *v.Passed
		v.weigh(&c.holding, &Question{Ledger: &c.ledger, Verbatim: true})
		if v.BytesOff != c.off || *v.Passed != (before && c.off == 0) {
			t.Errorf("%s: %+v", c.name, v)
		}
	}
}

func TestJudgeBounds(t *testing.T) {
	h := held(0, 100_000)
	for seq := uint64(0); seq < 100_000; seq += 4 {
		h.Missing = append(h.Missing, Range{seq, seq})
	}
	v := Judge(&Holding{Streams: []Held{h}}, nil)
	if v.Lost != 25_000 || len(v.Ranges) != mostFindings || !v.RangesCut {
		t.Errorf("%d lost, %d ranges, cut %v", v.Lost, len(v.Ranges), v.RangesCut)
	}
}

// TestReadLedger reads what a run's report writes, and what the run itself has.
func TestReadLedger(t *testing.T) {
	result := &emitter.Result{
		Started: time.Date(2026, 11, 22, 15, 23, 23, 0, time.UTC), Elapsed: 1500 * time.Millisecond,
		Streams: []emitter.StreamLedger{
			{Stream: 1, Next: 10, Rejected: []emitter.Range{{From: 0, To: 1}, {From: 4, To: 4}}, Unknown: []emitter.Range{{From: 9, To: 9}}, Cut: true},
			{Stream: 0, Next: 5},
		},
	}
	text, err := json.Marshal(report.New(result, report.Run{ID: "abc", Plan: report.Plan{Identify: true}}))
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := parseLedger(text)
	if err != nil {
		t.Fatal(err)
	}
	want := NewLedger("abc", result)
	if len(want.Streams) != 2 || want.Streams[1].Next != 10 || want.Ended != result.Started.Add(result.Elapsed) {
		t.Errorf("ledger is %+v", want)
	}
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if string(a) != string(b) {
		t.Errorf("read %s, want %s", a, b)
	}
	if got.Acked() != 5+10-4 {
		t.Errorf("%d acked", got.Acked())
	}
	for text, says := range map[string]string{
		`{"version":1,"run_id":"abc"}`:                 "--identify",
		`{"version":2,"run_id":"abc","ledger":[]}`:     "version 2",
		`{"version":1,"run_id":"","ledger":[]}`:        "run_id",
		`{"version":1,"run_id":"a+b","parts":[{},{}]}`: "merged from 2 runs",
		`hello`: "not the JSON report",
		`{"version":1,"run_id":"abc","ledger":[{"stream":-1}]}`:     "not the JSON report",
		`{"version":1,"run_id":"abc","ledger":[{"stream":"what"}]}`: "not the JSON report",
	} {
		if _, _, err := parseLedger([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error is %v", text, err)
		}
	}
}

func FuzzLedger(f *testing.F) {
	f.Add([]byte(`{"version":1,"run_id":"abc","ledger":[{"stream":0,"next":10,"rejected":[[5,9],[3,18446744073709551615]],"unknown":[[7,2]]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if l, _, err := parseLedger(text); err == nil {
			v := Judge(&Holding{Streams: []Held{held(0, 7)}}, l)
			if _, err := v.JSON(); err != nil || v.String() == "" {
				t.Error(v, err)
			}
		}
	})
}

func TestVerdictText(t *testing.T) {
	passed, after := false, 1.25
	v := &Verdict{
		RunID: "abc", Source: "app.log", Judged: "ledger", Stored: 1234567, Lost: 10, UnknownStored: 3, Passed: &passed,
		Ranges: []Finding{{3, 500, 509, Lost}, {4, 7, 7, Duplicated}}, VisibleAfter: &after, Notes: []string{"100% of it"},
	}
	want := `FAILED      10 lines are lost
run         abc, in app.log
stored      1,234,567 lines, of which 3 were sent without an answer
lost        10
duplicated  0
reordered   0
extra       0
visible     within 1.250 s of the last confirmation
lost        stream 3: 500 to 509 (10 lines)
duplicated  stream 4: 7
note        100% of it
`
	if got := v.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	text, err := v.JSON()
	if err != nil || !strings.Contains(string(text), `"ranges":[{"stream":3,"from":500,"to":509,"what":"lost"},{"stream":4,"from":7,"to":7,"what":"duplicated"}],"visible_after":1.25,`) ||
		!strings.HasSuffix(string(text), "\"passed\":false}\n") {
		t.Errorf("%s, %v", text, err)
	}
	v = &Verdict{Error: "100% down", Ranges: []Finding{}}
	if text, _ := v.JSON(); !strings.Contains(string(text), `"passed":null`) || !strings.Contains(v.String(), "UNKNOWN     100% down\n") {
		t.Errorf("%s\n%v", text, v)
	}
}
