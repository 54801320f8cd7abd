package verify

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestReceiver reads an account's answer back.
func TestReceiver(t *testing.T) {
	a := NewAccount(Limits{})
	b := a.NewBatch()
	for stream := range uint64(3) {
		for _, seq := range []uint64{0, 1, 3, 2, 5, 5} {
			b.Add(text("r", stream, seq, 1000))
		}
	}
	b.Add([]byte("nothing"))
	b.Take(3000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := a.Holding(r.URL.Query().Get("run"))
		switch {
		case h != nil:
			_ = json.NewEncoder(w).Encode(h)
		case r.URL.RawQuery == "":
			_ = json.NewEncoder(w).Encode(a.Totals())
		default:
			http.Error(w, "no such run", http.StatusNotFound)
		}
	}))
	defer server.Close()
	r, err := NewReceiver(Server{URL: server.URL + "/"})
	if err != nil {
		t.Fatal(err)
	}
	ledger := &Ledger{RunID: "r", Streams: []Sent{{Stream: 0, Next: 6}, {Stream: 1, Next: 6}, {Stream: 2, Next: 4}}}
	v := Ask(t.Context(), r, Question{Ledger: ledger, Settle: time.Nanosecond})
	if v.Error != "" || v.Stored != 15 || v.Lost != 2 || v.Extra != 1 || v.Duplicated != 3 || v.Reordered != 3 || *v.Passed ||
		v.EndToEnd == nil || v.EndToEnd.Count != 18 {
		t.Errorf("verdict is %+v", v)
	}
	v = Ask(t.Context(), r, Question{Run: "unknown", Wait: time.Nanosecond})
	if v.Passed == nil || *v.Passed || v.Stored != 0 {
		t.Errorf("verdict is %+v", v)
	}
}

// TestReceiverIsNone: other servers hold nothing of the run, and saying so at once is not that it is lost.
func TestReceiverIsNone(t *testing.T) {
	for _, c := range []struct {
		status     int
		text, want string
	}{
		{404, "File not found", "no lologen receive is there: status 404"},
		{404, `{"run_id":"r"}`, "no lologen receive is there"},
		{200, "hello", "no lologen receive is there: read answer: not the JSON that was asked for"},
		{200, "", "no lologen receive is there"},
		{200, "[]", "no lologen receive is there"},
		{200, `{"version":1,"runs":[]}`, "no lologen receive is there"},
		{401, "who are you?", "status 401: who are you?"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.text))
		}))
		r, err := NewReceiver(Server{URL: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Count(t.Context(), "r")
		if err == nil || !errors.Is(err, ErrRefused) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%d %q: error is %v", c.status, c.text, err)
		}
		l := &Ledger{RunID: "r", Streams: []Sent{{Next: 6}}}
		v := Ask(t.Context(), r, Question{Ledger: l, Wait: time.Hour})
		if v.Passed != nil || v.Lost != 0 || v.Error == "" {
			t.Errorf("%d %q: verdict is %+v", c.status, c.text, v)
		}
		server.Close()
	}
	if _, err := NewReceiver(Server{URL: "nowhere"}); err == nil {
		t.Error("nowhere is an address")
	}
}

// TestReceiverBreaksOff: an answer that is not whole may be so the next time.
func TestReceiverBreaksOff(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked == 1 {
			_, _ = w.Write([]byte(`{"run_id":"r","streams":[{"stream":0,`))
			return
		}
		_, _ = w.Write([]byte(`{"run_id":"r","lines":{"received":6},"streams":[{"stream":0,"next":6}]}`))
	}))
	defer server.Close()
	r, err := NewReceiver(Server{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	v := Ask(t.Context(), r, Question{Ledger: &Ledger{RunID: "r", Streams: []Sent{{Next: 6}}}})
	if v.Passed == nil || !*v.Passed || v.Stored != 6 || asked != 2 {
		t.Errorf("asked %d times, verdict is %+v", asked, v)
	}
}

// TestReceiverAnswers tells a receiver from whatever else may answer.
func TestReceiverAnswers(t *testing.T) {
	empty, err := json.Marshal(NewAccount(Limits{}).Totals())
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		string(empty):                   true,
		`{"runs":null}`:                 false,
		`{"runs":[]}`:                   false,
		"hello":                         false,
		`[]`:                            false,
		`{"status":"success","data":1}`: false,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/report" {
				_, _ = w.Write([]byte(text))
			}
		}))
		r, err := NewReceiver(Server{URL: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Answers(t.Context()); got != want {
			t.Errorf("%s: %v", text, got)
		}
		server.Close()
		if r.Answers(t.Context()) {
			t.Error("a closed server answers")
		}
	}
}
