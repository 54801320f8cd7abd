package sinks

import (
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

const (
	// targetMost bytes of a request target are what servers commonly take.
	targetMost = 8 << 10
	formType   = "application/x-www-form-urlencoded"
	textType   = "text/plain; charset=utf-8"
)

// endpoint is a checked HTTP: where requests go and what all of them have in common. It is
// shared by all workers and does not change.
type endpoint struct {
	HTTP           // its TLS and Timeout are never zero where they are needed
	name    string // for errors: the method and the URL without its query
	addr    string // to dial
	host    string // to name in the request
	base    []byte // of a request's target: all but the line
	secure  bool   // https
	secrets *strings.Replacer
}

func newEndpoint(h HTTP) (*endpoint, error) {
	u, err := parseURL(h.URL)
	if err != nil {
		return nil, err
	}
	e := &endpoint{HTTP: h, addr: dialAddr(u), host: hostHeader(u), secure: u.Scheme == "https"}
	if e.Timeout <= 0 {
		e.Timeout = 10 * time.Second
	}
	if e.Method != fasthttp.MethodGet && e.Method != fasthttp.MethodPost {
		return nil, fmt.Errorf("method %q: want GET or POST", h.Method)
	}
	if h.Lines > 1 && !e.takesLines() {
		return nil, fmt.Errorf("%d lines in one request: only a POST of plain lines takes more than one", h.Lines)
	}
	if err := checkCredentials(h); err != nil {
		return nil, err
	}
	if e.secure {
		if e.TLS, err = clientTLS(h.TLS, u.Hostname()); err != nil {
			return nil, err
		}
	}
	e.name = e.Method + " " + u.Scheme + "://" + u.Host + path(u)
	e.base = e.baseTarget(u)
	e.secrets = Redactor(h, u.RawQuery)
	return e, nil
}

// CheckURL says what is wrong with the URL of a server, if anything. It never quotes it.
func CheckURL(s string) error {
	_, err := parseURL(s)
	return err
}

// parseURL never quotes what it was given: a URL that is wrong may still hold a password.
func parseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, errors.New("malformed URL: want http://host[:port][/path], or https")
	case u.User != nil:
		return nil, errors.New("user and password in the URL: give them apart from it, as user and password")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("scheme of the URL: want http:// or https://")
	case u.Hostname() == "":
		return nil, errors.New("no host in the URL: want http://host[:port][/path]")
	}
	if port := u.Port(); port != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return nil, fmt.Errorf("port %q of the URL: want 1 to 65535", port)
		}
	}
	return u, nil
}

func dialAddr(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// hostHeader leaves out the zone of an address (fe80::1%eth0), which means nothing to others
// (RFC 6874 4).
func hostHeader(u *url.URL) string {
	host, zone, found := strings.Cut(u.Host, "%")
	if !found || !strings.HasPrefix(host, "[") {
		return u.Host
	}
	return host + zone[strings.IndexByte(zone, ']'):]
}

func path(u *url.URL) string {
	if p := u.EscapedPath(); p != "" {
		return p
	}
	return "/"
}

func clientTLS(c *tls.Config, server string) (*tls.Config, error) {
	if c == nil {
		var err error
		if c, err = TLSConfig("", "", "", false); err != nil {
			return nil, err
		}
	}
	c = c.Clone()
	if c.ServerName == "" {
		c.ServerName, _, _ = strings.Cut(server, "%")
	}
	return c, nil
}

// takesLines reports whether a request can carry more than one line.
func (e *endpoint) takesLines() bool { return e.Method == fasthttp.MethodPost && !e.Form }

// baseTarget is u's path and query and, for a GET, all that comes before the line.
func (e *endpoint) baseTarget(u *url.URL) []byte {
	t, query := path(u), printable(u.RawQuery)
	if query != "" {
		t += "?" + query
	}
	if e.Method == fasthttp.MethodPost {
		return []byte(t)
	}
	if query == "" {
		t += "?"
	} else {
		t += "&"
	}
	if !e.Form {
		t += "line="
	}
	return []byte(t)
}

// printable escapes what may not stand in a request line and leaves all else as it is.
func printable(query string) string {
	var b []byte
	for i := range len(query) {
		if c := query[i]; c <= ' ' || c >= 0x7f {
			b = append(b, '%', upperHex[c>>4], upperHex[c&15])
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}

// prepare sets what all requests have in common.
func (e *endpoint) prepare(req *fasthttp.Request) {
	req.Header.SetMethod(e.Method)
	req.Header.SetRequestURIBytes(e.base)
	req.Header.SetHost(e.host)
	req.Header.SetUserAgent("lologen")
	if e.Method == fasthttp.MethodPost {
		req.Header.SetContentType(e.contentType())
	}
	if e.User != "" {
		req.Header.Set("Authorization", basicAuth(e.HTTP))
	}
	if e.BearerToken != "" {
		req.Header.Set("Authorization", "Bearer "+e.BearerToken)
	}
	for _, h := range e.Header {
		req.Header.Add(h[0], h[1])
	}
}

func (e *endpoint) contentType() string {
	switch {
	case e.Form:
		return formType
	case e.ContentType != "":
		return e.ContentType
	}
	return textType
}

func basicAuth(h HTTP) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(h.User+":"+h.Password))
}

const upperHex = "0123456789ABCDEF"

// unreserved are the bytes that a query needs not escape (RFC 3986 2.3).
var unreserved = func() (set [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") {
		set[c] = true
	}
	return set
}()

// appendEscaped appends line as the value of a query parameter.
func appendEscaped(dst, line []byte) []byte {
	for _, c := range line {
		if unreserved[c] {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}
