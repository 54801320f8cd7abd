package sinks

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/sinks/push"
)

// Loki is what a push to Loki says, and how a stream of lines becomes streams there. Where to is
// HTTP's URL: a base, to which Loki's path is added, or the whole of one that ends in /push.
type Loki struct {
	Encoding push.Encoding
	Labels   []LabelValues // a stream's own are one combination of them
	Streams  int           // how many there are; more than combinations: each gets the label stream_id
	Run      string        // if not empty, the label run_id
	Level    bool          // a line's level is the label level
	Churn    Churn
	Tenant   string // of all streams; empty: none is named
	Tenants  int    // more than 0: tenant-0 and so on, each with as many streams
	Metadata []Metadata
	Disorder Disorder
	Offset   time.Duration // what is added to a line's time
	Seed     uint64        // decides which lines are out of order, and what is random in metadata
}

// Churn is how many streams are replaced by new ones, as the pods of a rollout are: this share of
// all of them, one after the other, in each period.
type Churn struct {
	Share  float64 // 0 to 1
	Period time.Duration
}

// Disorder sends this share of lines with times that lie back by up to Most.
type Disorder struct {
	Share float64 // 0 to 1
	Most  time.Duration
}

const (
	// lokiPath is where Loki takes pushes (Loki HTTP API, "Ingest logs").
	lokiPath     = lokiAPI + "/push"
	lokiAPI      = "/loki/api/v1"
	tenantHeader = "X-Scope-OrgID"
)

// openLoki pushes lines into Loki, in batches as Promtail sends them. It does not connect yet.
func openLoki(c Config) (emitter.Opener, error) {
	m, err := newStreamModel(c.Loki)
	if err != nil {
		return emitter.Opener{}, fmt.Errorf("open loki sink: %w", err)
	}
	h := c.HTTP
	if h.URL, err = PushURL(h.URL); err != nil {
		return emitter.Opener{}, fmt.Errorf("open loki sink: %w", err)
	}
	h.Method, h.ContentType = fasthttp.MethodPost, c.Loki.Encoding.ContentType()
	if c.Loki.Tenant != "" {
		h.Header = append(h.Header[:len(h.Header):len(h.Header)], [2]string{tenantHeader, c.Loki.Tenant})
	}
	e, err := newEndpoint(h)
	if err != nil {
		return emitter.Opener{}, fmt.Errorf("open loki sink: %w", err)
	}
	limits := emitter.Limits{Bytes: 1 << 20, Wait: time.Second}
	if m.tenants > 0 {
		limits.Group = m.tenant
	}
	return emitter.Opener{
		Limits: limits,
		Ack:    emitter.AckResponse,
		Open: func(ctx context.Context, worker int) (emitter.Sink, error) {
			return newLokiSink(newClient(ctx, e), m, worker, c.Workers), nil
		},
	}, nil
}

// PushURL is where a Loki at base takes pushes: base is its address, or that of its API, or the whole.
func PushURL(base string) (string, error) {
	u, err := parseURL(base)
	if err != nil {
		return "", err
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	switch {
	case strings.HasSuffix(u.Path, "/push"):
	case strings.HasSuffix(u.Path, lokiAPI):
		u = u.JoinPath("push")
	default:
		u = u.JoinPath(lokiPath)
	}
	return u.String(), nil
}

// LokiURL is another page of the Loki at base, which is as for PushURL.
func LokiURL(base, page string) string {
	whole, err := PushURL(base)
	if err != nil {
		return ""
	}
	u, err := url.Parse(whole)
	if err != nil {
		return ""
	}
	before, found := strings.CutSuffix(u.Path, lokiPath)
	if !found {
		before = ""
	}
	u.Path, u.RawPath, u.RawQuery = before, "", ""
	return u.JoinPath(page).String()
}

// lokiSink is one worker's pushes, one request at a time.
type lokiSink struct {
	*client
	*encoder
}

func newLokiSink(c *client, m *streamModel, worker, workers int) *lokiSink {
	s := &lokiSink{c, newEncoder(m, worker, workers)}
	if coding := m.Encoding.ContentEncoding(); coding != "" {
		s.req.Header.SetContentEncoding(coding)
	}
	return s
}

// Send pushes b in one request. Its lines are of one tenant.
func (s *lokiSink) Send(_ context.Context, b *emitter.Batch) (int, error) {
	if b.Len() == 0 {
		return 0, nil
	}
	if s.tenants > 0 {
		s.req.Header.SetBytesV(tenantHeader, s.tenantNames[s.tenant(b.Stream(0))])
	}
	s.req.SetBodyRaw(s.encode(b))
	defer s.req.SetBodyRaw(nil) // the next request is encoded in the same memory

	if err := s.attempt(b); err != nil {
		return 0, err
	}
	if !s.stored() {
		return 0, s.blame(b)
	}
	return b.Len(), nil
}

// check says what is wrong with the model's numbers.
func (l *Loki) check() error {
	share := func(x float64) bool { return x >= 0 && x <= 1 }
	switch {
	case l.Streams < 1 || l.Streams > math.MaxInt32:
		return errors.New("streams: want 1 or more")
	case l.Tenants < 0 || l.Tenants > l.Streams:
		return fmt.Errorf("%d tenants: want at most as many as streams (%d)", l.Tenants, l.Streams)
	case l.Tenants > 0 && l.Tenant != "":
		return errors.New("tenant: want either one by name or several by number")
	case !share(l.Churn.Share) || l.Churn.Share > 0 && l.Churn.Period <= 0:
		return errors.New("churn: want a share of the streams from 0 to 1, and a period")
	case !share(l.Disorder.Share) || l.Disorder.Share > 0 && l.Disorder.Most <= 0:
		return errors.New("disorder: want a share of the lines from 0 to 1, and a time above 0")
	}
	return nil
}
