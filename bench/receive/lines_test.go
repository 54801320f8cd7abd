package receive

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
)

func FuzzInText(f *testing.F) {
	for _, s := range []string{"", "\n", "a", "a\n", "a\nb", "\n\n", "a\r\nb\r\n", "\x00\xff\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var wantLines, wantSize int
		if body != "" {
			for _, line := range strings.Split(strings.TrimSuffix(body, "\n"), "\n") {
				wantLines++
				wantSize += len(line)
			}
		}
		if lines, size := inText([]byte(body)); lines != wantLines || size != wantSize {
			t.Errorf("%q: %d lines of %d bytes, want %d of %d", body, lines, size, wantLines, wantSize)
		}
	})
}

var escapes = regexp.MustCompile(`%[0-9a-fA-F]{2}`)

// plainValue is value, pair by pair.
func plainValue(data, key string) (n int, ok bool) {
	for _, pair := range strings.Split(data, "&") {
		if name, v, _ := strings.Cut(pair, "="); name == key {
			return len(escapes.ReplaceAllString(v, "x")), true
		}
	}
	return 0, false
}

func FuzzValue(f *testing.F) {
	for _, s := range []string{
		"", "line=", "line", "line=a", "x=1&line=a%20b+c", "msg=a&line=b", "line=%", "line=%4", "line=%zz%41", "&&=&line=%25%2541",
		"line=a&line=bc", "lines=a", "LINE=a", "line=a=b", "line=%\xff%C3%BC;x", "line=%%41", "msg=a%0Ab",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data string) {
		for _, key := range []string{"line", "msg"} {
			n, ok := value([]byte(data), key)
			if wantN, wantOK := plainValue(data, key); n != wantN || ok != wantOK {
				t.Errorf("%q: %s is %d, %v; want %d, %v", data, key, n, ok, wantN, wantOK)
			}
		}
		lines, size := inQuery([]byte(data))
		if lines < 0 || lines > 1 || size > len(data) {
			t.Errorf("%q: %d lines of %d bytes", data, lines, size)
		}
	})
}

func FuzzInForm(f *testing.F) {
	for _, s := range []string{"", "msg=a", "hello\nyou", "name=n&msg=a+b%21", "msg"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		lines, size := inForm([]byte(body))
		wantLines, wantSize := inText([]byte(body))
		if n, ok := plainValue(body, "msg"); ok {
			wantLines, wantSize = 1, n
		}
		if lines != wantLines || size != wantSize {
			t.Errorf("%q: %d lines of %d bytes, want %d of %d", body, lines, size, wantLines, wantSize)
		}
	})
}

// Where net/url sees no fault in the data, it agrees.
func TestValueAgreesWithURL(t *testing.T) {
	for _, line := range []string{"", "a b+c", "50% \"quoted\" & more=less; ü\n\x00"} {
		data := url.Values{"line": {line}, "k": {"v&line=x"}}.Encode()
		if n, ok := value([]byte(data), "line"); !ok || n != len(line) {
			t.Errorf("%q: %d, %v; want %d", data, n, ok, len(line))
		}
	}
}
