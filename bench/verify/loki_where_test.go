package verify

import (
	"fmt"
	"testing"
	"time"
)

// TestLokiAnywhere finds lines under labels that nobody named, by sums and by reading.
func TestLokiAnywhere(t *testing.T) {
	line := func(seq uint64) logLine { return stored(int(seq), 0, seq) }
	all := &model{times: map[uint64]int{}}
	for seq := range uint64(6) {
		all.add(seq)
	}
	for name, labels := range map[string][]map[string]string{
		"under a path":        {{"filename": "/var/log/a b.log", "job": "x"}},
		"under another path":  {{"log_path": "/var/log/a b.log"}},
		"with every label":    {{"service_name": "unknown_service", "job": "x", "host": "h"}},
		"in unlike streams":   {{"job": "x", "host": "h"}, {"host": "h"}, {"pod": "p"}},
		"as lologen pushes":   {{"run_id": testRun, "job": "x"}},
		"beside other people": {{"job": "mine"}},
	} {
		t.Run(name, func(t *testing.T) {
			f, url := newFakeLoki(t)
			other := logLine{at: time.Now().UnixNano(), text: []byte("nothing of ours")}
			f.store("", f.label(map[string]string{"job": "other", "service_name": "other"}, other)...)
			for seq := range uint64(6) {
				f.store("", f.label(labels[int(seq)%len(labels)], line(seq))...)
			}
			config := LokiConfig{Anywhere: true, Path: "/var/log/a b.log"}
			l := askFake(t, url, config)
			if n, err := l.Count(t.Context(), testRun); n != 6 || err != nil {
				t.Errorf("counted %d, %v", n, err)
			}
			if n := len(l.places.selectors); n == 0 || n > len(labels) {
				t.Errorf("found in %q", l.places.selectors)
			}
			holding(t, url, config, map[uint64]*model{0: all})
		})
	}
}

// TestLokiAnywhereLater: lines under labels that came up after the first were found are found in the end.
func TestLokiAnywhereLater(t *testing.T) {
	f, url := newFakeLoki(t)
	l := askFake(t, url, LokiConfig{Anywhere: true})
	for seq, want := range []uint64{0, 1, 1} {
		if seq > 0 {
			f.store("", f.label(map[string]string{fmt.Sprint("label", seq): "x"}, stored(seq, 0, uint64(seq)))...)
			l.places.again = time.Time{} // long after
		}
		if n, err := l.Count(t.Context(), testRun); n != want || err != nil {
			t.Fatalf("counted %d, %v, want %d", n, err, want)
		}
	}
	h, err := l.Holding(t.Context(), testRun)
	if err != nil || h.Lines.Unique != 2 {
		t.Errorf("%+v, %v", h, err)
	}
}

// TestLokiAnywhereSpares: where nothing is found, all streams are looked through now and then only, and in the end.
func TestLokiAnywhereSpares(t *testing.T) {
	f, url := newFakeLoki(t)
	l := askFake(t, url, LokiConfig{Anywhere: true})
	for range 3 {
		if n, err := l.Count(t.Context(), testRun); n != 0 || err != nil {
			t.Fatalf("counted %d, %v", n, err)
		}
	}
	looks := func() (n int) {
		for _, q := range f.asked {
			if !q.Has("query") {
				n++
			}
		}
		return n
	}
	if n := looks(); n != 1 {
		t.Errorf("%d times", n)
	}
	f.store("", f.label(map[string]string{"job": "x"}, stored(1, 0, 0))...)
	h, err := l.Holding(t.Context(), testRun)
	if err != nil || h.Lines.Unique != 1 || looks() != 2 {
		t.Errorf("%+v, %v, %d times", h, err, looks())
	}
}
