package line_test

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/emitter/line"
)

const identity = "run=k3x9q2 stream=0000007 seq=000000000042 sent=1795361003819000001"

// TestScanFormats reads back what every format writes, all numbers included.
func TestScanFormats(t *testing.T) {
	numbers := []uint64{0, 1, 9, 12_345_678, 9_999_999, 10_000_000, 1e12 - 1, 1e12, math.MaxInt64}
	for _, v := range variants() {
		if !v.identity {
			continue
		}
		f := v.format()
		for _, n := range numbers {
			r := emitter.Record{Stream: int(n), Seq: n + 1, Time: int64(n), Message: []byte(`run= "quoted"`)}
			text := f(nil, &r)
			id, found := line.Scan(text)
			if found != line.Whole || string(id.Run) != "k3x9q2" || id.Stream != n || id.Seq != n+1 || id.Sent != int64(n) {
				t.Fatalf("%v: %q\nscanned as %d: %+v", v, text, found, id)
			}
		}
	}
}

func TestScan(t *testing.T) {
	whole := line.Identity{Run: []byte("k3x9q2"), Stream: 7, Seq: 42, Sent: 1795361003819000001}
	cut := func(n int) string { return "level=info msg=\"" + identity[:n] }
	for _, c := range []struct {
		name, text string
		found      line.Found
	}{
		{"alone", identity, line.Whole},
		{"docker", `{"log":"2026-11-22 spam info text ` + identity + `\n","stream":"stdout","time":"2026-11-22T15:23:27Z"}`, line.Whole},
		{"json in json", `{"message":"{\"id\": \"` + identity + `\"}","host":"a"}`, line.Whole},
		{"syslog", `<14>1 2026-11-22T15:23:27Z host app 1 - - ` + identity + "\r\n", line.Whole},
		{"text appended", identity + " container=abc run=7 stream=stdout", line.Whole},
		{"colour after it", identity + "\x1b[0m", line.Whole},
		{"the last of two", "run=other stream=0000001 seq=000000000001 sent=1795361003819000000 " + identity, line.Whole},
		{"glued to letters", "x" + identity + "x", line.Whole},

		{"nothing", "", line.None},
		{"a word", "please run=fast", line.None},
		{"own keys", "run=42 stream=stdout seq=5", line.None},
		{"own numbers", "run=42 stream=1 seq=5 sent=9", line.None},
		{"no id", "run= stream=0000007 seq=000000000042 sent=1795361003819000001", line.None},
		{"an id too long", "run=" + strings.Repeat("a", 65) + identity[len("run=k3x9q2"):], line.None},
		{"no word for run", identity[1:], line.None},
		{"cut within the id", cut(len("run=k3x")), line.None},
		{"cut after the id", cut(len("run=k3x9q2 st")), line.None},

		{"cut within stream", cut(len("run=k3x9q2 str")), line.Broken},
		{"cut before the number", cut(len("run=k3x9q2 stream=")), line.Broken},
		{"cut in the number", cut(len("run=k3x9q2 stream=000")), line.Broken},
		{"cut in a quoted value", `{"log":"` + identity[:len("run=k3x9q2 stream=000")] + `","a":1}`, line.Broken},
		{"cut before an escape", `{"log":"` + identity[:len("run=k3x9q2 stream=000")] + `\n"}`, line.Broken},
		{"cut in seq", cut(len("run=k3x9q2 stream=0000007 se")), line.Broken},
		{"cut in the last number", cut(len(identity) - 1), line.Broken},
		{"cut and glued", identity[:40] + "2026-11-22, 15:23:27 spam", line.Broken},
		{"garbled", strings.Replace(identity, "0042", "0x42", 1), line.Broken},
		{"a digit too many", identity + "0", line.Broken},
		{"a padded number too wide", strings.Replace(identity, "=0000007", "=00000007", 1), line.Broken},
		{"a number too large", strings.Replace(identity, "seq=0", "seq=99999999999", 1), line.Broken},
		{"a time too large", strings.Replace(identity, "sent=1", "sent=9", 1), line.Broken},
		{"broken after whole", identity + " " + identity[:60], line.Broken},
	} {
		id, found := line.Scan([]byte(c.text))
		switch {
		case found != c.found:
			t.Errorf("%s: found %d, want %d", c.name, found, c.found)
		case found == line.Whole && fmt.Sprint(id) != fmt.Sprint(whole):
			t.Errorf("%s: got %+v", c.name, id)
		case found == line.Broken && string(id.Run) != "k3x9q2":
			t.Errorf("%s: run is %q", c.name, id.Run)
		}
	}
}

// The model: slow, and written down in another way.
var (
	wholeModel = regexp.MustCompile(
		`^run=([0-9A-Za-z]{1,64}) stream=([0-9]{7}|[1-9][0-9]{7,}) seq=([0-9]{12}|[1-9][0-9]{12,}) sent=([0-9]{19})(?:[^0-9]|$)`)
	brokenModel = regexp.MustCompile(
		`^run=([0-9A-Za-z]{1,64})(?: stream=[0-9]{7}| str(?:e(?:a(?:m(?:=[0-9]{0,6})?)?)?)?(?:["\\\x00-\x1f]|$))`)
)

func scanModel(text []byte) (line.Identity, line.Found) {
	for start := bytes.LastIndex(text, []byte("run=")); start >= 0; start = bytes.LastIndex(text[:start], []byte("run=")) {
		if m := wholeModel.FindSubmatch(text[start:]); m != nil {
			stream, err1 := strconv.ParseUint(string(m[2]), 10, 64)
			seq, err2 := strconv.ParseUint(string(m[3]), 10, 64)
			sent, err3 := strconv.ParseInt(string(m[4]), 10, 64)
			if err1 == nil && err2 == nil && err3 == nil {
				return line.Identity{Run: m[1], Stream: stream, Seq: seq, Sent: sent}, line.Whole
			}
		}
		if m := brokenModel.FindSubmatch(text[start:]); m != nil {
			return line.Identity{Run: m[1]}, line.Broken
		}
	}
	return line.Identity{}, line.None
}

func FuzzScan(f *testing.F) {
	for n := range len(identity) {
		f.Add([]byte("msg=\"run=5\" "), []byte(identity[:n]), []byte(`"}`))
		f.Add([]byte(identity), []byte(identity[n:]), []byte(` x`))
		f.Add([]byte(identity[:n]), []byte("9"), []byte(identity[n:]))
		f.Add([]byte(identity[:n]), []byte("9"), []byte(identity[min(n+1, len(identity)):]))
	}
	f.Fuzz(func(t *testing.T, before, text, after []byte) {
		whole := bytes.Join([][]byte{before, text, after}, nil)
		id, found := line.Scan(whole)
		want, wanted := scanModel(whole)
		if found != wanted || string(id.Run) != string(want.Run) ||
			id.Stream != want.Stream || id.Seq != want.Seq || id.Sent != want.Sent {
			t.Fatalf("%q\nscanned as %d: %+v\n  model is %d: %+v", whole, found, id, wanted, want)
		}
	})
}

func TestScanAllocates(t *testing.T) {
	for _, text := range [][]byte{
		[]byte(identity), []byte(identity + `\n"}`), []byte(identity[:60]), []byte("run=1 no identity"), nil,
	} {
		if n := testing.AllocsPerRun(100, func() { line.Scan(text) }); n != 0 {
			t.Errorf("%q: %v allocations", text, n)
		}
	}
}

func BenchmarkScan(b *testing.B) {
	lines := map[string][]byte{"docker": []byte(`{"log":"2026-11-22 spam info text ` + identity + `\n","stream":"stdout","time":"2026-11-22T15:23:27Z"}`)}
	for _, name := range line.Names() {
		lines[name] = variant{name: name, color: true, identity: true}.format()(nil, &emitter.Record{
			Time: start, Message: []byte(strings.Repeat("text of a message ", 6)), Clean: true})
	}
	lines["none"] = bytes.Repeat([]byte("a=b word "), 28)
	for name, text := range lines {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			want := line.Whole
			if name == "none" {
				want = line.None
			}
			for b.Loop() {
				if _, found := line.Scan(text); found != want {
					b.Fatal(found)
				}
			}
		})
	}
}
