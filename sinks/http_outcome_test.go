package sinks

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func TestHTTPStatus(t *testing.T) {
	tests := []struct {
		status         int
		acked          bool
		unknown, retry bool
		reason         string
	}{
		{200, true, false, false, ""},
		{201, true, false, false, ""},
		{204, true, false, false, ""},
		{299, true, false, false, ""},
		{260, false, false, false, "http_260"},
		{301, false, false, false, "http_301"},
		{302, false, false, false, "http_302"},
		{304, false, false, false, "http_304"},
		{400, false, false, false, "http_400"},
		{401, false, false, false, "http_401"},
		{404, false, false, false, "http_404"},
		{429, false, false, true, "rate_limited"},
		{500, false, true, true, "http_500"},
		{503, false, true, true, "http_503"},
		{599, false, true, true, "http_599"},
	}
	for _, tt := range tests {
		t.Run(strconv.Itoa(tt.status), func(t *testing.T) {
			server, r := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.status)
				if tt.status != 204 && tt.status != 304 {
					_, _ = io.WriteString(w, "  because\n")
				}
			})
			s := openHTTPSink(t, t.Context(), HTTP{URL: server.URL + "/push?key=value", Method: "POST"})
			if tt.acked {
				mustSend(t, s, batchOf("a"))
				return
			}
			o := outcomeOf(t, s, batchOf("a"))
			if o.Unknown != tt.unknown || o.Retry != tt.retry || o.Reason != tt.reason || o.Status != tt.status || o.After != 0 || o.Gone {
				t.Errorf("outcome %+v", o)
			}
			want := "POST " + server.URL + "/push: " + strconv.Itoa(tt.status)
			if !strings.HasPrefix(o.Error(), want) || tt.status != 304 && !strings.HasSuffix(o.Error(), ": because") {
				t.Errorf("error %q, want %q ... because", o, want)
			}
			r.only(t)
		})
	}
}

func TestHTTPRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                        0,
		"7":                       7 * time.Second,
		"0":                       0,
		"-3":                      0,
		"soon":                    0,
		"86400":                   time.Hour,
		"99999999999999999999999": time.Hour,
		now.Add(90 * time.Second).Format(http.TimeFormat): 90 * time.Second,
		now.Add(-time.Minute).Format(http.TimeFormat):     0,
		now.Add(48 * time.Hour).Format(http.TimeFormat):   time.Hour,
	} {
		if got := retryAfter([]byte(value), now); got != want {
			t.Errorf("Retry-After %q: %v, want %v", value, got, want)
		}
	}
	for status, want := range map[int]time.Duration{429: 2 * time.Second, 503: 2 * time.Second, 404: 0} {
		server, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(status)
		})
		o := outcomeOf(t, openHTTPSink(t, t.Context(), HTTP{URL: server.URL, Method: "GET"}), batchOf("a"))
		if o.After != want {
			t.Errorf("%d: after %v, want %v", status, o.After, want)
		}
	}
}

func TestHTTPUnreachable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	listener.Close()
	s := openHTTPSink(t, t.Context(), HTTP{URL: "http://" + addr + "/", Method: "POST"})
	b := batchOf("a")
	o := outcomeOf(t, s, b)
	if o.Unknown || !o.Retry || o.Reason != "connection_refused" || o.Status != 0 || b.Wire != 0 {
		t.Errorf("outcome %+v, wire %d", o, b.Wire)
	}
	if want := "POST http://" + addr + "/: connection refused"; o.Error() != want {
		t.Errorf("error %q, want %q", o, want)
	}
}

// rawServer hands every connection to talk, in a goroutine of its own, and closes it afterwards.
// It counts connections.
func rawServer(t *testing.T, talk func(c net.Conn, r *bufio.Reader)) (url string, connections *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	connections = new(atomic.Int64)
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			go func() {
				defer c.Close()
				talk(c, bufio.NewReader(c))
			}()
		}
	}()
	return "http://" + listener.Addr().String() + "/", connections
}

func readRequest(r *bufio.Reader) bool {
	q, err := http.ReadRequest(r)
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, q.Body)
	return err == nil
}

func TestHTTPBrokenAnswers(t *testing.T) {
	tests := []struct {
		name, answer, reason string
		reset                bool
	}{
		{"closed after the request", "", "connection_closed", false},
		{"reset after the request", "", "connection_reset_by_peer", true},
		{"closed in the headers", "HTTP/1.1 200 OK\r\nContent-", "connection_closed", false},
		{"closed in the body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal", "connection_closed", false},
		{"closed in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "connection_closed", false},
		{"not HTTP", "220 smtp.example ESMTP\r\n\r\n", "bad_answer", false},
		{"endless headers", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n\r\n", "bad_answer", false},
	}
	for _, method := range []string{"GET", "POST"} {
		for _, tt := range tests {
			t.Run(method+" "+tt.name, func(t *testing.T) {
				var requests atomic.Int64
				url, connections := rawServer(t, func(c net.Conn, r *bufio.Reader) {
					if readRequest(r) {
						requests.Add(1)
					}
					_, _ = io.WriteString(c, tt.answer)
					if tt.reset {
						_ = c.(*net.TCPConn).SetLinger(0)
					}
				})
				s := openHTTPSink(t, t.Context(), HTTP{URL: url, Method: method})
				for sends := int64(1); sends <= 3; sends++ {
					o := outcomeOf(t, s, batchOf("a"))
					if !o.Unknown || !o.Retry || o.Reason != tt.reason {
						t.Fatalf("outcome %+v: %v", o, o)
					}
					if requests.Load() != sends || connections.Load() != sends {
						t.Fatalf("%d requests on %d connections after %d sends", requests.Load(), connections.Load(), sends)
					}
				}
			})
		}
	}
}

// A server that closed the kept connection meanwhile gets the request on a new one at the next
// attempt, and the broken attempt is not taken for a refusal.
func TestHTTPStaleConnection(t *testing.T) {
	closed := make(chan struct{}, 8)
	url, connections := rawServer(t, func(c net.Conn, r *bufio.Reader) {
		if readRequest(r) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
		_ = c.Close()
		closed <- struct{}{}
	})
	s := openHTTPSink(t, t.Context(), HTTP{URL: url, Method: "POST"})
	mustSend(t, s, batchOf("a"))
	<-closed
	s.link.used = time.Now().Add(time.Hour) // used so lately that nobody looks
	if o := outcomeOf(t, s, batchOf("b")); !o.Retry || !o.Unknown {
		t.Errorf("outcome on the stale connection: %+v", o)
	}
	mustSend(t, s, batchOf("b"))
	if n := connections.Load(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}

	// A connection that was idle for a moment is looked at first.
	<-closed
	for !s.link.peer.hasClosed() {
		runtime.Gosched()
	}
	s.link.used = time.Now().Add(-10 * time.Millisecond)
	mustSend(t, s, batchOf("c"))
	if n := connections.Load(); n != 3 {
		t.Errorf("%d connections, want 3", n)
	}
}

func TestHTTPServerSaysClose(t *testing.T) {
	for _, head := range []string{"HTTP/1.0 200 OK\r\n", "HTTP/1.1 200 OK\r\nConnection: close\r\n"} {
		url, connections := rawServer(t, func(c net.Conn, r *bufio.Reader) {
			if readRequest(r) {
				_, _ = io.WriteString(c, head+"Content-Length: 2\r\n\r\nok")
			}
		})
		s := openHTTPSink(t, t.Context(), HTTP{URL: url, Method: "POST"})
		for range 3 {
			mustSend(t, s, batchOf("a"))
		}
		if n := connections.Load(); n != 3 {
			t.Errorf("%q: %d connections for 3 requests", head, n)
		}
	}
}

// Bytes after an answer must not become the answer to the next request.
func TestHTTPSurplusAnswer(t *testing.T) {
	url, _ := rawServer(t, func(c net.Conn, r *bufio.Reader) {
		for readRequest(r) {
			_, _ = io.WriteString(c, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
	})
	s := openHTTPSink(t, t.Context(), HTTP{URL: url, Method: "POST"})
	for range 3 {
		if o := outcomeOf(t, s, batchOf("a")); o.Status != 404 {
			t.Fatalf("outcome %+v", o)
		}
	}
}

func TestHTTPLongAnswer(t *testing.T) {
	for _, chunked := range []bool{false, true} {
		for status, acked := range map[int]bool{200: true, 404: false} {
			server, r := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if !chunked {
					w.Header().Set("Content-Length", strconv.Itoa(2*answerMost))
				}
				w.WriteHeader(status)
				_, _ = io.WriteString(w, "because of this"+strings.Repeat(" and that", 2*answerMost)[:2*answerMost-len("because of this")])
			})
			s := openHTTPSink(t, t.Context(), HTTP{URL: server.URL, Method: "POST"})
			for range 2 {
				if acked {
					mustSend(t, s, batchOf("a"))
				} else if o := outcomeOf(t, s, batchOf("a")); o.Unknown || o.Reason != "http_404" || len(o.Error()) > 1000 || !strings.Contains(o.Error(), "404 Not Found: because of this and that") {
					t.Errorf("outcome %+v: %v", o, o)
				} else if held := s.link.body.Len(); held != answerMost {
					t.Errorf("%d bytes of the answer are kept, want %d", held, answerMost)
				}
			}
			if all := r.all(); len(all) != 2 || all[0].remote == all[1].remote {
				t.Errorf("the connection was kept after %d bytes that nobody read", answerMost)
			}
		}
	}
}

// A refusal whose text breaks off, or does not come to its end in time, is one all the same.
func TestHTTPBrokenRefusal(t *testing.T) {
	for _, head := range []string{"Content-Length: 100\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n64\r\n"} {
		for _, hangs := range []bool{false, true} {
			url, connections := rawServer(t, func(c net.Conn, r *bufio.Reader) {
				if readRequest(r) {
					_, _ = io.WriteString(c, "HTTP/1.1 404 Not Found\r\n"+head+"because")
				}
				if hangs {
					_, _ = io.Copy(io.Discard, r)
				}
			})
			s := openHTTPSink(t, t.Context(), HTTP{URL: url, Method: "POST", Timeout: 50 * time.Millisecond})
			for range 2 {
				if o := outcomeOf(t, s, batchOf("a")); o.Unknown || o.Retry || !strings.HasSuffix(o.Error(), "404 Not Found: because") {
					t.Errorf("%q: outcome %+v: %v", head, o, o)
				}
			}
			if n := connections.Load(); n != 2 {
				t.Errorf("%d connections for 2 answers that broke off", n)
			}
		}
	}
}

// A server may refuse a long request by its head alone.
func TestHTTPEarlyRefusal(t *testing.T) {
	url, _ := rawServer(t, func(c net.Conn, r *bufio.Reader) {
		if _, err := http.ReadRequest(r); err != nil {
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, r)
	})
	s := openHTTPSink(t, t.Context(), HTTP{URL: url, Method: "POST"})
	if o := outcomeOf(t, s, batchOf(strings.Repeat("x", 8<<20))); o.Unknown || o.Status != 413 {
		t.Errorf("outcome %+v: %v", o, o)
	}
}

// hanging is a server that reads and never answers; read is told of every request.
func hanging(t *testing.T) (url string, read chan struct{}) {
	read = make(chan struct{}, 8)
	url, _ = rawServer(t, func(_ net.Conn, r *bufio.Reader) {
		if readRequest(r) {
			read <- struct{}{}
		}
		_, _ = io.Copy(io.Discard, r)
	})
	return url, read
}

func TestHTTPTimeout(t *testing.T) {
	url, _ := hanging(t)
	s := openHTTPSink(t, t.Context(), HTTP{URL: url, Method: "POST", Timeout: 50 * time.Millisecond})
	o := outcomeOf(t, s, batchOf("a"))
	if !o.Unknown || !o.Retry || o.Reason != "timeout" || !strings.Contains(o.Error(), "no answer within 50ms") {
		t.Errorf("outcome %+v: %v", o, o)
	}
}

func TestHTTPTimeoutInChunk(t *testing.T) {
	url, _ := rawServer(t, func(c net.Conn, r *bufio.Reader) {
		if readRequest(r) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")
		}
		_, _ = io.Copy(io.Discard, r)
	})
	s := openHTTPSink(t, t.Context(), HTTP{URL: url, Method: "POST", Timeout: 50 * time.Millisecond})
	if o := outcomeOf(t, s, batchOf("a")); !o.Unknown || o.Reason != "timeout" {
		t.Errorf("outcome %+v: %v", o, o)
	}
}

func TestHTTPEndOfRun(t *testing.T) {
	url, read := hanging(t)
	ctx, cancel := context.WithCancel(t.Context())
	s := openHTTPSink(t, ctx, HTTP{URL: url, Method: "POST", Timeout: time.Hour})
	go func() {
		<-read
		cancel()
	}()
	o := outcomeOf(t, s, batchOf("a"))
	if !o.Unknown || o.Retry || o.Reason != "canceled" {
		t.Errorf("hanging request: %+v: %v", o, o)
	}
	b := batchOf("a")
	o = outcomeOf(t, s, b)
	if o.Unknown || o.Retry || o.Reason != "canceled" || b.Wire != 0 {
		t.Errorf("request after the end: %+v, wire %d", o, b.Wire)
	}
}

func TestHTTPSecretsStaySecret(t *testing.T) {
	const secret = "hunter2"
	server, _ := serve(t, func(w http.ResponseWriter, q *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, "%s with %v", q.RequestURI, q.Header)
	})
	for _, h := range []HTTP{
		{User: "me", Password: secret},
		{BearerToken: secret},
		{Header: [][2]string{{"Authorization", "Token " + secret}, {"X-Key", secret}}},
	} {
		h.URL, h.Method = server.URL+"/?api="+secret, "POST"
		text := outcomeOf(t, openHTTPSink(t, t.Context(), h), batchOf("a")).Error()
		if strings.Contains(text, secret) || strings.Contains(text, basicAuth(h)) {
			t.Errorf("error gives away a secret: %s", text)
		}
		if !strings.Contains(text, "403 Forbidden: /?*** with") {
			t.Errorf("error lost the answer: %s", text)
		}
	}
}

func TestHTTPReasons(t *testing.T) {
	s := &httpSink{client: &client{endpoint: &endpoint{HTTP: HTTP{Timeout: time.Second}}}}
	for _, tt := range []struct {
		err        error
		word, text string
	}{
		{&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "h", IsNotFound: true}}, "no_such_host", "no such host"},
		{&net.DNSError{Err: "server misbehaving", Name: "h"}, "name_resolution", "resolve host: server misbehaving"},
		{&net.DNSError{Err: "i/o timeout", Name: "h", IsTimeout: true}, "timeout", "no answer from the name server"},
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, "connection_refused", "connection refused"},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, "connection_reset_by_peer", "connection reset by peer"},
		{&tlsError{errors.New("x509: bad")}, "tls", "tls: x509: bad"},
	} {
		word, text := s.why(tt.err)
		if word != tt.word || text != tt.text {
			t.Errorf("%v: %q, %q; want %q, %q", tt.err, word, text, tt.word, tt.text)
		}
	}
}
