package scrape

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Config is whom to ask, and how. At least one of URL and Push is needed.
type Config struct {
	URL     string        // of the page; empty: /metrics at the origin of Push
	Push    string        // where lines are sent to
	TLS     *tls.Config   // nil: as the system has it
	Timeout time.Duration // most time for a look; 0: 2 s

	// What follows was given for the server that takes the lines. It is sent only if the page has
	// the same origin (scheme, host and port) as Push.
	User, Password string
	BearerToken    string
	Header         [][2]string
}

// A Scraper looks at the metrics of one Loki: one process behind the URL, not several that take
// turns. It may be used by several goroutines; a call then waits for those before it.
type Scraper struct {
	url     string // as it may be shown
	page    page
	timeout time.Duration
	now     func() time.Time

	mu   sync.Mutex // looks may take their time
	seen account
	err  error // of the last look
}

var errNotLooked = errors.New("no look at the metrics was possible")

// New returns a Scraper that has not looked at anything yet. What is wrong with c, Start says.
func New(c Config) *Scraper {
	s := &Scraper{timeout: cmp.Or(c.Timeout, 2*time.Second), now: time.Now, err: errNotLooked}
	target, err := c.target()
	if err != nil {
		s.page.err = err
		return s
	}
	s.url = (&url.URL{Scheme: target.Scheme, Host: target.Host, Path: target.Path}).String()
	s.page = page{url: target.String(), header: c.header(target), client: newClient(c.TLS)}
	return s
}

// URL is that of the page, without user and query; empty if Config had none that can be used.
func (s *Scraper) URL() string { return s.url }

// Start takes the first look, which everything is compared with. An error says why that cannot be
// done: nothing answers, or what answers shows no metrics of a Loki. Start may be tried again.
func (s *Scraper) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.read(ctx)
	if err != nil {
		return err
	}
	s.seen = newAccount(r)
	return nil
}

// Look says what went on since the last look that was possible. It needs a Start without error,
// takes no longer than the timeout, and is called about once a second. An error leaves what is
// known as it was.
func (s *Scraper) Look(ctx context.Context) (Growth, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.seen.begun() {
		return Growth{}, errNotLooked
	}
	r, err := s.read(ctx)
	if err != nil {
		return Growth{}, err
	}
	return s.seen.add(r), nil
}

// Finish says what happened in all, from Start to the last look that was possible, and why a later
// one was not, if there was one. The connection to the server is closed.
func (s *Scraper) Finish() Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.page.client != nil {
		s.page.client.CloseIdleConnections()
	}
	c := s.seen.change()
	c.URL = s.url
	if s.err != nil {
		c.Failed = clean(s.err.Error())
	}
	return c
}

// read fetches and reads the page, within the timeout.
func (s *Scraper) read(ctx context.Context) (reading, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var r reading
	r, s.err = s.page.read(ctx)
	r.at = s.now()
	return r, s.err
}

// target is the URL to ask. Errors never quote what they are about: it may hold a password.
func (c Config) target() (*url.URL, error) {
	if c.URL != "" {
		return parseURL(c.URL)
	}
	u, err := parseURL(c.Push)
	if err != nil {
		return nil, err
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/metrics"}, nil
}

func parseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("malformed URL of the metrics: want http://host[:port]/metrics, or https")
	case u.User != nil:
		return nil, errors.New("user and password in the URL of the metrics: give them apart from it")
	}
	return u, nil
}

// header is what a request to target carries.
func (c Config) header(target *url.URL) http.Header {
	h := http.Header{}
	if push, err := url.Parse(c.Push); err == nil && sameOrigin(push, target) {
		c.credentials(h)
	}
	// Not OpenMetrics, and no protobuf.
	h.Set("Accept", "text/plain;version=0.0.4")
	h.Set("User-Agent", "lologen")
	return h
}

func (c Config) credentials(h http.Header) {
	if c.User != "" {
		r := http.Request{Header: h}
		r.SetBasicAuth(c.User, c.Password)
	}
	if c.BearerToken != "" {
		h.Set("Authorization", "Bearer "+c.BearerToken)
	}
	for _, pair := range c.Header {
		h.Add(pair[0], pair[1])
	}
}

// sameOrigin compares as RFC 6454 does.
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && a.Hostname() == b.Hostname() && port(a) == port(b)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}
