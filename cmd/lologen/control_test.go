package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/emitter"
)

// controlled begins a run that takes requests at a URL. end waits for it and returns its report, and
// what it said.
func controlled(t *testing.T, args ...string) (url string, end func() (*report.Report, string)) {
	t.Helper()
	port := freePort(t)
	file := filepath.Join(t.TempDir(), "r.json")
	notes, err := os.Create(filepath.Join(t.TempDir(), "notes"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { notes.Close() })
	done := make(chan int)
	args = append(args, "-t", "discard", "--report-file", file, "--metrics-listen", "127.0.0.1:"+port, "--allow-control")
	go func() { done <- run(context.Background(), args, nil, stdio{os.Stdin, notes, notes}) }()
	return "http://127.0.0.1:" + port, func() (*report.Report, string) {
		code := <-done
		said, err := os.ReadFile(notes.Name())
		if err != nil {
			t.Fatal(err)
		}
		if code != exitOK {
			t.Fatalf("exit %d: %s", code, said)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r := new(report.Report)
		if err := json.Unmarshal(text, r); err != nil {
			t.Fatal(err)
		}
		return r, string(said)
	}
}

// TestControlOfARun: a run that would take an hour is over once it is told to hurry.
func TestControlOfARun(t *testing.T) {
	url, end := controlled(t, "--count", "5000", "--rate", "1", "--workers", "3")
	for _, step := range []struct{ path, body, want string }{
		{"/pause", "", `{"rate":0}`},
		{"/resume", "", `{"rate":1}`},
		{"/resume", "", `{"rate":1}`},
		{"/rate", `{"rate":"2.5k"}`, `{"rate":2500}`},
		{"/rate", `{"rate":"0"}`, `{"rate":0}`},
		{"/pause", "", `{"rate":0}`},
		{"/resume", "", `{"rate":2500}`},
		{"/rate", `{"rate":"max"}`, `{"rate":null}`},
	} {
		if status, answer := post(t, url+step.path, step.body); status != 200 || answer != step.want {
			t.Errorf("%s %s: %d %s, want %s", step.path, step.body, status, answer, step.want)
		}
	}
	r, said := end()
	if r.Lines.Acked != 5000 || !r.Lines.Balanced() || r.Plan.Schedule != "changed while it ran" {
		t.Errorf("%+v, %+v", r.Lines, r.Plan)
	}
	const notes = "lologen: paused\nlologen: goes on, 1.00 lines/s\nlologen: 2,500 lines/s from now on\nlologen: paused\nlologen: paused\nlologen: goes on, 2,500 lines/s\nlologen: as fast as possible from now on\n"
	if !strings.Contains(said, notes) {
		t.Errorf("it said %s", said)
	}
}

// TestAProfileGoesOnWhereItWas: not at its mean, which may be many times what it had come to.
func TestAProfileGoesOnWhereItWas(t *testing.T) {
	url, end := controlled(t, "--stages", "1h:100..1M", "--count", "100000")
	var answers []string
	for _, path := range []string{"/pause", "/resume", "/pause", "/resume"} {
		_, answer := post(t, url+path, "")
		answers = append(answers, answer)
	}
	for i, answer := range answers {
		var now struct{ Rate float64 }
		if err := json.Unmarshal([]byte(answer), &now); err != nil {
			t.Fatal(err)
		}
		// It rises by 278 a second.
		if paused := i%2 == 0; paused && now.Rate != 0 || !paused && (now.Rate < 100 || now.Rate > 50_000) {
			t.Errorf("answers are %s", answers)
		}
	}
	post(t, url+"/rate", `{"rate":"max"}`)
	if r, said := end(); r.Lines.Acked != 100_000 || !strings.Contains(said, "lologen: goes on, ") {
		t.Errorf("%+v: %s", r.Lines, said)
	}
}

// post asks until there is an answer: the server may not be there yet.
func post(t *testing.T, url, body string) (int, string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		request, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set(controlHeader, "1")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			if time.Now().After(end) {
				t.Fatal(err)
			}
			continue
		}
		defer response.Body.Close()
		answer, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(bytes.TrimSpace(answer))
	}
}

func TestGate(t *testing.T) {
	for _, c := range []struct {
		address, token string
		host           string
		header         map[string]string
		want           int
	}{
		{"127.0.0.1:9464", "", "127.0.0.1:9464", map[string]string{controlHeader: "1"}, 200},
		{"127.0.0.1:9464", "", "localhost:9464", map[string]string{controlHeader: "1"}, 200},
		{"localhost:9464", "", "127.0.0.1:9464", map[string]string{controlHeader: "1"}, 200},
		{"[::1]:9464", "", "[::1]:9464", map[string]string{controlHeader: "1"}, 200},
		{"127.0.0.1:9464", "", "127.0.0.1:9464", nil, 403},
		{"127.0.0.1:9464", "", "evil.example:9464", map[string]string{controlHeader: "1"}, 421},
		{"127.0.0.1:9464", "", "127.0.0.1:80", map[string]string{controlHeader: "1"}, 421},
		{"127.0.0.1:9464", "", "127.0.0.1", map[string]string{controlHeader: "1"}, 421},
		{"10.1.2.3:9464", "t", "localhost:9464", map[string]string{controlHeader: "1", "Authorization": "Bearer t"}, 421},
		{"10.1.2.3:9464", "t", "10.1.2.3:9464", map[string]string{controlHeader: "1"}, 401},
		{"10.1.2.3:9464", "t", "10.1.2.3:9464", map[string]string{controlHeader: "1", "Authorization": "Bearer x"}, 401},
		{"10.1.2.3:9464", "t", "10.1.2.3:9464", map[string]string{controlHeader: "1", "Authorization": "Bearer t"}, 200},
		{":9464", "t", "load.example:9464", map[string]string{controlHeader: "1", "Authorization": "Bearer t"}, 200},
		{"0.0.0.0:9464", "t", "load.example:9464", map[string]string{controlHeader: "1"}, 401},
	} {
		passed := false
		g := &gate{c.address, c.token, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { passed = true })}
		r := httptest.NewRequest(http.MethodPost, "/rate", nil)
		r.Host = c.host
		for k, v := range c.header {
			r.Header.Set(k, v)
		}
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		if w.Code != c.want || passed != (c.want == 200) || c.token != "" && strings.Contains(w.Body.String(), "Bearer t") {
			t.Errorf("%+v: %d, passed: %v: %s", c, w.Code, passed, w.Body)
		}
	}
}

func TestRatesThatAreNone(t *testing.T) {
	s := &steering{control: new(emitter.Control), mean: 100, told: func(string, float64) {}}
	for _, body := range []string{"", "5", `{"rate":-5}`, `{"rate":5e9}`, `{"rate":true}`, `{"rate":null}`, `{"rate":["5"]}`, `{}`, `{"rate":"-1"}`, `{"rate":"5G"}`, `{"rate":"fast"}`, `{"rate":""}`, "{", strings.Repeat("x", 10_000)} {
		w := httptest.NewRecorder()
		s.postRate(w, httptest.NewRequest(http.MethodPost, "/rate", strings.NewReader(body)))
		if w.Code != 400 || !strings.Contains(w.Body.String(), "accepted") {
			t.Errorf("%.20q: %d %s", body, w.Code, w.Body)
		}
	}
	for body, want := range map[string]string{
		`{"rate":5000}`: `{"rate":5000}`, `{"rate":0.5}`: `{"rate":0.5}`, `{"rate":5e3}`: `{"rate":5000}`, `{"rate":"50k"}`: `{"rate":50000}`, `{"rate":"max"}`: `{"rate":null}`,
		`{"rate":0}`: `{"rate":0}`, `{"rate":"0"}`: `{"rate":0}`, `{"rate":"0.0"}`: `{"rate":0}`, `{"rate":"0/s"}`: `{"rate":0}`, `{"rate":"0MB"}`: `{"rate":0}`,
	} {
		w := httptest.NewRecorder()
		s.postRate(w, httptest.NewRequest(http.MethodPost, "/rate", strings.NewReader(body)))
		if got := strings.TrimSpace(w.Body.String()); w.Code != 200 || got != want {
			t.Errorf("%s: %d %s", body, w.Code, got)
		}
	}
	w := httptest.NewRecorder()
	s.postRate(w, httptest.NewRequest(http.MethodPost, "/rate", strings.NewReader(`{"rate":"1MB"}`)))
	if got := strings.TrimSpace(w.Body.String()); w.Code != 200 || got != `{"rate":10000}` {
		t.Errorf("a megabyte of lines of 100 bytes: %d %s", w.Code, got)
	}
	s.nudge(0.1)
	if got := s.control.Rate(); got < 10999 || got > 11001 {
		t.Errorf("a tenth more than 10000 is %v", got)
	}
}

func TestInstants(t *testing.T) {
	now := time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"15:00:01":                  "2026-11-22T15:00:01Z",
		"14:59:59":                  "2026-11-23T14:59:59Z",
		"2026-11-22T16:00:00.5Z":    "2026-11-22T16:00:00.5Z",
		"2026-11-22T16:00:00+01:00": "2026-11-22T16:00:00+01:00",
	} {
		var at time.Time
		if err := setInstant(&at, text, now); err != nil || at.Format(time.RFC3339Nano) != want {
			t.Errorf("%s: %v, %v", text, at, err)
		}
	}
	for _, bad := range []string{"", "soon", "25:00:00", "15:00", "10"} {
		if err := setInstant(new(time.Time), bad, now); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestTheStartIsAnnounced(t *testing.T) {
	now := time.Date(2026, 11, 22, 15, 4, 7, 0, time.FixedZone("", 3600))
	for text, want := range map[string]string{
		"15:04:05":             "the first line is due at 2026-11-23 15:04:05 +0100, in 23h59m58s",
		"15:05:00":             "the first line is due at 2026-11-22 15:05:00 +0100, in 53s",
		"2026-11-22T15:00:00Z": "the first line is due at 2026-11-22 15:00:00 +0000, in 55m53s",
		"2026-11-22T14:00:00Z": "the first line was due at 2026-11-22 14:00:00 +0000, which is over: it starts now",
	} {
		o := defaults()
		if err := setInstant(&o.startAt, text, now); err != nil {
			t.Fatal(err)
		}
		if got := o.awaited(now); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	if got := defaults().awaited(now); got != nil {
		t.Errorf("without a time to start at: %q", got)
	}
}

func TestWrongUseOfControl(t *testing.T) {
	for args, want := range map[string]string{
		"--allow-control": "accepted with --metrics-listen",
		"--allow-control|--metrics-listen|0.0.0.0:0":    "accepted off loopback with a token",
		"--allow-control|--metrics-listen|loadbox:9464": "accepted off loopback with a token",
		"--control-token-file|x":                        "accepted with --allow-control",
		"--start-at|soon":                               "15:04:05",
		"--ramp-up|0":                                   "above 0",
		"--ramp-up|5s|-T|0":                             "accepted with one rate",
		"--ramp-up|5s|--stages|1s:5":                    "accepted with one rate",
		"--allow-control|--metrics-listen|127.0.0.1:0|--control-token-file|/nonexistent": "no such file",
	} {
		code, stdout, stderr := program(t, nil, append(strings.Split(args, "|"), "-t", "discard", "--count", "1")...)
		if code != exitUsage || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d, %s", args, code, fmt.Sprintf("%q %q", stdout, stderr))
		}
	}
}

// TestWarmupHasToEnd: before the last line, however it is said when that is.
func TestWarmupHasToEnd(t *testing.T) {
	for args, want := range map[string]string{
		"--rate 100 -d 5s":                        "--warmup 5s: accepted is less than --duration (5s)",
		"--rate max -d 5s":                        "--warmup 5s: accepted is less than --duration (5s)",
		"--stages 1s:100":                         "--warmup 5s: accepted is at most 990ms",
		"--stages 1s:100,9s:0":                    "--warmup 5s: accepted is at most 990ms",
		"--rate 100 --count 50":                   "--warmup 5s: accepted is at most 490ms",
		"--profile sine -d 1m --count 90":         "--warmup 5s: accepted is at most 8",
		"--rate 0.2 --count 1":                    "--warmup 5s: accepted is at most 0s",
		"--rate 0.2 -d 5.1":                       "", // the line at 5 s
		"--rate 0.2 --count 2":                    "",
		"--rate 100":                              "",
		"--count 5 -T 0":                          "",
		"--profile steps --count 4k --ramp-up 5s": "accepted with one rate",
		"--profile steps --count 4k":              "--warmup 5s: accepted is at most 3.999s",
		"--profile steps --count 6k":              "",
	} {
		code, _, stderr := program(t, nil, append(strings.Fields(args), "-t", "discard", "--warmup", "5s", "--dry-run")...)
		if wrong := want != ""; wrong != (code == exitUsage) || !strings.Contains(stderr, want) || !wrong && stderr != "" {
			t.Errorf("%s: exit %d, %q; want %q", args, code, stderr, want)
		}
	}
}
