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
			return newHTTPSink(ctx, e), nil
		},
	}, nil
}

// httpSink is one worker's requests, all on one connection that is kept alive. fasthttp encodes
// and decodes them, but its client is left out: that repeats requests on its own, hides why a
// connection broke, and leaves a goroutine behind for every connection.
type httpSink struct {
	*endpoint
	link   *link
	req    fasthttp.Request
	resp   fasthttp.Response
	target []byte // of a GET: the endpoint's own and then the line
}

func newHTTPSink(ctx context.Context, e *endpoint) *httpSink {
	s := &httpSink{endpoint: e, link: newLink(ctx, e)}
	e.prepare(&s.req)
	s.resp.KeepBodyBuffer = true
	return s
}

// Send makes one request of all of b's lines. The link knows the run's context already.
func (s *httpSink) Send(_ context.Context, b *emitter.Batch) (int, error) {
	if b.Len() == 0 {
		return 0, nil
	}
	if err := s.fill(b); err != nil {
		return 0, err
	}
	defer s.req.SetBodyRaw(nil) // the batch is only lent

	before := s.link.wrote
	err := s.link.connect(time.Now().Add(s.Timeout))
	connected := err == nil
	request := s.link.wrote
	if connected {
		err = s.link.exchange(&s.req, &s.resp)
	}
	b.Wire += s.link.wrote - before

	switch {
	case err == nil && s.confirms():
		return b.Len(), nil
	case err == nil:
		return 0, s.refused(time.Now())
	default:
		return 0, s.failed(err, connected, s.link.wrote > request)
	}
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

// Close lets go of the connection.
func (s *httpSink) Close() error {
	s.link.end()
	return nil
}
