package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
)

// secretHeaders are those whose value nobody else may read; a command line can be read by all.
var secretHeaders = map[string]string{
	"authorization":       "--user with --password-file or LOLOGEN_PASSWORD, or --bearer-token-file or LOLOGEN_BEARER_TOKEN",
	"proxy-authorization": "the environment variable LOLOGEN_HEADER",
	"cookie":              "the environment variable LOLOGEN_HEADER",
}

// noSecrets refuses secrets in argv and says where they belong.
func noSecrets(v *values) error {
	for _, name := range []string{"url", "scrape"} {
		s := v.of(name)
		if s.origin != fromArgv {
			continue
		}
		if u, err := url.Parse(s.values[0]); err == nil && u.User != nil {
			return usagef("%s %q: credentials do not belong on the command line, use --user with --password-file or LOLOGEN_PASSWORD", s.spelt, redacted(name, s.values[0]))
		}
	}
	if s := v.of("header"); s.origin == fromArgv {
		for _, h := range s.values {
			key, _, _ := strings.Cut(h, ":")
			if instead, secret := secretHeaders[strings.ToLower(strings.TrimSpace(key))]; secret {
				return usagef("%s %q: its value does not belong on the command line, use %s", s.spelt, redacted("header", h), instead)
			}
		}
	}
	return nil
}

// redacted is a flag's value without what may be secret in it.
func redacted(flag, value string) string {
	switch flag {
	case "header":
		key, _, _ := strings.Cut(value, ":")
		return key + ": ..."
	case "user", "verify-user":
		name, _, secret := strings.Cut(value, ":")
		if secret {
			return name + ":..."
		}
	case "url", "scrape", "loki", "receiver", "verify-loki": // a query may be a secret, too
		u, err := url.Parse(value)
		if err != nil {
			if _, after, ok := strings.Cut(value, "@"); ok {
				return "...@" + after
			}
			return value
		}
		if u.User != nil {
			u.User = url.User("...")
		}
		if u.RawQuery != "" {
			u.RawQuery = "..."
		}
		u.Fragment = "" // it goes nowhere
		return u.String()
	}
	return value
}

// target is a URL as a report may show it.
func target(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// mostSecret bounds what is read of a file that holds a secret.
const mostSecret = 64 << 10

// secret reads a secret from the file, if one is named, or else takes what the environment has.
func secret(path, fromEnvironment string) (string, error) {
	if path == "" {
		return fromEnvironment, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", path, errors.Unwrap(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostSecret+1))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", path, errors.Unwrap(err))
	}
	s := strings.TrimRight(string(text), "\r\n")
	if s == "" || len(text) > mostSecret || strings.ContainsAny(s, "\r\n\x00") {
		return "", fmt.Errorf("read %s: it has to hold one line of at most 64 KiB", path)
	}
	return s, nil
}
