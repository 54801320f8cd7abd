package verify

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeLoki answers queries from the lines it is given, by the parts of LogQL that this package uses.
type fakeLoki struct {
	mu       sync.Mutex
	t        *testing.T
	lines    map[string][]logLine // by tenant
	known    map[string]bool
	labels   map[string]map[string]string // of lines, by their text; others have those of a push
	series   int                          // most of a query
	asked    []url.Values
	statuses []int // of the next answers
}

func newFakeLoki(t *testing.T) (*fakeLoki, string) {
	f := &fakeLoki{t: t, lines: make(map[string][]logLine), known: make(map[string]bool), labels: make(map[string]map[string]string), series: 500}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return f, server.URL
}

// store keeps lines, those of the same time and text once.
func (f *fakeLoki) store(tenant string, lines ...logLine) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range lines {
		key := fmt.Sprint(tenant, l.at, string(l.text))
		if !f.known[key] {
			f.known[key] = true
			f.lines[tenant] = append(f.lines[tenant], l)
		}
	}
}

// label has lines be those of a stream with such labels.
func (f *fakeLoki) label(labels map[string]string, lines ...logLine) []logLine {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range lines {
		f.labels[string(l.text)] = labels
	}
	return lines
}

func (f *fakeLoki) of(l logLine) map[string]string {
	if labels, ok := f.labels[string(l.text)]; ok {
		return labels
	}
	return map[string]string{"run_id": testRun}
}

func (f *fakeLoki) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	q := r.URL.Query()
	f.asked = append(f.asked, q)
	if len(f.statuses) > 0 {
		status := f.statuses[0]
		f.statuses = f.statuses[1:]
		if status != http.StatusOK {
			http.Error(w, "a fault\x1b[31m of the test", status)
			return
		}
	}
	lines := f.lines[r.Header.Get("X-Scope-OrgID")]
	slices.SortStableFunc(lines, func(a, b logLine) int { return cmp.Compare(a.at, b.at) })
	switch r.URL.Path {
	case "/loki/api/v1/query_range":
		f.answerRange(w, lines, q)
	case "/loki/api/v1/labels":
		f.answerLabels(w, lines)
	default:
		f.answerInstant(w, lines, q)
	}
}

func (f *fakeLoki) answerLabels(w http.ResponseWriter, lines []logLine) {
	names := map[string]bool{"__stream_shard__": true, "not-a-name": true}
	for _, l := range lines {
		for name := range f.of(l) {
			names[name] = true
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": slices.Collect(maps.Keys(names))})
}

func (f *fakeLoki) answerRange(w http.ResponseWriter, lines []logLine, q url.Values) {
	limit, _ := strconv.Atoi(q.Get("limit"))
	from, _ := strconv.ParseInt(q.Get("start"), 10, 64)
	to, _ := strconv.ParseInt(q.Get("end"), 10, 64)
	values := [][]string{}
	for _, l := range f.pick(lines, q.Get("query"), from, to-1) {
		if len(values) < limit {
			values = append(values, []string{strconv.FormatInt(l.at, 10), string(l.text)})
		}
	}
	f.answer(w, "streams", []any{map[string]any{"values": values}})
}

var (
	sumQuery = regexp.MustCompile(`^sum(?: by \((\w+)\))?\((count|sum|bytes)_over_time\((.*)\[(\d+)s\]\)\)$`)
	minQuery = regexp.MustCompile(`^(min|max)_over_time\((.*)\[(\d+)s\]\) by \((\w+)\)$`)
)

func (f *fakeLoki) answerInstant(w http.ResponseWriter, lines []logLine, q url.Values) {
	var label, what, pipeline, seconds string
	if m := sumQuery.FindStringSubmatch(q.Get("query")); m != nil {
		label, what, pipeline, seconds = m[1], m[2], m[3], m[4]
	} else if m := minQuery.FindStringSubmatch(q.Get("query")); m != nil {
		what, pipeline, seconds, label = m[1], m[2], m[3], m[4]
	} else {
		http.Error(w, "parse error", http.StatusBadRequest)
		return
	}
	end, _ := strconv.ParseInt(q.Get("time"), 10, 64)
	length, _ := strconv.ParseInt(seconds, 10, 64)
	values := make(map[string]float64)
	for _, l := range f.pick(lines, pipeline, end-length*int64(time.Second)+1, end) {
		v := 1.0
		switch what {
		case "bytes":
			v = float64(len(l.text))
		case "sum", "min", "max":
			v, _ = strconv.ParseFloat(l.labels["lologen_seq"], 64)
		}
		before, ok := values[l.labels[label]]
		switch {
		case ok && what == "min":
			v = min(v, before)
		case ok && what == "max":
			v = max(v, before)
		case ok:
			v += before
		}
		values[l.labels[label]] = v
	}
	if len(values) > f.series {
		http.Error(w, "maximum number of series (500) reached for a single query", http.StatusBadRequest)
		return
	}
	result := []any{}
	for key, v := range values {
		metric := map[string]string{}
		if key != "" {
			metric[label] = key
		}
		result = append(result, map[string]any{"metric": metric, "value": []any{1.5, strconv.FormatFloat(v, 'f', -1, 64)}})
	}
	f.answer(w, "vector", result)
}

func (f *fakeLoki) answer(w http.ResponseWriter, kind string, result any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": map[string]any{"resultType": kind, "result": result}})
}

// picked is a line with the labels that a query made of it.
type picked struct {
	logLine
	labels map[string]string
}

var stage = regexp.MustCompile("^\\s*(\\|=|\\|~|!=|!~|\\| regexp|\\| pattern|\\| unwrap|\\| \\w+=|\\| \\w+!=) *(`[^`]*`|\"[^\"]*\"|\\w+)")

// pick returns the lines from from to to that a pipeline lets through.
func (f *fakeLoki) pick(lines []logLine, query string, from, to int64) (some []picked) {
	selector, pipeline, ok := strings.Cut(query, "}")
	matches := f.selector(selector + "}")
	if !ok || matches == nil {
		f.t.Errorf("no selector in %s", query)
		return nil
	}
	for _, l := range lines {
		if from <= l.at && l.at <= to && matches(f.of(l)) {
			some = append(some, picked{l, nil})
		}
	}
	for pipeline = strings.TrimSpace(pipeline); pipeline != ""; pipeline = strings.TrimSpace(pipeline) {
		m := stage.FindStringSubmatch(pipeline)
		if m == nil {
			f.t.Errorf("what is %q in %s?", pipeline, query)
			return nil
		}
		pipeline = pipeline[len(m[0]):]
		keep := stageOf(m[1], strings.Trim(m[2], "`\""))
		kept := some[:0]
		for _, p := range some {
			if keep(&p) {
				kept = append(kept, p)
			}
		}
		some = kept
	}
	return some
}

var (
	selectorText = regexp.MustCompile(`^\{(\w+(?:=|=~)"[^"]*"(?:, )?)+\}$`)
	matcher      = regexp.MustCompile(`(\w+)(=~|=)"([^"]*)"`)
)

// selector returns which labels a selector is for; nil: it is none that Loki takes.
func (f *fakeLoki) selector(text string) func(labels map[string]string) bool {
	list := matcher.FindAllStringSubmatch(text, -1)
	if !selectorText.MatchString(text) || !slices.ContainsFunc(list, func(m []string) bool { return m[3] != "" }) {
		return nil
	}
	return func(labels map[string]string) bool {
		for _, m := range list {
			value := labels[m[1]]
			if m[2] == "=" && value != m[3] || m[2] == "=~" && (m[3] != ".+" || value == "") {
				return false
			}
		}
		return true
	}
}

// stageOf returns what a stage does to a line, and whether it lets it through.
func stageOf(kind, text string) func(*picked) bool {
	switch kind {
	case "|=":
		return func(p *picked) bool { return strings.Contains(string(p.text), text) }
	case "!=":
		return func(p *picked) bool { return !strings.Contains(string(p.text), text) }
	case "|~", "!~":
		re := regexp.MustCompile(text)
		return func(p *picked) bool { return re.Match(p.text) == (kind == "|~") }
	case "| pattern":
		return parser(patternRE(text))
	case "| regexp":
		return parser(regexp.MustCompile(text))
	case "| unwrap":
		return func(p *picked) bool { return p.labels[text] != "" }
	}
	name := strings.TrimRight(kind[2:], "!=")
	return func(p *picked) bool { return (p.labels[name] == text) == !strings.HasSuffix(kind, "!=") }
}

// patternRE is the regular expression that a pattern stands for.
func patternRE(text string) *regexp.Regexp {
	re := regexp.MustCompile(`<\w+>`).ReplaceAllStringFunc(regexp.QuoteMeta(text), func(capture string) string {
		if capture == "<_>" {
			return ".*?"
		}
		return "(?P" + capture + ".*?)"
	})
	return regexp.MustCompile("(?s)^" + re + "$")
}

func parser(re *regexp.Regexp) func(*picked) bool {
	return func(p *picked) bool {
		p.labels = make(map[string]string)
		if m := re.FindSubmatch(p.text); m != nil {
			for i, name := range re.SubexpNames() {
				p.labels[name] = string(m[i])
			}
		}
		return true
	}
}
