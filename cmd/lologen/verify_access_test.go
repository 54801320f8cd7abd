package main

import (
	"crypto/tls"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/exitfound/lologen/sinks"
)

// lokis are servers that answer as a Loki that holds nothing, and note who asked.
func lokis(t *testing.T, n int) (urls []string, asked []map[string]bool) {
	t.Helper()
	for i := range n {
		asked = append(asked, map[string]bool{})
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			user, password, _ := r.BasicAuth()
			key := strings.Join([]string{user, password, r.Header.Get("Authorization"), r.Header.Get("X-Secret"), r.Header.Get("X-Scope-OrgID")}, " ")
			if user != "" {
				key = strings.Join([]string{user, password, r.Header.Get("X-Secret"), r.Header.Get("X-Scope-OrgID")}, " ")
			}
			asked[i][strings.TrimSpace(key)] = true
			switch r.URL.Path {
			case "/loki/api/v1/labels":
				_, _ = w.Write([]byte(`{"data":["job"]}`))
			case "/loki/api/v1/query":
				_, _ = w.Write([]byte(`{"data":{"resultType":"vector","result":[]}}`))
			default:
				w.WriteHeader(http.StatusNotFound)
			}
		}))
		t.Cleanup(server.Close)
		urls = append(urls, server.URL)
	}
	return urls, asked
}

// TestVerifyTellsSecretsToTheirOwn: what opens the server that lines go to is told to no other.
func TestVerifyTellsSecretsToTheirOwn(t *testing.T) {
	secrets := map[string]string{"LOLOGEN_PASSWORD": "hunter2", "LOLOGEN_HEADER": "X-Secret: s"}
	for name, c := range map[string]struct {
		args  string
		env   map[string]string
		other bool
		want  string // who asked
	}{
		"http, another Loki":             {"-t http -M POST --user me", secrets, true, ""},
		"http, the same server":          {"-t http -M POST --user me", secrets, false, "me hunter2 s"},
		"loki, another Loki":             {"-t loki --user me --tenant team", secrets, true, "team"},
		"loki, several tenants":          {"-t loki --user me --tenants 1 --scrape none", secrets, true, "tenant-0"},
		"loki, a tenant by header":       {"-t loki", map[string]string{"LOLOGEN_HEADER": "X-Scope-OrgID: team"}, true, "team"},
		"loki, another tenant there":     {"-t loki --tenant team --verify-tenant other", nil, true, "other"},
		"loki, the same server":          {"-t loki --user me --tenant team --scrape none", secrets, false, "me hunter2 s team"},
		"a token":                        {"-t loki", map[string]string{"LOLOGEN_BEARER_TOKEN": "hunter2"}, true, ""},
		"a token of its own":             {"-t loki", map[string]string{"LOLOGEN_BEARER_TOKEN": "hunter2", "LOLOGEN_VERIFY_BEARER_TOKEN": "t"}, true, "Bearer t"},
		"file, a user":                   {"-t file -p FILE --verify-user you --verify-tenant a", map[string]string{"LOLOGEN_VERIFY_PASSWORD": "p"}, true, "you p  a"},
		"file, the environment's others": {"-t file -p FILE", map[string]string{"LOLOGEN_USER": "me", "LOLOGEN_PASSWORD": "hunter2", "LOLOGEN_HEADER": "X-Secret: s"}, true, ""},
		"file, a token":                  {"-t file -p FILE", map[string]string{"LOLOGEN_VERIFY_BEARER_TOKEN": "t", "LOLOGEN_BEARER_TOKEN": "hunter2"}, true, "Bearer t"},
	} {
		t.Run(name, func(t *testing.T) {
			urls, asked := lokis(t, 2)
			args := strings.Fields(strings.ReplaceAll(c.args, "FILE", filepath.Join(t.TempDir(), "app.log")))
			if !strings.Contains(c.args, "-t file") {
				args = append(args, "--url", urls[0])
			}
			at := 0
			if c.other {
				at = 1
			}
			args = append(args, "--count", "3", "-T", "0", "--verify", "--verify-loki", urls[at], "--verify-wait", "0", "--report", "json")
			code, stdout, stderr := program(t, c.env, args...)
			if code != exitFailed || !strings.Contains(stderr, `"lost": 3`) || strings.Contains(stdout+stderr, "hunter2") {
				t.Errorf("code %d, %s", code, stderr)
			}
			if len(asked[at]) != 1 || !asked[at][c.want] {
				t.Errorf("asked by %q, want %q", slices.Collect(maps.Keys(asked[at])), c.want)
			}
		})
	}
}

// TestVerifyRepeatsNoSecret: a server that echoes what it was asked with puts nothing of it into a report.
func TestVerifyRepeatsNoSecret(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		user, password, _ := r.BasicAuth()
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte("bad: " + r.Header.Get("Authorization") + " " + password + " of " + user + " " + r.Header.Get("X-Secret")))
	}))
	defer server.Close()
	for _, c := range []struct {
		env  map[string]string
		args []string
		want string
	}{
		{map[string]string{"LOLOGEN_PASSWORD": "hunter2", "LOLOGEN_HEADER": "X-Secret: topmost"}, []string{"--user", "me"}, "bad: Basic *** *** of me ***"},
		{map[string]string{"LOLOGEN_BEARER_TOKEN": "hunter2"}, nil, "bad: Bearer ***  of"},
	} {
		load := append([]string{"-t", "loki", "--url", server.URL, "--scrape", "none", "--count", "1", "-T", "0", "--verify", "--verify-wait", "0", "--report", "json"}, c.args...)
		only := append([]string{"verify", "--loki", server.URL, "--run", "abc", "--wait", "0"}, c.args...)
		for _, args := range [][]string{load, only} {
			code, stdout, stderr := program(t, c.env, args...)
			said := stdout + stderr
			if code != exitFailed || !strings.Contains(said, c.want) {
				t.Errorf("%v: code %d, %s; want %q", args, code, said, c.want)
			}
			for _, secret := range []string{"hunter2", "topmost", "bWU6aHVudGVyMg=="} {
				if strings.Contains(said, secret) {
					t.Errorf("%v: %s is repeated in %s", args, secret, said)
				}
			}
		}
	}
}

// TestVerifyLeavesAnotherLokisFlags: what the environment says of another Loki is nothing to the run's own.
func TestVerifyLeavesAnotherLokisFlags(t *testing.T) {
	urls, asked := lokis(t, 1)
	env := map[string]string{"LOLOGEN_VERIFY_SELECTOR": `{job="elsewhere"}`, "LOLOGEN_VERIFY_TENANT": "other", "LOLOGEN_VERIFY_USER": "you", "LOLOGEN_VERIFY_PASSWORD": "p"}
	code, stdout, stderr := program(t, env, "-t", "loki", "--url", urls[0], "--tenant", "team", "--scrape", "none", "--count", "3", "-T", "0", "--verify", "--verify-wait", "0")
	if code != exitFailed || stdout != "" || !strings.Contains(stderr, "3 lost") || strings.Contains(stderr, "elsewhere") {
		t.Errorf("code %d, %s%s", code, stdout, stderr)
	}
	if !asked[0]["team"] || len(asked[0]) > 2 || len(asked[0]) == 2 && !asked[0][""] { // whether it is a receiver is asked without
		t.Errorf("asked by %q", slices.Collect(maps.Keys(asked[0])))
	}
}

func TestSameServer(t *testing.T) {
	for pair, want := range map[[2]string]bool{
		{"http://a:3100", "http://a:3100/loki/api/v1/push"}: true,
		{"http://A", "http://a:80/x"}:                       true,
		{"https://a", "https://a:443"}:                      true,
		{"http://[::1]:1/", "http://[::1]:1"}:               true,
		{"http://a", "https://a"}:                           false,
		{"http://a:443", "https://a:443"}:                   false,
		{"http://a:1", "http://a:2"}:                        false,
		{"http://a:1", "http://b:1"}:                        false,
		{"http://a%zz", "http://a%zz"}:                      false,
	} {
		if got := sameServer(pair[0], pair[1]); got != want {
			t.Errorf("%q: %v", pair, got)
		}
	}
}

// TestAccessTrusts: that one server's certificate is not looked at is no reason to trust another.
func TestAccessTrusts(t *testing.T) {
	for _, c := range []struct {
		sink, address string
		careless      bool
	}{
		{"http", "https://a", true}, {"http", "https://b", false}, {"loki", "https://b", false}, {"file", "https://b", true},
	} {
		o := &options{sink: c.sink, http: sinks.HTTP{URL: "https://a/x", TLS: &tls.Config{InsecureSkipVerify: true}}}
		if got := o.accessTo(c.address).tls.InsecureSkipVerify; got != c.careless || !o.http.TLS.InsecureSkipVerify {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
