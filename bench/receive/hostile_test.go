package receive

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/exitfound/lologen/bench/verify"
	"github.com/exitfound/lologen/sinks/push"
)

// script is a connection whose client says all it has to say at once and then goes away.
type script struct {
	io.Reader
	bytes.Buffer
}

func (s *script) Read(p []byte) (int, error)       { return s.Reader.Read(p) }
func (*script) Close() error                       { return nil }
func (*script) LocalAddr() net.Addr                { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
func (*script) RemoteAddr() net.Addr               { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
func (*script) SetDeadline(time.Time) error        { return nil }
func (*script) SetReadDeadline(time.Time) error    { return nil }
func (*script) SetWriteDeadline(t time.Time) error { return nil }

// Whatever is said on a connection, the server stays, answers in HTTP, and its counts add up.
func FuzzConnection(f *testing.F) {
	length := func(head, body string) string {
		return head + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\nContent-Type: "
	}
	for _, s := range []string{
		"", "\x16\x03\x01", "GET / HTTP/1.1\r\n\r\n", "GET /?line=a HTTP/1.1\r\nHost: h\r\n\r\nGET /report?run=x HTTP/1.1\r\nHost: h\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		length("POST /loki/api/v1/push", encoded(push.Snappy, "a", identified("r1", 0, 0))) + protobufType + "\r\n\r\n" + encoded(push.Snappy, "a", identified("r1", 0, 0)),
		length("POST /loki/api/v1/push", encoded(push.GzipJSON, "a")) + jsonType + "\r\nContent-Encoding: gzip\r\n\r\n" + encoded(push.GzipJSON, "a"),
		length("POST /otlp/v1/logs", string(export("a", "b"))) + protobufType + "\r\n\r\n" + string(export("a", "b")),
		length("POST /otlp/v1/logs", exportJSON(f, "a")) + jsonType + "\r\n\r\n" + exportJSON(f, "a"),
		length("POST /", "a\nb") + formType + "\r\n\r\na\nb", "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n", "PUT /ready HTTP/1.0\r\n\r\n",
	} {
		f.Add(s, byte(0))
		f.Add(s, byte(255))
	}
	f.Fuzz(func(t *testing.T, said string, faults byte) {
		bit := func(n uint) float64 { return float64(faults >> n & 1) }
		s, err := Listen(Config{
			Listen: "127.0.0.1:0", Body: 1 << 16, Account: verify.Limits{Runs: 2, Streams: 4, Ranges: 8},
			Faults: Faults{Seed: 1, Fail: bit(0) / 2, FailStatus: 429 * int(bit(1)), Close: bit(2) / 2, Drop: bit(3) / 2, Rate: bit(4) * 100, RetryAfter: time.Second},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		c := &script{Reader: strings.NewReader(said)}
		_ = s.http.ServeConn(s.conns.add(c))
		if answer := c.Buffer.Bytes(); len(answer) > 0 && !bytes.HasPrefix(answer, []byte("HTTP/1.1 ")) {
			t.Errorf("%q is answered %q", said, answer)
		}
		r := s.Report()
		if lines, size := r.received(); lines != s.Lines() || size != s.counts.bytes.Load() {
			t.Errorf("%q: the account has %d lines of %d bytes, the server %d", said, lines, size, s.Lines())
		}
		if len(s.workers) != cap(s.workers) {
			t.Errorf("%q: %d workers of %d are back", said, len(s.workers), cap(s.workers))
		}
		if left, _ := roomLeft(s); left != 512<<20 {
			t.Errorf("%q: %d bytes of the room are left", said, left)
		}
	})
}

// A client that says its request byte by byte has the time of any other, and is not counted.
func TestSlowloris(t *testing.T) {
	s, _ := start(t, Config{Read: 100 * time.Millisecond})
	c, r := dial(t, s, "POST /loki/api/v1/push HTTP/1.1\r\nHost: h\r\n")
	ended := make(chan struct{})
	defer func() { <-ended }()
	go func() {
		defer close(ended)
		for {
			if _, err := io.WriteString(c, "X-A: b\r\n"); err != nil {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	began := time.Now()
	a, err := http.ReadResponse(r, nil)
	if err != nil && time.Since(began) > 10*time.Second || err == nil && a.StatusCode/100 != 4 {
		t.Errorf("after %v: %v, %v", time.Since(began), a, err)
	}
	if s.Lines() != 0 || len(s.workers) != cap(s.workers) {
		t.Errorf("%d lines, %d workers of %d", s.Lines(), len(s.workers), cap(s.workers))
	}
	c.Close()
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Memory grows with bodies that have arrived, not with those that are declared.
func TestDeclaredBodiesTakeNoMemory(t *testing.T) {
	s, _ := start(t, Config{})
	all, _ := roomLeft(s)
	before := heap()
	const clients, some = 100, 20 << 10
	var conns []net.Conn
	for i := range clients {
		c, _ := dial(t, s, declaring(16<<20)+strings.Repeat("x", i%2*some))
		conns = append(conns, c)
	}
	until(t, "each second body has begun to arrive, and each other one is waited for", func() bool {
		busy := 0
		s.conns.each(func(c *conn) {
			if c.busy.Load() {
				busy++
			}
		})
		left, _ := roomLeft(s)
		return busy == clients && all-left >= clients/2*some
	})
	if left, _ := roomLeft(s); all-left > clients/2*(2*some+bodyPiece) {
		t.Errorf("%d KiB are taken from the room", (all-left)>>10)
	}
	if more := int64(heap()) - int64(before); more > clients*128<<10 {
		t.Errorf("%d heads take %d KiB", clients, more>>10)
	}
	for _, c := range conns {
		_ = c.Close()
	}
	until(t, "all the room is back", func() bool { left, _ := roomLeft(s); return left == all })
	if s.Lines() != 0 {
		t.Errorf("%d lines of bodies that never came", s.Lines())
	}
}

// Whatever comes at once, bodies have no more memory than they may, and every request is answered.
func TestBodiesTogether(t *testing.T) {
	const body, all, clients = 1 << 20, 4 << 20, 16
	s, _ := start(t, Config{Body: body, Bodies: all, Patience: 20 * time.Millisecond})
	text := strings.Repeat("x", body)
	statuses := make(chan int, clients)
	var refused atomic.Int64
	var conns []net.Conn
	for range clients {
		c, r := dial(t, s, declaring(body))
		conns = append(conns, c)
		go func() {
			_, _ = io.WriteString(c, text[1:]) // a refused one need not get there
		}()
		go func() {
			a, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Error(err)
				statuses <- 0
				return
			}
			if a.StatusCode == 503 {
				refused.Add(1)
			}
			statuses <- a.StatusCode
		}()
	}
	until(t, "only those wait whose bodies have room", func() bool { return refused.Load() >= clients-all/body })
	if left, _ := roomLeft(s); left < 0 {
		t.Errorf("bodies have %d bytes too many", -left)
	}
	for _, c := range conns {
		_, _ = io.WriteString(c, "x")
	}
	count := map[int]uint64{}
	for range clients {
		count[<-statuses]++
	}
	if count[200] == 0 || count[200]+count[503] != clients || s.Lines() != count[200] {
		t.Errorf("answers %v, %d lines", count, s.Lines())
	}
	until(t, "all the room is back", func() bool { left, _ := roomLeft(s); return left == all })
	if r := s.Report(); r.Answers[503] != count[503] || r.Requests != clients {
		t.Errorf("%+v", r)
	}
}

// Small requests that would be large ones cost no memory to speak of.
func TestBombs(t *testing.T) {
	s, _ := start(t, Config{Body: 1 << 20})
	c := client(t)
	zeros := zipped(strings.Repeat("\x00", 64<<20))
	records := strings.Repeat("\x12\x00", 1<<18)
	n := len(records)
	scope := "\x12" + string([]byte{byte(n) | 0x80, byte(n>>7) | 0x80, byte(n >> 14)}) + records
	m := len(scope)
	bodies := "\x0a" + string([]byte{byte(m) | 0x80, byte(m>>7) | 0x80, byte(m >> 14)}) + scope
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, tt := range []struct {
		path, contentType, coding, body string
		status                          int
	}{
		{"loki/api/v1/push", protobufType, "", "\xff\xff\x3f" + strings.Repeat("\x00", 20), 400},
		{"loki/api/v1/push", protobufType, "", "\xff\xff\xff\x7f" + strings.Repeat("\x00", 20), 413},
		{"loki/api/v1/push", jsonType, "gzip", zeros, 413},
		{"otlp/v1/logs", jsonType, "gzip", zeros, 413},
		{"otlp/v1/logs", jsonType, "", strings.Repeat("[", 1<<20), 400},
		{"otlp/v1/logs", jsonType, "", `{"resourceLogs":` + strings.Repeat("[", 1<<19), 400},
		{"otlp/v1/logs", protobufType, "", bodies, 200},
	} {
		if a := exchange(t, c, "POST", s.URL()+tt.path, tt.contentType, tt.coding, tt.body); a.status != tt.status {
			t.Errorf("%s %s %s: %d %.100q, want %d", tt.path, tt.contentType, tt.coding, a.status, a.body, tt.status)
		}
	}
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 64<<20 {
		t.Errorf("%d MB were allocated in all", taken>>20)
	}
}

// More runs, streams and ranges than are remembered are counted all the same.
func TestBeyondWhatIsRemembered(t *testing.T) {
	s, _ := start(t, Config{Account: verify.Limits{Runs: 2, Streams: 3, Ranges: 4}})
	c := client(t)
	const lines = 200
	var body strings.Builder
	for i := range uint64(lines) {
		body.WriteString(identified([]string{"r1", "r2", "r3"}[i%3], i%5, i*i) + "\n")
	}
	do(t, c, "POST", s.URL(), textType, body.String())
	r := s.Report()
	if received, _ := r.received(); received != lines || len(r.Runs) != 2 || r.Unidentified.Untracked == 0 {
		t.Errorf("%d lines, %+v", received, r)
	}
}
