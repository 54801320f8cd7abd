package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// result is one benchmark, or one limit: the best of all rounds.
type result struct {
	name   string
	ns     float64 // a line
	bytes  float64 // a second; 0: not told
	allocs float64 // a line, the most of all rounds; negative: not told

	of     string    // what the benchmark itself holds itself against; empty: nothing
	shares []float64 // of that, by round
}

// limit is what the limits program says of one path.
type limit struct {
	Path         string
	Lines, Bytes float64 // a second
	Error        string
}

// table gathers results in the order in which they first come.
type table struct {
	cpu     string
	size    int // of the limits' lines
	results []result
	limits  []result
	missing map[string]string // limits that were not measured, and why
}

func newTable(size int) *table { return &table{size: size, missing: make(map[string]string)} }

// against are the limits that benchmarks are held against, by the start of their names.
var against = []struct{ prefix, limit string }{
	{"Formats/", "copy"},
	{"Pipe/discard/", "copy"},
	{"Pipe/console/", "pipecat"},
	{"Pipe/file/", "file"},
	{"Pipe/http/", "roundtrip"},
	{"Pipe/journald/", "unixgram"},
	{"Sink/console", "pipecat"},
	{"Sink/file", "file"},
	{"Sink/http", "roundtrip"},
	{"Sink/journald", "unixgram"},
}

// limitOf is the limit of the named benchmark; empty if it has none.
func limitOf(name string) string {
	for _, a := range against {
		if strings.HasPrefix(name, a.prefix) {
			return a.limit
		}
	}
	return ""
}

// readResults reads the output of go test -bench.
func (t *table) readResults(out []byte) error {
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		text := lines.Text()
		if cpu, ok := strings.CutPrefix(text, "cpu: "); ok {
			t.cpu = cpu
		}
		r, ok, err := parseResult(text)
		if err != nil {
			return fmt.Errorf("read benchmark %q: %w", text, err)
		}
		if ok {
			t.results = keepBest(t.results, r)
		}
	}
	return lines.Err()
}

// parseResult reads a line like "BenchmarkPipe/file/2-2  100  269.3 ns/op  932.11 MB/s  1 B/op  0 allocs/op".
// A benchmark that is held against itself adds "0.998 of-unscraped".
func parseResult(text string) (r result, ok bool, err error) {
	fields := strings.Fields(text)
	if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
		return r, false, nil
	}
	name := strings.TrimPrefix(fields[0], "Benchmark")
	if n := runtime.GOMAXPROCS(0); n > 1 { // else the name has no suffix
		name = strings.TrimSuffix(name, "-"+strconv.Itoa(n))
	}
	r = result{name: name, allocs: -1}
	for pair := range slices.Chunk(fields[2:], 2) {
		if len(pair) < 2 {
			break
		}
		value, err := strconv.ParseFloat(pair[0], 64)
		if err != nil {
			return r, false, err
		}
		switch pair[1] {
		case "ns/op":
			r.ns = value
		case "MB/s":
			r.bytes = value * 1e6
		case "allocs/op":
			r.allocs = value
		}
		if of, ok := strings.CutPrefix(pair[1], "of-"); ok {
			r.of, r.shares = of, []float64{value}
		}
	}
	return r, r.ns > 0, nil
}

// keepBest keeps the faster of two results of the same name, but the more allocations.
func keepBest(list []result, r result) []result {
	i := slices.IndexFunc(list, func(other result) bool { return other.name == r.name })
	if i < 0 {
		return append(list, r)
	}
	r.allocs = max(r.allocs, list[i].allocs)
	r.shares = append(list[i].shares, r.shares...)
	if r.ns > list[i].ns {
		r.ns, r.bytes = list[i].ns, list[i].bytes
	}
	list[i] = r
	return list
}

// limitsNeeded are the limits that the benchmarks seen so far are held against.
func (t *table) limitsNeeded() (paths []string) {
	for _, r := range t.results {
		if path := limitOf(r.name); path != "" && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

func (t *table) addLimits(limits []limit) {
	for _, l := range limits {
		if l.Error != "" {
			t.missing[l.Path] = l.Error
			continue
		}
		t.limits = keepBest(t.limits, result{name: l.Path, ns: 1e9 / l.Lines, bytes: l.Bytes, allocs: -1})
	}
}

// write prints the table: benchmarks of a kind together, then the limits.
func (t *table) write(w io.Writer) error {
	rows := [][]string{{"name", "ns/line", "lines/s", "MB/s", "allocs", "of limit"}}
	for _, r := range t.grouped() {
		rows = append(rows, append(r.cells(r.name), t.share(r)))
	}
	for _, r := range t.limits {
		rows = append(rows, append(r.cells("limit "+r.name), "-"))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d processors, %s; a limit is what one goroutine reaches with free lines of %d bytes\n\n",
		t.cpu, runtime.GOMAXPROCS(0), runtime.Version(), t.size)
	align(&b, rows)
	for _, path := range slices.Sorted(maps.Keys(t.missing)) {
		fmt.Fprintf(&b, "limit %s was not measured: %s\n", path, t.missing[path])
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

// grouped brings results together whose names begin alike: a kind may be spread over packages.
func (t *table) grouped() (list []result) {
	var kinds []string
	byKind := make(map[string][]result)
	for _, r := range t.results {
		kind, _, _ := strings.Cut(r.name, "/")
		if byKind[kind] == nil {
			kinds = append(kinds, kind)
		}
		byKind[kind] = append(byKind[kind], r)
	}
	for _, kind := range kinds {
		list = append(list, byKind[kind]...)
	}
	return list
}

// share is how much of its limit a benchmark reached. Of what a benchmark measured in turns with
// itself the median of the rounds counts, as the best would be that with the luckier turns.
func (t *table) share(r result) string {
	if r.of != "" {
		slices.Sort(r.shares)
		return fmt.Sprintf("%.1f %% of %s", 100*r.shares[len(r.shares)/2], r.of)
	}
	for _, l := range t.limits {
		if l.name == limitOf(r.name) {
			return fmt.Sprintf("%.0f %% of %s", 100*l.ns/r.ns, l.name)
		}
	}
	return "-"
}

func (r result) cells(name string) []string {
	cells := []string{name, number(r.ns), number(1e9 / r.ns), "-", "-"}
	if r.bytes > 0 {
		cells[3] = number(r.bytes / 1e6)
	}
	if r.allocs >= 0 {
		cells[4] = strconv.FormatFloat(r.allocs, 'f', -1, 64)
	}
	return cells
}

// number writes v with three digits, or whole with a comma for every thousand.
func number(v float64) string {
	switch {
	case v < 9.995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 99.95:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	s := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// align writes rows in columns, the first and the last to the left.
func align(b *strings.Builder, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		fmt.Fprintf(&line, "%-*s", widths[0], row[0])
		for i, cell := range row[1 : len(row)-1] {
			fmt.Fprintf(&line, "  %*s", widths[i+1], cell)
		}
		line.WriteString("  " + row[len(row)-1])
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}
