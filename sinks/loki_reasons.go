package sinks

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/exitfound/lologen/emitter"
)

// scope is how much of a request an error speaks of.
type scope uint8

const (
	wholeRequest scope = iota
	someStreams        // at least one: others may have been stored
	someLines          // at least one: others may have been stored
)

// lokiReasons are Loki's words for what it refuses (pkg/validation/validate.go in its source), how
// its texts tell them, and the setting that raises each limit. Wording differs by version, so texts
// are looked for anywhere, in any case. The first that fits counts.
var lokiReasons = []struct {
	text   string
	reason string
	raise  string
	scope  scope
}{
	{"ingestion rate limit exceeded", "rate_limited", "ingestion_rate_mb, ingestion_burst_size_mb", wholeRequest},
	{"per stream rate limit exceeded", "per_stream_rate_limit", "per_stream_rate_limit, per_stream_rate_limit_burst", someLines},
	{"maximum active stream limit exceeded", "stream_limit", "max_global_streams_per_user", someStreams},
	{"entry too far behind", "too_far_behind", "ingester.max_chunk_age", someLines},
	{"entry out of order", "out_of_order", "unordered_writes", someLines},
	{"has timestamp too old", "greater_than_max_sample_age", "reject_old_samples_max_age", someLines},
	{"has timestamp too new", "too_far_in_future", "creation_grace_period", someLines},
	{"max entry size", "line_too_long", "max_line_size", someLines},
	{"label names; limit", "max_label_names_per_series", "max_label_names_per_series", someStreams},
	{"label name too long", "label_name_too_long", "max_label_name_length", someStreams},
	{"label value too long", "label_value_too_long", "max_label_value_length", someStreams},
	{"duplicate label name", "duplicate_label_names", "", someStreams},
	{"missing required labels", "missing_enforced_labels", "enforced_labels", someStreams},
	{"at least one label pair is required", "missing_labels", "", someStreams},
	{"error parsing labels", "invalid_labels", "", someStreams},
	{"couldn't parse labels", "invalid_labels", "", someStreams},
	{"structured metadata too large", "structured_metadata_too_large", "max_structured_metadata_size", someLines},
	{"too many structured metadata", "structured_metadata_too_many", "max_structured_metadata_entries_count", someLines},
	{"includes structured metadata, but this feature is disallowed", "disallowed_structured_metadata", "allow_structured_metadata", someStreams},
	// A tenant that is blocked, and a policy that is, which not all streams have: 3.5 has one text for both.
	{"ingestion blocked", "blocked_ingestion", "block_ingestion_until", someStreams},
	// Between Loki's parts, a 500. What comes from outside has no limit in 3.5 (pkg/loghttp/push/push.go
	// there takes 2 GiB); later versions have two, and answer 413. Any other 413 is a proxy's.
	{"larger than max", "message_too_large", "server.grpc_server_max_recv_msg_size", wholeRequest},
	{"decompressed message size too large", "request_body_too_large", "distributor.max_decompressed_size", wholeRequest},
	{"message size too large", "request_body_too_large", "distributor.max_recv_msg_size", wholeRequest},
	{"no org id", "no_org_id", "", wholeRequest},
}

// stored reports whether the answer says that Loki has the lines: it says 204 (pkg/distributor/http.go
// in its source), and some who speak as it does 200. A 200 that says more is somebody else's, as a
// proxy's that wants a login.
func (s *lokiSink) stored() bool {
	status := s.resp.StatusCode()
	return status == fasthttp.StatusNoContent || status == fasthttp.StatusOK && s.link.body.Len() == 0
}

// blame is the outcome of an answer that does not confirm b, the batch that was sent last.
func (s *lokiSink) blame(b *emitter.Batch) *emitter.Outcome {
	o := s.refused(time.Now())
	if s.confirms() {
		// Whoever it is, it may have handed the lines on.
		o.Unknown = true
		o.Err = fmt.Errorf("%s: not an answer of Loki's, which is 204: %s", s.name, s.answer(o.Status))
		return o
	}
	if s.link.cut {
		o.Unknown = true // what was not read may say that a part was stored
	}
	s.classify(o, b)
	return o
}

// classify finds the reason of a refusal, and how much of the batch it speaks of.
func (s *lokiSink) classify(o *emitter.Outcome, b *emitter.Batch) {
	body := bytes.ToLower(s.link.body.Bytes())
	for _, r := range lokiReasons {
		if !bytes.Contains(body, []byte(r.text)) {
			continue
		}
		o.Reason, o.Raise = r.reason, r.raise
		switch {
		case o.Status >= 500:
			// A message that is too large will be that again.
			o.Retry = r.reason != "message_too_large"
		case s.link.cut:
		case r.scope == someStreams:
			o.Unknown = s.streams > 1
		case r.scope == someLines:
			o.Unknown = b.Len() > 1 && !(s.streams == 1 && refusedLines(body, r.text) >= b.Len())
		}
		return
	}
	byStatus(o)
}

// byStatus names an answer whose text says nothing that we know.
func byStatus(o *emitter.Outcome) {
	switch o.Status {
	case 260:
		o.Reason, o.Raise = "blocked_ingestion", "block_ingestion_until"
	case fasthttp.StatusRequestEntityTooLarge:
		o.Reason, o.Raise = "request_body_too_large", "distributor.max_recv_msg_size, or a proxy's (client_max_body_size of nginx)"
	}
}

var (
	ignored = regexp.MustCompile(`total ignored: (\d+) out of (\d+)`)
	grouped = regexp.MustCompile(`(\d+) errors like: `)
)

// refusedLines is how many lines of one stream an answer says were refused: at least, where it
// does not say. Loki counts them, or lists its errors, those alike as "5 errors like: ...".
func refusedLines(body []byte, text string) int {
	if m := ignored.FindSubmatch(body); m != nil {
		n, _ := strconv.Atoi(string(m[1]))
		return n
	}
	groups := grouped.FindAllSubmatch(body, -1)
	lines := bytes.Count(body, []byte(text)) - len(groups)
	for _, m := range groups {
		n, _ := strconv.Atoi(string(m[1]))
		lines += n
	}
	return lines
}
