package sinks

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/sinks/push"
)

// LabelValues is a label and all values that it has somewhere.
type LabelValues struct {
	Name   string
	Values []string
}

// Labels that are not the user's own.
const (
	labelStream     = "stream_id"
	labelRun        = "run_id"
	labelLevel      = "level"
	labelGeneration = "generation"
)

// mostValues bounds what the braces of one label may expand to.
const mostValues = 1_000_000

// ParseLabel reads a label as the command line has it: name=value, where {a,b,c} and {0..49} in
// the value stand for each of these ({00..49}: all of the same width). Braces that hold neither stay.
func ParseLabel(s string) (LabelValues, error) {
	name, value, ok := strings.Cut(s, "=")
	if !ok {
		return LabelValues{}, errors.New("a label is name=value")
	}
	if err := push.CheckName(name); err != nil {
		return LabelValues{}, err
	}
	values, err := expand(value)
	if err != nil {
		return LabelValues{}, fmt.Errorf("label %s: %w", name, err)
	}
	if v, twice := repeated(values); twice {
		return LabelValues{}, fmt.Errorf("label %s: %.50q comes twice", name, v)
	}
	for _, v := range values {
		if _, err := push.AppendLabels(nil, []push.Label{{Name: name, Value: v}}); err != nil {
			return LabelValues{}, err
		}
	}
	return LabelValues{name, values}, nil
}

// repeated returns a value that comes more than once: its streams would be one.
func repeated(values []string) (string, bool) {
	seen := make(map[string]bool, len(values))
	for _, v := range values {
		if seen[v] {
			return v, true
		}
		seen[v] = true
	}
	return "", false
}

var braces = regexp.MustCompile(`\{([^{}]*,[^{}]*|[0-9]+\.\.[0-9]+)\}`)

// expand returns every value that s stands for, the last braces changing fastest.
func expand(s string) ([]string, error) {
	at := braces.FindStringSubmatchIndex(s)
	if at == nil {
		return []string{s}, nil
	}
	choices, err := choices(s[at[2]:at[3]])
	if err != nil {
		return nil, err
	}
	rest, err := expand(s[at[1]:])
	if err != nil {
		return nil, err
	}
	if len(choices) > mostValues/len(rest) {
		return nil, fmt.Errorf("more than %d values", mostValues)
	}
	values := make([]string, 0, len(choices)*len(rest))
	for _, choice := range choices {
		for _, tail := range rest {
			values = append(values, s[:at[0]]+choice+tail)
		}
	}
	return values, nil
}

// choices are what one pair of braces stands for.
func choices(s string) ([]string, error) {
	first, last, isRange := strings.Cut(s, "..")
	from, err1 := strconv.ParseUint(first, 10, 32)
	to, err2 := strconv.ParseUint(last, 10, 32)
	switch {
	case !isRange || strings.Contains(s, ","):
		return strings.Split(s, ","), nil
	case err1 != nil || err2 != nil || from > to:
		return nil, fmt.Errorf("{%s}: a range goes up, from 0 to 4294967295 at most", s)
	case to-from >= mostValues:
		return nil, fmt.Errorf("{%s}: more than %d values", s, mostValues)
	}
	width := 0
	if first[0] == '0' && len(first) > 1 || last[0] == '0' {
		width = max(len(first), len(last))
	}
	list := make([]string, 0, to-from+1)
	for n := from; n <= to; n++ {
		list = append(list, fmt.Sprintf("%0*d", width, n))
	}
	return list, nil
}

// Combinations is how many label sets the labels make, at most math.MaxInt32.
func Combinations(labels []LabelValues) int {
	n := 1
	for _, l := range labels {
		if len(l.Values) > math.MaxInt32/n {
			return math.MaxInt32
		}
		n *= len(l.Values)
	}
	return n
}

// labelSet appends label sets, without allocating. Its parts are in the order of their names.
type labelSet struct {
	parts                  []labelPart
	open, separator, close string
}

// labelPart is one label of a set: one of some texts, or a number between two.
type labelPart struct {
	name          string
	texts         [][]byte
	every         int // stream / every mod the number of texts is the stream's
	before, after []byte
	chooser       chooser
}

type chooser uint8

const (
	byStream chooser = iota
	byLevel
	streamNumber
	generationNumber
)

// newLabelSet prepares the label sets of the model's streams.
func newLabelSet(l *Loki) (labelSet, error) {
	combinations := Combinations(l.Labels)
	if l.Streams < combinations {
		return labelSet{}, fmt.Errorf("%d streams, but the labels make %d: want as many or more", l.Streams, combinations)
	}
	b := newSetBuilder(l.Encoding)
	every := combinations
	for _, label := range l.Labels {
		every /= max(1, len(label.Values))
		b.add(labelPart{name: label.Name, every: every}, label.Values...)
	}
	if l.Run != "" {
		b.add(labelPart{name: labelRun, every: 1}, l.Run)
	}
	if l.Level {
		b.add(labelPart{name: labelLevel, chooser: byLevel}, levelNames()...)
	}
	if l.Streams > combinations {
		b.number(labelStream, streamNumber)
	}
	if l.Churn.Share > 0 {
		b.number(labelGeneration, generationNumber)
	}
	return b.build()
}

// setBuilder puts a label set together. Its first error is the set's.
type setBuilder struct {
	enc *push.Encoder
	set labelSet
	err error
}

func newSetBuilder(encoding push.Encoding) *setBuilder {
	b := &setBuilder{enc: push.NewEncoder(encoding), set: labelSet{open: "{", separator: ", ", close: "}"}}
	if encoding.ContentType() == push.JSON.ContentType() {
		b.set.separator = ","
	}
	return b
}

// text is a label as it stands in a set.
func (b *setBuilder) text(name, value string) []byte {
	text, err := b.enc.AppendLabels(nil, []push.Label{{Name: name, Value: value}})
	if err != nil {
		b.err = cmp.Or(b.err, err)
		return nil
	}
	return text[len(b.set.open) : len(text)-len(b.set.close)]
}

func (b *setBuilder) add(p labelPart, values ...string) {
	if len(values) == 0 {
		b.err = cmp.Or(b.err, fmt.Errorf("label %s has no value", p.name))
	}
	for _, v := range values {
		p.texts = append(p.texts, b.text(p.name, v))
	}
	b.set.parts = append(b.set.parts, p)
}

func (b *setBuilder) number(name string, by chooser) {
	const digit = "0" // in none of these names
	before, after, _ := bytes.Cut(b.text(name, digit), []byte(digit))
	b.set.parts = append(b.set.parts, labelPart{name: name, before: before, after: after, chooser: by})
}

func (b *setBuilder) build() (labelSet, error) {
	parts := b.set.parts
	slices.SortStableFunc(parts, func(a, b labelPart) int { return strings.Compare(a.name, b.name) })
	for i := 1; i < len(parts); i++ {
		if parts[i].name == parts[i-1].name {
			b.err = cmp.Or(b.err, fmt.Errorf("label %s is there twice", parts[i].name))
		}
	}
	if len(parts) == 0 {
		b.err = cmp.Or(b.err, errors.New("a stream has no labels: it needs at least one"))
	}
	return b.set, b.err
}

func levelNames() []string {
	names := make([]string, emitter.Levels)
	for i := range names {
		names[i] = emitter.Level(i).String()
	}
	return names
}

// append appends the label set of a stream's lines of that level and generation.
func (s *labelSet) append(dst []byte, stream int, level emitter.Level, generation uint64) []byte {
	dst = append(dst, s.open...)
	for i := range s.parts {
		p := &s.parts[i]
		if i > 0 {
			dst = append(dst, s.separator...)
		}
		switch p.chooser {
		case byStream:
			dst = append(dst, p.texts[stream/p.every%len(p.texts)]...)
		case byLevel:
			dst = append(dst, p.texts[level]...)
		case streamNumber:
			dst = append(dst, p.before...)
			dst = strconv.AppendInt(dst, int64(stream), 10)
			dst = append(dst, p.after...)
		case generationNumber:
			dst = append(dst, p.before...)
			dst = strconv.AppendUint(dst, generation, 10)
			dst = append(dst, p.after...)
		}
	}
	return append(dst, s.close...)
}
