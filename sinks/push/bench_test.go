package push_test

import (
	"testing"
	"time"

	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/emitter/line"
	"github.com/exitfound/lologen/sinks/push"
)

// batch is 1 MiB of default lines.
func batch() *emitter.Batch {
	format, _ := line.New("logfmt", line.Options{
		Name: "spam_application", ThreadName: "MainThread", Thread: 140_000_424_200_000, PID: 42_424, Color: true, Location: time.UTC,
	})
	source, chance := line.Messages(emitter.Debug), emitter.NewRand(1, 0)
	r := emitter.Record{Rand: &chance, Time: start.UnixNano()}
	var b emitter.Batch
	for ; len(b.Bytes()) < 1<<20; r.Seq++ {
		source(&r)
		b.Add(format, &r, 0)
		r.Time += 1000
	}
	return &b
}

// request encodes a batch as so many streams.
func request(e *push.Encoder, b *emitter.Batch, streams int, labels, metadata []byte) []byte {
	e.Reset()
	for s := range streams {
		e.Stream(labels)
		for i := s * b.Len() / streams; i < (s+1)*b.Len()/streams; i++ {
			e.Entry(b.Time(i), b.Line(i), metadata)
		}
	}
	return e.Body()
}

func labels(tb testing.TB, e *push.Encoder) []byte {
	text, err := e.AppendLabels(nil, []push.Label{{Name: "job", Value: "lologen"}, {Name: "stream_id", Value: "17"}})
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

// perLine reports what a request took by line, of which bytes a second are only the other side.
func perLine(b *testing.B, lines int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(lines), "ns/line")
}

func BenchmarkEncode(b *testing.B) {
	lines := batch()
	for _, encoding := range encodings {
		b.Run(encoding.name, func(b *testing.B) {
			e := push.NewEncoder(encoding.Encoding)
			labels := labels(b, e)
			body := request(e, lines, 1, labels, nil)
			b.SetBytes(int64(e.Size()))
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				body = request(e, lines, 1, labels, nil)
			}
			perLine(b, lines.Len())
			b.ReportMetric(float64(e.Size())/float64(len(body)), "ratio")
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	lines := batch()
	for _, encoding := range encodings {
		b.Run(encoding.name, func(b *testing.B) {
			e, d := push.NewEncoder(encoding.Encoding), push.NewDecoder(push.Limits{})
			body := request(e, lines, 1, labels(b, e), nil)
			count := 0
			visit := func(*push.Entry) error { count++; return nil }
			b.SetBytes(int64(e.Size()))
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				if err := d.Decode(body, encoding.ContentType(), encoding.ContentEncoding(), visit); err != nil {
					b.Fatal(err)
				}
			}
			perLine(b, lines.Len())
			if count != b.N*lines.Len() {
				b.Errorf("%d lines in %d requests of %d", count, b.N, lines.Len())
			}
		})
	}
}
