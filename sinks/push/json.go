package push

import (
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// A request is
//
//	{"streams":[{"stream":{"a":"b"},"values":[["<ns>","line",{"k":"v"}]]}]}
//
// Each item is written with a comma after it; whatever ends a list takes the last one back.

func appendJSONStream(dst, labels []byte) []byte {
	dst = append(dst, `{"stream":`...)
	dst = append(dst, labels...)
	return append(dst, `,"values":[`...)
}

func endJSONStream(dst []byte) []byte { return append(endList(dst), `]},`...) }

func endJSON(dst []byte) []byte { return append(endList(dst), `]}`...) }

// endList drops the comma after the last item, if there is any item.
func endList(dst []byte) []byte {
	if last := len(dst) - 1; dst[last] == ',' {
		return dst[:last]
	}
	return dst
}

func appendJSONEntry(dst []byte, time int64, line, metadata []byte) []byte {
	dst = append(dst, `["`...)
	dst = strconv.AppendInt(dst, time, 10)
	dst = append(dst, `","`...)
	dst = appendEscaped(dst, line)
	dst = append(dst, '"')
	if len(metadata) > 0 {
		dst = append(dst, `,{`...)
		dst = append(endList(append(dst, metadata...)), '}')
	}
	return append(dst, `],`...)
}

// appendJSONMetadata appends a pair. Loki unescapes lines and labels, but (in 3.5) not metadata: a
// value with quotes, backslashes or control characters is stored with its escapes. So everything
// that may stand for itself does.
func appendJSONMetadata(dst []byte, name string, value []byte) []byte {
	dst = append(dst, '"')
	dst = appendEscaped(dst, name)
	dst = append(dst, `":"`...)
	dst = appendEscaped(dst, value)
	return append(dst, `",`...)
}

func appendJSONLabels(dst []byte, labels []Label) ([]byte, error) {
	labels, err := sorted(labels)
	if err != nil {
		return dst, err
	}
	dst = append(dst, '{')
	for _, l := range labels {
		dst = append(dst, '"')
		dst = append(dst, l.Name...)
		dst = append(dst, `":"`...)
		dst = appendEscaped(dst, l.Value)
		dst = append(dst, `",`...)
	}
	return append(endList(dst), '}'), nil
}

// appendEscaped appends s as it stands in a JSON string (RFC 8259, 7). What is not UTF-8 becomes
// U+FFFD.
func appendEscaped[T []byte | string](dst []byte, s T) []byte {
	for len(s) > 0 {
		n := plainLen(s)
		dst = append(dst, s[:n]...)
		if s = s[n:]; len(s) == 0 {
			break
		}
		if s[0] < utf8.RuneSelf {
			dst = appendEscape(dst, s[0])
			s = s[1:]
			continue
		}
		r, size := firstRune(s)
		dst = utf8.AppendRune(dst, r)
		s = s[size:]
	}
	return dst
}

// firstRune decodes the rune at the front of s, or U+FFFD of one byte.
func firstRune[T []byte | string](s T) (rune, int) {
	var b [utf8.UTFMax]byte
	return utf8.DecodeRune(b[:copy(b[:], s)])
}

// appendEscape appends what stands for an ASCII character that cannot stand for itself.
func appendEscape(dst []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
}

// plainLen is how many bytes at the front of s are ASCII characters that stand for themselves in a
// JSON string. It looks at eight at a time: a byte's high bit is set by the subtraction if it was
// smaller, and a borrow goes only to bytes after the first such one.
func plainLen[T []byte | string](s T) int {
	const ones, highs = 0x01010101_01010101, 0x80808080_80808080
	i := 0
	for ; i+8 <= len(s); i += 8 {
		_ = s[i+7]
		w := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
			uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56 // one load
		quote, backslash := w^ones*'"', w^ones*'\\'
		if special := (w | (w - ones*' ') | (quote - ones) | (backslash - ones)) & highs; special != 0 {
			return i + bits.TrailingZeros64(special)/8
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			break
		}
	}
	return i
}
