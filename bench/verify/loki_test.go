package verify

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

const testRun = "k3x9q2"

// wraps are lines as agents store them.
var wraps = []string{
	"%s",
	`{"log":"%s\n","stream":"stdout","time":"2026-11-22T15:23:27Z"}`,
	"<14>1 2026-11-22T15:23:27Z host app 1 - - %s\r",
	`{"message":"{\"id\": \"%s\"}"}`,
}

// stored is a line of the test's run at some nanosecond of the last minute.
func stored(at int, stream, seq uint64) logLine {
	start := time.Now().Add(-time.Minute).Truncate(time.Minute).UnixNano()
	l := text(testRun, stream, seq, start+int64(at))
	return logLine{at: start + int64(at), seq: seq, text: fmt.Appendf(nil, wraps[stream%4], l)}
}

func askFake(t *testing.T, url string, config LokiConfig) *Loki {
	t.Helper()
	config.URL, config.Wait = url, 10*time.Minute // the race detector on a busy machine takes its time
	l, err := NewLoki(config, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// holding asks by sums and by reading, which have to agree, and compares with what was stored.
func holding(t *testing.T, url string, config LokiConfig, want map[uint64]*model) *Holding {
	t.Helper()
	var holdings []*Holding
	for _, full := range []bool{false, true} {
		config.Full = full
		h, err := askFake(t, url, config).Holding(t.Context(), testRun)
		if err != nil {
			t.Fatal(err)
		}
		if len(h.Streams) != len(want) {
			t.Fatalf("full %v: %d streams, want %d", full, len(h.Streams), len(want))
		}
		for _, s := range h.Streams {
			wanted := want[s.Stream].held()
			wanted.Stream = s.Stream
			if !reflect.DeepEqual(s, wanted) {
				t.Fatalf("full %v: held %+v\nwant %+v", full, s, wanted)
			}
		}
		holdings = append(holdings, h)
	}
	short, full := holdings[0].Lines, holdings[1].Lines
	full.Reordered = 0
	if short != full {
		t.Fatalf("lines are %+v by sums, %+v by reading", short, full)
	}
	if holdings[0].Bytes != holdings[1].Bytes || holdings[0].Bytes == 0 {
		t.Fatalf("%d bytes by sums, %d by reading", holdings[0].Bytes, holdings[1].Bytes)
	}
	return holdings[1]
}

// TestLoki compares with a model under loss and duplication of every degree.
func TestLoki(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, c := range []struct {
		lines        int
		loss, copies float64
	}{
		{1, 0, 0}, {600, 0, 0}, {30, 0.3, 0.3}, {600, 0.01, 0}, {600, 0, 0.01},
	} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			f, url := newFakeLoki(t)
			models := make(map[uint64]*model)
			at := 0
			for stream := range uint64(6) {
				m := &model{times: map[uint64]int{}}
				models[stream] = m
				loss, copies := c.loss, c.copies
				if stream < 2 {
					loss, copies = 0, 0
				}
				for _, seq := range arrivals(random, c.lines, loss, copies, 0) {
					m.add(seq)
					f.store("", stored(at, stream, seq))
					at++
				}
			}
			f.store("", logLine{at: time.Now().UnixNano(), text: []byte("nothing of ours")})
			holding(t, url, LokiConfig{}, models)
		})
	}
}

// TestLokiSearch has a stream that is worth searching instead of reading, and some whose first
// lines are missing.
func TestLokiSearch(t *testing.T) {
	f, url := newFakeLoki(t)
	models := map[uint64]*model{}
	at := 0
	put := func(stream uint64, seqs ...uint64) {
		m := models[stream]
		if m == nil {
			m = &model{times: map[uint64]int{}}
			models[stream] = m
		}
		lines := make([]logLine, 0, len(seqs))
		for _, seq := range seqs {
			m.add(seq)
			lines = append(lines, stored(at, stream, seq))
			at++
		}
		f.store("", lines...)
	}
	put(0, numbers(0, 6_000)...)
	put(0, numbers(6_003, 11_000)...)
	put(0, 777, 6_500, 777)
	put(1, numbers(100, 200)...)
	put(2, 5, 5)
	holding(t, url, LokiConfig{}, models)

	pages := 0
	f.asked = nil
	if _, err := askFake(t, url, LokiConfig{}).Holding(t.Context(), testRun); err != nil {
		t.Fatal(err)
	}
	for _, q := range f.asked {
		if q.Has("limit") {
			pages++
		}
	}
	if pages == 0 || pages > 5 {
		t.Errorf("%d pages read for faults in three blocks", pages)
	}
}

func numbers(from, to uint64) (seqs []uint64) {
	for seq := from; seq < to; seq++ {
		seqs = append(seqs, seq)
	}
	return seqs
}

// TestLokiPages has more streams than a query may have, and instants with more lines than a page.
func TestLokiPages(t *testing.T) {
	f, url := newFakeLoki(t)
	f.series = 10
	models := make(map[uint64]*model)
	for stream := range uint64(12) {
		models[stream] = &model{times: map[uint64]int{}}
		for seq := range uint64(1500) {
			models[stream].add(seq)
			at := 1
			if seq > 600 {
				at = int(seq) / 7
			}
			f.store("", stored(at, stream, seq))
		}
	}
	h := holding(t, url, LokiConfig{}, models)
	if h.Lines.Reordered != 0 {
		t.Errorf("%d lines of the same instant are said to be reordered", h.Lines.Reordered)
	}
}

// TestLokiTenants has two tenants hold the streams, one of them in parts.
func TestLokiTenants(t *testing.T) {
	f, url := newFakeLoki(t)
	models := make(map[uint64]*model)
	for stream := range uint64(4) {
		models[stream] = &model{times: map[uint64]int{}}
		for seq := range uint64(100) {
			if stream == 1 && seq == 50 {
				continue
			}
			models[stream].add(seq)
			tenant := []string{"a", "b"}[stream%2]
			if stream == 3 && seq%2 == 0 {
				tenant = "a"
			}
			f.store(tenant, stored(int(seq), stream, seq))
		}
	}
	l := askFake(t, url, LokiConfig{Tenants: []string{"a", "b"}})
	if n, err := l.Count(t.Context(), testRun); n != 399 || err != nil {
		t.Errorf("counted %d, %v", n, err)
	}
	holding(t, url, LokiConfig{Tenants: []string{"a", "b"}}, models)
}

func TestLokiBroken(t *testing.T) {
	f, url := newFakeLoki(t)
	m := &model{times: map[uint64]int{}}
	for seq := range uint64(10) {
		l := stored(int(seq), 0, seq)
		switch seq {
		case 3:
			l.text = l.text[:len(l.text)-1]
		case 4:
			l.text = l.text[:len(l.text)-30]
		default:
			m.add(seq)
		}
		f.store("", l)
	}
	h := holding(t, url, LokiConfig{Filter: "|= `stream`"}, map[uint64]*model{0: m})
	if h.Lines.Corrupt != 2 || h.Lines.Received != 10 {
		t.Errorf("lines are %+v", h.Lines)
	}
}

// TestLokiFilterIsTheirs: what stands in somebody's filter is not ours to change.
func TestLokiFilterIsTheirs(t *testing.T) {
	f, url := newFakeLoki(t)
	m := &model{times: map[uint64]int{}}
	for seq := range uint64(3) {
		l := stored(int(seq), 0, seq)
		l.text = append([]byte("100%sure "), l.text...)
		m.add(seq)
		f.store("", l)
	}
	f.store("", stored(9, 0, 9))
	l := askFake(t, url, LokiConfig{Selector: `{run_id="` + testRun + `"}`, Filter: `|= "100%sure"`})
	if n, err := l.Count(t.Context(), testRun); n != 3 || err != nil {
		t.Errorf("counted %d, %v", n, err)
	}
	holding(t, url, l.config, map[uint64]*model{0: m})
}

func TestLokiFails(t *testing.T) {
	f, url := newFakeLoki(t)
	f.store("", stored(1, 0, 0))
	l := askFake(t, url, LokiConfig{})
	for status, refused := range map[int]bool{400: true, 401: true, 302: true, 429: false, 503: false} {
		f.statuses = []int{status}
		_, err := l.Count(t.Context(), testRun)
		if err == nil || errors.Is(err, ErrRefused) != refused || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%d: error is %v", status, err)
		}
	}
	f.statuses = []int{503, 200, 200, 500}
	v := Ask(t.Context(), l, Question{Run: testRun, Wait: 10 * time.Second, Settle: time.Millisecond})
	if v.Error != "" || v.Stored != 1 || v.Passed == nil || !*v.Passed {
		t.Errorf("verdict is %+v", v)
	}
}

func TestNewLoki(t *testing.T) {
	for _, c := range []LokiConfig{
		{Server: Server{URL: "127.0.0.1:3100"}},
		{Server: Server{URL: "ftp://127.0.0.1"}},
		{Server: Server{URL: "http://user:secret@127.0.0.1:3100"}},
		{Server: Server{URL: "http://127.0.0.1:3100"}, Selector: "job=x"},
		{Server: Server{URL: "http://127.0.0.1:3100"}, To: time.Unix(1, 0)},
	} {
		if _, err := NewLoki(c, time.Time{}); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: error is %v", c, err)
		}
	}
	l, err := NewLoki(LokiConfig{Server: Server{URL: "http://127.0.0.1:3100/prefix/loki/api/v1/push", Header: http.Header{"A": {"secret"}}}}, time.Time{})
	if err != nil || l.String() != "Loki at http://127.0.0.1:3100/prefix" {
		t.Errorf("%v, %v", l, err)
	}
}
