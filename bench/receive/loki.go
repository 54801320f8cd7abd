package receive

import (
	"errors"

	"github.com/valyala/fasthttp"

	"github.com/exitfound/lologen/sinks/push"
)

// loki is Loki's push API. It answers with Loki's statuses and texts; /api/prom/push, its old
// address, takes the same forms, and not the JSON of then.
type loki struct{}

func (loki) gather(w *worker, q *fasthttp.Request) error {
	if !q.Header.IsPost() {
		return notAllowed("Method Not Allowed")
	}
	err := w.decoder.Decode(q.Body(), string(q.Header.ContentType()), string(q.Header.ContentEncoding()), w.visit)
	switch {
	case errors.Is(err, push.ErrTooLarge):
		return &refusal{fasthttp.StatusRequestEntityTooLarge, err.Error()}
	case errors.Is(err, push.ErrNoStreams):
		return &refusal{fasthttp.StatusUnprocessableEntity, err.Error()}
	}
	return err
}

func (loki) accept(ctx *fasthttp.RequestCtx, _ *worker) {
	ctx.SetStatusCode(fasthttp.StatusNoContent)
}

func (loki) refuse(ctx *fasthttp.RequestCtx, r *refusal) {
	answerText(ctx, r.text+"\n")
	answerStatus(ctx, r.status, fasthttp.MethodPost)
}
