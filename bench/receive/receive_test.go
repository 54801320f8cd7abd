package receive

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// start serves c until the test ends, or until the returned function is called, which returns
// when Serve has.
func start(t testing.TB, c Config) (s *Server, stop func()) {
	t.Helper()
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	s, err := Listen(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return s, stop
}

// client is one whose connections end with the test.
func client(t testing.TB) *http.Client {
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

type reply struct {
	status int
	header http.Header
	body   string
}

func do(t testing.TB, c *http.Client, method, url, contentType, body string) reply {
	t.Helper()
	q, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		q.Header.Set("Content-Type", contentType)
	}
	a, err := c.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{a.StatusCode, a.Header, string(text)}
}

const formType = "application/x-www-form-urlencoded"

func TestCounts(t *testing.T) {
	tests := []struct {
		name, method, target, contentType, body string
		lines, bytes                            uint64
	}{
		{"greeting", "GET", "", "", "", 0, 0},
		{"line", "GET", "?line=a%20b%C3%BC", "", "", 1, 5},
		{"empty line", "GET", "?line=", "", "", 1, 0},
		{"line in any path", "GET", "x/y?k=v&line=abc", "", "", 1, 3},
		{"record", "GET", "?name=n&msg=hello+you&levelname=INFO", "", "", 1, 9},
		{"8 KiB line", "GET", "?line=" + strings.Repeat("x", 8<<10-7), "", "", 1, 8<<10 - 7},
		{"other query", "GET", "?q=abc", "", "", 0, 0},
		{"head", "HEAD", "?line=abc", "", "", 0, 0},
		{"no body", "POST", "", textType, "", 0, 0},
		{"text", "POST", "", textType, "abc", 1, 3},
		{"text with newline", "POST", "push", textType, "abc\n", 1, 3},
		{"lines", "POST", "", textType, "abc\n\nde", 3, 5},
		{"json", "POST", "", "application/json", `{"a":1}`, 1, 7},
		{"no type", "POST", "", "", "a\nb", 2, 2},
		{"form", "POST", "", formType, "name=n&msg=a%0Ab", 1, 3},
		{"form with charset", "POST", "", "Application/X-WWW-Form-Urlencoded; charset=utf-8", "msg=a", 1, 1},
		{"text called form", "POST", "", formType, "hello\nyou", 2, 8},
		{"multipart", "POST", "", "multipart/form-data; boundary=x", "--x\r\n", 1, 4},
		{"put", "PUT", "?line=abc", textType, "abc", 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := start(t, Config{})
			do(t, client(t), tt.method, s.URL()+tt.target, tt.contentType, tt.body)
			r := s.Report()
			if r.Unidentified != (Lines{Lines: tt.lines, Bytes: tt.bytes}) || r.Requests != 1 {
				t.Errorf("%d requests with %+v, want 1 with %d lines of %d bytes", r.Requests, r.Unidentified, tt.lines, tt.bytes)
			}
			at, ok := s.LastLine()
			if ok != (tt.lines > 0) || ok && time.Since(at) > time.Minute {
				t.Errorf("last line at %v, %v", at, ok)
			}
			if s.Lines() != tt.lines {
				t.Errorf("Lines = %d", s.Lines())
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	s, _ := start(t, Config{})
	c := client(t)
	long := strings.Repeat("x", echoMost+1)
	tests := []struct {
		method, target, body string
		status               int
		want                 string
	}{
		{"GET", "", "", 200, greeting},
		{"GET", "any/path?line=a", "", 200, greeting},
		{"HEAD", "", "", 200, ""},
		{"POST", "", "<b>a\nb", 200, "Received lines: 2, bytes: 5.\n<b>a\nb"},
		{"POST", "", "", 200, "Received lines: 0, bytes: 0.\n"},
		{"POST", "report", "a", 200, "Received lines: 1, bytes: 1.\na"},
		{"POST", "", long, 200, fmt.Sprintf("Received lines: 1, bytes: %d.\n%s", len(long), long[1:])},
		{"PUT", "", "a", 405, "Only GET, HEAD and POST are answered here.\n"},
		{"DELETE", "report", "", 405, "Only GET, HEAD and POST are answered here.\n"},
	}
	for _, tt := range tests {
		a := do(t, c, tt.method, s.URL()+tt.target, textType, tt.body)
		if a.status != tt.status || a.body != tt.want {
			t.Errorf("%s %s: %d %.80q, want %d %.80q", tt.method, tt.target, a.status, a.body, tt.status, tt.want)
		}
		if ct, x := a.header.Get("Content-Type"), a.header.Get("X-Content-Type-Options"); ct != textType || x != "nosniff" {
			t.Errorf("%s %s: Content-Type %q, X-Content-Type-Options %q", tt.method, tt.target, ct, x)
		}
		if server := a.header.Get("Server"); server != "lologen" {
			t.Errorf("Server %q", server)
		}
		if allow := a.header.Get("Allow"); (allow != "") != (tt.status == 405) {
			t.Errorf("%s %s: Allow %q", tt.method, tt.target, allow)
		}
	}
}

func TestReport(t *testing.T) {
	s, stop := start(t, Config{})
	c := client(t)
	do(t, c, "POST", s.URL(), textType, "abc\nde\n")
	a := do(t, c, "GET", s.URL()+"report?live", "", "")
	if ct := a.header.Get("Content-Type"); ct != "application/json" || a.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("Content-Type %q", ct)
	}
	var live map[string]any
	if err := json.Unmarshal([]byte(a.body), &live); err != nil {
		t.Fatal(err)
	}
	if elapsed, ok := live["elapsed"].(float64); !ok || elapsed <= 0 {
		t.Errorf("elapsed %v", live["elapsed"])
	}
	delete(live, "elapsed")
	want := `map[answers:map[200:1] rate:0 requests:1 runs:[] unidentified:map[bytes:5 corrupt:0 lines:2 untracked:0] version:1]`
	if got := fmt.Sprint(live); got != want {
		t.Errorf("report %s, want %s", got, want)
	}
	stop()
	first, second := s.Report(), s.Report()
	if first.Elapsed != second.Elapsed || first.Requests != 1 { // asking for a report is none
		t.Errorf("report after the end changes: %+v, %+v", first, second)
	}
}

func TestRate(t *testing.T) {
	var c counts
	c.start = time.Now()
	c.add(1, 1, c.start.Add(time.Second))
	c.add(99, 99, c.start.Add(3*time.Second))
	c.add(0, 0, c.start.Add(9*time.Second))
	if r := c.rate(); r != 50 {
		t.Errorf("rate %v, want 50", r)
	}
}

func TestManyClients(t *testing.T) {
	s, _ := start(t, Config{})
	c := client(t)
	const clients, each = 16, 50
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for range each {
				do(t, c, "POST", s.URL(), textType, "a\nb\n")
				do(t, c, "GET", s.URL()+"?line=xyz", "", "")
			}
		})
	}
	wg.Wait()
	if got, want := s.Report().Unidentified, (Lines{Lines: clients * each * 3, Bytes: clients * each * 5}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestAddressInUse(t *testing.T) {
	s, _ := start(t, Config{})
	_, err := Listen(Config{Listen: s.Addr().String()})
	if !errors.Is(err, syscall.EADDRINUSE) || err.Error() != "listen on "+s.Addr().String()+": address already in use" {
		t.Errorf("error %v", err)
	}
	for _, listen := range []string{"127.0.0.1", "127.0.0.1:99999", "127.0.0.1:x"} {
		if _, err := Listen(Config{Listen: listen}); err == nil || !strings.HasPrefix(err.Error(), "listen on "+listen+": ") {
			t.Errorf("%s: error %v", listen, err)
		}
	}
}

func TestURL(t *testing.T) {
	for listen, want := range map[string]string{"127.0.0.1:0": "http://127.0.0.1:", "[::1]:0": "http://[::1]:"} {
		s, _ := start(t, Config{Listen: listen})
		if !strings.HasPrefix(s.URL(), want) {
			t.Errorf("%s: URL %s", listen, s.URL())
		}
		if a := do(t, client(t), "GET", s.URL(), "", ""); a.status != 200 {
			t.Errorf("%s: %+v", listen, a)
		}
	}
	for ip, want := range map[string]string{"0.0.0.0": "http://127.0.0.1:8000/", "::": "http://[::1]:8000/", "192.0.2.1": "http://192.0.2.1:8000/"} {
		if got := (&Server{listener: fixed{ip}}).URL(); got != want {
			t.Errorf("%s: URL %s, want %s", ip, got, want)
		}
	}
}

// fixed is a listener that is only asked for its address.
type fixed struct{ ip string }

func (f fixed) Addr() net.Addr          { return &net.TCPAddr{IP: net.ParseIP(f.ip), Port: 8000} }
func (fixed) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (fixed) Close() error              { return nil }

func TestBodyLimit(t *testing.T) {
	s, _ := start(t, Config{})
	c := client(t)
	a := do(t, c, "POST", s.URL(), textType, strings.Repeat("x", 17<<20))
	if a.status != 413 || a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Content-Type") != textType {
		t.Errorf("17 MiB: %+v", a)
	}
	if s.Lines() != 0 {
		t.Errorf("a refused body was counted")
	}
	if a := do(t, c, "POST", s.URL(), textType, strings.Repeat("x", 16<<20)); a.status != 200 {
		t.Errorf("16 MiB: %d", a.status)
	}
}

func TestHeaderLimit(t *testing.T) {
	s, _ := start(t, Config{})
	if a := do(t, client(t), "GET", s.URL()+"?line="+strings.Repeat("x", 32<<10), "", ""); a.status != 431 {
		t.Errorf("32 KiB of head: %d", a.status)
	}
}

// dial opens a connection to s and says text on it.
func dial(t *testing.T, s *Server, text string) (net.Conn, *bufio.Reader) {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c, bufio.NewReader(c)
}

func TestSlowClient(t *testing.T) {
	s, _ := start(t, Config{Read: 50 * time.Millisecond})
	for _, said := range []string{"", "GET / HT", "GET / HTTP/1.1\r\nHost: h\r\n", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc"} {
		_, r := dial(t, s, said)
		a, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("%q: %v", said, err)
		}
		if a.StatusCode != 408 {
			t.Errorf("%q: status %d, want 408", said, a.StatusCode)
		}
		if _, err := io.ReadAll(a.Body); err != nil {
			t.Error(err)
		}
		if _, err := r.ReadByte(); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%q: connection still open: %v", said, err)
		}
	}
	if s.Lines() != 0 {
		t.Errorf("half a request was counted")
	}
}

func TestIdleClient(t *testing.T) {
	s, _ := start(t, Config{Idle: 50 * time.Millisecond})
	_, r := dial(t, s, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	a, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(a.Body); err != nil {
		t.Fatal(err)
	}
	if _, err := r.ReadByte(); !errors.Is(err, io.EOF) {
		t.Errorf("idle connection: %v, want EOF", err)
	}
}

func TestConnectionLimit(t *testing.T) {
	s, _ := start(t, Config{Connections: 1})
	_, r := dial(t, s, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	if _, err := http.ReadResponse(r, nil); err != nil {
		t.Fatal(err)
	}
	_, r = dial(t, s, "")
	if a, err := http.ReadResponse(r, nil); err != nil || a.StatusCode != 503 {
		t.Errorf("second connection: %v, %v", a, err)
	}
}

func TestGarbage(t *testing.T) {
	s, _ := start(t, Config{})
	_, r := dial(t, s, "\x16\x03\x01\x02\x00\r\n\r\n")
	if a, err := http.ReadResponse(r, nil); err != nil || a.StatusCode != 400 {
		t.Errorf("answer %v, %v", a, err)
	}
}

// The server ends with idle connections at once, with others when their request is over or the
// time for that is, and leaves nothing behind.
func TestEnd(t *testing.T) {
	before := runtime.NumGoroutine()
	s, stop := start(t, Config{Drain: 50 * time.Millisecond})
	idle, r := dial(t, s, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	if _, err := http.ReadResponse(r, nil); err != nil {
		t.Fatal(err)
	}
	fresh, _ := dial(t, s, "")
	half, _ := dial(t, s, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc")
	stop()
	for name, c := range map[string]net.Conn{"idle": idle, "fresh": fresh, "half": half} {
		if _, err := io.Copy(io.Discard, c); err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s connection: %v", name, err)
		}
	}
	if c, err := net.Dial("tcp", s.Addr().String()); err == nil {
		c.Close()
		t.Error("still listening")
	}
	if after := settled(before); after > before {
		buf := make([]byte, 1<<16)
		t.Errorf("%d goroutines before, %d after:\n%s", before, after, buf[:runtime.Stack(buf, true)])
	}
}

// settled lets goroutines that are over be gone.
func settled(want int) int {
	n := runtime.NumGoroutine()
	for range 1000 {
		if n <= want {
			break
		}
		runtime.Gosched()
		n = runtime.NumGoroutine()
	}
	return n
}

func TestClosedListener(t *testing.T) {
	s, err := Listen(Config{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(t.Context()); err == nil {
		t.Error("Serve on a closed listener returned no error")
	}
}
