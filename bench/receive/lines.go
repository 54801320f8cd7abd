package receive

import "bytes"

// inText takes the lines of a body; the last newline may be missing.
func (w *worker) inText(body []byte) {
	for len(body) > 0 {
		var line []byte
		line, body, _ = bytes.Cut(body, []byte{'\n'})
		w.add(line)
	}
}

// inQuery takes the line that a query brings, as line or as the msg of a record.
func (w *worker) inQuery(query []byte) {
	if !w.value(query, "line") {
		w.value(query, "msg")
	}
}

// inForm takes the record that a form is. A form without one is text that came with the wrong
// name, as curl -d sends it.
func (w *worker) inForm(body []byte) {
	if !w.value(body, "msg") {
		w.inText(body)
	}
}

// value takes the first value that url-encoded data has under a key (which nobody escapes: it is
// all letters).
func (w *worker) value(data []byte, key string) (ok bool) {
	for len(data) > 0 {
		var pair []byte
		pair, data, _ = bytes.Cut(data, []byte{'&'})
		if name, v, _ := bytes.Cut(pair, []byte{'='}); string(name) == key {
			w.text = appendDecoded(w.text[:0], v)
			w.add(w.text)
			return true
		}
	}
	return false
}

// appendDecoded undoes url-encoding. A percent sign that begins no escape stands for itself.
func appendDecoded(dst, v []byte) []byte {
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '+':
			dst = append(dst, ' ')
		case c == '%' && i+2 < len(v) && isHex(v[i+1]) && isHex(v[i+2]):
			dst = append(dst, unhex(v[i+1])<<4|unhex(v[i+2]))
			i += 2
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}
