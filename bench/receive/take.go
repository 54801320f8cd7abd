package receive

import (
	"errors"
	"runtime"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/exitfound/lologen/bench/verify"
	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/sinks/push"
)

// A protocol is one in which requests bring lines.
type protocol interface {
	// gather adds the lines of a request to w. Its error may be a refusal; any other one means that
	// the request is malformed.
	gather(w *worker, q *fasthttp.Request) error
	accept(ctx *fasthttp.RequestCtx, w *worker)
	refuse(ctx *fasthttp.RequestCtx, r *refusal)
}

func protocolOf(path []byte) protocol {
	switch string(path) {
	case "/loki/api/v1/push", "/api/prom/push":
		return loki{}
	case "/otlp/v1/logs":
		return otlp{}
	}
	return web{}
}

// refusal is why a request is not taken.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

// notAllowed refuses a method.
func notAllowed(text string) *refusal { return &refusal{fasthttp.StatusMethodNotAllowed, text} }

// A worker gathers the lines of one request at a time, in memory that it keeps.
type worker struct {
	limit   int // most bytes of a request
	decoder *push.Decoder
	visit   func(*push.Entry) error
	text    []byte // of a line that was encoded
	batch   *verify.Batch

	drop         float64
	chance       emitter.Rand
	lines, bytes int // that came
	left         struct{ lines, bytes int }
}

// newWorkers returns those of a server. Their number bounds what decoding takes of its memory.
func newWorkers(account *verify.Account, limit int, drop float64) chan *worker {
	workers := make(chan *worker, 2*runtime.GOMAXPROCS(0))
	for range cap(workers) {
		workers <- newWorker(account, limit, drop)
	}
	return workers
}

func newWorker(account *verify.Account, limit int, drop float64) *worker {
	w := &worker{limit: limit, decoder: push.NewDecoder(push.Limits{Bytes: limit}), batch: account.NewBatch(), drop: drop}
	w.visit = func(e *push.Entry) error {
		w.add(e.Line)
		return nil
	}
	return w
}

// begin makes w ready for a request, whose lines are dropped as chance has it.
func (w *worker) begin(chance emitter.Rand) {
	w.batch.Drop()
	w.chance = chance
	w.lines, w.bytes = 0, 0
	w.left.lines, w.left.bytes = 0, 0
}

func (w *worker) add(line []byte) {
	w.lines++
	w.bytes += len(line)
	if w.drop > 0 && happens(&w.chance, w.drop) {
		w.left.lines++
		w.left.bytes += len(line)
		return
	}
	w.batch.Add(line)
}

// take does with a request what its protocol asks for, and what faults make of that.
func (s *Server) take(ctx *fasthttp.RequestCtx) {
	p := protocolOf(ctx.Path())
	fate := s.faults.fate(s.arrived.Add(1) - 1)
	s.faults.wait(s.done, s.counts.start, fate.delay)

	w := <-s.workers
	defer func() { s.workers <- w }()
	w.begin(fate.lines)
	if r := s.judge(ctx, p, w, fate); r != nil {
		p.refuse(ctx, r)
		s.faults.retryAfter(ctx)
		s.counts.answered(r.status)
		return
	}
	now := time.Now()
	w.batch.Take(now.UnixNano())
	s.counts.add(w.lines-w.left.lines, w.bytes-w.left.bytes, now)
	if fate.close {
		s.counts.answered(unanswered)
		_ = ctx.Conn().Close()
		return
	}
	p.accept(ctx, w)
	s.counts.answered(ctx.Response.StatusCode())
}

// judge gathers the lines of a request, or says why they are not to be taken.
func (s *Server) judge(ctx *fasthttp.RequestCtx, p protocol, w *worker, fate fate) *refusal {
	if fate.fail {
		return s.faults.failure()
	}
	if err := p.gather(w, &ctx.Request); err != nil {
		var r *refusal
		if errors.As(err, &r) {
			return r
		}
		return &refusal{fasthttp.StatusBadRequest, err.Error()}
	}
	if s.bucket != nil && !s.bucket.AllowN(time.Now(), w.bytes) {
		return s.faults.overLimit(ctx.Request.Header.Peek("X-Scope-OrgID"), w.lines, w.bytes)
	}
	return nil
}
