package sinks

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/exitfound/lologen/emitter"
)

// Texts as Loki 3.5 has them.
const (
	textRate     = "Ingestion rate limit exceeded for user fake (limit: 4194304 bytes/sec) while attempting to ingest '5000' lines totaling '900000' bytes, reduce log volume or contact your Loki administrator to see if the limit can be increased"
	textStreamRt = `entry with timestamp 2026-11-22 10:00:00 +0000 UTC ignored, reason: 'Per stream rate limit exceeded (limit: 3MB/sec) while attempting to ingest for stream '{a="b"}' totaling 1kB, consider splitting a stream via additional labels or contact your Loki administrator to see if the limit can be increased',` + "\nuser 'fake', total ignored: %d out of 3 for stream: {a=\"b\"}"
	textStreams  = `Maximum active stream limit exceeded when trying to create stream {a="b"}, reduce the number of active streams (reduce labels or reduce label values), or contact your Loki administrator to see if the limit can be increased, user: 'fake'`
	textBehind   = `entry with timestamp 2026-11-22 10:00:00 +0000 UTC ignored, reason: 'entry too far behind, entry timestamp is: 2026-11-22T10:00:00Z, oldest acceptable timestamp is: 2026-11-22T11:00:00Z',` + "\nuser 'fake', total ignored: %d out of 3 for stream: {a=\"b\"}"
	textOld      = `entry for stream '{a="b"}' has timestamp too old: 2026-01-01T00:00:00Z, oldest acceptable timestamp is: 2026-11-15T00:00:00Z`
	textNew      = `entry for stream '{a="b"}' has timestamp too new: 2027-01-01T00:00:00Z`
	textLong     = `Max entry size '262144' bytes exceeded for stream '{a="b"}' while adding an entry with length '300000' bytes`
	textNames    = `entry for stream '{a="b"}' has 16 label names; limit 15`
	textPolicy   = "ingestion blocked for user fake until '2027-01-01T00:00:00Z' with status code '260'"
	textGRPC     = "rpc error: code = ResourceExhausted desc = grpc: received message larger than max (5242880 vs. 4194304)"
)

func TestLokiReasons(t *testing.T) {
	one := []record{{0, 0, 1, 0}}
	three := []record{{0, 0, 1, 0}, {0, 1, 2, 0}, {0, 2, 3, 0}}
	streams := []record{{0, 0, 1, 0}, {1, 0, 2, 0}, {1, 1, 3, 0}}
	tests := []struct {
		name    string
		status  int
		text    string
		lines   []record
		reason  string
		raise   string
		unknown bool
		retry   bool
	}{
		{"rate", 429, textRate, streams, "rate_limited", "ingestion_rate_mb", false, true},
		{"stream rate, all", 429, fmt.Sprintf(textStreamRt, 3), three, "per_stream_rate_limit", "per_stream_rate_limit_burst", false, true},
		{"stream rate, some", 429, fmt.Sprintf(textStreamRt, 2), three, "per_stream_rate_limit", "per_stream_rate_limit_burst", true, true},
		{"stream limit, one stream", 429, textStreams, three, "stream_limit", "max_global_streams_per_user", false, true},
		{"stream limit, several", 429, textStreams, streams, "stream_limit", "max_global_streams_per_user", true, true},
		{"behind, all", 400, fmt.Sprintf(textBehind, 3), three, "too_far_behind", "max_chunk_age", false, false},
		{"behind, some", 400, fmt.Sprintf(textBehind, 1), three, "too_far_behind", "max_chunk_age", true, false},
		{"behind, of several streams", 400, fmt.Sprintf(textBehind, 3), streams, "too_far_behind", "max_chunk_age", true, false},
		{"old, the only one", 400, textOld, one, "greater_than_max_sample_age", "reject_old_samples_max_age", false, false},
		{"old, one of three", 400, textOld, three, "greater_than_max_sample_age", "reject_old_samples_max_age", true, false},
		{"old, each by itself", 400, textOld + "; " + textOld + "; " + textOld, three, "greater_than_max_sample_age", "reject_old_samples_max_age", false, false},
		{"new, all alike", 400, "3 errors like: " + textNew, three, "too_far_in_future", "creation_grace_period", false, false},
		{"new, in two groups", 400, "2 errors like: " + textNew + "; " + textNew, three, "too_far_in_future", "creation_grace_period", false, false},
		{"new, two of three", 400, "2 errors like: " + textNew, three, "too_far_in_future", "creation_grace_period", true, false},
		{"long", 400, "2 errors like: " + textLong, three, "line_too_long", "max_line_size", true, false},
		{"in capitals", 400, strings.ToUpper(textLong), one, "line_too_long", "max_line_size", false, false},
		{"names", 400, textNames, three, "max_label_names_per_series", "max_label_names_per_series", false, false},
		{"names, several streams", 400, textNames, streams, "max_label_names_per_series", "max_label_names_per_series", true, false},
		{"no tenant", 401, "no org id", three, "no_org_id", "", false, false},
		{"too large", 413, "", three, "request_body_too_large", "max_recv_msg_size", false, false},
		{"too large inside", 500, textGRPC, three, "message_too_large", "grpc_server_max_recv_msg_size", true, false},
		// The next two are of later versions: 3.5 has no such limit.
		{"too large, Loki's word", 413, "request body too large: message size too large than max (104857700 vs 104857600)", streams, "request_body_too_large", "distributor.max_recv_msg_size", false, false},
		{"too large, unpacked", 413, "request body too large: decompressed message size too large than max (2 vs 1)", streams, "request_body_too_large", "distributor.max_decompressed_size", false, false},
		{"too large, a proxy's word", 413, "<html><head><title>413 Request Entity Too Large</title></head>", streams, "request_body_too_large", "client_max_body_size", false, false},
		{"blocked", 260, textPolicy, three, "blocked_ingestion", "block_ingestion_until", false, false},
		{"blocked, perhaps only one stream", 260, textPolicy, streams, "blocked_ingestion", "block_ingestion_until", true, false},
		{"blocked, no text", 260, "", three, "blocked_ingestion", "block_ingestion_until", false, false},
		{"malformed", 400, "snappy: corrupt input", three, "http_400", "", false, false},
		{"overload", 503, "empty ring", three, "http_503", "", true, true},
		{"proxy's limit", 429, "slow down", three, "rate_limited", "", false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := lokiAnswer(t, tt.status, tt.text, Loki{Labels: job("a"), Streams: 2}, batchWith(tt.lines...))
			if o.Reason != tt.reason || !strings.Contains(o.Raise, tt.raise) || (o.Raise == "") != (tt.raise == "") ||
				o.Unknown != tt.unknown || o.Retry != tt.retry || o.Status != tt.status {
				t.Errorf("outcome %+v", o)
			}
			if !strings.HasPrefix(o.Error(), "POST http://127.0.0.1:") || !strings.Contains(o.Error(), fmt.Sprint(tt.status)) {
				t.Errorf("error %q", o)
			}
		})
	}
}

// TestLokiLongAnswers: Loki lists every line that it refused, and nobody reads all of that. The part
// that is read names the reason, and the part that is not may say that some lines were stored.
func TestLokiLongAnswers(t *testing.T) {
	three := batchWith(record{0, 0, 1, 0}, record{0, 1, 2, 0}, record{0, 2, 3, 0})
	list := strings.Repeat("3 errors like: "+textOld+"; ", 2*answerMost/len(textOld))
	o := lokiAnswer(t, 400, list, Loki{Labels: job("a"), Streams: 1}, three)
	if o.Reason != "greater_than_max_sample_age" || o.Raise != "reject_old_samples_max_age" || !o.Unknown || o.Retry ||
		!strings.Contains(o.Error(), "400 Bad Request: 3 errors like: entry for stream") {
		t.Errorf("outcome %+v: %v", o, o)
	}
	for _, text := range []string{strings.Repeat("no idea", answerMost), textNames + strings.Repeat("; ", answerMost)} {
		if o := lokiAnswer(t, 400, text, Loki{Labels: job("a"), Streams: 1}, three); !o.Unknown || o.Retry {
			t.Errorf("outcome %+v: %v", o, o)
		}
	}
	// As much as is read, and no byte more, is certain again.
	whole := strings.Repeat(" ", answerMost-1-len("3 errors like: ")-len(textOld)) + "3 errors like: " + textOld
	if o := lokiAnswer(t, 400, whole, Loki{Labels: job("a"), Streams: 1}, three); o.Unknown {
		t.Errorf("outcome %+v: %v", o, o)
	}
}

// TestLokiAnswersOthersGive: what is no answer of a Loki's does not confirm a line.
func TestLokiAnswersOthersGive(t *testing.T) {
	const login = "<html>login</html>"
	for _, tt := range []struct {
		status int
		text   string
		acked  bool
	}{
		{204, "", true},
		{200, "", true},
		{200, login, false},
		{200, " ", false},
		{201, "", false},
		{202, "", false},
		{202, login, false},
		{206, "", false},
		{299, login, false},
	} {
		server, requests := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tt.status)
			_, _ = io.WriteString(w, tt.text)
		})
		s := openLokiSink(t, server.URL, Loki{Labels: job("a"), Streams: 1})
		for range 2 {
			n, err := s.Send(t.Context(), batchOf("a"))
			var o *emitter.Outcome
			switch {
			case tt.acked:
				if n != 1 || err != nil {
					t.Errorf("%d %q: %d, %v", tt.status, tt.text, n, err)
				}
			case n != 0 || !errors.As(err, &o):
				t.Errorf("%d %q: %d, %v", tt.status, tt.text, n, err)
			case !o.Unknown || o.Retry || o.Status != tt.status || o.Reason != fmt.Sprintf("http_%d", tt.status) ||
				!strings.Contains(o.Error(), "not an answer of Loki's") || !strings.Contains(o.Error(), strings.TrimSpace(tt.text)):
				t.Errorf("%d %q: outcome %+v: %v", tt.status, tt.text, o, o)
			}
		}
		if n := len(requests.all()); n != 2 {
			t.Errorf("%d requests for 2 batches", n)
		}
	}
}

func FuzzRefusedLines(f *testing.F) {
	for _, text := range []string{textRate, fmt.Sprintf(textBehind, 3), "3 errors like: " + textNew, "99999999999999999999 errors like: x", ""} {
		f.Add([]byte(text), "has timestamp too new")
	}
	f.Fuzz(func(t *testing.T, body []byte, text string) {
		if text != "" {
			refusedLines(body, text) // no answer may bring us down
		}
	})
}

func TestLokiDefaultLimits(t *testing.T) {
	levels := Loki{Labels: job("a"), Streams: 2000, Level: true}
	many := Loki{Labels: job("a"), Streams: 4000, Churn: Churn{1, 1e9 * 60}}
	for name, tt := range map[string]struct {
		loki Loki
		load LokiLoad
		want string
	}{
		"small":        {Loki{Labels: job("a"), Streams: 1}, LokiLoad{Bytes: 1e6, Hottest: 1, Tenant: 1}, ""},
		"rate":         {Loki{Labels: job("a"), Streams: 100}, LokiLoad{Bytes: 20e6, Hottest: 0.01, Tenant: 1}, "rate_limited"},
		"hot":          {Loki{Labels: job("a"), Streams: 100}, LokiLoad{Bytes: 4e6, Hottest: 0.9, Tenant: 1}, "per_stream_rate_limit"},
		"tenants help": {Loki{Labels: job("a"), Streams: 100, Tenants: 10}, LokiLoad{Bytes: 20e6, Hottest: 0.01, Tenant: 0.1}, ""},
		"levels":       {levels, LokiLoad{Levels: 5}, "stream_limit"},
		"one level":    {levels, LokiLoad{Levels: 1}, ""},
		"few lines":    {levels, LokiLoad{Levels: 5, Lines: 100}, ""},
		"hot tenant":   {Loki{Labels: job("a"), Streams: 100, Tenants: 10}, LokiLoad{Bytes: 20e6, Hottest: 0.01, Tenant: 0.5}, "rate_limited"},
		"churn":        {many, LokiLoad{}, "stream_limit"},
		"lines":        {Loki{Labels: job("a"), Streams: 1}, LokiLoad{Longest: 300_000, Request: 5 << 20}, "line_too_long message_too_large"},
		"past":         {Loki{Labels: job("a"), Streams: 1, Offset: -200 * 3600e9}, LokiLoad{}, "greater_than_max_sample_age"},
		"future":       {Loki{Labels: job("a"), Streams: 1, Offset: 1800e9}, LokiLoad{}, "too_far_in_future"},
		"disorder":     {Loki{Labels: job("a"), Streams: 1, Disorder: Disorder{0.1, 2 * 3600e9}}, LokiLoad{}, "too_far_behind"},
		"value":        {Loki{Labels: job(strings.Repeat("x", 3000)), Streams: 1}, LokiLoad{}, "label_value_too_long"},
	} {
		var got []string
		for _, h := range tt.loki.DefaultLimits(tt.load) {
			got = append(got, h.Reason)
			if h.Raise == "" || h.Have == "" || h.Limit == "" {
				t.Errorf("%s: %+v", name, h)
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %v, want %s", name, got, tt.want)
		}
	}
}

func TestSampleRequest(t *testing.T) {
	l := Loki{Labels: job("a", "b"), Streams: 2}
	b := batchWith(record{0, 0, 1, emitter.Info}, record{1, 0, 2, emitter.Info})
	size, wire, err := SampleRequest(l, 1, b)
	if err != nil || size < 40 || wire < 10 || wire > size+20 {
		t.Errorf("%d bytes, %d on the wire, %v", size, wire, err)
	}
	sets, err := SampleLabels(l, 5)
	if err != nil || strings.Join(sets, " ") != `{job="a"} {job="b"}` {
		t.Errorf("%v, %v", sets, err)
	}
}
