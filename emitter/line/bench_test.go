package line_test

import (
	"testing"
	"time"

	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/emitter/line"
)

// BenchmarkFormats makes lines as a worker does: batches of 400 with one clock reading each, at
// 64,000 lines a second.
func BenchmarkFormats(b *testing.B) {
	const batch, pause = 400, 400 * int64(time.Second) / 64_000
	for _, v := range variants() {
		b.Run(v.String(), func(b *testing.B) {
			source, format := line.Messages(emitter.Debug), v.format()
			rand := emitter.NewRand(1, 0)
			r := emitter.Record{Rand: &rand, Time: start}
			buf := make([]byte, 0, batch*512)
			total := 0
			b.ReportAllocs()
			for b.Loop() {
				source(&r)
				buf = append(format(buf, &r), '\n')
				r.Seq++
				r.Time++
				if r.Seq%batch == 0 {
					total += len(buf)
					buf = buf[:0]
					r.Time += pause
				}
			}
			mean := (total+len(buf))/b.N - len("\n")
			b.SetBytes(int64(mean))
			if mean < 100 || mean > 400 {
				b.Errorf("lines of %d bytes in the mean", mean)
			}
		})
	}
}

// BenchmarkMessages is the source alone.
func BenchmarkMessages(b *testing.B) {
	source := line.Messages(emitter.Debug)
	rand := emitter.NewRand(1, 0)
	r := emitter.Record{Rand: &rand}
	var total int64
	b.ReportAllocs()
	for b.Loop() {
		source(&r)
		total += int64(len(r.Message))
	}
	b.SetBytes(total / int64(b.N))
}

// BenchmarkSized is logfmt at a size of its own, padding included.
func BenchmarkSized(b *testing.B) {
	const size = 1024
	v := variant{name: "logfmt", color: true, identity: true}
	source, err := line.Sized(line.Messages(emitter.Debug), v.format, size)
	if err != nil {
		b.Fatal(err)
	}
	format := v.format()
	rand := emitter.NewRand(1, 0)
	r := emitter.Record{Rand: &rand, Time: start}
	buf := make([]byte, 0, 2*size)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		source(&r)
		buf = format(buf[:0], &r)
		if len(buf) != size {
			b.Fatalf("a line of %d bytes", len(buf))
		}
		r.Seq++
		r.Time++
	}
}
