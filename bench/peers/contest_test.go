package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0}, {[]float64{7}, 7}, {[]float64{3, 1}, 2}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 100, 2, 3}, 3},
	} {
		if got := median(c.values); got != c.want {
			t.Errorf("median of %v: %v, want %v", c.values, got, c.want)
		}
	}
	values := []float64{3, 1, 2}
	if median(values); values[0] != 3 {
		t.Error("it sorted what it was lent")
	}
}

func TestSummariseTakesEachMedianByItself(t *testing.T) {
	got := summarise([]sample{
		{lines: 1000, bytes: 100_000, elapsed: time.Second, cpu: 3 * time.Millisecond, peak: 10e6},
		{lines: 3000, bytes: 300_000, elapsed: time.Second, cpu: 3 * time.Millisecond, peak: 30e6},
		{lines: 2000, bytes: 200_000, elapsed: 2 * time.Second, cpu: 8 * time.Millisecond, peak: 20e6},
	})
	if want := (figures{rate: 1000, line: 100, cpu: 3, peak: 20e6}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// lines is a run of so many lines a second.
func lines(rate int) []sample {
	return []sample{{lines: uint64(rate), bytes: uint64(rate) * 256, elapsed: time.Second, cpu: time.Second / 2, peak: 15e6}}
}

func TestTable(t *testing.T) {
	c := contest{settings: settings{runs: 5, length: 3 * time.Second, output: "markdown"}}
	w := work{name: "a work"}
	c.add(w, []*entrant{
		{tool: tool{name: self}, samples: lines(1_000_000)},
		{tool: tool{name: "other", note: "not alike"}, samples: lines(250_000)},
		{tool: tool{name: "broken"}, err: errNothing},
	})
	c.miss(tool{name: "flog", get: flogFrom})
	c.miss(tool{name: "flog", get: flogFrom})
	var b bytes.Buffer
	if err := c.write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| a work | lologen | 1,000,000 | 256 | 256 | 0.500 | 15.0 | - |\n",
		"| a work | other | 250,000 | 64.0 | 256 | 2.00 | 15.0 | 4.00 x |\n",
		"| a work | broken | - | - | - | - | - | - |\n",
		"- median of 5 runs of 3s, in turns, on ", ": go run ./bench/peers -runs 5 -for 3s\n",
		"- a work, other: not alike\n", "- a work, broken: it failed: not one line came\n",
		"- not installed: flog (" + flogFrom + ")\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, &b)
		}
	}
	c.output = "text"
	b.Reset()
	if err := c.write(&b); err != nil || !strings.Contains(b.String(), "\na work  other      250,000") {
		t.Errorf("%v\n%s", err, &b)
	}
}

func TestParse(t *testing.T) {
	s, err := parse(nil, io.Discard)
	if err != nil || s.runs != 5 || s.length != 3*time.Second || s.output != "text" || !strings.HasSuffix(s.lologen, "lologen") {
		t.Errorf("%+v, %v", s, err)
	}
	for _, args := range []string{"-runs 0", "-runs x", "-for 1ms", "-output json", "word", "-unknown"} {
		var b bytes.Buffer
		if _, err := parse(strings.Fields(args), &b); !errors.Is(err, errUsage) || b.Len() == 0 {
			t.Errorf("%s: %v, %q", args, err, &b)
		}
	}
}

func TestNeutral(t *testing.T) {
	got := neutral([]string{"PATH=/bin", "LOLOGEN_RATE=1", "HOME=/"})
	if strings.Join(got, " ") != "PATH=/bin HOME=/" {
		t.Errorf("%q", got)
	}
}

// TestWorks: every work has lologen first, and a way for each other tool to be had.
func TestWorks(t *testing.T) {
	for _, w := range works() {
		if len(w.tools) < 2 || w.tools[0].name != self || w.tools[0].program != self {
			t.Errorf("%s: lologen is not the first of %d tools", w.name, len(w.tools))
		}
		for _, tool := range w.tools {
			if tool.program != self && tool.get == "" {
				t.Errorf("%s: nobody knows where %s is to be had", w.name, tool.name)
			}
			if len(tool.args(goal{})) == 0 {
				t.Errorf("%s: %s is told nothing", w.name, tool.name)
			}
		}
	}
}

func TestAToolThatIsNotThereOrFailsIsNoEnd(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	w := work{"a work", func(a *arena) (sample, error) {
		if a.path != path || a.lologen != path {
			t.Errorf("%s is to be run", a.path)
		}
		if a.tool.name == "broken" {
			calls++
			return sample{}, errNothing
		}
		return lines(1000)[0], nil
	}, []tool{{name: self, program: self}, {name: "broken", program: self}, {name: "none", program: "there-is-no-such-tool"}}}
	c := contest{settings: settings{runs: 3, output: "text"}, progress: io.Discard}
	if err := c.hold(context.Background(), w, path); err != nil {
		t.Fatal(err)
	}
	if len(c.grid.Rows) != 2 || len(c.absent) != 1 || calls != 1 {
		t.Errorf("rows %q, absent %q, %d calls of what failed", c.grid.Rows, c.absent, calls)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := c.hold(ctx, w, path); !errors.Is(err, context.Canceled) {
		t.Errorf("an interrupt: %v", err)
	}
}
