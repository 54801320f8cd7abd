package scrape

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// loki is a server whose page can be changed.
type loki struct {
	*httptest.Server
	page atomic.Pointer[http.HandlerFunc]
}

func newLoki(t *testing.T, page http.HandlerFunc) *loki {
	l := &loki{}
	l.show(page)
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(*l.page.Load())(w, r)
	}))
	t.Cleanup(l.Close)
	return l
}

func (l *loki) show(page http.HandlerFunc) { l.page.Store(&page) }

func text(lines float64) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "process_start_time_seconds 1000\nloki_distributor_lines_received_total{tenant=\"a\"} %v\n", lines)
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// TestScrape: a run that is looked at twice, through one look that fails.
func TestScrape(t *testing.T) {
	l := newLoki(t, text(1000))
	s := New(Config{Push: l.URL + "/loki/api/v1/push"})
	now := time.Unix(5000, 0)
	s.now = func() time.Time { now = now.Add(2 * time.Second); return now }
	if _, err := s.Look(t.Context()); err == nil {
		t.Error("a look before Start has nothing to compare with, but succeeded")
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.show(text(1500))
	m, err := s.Look(t.Context())
	if err != nil || m.Lines != 500 || !m.At.Equal(now) {
		t.Errorf("look = %+v, %v; want 500 lines until now", m, err)
	}
	l.show(status(503))
	if m, err = s.Look(t.Context()); err == nil || m != (Growth{}) || !strings.Contains(err.Error(), "503") {
		t.Errorf("look = %+v, %v; want the status", m, err)
	}
	l.show(text(2500))
	if m, err = s.Look(t.Context()); err != nil || m.Lines != 1000 {
		t.Errorf("look = %+v, %v; want the 1000 lines since the last look that was possible", m, err)
	}
	l.show(text(2600))
	if _, err := s.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := s.Finish()
	if c.Received.Lines != 1600 || c.Took != 8 || c.Failed != "" || c.URL != l.URL+"/metrics" || c.Restarted {
		t.Errorf("change = %+v", c)
	}
}

// TestLastLookFails: the numbers are those of the look before, and the reason is there.
func TestLastLookFails(t *testing.T) {
	l := newLoki(t, text(10))
	s := New(Config{URL: l.URL})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.show(text(15))
	if _, err := s.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.Close()
	if _, err := s.Look(t.Context()); err == nil {
		t.Error("a closed server answered")
	}
	c := s.Finish()
	if c.Received.Lines != 5 || !strings.Contains(c.Failed, "refused") {
		t.Errorf("change = %+v", c)
	}
}

func TestStartSaysWhy(t *testing.T) {
	elsewhere := newLoki(t, text(1))
	tests := []struct {
		name string
		page http.HandlerFunc
		want string
	}{
		{"status", status(401), "fetch metrics: server answered 401"},
		{"another page", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, "fetch metrics: the page holds no metrics of a Loki"},
		{"garbage", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "loki_x 1\nloki_ingester_memory_streams{tenant=} 1\n")
		}, "read metrics: "},
		{"huge", func(w http.ResponseWriter, _ *http.Request) {
			line := []byte(strings.Repeat("loki_x 1\n", 10000))
			for range 1000 {
				if _, err := w.Write(line); err != nil {
					return
				}
			}
		}, "fetch metrics: the page is longer than 16 MiB"},
		{"cut", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "loki_x 1\n")
		}, "fetch metrics: unexpected EOF"},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		}, "fetch metrics: redirected to another server"},
		{"redirects", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
		}, "fetch metrics: redirected too often"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := New(Config{URL: newLoki(t, test.page).URL + "/metrics?token=secret"})
			err := s.Start(t.Context())
			if err == nil || !strings.HasPrefix(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("error = %v, want %q", err, test.want)
			}
			if c := s.Finish(); c.Failed != err.Error() || c.Discarded == nil || strings.Contains(c.URL, "secret") {
				t.Errorf("change = %+v", c)
			}
		})
	}
}

func TestBadURL(t *testing.T) {
	for _, u := range []string{"", "127.0.0.1:3100", "ftp://host/metrics", "http://user:secret@host/metrics", "http://host:secret/", "http:///metrics"} {
		err := New(Config{URL: u}).Start(t.Context())
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: error = %v", u, err)
		}
	}
}

// TestSlow: a server that does not answer, or not to the end, costs no more than the timeout.
func TestSlow(t *testing.T) {
	for _, begun := range []bool{false, true} {
		release := make(chan struct{})
		l := newLoki(t, func(w http.ResponseWriter, _ *http.Request) {
			if begun {
				fmt.Fprint(w, "loki_x 1\n")
				w.(http.Flusher).Flush()
			}
			<-release
		})
		s := New(Config{URL: l.URL, Timeout: 20 * time.Millisecond})
		begin := time.Now()
		err := s.Start(t.Context())
		if err == nil || err.Error() != "fetch metrics: no answer in time" {
			t.Errorf("error = %v", err)
		}
		if took := time.Since(begin); took < 20*time.Millisecond || took > 2*time.Second {
			t.Errorf("it took %v", took)
		}
		close(release)
	}
}

func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	arrived, release := make(chan struct{}), make(chan struct{})
	l := newLoki(t, func(http.ResponseWriter, *http.Request) { close(arrived); <-release })
	defer close(release)
	go func() { <-arrived; cancel() }()
	if err := New(Config{URL: l.URL, Timeout: time.Hour}).Start(ctx); err == nil {
		t.Error("no error")
	}
}

// TestCredentials: what was given for the push host goes to its origin and nowhere else.
func TestCredentials(t *testing.T) {
	var got http.Header
	l := newLoki(t, func(w http.ResponseWriter, r *http.Request) { got = r.Header; text(1)(w, r) })
	u, err := url.Parse(l.URL)
	if err != nil {
		t.Fatal(err)
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("me:pass"))
	tests := []struct {
		name, url, push string
		sent            bool
	}{
		{"default", "", l.URL + "/loki/api/v1/push", true},
		{"same origin", l.URL + "/x/metrics", l.URL, true},
		{"another port", l.URL, "http://" + u.Hostname() + ":1", false},
		{"another host", l.URL, "http://localhost:" + u.Port(), false},
		{"another scheme", l.URL, "https://" + u.Host, false},
		{"no push host", l.URL, "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := Config{URL: test.url, Push: test.push, User: "me", Password: "pass", Header: [][2]string{{"X-Scope-OrgID", "a"}}}
			if err := New(c).Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			if sent := got.Get("Authorization") == basic && got.Get("X-Scope-OrgID") == "a"; sent != test.sent {
				t.Errorf("headers = %v", got)
			}
			if test.sent != (len(got["Authorization"]) > 0) || got.Get("Accept") != "text/plain;version=0.0.4" {
				t.Errorf("headers = %v", got)
			}
		})
	}
	c := Config{Push: l.URL, BearerToken: "secret"}
	if err := New(c).Start(t.Context()); err != nil || got.Get("Authorization") != "Bearer secret" {
		t.Errorf("headers = %v, %v", got, err)
	}
}

func TestTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(text(1))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it names the client that trusts nobody
	server.StartTLS()
	defer server.Close()
	if err := New(Config{URL: server.URL}).Start(t.Context()); err == nil {
		t.Error("a certificate that nobody knows was accepted")
	}
	trusted := server.Client().Transport.(*http.Transport).TLSClientConfig
	if err := New(Config{URL: server.URL, TLS: trusted}).Start(t.Context()); err != nil {
		t.Error(err)
	}
}
