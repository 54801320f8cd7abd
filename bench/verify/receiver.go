package verify

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// Receiver is a Source that asks `lologen receive` for its account of a run.
type Receiver struct {
	client *client
	last   *Holding // what Count was answered
}

// NewReceiver checks the configuration.
func NewReceiver(s Server) (*Receiver, error) {
	client, err := s.newClient("/report")
	if err != nil {
		return nil, err
	}
	return &Receiver{client: client}, nil
}

func (r *Receiver) String() string { return "the receiver at " + r.client.base }

// Answers reports whether a receiver is there.
func (r *Receiver) Answers(ctx context.Context) bool {
	const most = 16 << 20
	var report struct {
		Runs         []Run         `json:"runs"`
		Unidentified *Unidentified `json:"unidentified"`
	}
	err := r.client.get(ctx, "/report", nil, "", most, &report)
	return err == nil && report.Runs != nil && report.Unidentified != nil
}

// Count implements Source.
func (r *Receiver) Count(ctx context.Context, run string) (uint64, error) {
	const most = 1 << 30
	r.last = nil
	h := &Holding{}
	err := r.client.get(ctx, "/report", url.Values{"run": {run}}, "", most, h)
	var status *statusError
	switch {
	case errors.As(err, &status) && status.status == http.StatusNotFound: // it knows no such run
		h = &Holding{RunID: run}
	case err != nil:
		return 0, err
	case h.RunID != run:
		return 0, errors.New("read answer: not the account of this run: no receiver of lologen's")
	}
	h.sort()
	r.last = h
	return h.Lines.Received, nil
}

// Holding implements Source.
func (r *Receiver) Holding(ctx context.Context, run string) (*Holding, error) {
	if r.last == nil || r.last.RunID != run {
		if _, err := r.Count(ctx, run); err != nil {
			return nil, err
		}
	}
	return r.last, nil
}
