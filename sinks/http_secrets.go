package sinks

import (
	"errors"
	"fmt"
	"strings"
)

// checkCredentials refuses headers that cannot be sent and credentials that contradict each
// other. Its errors name headers and never their values.
func checkCredentials(h HTTP) error {
	authorizations := 0
	for _, header := range h.Header {
		if err := checkHeader(header[0], header[1]); err != nil {
			return err
		}
		if strings.EqualFold(header[0], "Authorization") {
			authorizations++
		}
	}
	if h.User != "" {
		authorizations++
	}
	if h.BearerToken != "" {
		authorizations++
	}
	switch {
	case authorizations > 1:
		return errors.New("credentials are given more than once: want one of user and password, bearer token, Authorization header")
	case strings.Contains(h.User, ":"):
		return errors.New("user: basic authentication allows no colon in it")
	case h.User == "" && h.Password != "":
		return errors.New("password: there is no user to go with it")
	case !visible(h.BearerToken) || !visible(h.ContentType):
		return errors.New("bearer token or content type: control characters cannot be sent")
	}
	return nil
}

// checkHeader leaves alone whatever a server might understand, but not what frames a request:
// that is ours to say.
func checkHeader(name, value string) error {
	switch strings.ToLower(name) {
	case "content-length", "transfer-encoding", "trailer", "connection", "expect", "upgrade":
		return fmt.Errorf("header %s: it is part of how requests are sent and cannot be set", name)
	}
	if name == "" || strings.Trim(name, tokenChars) != "" {
		return fmt.Errorf("header name %q: want letters, digits and dashes", name)
	}
	if !visible(value) {
		return fmt.Errorf("header %s: control characters in its value cannot be sent", name)
	}
	return nil
}

// tokenChars are those of RFC 9110 5.6.2.
const tokenChars = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func visible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// Redactor takes out of an answer what a server echoes of h's secrets, or of the query, which may hold
// some.
func Redactor(h HTTP, query string) *strings.Replacer {
	secrets := []string{h.Password, h.BearerToken, query}
	if h.User != "" {
		secrets = append(secrets, strings.TrimPrefix(basicAuth(h), "Basic "))
	}
	for _, header := range h.Header {
		if !strings.EqualFold(header[0], "Host") {
			secrets = append(secrets, header[1])
		}
	}
	var pairs []string
	for _, s := range secrets {
		if s != "" {
			pairs = append(pairs, s, "***")
		}
	}
	return strings.NewReplacer(pairs...)
}
