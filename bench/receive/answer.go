package receive

import (
	"errors"
	"net"

	"github.com/valyala/fasthttp"
)

const textType = "text/plain; charset=utf-8"

// answer takes what a request brings, or says what was asked for.
func (s *Server) answer(ctx *fasthttp.RequestCtx) {
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
	if s.conns.finishing.Load() {
		ctx.SetConnectionClose()
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
	case errors.As(err, &small):
		status, text = fasthttp.StatusRequestHeaderFieldsTooLarge, "The head of this request is too large.\n"
	case errors.As(err, &network) && network.Timeout():
		status, text = fasthttp.StatusRequestTimeout, "This request took too long to arrive.\n"
	}
	ctx.Response.Reset()
	answerText(ctx, text)
	ctx.SetStatusCode(status)
	if status == fasthttp.StatusRequestTimeout { // there may have been no request at all
		return
	}
	s.counts.answered(status)
	if c, ok := ctx.Conn().(*conn); ok {
		c.linger.Store(true)
	}
}
