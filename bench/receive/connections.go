package receive

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// connections are those that a server has open, so that its end can find them.
type connections struct {
	mu        sync.Mutex // taken when a connection opens and closes, never for a request
	open      map[*conn]struct{}
	finishing atomic.Bool
}

// conn is one of them.
type conn struct {
	net.Conn
	busy    atomic.Bool // with a request
	linger  atomic.Bool // the client may be sending still
	ended   bool        // the client has said all that it will
	closing sync.Once
}

// Read notes the end.
func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.ended = c.ended || errors.Is(err, io.EOF)
	return n, err
}

func (cs *connections) add(c net.Conn) *conn {
	added := &conn{Conn: c}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.open == nil {
		cs.open = make(map[*conn]struct{})
	}
	cs.open[added] = struct{}{}
	return added
}

func (cs *connections) remove(c *conn) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	delete(cs.open, c)
}

// note is told by fasthttp what becomes of a connection.
func (cs *connections) note(c net.Conn, state fasthttp.ConnState) {
	n, ok := c.(*conn)
	if !ok {
		return
	}
	n.busy.Store(state == fasthttp.StateActive)
	// Either finish sees that the connection is idle, or its change is seen here.
	if state == fasthttp.StateIdle && cs.finishing.Load() {
		_ = n.Conn.Close()
	}
}

// finish closes idle connections, and each of the others as soon as it is idle.
func (cs *connections) finish() {
	cs.finishing.Store(true)
	cs.each(func(c *conn) {
		if !c.busy.Load() {
			_ = c.Conn.Close()
		}
	})
}

// cut closes all connections.
func (cs *connections) cut() {
	cs.each(func(c *conn) { _ = c.Conn.Close() })
}

func (cs *connections) each(f func(*conn)) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for c := range cs.open {
		f(c)
	}
}

// Close lets a client that was refused in mid-request read why: a connection closed with bytes
// unread is reset, and that may overtake the answer (RFC 9112 9.6).
func (c *conn) Close() error {
	c.closing.Do(func() {
		tcp, ok := c.Conn.(*net.TCPConn)
		if !ok || !c.linger.Load() || tcp.CloseWrite() != nil {
			return
		}
		const most = 64 << 20
		if c.SetReadDeadline(time.Now().Add(2*time.Second)) == nil {
			_, _ = io.CopyN(io.Discard, tcp, most)
		}
	})
	return c.Conn.Close()
}
