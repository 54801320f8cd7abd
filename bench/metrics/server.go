package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/pprof"
	"runtime"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Bounds of what a client may ask for.
const (
	mostHeader   = 16 << 10 // bytes
	mostBody     = 1 << 20  // bytes
	mostScrapes  = 4        // at a time
	mostReading  = 10 * time.Second
	mostWriting  = time.Minute
	mostProfile  = 10 * time.Minute // a profile is recorded while the client waits
	mostIdle     = 2 * time.Minute  // longer than Prometheus' default interval
	mostShutdown = time.Second
)

// A Server listens from the moment it exists, and answers while Serve runs.
type Server struct {
	listener net.Listener
	http     *http.Server
	mux      *http.ServeMux
	registry *prometheus.Registry
	patterns []string
}

// Listen binds address, host:port; port 0 is any that is free. The server shows which version of
// lologen it is, and the metrics of the process and of its Go runtime; Register adds others.
func Listen(address, version string) (*Server, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("open metrics listener: %w", err)
	}
	s := &Server{listener: l, mux: http.NewServeMux(), registry: prometheus.NewRegistry()}
	s.http = &http.Server{
		Handler:        http.MaxBytesHandler(s.mux, mostBody),
		ReadTimeout:    mostReading,
		WriteTimeout:   mostWriting,
		IdleTimeout:    mostIdle,
		MaxHeaderBytes: mostHeader,
		ErrorLog:       log.New(io.Discard, "", 0), // stderr may be where the lines go
	}
	if err := s.Register(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector(),
		build(version),
	); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	s.mux.HandleFunc("GET /{$}", s.index)
	s.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{
		MaxRequestsInFlight: mostScrapes,
		// What can be told is told: one bad metric must not hide a run.
		ErrorHandling: promhttp.ContinueOnError,
	}))
	return s, nil
}

func build(version string) prometheus.Collector {
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "lologen_build_info", Help: "Version of lologen; the value is 1.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()},
	})
	g.Set(1)
	return g
}

// Register adds what collectors collect to /metrics: a Run, above all.
func (s *Server) Register(list ...prometheus.Collector) error {
	for _, c := range list {
		if err := s.registry.Register(c); err != nil {
			return fmt.Errorf("register metrics: %w", err)
		}
	}
	return nil
}

// Handle mounts a further handler, as http.ServeMux does: "POST /rate". It is to be called before
// Serve, and panics on a pattern that is malformed or taken. The handler meets bodies of 1 MiB at
// most.
func (s *Server) Handle(pattern string, h http.Handler) {
	s.mux.Handle(pattern, h)
	s.patterns = append(s.patterns, pattern)
}

// Profile mounts the profiles of net/http/pprof below /debug/pprof/. The command line is not among
// them. It is to be called once, before Serve.
func (s *Server) Profile() {
	s.http.WriteTimeout = mostProfile
	s.Handle("GET /debug/pprof/", http.HandlerFunc(pprof.Index))
	s.Handle("GET /debug/pprof/cmdline", http.NotFoundHandler())
	s.Handle("GET /debug/pprof/profile", http.HandlerFunc(pprof.Profile))
	s.Handle("GET /debug/pprof/symbol", http.HandlerFunc(pprof.Symbol))
	s.Handle("POST /debug/pprof/symbol", http.HandlerFunc(pprof.Symbol))
	s.Handle("GET /debug/pprof/trace", http.HandlerFunc(pprof.Trace))
}

// index lists what there is, for people.
func (s *Server) index(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(w, "lologen\n\n%s\n", strings.Join(s.patterns, "\n"))
}

// URL is where a client on this machine finds the server, without a slash at the end.
func (s *Server) URL() string { return ClientURL(s.listener.Addr()) }

// Serve answers until ctx ends, then lets requests in progress finish, for a second, and closes
// everything. It can be called once.
func (s *Server) Serve(ctx context.Context) error {
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		s.end()
	})
	err := s.http.Serve(s.listener)
	if !stop() {
		<-ended
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return errors.Join(fmt.Errorf("serve metrics: %w", err), s.http.Close())
}

func (s *Server) end() {
	ctx, cancel := context.WithTimeout(context.Background(), mostShutdown)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
}

// Close stops listening. It is for a server that is not served after all.
func (s *Server) Close() error { return s.listener.Close() }
