package receive

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/exitfound/lologen/bench/verify"
	"github.com/exitfound/lologen/sinks/push"
)

// identified is a line with an identity.
func identified(run string, stream, seq uint64) string {
	return fmt.Sprintf("level=info msg=\"text\" run=%s stream=%07d seq=%012d sent=%019d", run, stream, seq, time.Now().UnixNano())
}

func TestFateIsSeeded(t *testing.T) {
	f := Faults{Seed: 7, Fail: 0.05, Close: 0.5, Drop: 0.001, Delay: [2]time.Duration{time.Second, 3 * time.Second}}
	const requests = 20_000
	var failed, closed float64
	delays := time.Duration(0)
	for n := range uint64(requests) {
		fate := f.fate(n)
		if again := f.fate(n); fate != again {
			t.Fatalf("request %d: %+v and then %+v", n, fate, again)
		}
		if fate.fail {
			failed++
		}
		if fate.close {
			closed++
		}
		if fate.delay < time.Second || fate.delay > 3*time.Second {
			t.Fatalf("delay %v", fate.delay)
		}
		delays += fate.delay
	}
	if failed /= requests; math.Abs(failed-0.05) > 0.005 {
		t.Errorf("%v of requests fail", failed)
	}
	if closed /= requests; math.Abs(closed-0.5) > 0.02 {
		t.Errorf("%v of connections are cut", closed)
	}
	if mean := delays / requests; mean < 1980*time.Millisecond || mean > 2020*time.Millisecond {
		t.Errorf("requests wait %v on average", mean)
	}
	without := f
	without.Fail = 0
	for n := range uint64(100) {
		if a, b := f.fate(n), without.fate(n); a.close != b.close || a.delay != b.delay || a.lines != b.lines {
			t.Errorf("request %d meets other faults when none fails", n)
		}
	}
	if never := (&Faults{}).fate(3); never.fail || never.close || never.delay != 0 {
		t.Errorf("no faults: %+v", never)
	}
	if always := (&Faults{Fail: 1, Close: 1}).fate(3); !always.fail || !always.close {
		t.Errorf("all faults: %+v", always)
	}
}

func TestStalled(t *testing.T) {
	f := Faults{Stall: 10 * time.Second, StallEvery: time.Minute}
	for at, want := range map[time.Duration]time.Duration{
		0: 0, 49 * time.Second: 0, 50 * time.Second: 10 * time.Second, 59 * time.Second: time.Second, time.Minute: 0,
		119 * time.Second: time.Second, 50*time.Second - 1: 0, time.Minute - 1: 1,
	} {
		if got := f.stalled(at); got != want {
			t.Errorf("at %v: %v, want %v", at, got, want)
		}
	}
	if got := (&Faults{Stall: time.Second}).stalled(time.Second); got != 0 {
		t.Errorf("never: %v", got)
	}
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := Faults{Stall: 10 * time.Second, StallEvery: time.Minute}
		done, began := make(chan struct{}), time.Now()
		for _, want := range []time.Duration{17 * time.Second, 34 * time.Second, time.Minute, 77 * time.Second} {
			f.wait(done, began, 17*time.Second) // the third is delayed into the stall
			if got := time.Since(began); got != want {
				t.Errorf("goes on at %v, want %v", got, want)
			}
		}
		time.AfterFunc(time.Second, func() { close(done) })
		f.wait(done, began, time.Hour)
		if got := time.Since(began); got != 78*time.Second {
			t.Errorf("goes on at %v although the server ends", got)
		}
	})
}

// A server that ends does not wait for faults.
func TestWaitingEndsWithTheServer(t *testing.T) {
	for name, f := range map[string]Faults{
		"delay": {Delay: [2]time.Duration{time.Hour, time.Hour}},
		"stall": {Stall: time.Hour, StallEvery: time.Hour},
	} {
		s, stop := start(t, Config{Faults: f})
		_, r := dial(t, s, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx")
		for s.arrived.Load() == 0 { // until the request is in
			runtime.Gosched()
		}
		stop()
		if a, err := http.ReadResponse(r, nil); err != nil || a.StatusCode != 200 || s.Lines() != 1 {
			t.Errorf("%s: %v, %v, %d lines", name, a, err, s.Lines())
		}
	}
}

// sent is one stream's lines as whoever sends them knows them.
type sent struct {
	next   uint64
	copies map[uint64]int // that must be there
}

// body is a push request with the next lines of a stream.
func (s *sent) body(lines int) (body []byte, seqs []uint64) {
	e := push.NewEncoder(push.Snappy)
	e.Stream([]byte(`{job="test"}`))
	for range lines {
		e.Entry(time.Now().UnixNano(), []byte(identified("r1", 0, s.next)), nil)
		seqs = append(seqs, s.next)
		s.next++
	}
	return slices.Clone(e.Body()), seqs
}

// held is the same as the account has it.
func held(t *testing.T, s *Server) sent {
	t.Helper()
	h := s.Account().Holding("r1")
	if h == nil || len(h.Streams) != 1 || h.Streams[0].Cut {
		t.Fatalf("%+v", h)
	}
	got := sent{next: h.Streams[0].Next, copies: map[uint64]int{}}
	each := func(ranges []verify.Range, f func(uint64)) {
		for _, r := range ranges {
			for seq := r[0]; seq <= r[1]; seq++ {
				f(seq)
			}
		}
	}
	for seq := range got.next {
		got.copies[seq] = 1
	}
	each(h.Streams[0].Missing, func(seq uint64) { delete(got.copies, seq) })
	each(h.Streams[0].Duplicated, func(seq uint64) { got.copies[seq]++ }) // twice at most here
	return got
}

// Whatever a server does wrong, the account agrees line by line with what a client that knows the
// faults expects of it.
func TestFaultsLineByLine(t *testing.T) {
	const requests, lines = 300, 20
	for name, f := range map[string]Faults{
		"none":  {},
		"fail":  {Seed: 1, Fail: 0.2, FailStatus: 429, RetryAfter: 1500 * time.Millisecond},
		"500":   {Seed: 2, Fail: 0.2},
		"close": {Seed: 3, Close: 0.2},
		"drop":  {Seed: 4, Drop: 0.03},
		"rate":  {Rate: 1, Burst: 100_000},
		"delay": {Seed: 5, Delay: [2]time.Duration{0, 100 * time.Microsecond}},
		"all":   {Seed: 6, Fail: 0.1, Close: 0.1, Drop: 0.1},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := start(t, Config{Faults: f})
			// A transport that keeps connections tries again by itself when one is cut.
			c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			model := sent{copies: map[uint64]int{}}
			answers := map[int]uint64{}
			arrived := uint64(0)
			post := func(body []byte, seqs []uint64) (answered bool) {
				fate := f.fate(arrived)
				arrived++
				q, err := http.NewRequest("POST", s.URL()+"loki/api/v1/push", strings.NewReader(string(body)))
				if err != nil {
					t.Fatal(err)
				}
				q.Header.Set("Content-Type", "application/x-protobuf")
				a, err := c.Do(q)
				if (err != nil) != (fate.close && !fate.fail) {
					t.Fatalf("request %d: %v", arrived, err)
				}
				status := 0
				if err == nil {
					a.Body.Close()
					status = a.StatusCode
					if wait := a.Header.Get("Retry-After"); wait != map[bool]string{true: "2"}[status == 429 && f.RetryAfter > 0] {
						t.Errorf("Retry-After %q with %d", wait, status)
					}
				}
				if answers[status]++; status == 0 || status == 204 {
					for _, seq := range seqs {
						if !happens(&fate.lines, f.Drop) {
							model.copies[seq]++
						}
					}
				}
				return err == nil
			}
			for range requests {
				body, seqs := model.body(lines)
				if !post(body, seqs) && name == "close" {
					for !post(body, seqs) {
						t.Log("cut again")
					}
				}
			}
			got := held(t, s)
			for seq := range got.next {
				if want := min(model.copies[seq], 2); got.copies[seq] != want {
					t.Errorf("line %d: %d are held, want %d", seq, got.copies[seq], want)
				}
			}
			total := 0
			for seq, n := range model.copies {
				if total += n; seq >= got.next {
					t.Errorf("line %d of %d is not held", seq, got.next)
				}
			}
			if name != "close" && s.Lines() != uint64(total) {
				t.Errorf("%d lines, want %d", s.Lines(), total)
			}
			if r := s.Report(); fmt.Sprint(r.Answers) != fmt.Sprint(answers) || r.Requests != arrived {
				t.Errorf("%d requests answered %v, want %v", r.Requests, r.Answers, answers)
			}
			wrong := f.Fail > 0 || f.Close > 0 || f.Drop > 0 || f.Rate > 0
			if lost := total < requests*lines || len(answers) > 1; lost != wrong && name != "close" {
				t.Errorf("%d lines of %d, answers %v: nothing was tested", total, requests*lines, answers)
			}
		})
	}
}

func TestRateLimitSpeaksAsLokiDoes(t *testing.T) {
	s, _ := start(t, Config{Faults: Faults{Rate: 10, Burst: 100, RetryAfter: time.Second}})
	c := client(t)
	send := func(path, tenant, contentType, body string) (*http.Response, string) {
		q, err := http.NewRequest("POST", s.URL()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Content-Type", contentType)
		if tenant != "" {
			q.Header.Set("X-Scope-OrgID", tenant)
		}
		a, err := c.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		text, err := io.ReadAll(a.Body)
		if err != nil {
			t.Fatal(err)
		}
		return a, string(text)
	}
	const tail = " (limit: 10 bytes/sec) while attempting to ingest '2' lines totaling '101' bytes, reduce log volume or " +
		"contact your Loki administrator to see if the limit can be increased"
	lines := []string{strings.Repeat("a", 100), "b"}
	pushed := `{"streams":[{"stream":{"a":"b"},"values":[["1","` + lines[0] + `"],["2","b"]]}]}`
	exported := `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"` + lines[0] + `"}},{"body":{"stringValue":"b"}}]}]}]}`
	for _, tt := range []struct{ path, tenant, contentType, body, want string }{
		{"loki/api/v1/push", "", jsonType, pushed, "Ingestion rate limit exceeded for user fake" + tail + "\n"},
		{"loki/api/v1/push", "team-a", jsonType, pushed, "Ingestion rate limit exceeded for user team-a" + tail + "\n"},
		{"otlp/v1/logs", "", jsonType, exported, `{"message":"Ingestion rate limit exceeded for user fake` + strings.ReplaceAll(tail, "'", `'`) + `"}`},
		{"", "", textType, strings.Join(lines, "\n"), "Ingestion rate limit exceeded for user fake" + tail + "\n"},
	} {
		a, text := send(tt.path, tt.tenant, tt.contentType, tt.body)
		if a.StatusCode != 429 || text != tt.want || a.Header.Get("Retry-After") != "1" {
			t.Errorf("/%s: %d %q, Retry-After %q; want %q", tt.path, a.StatusCode, text, a.Header.Get("Retry-After"), tt.want)
		}
	}
	if s.Lines() != 0 {
		t.Errorf("%d lines were taken", s.Lines())
	}
	if a, _ := send("", "", textType, lines[0]); a.StatusCode != 200 || s.Lines() != 1 {
		t.Errorf("what fits into the bucket: %d", a.StatusCode)
	}
	if b := (&Faults{Rate: 12.5}).bucket(); b.Burst() != 12 {
		t.Errorf("burst %d, want what a second brings", b.Burst())
	}
}
