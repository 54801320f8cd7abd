package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// program runs lologen in this process and returns what it left.
func program(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var streams [2]*os.File
	for i := range streams {
		f, err := os.CreateTemp(t.TempDir(), "stream")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		streams[i] = f
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	code = run(ctx, args, env, stdio{nil, streams[0], streams[1]})
	var texts [2]string
	for i, f := range streams {
		text, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(text)
	}
	return code, texts[0], texts[1]
}

// TestWrongUse: one sentence on stderr that names the flag, the value and what is accepted; exit
// code 2; nothing on stdout.
func TestWrongUse(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	empty := write("empty", "")
	for _, c := range []struct {
		args string // separated by |
		want []string
	}{
		{"-t|tcp", []string{`-t "tcp"`, "console, file, journald, http, loki, discard"}},
		{"--type|tcp", []string{`--type "tcp"`}},
		{"-f|xml", []string{`-f "xml"`, "logfmt, json, unstructured"}},
		{"-fxml", []string{`-f "xml"`}},
		{"-l|loud", []string{`-l "loud"`, "debug, info, warning"}},
		{"-s|stdin", []string{`-s "stdin"`, "stdout, stderr"}},
		{"-c|maybe", []string{`-c "maybe"`, "always, never, auto"}},
		{"-M|PUT", []string{`-M "PUT"`, "GET, POST"}},
		{"-P|0", []string{`-P "0"`, "1 to 65535"}},
		{"-P|70000", []string{`-P "70000"`, "1 to 65535"}},
		{"-P|http", []string{`-P "http"`}},
		{"-H|http://x|-t|http", []string{`-H "http://x"`, "host name or an address"}},
		{"-H|localhost:80|-t|http", []string{`-H "localhost:80"`}},
		{"-p||-t|file", []string{`-p ""`, "path"}},
		{"-T|-1", []string{`-T "-1"`, "seconds"}},
		{"-T-1", []string{`-T "-1"`}},
		{"-T|NaN", []string{`-T "NaN"`}},
		{"-T|1e400", []string{`-T "1e400"`}},
		{"-T|abc", []string{`-T "abc"`}},
		{"-T|1e-30", []string{`-T "1e-30"`}},
		{"-T|0.4ns", []string{`-T "0.4ns"`}},
		{"-d|9223372036", []string{`-d "9223372036"`}},
		{"-T|1ns|--workers|5", []string{"-T 1ns", "1G lines"}},
		{"-T", []string{"-T needs a value"}},
		{"--workers|0", []string{`--workers "0"`, "1 to 100000"}},
		{"--workers|-1", []string{`--workers "-1"`}},
		{"--rate|0", []string{`--rate "0"`, "2TB/day"}},
		{"--rate|-5", []string{`--rate "-5"`}},
		{"--rate|10parsecs", []string{`--rate "10parsecs"`}},
		{"--rate|5G", []string{`--rate "5G"`, "max"}},
		{"--count|0", []string{`--count "0"`, "above 0"}},
		{"--count|1.5", []string{`--count "1.5"`}},
		{"--duration|0", []string{`--duration "0"`}},
		{"-d|5x", []string{`-d "5x"`}},
		{"--streams|1|--workers|2", []string{"--streams 1", "--workers (2)"}},
		{"--seed|-1", []string{`--seed "-1"`}},
		{"--batch-size|0", []string{`--batch-size "0"`}},
		{"--batch-wait|-1s", []string{`--batch-wait "-1s"`}},
		{"--burst|0", []string{`--burst "0"`}},
		{"--drain|soon", []string{`--drain "soon"`}},
		{"--size|10", []string{"--size 10", "smallest size"}},
		{"--slo|p99", []string{`--slo "p99": accepted is a measure, one of`}},
		{"--slo|p99<fast", []string{`--slo "p99<fast": accepted is a time with its unit`}},
		{"--slo|speed<1s", []string{`--slo "speed<1s": accepted are p50 to p99.99`}},
		{"--slo|errors<150%", []string{`--slo "errors<150%": accepted is a share`}},
		{"--report|xml", []string{`--report "xml"`, "text, json, none"}},
		{"--report-file|x.pdf", []string{"--report-file", "x.pdf", ".json"}},
		{"--identify=maybe", []string{`--identify "maybe"`, "true and false"}},
		{"--config|" + filepath.Join(dir, "none.yaml"), []string{"--config", "none.yaml", "no such file"}},
		{"--formt|json", []string{"--formt", "did you mean --format?"}},
		{"--colour|never", []string{"did you mean --color?"}},
		{"--zzz", []string{"unknown flag --zzz"}},
		{"-x", []string{"unknown flag -x"}},
		{"--=5", []string{"unknown flag --"}},
		{"--a\nb", []string{`unknown flag "--a\nb"`}},
		{"word", []string{`"word"`, "lologen receive"}},
		{"-t|file|word", []string{`stray argument "word"`}},
		{"--|word", []string{`"word"`}},
		{"-t|discard|receive", []string{`"receive"`, "lologen receive [flags]"}},
		{"-t|discard|--url|http://x", []string{"--url", "-t discard", "-t http"}},
		{"-t|file|--retries|1", []string{"--retries", "-t http"}},
		{"-t|loki|--label|x", []string{`--label "x"`, "name=value"}},
		{"-t|loki|--label|pod={3..1}", []string{`--label "pod={3..1}"`, "a range goes up"}},
		{"-t|loki|--label|a-b=c", []string{`--label "a-b=c"`, "letters, digits and _"}},
		{"-t|loki|--label|job=a|--label|job=b", []string{"--label job", "job={a,b}"}},
		{"-t|loki|--identify|--label|run_id=1", []string{"--label run_id", "--identify"}},
		{"-t|loki|--streams|3|--label|pod={0..9}", []string{"--streams 3", "--label makes (10)"}},
		{"-t|loki|--streams|3|--tenants|5", []string{"--streams 3", "--tenants makes (5)"}},
		{"-t|loki|--label|a={x,x}", []string{"a={x,x}", "comes twice"}},
		{"-t|loki|--label|stream_id=x|--streams|5", []string{"--label stream_id", "told apart"}},
		{"-t|loki|--header|Content-Encoding: gzip", []string{"Content-Encoding", "--compression"}},
		{"-t|loki|--tenant|a|--tenants|2", []string{"--tenant a", "--tenants 2"}},
		{"-t|loki|--tenant|a/b", []string{`--tenant "a/b"`, "letters, digits"}},
		{"-t|loki|--tenant|a|--header|X-Scope-OrgID: b", []string{"X-Scope-OrgID", "--tenant"}},
		{"-t|loki|--churn|10", []string{`--churn "10"`, "10%/m"}},
		{"-t|loki|--churn|200%/m", []string{`--churn "200%/m"`}},
		{"-t|loki|--out-of-order|5%", []string{`--out-of-order "5%"`, "5%/30s"}},
		{"-t|loki|--timestamp-offset|soon", []string{`--timestamp-offset "soon"`, "-2h"}},
		{"-t|loki|--structured-metadata|x", []string{`--structured-metadata "x"`, "{rand16}"}},
		{"-t|loki|--encoding|xml", []string{`--encoding "xml"`, "protobuf, json"}},
		{"-t|loki|--encoding|json|--compression|snappy", []string{`--compression "snappy"`, "none, gzip"}},
		{"-t|loki|--streams-per-request|0", []string{`--streams-per-request "0"`, "auto"}},
		{"-t|loki|--scrape|ftp://x", []string{`--scrape "ftp://x"`, "none"}},
		{"-t|loki|--scrape|http://u:secret@x/metrics", []string{"--scrape", "user and password", "http://...@x"}},
		{"-t|loki|--url|ftp://x", []string{`--url "ftp://x"`, "https"}},
		{"-t|loki|-n|", []string{`-n ""`, "--label"}},
		{"-t|loki|-n|a\xff", []string{`-n "a\xff"`, "UTF-8"}},
		{"-t|loki|--http-payload|record", []string{"--http-payload", "-t http"}},
		{"-t|file|--tenants|3", []string{"--tenants", "-t loki"}},
		{"--stream-skew|-1", []string{`--stream-skew "-1"`, "0 (none) to 10"}},
		{"--request-timeout|1s", []string{"--request-timeout"}},
		{"-t|http|--url|ftp://x", []string{`--url "ftp://x"`, "http://"}},
		{"-t|http|--url|http://x:0/", []string{"--url", "port"}},
		{"-t|http|--url|http://me:hunter2@x/", []string{"--url", "--password-file", "LOLOGEN_PASSWORD"}},
		{"-t|http|--header|Authorization: Basic hunter2", []string{"--header", "--bearer-token-file"}},
		{"-t|http|--header|COOKIE: hunter2", []string{"--header", "LOLOGEN_HEADER"}},
		{"-t|http|--header|nocolon", []string{`--header`, "'Name: value'"}},
		{"-t|http|--header|Content-Length: 3", []string{"Content-Length"}},
		{"-t|http|--user|me:hunter2", []string{"--user", "--password-file"}},
		{"-t|http|--password-file|" + empty, []string{"--password-file"}},
		{"-t|http|--password-file|" + empty + "|--user|me", []string{"--password-file", "one line"}},
		{"-t|http|--bearer-token-file|" + empty, []string{"--bearer-token-file"}},
		{"-t|http|--cert-file|x", []string{"--cert-file", "--key-file"}},
		{"-t|http|--ca-file|" + empty, []string{"--ca-file", "no certificate"}},
		{"-t|http|--http-payload|xml", []string{"--http-payload", "line, record"}},
		{"-t|http|--batch-lines|2", []string{"--batch-lines 2", "POST"}},
		{"-t|http|--request-timeout|0", []string{`--request-timeout "0"`}},
		{"receive|--listen|here", []string{`--listen "here"`, "host:port"}},
		{"receive|--workers|2", []string{"--workers"}},
		{"receive|--expect|0", []string{`--expect "0"`}},
		{"receive|word", []string{`"word"`}},
		{"compare|--sinks|discard,kafka", []string{`--sinks "discard,kafka"`, "console, file, journald, http, loki, discard"}},
		{"compare|--sinks|", []string{`--sinks ""`, "console, file"}},
		{"compare|--output|xml", []string{`--output "xml"`, "text, json, csv, markdown"}},
		{"compare|--sinks|discard|--url|http://x/", []string{"--url", "--sinks discard", "-t http"}},
		{"compare|--sinks|http|--url|ftp://x/", []string{`--url "ftp://x/"`}},
		{"compare|--sinks|discard|--size|10", []string{"--size 10", "smallest size"}},
		{"compare|-t|discard", []string{"unknown flag -t"}},
		{"compare|--rate|0", []string{`--rate "0"`}},
		{"compare|word", []string{`"word"`}},
		{"-t|file|-p|" + empty + ".txt|--report-file|" + empty + ".txt", []string{"--report-file", "-p", "another file"}},
		{"compare|--verify-settle|5s", []string{"unknown flag --verify-settle"}},
		{"-t|discard|--rate|1PB", []string{"--rate 1PB", "1G lines a second"}},
		{"verify|--run|abc|--file|x|--user|me|--insecure-skip-verify", []string{"lologen: --user, --insecure-skip-verify: not used with --file"}},
	} {
		code, stdout, stderr := program(t, nil, strings.Split(c.args, "|")...)
		if code != exitUsage || stdout != "" {
			t.Errorf("%s: exit code %d, stdout %q; want 2 and nothing", c.args, code, stdout)
		}
		if strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "lologen: ") {
			t.Errorf("%s: stderr %q; want one sentence", c.args, stderr)
		}
		for _, want := range c.want {
			if !strings.Contains(stderr, want) {
				t.Errorf("%s: stderr %q does not say %q", c.args, stderr, want)
			}
		}
		if strings.Contains(stderr, "hunter2") {
			t.Errorf("%s: stderr %q gives the secret away", c.args, stderr)
		}
	}
}

func TestWrongUseInEnvironmentAndConfig(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lologen.yaml")
	for _, c := range []struct {
		env    map[string]string
		config string
		want   string
	}{
		{map[string]string{"LOLOGEN_RATE": "0"}, "", `LOLOGEN_RATE "0": accepted are lines`},
		{map[string]string{"LOLOGEN_IDENTIFY": "perhaps"}, "", `LOLOGEN_IDENTIFY "perhaps"`},
		{nil, "rate: 0\n", `lologen.yaml line 1: rate "0"`},
		{nil, "workers: 2\nformt: json\n", "lologen.yaml line 2: formt: unknown key: did you mean format?"},
		{nil, "t: file\n", "lologen.yaml line 1: t: unknown key"},
		{nil, "rate: [1, 2]\n", "rate: accepted is one value"},
		{nil, "- rate\n", "rate: 64k"},
		{nil, "rate: {\n", "yaml"},
		{nil, "config: x\n", "config: unknown key"},
		{nil, "workers: 2\nworkers: 3\n", "line 2: workers: said before"},
		{nil, "interval: 2\ntimeout: 3\n", "line 2: timeout: said before"},
	} {
		args := []string{"--count", "1", "-T", "0"}
		if c.config != "" {
			if err := os.WriteFile(path, []byte(c.config), 0o600); err != nil {
				t.Fatal(err)
			}
			args = append(args, "--config", path)
		}
		code, stdout, stderr := program(t, c.env, args...)
		if code != exitUsage || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, c.want) {
			t.Errorf("%v %q: code %d, stdout %q, stderr %q; want 2 and %q", c.env, c.config, code, stdout, stderr, c.want)
		}
	}
}

func TestValuesComeFromArgvThenEnvironmentThenConfig(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lologen.yaml")
	if err := os.WriteFile(path, []byte("count: 3\nname: config\nformat: json\nurl: http://unused/\nheader: ['A: b', 'C: d,e']\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"LOLOGEN_COUNT": "2", "LOLOGEN_NAME": "env", "LOLOGEN_TIMEOUT": "0", "LOLOGEN_CONFIG": path,
		"LOLOGEN_SERVICE_HOST": "10.0.0.1", "LOLOGEN_PORT": "tcp://10.0.0.1:80", // as Kubernetes injects them
		"LOLOGEN_RETRIES": "3", // not used by the console: ignored
	}
	code, stdout, stderr := program(t, env, "--name", "argv", "--report", "none")
	if code != exitOK || stderr != "" {
		t.Fatalf("code %d, stderr %q", code, stderr)
	}
	if n := strings.Count(stdout, "\n"); n != 2 {
		t.Errorf("%d lines, want the environment's 2", n)
	}
	if !strings.Contains(stdout, `"name": "argv"`) {
		t.Errorf("stdout %q: want argv's name in the configuration's format", stdout)
	}
}

func TestHelpAndVersion(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"-h"}, {"help"}, {"-t", "file", "--help"}, {"--help", "-tLOKI"}, {"--verify", "-h", "-c", "never"}} {
		code, stdout, stderr := program(t, nil, args...)
		if code != exitOK || stderr != "" {
			t.Errorf("%v: code %d, stderr %q", args, code, stderr)
		}
		if lines := strings.Count(stdout, "\n"); lines > 110 || lines > 80 && len(args) == 1 {
			t.Errorf("%v: %d lines are not short", args, lines)
		}
		for _, f := range runFlags() {
			wanted := f.only == nil || f.seed || len(args) == 2 && slices.Contains(f.only, "loki")
			if f.with != "" {
				wanted = args[0] == "--"+f.with
			}
			if shown := strings.Contains(stdout, "\n       --"+f.name+" ") || strings.Contains(stdout, ", --"+f.name+" "); shown != wanted {
				t.Errorf("%v: is --%s wanted? %v", args, f.name, wanted)
			}
		}
		if !strings.Contains(stdout, "see lologen -t http --help") || strings.Contains(stdout, "see lologen --verify --help") == (args[0] == "--verify") {
			t.Errorf("%v: nobody learns where further flags are", args)
		}
		for _, line := range strings.Split(stdout, "\n") {
			if len(line) > 100 {
				t.Errorf("%v: a line of %d columns: %s", args, len(line), line)
			}
		}
	}
	if code, stdout, _ := program(t, nil, "help", "receive"); code != exitOK || !strings.Contains(stdout, "--listen") {
		t.Errorf("help receive: code %d, %q", code, stdout)
	}
	if code, stdout, _ := program(t, nil, "--version"); code != exitOK || !strings.Contains(stdout, "lologen") || !strings.Contains(stdout, "go1.") {
		t.Errorf("--version: code %d, %q", code, stdout)
	}
}

// TestSpellings: what the Python tool's users type.
func TestSpellings(t *testing.T) {
	for _, args := range []string{
		"-T0 --count 2 -fjson", "-T=0 --count=2 -f=json", "-T 0 --count 2 --format JSON", "--timeout 0 --count 2 -f Json --color NEVER",
		"--interval 0ms --count 2 -fjson", "-f json -f logfmt -f json -T0 --count 2", "-T0 --count 2 -f json --",
	} {
		code, stdout, stderr := program(t, nil, append([]string{"--report", "none"}, strings.Fields(args)...)...)
		if code != exitOK || stderr != "" || strings.Count(stdout, `{"date": `) != 2 {
			t.Errorf("%s: code %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
}

func TestWarnings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	code, stdout, stderr := program(t, nil, "-T0", "--count", "1", "-p", path, "-P", "8001", "-s", "stdout", "--report", "none")
	if code != exitOK || strings.Count(stdout, "\n") != 1 || stderr != "lologen: -p, -P: not used with -t console\n" {
		t.Errorf("code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	code, _, stderr = program(t, nil, "-T0", "--count", "1", "-n", "100", "--report", "none")
	if code != exitOK || !strings.Contains(stderr, "--count") {
		t.Errorf("-n 100: code %d, stderr %q", code, stderr)
	}
}

func FuzzNormalise(f *testing.F) {
	for _, s := range []string{"-T0.5", "-WT|1", "--rate=64k|--", "-W=false", "--|x", "-", "--header|a=b: c,d"} {
		f.Add(s)
	}
	all := commands()
	f.Fuzz(func(t *testing.T, s string) {
		for _, cmd := range all {
			g, err := normalise(strings.Split(s, "|"), cmd, all)
			if err != nil {
				continue
			}
			app := newApp(all, nil, stdio{nil, nil, nil})
			app.Writer, app.ErrWriter = io.Discard, io.Discard
			if err := app.Run(g.argv); err != nil {
				t.Errorf("%q became %q, which the library refuses: %v", s, g.argv, err)
			}
		}
	})
}
