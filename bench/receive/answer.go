package receive

import (
	"errors"
	"net"

	"github.com/valyala/fasthttp"
)

const textType = "text/plain; charset=utf-8"

// notice has a request whose body is too large wait for leave to send it, as if it had said so: it
// is refused by its head alone.
func (s *Server) notice(h *fasthttp.RequestHeader) (c fasthttp.RequestConfig) {
	if h.ContentLength() > s.bodies.limit {
		h.Set(fasthttp.HeaderExpect, "100-continue")
	}
	return c
}

// expect gives leave to send a body, or refuses it.
func (s *Server) expect(ctx *fasthttp.RequestCtx) (status int) {
	if ctx.Request.Header.ContentLength() <= s.bodies.limit {
		return fasthttp.StatusContinue
	}
	s.refuse(ctx, fasthttp.ErrBodyTooLarge)
	return ctx.Response.StatusCode()
}

// answer reads a request's body to its end and answers the request.
func (s *Server) answer(ctx *fasthttp.RequestCtx) {
	b, err := s.bodies.read(ctx, s.done)
	if err != nil {
		s.refuse(ctx, err)
		ctx.SetConnectionClose() // the rest of the body would be taken for a request
		return
	}
	if b != nil {
		ctx.Request.SetBodyRaw(b)
		defer s.bodies.put(b)
		defer ctx.Request.ResetBody()
	}
	s.reply(ctx)
	if s.conns.finishing.Load() {
		ctx.SetConnectionClose()
	}
}

// reply takes what a request brings, or says what was asked for.
func (s *Server) reply(ctx *fasthttp.RequestCtx) {
	switch asked := string(ctx.Path()); {
	case ctx.IsGet() && asked == "/report":
		s.answerReport(ctx)
	case ctx.IsGet() && asked == "/metrics":
		s.answerMetrics(ctx)
	case ctx.IsGet() && asked == "/ready":
		answerText(ctx, "ready\n")
	default:
		s.take(ctx)
	}
}

// answerText answers with text that no browser takes for anything else.
func answerText(ctx *fasthttp.RequestCtx, text string) {
	ctx.SetContentType(textType)
	ctx.Response.Header.Set(fasthttp.HeaderXContentTypeOptions, "nosniff")
	ctx.Response.SetBodyString(text)
}

// answerStatus gives a refusal its status, and names the methods that would have been allowed.
func answerStatus(ctx *fasthttp.RequestCtx, status int, methods string) {
	ctx.SetStatusCode(status)
	if status == fasthttp.StatusMethodNotAllowed {
		ctx.Response.Header.Set(fasthttp.HeaderAllow, methods)
	}
}

// answerReport says what has been received, of one run line by line if it is named.
func (s *Server) answerReport(ctx *fasthttp.RequestCtx) {
	w := <-s.workers // a report of a million ranges takes memory, too
	defer func() { s.workers <- w }()
	encode := s.Report().JSON
	if run := ctx.QueryArgs().Peek("run"); run != nil {
		held := s.account.Holding(string(run))
		if held == nil {
			answerText(ctx, "Nothing has come of this run.\n")
			ctx.SetStatusCode(fasthttp.StatusNotFound)
			return
		}
		encode = func() ([]byte, error) { return encodeJSON(held) }
	}
	body, err := encode()
	answerBody(ctx, "application/json", body, err)
}

// answerBody answers with what was made for the purpose.
func answerBody(ctx *fasthttp.RequestCtx, contentType string, body []byte, err error) {
	if err != nil {
		answerText(ctx, err.Error()+"\n")
		ctx.SetStatusCode(fasthttp.StatusInternalServerError)
		return
	}
	answerText(ctx, "")
	ctx.SetContentType(contentType)
	ctx.Response.SetBodyRaw(body)
}

// refuse answers a request that could not be read.
func (s *Server) refuse(ctx *fasthttp.RequestCtx, err error) {
	var small *fasthttp.ErrSmallBuffer
	var network net.Error
	status, text := fasthttp.StatusBadRequest, "This request cannot be understood.\n"
	switch {
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		status, text = fasthttp.StatusRequestEntityTooLarge, "The body of this request is too large.\n"
	case errors.Is(err, errNoRoom):
		status, text = fasthttp.StatusServiceUnavailable, "Other requests take all the room that there is for bodies.\n"
	case errors.As(err, &small):
		status, text = fasthttp.StatusRequestHeaderFieldsTooLarge, "The head of this request is too large.\n"
	case errors.As(err, &network) && network.Timeout():
		status, text = fasthttp.StatusRequestTimeout, "This request took too long to arrive.\n"
	}
	answerText(ctx, text)
	ctx.SetStatusCode(status)
	s.faults.retryAfter(ctx)
	if status == fasthttp.StatusRequestTimeout { // there may have been no request at all
		return
	}
	s.counts.answered(status)
	if c, ok := ctx.Conn().(*conn); ok {
		c.linger.Store(true)
	}
}
