package main

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/exitfound/lologen/bench/verify"
	"github.com/exitfound/lologen/sinks"
)

// access is what opens a server that is asked.
type access struct {
	header         [][2]string
	user, password string
	token          string
	tls            *tls.Config
}

// ownAccess is that to the server of --url or of the subcommand's one.
func (o *options) ownAccess() access {
	h := &o.http
	return access{h.Header, h.User, h.Password, h.BearerToken, h.TLS}
}

// accessTo is that to the server at an address. What opens the server that lines go to is nobody
// else's business: another one is told its own secrets, and trusted as certificates tell.
func (o *options) accessTo(address string) access {
	var a access
	switch {
	case o.goesTo("loki") && sameServer(address, o.loki.url), o.goesTo("http") && sameServer(address, o.http.URL):
		a = o.ownAccess()
	case o.goesTo("loki", "http") && o.http.TLS != nil:
		a.tls = o.http.TLS.Clone()
		a.tls.InsecureSkipVerify, a.tls.Certificates = false, nil
	default:
		a.tls = o.http.TLS
	}
	if vo := &o.verify; vo.user != "" || vo.token != "" {
		a.user, a.password, a.token = vo.user, vo.password, vo.token
	}
	return a
}

// sameServer reports whether two URLs lead to the same port of the same host in the same way.
func sameServer(a, b string) bool {
	place := func(address string) string {
		u, err := url.Parse(address)
		if err != nil {
			return ""
		}
		port := u.Port()
		if port == "" {
			port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
		}
		return u.Scheme + " " + strings.ToLower(u.Hostname()) + " " + port
	}
	return place(a) != "" && place(a) == place(b)
}

// runTenants are those that lines go to.
func (o *options) runTenants() (list []string) {
	if o.goesTo("loki") {
		if o.loki.Tenant != "" {
			return []string{o.loki.Tenant}
		}
		for i := range o.loki.Tenants {
			list = append(list, fmt.Sprintf("tenant-%d", i))
		}
	}
	if o.goesTo("loki", "http") {
		for _, h := range o.http.Header {
			if strings.EqualFold(h[0], "X-Scope-OrgID") {
				list = append(list, h[1])
			}
		}
	}
	return list
}

// server is one that is opened so, and asked for a run of that ledger.
func (a access) server(address string, l *verify.Ledger) verify.Server {
	request := &http.Request{Header: make(http.Header)}
	for _, h := range a.header {
		request.Header.Add(h[0], h[1])
	}
	switch {
	case a.token != "":
		request.Header.Set("Authorization", "Bearer "+a.token)
	case a.user != "":
		request.SetBasicAuth(a.user, a.password)
	}
	secrets := sinks.Redactor(sinks.HTTP{Header: a.header, User: a.user, Password: a.password, BearerToken: a.token}, "")
	return verify.Server{URL: address, Header: request.Header, Secrets: secrets, TLS: a.tls, Wait: time.Minute + reading(l)}
}
