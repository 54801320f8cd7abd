package push

import (
	"bytes"
	"fmt"
)

// deepest is how far values may nest where a request has no use for them.
const deepest = 64

// value reads any value and returns it: a string without its quotes and escapes, all else as it is
// written.
func (t *jsonText) value(memory *[]byte) ([]byte, error) {
	if t.peek() == '"' {
		return t.string(memory)
	}
	start := t.i
	err := t.skipValue(memory, 0)
	return t.text[start:t.i:t.i], err
}

// skipValue steps over any value.
func (t *jsonText) skipValue(memory *[]byte, depth int) error {
	if depth > deepest {
		return fmt.Errorf("json: more than %d values in one another at byte %d", deepest, t.i)
	}
	switch t.peek() {
	case '"':
		kept := len(*memory)
		_, err := t.string(memory)
		*memory = (*memory)[:kept]
		return err
	case '{':
		kept := len(*memory)
		return t.eachMember(memory, func([]byte) error {
			*memory = (*memory)[:kept]
			return t.skipValue(memory, depth+1)
		})
	case '[':
		return t.eachItem(func() error { return t.skipValue(memory, depth+1) })
	}
	return t.skipWord()
}

// skipWord steps over true, false, null or a number.
func (t *jsonText) skipWord() error {
	word := t.text[t.i:]
	if n := bytes.IndexFunc(word, endsWord); n >= 0 {
		word = word[:n]
	}
	switch string(word) {
	case "true", "false", "null":
	default:
		if !isNumber(word) {
			return t.expected("a value")
		}
	}
	t.i += len(word)
	return nil
}

func endsWord(r rune) bool {
	switch r {
	case ' ', '\t', '\n', '\r', ',', ']', '}':
		return true
	}
	return false
}

// isNumber knows JSON's numbers from those that Go takes on top.
func isNumber(word []byte) bool {
	digits := bytes.TrimPrefix(word, []byte{'-'})
	whole := len(digits) - len(bytes.TrimLeft(digits, "0123456789"))
	if whole == 0 || whole > 1 && digits[0] == '0' {
		return false
	}
	rest := digits[whole:]
	if len(rest) > 0 && rest[0] == '.' {
		fraction := bytes.TrimLeft(rest[1:], "0123456789")
		if len(fraction) == len(rest)-1 {
			return false
		}
		rest = fraction
	}
	if len(rest) == 0 {
		return true
	}
	if rest[0] != 'e' && rest[0] != 'E' {
		return false
	}
	exponent := rest[1:]
	if len(exponent) > 0 && (exponent[0] == '+' || exponent[0] == '-') {
		exponent = exponent[1:]
	}
	return len(exponent) > 0 && len(bytes.TrimLeft(exponent, "0123456789")) == 0
}
