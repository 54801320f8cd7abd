package report

import "math"

// A unit writes a number as people read it. The page's script knows the same by its name.
type unit struct {
	name  string
	title string // over an axis
	text  func(float64) string
}

func perSecond() unit {
	return unit{"rate", "lines/s", func(f float64) string { return Decimal(f) + " lines/s" }}
}

func lineCount() unit {
	return unit{"lines", "lines", func(f float64) string { return whole(f) + " lines" }}
}

func requestsPerSecond() unit {
	return unit{"requests", "requests/s", func(f float64) string { return Decimal(f) + "/s" }}
}

func bytesPerSecond() unit {
	return unit{"volume", "bytes/s", func(f float64) string { return Size(f) + "/s" }}
}

func duration() unit { return unit{"time", "log scale", Length} }
func memory() unit   { return unit{"bytes", "bytes", Size} }
func plain() unit    { return unit{"count", "", whole} }

func cores() unit {
	return unit{"cores", "cores", func(f float64) string { return Decimal(f) + " cores" }}
}

// whole writes a number of things.
func whole(f float64) string { return count(uint64(math.Round(max(0, f)))) }

// A curve is one line of a chart.
type curve struct {
	Label string
	Tone  string // of the style's colours
	Shape string // line, dash, area (filled to the ground), band (filled to the curve before it), layer (stacked)
	Whole string // what the legend says of the whole run
	value func(Point) float64
}

// A figure is a chart with its legend and, as a table, the numbers behind it.
type figure struct {
	ID, Title, Note string
	Caveat          string
	Unit            string
	Curves          []curve
	Table           table
	Wide            bool

	unit         unit
	stacked, log bool
	marked       bool // with the moments at which limits were hit
	plot         plot
}

type table struct {
	Caption string
	Head    []string
	Rows    [][]string // the first cell heads its row
	Note    string
	Wordy   []wordy // rows with a text below each
}

type wordy struct {
	Cells []string
	Words string
}

// A plot is what the page's script draws.
type plot struct {
	ID     string   `json:"id"`
	Unit   string   `json:"unit"`
	X      column   `json:"x,omitempty"` // none: the run's time
	Log    bool     `json:"log,omitempty"`
	Stack  bool     `json:"stack,omitempty"`
	Marked bool     `json:"marked,omitempty"`
	Curves []series `json:"curves"`
}

type series struct {
	Label  string `json:"label"`
	Tone   string `json:"tone"`
	Shape  string `json:"shape"`
	Values column `json:"values"`
}

// over fills the figure in with points: a chart of them, and a table of some.
func (f figure) over(points []Point) figure {
	f.Unit = f.unit.title
	f.plot = plot{ID: f.ID, Unit: f.unit.name, Log: f.log, Stack: f.stacked, Marked: f.marked}
	for _, c := range f.Curves {
		s := series{Label: c.Label, Tone: c.Tone, Shape: c.Shape, Values: make(column, len(points))}
		for i, p := range points {
			s.Values[i] = c.value(p)
		}
		f.plot.Curves = append(f.plot.Curves, s)
	}
	f.Table = f.numbers(thin(points, mostRows), len(points))
	return f
}

func (f figure) numbers(points []Point, of int) table {
	t := table{Caption: f.Title + ", by interval", Head: []string{"time"}}
	if len(points) < of {
		t.Caption += ": rates are the interval's mean, times its worst"
	}
	for _, c := range f.Curves {
		t.Head = append(t.Head, c.Label)
	}
	for _, p := range points {
		when := instant(p.At-p.Span) + " to " + instant(p.At)
		if p.Warmup {
			when += ", warm-up"
		}
		row := []string{when}
		for _, c := range f.Curves {
			row = append(row, f.cell(c.value(p)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// instant writes a moment of the run.
func instant(seconds float64) string {
	if seconds <= 0 {
		return "0 s"
	}
	return Length(seconds)
}

func (f figure) cell(v float64) string {
	if math.IsNaN(v) {
		return "-"
	}
	return f.unit.text(v)
}

// some reports whether any point has something to show.
func some(points []Point, value func(Point) float64) bool {
	for _, p := range points {
		if v := value(p); !math.IsNaN(v) && v != 0 {
			return true
		}
	}
	return false
}
