//go:build integration

package scrape

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/exitfound/lologen/sinks/push"
)

// TestIntegrationLoki pushes lines to a real Loki and finds exactly those in the difference.
func TestIntegrationLoki(t *testing.T) {
	url := os.Getenv("LOLOGEN_LOKI_URL")
	if url == "" {
		t.Fatal(`no LOLOGEN_LOKI_URL: eval "$(scripts/stack up loki)" sets it`)
	}
	url += "/loki/api/v1/push"
	// Other tests may push to the same Loki: what they disturb is tried again, with new streams.
	want := Change{
		Received:  Amount{Lines: streams*lines + 2, Bytes: streams*lines*10 + 7},
		Discarded: []Discards{{Reason: "too_far_in_future", Amount: Amount{Lines: 2, Bytes: 7}}},
		Streams:   Streams{Created: streams},
		Push:      Push{Requests: streams + 1},
	}
	var got Change
	for range 50 {
		if got = scrapePushes(t, url); reflect.DeepEqual(exact(got), want) {
			break
		}
	}
	if !reflect.DeepEqual(exact(got), want) {
		t.Errorf("got  %+v\nwant %+v", exact(got), want)
	}
	if got.Failed != "" || got.Restarted || got.CPU <= 0 || got.RSS < 10e6 || got.Push.Mean <= 0 || got.Push.Mean > 5 ||
		got.Streams.After < got.Streams.Before+streams || got.Took <= 0 {
		t.Errorf("change = %+v", got)
	}
}

const (
	streams = 5
	lines   = 200 // a stream
)

// exact is the part of a change that depends on nothing but what was pushed.
func exact(c Change) Change {
	return Change{
		Received: c.Received, Discarded: c.Discarded,
		Streams: Streams{Created: c.Streams.Created}, Push: Push{Requests: c.Push.Requests},
	}
}

func scrapePushes(t *testing.T, url string) Change {
	t.Helper()
	s := New(Config{Push: url})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	var ten []string
	for i := range lines {
		ten = append(ten, fmt.Sprintf("line %05d", i))
	}
	for i := range streams {
		post(t, url, fmt.Sprint(now.UnixNano(), "-", i), now, ten, http.StatusNoContent)
	}
	if m, err := s.Look(t.Context()); err != nil || m.Lines <= 0 || m.RSS == 0 {
		t.Errorf("look = %+v, %v", m, err)
	}
	post(t, url, fmt.Sprint(now.UnixNano(), "-refused"), now.Add(72*time.Hour), []string{"one", "more"}, http.StatusBadRequest)
	if _, err := s.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s.Finish()
}

func post(t *testing.T, url, stream string, at time.Time, lines []string, want int) {
	t.Helper()
	e := push.NewEncoder(push.Snappy)
	labels, err := e.AppendLabels(nil, []push.Label{{Name: "job", Value: "scrape-test"}, {Name: "stream", Value: stream}})
	if err != nil {
		t.Fatal(err)
	}
	e.Stream(labels)
	for i, line := range lines {
		e.Entry(at.UnixNano()+int64(i), []byte(line), nil)
	}
	resp, err := http.Post(url, push.Snappy.ContentType(), bytes.NewReader(e.Body()))
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != want {
		t.Fatalf("push answered %d, want %d", resp.StatusCode, want)
	}
}
