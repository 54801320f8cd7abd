package sinks

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/exitfound/lologen/bench"
	"github.com/exitfound/lologen/emitter"
)

// BenchmarkSink is the sending alone. An op is a line. The other sinks' benchmarks of this name
// are in package bench: only from here can the journal be a socket that is drained and counted.
func BenchmarkSink(b *testing.B) {
	b.Run("journald", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(sendToJournal(b, b, b.N))
	})
}

// BenchmarkPipe is a whole run. An op is a line.
func BenchmarkPipe(b *testing.B) {
	for _, workers := range []int{1, 2, 64} {
		b.Run(fmt.Sprintf("journald/%d", workers), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(pipeToJournal(b, b, workers, b.N))
		})
	}
}

// TestJournaldBenchmarks keeps them from rotting.
func TestJournaldBenchmarks(t *testing.T) {
	sendToJournal(t, untimed{}, 103)
	for _, workers := range []int{1, 64} {
		pipeToJournal(t, untimed{}, workers, 103)
	}
}

// clock is the part of testing.B that takes the time.
type clock interface {
	ResetTimer()
	StopTimer()
}

type untimed struct{}

func (untimed) ResetTimer() {}
func (untimed) StopTimer()  {}

// sendToJournal sends n lines and returns the mean length of a line with its newline.
func sendToJournal(tb testing.TB, c clock, n int) int64 {
	j := countJournal(tb, n)
	sink := openWorker(tb, tb.Context(), testJournal(tb, j.path), journalConfig("spam_application", "MainThread"))
	lines := bench.NewReady(journalLimits, n)

	c.ResetTimer()
	err := lines.Send(tb.Context(), sink)
	c.StopTimer()

	if err != nil {
		tb.Fatal(err)
	}
	j.check(lines.Wire())
	return int64(lines.Bytes()) / int64(n)
}

// pipeToJournal runs n lines through the whole pipe, and returns the same.
func pipeToJournal(tb testing.TB, c clock, workers, n int) int64 {
	j := countJournal(tb, n)
	opener := testJournal(tb, j.path).opener(journalConfig("spam_application", "Thread-"))

	c.ResetTimer()
	result, err := emitter.Run(tb.Context(), bench.Plan(opener, workers, uint64(n)))
	c.StopTimer()

	if err := errors.Join(err, bench.Delivered(result, uint64(n))); err != nil {
		tb.Fatal(err)
	}
	j.check(result.Bytes.Wire)
	return int64(result.Bytes.Acked)/int64(n) + int64(len("\n"))
}

// countedJournal is a journal that takes so many entries and counts their bytes.
type countedJournal struct {
	tb      testing.TB
	path    string
	conn    *net.UnixConn
	entries int
	reader  sync.WaitGroup
	bytes   uint64
	err     error
}

func countJournal(tb testing.TB, entries int) *countedJournal {
	path := socketPath(tb)
	j := &countedJournal{tb: tb, path: path, conn: listenJournal(tb, path), entries: entries}
	j.reader.Go(j.read)
	return j
}

func (j *countedJournal) read() {
	buf := make([]byte, 256<<10)
	for range j.entries {
		n, err := j.conn.Read(buf)
		if err != nil {
			j.err = err
			return
		}
		j.bytes += uint64(n)
	}
}

// check waits for the last of the entries, which the kernel may hold still.
func (j *countedJournal) check(wire uint64) {
	j.tb.Helper()
	if err := j.conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		j.tb.Fatal(err)
	}
	j.reader.Wait()
	if j.err != nil || j.bytes != wire {
		j.tb.Errorf("%d bytes of %d arrived: %v", j.bytes, wire, j.err)
	}
}
