package push

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Label is one of those that name a stream.
type Label struct{ Name, Value string }

// AppendLabels appends a label set as Loki and Prometheus write it, {a="b", c="d"}, sorted by name.
// A set that Loki would not take as it is, or not read back as it is, is an error: one without
// labels, a name that CheckName refuses or that comes twice, a value that is empty (Loki drops the
// label) or not UTF-8.
func AppendLabels(dst []byte, labels []Label) ([]byte, error) {
	labels, err := sorted(labels)
	if err != nil {
		return dst, err
	}
	dst = append(dst, '{')
	for i, l := range labels {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, l.Name...)
		dst = append(dst, '=')
		dst = appendQuoted(dst, l.Value)
	}
	return append(dst, '}'), nil
}

// CheckName says what is wrong with the name of a label.
func CheckName(name string) error {
	if name == "" {
		return errors.New("the name of a label is empty")
	}
	for i, c := range []byte(name) {
		if !isName(c, i == 0) {
			return fmt.Errorf("label name %.100q: only letters, digits and _ may be in it, and no digit may come first", name)
		}
	}
	return nil
}

// isName says whether c may stand in a label's name, or first in it.
func isName(c byte, first bool) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || '0' <= c && c <= '9' && !first
}

// sorted returns labels by name, each of them checked. It leaves the argument alone.
func sorted(labels []Label) ([]Label, error) {
	byName := func(a, b Label) int { return strings.Compare(a.Name, b.Name) }
	if !slices.IsSortedFunc(labels, byName) {
		labels = slices.SortedFunc(slices.Values(labels), byName)
	}
	if len(labels) == 0 {
		return nil, errors.New("a stream has no labels: it needs at least one")
	}
	for i, l := range labels {
		if err := CheckName(l.Name); err != nil {
			return nil, err
		}
		switch {
		case i > 0 && labels[i-1].Name == l.Name:
			return nil, fmt.Errorf("label %s is there twice", l.Name)
		case l.Value == "":
			return nil, fmt.Errorf("label %s has an empty value, which is the same as no label", l.Name)
		case !utf8.ValidString(l.Value):
			return nil, fmt.Errorf("label %s=%.100q: the value is not UTF-8", l.Name, l.Value)
		}
	}
	return labels, nil
}

// appendQuoted appends a quoted string of Go, which Prometheus reads. But its lexer takes a U+FFFD
// that stands for itself for a broken character and refuses the labels: that one must be escaped.
func appendQuoted[T []byte | string](dst []byte, value T) []byte {
	if plainLen(value) == len(value) && bytes.IndexByte([]byte(value), 0x7f) < 0 {
		return append(append(append(dst, '"'), value...), '"')
	}
	s := string(value)
	if strings.ContainsRune(s, utf8.RuneError) {
		return strconv.AppendQuoteToASCII(dst, s)
	}
	return strconv.AppendQuote(dst, s)
}

// ParseLabels reads what AppendLabels writes, and whatever else Prometheus takes for the labels of
// one stream: other spaces and quotes, a comma at the end. It leaves out two things that no agent
// sends: comments, and names in quotes. The labels are in the order of the text.
func ParseLabels(text []byte) ([]Label, error) {
	var labels []Label
	_, err := eachLabel(text, nil, func(name, value []byte) {
		labels = append(labels, Label{string(name), string(value)})
	})
	if err != nil {
		return nil, err
	}
	return labels, nil
}

// eachLabel calls visit with each label of a text. The value is valid during the call; scratch is
// memory for it, and is returned for the next time.
func eachLabel(text, scratch []byte, visit func(name, value []byte)) ([]byte, error) {
	s := labelScanner{text: text}
	if !s.skip('{') {
		return scratch, s.expected("{")
	}
	for !s.skip('}') {
		name := s.name()
		if len(name) == 0 {
			return scratch, s.expected("a label name or }")
		}
		if !s.skip('=') {
			return scratch, s.expected("=")
		}
		var err error
		if scratch, err = s.value(scratch[:0]); err != nil {
			return scratch, err
		}
		visit(name, scratch)
		if !s.skip(',') && !s.at('}') {
			return scratch, s.expected(", or }")
		}
	}
	if s.space(); s.i < len(text) {
		return scratch, s.expected("the end")
	}
	return scratch, nil
}

// A labelScanner stands at byte i of a text.
type labelScanner struct {
	text []byte
	i    int
}

func (s *labelScanner) space() {
	for s.i < len(s.text) && bytes.IndexByte([]byte(" \t\n\r"), s.text[s.i]) >= 0 {
		s.i++
	}
}

// at says whether c comes next, spaces apart.
func (s *labelScanner) at(c byte) bool {
	s.space()
	return s.i < len(s.text) && s.text[s.i] == c
}

func (s *labelScanner) skip(c byte) bool {
	if !s.at(c) {
		return false
	}
	s.i++
	return true
}

func (s *labelScanner) name() []byte {
	s.space()
	start := s.i
	for s.i < len(s.text) && isName(s.text[s.i], s.i == start) {
		s.i++
	}
	return s.text[start:s.i]
}

// value appends the quoted string that comes next to dst, unquoted.
func (s *labelScanner) value(dst []byte) ([]byte, error) {
	if !s.at('"') && !s.at('\'') && !s.at('`') {
		return dst, s.expected("a value in quotes")
	}
	quote := s.text[s.i]
	for s.i++; s.i < len(s.text); {
		switch c := s.text[s.i]; {
		case c == quote:
			s.i++
			return dst, nil
		case c == '\n' && quote != '`':
			return dst, s.expected("a closing quote before the end of the line")
		case c == '\\' && quote != '`':
			var ok bool
			if dst, ok = s.escape(dst, quote); !ok {
				return dst, s.expected("an escape that Go knows")
			}
		case c < utf8.RuneSelf:
			dst = append(dst, c)
			s.i++
		default:
			r, size := utf8.DecodeRune(s.text[s.i:])
			if r == utf8.RuneError { // even where it stands for itself, see appendQuoted
				return dst, s.expected("valid UTF-8")
			}
			dst = append(dst, s.text[s.i:s.i+size]...)
			s.i += size
		}
	}
	return dst, s.expected("a closing quote")
}

// escape appends the character or byte that an escape stands for.
func (s *labelScanner) escape(dst []byte, quote byte) ([]byte, bool) {
	const longest = len(`\U0010ffff`)
	rest := s.text[s.i:min(len(s.text), s.i+longest)]
	c, multibyte, tail, err := strconv.UnquoteChar(string(rest), quote)
	if err != nil {
		return dst, false
	}
	s.i += len(rest) - len(tail)
	if multibyte {
		return utf8.AppendRune(dst, c), true
	}
	return append(dst, byte(c)), true
}

// expected is the error of a text that goes on otherwise. It begins as Loki's does.
func (s *labelScanner) expected(what string) error {
	return fmt.Errorf("couldn't parse labels: %.200q: expected %s at byte %d", s.text, what, s.i)
}
