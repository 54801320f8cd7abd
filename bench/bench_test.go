package bench

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/sinks"
)

// workerCounts are those that the whole pipe is timed with.
var workerCounts = []int{1, 2, 64}

// BenchmarkSink is the sending alone: lines that are there already, in batches as each sink takes
// them. An op is a line. Discard has nothing to send; its pipe is the cost of all else.
func BenchmarkSink(b *testing.B) {
	for _, name := range names() {
		if name == "discard" {
			continue
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(toSink(b, b, name, b.N))
		})
	}
}

// BenchmarkPipe is a run as the program does it: pool, source, format, batches, sink and account.
// An op is a line.
func BenchmarkPipe(b *testing.B) {
	for _, name := range names() {
		for _, workers := range workerCounts {
			b.Run(fmt.Sprintf("%s/%d", name, workers), func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(pipe(b, b, name, workers, b.N))
			})
		}
	}
}

// TestBenchmarks keeps them from rotting: what they do, with few lines and no clock.
func TestBenchmarks(t *testing.T) {
	const lines = 1003
	for _, name := range names() {
		t.Run(name, func(t *testing.T) {
			toSink(t, untimed{}, name, lines)
			for _, workers := range workerCounts {
				pipe(t, untimed{}, name, workers, lines)
			}
		})
	}
}

func TestEverySinkIsTimed(t *testing.T) {
	for _, name := range sinks.Names() {
		if name != "journald" && destinations[name] == nil {
			t.Errorf("sink %s has no benchmarks", name)
		}
	}
}

// TestReady: batches are cut as the pool cuts them, by whatever comes first, and no line is left.
func TestReady(t *testing.T) {
	size := LineSize()
	for _, c := range []struct {
		limits               emitter.Limits
		count                int
		batches, least, most int
	}{
		{emitter.Limits{Bytes: 1 << 20}, 7, 1, 7, 7},
		{emitter.Limits{Bytes: 1 << 20, Lines: 3}, 7, 2, 3, 3},
		{emitter.Limits{Bytes: 100 * size}, 1000, 10, 95, 100},
		{emitter.Limits{Bytes: 1}, 3, 3, 1, 1},
	} {
		r := NewReady(c.limits, c.count)
		n := r.batch.Len()
		if r.batches != c.batches || n < c.least || n > c.most || n > 1 && len(r.batch.Bytes()) > c.limits.Bytes {
			t.Errorf("%+v: %d batches of %d lines, %d bytes", c, r.batches, n, len(r.batch.Bytes()))
		}
		if got := r.batches*n + r.rest.Len(); got != c.count {
			t.Errorf("%+v: %d lines", c, got)
		}
	}
}

func TestDeliveredSaysWhatIsMissing(t *testing.T) {
	r := new(emitter.Result)
	r.Lines = emitter.Lines{Due: 3, Acked: 2, Rejected: 1}
	if err := Delivered(r, 3); err == nil {
		t.Error("a rejected line was taken for delivered")
	}
	r.Lines = emitter.Lines{Due: 3, Acked: 3}
	if err := Delivered(r, 3); err != nil {
		t.Error(err)
	}
}

// names are the sinks timed here, in the order of their table.
func names() []string {
	return slices.DeleteFunc(sinks.Names(), func(name string) bool { return destinations[name] == nil })
}

// clock is the part of testing.B that takes the time.
type clock interface {
	ResetTimer()
	StopTimer()
}

type untimed struct{}

func (untimed) ResetTimer() {}
func (untimed) StopTimer()  {}

// toSink sends n lines through one sink and returns the mean length of a line with its newline.
func toSink(tb testing.TB, c clock, name string, n int) int64 {
	d := destinations[name](tb, 1)
	sink, err := d.opener.Open(tb.Context(), 0)
	if err != nil {
		tb.Fatal(err)
	}
	lines := NewReady(d.opener.Limits, n)

	c.ResetTimer()
	err = lines.Send(tb.Context(), sink)
	c.StopTimer()

	errs := []error{err, sink.Close()}
	if d.opener.Close != nil {
		errs = append(errs, d.opener.Close())
	}
	if err := errors.Join(errs...); err != nil {
		tb.Fatal(err)
	}
	sent := amount{uint64(n), lines.Bytes()}
	d.check(tb, sent, lines.Wire())
	return int64(sent.bytes / sent.lines)
}

// pipe runs n lines through the whole pipe and returns the mean length of a line with its newline.
func pipe(tb testing.TB, c clock, name string, workers, n int) int64 {
	d := destinations[name](tb, workers)

	c.ResetTimer()
	result, err := emitter.Run(tb.Context(), Plan(d.opener, workers, uint64(n)))
	c.StopTimer()

	if err := errors.Join(err, Delivered(result, uint64(n))); err != nil {
		tb.Fatal(err)
	}
	sent := amount{result.Lines.Acked, result.Bytes.Acked + result.Lines.Acked}
	d.check(tb, sent, result.Bytes.Wire)
	return int64(sent.bytes / sent.lines)
}
