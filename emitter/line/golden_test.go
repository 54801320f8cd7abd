package line_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/emitter/line"
)

var update = flag.Bool("update", false, "write the golden files")

// TestGolden shows every format in every variant: all levels, and what has to be escaped.
func TestGolden(t *testing.T) {
	formats := map[string]*bytes.Buffer{}
	for _, v := range variants() {
		out := formats[v.name]
		if out == nil {
			out = new(bytes.Buffer)
			formats[v.name] = out
		}
		fmt.Fprintf(out, "# %s\n", v)
		show(out, v.with)
	}
	record := new(bytes.Buffer)
	for _, run := range []string{"", "k3x9q2"} {
		fmt.Fprintf(record, "# record, run %q\n", run)
		show(record, func(o line.Options) emitter.Format {
			o.Color, o.Run = true, run
			return line.Record(o)
		})
	}
	formats["record"] = record

	for name, out := range formats {
		compare(t, filepath.Join("testdata", name+".golden"), out.Bytes())
	}
}

// show writes some lines of the format that with makes.
func show(out *bytes.Buffer, with func(line.Options) emitter.Format) {
	o := options
	o.Location = time.FixedZone("", 3600)
	f := with(o)
	rand := emitter.NewRand(1, 0)
	source := line.Messages(emitter.Debug)
	for l := range emitter.Levels {
		r := emitter.Record{Stream: 3, Seq: uint64(l), Time: start + int64(l)*1_234_567_890, Rand: &rand}
		for source(&r); r.Level != emitter.Level(l); {
			source(&r)
		}
		fmt.Fprintf(out, "%s\n", f(nil, &r))
	}

	o.Name, o.ThreadName, o.Thread = "caf\u00e9 \"a=b\"\\", "Thread-12", 12
	f = with(o)
	for _, message := range []string{"", "x", `C:\temp`, "say \"hi\"\tor\r\nleave\x01", "\x1b[1mbold", "\u00fcber \u65e5\u672c \xff."} {
		r := emitter.Record{Stream: 12_345_678, Seq: 1e12, Time: start, Level: emitter.Error, Message: []byte(message)}
		fmt.Fprintf(out, "%s\n", f(nil, &r))
	}
}

func compare(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (-update writes it), got:\n%s", path, got)
	}
}
