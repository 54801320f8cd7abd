package receive

import (
	"bytes"
	"errors"
	"net"
	"strconv"

	"github.com/valyala/fasthttp"
)

const (
	// echoMost bytes of a POST are sent back.
	echoMost = 64 << 10

	textType = "text/plain; charset=utf-8"
	greeting = "Hello from lologen. Send log lines here: one as the query parameter line of a GET, or any number in the body of a POST. " +
		"GET /report tells how many have come.\n"
)

// answer takes what a request brings and says so.
func (s *Server) answer(ctx *fasthttp.RequestCtx) {
	var lines, size int
	asked := ctx.IsGet() && string(ctx.Path()) == "/report"
	switch {
	case asked:
		s.answerReport(ctx)
	case ctx.IsGet():
		lines, size = inQuery(ctx.URI().QueryString())
		answerText(ctx, greeting)
	case ctx.IsHead():
		answerText(ctx, greeting)
	case ctx.IsPost():
		body := ctx.Request.Body()
		if isForm(ctx.Request.Header.ContentType()) {
			lines, size = inForm(body)
		} else {
			lines, size = inText(body)
		}
		answerPost(ctx, lines, size, body)
	default:
		answerText(ctx, "Only GET, HEAD and POST are answered here.\n")
		ctx.Response.Header.Set(fasthttp.HeaderAllow, "GET, HEAD, POST")
		ctx.SetStatusCode(fasthttp.StatusMethodNotAllowed)
	}
	if !asked {
		s.counts.add(lines, size, ctx.Time())
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

func answerPost(ctx *fasthttp.RequestCtx, lines, size int, body []byte) {
	var digits [20]byte
	answerText(ctx, "Received lines: ")
	ctx.Response.AppendBody(strconv.AppendInt(digits[:0], int64(lines), 10))
	ctx.Response.AppendBodyString(", bytes: ")
	ctx.Response.AppendBody(strconv.AppendInt(digits[:0], int64(size), 10))
	ctx.Response.AppendBodyString(".\n")
	ctx.Response.AppendBody(body[:min(len(body), echoMost)])
}

func (s *Server) answerReport(ctx *fasthttp.RequestCtx) {
	answerText(ctx, "")
	body, err := s.Report().JSON()
	if err != nil {
		ctx.SetStatusCode(fasthttp.StatusInternalServerError)
		return
	}
	ctx.SetContentType("application/json")
	ctx.Response.SetBodyRaw(body)
}

// refuse answers a request that could not be read.
func refuse(ctx *fasthttp.RequestCtx, err error) {
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
	if c, ok := ctx.Conn().(*conn); ok && status != fasthttp.StatusRequestTimeout {
		c.linger.Store(true)
	}
}

func isForm(contentType []byte) bool {
	media, _, _ := bytes.Cut(contentType, []byte{';'})
	return bytes.EqualFold(bytes.TrimSpace(media), []byte("application/x-www-form-urlencoded"))
}
