package verify

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
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
		if h == nil || r.URL.Path != "/report" {
			http.Error(w, "no such run", http.StatusNotFound)
			return
		}
		_ = json.NewEncoder(w).Encode(h)
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

func TestReceiverFails(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"version":1,"runs":[]}`))
	}))
	defer server.Close()
	r, err := NewReceiver(Server{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Count(t.Context(), "r"); err == nil {
		t.Error("another answer is taken for an account")
	}
	if _, err := NewReceiver(Server{URL: "nowhere"}); err == nil {
		t.Error("nowhere is an address")
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
