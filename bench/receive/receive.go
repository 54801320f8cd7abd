// Package receive is a web server that takes log lines over HTTP and judges them: what lologen's
// sinks, or an agent, can be pointed at. It takes plain text, Loki's push API and OTLP, keeps account
// of the lines by run and stream, and makes mistakes if it is asked to.
package receive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"
	"golang.org/x/time/rate"

	"github.com/exitfound/lologen/bench/metrics"
	"github.com/exitfound/lologen/bench/verify"
)

// Config is where to listen, what to do wrong there, and the bounds of what a client may ask for.
// Zero bounds are the defaults named here.
type Config struct {
	Listen      string        // host:port; port 0 is any that is free
	Body        int           // most bytes in the body of a request: 16 MiB
	Bodies      int           // most memory for all bodies at a time, at least that of two: 512 MiB
	Patience    time.Duration // most time that a request waits for some of it: 5 s, then it is answered 503
	Connections int           // most at a time: 4096; a further one is answered 503
	Read        time.Duration // most time for a request to arrive: 30 s
	Write       time.Duration // most time for a client to take its answer: 30 s
	Idle        time.Duration // most time between requests on a connection: 2 min, longer than clients keep one
	Drain       time.Duration // most time for requests in progress when the server ends: 1 s
	Account     verify.Limits // of what is remembered of lines
	Faults      Faults
}

// Server listens from the moment it exists, and answers while Serve runs.
type Server struct {
	listener net.Listener
	http     fasthttp.Server
	drain    time.Duration
	counts   counts
	conns    connections
	bodies   *bodies
	account  *verify.Account
	times    times
	workers  chan *worker
	done     <-chan struct{} // closed when the server is to end

	faults  Faults
	bucket  *rate.Limiter
	arrived atomic.Uint64 // requests
}

// Listen binds c.Listen.
func Listen(c Config) (*Server, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", c.Listen, cause(err))
	}
	body := cmp.Or(c.Body, 16<<20)
	account := verify.NewAccount(c.Account)
	s := &Server{
		listener: l,
		drain:    cmp.Or(c.Drain, time.Second),
		bodies:   newBodies(body, newRoom(cmp.Or(c.Bodies, 512<<20), cmp.Or(c.Patience, 5*time.Second))),
		account:  account,
		workers:  newWorkers(account, body, c.Faults.Drop),
		faults:   c.Faults,
		bucket:   c.Faults.bucket(),
	}
	s.counts.start = time.Now()
	s.http = fasthttp.Server{
		Name:               "lologen",
		Handler:            s.answer,
		HeaderReceived:     s.notice,
		ExpectHandler:      s.expect,
		ErrorHandler:       s.refuse,
		ConnState:          s.conns.note,
		Logger:             silent{},
		Concurrency:        cmp.Or(c.Connections, 4096),
		MaxRequestBodySize: body,
		// Read whole, a body takes all the memory that it declares before its first byte comes.
		StreamRequestBody: true,
		// The longest request line that the http sink sends is 8 KiB, and then come headers.
		ReadBufferSize: 16 << 10,
		ReadTimeout:    cmp.Or(c.Read, 30*time.Second),
		WriteTimeout:   cmp.Or(c.Write, 30*time.Second),
		IdleTimeout:    cmp.Or(c.Idle, 2*time.Minute),
		// A multipart body is counted like any other; parsed ahead it would go to temporary files.
		DisablePreParseMultipartForm: true,
		// The clock behind fasthttp's Date is a goroutine that never ends.
		NoDefaultDate: true,
	}
	return s, nil
}

// cause drops the wrapping of err that names the address a second time.
func cause(err error) error {
	var call *os.SyscallError
	var op *net.OpError
	switch {
	case errors.As(err, &call):
		return call.Err
	case errors.As(err, &op):
		return op.Err
	}
	return err
}

type silent struct{}

func (silent) Printf(string, ...any) {}

// Addr is the address that the server listens on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// URL is where a client on this machine finds the server, with a slash at the end.
func (s *Server) URL() string { return metrics.ClientURL(s.listener.Addr()) + "/" }

// Serve answers until ctx ends, then lets requests in progress finish, for a short while, and
// closes everything. When it returns no goroutine of the server is left. It can be called once.
func (s *Server) Serve(ctx context.Context) error {
	defer s.counts.finish()
	s.done = ctx.Done()
	stop := context.AfterFunc(ctx, func() { _ = s.listener.Close() })
	defer stop()

	var wg sync.WaitGroup
	err := s.accept(ctx, &wg)
	s.conns.finish()
	timer := time.AfterFunc(s.drain, s.conns.cut)
	wg.Wait()
	timer.Stop()
	return err
}

// Close stops listening. It is for a server that is not served after all.
func (s *Server) Close() error { return s.listener.Close() }

// accept serves connections until the listener is closed, which is no error if ctx has ended.
// fasthttp's own loop does the same, but leaves a goroutine behind.
func (s *Server) accept(ctx context.Context, wg *sync.WaitGroup) error {
	for {
		c, err := s.listener.Accept()
		switch {
		case err == nil:
			wg.Go(func() { s.serve(c) })
		case ctx.Err() != nil:
			return nil
		case passes(err):
			pause(s.done, 10*time.Millisecond)
		default:
			return fmt.Errorf("accept connection on %s: %w", s.Addr(), cause(err))
		}
	}
}

// passes reports whether an Accept may succeed later: a client that went away before it was
// served, or resources that others will give back.
func passes(err error) bool {
	return errors.Is(err, syscall.ECONNABORTED) || errors.Is(err, syscall.EMFILE) ||
		errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOBUFS)
}

// serve answers requests on c. What goes wrong with a client is the client's to know.
func (s *Server) serve(c net.Conn) {
	conn := s.conns.add(c)
	defer s.conns.remove(conn)
	if s.conns.finishing.Load() { // and may not have seen this one
		_ = c.Close()
		return
	}
	_ = s.http.ServeConn(conn)
}
