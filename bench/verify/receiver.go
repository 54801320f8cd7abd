package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Receiver is a Source that asks `lologen receive` for its account of a run.
type Receiver struct {
	client *client
	known  bool     // it has answered as one
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

// Answers reports whether a receiver is there, and says so within a few seconds.
func (r *Receiver) Answers(ctx context.Context) bool {
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return r.present(ctx) == nil
}

// present is why no receiver is there, if none is.
func (r *Receiver) present(ctx context.Context) error {
	const most = 16 << 20
	var report struct {
		Runs         []Run         `json:"runs"`
		Unidentified *Unidentified `json:"unidentified"`
	}
	if err := r.client.get(ctx, "/report", nil, "", most, &report); err != nil {
		return err
	}
	if report.Runs == nil || report.Unidentified == nil {
		return errNoReceiver
	}
	r.known = true
	return nil
}

// errNoReceiver is somebody else answering.
var errNoReceiver = refusal{errors.New("no lologen receive is there")}

// Count implements Source.
func (r *Receiver) Count(ctx context.Context, run string) (uint64, error) {
	const most = 1 << 30
	r.last = nil
	h := &Holding{}
	err := r.client.get(ctx, "/report", url.Values{"run": {run}}, "", most, h)
	var status *statusError
	switch {
	case errors.As(err, &status) && status.status == http.StatusNotFound:
		// A receiver says so of a run that it does not know, and any other server of any page.
		if !r.known {
			if err := r.present(ctx); err != nil {
				return 0, noReceiver(err)
			}
		}
		h = &Holding{RunID: run}
	case err != nil:
		return 0, noReceiver(err)
	case h.RunID != run:
		return 0, errNoReceiver
	}
	h.sort()
	r.last = h
	return h.Lines.Received, nil
}

// noReceiver says what an answer means that no receiver gives. The page of another server explains
// nothing.
func noReceiver(err error) error {
	var status *statusError
	switch {
	case errors.As(err, &status) && status.status == http.StatusNotFound:
		return fmt.Errorf("%w: status %d", errNoReceiver, status.status)
	case errors.As(err, new(*otherAnswer)):
		return fmt.Errorf("%w: %w", errNoReceiver, err)
	}
	return err
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
