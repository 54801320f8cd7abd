package receive

import (
	"bytes"
	"strconv"

	"github.com/valyala/fasthttp"
)

const (
	// echoMost bytes of a POST are sent back.
	echoMost = 64 << 10

	greeting = "Hello from lologen. Send log lines here: one as the query parameter line of a GET, or any number in the body of a POST. " +
		"POST /loki/api/v1/push takes what Loki takes, POST /otlp/v1/logs takes OTLP. GET /report tells how many have come.\n"
)

// web is the plain web server: a line in the query of a GET, lines or a form in the body of a POST.
type web struct{}

func (web) gather(w *worker, q *fasthttp.Request) error {
	switch {
	case q.Header.IsGet():
		w.inQuery(q.URI().QueryString())
	case q.Header.IsHead():
	case !q.Header.IsPost():
		return notAllowed("Only GET, HEAD and POST are answered here.")
	case isForm(q.Header.ContentType()):
		w.inForm(q.Body())
	default:
		w.inText(q.Body())
	}
	return nil
}

func (web) accept(ctx *fasthttp.RequestCtx, w *worker) {
	if !ctx.IsPost() {
		answerText(ctx, greeting)
		return
	}
	body := ctx.Request.Body()
	var digits [20]byte
	answerText(ctx, "Received lines: ")
	ctx.Response.AppendBody(strconv.AppendInt(digits[:0], int64(w.lines), 10))
	ctx.Response.AppendBodyString(", bytes: ")
	ctx.Response.AppendBody(strconv.AppendInt(digits[:0], int64(w.bytes), 10))
	ctx.Response.AppendBodyString(".\n")
	ctx.Response.AppendBody(body[:min(len(body), echoMost)])
}

func (web) refuse(ctx *fasthttp.RequestCtx, r *refusal) {
	answerText(ctx, r.text+"\n")
	answerStatus(ctx, r.status, "GET, HEAD, POST")
}

func isForm(contentType []byte) bool {
	media, _, _ := bytes.Cut(contentType, []byte{';'})
	return bytes.EqualFold(bytes.TrimSpace(media), []byte("application/x-www-form-urlencoded"))
}
