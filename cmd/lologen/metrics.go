package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/exitfound/lologen/bench/metrics"
)

// listenMetrics listens where Prometheus is to ask for what c collects, and says where that is.
func (o *options) listenMetrics(c prometheus.Collector, notes io.Writer) (*metrics.Server, error) {
	server, err := metrics.Listen(o.metrics, ownVersion())
	if err != nil {
		return nil, fmt.Errorf("start the metrics' server: %w", err)
	}
	if err := server.Register(c); err != nil {
		return nil, errors.Join(err, server.Close())
	}
	if o.pprof {
		server.Profile()
	}
	fmt.Fprintf(notes, "lologen: metrics at %s/metrics\n", server.URL())
	return server, nil
}

// serveMetrics answers until ctx ends. That it cannot any more is told, and ends nothing: what is
// measured matters more.
func serveMetrics(ctx context.Context, server *metrics.Server, notes io.Writer) {
	if err := server.Serve(ctx); err != nil {
		fmt.Fprintln(notes, "lologen:", err)
	}
}
