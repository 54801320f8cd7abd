package main

import (
	"errors"
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"
	"time"
)

// These read the value of one flag; see flag.set.

func setText(at *string, s, accepted string) error {
	if s == "" {
		return errors.New(accepted)
	}
	*at = s
	return nil
}

func setUser(at *string, s, password string) error {
	if s == "" || strings.Contains(s, ":") {
		return errors.New("is a name alone: the password belongs in " + password)
	}
	*at = s
	return nil
}

func setSwitch(at func(*options) *bool) func(*options, string) error {
	return func(o *options, s string) (err error) {
		*at(o), err = parseBool(s)
		return err
	}
}

func setInt(at *int, s string, least, most uint64, accepted string) error {
	n, ok := parseCount(s, most)
	if !ok || n < least {
		return errors.New(accepted)
	}
	*at = int(n)
	return nil
}

func setCount(at *uint64, s string) error {
	n, ok := parseCount(s, math.MaxInt64)
	if !ok || n == 0 {
		return errPositive
	}
	*at = n
	return nil
}

func setSize(at *int, s string, most int) error {
	n, ok := parseSize(s, most)
	if !ok || n == 0 {
		return fmt.Errorf("%w, at most %d", errSize, most)
	}
	*at = n
	return nil
}

func setTime(at *time.Duration, s string) error {
	d, ok := parseTime(s)
	if !ok {
		return errTime
	}
	*at = d
	return nil
}

func setPositive(at *time.Duration, s string) error {
	d, ok := parseTime(s)
	if !ok || d == 0 {
		return errors.New("are seconds above 0 (10) or a duration (500ms, 1h30m)")
	}
	*at = d
	return nil
}

// setAddress reads where to listen.
func setAddress(at *string, s string) error {
	_, port, err := net.SplitHostPort(s)
	if _, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil {
		return errors.New("is host:port, like 127.0.0.1:8000 or [::1]:8000")
	}
	*at = s
	return nil
}

// setHost reads a name or an address, an IPv6 one with or without brackets.
func setHost(at *string, s string) error {
	host := strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	if host == "" || strings.ContainsAny(host, "/?#@ []") || strings.Count(host, ":") == 1 {
		return errors.New("is a host name or an address, without scheme or port")
	}
	*at = host
	return nil
}

func setHeader(o *options, s string) error {
	key, value, ok := strings.Cut(s, ":")
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	if !ok || key == "" || strings.ContainsAny(key, " \t\r\n\"(),/;<=>?@[\\]{}") || strings.ContainsAny(value, "\r\n\x00") {
		return errors.New("is 'Name: value'")
	}
	o.http.Header = append(o.http.Header, [2]string{key, value})
	return nil
}

// setInstant reads a time of today, or tomorrow if that is over, or an instant.
func setInstant(at *time.Time, s string, now time.Time) error {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		*at = t
		return nil
	}
	t, err := time.ParseInLocation(time.TimeOnly, s, now.Location())
	if err != nil {
		return errors.New("are a local time of day (15:04:05) and an instant (2026-01-02T15:04:05Z)")
	}
	*at = time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), now.Location())
	if !at.After(now) {
		*at = at.AddDate(0, 0, 1)
	}
	return nil
}
