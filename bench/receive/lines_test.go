package receive

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/exitfound/lologen/bench/verify"
)

// gathered is what gather adds, line by line. What the account knows of it is another matter.
func gathered(gather func(w *worker)) (lines, bytes int, text string) {
	w := newWorker(verify.NewAccount(verify.Limits{}), 1<<20, 0)
	gather(w)
	return w.lines, w.bytes, string(w.text)
}

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
		if lines, size, _ := gathered(func(w *worker) { w.inText([]byte(body)) }); lines != wantLines || size != wantSize {
			t.Errorf("%q: %d lines of %d bytes, want %d of %d", body, lines, size, wantLines, wantSize)
		}
	})
}

var escapes = regexp.MustCompile(`%[0-9a-fA-F]{2}`)

// plainValue is value, pair by pair.
func plainValue(data, key string) (v string, ok bool) {
	for _, pair := range strings.Split(data, "&") {
		name, v, _ := strings.Cut(pair, "=")
		if name != key {
			continue
		}
		return escapes.ReplaceAllStringFunc(strings.ReplaceAll(v, "+", " "), func(escape string) string {
			c, _ := url.PathUnescape(escape)
			return c
		}), true
	}
	return "", false
}

func FuzzValue(f *testing.F) {
	for _, s := range []string{
		"", "line=", "line", "line=a", "x=1&line=a%20b+c", "msg=a&line=b", "line=%", "line=%4", "line=%zz%41", "&&=&line=%25%2541",
		"line=a&line=bc", "lines=a", "LINE=a", "line=a=b", "line=%\xff%C3%BC;x", "line=%%41", "msg=a%0Ab", "line=%fF%Ff%aA%0a",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data string) {
		for _, key := range []string{"line", "msg"} {
			var ok bool
			lines, size, text := gathered(func(w *worker) { ok = w.value([]byte(data), key) })
			want, wantOK := plainValue(data, key)
			if text != want || ok != wantOK || size != len(want) || lines != map[bool]int{true: 1}[ok] {
				t.Errorf("%q: %s is %q, %v in %d lines of %d bytes; want %q, %v", data, key, text, ok, lines, size, want, wantOK)
			}
		}
		lines, size, _ := gathered(func(w *worker) { w.inQuery([]byte(data)) })
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
		lines, size, _ := gathered(func(w *worker) { w.inForm([]byte(body)) })
		wantLines, wantSize, _ := gathered(func(w *worker) { w.inText([]byte(body)) })
		if v, ok := plainValue(body, "msg"); ok {
			wantLines, wantSize = 1, len(v)
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
		if _, _, text := gathered(func(w *worker) { w.value([]byte(data), "line") }); text != line {
			t.Errorf("%q: %q", data, text)
		}
	}
}
