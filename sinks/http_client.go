package sinks

import (
	"context"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/exitfound/lologen/emitter"
)

// client makes one worker's requests, all on one connection that is kept alive. fasthttp encodes
// and decodes them, but its client is left out: that repeats requests on its own, hides why a
// connection broke, and leaves a goroutine behind for every connection.
type client struct {
	*endpoint
	link *link
	req  fasthttp.Request
	resp fasthttp.Response
}

func newClient(ctx context.Context, e *endpoint) *client {
	c := &client{endpoint: e, link: newLink(ctx, e)}
	e.prepare(&c.req)
	c.resp.StreamBody = true // the link reads the body
	return c
}

// attempt sends the request once. Without an error the response is there, whatever it says. The
// link knows the run's context already.
func (c *client) attempt(b *emitter.Batch) error {
	before := c.link.wrote
	err := c.link.connect(time.Now().Add(c.Timeout))
	connected := err == nil
	request := c.link.wrote
	if connected {
		err = c.link.exchange(&c.req, &c.resp)
	}
	b.Wire += c.link.wrote - before
	if err != nil {
		return c.failed(err, connected, c.link.wrote > request)
	}
	return nil
}

// Close lets go of the connection.
func (c *client) Close() error {
	c.link.end()
	return nil
}
