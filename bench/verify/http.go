package verify

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/exitfound/lologen/bench/report"
)

// Server is how to reach what is asked over HTTP.
type Server struct {
	URL     string            // http or https; a base, or any URL of the server's API
	Header  http.Header       // goes with every request: credentials, too
	Secrets *strings.Replacer // takes those out of what the server says; nil: there are none
	TLS     *tls.Config       // nil: the system's authorities, TLS 1.2 or later
	Wait    time.Duration     // for one answer; 0: 60 s
}

// client asks a server. Redirects are refused: they would take the credentials elsewhere.
type client struct {
	base    string // without its last slash
	header  http.Header
	secrets *strings.Replacer
	http    *http.Client
}

// newClient checks s. What begins at cut is no part of the base.
func (s Server) newClient(cut string) (*client, error) {
	u, err := url.Parse(s.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("address %q: not a URL like http://127.0.0.1:3100", report.Clean(s.URL))
	}
	if u.User != nil {
		return nil, errors.New("address: credentials do not belong into it, but into a header")
	}
	path, _, _ := strings.Cut(u.Path, cut)
	base := url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimRight(path, "/")}
	wait := s.Wait
	if wait == 0 {
		wait = time.Minute
	}
	config := s.TLS
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	secrets := s.Secrets
	if secrets == nil {
		secrets = strings.NewReplacer()
	}
	return &client{
		base:    base.String(),
		header:  s.Header,
		secrets: secrets,
		http: &http.Client{
			Timeout: wait,
			Transport: &http.Transport{
				Proxy: http.ProxyFromEnvironment, TLSClientConfig: config, ForceAttemptHTTP2: true, IdleConnTimeout: 30 * time.Second,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// statusError is an answer that is none.
type statusError struct {
	status int
	text   string
}

func (e *statusError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("status %d: %s", e.status, e.text))
}

// Unwrap says that most of what a server finds wrong with a request stays wrong.
func (e *statusError) Unwrap() error {
	if e.status/100 == 5 || e.status == http.StatusTooManyRequests || e.status == http.StatusRequestTimeout {
		return nil
	}
	return ErrRefused
}

// get decodes what the server answers into v, most bytes of it.
func (c *client) get(ctx context.Context, path string, query url.Values, tenant string, most int64, v any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path+"?"+query.Encode(), nil)
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	for name, values := range c.header {
		request.Header[http.CanonicalHeaderKey(name)] = values
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Cache-Control", "no-cache") // Loki's own cache knows lines that came since not
	if tenant != "" {
		request.Header.Set("X-Scope-OrgID", tenant)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return withoutQuery(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 4096))
		return &statusError{response.StatusCode, report.Clean(c.secrets.Replace(string(text)))}
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, most)).Decode(v); err != nil {
		return fmt.Errorf("read answer: %w", final(err))
	}
	return nil
}

// otherAnswer is one that came whole and is not what was asked for. It will be that again.
type otherAnswer struct{ refusal }

// final tells such an answer from one that broke off.
func final(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	if errors.Is(err, io.EOF) || errors.As(err, &syntax) || errors.As(err, &kind) {
		return &otherAnswer{refusal{errors.New("not the JSON that was asked for")}}
	}
	return err
}

// withoutQuery leaves out of an error which URL it is about: the query is long, and known.
func withoutQuery(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
