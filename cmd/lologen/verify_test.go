package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/bench/verify"
)

// TestWrongUseOfVerify: one sentence, nothing on stdout, and no secret repeated.
func TestWrongUseOfVerify(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file := write("app.log", "")
	good := write("good.json", `{"version":1,"run_id":"abc","ledger":[{"stream":0,"next":5}]}`)
	const here = "http://127.0.0.1:1" // nobody answers, and nobody is asked
	for _, c := range []struct {
		args string // separated by |
		want []string
	}{
		{"", []string{"--ledger or --run is needed"}},
		{"--file|" + file, []string{"--ledger or --run is needed"}},
		{"--run|abc", []string{"nothing to ask", "--loki, --receiver, --file, --journal"}},
		{"--run|abc|--journal=false", []string{"nothing to ask"}},
		{"--run|abc|--loki|" + here + "|--receiver|" + here, []string{"--loki and --receiver", "one of"}},
		{"--run|abc|--file|" + file + "|--journal", []string{"--file and --journal", "one of"}},
		{"--run|abc|" + file, []string{"stray argument"}},

		{"--run||--file|" + file, []string{`--run ""`, "letters and digits"}},
		{"--run|a b|--file|" + file, []string{`--run "a b"`, "letters and digits"}},
		{"--run|a`}|--file|" + file, []string{"--run \"a`}\""}},
		{"--run|" + strings.Repeat("a", 65) + "|--file|" + file, []string{"letters and digits"}},

		{"--ledger||--file|" + file, []string{`--ledger ""`, "a path"}},
		{"--ledger|" + filepath.Join(dir, "none.json") + "|--file|" + file, []string{"--ledger", "none.json", "no such file"}},
		{"--ledger|" + dir + "|--file|" + file, []string{"--ledger", "is a directory"}},
		{"--ledger|" + write("text.json", "hello") + "|--file|" + file, []string{"--ledger", "not the JSON report of a run"}},
		{"--ledger|" + write("two.json", `{"version":2,"run_id":"abc","ledger":[]}`) + "|--file|" + file, []string{"version 2, not 1"}},
		{"--ledger|" + write("none.json.txt", `{"version":1,"run_id":"abc"}`) + "|--file|" + file, []string{"--identify"}},
		{"--ledger|" + write("id.json", `{"version":1,"run_id":"a+b","ledger":[]}`) + "|--file|" + file, []string{`run_id "a+b"`}},
		{"--ledger|" + write("merged.json", `{"version":1,"run_id":"a+b","ledger":[],"parts":[{},{}]}`) + "|--file|" + file, []string{"merged from 2 runs"}},
		{"--ledger|" + write("far.json", `{"version":1,"run_id":"abc","ledger":[],"ledger_file":"../app.log"}`) + "|--file|" + file, []string{"not a name like"}},
		{"--ledger|" + good + "|--run|abd|--file|" + file, []string{"--run abd", "the run of the ledger, abc"}},

		{"--run|abc|--file|" + filepath.Join(dir, "none.log"), []string{"--file", "none.log", "no such file"}},
		{"--run|abc|--file|" + dir, []string{"--file", "not a regular file"}},

		{"--run|abc|--loki|ftp://x", []string{`--loki "ftp://x"`, "http://"}},
		{"--run|abc|--loki|127.0.0.1:3100", []string{`--loki "127.0.0.1:3100"`, "http://"}},
		{"--run|abc|--loki|http://x:0", []string{"--loki", "port"}},
		{"--run|abc|--receiver|nobody", []string{`--receiver "nobody"`, "http://"}},
		{"--run|abc|--loki|" + here + `|--selector|job="x"`, []string{"--selector", `{job="x"}`}},
		{"--run|abc|--loki|" + here + `|--selector|{job="x"`, []string{"--selector", `{job="x"}`}},
		{"--run|abc|--loki|" + here + `|--selector|{job="x}`, []string{"--selector", `{job="x"}`}},
		{"--run|abc|--loki|" + here + `|--selector|{job="\"}"`, []string{"--selector"}},
		{"--run|abc|--loki|" + here + "|--selector|", []string{`--selector ""`}},
		{"--run|abc|--loki|" + here + "|--tenant|a/b", []string{`--tenant "a/b"`, "letters, digits"}},
		{"--run|abc|--loki|" + here + "|--margin|0", []string{`--margin "0"`}},
		{"--run|abc|--loki|" + here + "|--wait|soon", []string{`--wait "soon"`, "seconds"}},
		{"--run|abc|--loki|" + here + "|--wait|-1s", []string{`--wait "-1s"`}},
		{"--run|abc|--loki|" + here + "|--output|xml", []string{`--output "xml"`, "text, json"}},
		{"--run|abc|--loki|" + here + "|--ca-file|" + file, []string{"--ca-file", "no certificate"}},

		{"--run|abc|--file|" + file + `|--selector|{job="x"}|--full`, []string{"--selector, --full: not used with --file"}},
		{"--run|abc|--file|" + file + "|-n|x", []string{"-n: not used with --file"}},
		{"--run|abc|--file|" + file + "|--user|me", []string{"--user: not used with --file"}},
		{"--run|abc|--receiver|" + here + "|--tenant|x|--margin|1h", []string{"--tenant, --margin: not used with --receiver"}},
		{"--run|abc|--loki|" + here + "|--name|x", []string{"--name: not used with --loki"}},

		{"--run|abc|--loki|http://me:hunter2@x", []string{"--loki", "http://...@x", "--password-file", "LOLOGEN_PASSWORD"}},
		{"--run|abc|--receiver|http://hunter2@x", []string{"--receiver", "--password-file"}},
		{"--run|abc|--loki|ht tp://me:hunter2@x", []string{"--loki", "...@x"}},
		{"--run|abc|--loki|" + here + "|--header|Authorization: Basic hunter2", []string{"--header", "--bearer-token-file"}},
		{"--run|abc|--receiver|" + here + "|--header|cookie: hunter2", []string{"--header", "LOLOGEN_HEADER"}},
		{"--run|abc|--loki|" + here + "|--user|me:hunter2", []string{"--user", "--password-file"}},
		{"--run|abc|--loki|" + here + "|--password-file|" + file, []string{"--password-file"}},
		{"--run|abc|--loki|" + here + "|--password-file|" + file + "|--user|me", []string{"--password-file", "one line"}},
	} {
		args := []string{"verify"}
		if c.args != "" {
			args = append(args, strings.Split(c.args, "|")...)
		}
		expectWrongUse(t, args, c.want)
	}
}

// TestWrongUseOfVerifyOnARun: it is found before the first line.
func TestWrongUseOfVerifyOnARun(t *testing.T) {
	const loki, selector = "--verify-loki|http://127.0.0.1:1", `--verify-selector|{job="x"}`
	for args, want := range map[string]string{
		"--verify":                                                         "--verify: accepted with -t loki, file, journald, http",
		"-t|discard|--verify":                                              "or with --verify-loki",
		"-t|discard|" + loki + "|" + selector:                              "--verify-loki: accepted with --verify",
		"-t|discard|--verify-wait|1s":                                      "--verify-wait: accepted with --verify",
		"-t|file|-p|/dev/null|--verify":                                    `-p "/dev/null": accepted with --verify is a regular file`,
		"-t|file|--verify|--verify-tenant|me":                              `--verify-tenant "me": accepted with --verify-loki`,
		"-t|file|--verify|--verify-user|me":                                `--verify-user "me": accepted with --verify-loki`,
		"-t|file|--verify-settle|1s":                                       "--verify-settle: accepted with --verify",
		"-t|file|--verify|" + loki + "|--verify-tenant|a/b":                `--verify-tenant "a/b": accepted are`,
		"-t|file|--verify|" + loki + "|--verify-user|me:hunter2":           "--verify-password-file or LOLOGEN_VERIFY_PASSWORD",
		"-t|file|--verify|" + loki + "|--verify-password-file|x":           "--verify-password-file: read x: no such file",
		"-t|file|--verify|" + loki + "|--verify-settle|0":                  `--verify-settle "0"`,
		"-t|file|--verify|" + loki + "|--user|me":                          "--user is not used with -t file",
		"-t|file|--verify|" + loki + "|--ca-file|none":                     "--ca-file: ",
		"-t|file|--verify|--ca-file|none":                                  "--ca-file is not used with -t file",
		"-t|discard|--verify|" + selector:                                  "accepted with --verify-loki",
		"-t|discard|--verify|--verify-selector|job":                        `--verify-selector "job"`,
		"-t|discard|--verify|--verify-loki|http://u:hunter2@h|" + selector: "LOLOGEN_PASSWORD",
		"-t|discard|--slo|lost==0":                                         `--slo "lost==0": accepted with --verify`,
	} {
		expectWrongUse(t, strings.Split(args+"|--count|1|-T|0", "|"), []string{want})
	}
}

func expectWrongUse(t *testing.T, args, want []string) {
	t.Helper()
	code, stdout, stderr := program(t, nil, args...)
	if code != exitUsage || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "lologen: ") {
		t.Errorf("%q: code %d, stdout %q, stderr %q; want 2 and one sentence", args, code, stdout, stderr)
	}
	for _, want := range want {
		if !strings.Contains(stderr, want) {
			t.Errorf("%q: stderr %q does not say %q", args, stderr, want)
		}
	}
	if strings.Contains(stderr, "hunter2") {
		t.Errorf("%q: stderr %q gives the secret away", args, stderr)
	}
}

func TestSplitSelector(t *testing.T) {
	for s, want := range map[string][2]string{
		`{job="x"}`:                     {`{job="x"}`, ""},
		`{job="x"} |= "a}" != "b"`:      {`{job="x"}`, `|= "a}" != "b"`},
		`{job="a}\"}", b=~` + "`}\"`} ": {`{job="a}\"}", b=~` + "`}\"`}", ""},
		`{}`:                            {`{}`, ""},
	} {
		selector, filter, ok := splitSelector(s)
		if !ok || selector != want[0] || filter != want[1] {
			t.Errorf("%s: %q, %q, %v", s, selector, filter, ok)
		}
	}
	for _, s := range []string{"", "x", "{", `{a="}`, "{a=`}", `x{a="b"}`, `{a="\"}`} {
		if selector, filter, ok := splitSelector(s); ok {
			t.Errorf("%s: %q, %q", s, selector, filter)
		}
	}
}

// TestVerifyAsksNow: to wait no time at all is to look once.
func TestVerifyAsksNow(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "me" || password != "hunter2" || r.Header.Get("X-A") != "b" {
			t.Errorf("asked by %s, %q", user, r.Header)
		}
		asked++
		if r.URL.RawQuery == "" { // asked whether it is a receiver
			_, _ = w.Write([]byte(`{"runs":[],"unidentified":{}}`))
			return
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	defer server.Close()
	ledger := filepath.Join(t.TempDir(), "run.json")
	if err := os.WriteFile(ledger, []byte(`{"version":1,"run_id":"abc","ledger":[{"stream":0,"next":5,"unknown":[[0,1]]}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"LOLOGEN_PASSWORD": "hunter2", "LOLOGEN_NAME": "not used: ignored"}
	code, stdout, stderr := program(t, env, "verify", "--receiver", server.URL, "--ledger", ledger, "--wait", "0", "--output", "json", "--user", "me", "--header", "X-A: b")
	var v verify.Verdict
	if err := json.Unmarshal([]byte(stdout), &v); err != nil {
		t.Fatalf("%v: %s", err, stdout)
	}
	if code != exitFailed || asked != 2 || v.Lost != 3 || v.Passed == nil || *v.Passed || strings.Contains(stdout+stderr, "hunter2") {
		t.Errorf("code %d, asked %d times, %s%s", code, asked, stdout, stderr)
	}
}

// TestVerifyCannotAsk: nobody knows is not the same as not there.
func TestVerifyCannotAsk(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	code, stdout, _ := program(t, nil, "verify", "--loki", server.URL, "--run", "abc", "--wait", "0", "--output", "json")
	if code != exitFailed || !strings.Contains(stdout, `"passed":null`) || !strings.Contains(stdout, "connection refused") {
		t.Errorf("code %d, %s", code, stdout)
	}
}

// TestVerifyPlainServer: a web server that took every line and has no account of them has lost none.
func TestVerifyPlainServer(t *testing.T) {
	for status, want := range map[int]string{http.StatusNotFound: "status 404", http.StatusOK: "not the JSON that was asked for"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				w.WriteHeader(status)
			}
			_, _ = w.Write([]byte("nothing here"))
		}))
		code, _, stderr := program(t, nil, "-t", "http", "-M", "POST", "--url", server.URL, "--count", "20", "-T", "0", "--verify", "--report", "text")
		server.Close()
		said := strings.Join(strings.Fields(stderr), " ")
		if code != exitFailed || !strings.Contains(said, "could not be asked: ask the receiver at "+server.URL+": no lologen receive is there: ") ||
			!strings.Contains(said, want) || strings.Contains(said, "lost") {
			t.Errorf("%d: code %d, %s", status, code, stderr)
		}
	}
}

func TestUndelivered(t *testing.T) {
	for want, r := range map[string]*report.Report{
		"800 of 20000 lines were not delivered, and 19200 were never made: no route": {Lines: report.Lines{Due: 20000, Rejected: 500, Unknown: 300, Missed: 19200}, Errors: []report.Failure{{First: "no route"}}},
		"3 of 9 lines were not delivered: for no reason given":                       {Lines: report.Lines{Due: 9, Rejected: 3}},
		"of 9 acked lines: 2 lines are cut or garbled":                               {Lines: report.Lines{Due: 9, Acked: 9}, Verification: &report.Verification{Passed: new(false), Corrupt: 2}},
		"of 9 acked lines: 4 lines are not there, and may have been rejected":        {Lines: report.Lines{Due: 9, Acked: 9}, Verification: &report.Verification{Unproven: 4}},
		"the destination could not be asked: down":                                   {Verification: &report.Verification{Why: "down"}},
	} {
		if got := undelivered(r).Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestTimeMargin: lines are looked for where the run put them, whether it was this one or left a report.
func TestTimeMargin(t *testing.T) {
	this, other, asked := &options{}, &options{}, &options{}
	this.loki.Offset, this.loki.Disorder.Most = -2*time.Hour, time.Minute
	asked.verify.margin = time.Second
	left := &verify.Ledger{Astray: 3 * time.Hour}
	for name, c := range map[string]struct{ got, want time.Duration }{
		"this run":     {this.timeMargin(&verify.Ledger{}), 3*time.Hour + time.Minute},
		"no ledger":    {other.timeMargin(nil), time.Hour},
		"a ledger":     {other.timeMargin(left), 4 * time.Hour},
		"as asked for": {asked.timeMargin(left), time.Second},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
}
