package sinks

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

const (
	// answerMost is how much of an answer's body is read. What a longer one says is judged by its
	// beginning.
	answerMost = 1 << 20
	// idleMost is how long a connection may have been idle and still be used. Servers close such
	// connections after 2 s (gunicorn) or later, and a request that crosses their closing fails
	// without anybody's fault; -T 2, the default, would sit on that edge.
	idleMost = 1500 * time.Millisecond
)

// link is a worker's connection to the server, which comes and goes.
type link struct {
	*endpoint
	ctx  context.Context // of the run: its end closes the connection, whatever goes on there
	stop func() bool

	live  atomic.Pointer[wire] // the connection, for the end of the run to close
	conn  net.Conn             // it, or TLS over it; nil: none
	br    *bufio.Reader
	bw    *bufio.Writer
	peer  *peer // the other end of conn, where it can be looked at
	used  time.Time
	wrote uint64 // bytes in all, on all connections

	body bytes.Buffer     // of the last answer
	rest io.LimitedReader // what of it may still be read
	cut  bool             // there is, or was to be, more of it
}

func newLink(ctx context.Context, e *endpoint) *link {
	const buffer = 8 << 10
	l := &link{
		endpoint: e, ctx: ctx,
		br: bufio.NewReaderSize(nil, buffer), bw: bufio.NewWriterSize(nil, buffer),
	}
	l.stop = context.AfterFunc(ctx, func() {
		if w := l.live.Load(); w != nil {
			_ = w.Conn.Close()
		}
	})
	return l
}

// wire is a connection as the kernel knows it. It counts what is written, and remembers the
// error that ended it, as what lies above it likes to put that into words of its own.
type wire struct {
	net.Conn
	wrote *uint64
	err   error
}

func (w *wire) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	*w.wrote += uint64(n)
	if err != nil {
		w.err = err
	}
	return n, err
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if err != nil {
		w.err = err
	}
	return n, err
}

// connect makes sure of a connection that is fit for one request by the deadline.
func (l *link) connect(deadline time.Time) error {
	if err := l.ctx.Err(); err != nil {
		return err
	}
	if l.conn != nil {
		idle := time.Since(l.used)
		// A request right after an answer is not held up by a look at the connection.
		if idle > idleMost || idle > time.Millisecond && l.peer.hasClosed() {
			l.leave()
		}
	}
	if l.conn == nil {
		return l.dial(deadline)
	}
	return l.conn.SetDeadline(deadline)
}

func (l *link) dial(deadline time.Time) error {
	d := net.Dialer{Deadline: deadline}
	c, err := d.DialContext(l.ctx, "tcp", l.addr)
	if err != nil {
		return err
	}
	l.peer = newPeer(c)
	w := &wire{Conn: c, wrote: &l.wrote}
	l.conn = w
	l.live.Store(w)
	// Had the run ended before the connection could be seen, nobody would close it.
	if err := l.ctx.Err(); err != nil {
		l.drop()
		return err
	}
	if err := w.SetDeadline(deadline); err != nil {
		l.drop()
		return err
	}
	if l.secure {
		if err := l.handshake(w); err != nil {
			l.drop()
			return err
		}
	}
	l.br.Reset(l.conn)
	l.bw.Reset(l.conn)
	return nil
}

// handshake's error is the connection's, or a tlsError.
func (l *link) handshake(w *wire) error {
	t := tls.Client(w, l.TLS)
	err := t.Handshake()
	var untrusted *tls.CertificateVerificationError
	switch {
	case err == nil:
		l.conn = t
		return nil
	case w.err != nil && !errors.As(err, &untrusted):
		return w.err
	}
	return &tlsError{err}
}

// tlsError is a server or a client that does not accept the other's part of TLS: trying again
// would not change that, and no line has been sent.
type tlsError struct{ error }

func (e *tlsError) Unwrap() error { return e.error }

// exchange sends req once and reads its answer. nil: resp has a status, and the link its body.
func (l *link) exchange(req *fasthttp.Request, resp *fasthttp.Response) error {
	before := l.wrote
	unsent := l.write(req)
	if unsent != nil && l.wrote == before {
		l.drop()
		return unsent
	}
	// A server may refuse a request before it has read all of it, and close: then its answer
	// tells more than our failure to write.
	err := l.read(resp)
	// What comes after the answer would be taken for the answer to the next request; and after
	// 101 the server speaks something else.
	if unsent != nil || err != nil || l.cut || resp.ConnectionClose() || resp.StatusCode() < 200 || l.br.Buffered() > 0 {
		l.drop()
	} else {
		l.used = time.Now()
	}
	switch {
	case err == nil && (unsent == nil || resp.StatusCode() >= 300):
		return nil
	case unsent != nil:
		return unsent
	}
	return err
}

func (l *link) write(req *fasthttp.Request) error {
	err := req.Write(l.bw)
	if err == nil {
		err = l.bw.Flush()
	}
	return l.explain(err)
}

func (l *link) read(resp *fasthttp.Response) error {
	// fasthttp takes any error before the first byte for the connection's end.
	if _, err := l.br.Peek(1); err != nil {
		return l.explain(err)
	}
	if err := resp.ReadLimitBody(l.br, 0); err != nil { // the head: the body is a stream
		return l.explain(err)
	}
	err := l.readBody(resp.BodyStream())
	_ = resp.CloseBodyStream()
	if err != nil && resp.StatusCode() >= 300 {
		l.cut = true // no less a refusal
		return nil
	}
	return l.explain(err)
}

// readBody keeps what may be read of an answer's body; nil: it has none.
func (l *link) readBody(stream io.Reader) error {
	const usual = 64 << 10
	if l.body.Cap() > usual {
		l.body = bytes.Buffer{}
	}
	l.body.Reset()
	l.cut = false
	if stream == nil {
		return nil
	}
	l.rest = io.LimitedReader{R: stream, N: answerMost + 1}
	_, err := l.body.ReadFrom(&l.rest)
	l.rest.R = nil
	if l.cut = l.body.Len() > answerMost; l.cut {
		l.body.Truncate(answerMost)
	}
	return err
}

// explain returns why the connection ended, if that is behind err.
func (l *link) explain(err error) error {
	if err == nil {
		return nil
	}
	if isCertificateAlert(err) {
		return &tlsError{err}
	}
	if w := l.live.Load(); w.err != nil {
		return w.err
	}
	return &badAnswer{err}
}

// badAnswer is an answer that cannot be read: it is not HTTP, or has more headers than are taken.
type badAnswer struct{ error }

func (e *badAnswer) Unwrap() error { return e.error }

// drop closes the connection without a word: it is of no more use, and a farewell (TLS's
// close_notify) could block on it.
func (l *link) drop() {
	if w := l.live.Load(); w != nil {
		_ = w.Conn.Close()
	}
	l.conn = nil
}

// leave closes a connection that is in order.
func (l *link) leave() {
	if l.conn != nil {
		_ = l.conn.Close()
	}
	l.conn = nil
}

// end is the last word: no connection is left, nor anything that waits for the run's end.
func (l *link) end() {
	l.stop()
	l.leave()
}
