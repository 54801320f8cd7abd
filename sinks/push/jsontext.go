package push

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// A jsonText stands at byte i of a text. It is strict (RFC 8259), but leaves bytes that are not
// UTF-8 as they are, as Loki does.
type jsonText struct {
	text []byte
	i    int
}

func (t *jsonText) expected(what string) error {
	if t.i >= len(t.text) {
		return fmt.Errorf("json: expected %s, found the end", what)
	}
	return fmt.Errorf("json: expected %s at byte %d, found %q", what, t.i, t.text[t.i:min(len(t.text), t.i+20)])
}

// peek is the next byte that is no space, 0 at the end.
func (t *jsonText) peek() byte {
	for ; t.i < len(t.text); t.i++ {
		switch c := t.text[t.i]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// skip steps over c, if it comes next.
func (t *jsonText) skip(c byte) bool {
	if t.peek() != c {
		return false
	}
	t.i++
	return true
}

// null steps over a null, if it comes next.
func (t *jsonText) null() bool {
	const null = "null"
	if t.peek(); !bytes.HasPrefix(t.text[t.i:], []byte(null)) {
		return false
	}
	t.i += len(null)
	return true
}

// eachMember visits the members of the object that comes next, each standing at its value, and its
// key if it was written with escapes in memory.
func (t *jsonText) eachMember(memory *[]byte, visit func(key []byte) error) error {
	if !t.skip('{') {
		return t.expected("an object")
	}
	for first := true; ; first = false {
		if more, err := t.more('}', first); err != nil || !more {
			return err
		}
		key, err := t.string(memory)
		if err != nil {
			return err
		}
		if !t.skip(':') {
			return t.expected("a colon")
		}
		if err := visit(key); err != nil {
			return err
		}
	}
}

// eachItem visits the items of the array that comes next; null is an array without any.
func (t *jsonText) eachItem(visit func() error) error {
	if t.null() {
		return nil
	}
	if !t.skip('[') {
		return t.expected("an array")
	}
	for first := true; ; first = false {
		if more, err := t.more(']', first); err != nil || !more {
			return err
		}
		if err := visit(); err != nil {
			return err
		}
	}
}

// more is asked before each item of a list that ends with end.
func (t *jsonText) more(end byte, first bool) (bool, error) {
	if t.skip(end) {
		return false, nil
	}
	if !first && !t.skip(',') {
		return false, t.expected("a comma or " + string(end))
	}
	return true, nil
}

// string reads a string. If it has escapes, memory is appended to and holds it.
func (t *jsonText) string(memory *[]byte) ([]byte, error) {
	if !t.skip('"') {
		return nil, t.expected("a string")
	}
	n := 0
	rest := t.text[t.i:]
	for { // most strings end here
		n += plainLen(rest[n:])
		if n == len(rest) || rest[n] < utf8.RuneSelf {
			break
		}
		n++
	}
	if n < len(rest) && rest[n] == '"' {
		t.i += n + 1
		return rest[:n:n], nil
	}
	return t.unescape(memory)
}

// unescape reads a string from its first character on.
func (t *jsonText) unescape(memory *[]byte) ([]byte, error) {
	start := len(*memory)
	for t.i < len(t.text) {
		n := plainLen(t.text[t.i:])
		*memory = append(*memory, t.text[t.i:t.i+n]...)
		if t.i += n; t.i == len(t.text) {
			break
		}
		switch c := t.text[t.i]; {
		case c == '"':
			t.i++
			return (*memory)[start:len(*memory):len(*memory)], nil
		case c == '\\':
			r, ok := t.escape()
			if !ok {
				return nil, t.expected("an escape of JSON")
			}
			*memory = utf8.AppendRune(*memory, r)
		case c < ' ':
			return nil, t.expected("an escape of a control character")
		default:
			*memory = append(*memory, c)
			t.i++
		}
	}
	return nil, t.expected("a closing quote")
}

// escape reads what stands after a backslash; half a surrogate pair is U+FFFD.
func (t *jsonText) escape() (rune, bool) {
	if t.i+1 >= len(t.text) {
		return 0, false
	}
	if c := unescaped(t.text[t.i+1]); c != 0 {
		t.i += 2
		return rune(c), true
	}
	r, ok := t.unicode(t.i)
	if !ok {
		return 0, false
	}
	t.i += len(`\u0000`)
	if utf16.IsSurrogate(r) {
		low, _ := t.unicode(t.i)
		if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
			t.i += len(`\u0000`)
		}
	}
	return r, true
}

// unescaped is what c stands for after a backslash, 0 if it has no meaning of its own.
func unescaped(c byte) byte {
	switch c {
	case '"', '\\', '/':
		return c
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return 0
}

// unicode reads a \u escape at byte i.
func (t *jsonText) unicode(i int) (rune, bool) {
	const size = len(`\u0000`)
	if i+size > len(t.text) || t.text[i] != '\\' || t.text[i+1] != 'u' {
		return 0, false
	}
	r := rune(0)
	for _, c := range t.text[i+2 : i+size] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// time reads a string of Unix nanoseconds.
func (t *jsonText) time(memory *[]byte) (int64, error) {
	start := *t
	text, err := t.string(memory)
	if err != nil {
		return 0, err
	}
	ns, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || text[0] == '+' {
		return 0, start.expected("a timestamp, nanoseconds as a string")
	}
	return ns, nil
}
