package sinks

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/exitfound/lologen/emitter"
)

// batchOf returns a batch of the given lines.
func batchOf(lines ...string) *emitter.Batch {
	b := new(emitter.Batch)
	addTo(b, lines...)
	return b
}

func addTo(b *emitter.Batch, lines ...string) {
	for i, l := range lines {
		b.Add(func(dst []byte, r *emitter.Record) []byte { return append(dst, r.Message...) },
			&emitter.Record{Message: []byte(l), Seq: uint64(i)}, 0)
	}
}

// openHTTPSink opens a sink that is closed when the test ends.
func openHTTPSink(t testing.TB, ctx context.Context, h HTTP) *httpSink {
	t.Helper()
	o, err := Open("http", Config{Workers: 1, HTTP: h})
	if err != nil {
		t.Fatal(err)
	}
	s, err := o.Open(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s.(*httpSink)
}

// seen is a request as a server saw it.
type seen struct {
	method, target, body, remote, host string
	header                             http.Header
}

// recorder answers every request in the given way and remembers it.
type recorder struct {
	mu       sync.Mutex
	requests []seen
	answer   http.HandlerFunc // nil: 200
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		body = []byte(err.Error())
	}
	r.mu.Lock()
	r.requests = append(r.requests, seen{q.Method, q.RequestURI, string(body), q.RemoteAddr, q.Host, q.Header})
	r.mu.Unlock()
	if r.answer != nil {
		r.answer(w, q)
	}
}

func (r *recorder) all() []seen {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]seen(nil), r.requests...)
}

func (r *recorder) only(t *testing.T) seen {
	t.Helper()
	all := r.all()
	if len(all) != 1 {
		t.Fatalf("server saw %d requests, want 1", len(all))
	}
	return all[0]
}

func serve(t testing.TB, answer http.HandlerFunc) (*httptest.Server, *recorder) {
	t.Helper()
	r := &recorder{answer: answer}
	s := httptest.NewServer(r)
	t.Cleanup(s.Close)
	return s, r
}

// outcomeOf sends b, of which nothing is to be confirmed, and returns the outcome.
func outcomeOf(t *testing.T, s *httpSink, b *emitter.Batch) *emitter.Outcome {
	t.Helper()
	n, err := s.Send(t.Context(), b)
	var o *emitter.Outcome
	if n != 0 || !errors.As(err, &o) {
		t.Fatalf("Send = %d, %v; want 0 and an outcome", n, err)
	}
	return o
}

func mustSend(t testing.TB, s *httpSink, b *emitter.Batch) {
	t.Helper()
	if n, err := s.Send(context.Background(), b); n != b.Len() || err != nil {
		t.Fatalf("Send = %d, %v; want %d", n, err, b.Len())
	}
}

func TestHTTPRequests(t *testing.T) {
	const line = `level=info msg="50% & more+" ü~`
	const escaped = "level%3Dinfo%20msg%3D%2250%25%20%26%20more%2B%22%20%C3%BC~"
	tests := []struct {
		name                      string
		path                      string
		http                      HTTP
		lines                     []string
		target, body, contentType string
	}{
		{"post", "/", HTTP{Method: "POST"}, []string{line}, "/", line, textType},
		{"post to no path", "", HTTP{Method: "POST"}, []string{line}, "/", line, textType},
		{"post json", "/a%20b?x=1", HTTP{Method: "POST", ContentType: "application/json"}, []string{"{}"}, "/a%20b?x=1", "{}", "application/json"},
		{"post lines", "/", HTTP{Method: "POST", Lines: 3}, []string{"a", "", "c"}, "/", "a\n\nc", textType},
		{"post empty line", "/", HTTP{Method: "POST"}, []string{""}, "/", "", textType},
		{"post form", "/", HTTP{Method: "POST", Form: true}, []string{"name=a&msg=b+c"}, "/", "name=a&msg=b+c", formType},
		{"get", "/", HTTP{Method: "GET"}, []string{line}, "/?line=" + escaped, "", ""},
		{"get with query", "/p?x=1&y= ü", HTTP{Method: "GET"}, []string{line}, "/p?x=1&y=%20%C3%BC&line=" + escaped, "", ""},
		{"get form", "/", HTTP{Method: "GET", Form: true}, []string{"name=a&msg=b+c"}, "/?name=a&msg=b+c", "", ""},
		{"get form with query", "/?k=v", HTTP{Method: "GET", Form: true}, []string{"msg=b"}, "/?k=v&msg=b", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server, r := serve(t, nil)
			tt.http.URL = server.URL + tt.path
			s := openHTTPSink(t, t.Context(), tt.http)
			b := batchOf(tt.lines...)
			mustSend(t, s, b)
			got := r.only(t)
			if got.method != tt.http.Method || got.target != tt.target || got.body != tt.body {
				t.Errorf("server saw %s %q with body %q, want %s %q with %q",
					got.method, got.target, got.body, tt.http.Method, tt.target, tt.body)
			}
			if ct := got.header.Get("Content-Type"); ct != tt.contentType {
				t.Errorf("Content-Type %q, want %q", ct, tt.contentType)
			}
			if ua := got.header.Get("User-Agent"); ua != "lologen" {
				t.Errorf("User-Agent %q", ua)
			}
			if got.header.Get("Authorization") != "" {
				t.Errorf("Authorization out of nowhere")
			}
			if want := uint64(len(tt.target) + len(tt.body)); b.Wire <= want {
				t.Errorf("Wire = %d, want more than the %d of target and body", b.Wire, want)
			}
		})
	}
}

func TestHTTPHeaders(t *testing.T) {
	server, r := serve(t, nil)
	s := openHTTPSink(t, t.Context(), HTTP{
		URL: server.URL, Method: "POST", User: "me", Password: "pass:word",
		Header: [][2]string{
			{"X-Scope-OrgID", "tenant"}, {"X-Many", "1"}, {"X-Many", "2"}, {"Host", "logs.example"},
			{"User-Agent", "other"}, {"Content-Type", "text/csv"},
		},
	})
	mustSend(t, s, batchOf("a"))
	mustSend(t, s, batchOf("b"))
	for _, got := range r.all() {
		q := http.Request{Header: got.header}
		if user, password, ok := q.BasicAuth(); !ok || user != "me" || password != "pass:word" {
			t.Errorf("basic auth %q %q %v", user, password, ok)
		}
		if got.host != "logs.example" {
			t.Errorf("Host %q", got.host)
		}
		for name, want := range map[string][]string{
			"X-Scope-Orgid": {"tenant"}, "X-Many": {"1", "2"}, "User-Agent": {"other"}, "Content-Type": {"text/csv"},
		} {
			if have := got.header[name]; fmt.Sprint(have) != fmt.Sprint(want) {
				t.Errorf("%s: %q, want %q", name, have, want)
			}
		}
	}
}

func TestHTTPBearerToken(t *testing.T) {
	server, r := serve(t, nil)
	mustSend(t, openHTTPSink(t, t.Context(), HTTP{URL: server.URL, Method: "GET", BearerToken: "abc"}), batchOf("a"))
	if got := r.only(t).header.Get("Authorization"); got != "Bearer abc" {
		t.Errorf("Authorization %q", got)
	}
}

func TestHTTPKeepsConnection(t *testing.T) {
	server, r := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "thanks") })
	s := openHTTPSink(t, t.Context(), HTTP{URL: server.URL, Method: "POST"})
	for range 50 {
		mustSend(t, s, batchOf("a"))
	}
	remotes := map[string]bool{}
	for _, q := range r.all() {
		remotes[q.remote] = true
	}
	if len(r.all()) != 50 || len(remotes) != 1 {
		t.Errorf("%d requests on %d connections, want 50 on 1", len(r.all()), len(remotes))
	}
}

func TestHTTPLeavesIdleConnection(t *testing.T) {
	server, r := serve(t, nil)
	s := openHTTPSink(t, t.Context(), HTTP{URL: server.URL, Method: "POST"})
	mustSend(t, s, batchOf("a"))
	s.link.used = s.link.used.Add(-idleMost)
	mustSend(t, s, batchOf("b"))
	if all := r.all(); len(all) != 2 || all[0].remote == all[1].remote {
		t.Errorf("connection idle for %v was used again", idleMost)
	}
}

func TestHTTPIPv6(t *testing.T) {
	listener, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Fatalf("this test needs the IPv6 loopback address: %v", err)
	}
	r := new(recorder)
	server := &http.Server{Handler: r, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	url := "http://" + listener.Addr().String() + "/"
	mustSend(t, openHTTPSink(t, t.Context(), HTTP{URL: url, Method: "GET"}), batchOf("a"))
	if got := r.only(t); got.host != listener.Addr().String() || got.target != "/?line=a" {
		t.Errorf("server saw %+v", got)
	}
}

func TestHTTPLongLine(t *testing.T) {
	server, r := serve(t, nil)
	s := openHTTPSink(t, t.Context(), HTTP{URL: server.URL, Method: "GET"})
	fits := strings.Repeat("x", targetMost-len("/?line="))
	o := outcomeOf(t, s, batchOf(fits+"x"))
	if o.Unknown || o.Retry || o.Reason != "line_too_long" || len(r.all()) != 0 {
		t.Errorf("outcome %+v after %d requests", o, len(r.all()))
	}
	mustSend(t, s, batchOf(fits))
	if got := r.only(t).target; len(got) != targetMost {
		t.Errorf("target of %d bytes, want %d", len(got), targetMost)
	}
}

func TestHTTPOneLineOnly(t *testing.T) {
	server, r := serve(t, nil)
	for _, h := range []HTTP{{Method: "GET"}, {Method: "GET", Form: true}, {Method: "POST", Form: true}} {
		h.URL = server.URL
		o := outcomeOf(t, openHTTPSink(t, t.Context(), h), batchOf("a", "b"))
		if o.Unknown || o.Retry || o.Reason != "batch_too_large" || len(r.all()) != 0 {
			t.Errorf("%s form %v: outcome %+v after %d requests", h.Method, h.Form, o, len(r.all()))
		}
		h.Lines = 2
		if _, err := Open("http", Config{HTTP: h}); err == nil || !strings.Contains(err.Error(), "2 lines") {
			t.Errorf("%s form %v: open with 2 lines = %v, want an error", h.Method, h.Form, err)
		}
	}
}

func TestHTTPRefusesConfig(t *testing.T) {
	const secret = "s3cret"
	header := func(name, value string) HTTP {
		return HTTP{URL: "http://h", Method: "GET", Header: [][2]string{{name, value}}}
	}
	tests := []struct {
		name string
		http HTTP
		want string
	}{
		{"no url", HTTP{Method: "GET"}, "scheme"},
		{"no scheme", HTTP{Method: "GET", URL: "127.0.0.1:8000"}, "malformed URL"},
		{"scheme", HTTP{Method: "GET", URL: "ftp://h/?" + secret}, "http:// or https://"},
		{"no host", HTTP{Method: "GET", URL: "http:///x"}, "no host"},
		{"port 0", HTTP{Method: "GET", URL: "http://h:0"}, `port "0"`},
		{"port 70000", HTTP{Method: "GET", URL: "http://h:70000"}, `port "70000"`},
		{"empty port", HTTP{Method: "GET", URL: "http://h:"}, `port ""`},
		{"userinfo", HTTP{Method: "GET", URL: "http://me:" + secret + "@h"}, "user and password"},
		{"broken userinfo", HTTP{Method: "GET", URL: "http://me:" + secret + "/x@h:80"}, "malformed URL"},
		{"control character", HTTP{Method: "GET", URL: "http://h/?" + secret + "\n"}, "malformed URL"},
		{"method", HTTP{Method: "PUT", URL: "http://h"}, `"PUT"`},
		{"two credentials", HTTP{Method: "GET", URL: "http://h", User: "u", Password: secret, BearerToken: secret}, "more than once"},
		{"colon in user", HTTP{Method: "GET", URL: "http://h", User: "a:b", Password: secret}, "colon"},
		{"password alone", HTTP{Method: "GET", URL: "http://h", Password: secret}, "no user"},
		{"newline in token", HTTP{Method: "GET", URL: "http://h", BearerToken: secret + "\n"}, "control characters"},
		{"header value", header("X-Key", secret+"\r\nX: y"), "X-Key"},
		{"header name", header("X Key", secret), `"X Key"`},
		{"framing header", header("content-length", "5"), "content-length"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open("http", Config{HTTP: tt.http})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			} else if strings.Contains(err.Error(), secret) {
				t.Errorf("error gives away the secret: %v", err)
			}
		})
	}
}

func TestHTTPNames(t *testing.T) {
	tests := []struct{ url, addr, host, name string }{
		{"http://h", "h:80", "h", "GET http://h/"},
		{"https://h/x?secret", "h:443", "h", "GET https://h/x"},
		{"http://[::1]:8000/", "[::1]:8000", "[::1]:8000", "GET http://[::1]:8000/"},
		{"http://[fe80::1%25eth0]:8000/", "[fe80::1%eth0]:8000", "[fe80::1]:8000", "GET http://[fe80::1%eth0]:8000/"},
	}
	for _, tt := range tests {
		e, err := newEndpoint(HTTP{URL: tt.url, Method: "GET"})
		if err != nil {
			t.Fatal(err)
		}
		if e.addr != tt.addr || e.host != tt.host || e.name != tt.name {
			t.Errorf("%s: addr %q, host %q, name %q", tt.url, e.addr, e.host, e.name)
		}
	}
}

func TestHTTPLimits(t *testing.T) {
	for lines, want := range map[int]int{0: 1, 1: 1, 500: 500} {
		o, err := Open("http", Config{HTTP: HTTP{URL: "http://h", Method: "POST", Lines: lines}})
		if err != nil {
			t.Fatal(err)
		}
		if o.Lines != want || o.Bytes != 1<<20 || o.Wait != 0 || o.Ack != emitter.AckResponse {
			t.Errorf("%d lines: opener %+v", lines, o)
		}
	}
}

// responder answers requests on one connection with 200, and allocates nothing for it.
func responder(t testing.TB) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		c, err := listener.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		buf, answer := make([]byte, 64<<10), []byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		for {
			// A request of these tests is written, and so read, in one piece.
			if _, err := c.Read(buf); err != nil {
				return
			}
			if _, err := c.Write(answer); err != nil {
				return
			}
		}
	}()
	return "http://" + listener.Addr().String() + "/"
}

func TestHTTPAllocatesNothing(t *testing.T) {
	for _, h := range []HTTP{
		{Method: "POST"}, {Method: "POST", Lines: 10}, {Method: "POST", Form: true},
		{Method: "GET"}, {Method: "GET", Form: true},
	} {
		t.Run(fmt.Sprintf("%s form %v lines %d", h.Method, h.Form, h.Lines), func(t *testing.T) {
			h.URL, h.User, h.Password = responder(t), "u", "p"
			s := openHTTPSink(t, t.Context(), h)
			b := new(emitter.Batch)
			for range max(1, h.Lines) {
				addTo(b, `level=info msg="hello there"`)
			}
			send := func() { mustSend(t, s, b) }
			send()
			if n := testing.AllocsPerRun(500, send); n != 0 {
				t.Errorf("%v allocations a Send, want 0", n)
			}
		})
	}
}

func clientConfig(t *testing.T, ca, cert, key string, insecure bool) *tls.Config {
	t.Helper()
	c, err := TLSConfig(ca, cert, key, insecure)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
