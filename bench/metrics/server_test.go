package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

// serve starts a server that prepare has had in hand, until the test ends.
func serve(t *testing.T, prepare func(*Server)) *Server {
	t.Helper()
	s, err := Listen("127.0.0.1:0", "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	if prepare != nil {
		prepare(s)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestServer(t *testing.T) {
	run := paced()
	s := serve(t, func(s *Server) {
		if err := s.Register(run); err != nil {
			t.Fatal(err)
		}
		s.Handle("POST /rate", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(w, r.Body); err != nil {
				http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			}
		}))
		s.Handle("GET /panic", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") }))
	})
	run.Observe(second())

	status, body := get(t, s.URL()+"/metrics")
	for _, want := range []string{
		`lologen_lines_total{outcome="acked"} 900`, `lologen_build_info{goversion="go`, `go_build_info{`, `go_goroutines `, `process_cpu_seconds_total `,
	} {
		if status != 200 || !strings.Contains(body, "\n"+want) {
			t.Errorf("status %d, %q is missing", status, want)
		}
	}
	if status, body = get(t, s.URL()+"/"); status != 200 || body != "lologen\n\nGET /metrics\nPOST /rate\nGET /panic\n" {
		t.Errorf("index: %d %q", status, body)
	}
	for _, path := range []string{"/nothing", "/debug/pprof/", "/debug/vars"} {
		if status, _ = get(t, s.URL()+path); status != 404 {
			t.Errorf("GET %s answers %d", path, status)
		}
	}
	if status, _ = get(t, s.URL()+"/rate"); status != 405 {
		t.Errorf("GET /rate answers %d", status)
	}
	if _, err := http.Get(s.URL() + "/panic"); err == nil {
		t.Error("a panic was answered")
	}
	// What was echoed before a body became too long has been answered with 200.
	for _, size := range []int{mostBody, mostBody + 1} {
		resp, err := http.Post(s.URL()+"/rate", "text/plain", strings.NewReader(strings.Repeat("x", size)))
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, resp.Body)
		if err != nil || (n == int64(size)) != (size <= mostBody) {
			t.Errorf("of a body of %d bytes %d came back, %v", size, n, err)
		}
		resp.Body.Close()
	}
}

func TestProfile(t *testing.T) {
	s := serve(t, (*Server).Profile)
	if status, body := get(t, s.URL()+"/debug/pprof/goroutine?debug=1"); status != 200 || !strings.Contains(body, "goroutine profile") {
		t.Errorf("%d %.100q", status, body)
	}
	if status, body := get(t, s.URL()+"/debug/pprof/cmdline"); status != 404 {
		t.Errorf("the command line is shown: %d %q", status, body)
	}
	if status, body := get(t, s.URL()+"/"); status != 200 || !strings.Contains(body, "GET /debug/pprof/\n") {
		t.Errorf("index: %d %q", status, body)
	}
}

// TestNative: who asks for protobuf gets both kinds of buckets.
func TestNative(t *testing.T) {
	run := paced()
	run.Observe(second())
	s := serve(t, func(s *Server) {
		if err := s.Register(run); err != nil {
			t.Fatal(err)
		}
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	decoder := expfmt.NewDecoder(resp.Body, expfmt.ResponseFormat(resp.Header))
	for {
		var f dto.MetricFamily
		if err := decoder.Decode(&f); err != nil {
			t.Fatalf("no response latency: %v", err)
		}
		if f.GetName() != "lologen_response_latency_seconds" {
			continue
		}
		h := f.Metric[0].Histogram
		if len(native(h)) != 3 || len(h.Bucket) != len(bounds) || h.GetSampleCount() != 3 || h.CreatedTimestamp.AsTime().Unix() != 1_700_000_000 {
			t.Errorf("histogram = %v", h)
		}
		return
	}
}

func TestListen(t *testing.T) {
	s := serve(t, nil)
	if _, err := Listen(strings.TrimPrefix(s.URL(), "http://"), ""); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("error = %v", err)
	}
	if _, err := Listen("nonsense", ""); err == nil {
		t.Error("an address without a port was taken")
	}
	any, err := Listen(":0", "")
	if err != nil {
		t.Fatal(err)
	}
	port := any.listener.Addr().(*net.TCPAddr).Port
	if got := any.URL(); got != fmt.Sprint("http://[::1]:", port) && got != fmt.Sprint("http://127.0.0.1:", port) {
		t.Errorf("URL = %s", got)
	}
	if err := any.Close(); err != nil {
		t.Error(err)
	}
}

// TestServeEnds: requests in progress get their answer, and who only keeps a connection open does
// not keep the server.
func TestServeEnds(t *testing.T) {
	s, err := Listen("127.0.0.1:0", "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.Handle("GET /slow", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		cancel()
		fmt.Fprint(w, "done")
	}))
	idle, err := net.Dial("tcp", s.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	if status, body := get(t, s.URL()+"/slow"); status != 200 || body != "done" {
		t.Errorf("%d %q", status, body)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := idle.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := idle.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !strings.Contains(fmt.Sprint(err), "reset") {
		t.Errorf("the idle connection is still open: %v", err)
	}
	if _, err := net.Dial("tcp", s.listener.Addr().String()); err == nil {
		t.Error("it still listens")
	}
}

// TestServeFails: what ends a server early is said.
func TestServeFails(t *testing.T) {
	s, err := Listen("127.0.0.1:0", "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("error = %v", err)
	}
}
