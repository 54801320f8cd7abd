package report

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/exitfound/lologen/emitter"
)

func TestMannWhitney(t *testing.T) {
	tests := []struct {
		name string
		a, b []float64
		want float64
	}{
		{"one each", []float64{1}, []float64{2}, 1},
		{"three apart", []float64{1, 2, 3}, []float64{4, 5, 6}, 2.0 / 20},
		{"four apart", []float64{1, 2, 3, 4}, []float64{5, 6, 7, 8}, 2.0 / 70},
		{"five apart, downwards", []float64{6, 7, 8, 9, 10}, []float64{1, 2, 3, 4, 5}, 2.0 / 252},
		{"interleaved", []float64{1, 3, 5}, []float64{2, 4, 6}, 14.0 / 20},
		{"all the same", []float64{1, 1}, []float64{1, 1, 1}, 1},
		// Ranks 1.5 1.5 3 | 4.5 4.5 6: sums of three from 6 to 15, of which 6 and 15 have one way each.
		{"ties", []float64{1, 1, 2}, []float64{3, 3, 4}, 2.0 / 20},
		{"unequal sides", []float64{1, 2}, []float64{3, 4, 5}, 2.0 / 10},
	}
	for _, tt := range tests {
		if got := mannWhitney(tt.a, tt.b); math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// The test counts ways; a plain model tries them all.
func TestMannWhitneyAgainstModel(t *testing.T) {
	values := []float64{3, 1, 4, 1, 5, 9, 2, 6, 5, 3}
	for n := 1; n < 9; n++ {
		a, b := values[:n], values[n:]
		ranks := doubledRanks(a, b)
		sum := func(mask int) float64 {
			s := 0
			for i, r := range ranks {
				if mask>>i&1 == 1 {
					s += r
				}
			}
			return float64(s)
		}
		mean := sum(1<<10-1) * float64(n) / 10
		var total, extreme float64
		for mask := range 1 << 10 {
			ones := 0
			for i := range 10 {
				ones += mask >> i & 1
			}
			if ones != n {
				continue
			}
			total++
			if math.Abs(sum(mask)-mean) >= math.Abs(sum(1<<n-1)-mean)-1e-9 {
				extreme++
			}
		}
		if got := mannWhitney(a, b); math.Abs(got-extreme/total) > 1e-12 {
			t.Errorf("%d and %d: %v, want %v", n, 10-n, got, extreme/total)
		}
	}
}

func TestNoise(t *testing.T) {
	tests := []struct {
		a, b []float64
		want Noise
	}{
		{[]float64{1}, []float64{9}, OneRun},
		{[]float64{1, 2, 3}, []float64{9}, OneRun},
		{[]float64{1, 2, 3}, []float64{4, 5, 6}, Apart},
		{[]float64{4, 5, 6}, []float64{1, 2, 3}, Apart},
		{[]float64{1, 2, 3, 4}, []float64{5, 6, 7, 8}, Beyond},
		{[]float64{1, 2, 3, 9}, []float64{5, 6, 7, 8}, Within},
		{[]float64{1, 1, 1, 1}, []float64{1, 1, 1, 1}, Within},
	}
	for _, tt := range tests {
		if got, _ := noise(tt.a, tt.b); got != tt.want {
			t.Errorf("%v and %v: %s, want %s", tt.a, tt.b, got, tt.want)
		}
	}
}

// sideOf is as many runs that differ a little, n times as slow as others.
func sideOf(runs int, times float64, workers int) []*Report {
	var list []*Report
	for i := range runs {
		result, run := paced()
		scale := func(d time.Duration) time.Duration {
			return time.Duration(float64(d) * times * (1 + 0.01*float64(i)))
		}
		result.Latency = emitter.Latency{
			Response: histogram(scale(20*time.Microsecond), scale(1800*time.Microsecond), 1000),
			Service:  histogram(5*time.Microsecond, 90*time.Microsecond, 1000),
			Schedule: histogram(800*time.Nanosecond, 1200*time.Microsecond, 1000),
		}
		result.Lines = emitter.Lines{Due: 640_000, Acked: 640_000 - uint64(i), Rejected: uint64(i)}
		run.Plan.Workers = workers
		run.ID += string(rune('a' + i))
		list = append(list, New(result, run))
	}
	return list
}

func TestCompare(t *testing.T) {
	c, err := Compare(sideOf(5, 1, 64), sideOf(5, 1.2, 8))
	if err != nil {
		t.Fatal(err)
	}
	find := func(name string) Difference {
		for _, d := range c.Differences {
			if d.Name == name {
				return d
			}
		}
		t.Fatalf("no %s", name)
		return Difference{}
	}
	if d := find("response p50"); d.Noise != Beyond || *d.Change < 0.19 || *d.Change > 0.21 || *d.P > 0.01 || d.A.Runs != 5 || d.A.Min >= d.A.Median || d.A.Median >= d.A.Max {
		t.Errorf("got %+v", d)
	}
	if d := find("service p99"); d.Noise != Within || *d.Change != 0 || *d.P != 1 {
		t.Errorf("got %+v", d)
	}
	if d := find("missed"); d.Change != nil || d.A.Median != 0 {
		t.Errorf("got %+v", d)
	}
	if len(c.Settings) != 1 || c.Settings[0] != (Setting{"workers", "64", "8"}) || c.A.Passed != 1 || len(c.B.Runs) != 5 {
		t.Errorf("got %+v", c)
	}
}

func TestCompareGoldens(t *testing.T) {
	one, other := New(paced()), New(failing())
	free := New(unpaced())
	for name, sides := range map[string][2][]*Report{
		"compare-one":  {{one}, {other}},
		"compare-five": {sideOf(5, 1, 64), sideOf(5, 1.2, 8)},
		"compare-free": {{one, one}, {free}},
	} {
		c, err := Compare(sides[0], sides[1])
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := c.Write(&b, "text"); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".txt", b.Bytes())
		for line := range strings.Lines(b.String()) {
			if n := len([]rune(line)); n > 101 {
				t.Errorf("%s: %d columns: %s", name, n, line)
			}
		}
		b.Reset()
		if err := c.Write(&b, "json"); err != nil {
			t.Fatal(err)
		}
		var back Comparison
		if err := json.Unmarshal(b.Bytes(), &back); err != nil || len(back.Differences) != len(c.Differences) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCompareFails(t *testing.T) {
	one := New(paced())
	for _, sides := range [][2][]*Report{{nil, {one}}, {{one}, nil}, {make([]*Report, mostRuns+1), {one}}} {
		if _, err := Compare(sides[0], sides[1]); err == nil || !strings.HasPrefix(err.Error(), "compare reports: ") {
			t.Errorf("got %v", err)
		}
	}
	c, _ := Compare([]*Report{one}, []*Report{one})
	if err := c.Write(&bytes.Buffer{}, "xml"); err == nil || !strings.Contains(err.Error(), "known are text, json") {
		t.Errorf("got %v", err)
	}
}
