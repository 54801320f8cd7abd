package receive

import "bytes"

// inText counts the lines of a body and their bytes without newlines; the last newline may be
// missing.
func inText(body []byte) (lines, size int) {
	newlines := bytes.Count(body, []byte{'\n'})
	lines = newlines
	if len(body) > 0 && body[len(body)-1] != '\n' {
		lines++
	}
	return lines, len(body) - newlines
}

// inQuery counts the line that a query brings, as line or as the msg of a record.
func inQuery(query []byte) (lines, size int) {
	if n, ok := value(query, "line"); ok {
		return 1, n
	}
	if n, ok := value(query, "msg"); ok {
		return 1, n
	}
	return 0, 0
}

// inForm counts the record that a form is. A form without one is text that came with the wrong
// name, as curl -d sends it.
func inForm(body []byte) (lines, size int) {
	if n, ok := value(body, "msg"); ok {
		return 1, n
	}
	return inText(body)
}

// value returns the decoded length of the first value that url-encoded data has under a key
// (which nobody escapes: it is all letters).
func value(data []byte, key string) (n int, ok bool) {
	for len(data) > 0 {
		var pair []byte
		pair, data, _ = bytes.Cut(data, []byte{'&'})
		if name, v, _ := bytes.Cut(pair, []byte{'='}); string(name) == key {
			return decodedLen(v), true
		}
	}
	return 0, false
}

// decodedLen counts bytes: an escape is one, and a percent sign that begins none stands for itself.
func decodedLen(v []byte) int {
	n := 0
	for i := 0; i < len(v); i++ {
		if v[i] == '%' && i+2 < len(v) && isHex(v[i+1]) && isHex(v[i+2]) {
			i += 2
		}
		n++
	}
	return n
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
