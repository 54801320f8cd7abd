package sinks

import (
	"context"
	"fmt"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/exitfound/lologen/emitter"
)

// openHTTP sends lines to a web server: in the body of a POST, or in the query of a GET. It does
// not connect yet, as a server that is away is an outcome of lines and not a fault of the run.
func openHTTP(c Config) (emitter.Opener, error) {
	e, err := newEndpoint(c.HTTP)
	if err != nil {
		return emitter.Opener{}, fmt.Errorf("open http sink: %w", err)
	}
	return emitter.Opener{
		Limits: emitter.Limits{Lines: max(1, c.HTTP.Lines), Bytes: 1 << 20},
		Ack:    emitter.AckResponse,
		Open: func(ctx context.Context, _ int) (emitter.Sink, error) {
			return &httpSink{client: newClient(ctx, e)}, nil
		},
	}, nil
}

// httpSink is one worker's requests.
type httpSink struct {
	*client
	target []byte // of a GET: the endpoint's own and then the line
}

// Send makes one request of all of b's lines.
func (s *httpSink) Send(_ context.Context, b *emitter.Batch) (int, error) {
	if b.Len() == 0 {
		return 0, nil
	}
	if err := s.fill(b); err != nil {
		return 0, err
	}
	defer s.req.SetBodyRaw(nil) // the batch is only lent

	if err := s.attempt(b); err != nil {
		return 0, err
	}
	if !s.confirms() {
		return 0, s.refused(time.Now())
	}
	return b.Len(), nil
}

// fill puts b's lines where the method wants them.
func (s *httpSink) fill(b *emitter.Batch) error {
	if b.Len() > 1 && !s.takesLines() {
		return s.unsent("batch_too_large", "%d lines, but such a request takes one", b.Len())
	}
	if s.Method == fasthttp.MethodPost {
		lines := b.Bytes()
		s.req.SetBodyRaw(lines[:len(lines)-1])
		return nil
	}
	s.target = append(s.target[:0], s.base...)
	if s.Form {
		s.target = append(s.target, b.Line(0)...)
	} else {
		s.target = appendEscaped(s.target, b.Line(0))
	}
	if len(s.target) > targetMost {
		return s.unsent("line_too_long", "request target of %d bytes, at most %d are sent", len(s.target), targetMost)
	}
	s.req.Header.SetRequestURIBytes(s.target)
	return nil
}
