package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A view is what the page's template shows: texts that are ready to read, and the charts.
type view struct {
	Title    string
	Run      string
	Started  string
	Passed   bool
	Verdict  string // a word
	Why      string // the rest of the sentence
	Alarm    string // what must not be overlooked
	Aborted  string
	HeldBack string
	Ended    string
	SLO      []demand
	Facts    []fact

	Sections []section
	Moments  []moment
	Charts   charts

	Plan     []fact
	Commands []string
	Again    string // what to mind with them
	Version  int
}

type demand struct {
	Expr, Value string
	Passed      bool
}

// A fact is a name, what it is, and a remark.
type fact struct {
	Name, Value, Remark string
}

// A section is figures and tables about one thing.
type section struct {
	ID, Title string
	Empty     string // what to say if there is nothing
	Tables    []table
	Figures   []figure
}

// A moment is when something first failed, marked in the charts by its number.
type moment struct {
	At      float64 `json:"at"`
	Label   string  `json:"label"`
	When    string  `json:"-"`
	Offered string  `json:"-"` // the rate that was due then
	Raise   string  `json:"-"` // the setting that raises it
}

// charts is the data for the page's script.
type charts struct {
	Start   float64  `json:"start"` // of the first interval
	Time    column   `json:"time"`  // the end of each
	Warmup  float64  `json:"warmup,omitempty"`
	Moments []moment `json:"moments"`
	Plots   []plot   `json:"plots"`
}

func (r *Report) view() view {
	v := view{
		Run:      printable(r.origin()),
		Passed:   r.Verdict.Passed,
		Alarm:    r.alarm(),
		HeldBack: r.heldBack(),
		SLO:      r.demands(),
		Facts:    r.glance(),
		Moments:  r.moments(),
		Plan:     r.planned(),
		Version:  r.Version,
	}
	v.Commands, v.Again = r.commands()
	if !r.Started.IsZero() {
		v.Started = r.Started.Format("2 January 2006, 15:04:05 MST")
	}
	v.Verdict, v.Why, _ = strings.Cut(printable(r.verdict()), ": ")
	v.Verdict, v.Why = sentence(v.Verdict), sentence(v.Why)
	v.Title = fmt.Sprintf("lologen: %s, %s", strings.ToLower(v.Verdict), Clean(r.Plan.Sink))
	v.Ended = fmt.Sprintf("%s after %s", Clean(string(r.Verdict.Ended)), Length(r.Elapsed))
	if r.Verdict.Aborted != "" {
		v.Aborted = fmt.Sprintf("Ended before its time, as %s could not be met any more.", Clean(r.Verdict.Aborted))
	}
	points := thin(joinRest(r.Series), mostPoints)
	v.Sections = r.sections(points)
	v.Charts = r.charts(points, v)
	return v
}

func (r *Report) sections(points []Point) []section {
	var list []section
	if r.Verification != nil {
		list = append(list, section{ID: "delivery", Title: "Delivery", Tables: r.Verification.tables()})
	}
	list = append(list, []section{
		{ID: "throughput", Title: "Throughput", Empty: "This report holds no time series.", Figures: r.throughput(points)},
		{ID: "latency", Title: "Latency", Tables: []table{r.latencyTable()},
			Figures: append(r.latencyOverTime(points), r.distribution()...)},
		{ID: "failures", Title: "Errors", Empty: "No request failed.", Tables: r.errorTables(), Figures: r.errorsOverTime(points)},
	}...)
	if figures, tables := r.serverOverTime(points), r.serverTables(); len(figures)+len(tables) > 0 {
		list = append(list, section{ID: "server", Title: "Loki’s side", Tables: tables, Figures: figures})
	}
	if len(r.Parts) > 0 {
		list = append(list, section{ID: "parts", Title: "Processes", Tables: []table{r.partsTable()}})
	}
	return append(list, section{ID: "machine", Title: "Machine", Tables: []table{r.machineTable()}, Figures: r.machine(points)})
}

func (r *Report) charts(points []Point, v view) charts {
	c := charts{Moments: v.Moments, Time: make(column, len(points)), Plots: []plot{}}
	for i, p := range points {
		c.Time[i] = p.At
		if p.Warmup {
			c.Warmup = p.At
		}
	}
	if len(points) > 0 {
		c.Start = max(0, points[0].At-points[0].Span)
	}
	for _, s := range v.Sections {
		for _, f := range s.Figures {
			c.Plots = append(c.Plots, f.plot)
		}
	}
	return c
}

// alarm is for a report that cannot be trusted.
func (r *Report) alarm() string {
	if r.Verdict.Balanced {
		return ""
	}
	l := r.Lines
	return fmt.Sprintf("The ledger does not balance: %s were due, %s accounted for. This is a bug in lologen: "+
		"trust nothing below, and please report it%s.",
		plural(l.Due, "line"), count(l.Acked+l.Lost()+l.Missed), r.withSeed())
}

func (r *Report) withSeed() string {
	if seed := r.seed(); seed != "" {
		return " with seed " + seed
	}
	return " with the seeds of its parts"
}

// heldBack says who kept the run from being faster, and why.
func (r *Report) heldBack() string {
	why := Clean(r.Verdict.BoundWhy)
	target := r.Rate.Target
	switch {
	case r.Verdict.BoundBy == None || r.Verdict.BoundBy == "":
		return sentence(why)
	case target == nil:
		return fmt.Sprintf("Held back by %s: %s", r.Verdict.BoundBy.who(), why)
	}
	return fmt.Sprintf("Target rate not reached: %s of %s lines/s (%s), held back by %s: %s",
		Decimal(r.Rate.Achieved), Decimal(*target), percent(ratio(r.Rate.Achieved, *target)), r.Verdict.BoundBy.who(), why)
}

// sentence begins with a capital.
func sentence(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + s[n:]
}

// printable is s without what cannot be seen, in one line; unlike Clean, it cuts nothing.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c):
			return ' '
		case !unicode.IsPrint(c):
			return -1
		}
		return c
	}, strings.ToValidUTF8(s, ""))
}

// mostMoments is how many marks a chart bears.
const mostMoments = 5

// moments are when each limit was first hit, and when each other class of failures began, in order.
func (r *Report) moments() []moment {
	first := map[string]Failure{}
	for _, f := range r.Errors {
		if known, ok := first[f.class()]; !f.Ours() && (!ok || f.At < known.At) {
			first[f.class()] = f
		}
	}
	found := slices.SortedFunc(maps.Values(first), func(a, b Failure) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.cause(), b.cause()))
	})
	list := []moment{}
	for _, f := range found[:min(len(found), mostMoments)] {
		m := moment{At: f.At, When: instant(f.At), Label: Clean(f.cause()), Raise: Clean(f.Raise)}
		if f.Offered > 0 {
			m.Offered = perSecond().text(f.Offered)
		}
		list = append(list, m)
	}
	return list
}
