package oracle

import (
	"bytes"
	stdgzip "compress/gzip"
	"io"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	strict "github.com/klauspost/compress/snappy"

	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/emitter/line"
	"github.com/exitfound/lologen/sinks/push"
)

// batch is 1 MiB of default lines as a request, uncompressed.
func batch(tb testing.TB, encoding push.Encoding) []byte {
	format, _ := line.New("logfmt", line.Options{
		Name: "spam_application", ThreadName: "MainThread", Thread: 140_000_424_200_000, PID: 42_424, Color: true, Location: time.UTC,
	})
	source, chance := line.Messages(emitter.Debug), emitter.NewRand(1, 0)
	r := emitter.Record{Rand: &chance, Time: 1_785_585_600_000_000_000}
	e := push.NewEncoder(encoding)
	labels, err := e.AppendLabels(nil, []push.Label{{Name: "job", Value: "lologen"}})
	if err != nil {
		tb.Fatal(err)
	}
	e.Stream(labels)
	for made := []byte(nil); e.Size() < 1<<20; r.Seq++ {
		source(&r)
		made = format(made[:0], &r)
		e.Entry(r.Time, made, nil)
		r.Time += 1000
	}
	if encoding == push.JSON {
		return e.Body()
	}
	plain, err := snappy.Decode(nil, e.Body())
	if err != nil {
		tb.Fatal(err)
	}
	return plain
}

// BenchmarkCompress is what the choice of compressors rests on.
func BenchmarkCompress(b *testing.B) {
	protobuf, json := batch(b, push.Stored), batch(b, push.JSON)
	var out bytes.Buffer
	best, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	usual, _ := gzip.NewWriterLevel(nil, gzip.DefaultCompression)
	std, _ := stdgzip.NewWriterLevel(nil, stdgzip.BestSpeed)
	for _, c := range []struct {
		name     string
		src      []byte
		compress func(dst, src []byte) []byte
	}{
		{"snappy/s2.EncodeSnappy", protobuf, s2.EncodeSnappy},
		{"snappy/s2.EncodeSnappyBetter", protobuf, s2.EncodeSnappyBetter}, // what klauspost/compress/snappy is
		{"snappy/golang", protobuf, snappy.Encode},
		{"gzip/klauspost-1", json, func(_, src []byte) []byte { return gzipped(&out, best, src) }},
		{"gzip/klauspost-default", json, func(_, src []byte) []byte { return gzipped(&out, usual, src) }},
		{"gzip/std-1", json, func(_, src []byte) []byte { return gzipped(&out, std, src) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			dst := make([]byte, snappy.MaxEncodedLen(len(c.src)))
			var packed []byte
			b.SetBytes(int64(len(c.src)))
			b.ReportAllocs()
			for b.Loop() {
				packed = c.compress(dst, c.src)
			}
			b.ReportMetric(float64(len(c.src))/float64(len(packed)), "ratio")
		})
	}
}

// BenchmarkDecompress is what the choice of a decompressor rests on: only the first takes what Loki
// does not.
func BenchmarkDecompress(b *testing.B) {
	plain := batch(b, push.Stored)
	packed := s2.EncodeSnappy(nil, plain)
	for _, c := range []struct {
		name       string
		decompress func(dst, src []byte) ([]byte, error)
	}{
		{"s2.Decode", s2.Decode}, {"klauspost.DecodeStrict", strict.DecodeStrict}, {"golang", snappy.Decode},
	} {
		b.Run(c.name, func(b *testing.B) {
			dst := make([]byte, len(plain))
			b.SetBytes(int64(len(plain)))
			b.ReportAllocs()
			for b.Loop() {
				if got, err := c.decompress(dst, packed); err != nil || len(got) != len(plain) {
					b.Fatal(len(got), err)
				}
			}
		})
	}
}

// A gzipWriter is either library's.
type gzipWriter interface {
	io.WriteCloser
	Reset(io.Writer)
}

func gzipped(out *bytes.Buffer, w gzipWriter, src []byte) []byte {
	out.Reset()
	w.Reset(out)
	_, _ = w.Write(src)
	_ = w.Close()
	return out.Bytes()
}

// The default compresses within a tenth of golang/snappy's ratio.
func TestRatio(t *testing.T) {
	plain := batch(t, push.Stored)
	ours, theirs := len(s2.EncodeSnappy(nil, plain)), len(snappy.Encode(nil, plain))
	if 10*ours > 11*theirs {
		t.Errorf("%d bytes of %d, golang/snappy %d", ours, len(plain), theirs)
	}
}
