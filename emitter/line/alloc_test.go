package line_test

import (
	"testing"
	"time"

	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/emitter/line"
)

// allocs is how often making a line allocates. Time passes so that seconds change, too.
func allocs(source emitter.Source, format emitter.Format) float64 {
	rand := emitter.NewRand(1, 0)
	r := emitter.Record{Rand: &rand, Time: start}
	buf := make([]byte, 0, 8192)
	return testing.AllocsPerRun(1000, func() {
		source(&r)
		buf = format(buf[:0], &r)
		r.Stream = (r.Stream + 7919) % 1_000_000
		r.Seq += 1237
		r.Time += int64(300 * time.Millisecond)
	})
}

func TestNoAllocations(t *testing.T) {
	dirty := func(r *emitter.Record) {
		r.Level, r.Message, r.Clean = emitter.Error, dirtyMessage, false
	}
	for _, v := range variants() {
		sized, err := line.Sized(line.Messages(emitter.Debug), v.format, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for name, source := range map[string]emitter.Source{
			"natural": line.Messages(emitter.Debug), "dirty": dirty, "sized": sized,
		} {
			if got := allocs(source, v.format()); got != 0 {
				t.Errorf("%s: %g allocations for a %s message", v, got, name)
			}
		}
	}
	o := options
	o.Run = "k3x9q2"
	if got := allocs(line.Messages(emitter.Debug), line.Record(o)); got != 0 {
		t.Errorf("record: %g allocations", got)
	}
}

var dirtyMessage = []byte("a \"message\" with\nall of \x1b[1mit\\ and \u00fcber \xff")
