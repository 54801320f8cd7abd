package sinks

import (
	"slices"
	"strings"
	"testing"

	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/sinks/push"
)

func TestParseLabel(t *testing.T) {
	for text, want := range map[string]string{
		"a=b":              "a: b",
		"a=b=c":            "a: b=c",
		"a={0..3}":         "a: 0 1 2 3",
		"a={08..11}":       "a: 08 09 10 11",
		"a={00..2}":        "a: 00 01 02",
		"a={x,y}":          "a: x y",
		"a=p-{x,y}-{1..2}": "a: p-x-1 p-x-2 p-y-1 p-y-2",
		"a={x,y}{1..2}z":   "a: x1z x2z y1z y2z",
		"a={b}":            "a: {b}",
		"a={..}":           "a: {..}",
		"a={1..}":          "a: {1..}",
		"a={5..5}":         "a: 5",
		"_a1=ü":            "_a1: ü",
		`a=q"uo\te`:        `a: q"uo\te`,
		"a={{1..2},3}":     "a: {1,3} {2,3}",
	} {
		l, err := ParseLabel(text)
		if got := l.Name + ": " + strings.Join(l.Values, " "); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", text, got, err, want)
		}
	}
	for _, bad := range []string{"", "a", "a=", "=b", "1a=b", "a-b=c", "a={2..1}", "a={0..1000000}", "a={,x}", "a=\xff", "a={0..999}{0..999}{0..9}", "a={0..99999999999}", "a={x,x}", "a={0..11}{0..111}"} {
		if l, err := ParseLabel(bad); err == nil {
			t.Errorf("%q was accepted: %d values", bad, len(l.Values))
		}
	}
}

func FuzzParseLabel(f *testing.F) {
	for _, s := range []string{"a=b", "a={0..49}", "a={x,y}{1..3}", "a={", "a={}..}", "a={1..2..3}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ParseLabel(s)
		if err != nil {
			return
		}
		if len(l.Values) == 0 || len(l.Values) > mostValues {
			t.Fatalf("%q: %d values", s, len(l.Values))
		}
		for _, v := range l.Values[:min(10, len(l.Values))] {
			if _, err := push.AppendLabels(nil, []push.Label{{Name: l.Name, Value: v}}); err != nil {
				t.Fatalf("%q: %v", s, err)
			}
		}
	})
}

// TestLabelSetsAreWhatPushMakes: a set put together from parts is the one that push would write.
func TestLabelSetsAreWhatPushMakes(t *testing.T) {
	l := Loki{
		Labels:  []LabelValues{{"z", []string{`q"`, "ü"}}, {"b", []string{"1", "2", "3"}}, {"m", []string{"x"}}},
		Streams: 12, Level: true, Run: "abc", Churn: Churn{0.1, 1},
	}
	for _, l.Encoding = range []push.Encoding{push.Snappy, push.JSON} {
		set, err := newLabelSet(&l)
		if err != nil {
			t.Fatal(err)
		}
		enc := push.NewEncoder(l.Encoding)
		var all []string
		for stream := range l.Streams {
			want, err := enc.AppendLabels(nil, []push.Label{
				{Name: "z", Value: l.Labels[0].Values[stream/3%2]}, {Name: "b", Value: l.Labels[1].Values[stream%3]}, {Name: "m", Value: "x"},
				{Name: "run_id", Value: "abc"}, {Name: "level", Value: "error"}, {Name: "generation", Value: "7"},
				{Name: "stream_id", Value: string('0'+rune(stream%10)) + ""},
			})
			if err != nil {
				t.Fatal(err)
			}
			got := string(set.append(nil, stream, emitter.Error, 7))
			if stream < 10 && got != string(want) {
				t.Errorf("stream %d: %s, want %s", stream, got, want)
			}
			all = append(all, got)
		}
		slices.Sort(all)
		if len(slices.Compact(all)) != l.Streams {
			t.Errorf("label sets repeat: %v", all)
		}
	}
}

func TestCombinations(t *testing.T) {
	ten := make([]string, 10)
	for n, want := range []int{1, 10, 100, 1000} {
		labels := make([]LabelValues, n)
		for i := range labels {
			labels[i].Values = ten
		}
		if got := Combinations(labels); got != want {
			t.Errorf("%d labels of ten values make %d sets", n, got)
		}
	}
	if got := Combinations([]LabelValues{{Values: make([]string, 1e6)}, {Values: make([]string, 1e6)}}); got != 1<<31-1 {
		t.Errorf("very many are %d", got)
	}
}
