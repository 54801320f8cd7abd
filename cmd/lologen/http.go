package main

import (
	"cmp"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/exitfound/lologen/sinks"
)

// readHTTP completes what the http sink is told.
func (o *options) readHTTP(v *values) error {
	o.http.Method, o.http.Form, o.http.Lines = o.method, o.record, o.batch.Lines
	o.http.ContentType = "text/plain; charset=utf-8"
	if o.format == "json" {
		o.http.ContentType = "application/json"
	}
	if o.batch.Lines > 1 && (o.method == "GET" || o.record) {
		return usagef("%s %d: accepted is 1, as a GET and a record carry one line a request (-M POST carries more)", v.of("batch-lines").spelt, o.batch.Lines)
	}
	return nil
}

// readServer completes how a server is reached.
func (o *options) readServer(v *values) error {
	if err := o.readURL(v); err != nil {
		return err
	}
	if err := o.readCredentials(v); err != nil {
		return err
	}
	return o.readTLS(v)
}

// readURL finds the server.
func (o *options) readURL(v *values) error {
	s := v.of("url")
	if s.origin == fromDefault {
		o.http.URL = "http://" + net.JoinHostPort(reachable(o.host), strconv.Itoa(o.port)) + "/"
		o.loki.url = "http://127.0.0.1:3100"
		return nil
	}
	// Where nobody else can read it, a URL may hold credentials.
	if u, err := url.Parse(o.http.URL); err == nil && u.User != nil {
		o.http.User = u.User.Username()
		o.http.Password, _ = u.User.Password()
		u.User = nil
		o.http.URL = u.String()
	}
	if err := sinks.CheckURL(o.http.URL); err != nil {
		return usagef("%s %q: %w", s.spelt, redacted("url", s.values[0]), err)
	}
	o.loki.url = o.http.URL
	return nil
}

// readCredentials reads what is never given in argv.
func (o *options) readCredentials(v *values) error {
	c := credentials{user: o.http.User, password: o.http.Password, passwordFile: o.passwd, tokenFile: o.bearer}
	var err error
	o.http.Password, o.http.BearerToken, err = c.read(v)
	return err
}

// credentials are where secrets are read from.
type credentials struct {
	prefix       string // of the flags, and of their variables
	user         string
	password     string // that is known already
	passwordFile string
	tokenFile    string
}

func (c credentials) read(v *values) (password, token string, err error) {
	variables := "LOLOGEN_" + strings.ToUpper(strings.ReplaceAll(c.prefix, "-", "_"))
	if password, err = secret(c.passwordFile, v.env[variables+"PASSWORD"]); err != nil {
		return "", "", usagef("%s: %w", v.of(c.prefix+"password-file").spelt, err)
	}
	if token, err = secret(c.tokenFile, v.env[variables+"BEARER_TOKEN"]); err != nil {
		return "", "", usagef("%s: %w", v.of(c.prefix+"bearer-token-file").spelt, err)
	}
	switch {
	case c.passwordFile != "" && c.user == "":
		return "", "", usagef("%s %q: accepted is a password together with --%suser", v.of(c.prefix+"password-file").spelt, c.passwordFile, c.prefix)
	case c.user == "":
		return "", token, nil
	case token != "":
		return "", "", usagef("--%suser %q: accepted is either a user or a bearer token, and both are given", c.prefix, c.user)
	}
	return cmp.Or(password, c.password), "", nil
}

// readTLS reads certificates, one file after the other, so that an error names the flag.
func (o *options) readTLS(v *values) error {
	if _, err := sinks.TLSConfig(o.ca, "", "", false); err != nil {
		return usagef("%s: %w", v.of("ca-file").spelt, err)
	}
	if (o.cert == "") != (o.key == "") {
		return usagef("--cert-file %q, --key-file %q: accepted are both or none", o.cert, o.key)
	}
	var err error
	if o.http.TLS, err = sinks.TLSConfig(o.ca, o.cert, o.key, o.insec); err != nil {
		return usagef("--cert-file, --key-file: %w", err)
	}
	return nil
}

// reachable is where a client finds a server that listens on host: an address that means all of
// them is no place to connect to.
func reachable(host string) string {
	switch ip := net.ParseIP(host); {
	case ip == nil || !ip.IsUnspecified():
		return host
	case ip.To4() != nil:
		return "127.0.0.1"
	default:
		return "::1"
	}
}
