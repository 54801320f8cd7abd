package push_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/exitfound/lologen/sinks/push"
)

func TestAppendLabels(t *testing.T) {
	for _, c := range []struct {
		labels []push.Label
		want   string
	}{
		{[]push.Label{{"job", "lologen"}}, `{job="lologen"}`},
		{[]push.Label{{"b", "2"}, {"a", "1"}, {"B", "3"}, {"_", "4"}}, `{B="3", _="4", a="1", b="2"}`},
		{[]push.Label{{"a", "\"quoted\" back\\slash\nnew\ttab\x00\x7f"}}, `{a="\"quoted\" back\\slash\nnew\ttab\x00\x7f"}`},
		{[]push.Label{{"a", "ü世界😀"}}, `{a="ü世界😀"}`},
		{[]push.Label{{"a", "ü\ufffd"}}, `{a="\u00fc\ufffd"}`}, // Prometheus refuses it unescaped
	} {
		given := slices.Clone(c.labels)
		got, err := push.AppendLabels([]byte("x "), c.labels)
		if err != nil || string(got) != "x "+c.want {
			t.Errorf("%v: %s, %v; want %s", c.labels, got, err, c.want)
		}
		if !slices.Equal(c.labels, given) {
			t.Errorf("%v was made %v", given, c.labels)
		}
		read, err := push.ParseLabels(got[len("x "):])
		slices.SortFunc(given, func(a, b push.Label) int { return strings.Compare(a.Name, b.Name) })
		if err != nil || !slices.Equal(read, given) {
			t.Errorf("%s is read as %v, %v; want %v", got, read, err, given)
		}
	}
}

func TestLabelsThatLokiWouldNotTake(t *testing.T) {
	const names = "only letters, digits and _ may be in it, and no digit may come first"
	for _, c := range []struct {
		labels []push.Label
		want   string
	}{
		{nil, "a stream has no labels: it needs at least one"},
		{[]push.Label{{"", "v"}}, "the name of a label is empty"},
		{[]push.Label{{"1a", "v"}}, `label name "1a": ` + names},
		{[]push.Label{{"a-b", "v"}}, `label name "a-b": ` + names},
		{[]push.Label{{"a:b", "v"}}, `label name "a:b": ` + names},
		{[]push.Label{{"ü", "v"}}, `label name "ü": ` + names},
		{[]push.Label{{"a", "1"}, {"b", "2"}, {"a", "1"}}, "label a is there twice"},
		{[]push.Label{{"a", ""}}, "label a has an empty value, which is the same as no label"},
		{[]push.Label{{"a", "x\xff"}}, `label a="x\xff": the value is not UTF-8`},
	} {
		for _, encoding := range []push.Encoding{push.Snappy, push.JSON} {
			got, err := push.NewEncoder(encoding).AppendLabels([]byte("x"), c.labels)
			if err == nil || err.Error() != c.want || string(got) != "x" {
				t.Errorf("%v: %s, %v; want %s", c.labels, got, err, c.want)
			}
		}
	}
}

func TestParseLabels(t *testing.T) {
	for _, c := range []struct {
		text string
		want []push.Label
	}{
		{`{}`, nil},
		{`{a="b"}`, []push.Label{{"a", "b"}}},
		{" {\n a = \"b\" ,\tc=\"d\", } \r\n", []push.Label{{"a", "b"}, {"c", "d"}}},
		{`{a='b"',c=` + "`\\d\n`" + `}`, []push.Label{{"a", `b"`}, {"c", "\\d\n"}}},
		{`{a="\a\b\f\n\r\t\v\\\"\x00\xff\101ü\u4e16\U0001f600"}`, []push.Label{{"a", "\a\b\f\n\r\t\v\\\"\x00\xffAü世😀"}}},
		{`{b="", a="x", b="y"}`, []push.Label{{"b", ""}, {"a", "x"}, {"b", "y"}}},
	} {
		if got, err := push.ParseLabels([]byte(c.text)); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, %v; want %v", c.text, got, err, c.want)
		}
	}
}

func TestLabelsThatCannotBeRead(t *testing.T) {
	for text, want := range map[string]string{
		"":                  "expected { at byte 0",
		"a":                 "expected { at byte 0",
		"{":                 "expected a label name or } at byte 1",
		`{a`:                "expected = at byte 2",
		`{a=`:               "expected a value in quotes at byte 3",
		`{a=b}`:             "expected a value in quotes at byte 3",
		`{a="b`:             "expected a closing quote at byte 5",
		`{a="b"`:            "expected , or } at byte 6",
		`{a="b" c="d"}`:     "expected , or } at byte 7",
		`{,}`:               "expected a label name or } at byte 1",
		`{a="b",,}`:         "expected a label name or } at byte 7",
		`{1="b"}`:           "expected a label name or } at byte 1",
		`{a-b="c"}`:         "expected = at byte 2",
		`{a="b"}}`:          "expected the end at byte 7",
		"{a=\"b\nc\"}":      "expected a closing quote before the end of the line at byte 5",
		`{a="\q"}`:          "expected an escape that Go knows at byte 4",
		`{a="\'"}`:          "expected an escape that Go knows at byte 4",
		`{a="\ud800"}`:      "expected an escape that Go knows at byte 4",
		`{a="\`:             "expected an escape that Go knows at byte 4",
		"{a=\"\xff\"}":      "expected valid UTF-8 at byte 4",
		"{a=\"\ufffd\"}":    "expected valid UTF-8 at byte 4",
		"{a=`\ufffd`}":      "expected valid UTF-8 at byte 4",
		`{a=~"b"}`:          "expected a value in quotes at byte 3",
		`{a!="b"}`:          "expected = at byte 2",
		`{"a"="b"}`:         "expected a label name or } at byte 1",
		`{a="b"} # comment`: "expected the end at byte 8",
	} {
		got, err := push.ParseLabels([]byte(text))
		if err == nil || got != nil || !strings.HasPrefix(err.Error(), "couldn't parse labels: ") || !strings.HasSuffix(err.Error(), ": "+want) {
			t.Errorf("%q: %v, %v; want %s", text, got, err, want)
		}
	}
	_, err := push.ParseLabels([]byte(`{a="` + strings.Repeat("x", 1<<20)))
	if err == nil || len(err.Error()) > 1000 {
		t.Errorf("the error repeats all of the text")
	}
}

func FuzzParseLabels(f *testing.F) {
	for _, s := range []string{`{a="b", c='d'}`, "{a=`\n`,}", `{a="\x41\u00fc"}`, "{a=\"\\ufffd\"}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		labels, err := push.ParseLabels([]byte(text))
		if err != nil {
			return
		}
		for _, l := range labels {
			if err := push.CheckName(l.Name); err != nil {
				t.Errorf("%q: %v", text, err)
			}
		}
		canonical, err := push.AppendLabels(nil, labels)
		if err != nil {
			return // labels that nobody should send, but that can be read
		}
		again, err := push.ParseLabels(canonical)
		slices.SortFunc(labels, func(a, b push.Label) int { return strings.Compare(a.Name, b.Name) })
		if err != nil || !slices.Equal(again, labels) {
			t.Errorf("%q is %v, and as %s %v, %v", text, labels, canonical, again, err)
		}
	})
}
