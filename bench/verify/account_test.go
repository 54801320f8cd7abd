package verify

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// text is a line with an identity.
func text(run string, stream, seq uint64, sent int64) []byte {
	return fmt.Appendf(nil, "level=info msg=\"some text\" run=%s stream=%07d seq=%012d sent=%019d", run, stream, seq, sent)
}

// model keeps every line.
type model struct {
	times map[uint64]int // how often a line came
	next  uint64
	lines Lines
}

func (m *model) add(seq uint64) {
	m.lines.Received++
	switch {
	case m.times[seq] > 0:
		m.lines.Duplicated++
	case seq < m.next:
		m.lines.Reordered++
	}
	m.times[seq]++
	m.next = max(m.next, seq+1)
	m.lines.Unique = uint64(len(m.times))
	m.lines.Lost = m.next - m.lines.Unique
}

func (m *model) held() Held {
	h := Held{Next: m.next, Missing: []Range{}, Duplicated: []Range{}, Copies: m.lines.Duplicated}
	for seq := range m.next {
		if m.times[seq] == 0 {
			h.Missing = extend(h.Missing, seq)
		}
		if m.times[seq] > 1 {
			h.Duplicated = extend(h.Duplicated, seq)
		}
	}
	return h
}

func extend(ranges []Range, seq uint64) []Range {
	if n := len(ranges); n > 0 && ranges[n-1][1]+1 == seq {
		ranges[n-1][1] = seq
		return ranges
	}
	return append(ranges, Range{seq, seq})
}

// check has an account take seqs of one stream in batches, and compares it with the model.
func check(t *testing.T, seqs []uint64, batch int) {
	t.Helper()
	a, m := NewAccount(Limits{}), &model{times: map[uint64]int{}}
	b := a.NewBatch()
	for i, seq := range seqs {
		m.add(seq)
		b.Add(text("r1", 3, seq, 1))
		if i%batch == 0 {
			b.Take(2)
		}
	}
	b.Take(2)
	h := a.Holding("r1")
	want := m.held()
	want.Stream = 3
	if len(h.Streams) != 1 || !reflect.DeepEqual(h.Streams[0], want) {
		t.Fatalf("after %v\nheld %+v\nwant %+v", seqs, h.Streams, want)
	}
	if h.Lines != m.lines {
		t.Fatalf("after %v\ncounted %+v\n   want %+v", seqs, h.Lines, m.lines)
	}
	ranges := len(want.Missing) + len(want.Duplicated)
	if a.ranges != ranges {
		t.Fatalf("after %v: %d ranges counted, %d there", seqs, a.ranges, ranges)
	}
}

// TestAccount compares with the model under loss, duplication and disorder of every degree, also
// with more ranges than a leaf holds.
func TestAccount(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, lines := range []int{1, 10, 100, 5000} {
		for _, loss := range []float64{0, 0.1, 0.5} {
			for _, copies := range []float64{0, 0.1, 0.5} {
				for _, disorder := range []int{0, 3, 50, 100_000} {
					check(t, arrivals(random, lines, loss, copies, disorder), 1+random.IntN(50))
				}
			}
		}
	}
}

// arrivals are the sequence numbers below lines as they come over a bad network.
func arrivals(random *rand.Rand, lines int, loss, copies float64, disorder int) []uint64 {
	var seqs []uint64
	for seq := range uint64(lines) {
		if random.Float64() < loss && seq > 0 {
			continue
		}
		seqs = append(seqs, seq)
		for random.Float64() < copies {
			seqs = append(seqs, seq)
		}
	}
	for i := range seqs {
		if disorder > 0 {
			j := min(len(seqs)-1, i+random.IntN(disorder))
			seqs[i], seqs[j] = seqs[j], seqs[i]
		}
	}
	return seqs
}

func FuzzAccount(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 5, 4, 5, 5, 9, 200, 7, 8, 6})
	f.Add([]byte{255, 0, 254, 1, 253, 2, 254, 255, 253})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		seqs := make([]uint64, len(data))
		for i, c := range data {
			seqs[i] = uint64(c)
		}
		check(t, seqs, 1+int(data[0])%7)
	})
}

// TestAccountRuns mixes runs, streams, broken and unidentified lines in one batch.
func TestAccountRuns(t *testing.T) {
	a := NewAccount(Limits{})
	b := a.NewBatch()
	first := text("b", 1, 0, 1000)
	b.Add([]byte("run=b stream=0000001 seq=0000")) // b is not known yet
	for _, l := range [][]byte{
		first, text("b", 1, 1, 1000), text("a", 1, 0, 1000), text("b", 2, 5, 1000), text("b", 1, 2, 1000),
		[]byte("run=b stream=0000001 seq=0000"), text("b", 1, 3, 1000), []byte("nothing"),
	} {
		b.Add(l)
	}
	b.Take(3000)
	b.Add(text("c", 1, 0, 1000))
	b.Drop()
	b.Add(text("b", 1, 4, 10_000))
	b.Take(9000)
	b.Take(9001)

	n := uint64(len(first))
	got := a.Totals()
	if len(got.Runs) != 2 || got.Runs[0].RunID != "a" || got.Runs[0].Lines.Received != 1 {
		t.Fatalf("runs are %+v", got.Runs)
	}
	r := got.Runs[1]
	if want := (Lines{Received: 7, Unique: 6, Lost: 5, Corrupt: 1}); r.Lines != want {
		t.Errorf("lines are %+v, want %+v", r.Lines, want)
	}
	if r.Streams != 2 || r.Bytes != 6*n+29 {
		t.Errorf("%d streams, %d bytes", r.Streams, r.Bytes)
	}
	if l := r.Latency; l.EndToEnd.Count != 6 || l.EndToEnd.Max != 2e-6 || l.EndToEnd.Min != 1e-9 || l.Clamped != 1 {
		t.Errorf("latency is %+v", l)
	}
	if r.First != time.Unix(0, 3000).UTC() || r.Last != time.Unix(0, 9000).UTC() {
		t.Errorf("from %v to %v", r.First, r.Last)
	}
	if want := (Unidentified{Lines: 2, Bytes: 29 + 7, Corrupt: 1}); got.Unidentified != want {
		t.Errorf("unidentified are %+v, want %+v", got.Unidentified, want)
	}
	if c := a.Counts(); c.Runs != 2 || c.Streams != 3 || c.Lines.Received != 8 || c.Unidentified != got.Unidentified || c.Bytes != r.Bytes+n {
		t.Errorf("counts are %+v", c)
	}
	if a.Holding("c") != nil {
		t.Error("a dropped line is held")
	}
}

func TestAccountLimits(t *testing.T) {
	a := NewAccount(Limits{Runs: 1, Streams: 2, Ranges: 2})
	b := a.NewBatch()
	add := func(run string, stream uint64, seqs ...uint64) {
		for _, seq := range seqs {
			b.Add(text(run, stream, seq, 1))
		}
		b.Take(2)
	}
	add("r", 0, 0, 2, 4, 6, 5) // the gaps 1 and 3 fit, 5 would be a third, so 6 is untracked and 5 comes next
	add("r", 0, 3, 3, 3)       // fills a gap; then there is room for a copy
	add("r", 0, 0, 4)          // two copies: 4 touches 3
	add("r", 1, 0, math.MaxUint64)
	add("r", 2, 0)
	add("s", 0, 0)

	h := a.Holding("r")
	want := Held{Next: 6, Missing: []Range{{1, 1}}, Duplicated: []Range{{3, 4}}, Copies: 4, Cut: true}
	if !reflect.DeepEqual(h.Streams[0], want) {
		t.Errorf("held %+v, want %+v", h.Streams[0], want)
	}
	// Untracked: 6, the last number and the third stream.
	if want := (Lines{Received: 13, Unique: 6, Lost: 1, Duplicated: 4, Reordered: 1, Untracked: 3}); h.Lines != want {
		t.Errorf("lines %+v, want %+v", h.Lines, want)
	}
	if u := a.Totals().Unidentified; u.Lines != 1 || u.Untracked != 1 {
		t.Errorf("unidentified are %+v", u)
	}
}

// TestAccountParts has no room to part a gap.
func TestAccountParts(t *testing.T) {
	a := NewAccount(Limits{Ranges: 1})
	b := a.NewBatch()
	for _, seq := range []uint64{0, 4, 2, 1, 2, 3} {
		b.Add(text("r", 0, seq, 1))
	}
	b.Take(2)
	h := a.Holding("r")
	if want := (Lines{Received: 6, Unique: 5, Reordered: 3, Untracked: 1}); h.Lines != want {
		t.Errorf("lines %+v, want %+v", h.Lines, want)
	}
}

// TestAccountMemory takes 100M lines in order, as 1M by 100 streams.
func TestAccountMemory(t *testing.T) {
	a := NewAccount(Limits{})
	before := heap()
	r := a.run([]byte("r"))
	entries := make([]entry, 1000)
	for stream := range uint64(100) {
		for from := uint64(0); from < 1_000_000; from += 1000 {
			for i := range entries {
				entries[i] = entry{from + uint64(i), 1}
			}
			a.group(r, &group{stream: stream}, entries, 0)
		}
	}
	grown := int64(heap()) - int64(before)
	if c := a.Counts(); c.Lines != (Lines{Received: 1e8, Unique: 1e8}) {
		t.Errorf("counted %+v", c)
	}
	if grown > 10<<20 {
		t.Errorf("%d bytes", grown)
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestAccountShared has two goroutines each take a half of every stream.
func TestAccountShared(t *testing.T) {
	const streams, lines = 5, 2000
	a := NewAccount(Limits{})
	var wg sync.WaitGroup
	for half := range uint64(2) {
		wg.Go(func() {
			b := a.NewBatch()
			for seq := half; seq < lines; seq += 2 {
				for stream := range uint64(streams) {
					b.Add(text("r", stream, seq, 1))
				}
				if seq%20 < 2 {
					b.Take(2)
					a.Totals()
				}
			}
			b.Take(2)
		})
	}
	wg.Wait()
	h := a.Holding("r")
	if h.Lines.Unique != streams*lines || h.Lines.Lost != 0 || h.Lines.Duplicated != 0 || len(h.Streams) != streams {
		t.Errorf("lines %+v in %d streams", h.Lines, len(h.Streams))
	}
}

// request is lines as one request brings them, of several streams.
func request(lines, streams int) [][]byte {
	all := make([][]byte, 0, lines)
	for i := range lines {
		all = append(all, text("k3x9q2abcdef", uint64(i%streams), uint64(i/streams), 1))
	}
	return all
}

func TestBatchAllocates(t *testing.T) {
	lines := request(1000, 10)
	lines = append(lines, []byte("nothing"), []byte("run=k3x9q2abcdef stream=0000001"))
	b := NewAccount(Limits{}).NewBatch()
	take := func() {
		for _, l := range lines {
			b.Add(l)
		}
		b.Take(2)
	}
	take()
	if n := testing.AllocsPerRun(20, take); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkAccount scans and accounts for lines in order, of 300 bytes.
func BenchmarkAccount(b *testing.B) {
	for _, streams := range []int{1, 200} {
		b.Run(fmt.Sprintf("%d-streams", streams), func(b *testing.B) {
			const lines = 1000
			long := strings.Repeat("text ", 40)
			templates := make([][]byte, streams)
			for i := range templates {
				templates[i] = append([]byte(long), text("k3x9q2abcdef", uint64(i), 0, 1)...)
			}
			batch := NewAccount(Limits{}).NewBatch()
			seqs := make([]uint64, streams)
			n := 0
			b.SetBytes(int64(len(templates[0])))
			for b.Loop() {
				s := n % streams
				l := templates[s]
				digits := l[len(l)-25-12 : len(l)-25]
				for i, v := len(digits)-1, seqs[s]; v > 0; i, v = i-1, v/10 {
					digits[i] = '0' + byte(v%10)
				}
				seqs[s]++
				batch.Add(l)
				if n++; n%lines == 0 {
					batch.Take(1000)
				}
			}
			batch.Take(1000)
			if c := batch.account.Counts(); c.Lines.Unique != uint64(n) || c.Lines.Lost != 0 {
				b.Errorf("%d lines added: %+v", n, c.Lines)
			}
		})
	}
}
