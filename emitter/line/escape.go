package line

import "unicode/utf8"

// What escapes says of a byte, if not the character that stands for it after a backslash.
const (
	asIs  = 0
	code  = 'u'  // it is written as its code
	multi = 0xff // it belongs to a character of several bytes, or should
)

// escapes is what becomes of a byte in a quoted string.
var escapes = func() (table [256]byte) {
	for c := range table {
		switch {
		case c < ' ' || c == 0x7f:
			table[c] = code
		case c >= utf8.RuneSelf:
			table[c] = multi
		}
	}
	table['\n'], table['\r'], table['\t'] = 'n', 'r', 't'
	table['"'], table['\\'] = '"', '\\'
	return table
}()

// appendEscaped appends s as it stands in a JSON string (RFC 8259, 7), which is what parsers of
// logfmt take as well. What is not UTF-8 becomes U+FFFD, other non-ASCII text stays.
func appendEscaped(dst, s []byte) []byte {
	start := 0
	for i := 0; i < len(s); {
		e := escapes[s[i]]
		if e == asIs {
			i++
			continue
		}
		if e == multi {
			if r, size := utf8.DecodeRune(s[i:]); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		dst = append(dst, s[start:i]...)
		dst = appendEscape(dst, e, s[i])
		i++
		start = i
	}
	return append(dst, s[start:]...)
}

// appendEscape appends what e makes of the byte c.
func appendEscape(dst []byte, e, c byte) []byte {
	const hex = "0123456789abcdef"
	switch e {
	case multi:
		return append(dst, "\uFFFD"...)
	case code:
		return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
	}
	return append(dst, '\\', e)
}

// appendOneLine appends s with its line breaks spelt out.
func appendOneLine(dst, s []byte) []byte {
	start := 0
	for i, c := range s {
		if c == '\n' || c == '\r' {
			dst = append(dst, s[start:i]...)
			dst = append(dst, '\\', escapes[c])
			start = i + 1
		}
	}
	return append(dst, s[start:]...)
}
