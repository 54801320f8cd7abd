package main

import (
	"fmt"
	"math"

	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/sinks"
	"github.com/exitfound/lologen/sinks/push"
)

const (
	fullRequest = emitter.FirstBatch // bytes that are worth a request
	mostLanes   = 200_000            // streams that each get batches of their own, unless asked for: 0.5 KB each
	// firstRound is how many bytes an unpaced run may send before the last stream has lines. On a small
	// machine Loki takes that much in about a second, which is how long lines wait in a paced run.
	firstRound = 32 << 20
	// mostRequest is what a Loki with default settings takes in one request, uncompressed: more
	// cannot pass between its parts (gRPC's limit for a message).
	mostRequest = 4 << 20
)

// oversized warns of requests that a Loki with default settings cannot take. However low the rate is,
// lines that pile up while Loki stands still fill them.
func (o *options) oversized(l *load) []string {
	if o.sink != "loki" || len(o.loki.Metadata) == 0 && max(l.plan.Sink.Bytes, o.size) < mostRequest/4 {
		return nil
	}
	size, err := o.measure(l, true).request()
	if err != nil || size <= mostRequest {
		return nil
	}
	return []string{fmt.Sprintf("a request has up to %s before compression: a Loki with default settings takes %s (a smaller --batch-size helps, or its server.grpc_server_max_recv_msg_size)",
		report.Size(float64(size)), report.Size(mostRequest))}
}

// request is how large the batch is between Loki's parts, whatever encoding it comes in.
func (s *preview) request() (size int, err error) {
	l := s.config.Loki
	l.Encoding = push.Snappy
	size, _, err = sinks.SampleRequest(l, s.plan.Workers, &s.batch)
	return size, err
}

// streamsPerRequest is how many streams may share a request; 0: any number. One stream a request
// is better evidence, as Loki's 204 speaks for the last stream of a request only; but not if most
// streams would wait in vain for a request of their own.
func (o *options) streamsPerRequest(p *emitter.Plan, mean float64) int {
	if o.loki.perRequest > 0 {
		return o.loki.perRequest
	}
	lines := math.Inf(1)
	streams := float64(p.Streams)
	rate, _, paced := p.Asked()
	switch {
	case paced:
		lines = rate / streams * p.Sink.Wait.Seconds()
	case p.Count == 0 && streams*fullRequest > firstRound:
		return 0
	}
	if p.Count > 0 {
		lines = min(lines, float64(p.Count)/streams)
	}
	if p.Sink.Lines > 0 {
		lines = min(lines, float64(p.Sink.Lines))
	}
	if min(lines*mean, float64(p.Sink.Bytes)) >= fullRequest && p.Streams <= mostLanes {
		return 1
	}
	return 0
}

// evidence says when a 204 is not worth much.
func (o *options) evidence(p *emitter.Plan) string {
	why := ""
	switch {
	case p.Streams > max(p.Workers, o.loki.Tenants) && p.Sink.Streams != 1:
		why = "a request holds several streams"
	case o.loki.Level:
		why = "the levels of a stream are streams of their own in one request"
	case o.loki.Churn.Share > 0:
		why = "a stream and the one that replaces it can be in one request"
	default:
		return ""
	}
	return why + ", and Loki's 204 speaks for the last one only: what it dropped of the others counts as acked"
}

// unused says it where not all streams had lines, beside what else there is to say of the evidence.
func unused(evidence string, r *emitter.Result, streams int) string {
	if r.Used == streams {
		return evidence
	}
	why := fmt.Sprintf("only %d of %d streams have lines", r.Used, streams)
	if evidence == "" {
		return why
	}
	return why + "; " + evidence
}
