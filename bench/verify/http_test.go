package verify

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestServersWords: what a server says is shown as the report shows it, so nothing in it turns the
// line of a terminal round, hides in it, or moves a cursor.
func TestServersWords(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte("no\u202e en\u200btry\x1b[2J\u009b for\r\nyou"))
	}))
	defer server.Close()
	receiver, err := NewReceiver(Server{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	loki, err := NewLoki(LokiConfig{Server: Server{URL: server.URL}, Selector: `{job="x"}`}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range []Source{receiver, loki} {
		const want = "status 403: no entry[2J for  you"
		if _, err := source.Count(t.Context(), "r"); err == nil || err.Error() != want {
			t.Errorf("%s: error is %q, want %q", source, err, want)
		}
	}
}
