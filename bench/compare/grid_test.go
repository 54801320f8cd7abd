package compare

import (
	"bytes"
	"reflect"
	"testing"
)

func TestGrid(t *testing.T) {
	g := Grid{
		Head: []string{"work", "tool", "µs", "lines/s"},
		Rows: [][]string{{"a|b", "x", "1", "1,000"}, {"pipe", "lolo*gen", "100", "7"}},
		Left: 2,
	}
	var text, markdown bytes.Buffer
	if err := g.Text(&text); err != nil {
		t.Fatal(err)
	}
	if err := g.Markdown(&markdown); err != nil {
		t.Fatal(err)
	}
	if want := "work  tool       µs  lines/s\na|b   x           1    1,000\npipe  lolo*gen  100        7\n"; text.String() != want {
		t.Errorf("got\n%swant\n%s", &text, want)
	}
	if want := "| work | tool | µs | lines/s |\n|---|---|---:|---:|\n| a\\|b | x | 1 | 1,000 |\n| pipe | lolo\\*gen | 100 | 7 |\n"; markdown.String() != want {
		t.Errorf("got\n%swant\n%s", &markdown, want)
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", []string{""}},
		{"one", []string{"one"}},
		{"one two three four", []string{"one two", "  three", "  four"}},
		{"unbreakable x", []string{"unbreakable", "  x"}},
	} {
		if got := wrap(c.text, 8); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}
