package sinks_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"testing"

	"github.com/exitfound/lologen/bench/receive"
	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/sinks"
)

// What the http sink confirms is what the built-in web server counts.
func TestHTTPToReceiver(t *testing.T) {
	message := func(i int) string { return fmt.Sprintf("line %d: 50%% \"quoted\" & ünïcode + more", i) }
	plain := func(dst []byte, r *emitter.Record) []byte { return append(dst, r.Message...) }
	record := func(dst []byte, r *emitter.Record) []byte {
		return append(dst, "name=app&msg="+url.QueryEscape(string(r.Message))+"&levelname=INFO"...)
	}
	tests := []struct {
		name   string
		http   sinks.HTTP
		format emitter.Format
	}{
		{"get", sinks.HTTP{Method: "GET"}, plain},
		{"get record", sinks.HTTP{Method: "GET", Form: true}, record},
		{"post", sinks.HTTP{Method: "POST"}, plain},
		{"post record", sinks.HTTP{Method: "POST", Form: true}, record},
		{"post batches", sinks.HTTP{Method: "POST", Lines: 10}, plain},
	}
	const batches = 50
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := serveReceiver(t)
			tt.http.URL = server.URL()
			opener, err := sinks.Open("http", sinks.Config{Workers: 1, HTTP: tt.http})
			if err != nil {
				t.Fatal(err)
			}
			sink, err := opener.Open(t.Context(), 0)
			if err != nil {
				t.Fatal(err)
			}
			var want receive.Lines
			for i := range batches {
				b := new(emitter.Batch)
				for range opener.Lines {
					b.Add(tt.format, &emitter.Record{Message: []byte(message(i))}, 0)
					want.Lines++
					want.Bytes += uint64(len(message(i)))
				}
				if n, err := sink.Send(t.Context(), b); n != b.Len() || err != nil {
					t.Fatalf("Send = %d, %v", n, err)
				}
			}
			if err := sink.Close(); err != nil {
				t.Error(err)
			}
			if r := server.Report(); r.Unidentified != want || r.Requests != batches {
				t.Errorf("received %+v in %d requests, want %+v in %d", r.Unidentified, r.Requests, want, batches)
			}
		})
	}
}

// A refusal in mid-request is heard, although the receiver closes without having read it all.
func TestHTTPToReceiverTooLarge(t *testing.T) {
	server := serveReceiver(t)
	opener, err := sinks.Open("http", sinks.Config{Workers: 1, HTTP: sinks.HTTP{URL: server.URL(), Method: "POST"}})
	if err != nil {
		t.Fatal(err)
	}
	sink, err := opener.Open(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	b := new(emitter.Batch)
	b.Add(func(dst []byte, _ *emitter.Record) []byte { return append(dst, make([]byte, 17<<20)...) }, new(emitter.Record), 0)
	n, err := sink.Send(t.Context(), b)
	var o *emitter.Outcome
	if n != 0 || !errors.As(err, &o) || o.Unknown || o.Status != 413 {
		t.Errorf("Send = %d, %v", n, err)
	}
	if server.Lines() != 0 {
		t.Errorf("%d lines received", server.Lines())
	}
}

func serveReceiver(t *testing.T) *receive.Server {
	t.Helper()
	s, err := receive.Listen(receive.Config{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}
