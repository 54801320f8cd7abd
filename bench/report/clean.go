package report

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// mostText is how many bytes of a text that came from elsewhere a report keeps.
const mostText = 256

// Clean returns s as a report may show it: valid UTF-8 of at most mostText bytes, cut between
// runes, with a space for any white space and nothing for what else cannot be seen, control
// characters above all. A server's words must not be able to move a cursor.
func Clean(s string) string {
	var b strings.Builder
	for _, c := range s {
		switch {
		case unicode.IsSpace(c):
			c = ' '
		case !unicode.IsPrint(c):
			continue
		}
		if b.Len()+utf8.RuneLen(c) > mostText {
			break
		}
		b.WriteRune(c)
	}
	return b.String()
}
