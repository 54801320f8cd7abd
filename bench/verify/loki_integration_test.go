//go:build integration

package verify

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/emitter/line"
	"github.com/exitfound/lologen/sinks/push"
)

// These tests need a running Loki: eval "$(scripts/stack up loki)".

// sending is what a test pushes into a Loki.
type sending struct {
	url, run string
	labels   func(stream int) []push.Label
	encoder  *push.Encoder
	format   emitter.Format
	at       int64
	pushed   int
}

func newSending(t *testing.T, format string) *sending {
	url := os.Getenv("LOLOGEN_LOKI_URL")
	if url == "" {
		t.Fatal("LOLOGEN_LOKI_URL is not set")
	}
	var id [6]byte
	_, _ = rand.Read(id[:])
	s := &sending{url: url, run: hex.EncodeToString(id[:]), encoder: push.NewEncoder(push.Snappy), at: time.Now().UnixNano()}
	s.labels = func(stream int) []push.Label {
		return []push.Label{{Name: "job", Value: "verify"}, {Name: "stream", Value: fmt.Sprint("s", stream)}, {Name: "run_id", Value: s.run}}
	}
	s.format, _ = line.New(format, line.Options{Name: "app", ThreadName: "MainThread", Run: s.run, Color: true})
	return s
}

// push stores the given lines of a stream, one nanosecond apart.
func (s *sending) push(t *testing.T, stream int, seqs ...uint64) {
	t.Helper()
	labels, err := s.encoder.AppendLabels(nil, s.labels(stream))
	if err != nil {
		t.Fatal(err)
	}
	var buf []byte
	for len(seqs) > 0 {
		n := min(len(seqs), 4000)
		s.encoder.Reset()
		s.encoder.Stream(labels)
		for _, seq := range seqs[:n] {
			s.at++
			buf = s.format(buf[:0], &emitter.Record{Stream: stream, Seq: seq, Time: s.at, Message: []byte("a message of the \"test\"")})
			s.encoder.Entry(s.at, buf, nil)
		}
		s.post(t)
		s.pushed += n
		seqs = seqs[n:]
	}
}

// pushCut stores a line of a stream without its end.
func (s *sending) pushCut(t *testing.T, stream int, seq uint64) {
	t.Helper()
	labels, err := s.encoder.AppendLabels(nil, s.labels(stream))
	if err != nil {
		t.Fatal(err)
	}
	s.at++
	text := s.format(nil, &emitter.Record{Stream: stream, Seq: seq, Time: s.at})
	s.encoder.Reset()
	s.encoder.Stream(labels)
	s.encoder.Entry(s.at, text[:len(text)-5], nil)
	s.post(t)
}

func (s *sending) post(t *testing.T) {
	t.Helper()
	response, err := http.Post(s.url+"/loki/api/v1/push", push.Snappy.ContentType(), bytes.NewReader(s.encoder.Body()))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusNoContent {
		t.Fatalf("%s: %s", response.Status, text)
	}
}

// verdict asks the Loki, by sums and by reading everything, which have to agree.
func (s *sending) verdict(t *testing.T, l *Ledger, config LokiConfig) *Verdict {
	t.Helper()
	config.URL = s.url
	var verdicts []*Verdict
	for _, full := range []bool{false, true} {
		config.Full = full
		loki, err := NewLoki(config, time.Now().Add(-time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		v := Ask(t.Context(), loki, Question{Run: s.run, Ledger: l, Settle: time.Second, Wait: 30 * time.Second})
		t.Logf("full %v, after %v:\n%v", full, time.Since(begun), v)
		if v.Error != "" || v.Passed == nil {
			t.Fatalf("no verdict: %+v", v)
		}
		verdicts = append(verdicts, v)
	}
	// Only reading tells of disorder.
	short, full := *verdicts[0], *verdicts[1]
	short.VisibleAfter, full.VisibleAfter, full.Reordered = nil, nil, 0
	if !reflect.DeepEqual(short, full) {
		t.Errorf("by sums %+v\nby reading %+v", short, full)
	}
	return verdicts[0]
}

func span(from, to uint64) (seqs []uint64) {
	for seq := from; seq < to; seq++ {
		seqs = append(seqs, seq)
	}
	return seqs
}

func sent(run string, streams int, next uint64) *Ledger {
	l := &Ledger{RunID: run, Started: time.Now(), Ended: time.Now()}
	for stream := range streams {
		l.Streams = append(l.Streams, Sent{Stream: uint64(stream), Next: next})
	}
	return l
}

func TestIntegrationLokiExact(t *testing.T) {
	for _, format := range line.Names() {
		t.Run(format, func(t *testing.T) {
			s := newSending(t, format)
			for stream := range 20 {
				s.push(t, stream, span(0, 5000)...)
			}
			v := s.verdict(t, sent(s.run, 20, 5000), LokiConfig{})
			if !*v.Passed || v.Stored != 100_000 || v.VisibleAfter == nil || len(v.Ranges) > 0 {
				t.Errorf("verdict is %+v", v)
			}
		})
	}
}

func TestIntegrationLokiFaults(t *testing.T) {
	s := newSending(t, "json")
	s.push(t, 0, span(0, 30_000)...)
	s.push(t, 0, span(30_010, 100_000)...) // lost
	s.push(t, 1, span(0, 40_000)...)
	s.push(t, 1, span(500, 600)...) // copies
	s.push(t, 1, 700, 700, 700)
	s.push(t, 2, span(0, 5)...)
	s.push(t, 2, 7)        // extra: 3 and 7
	s.push(t, 3, 17)       // of an unknown stream
	s.push(t, 5, 1, 2)     // unknown ones, of which one is stored
	s.pushCut(t, 5, 0)     // not stored, but cut
	l := sent(s.run, 6, 0) // 4 is rejected
	l.Streams[0].Next, l.Streams[1].Next, l.Streams[2].Next = 100_000, 40_000, 5
	l.Streams[2].Rejected = []Range{{3, 3}}
	l.Streams[4] = Sent{Stream: 4, Next: 10, Rejected: []Range{{0, 9}}}
	l.Streams[5] = Sent{Stream: 5, Next: 4, Rejected: []Range{{0, 0}}, Unknown: []Range{{2, 3}}}
	l.Streams = append(l.Streams[:3], l.Streams[4:]...)

	v := s.verdict(t, l, LokiConfig{Selector: `{job="verify"}`, Filter: "!= `nothing that is there`"})
	want := []Finding{
		{0, 30_000, 30_009, Lost}, {1, 500, 599, Duplicated}, {1, 700, 700, Duplicated},
		{2, 3, 3, Extra}, {2, 7, 7, Extra}, {3, 17, 17, Extra},
	}
	if !reflect.DeepEqual(v.Ranges, want) {
		t.Errorf("found %+v", v.Ranges)
	}
	if *v.Passed || v.Corrupt != 1 || v.Lost != 10 || v.Duplicated != 103 || v.Extra != 3 || v.UnknownStored != 1 || v.Stored != 99_990+40_000+6+1+2 {
		t.Errorf("verdict is %+v", v)
	}
}

// TestIntegrationLokiInstant has Loki store one line once, and more lines of one nanosecond than
// it gives at once.
func TestIntegrationLokiInstant(t *testing.T) {
	s := newSending(t, "logfmt")
	for range 2 {
		s.at = 1 + time.Now().Truncate(time.Minute).UnixNano()
		s.push(t, 0, span(0, 100)...)
	}
	var buf []byte
	for stream := range 600 { // more than a query may have, by default
		labels, err := s.encoder.AppendLabels(nil, s.labels(1+stream))
		if err != nil {
			t.Fatal(err)
		}
		s.encoder.Reset()
		s.encoder.Stream(labels)
		for seq := range uint64(20) {
			buf = s.format(buf[:0], &emitter.Record{Stream: 1 + stream, Seq: seq, Time: s.at, Message: []byte("message")})
			s.encoder.Entry(s.at, buf, nil)
		}
		s.post(t)
	}
	l := sent(s.run, 601, 20)
	l.Streams[0].Next = 100
	if v := s.verdict(t, l, LokiConfig{}); !*v.Passed || v.Stored != 12_100 || v.Duplicated != 0 {
		t.Errorf("verdict is %+v", v)
	}
}

func TestIntegrationLokiNone(t *testing.T) {
	s := newSending(t, "logfmt")
	ask := func(selector string, anywhere bool) *Verdict {
		server := Server{URL: s.url + "/loki/api/v1/push"}
		loki, err := NewLoki(LokiConfig{Server: server, Selector: selector, Anywhere: anywhere}, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		return Ask(t.Context(), loki, Question{Run: s.run, Wait: time.Second})
	}
	for _, anywhere := range []bool{false, true} {
		if v := ask("", anywhere); v.Passed == nil || *v.Passed || v.Stored != 0 {
			t.Errorf("anywhere %v: verdict is %+v", anywhere, v)
		}
	}
	if v := ask(`{job=verify}`, false); v.Passed != nil || v.Error == "" {
		t.Errorf("verdict is %+v", v)
	}
}

// TestIntegrationLokiAnywhere finds lines in streams that have no label in common.
func TestIntegrationLokiAnywhere(t *testing.T) {
	s := newSending(t, "json")
	s.labels = func(stream int) []push.Label {
		name := []string{"only_here", "only_there", "service_name"}[stream]
		return append([]push.Label{{Name: name, Value: "verify"}}, []push.Label{{Name: "pod", Value: "p"}}[:stream%2]...)
	}
	for stream := range 3 {
		s.push(t, stream, span(0, 5000)...)
	}
	v := s.verdict(t, sent(s.run, 3, 5000), LokiConfig{Anywhere: true, Path: `/var/log/"app".log`})
	if !*v.Passed || v.Stored != 15_000 {
		t.Errorf("verdict is %+v", v)
	}
}
