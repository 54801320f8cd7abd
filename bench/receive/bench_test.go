package receive

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/valyala/fasthttp"

	"github.com/exitfound/lologen/bench/verify"
	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/sinks/push"
)

// pushed is a request of 1 MiB of identified lines from the given sequence number on; their size is
// a default line's.
func pushed(encoding push.Encoding, first uint64, metadata bool) (body []byte, lines uint64) {
	e := push.NewEncoder(encoding)
	labels, _ := e.AppendLabels(nil, []push.Label{{Name: "job", Value: "lologen"}, {Name: "stream_id", Value: "17"}})
	e.Stream(labels)
	var pair []byte
	if metadata {
		pair = e.AppendMetadata(nil, "trace_id", []byte("0242ac120002"))
	}
	at := int64(1_800_000_000_000_000_001)
	for e.Size() < 1<<20 {
		text := fmt.Sprintf("\x1b[0;32mdate=\"2026-11-22 15:23:23,819\" name=spam_application threadName=MainThread thread=140000424200000 "+
			"processName=MainProcess process=42424 level=info levelnum=20 msg=\"User %d logged in from another place %x\"\x1b[0m "+
			"run=benchmark stream=%07d seq=%012d sent=%019d", lines, lines*lines*7919, 17, first+lines, at)
		e.Entry(at, []byte(text), pair)
		lines++
		at += 1000
	}
	return append(body, e.Body()...), lines
}

func request(encoding push.Encoding, body []byte) *fasthttp.Request {
	q := new(fasthttp.Request)
	q.Header.SetMethod("POST")
	q.Header.SetContentType(encoding.ContentType())
	if coding := encoding.ContentEncoding(); coding != "" {
		q.Header.SetContentEncoding(coding)
	}
	q.SetBodyRaw(body)
	return q
}

// BenchmarkPush is what a request costs between its arrival and its answer: decoding it and taking
// its lines to the account.
func BenchmarkPush(b *testing.B) {
	for name, c := range map[string]struct {
		encoding push.Encoding
		metadata bool
	}{"snappy": {push.Snappy, false}, "stored": {push.Stored, false}, "metadata": {push.Snappy, true}, "json": {push.JSON, false}, "gzip": {push.GzipJSON, false}} {
		b.Run(name, func(b *testing.B) {
			const bodies = 64
			var requests []*fasthttp.Request
			total := uint64(0)
			for range bodies {
				body, lines := pushed(c.encoding, total, c.metadata)
				requests = append(requests, request(c.encoding, body))
				total += lines
			}
			account := verify.NewAccount(verify.Limits{})
			w := newWorker(account, 16<<20, 0)
			var n uint64
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%bodies == 0 { // a run in order, and another one
					account = verify.NewAccount(verify.Limits{})
					w.batch = account.NewBatch()
				}
				w.begin(0)
				if err := (loki{}).gather(w, requests[i%bodies]); err != nil {
					b.Fatal(err)
				}
				w.batch.Take(1_800_000_001_000_000_000)
				n += uint64(w.lines)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "lines/s")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/line")
			if c := account.Counts(); c.Lines.Unique != c.Lines.Received || c.Lines.Lost != 0 || c.Unidentified.Lines != 0 {
				b.Errorf("%+v", c)
			}
		})
	}
}

// BenchmarkServe is what requests cost on their connections, their clients included.
func BenchmarkServe(b *testing.B) {
	for name, encoding := range map[string]push.Encoding{"snappy": push.Snappy, "stored": push.Stored} {
		for _, clients := range []int{1, 16} {
			b.Run(fmt.Sprintf("%s/%d", name, clients), func(b *testing.B) {
				s, _ := start(b, Config{})
				body, lines := pushed(encoding, 0, false)
				said := fmt.Appendf(nil, "POST /loki/api/v1/push HTTP/1.1\r\nHost: h\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
					encoding.ContentType(), len(body), body)
				var left atomic.Int64
				left.Store(int64(b.N))
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				b.ResetTimer()
				var wg sync.WaitGroup
				for range clients {
					wg.Go(func() { repeat(b, s, said, &left) })
				}
				wg.Wait()
				b.StopTimer()
				b.ReportMetric(float64(s.Lines())/b.Elapsed().Seconds(), "lines/s")
				if want := uint64(b.N) * lines; s.Lines() != want {
					b.Errorf("%d lines of %d", s.Lines(), want)
				}
			})
		}
	}
}

// repeat says the same to s while there is any left to be said.
func repeat(b *testing.B, s *Server, said []byte, left *atomic.Int64) {
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		b.Error(err)
		return
	}
	defer c.Close()
	r := bufio.NewReader(c)
	for left.Add(-1) >= 0 {
		_, err := c.Write(said)
		if err == nil {
			_, err = http.ReadResponse(r, nil) // none has a body
		}
		if err != nil {
			b.Error(err)
			return
		}
	}
}

// BenchmarkScrape is what /report and /metrics cost when as many runs are known as may be.
func BenchmarkScrape(b *testing.B) {
	s, _ := start(b, Config{})
	takeRuns(s, 1000)
	b.Run("report", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.Report()
		}
	})
	b.Run("metrics", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.exposition(expfmt.NewFormat(expfmt.TypeTextPlain)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// takeRuns takes a hundred lines of each of so many runs, up to 20 ms late.
func takeRuns(s *Server, runs int) {
	batch, chance := s.account.NewBatch(), emitter.NewRand(1, 0)
	const received = 1_800_000_000_000_000_000
	for run := range runs {
		for seq := range 100 {
			batch.Add(fmt.Appendf(nil, "run=run%d stream=%07d seq=%012d sent=%019d", run, 0, seq, received-chance.Uint64()%20e6))
		}
		batch.Take(received)
	}
}

// What a request allocates does not depend on how many lines it has.
func TestNothingIsAllocatedByLine(t *testing.T) {
	body, lines := pushed(push.Snappy, 0, false)
	account := verify.NewAccount(verify.Limits{})
	w := newWorker(account, 16<<20, 0.001)
	q := request(push.Snappy, body)
	take := func() {
		w.begin(1)
		if err := (loki{}).gather(w, q); err != nil {
			t.Fatal(err)
		}
		w.batch.Take(1)
	}
	take()
	if allocs := testing.AllocsPerRun(10, take); allocs > 2 {
		t.Errorf("%v allocations for %d lines", allocs, lines)
	}
}
