package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// LokiConfig says where lines of a run are in a Loki.
type LokiConfig struct {
	Server                 // any URL of Loki's: what begins at /loki/api is left out
	Tenants  []string      // whose lines are summed up; none: no tenant is named
	Selector string        // the streams that may hold lines of the run; empty: {run_id="<id>"}, as a direct push labels them
	Anywhere bool          // without Selector: where there is nothing, all streams are looked through
	Path     string        // before that, the streams of this file, which an agent may have read
	Filter   string        // LogQL to follow it, such as line filters: `|= "a" != "b"`
	From, To time.Time     // what timestamps the lines may have; zero From: Margin before the run; zero To: now and Margin
	Margin   time.Duration // 0: an hour
	Full     bool          // read every line back instead of asking for sums
}

// Loki is a Source that asks Loki for count, least, greatest and sum of each stream's sequence
// numbers. Where these are not those of a stream without gap or copy, it counts by blocks of
// sequence numbers, and reads the lines of those blocks that do not fit; where Loki refuses to sum
// up, because there are too many streams for one query, it reads all lines. Streams are told apart
// by the identities in the lines, so that labels may be the run's own or those of an agent.
//
// Lost and copied lines that cancel out in count and sum alike are seen only with Full. So is the
// order of lines.
type Loki struct {
	config LokiConfig
	client *client
	since  time.Time
	places places
}

// NewLoki checks the configuration. Started is when the run did; zero: within the last day.
func NewLoki(c LokiConfig, started time.Time) (*Loki, error) {
	client, err := c.newClient("/loki/api")
	if err != nil {
		return nil, err
	}
	if s := strings.TrimSpace(c.Selector); s != "" && (s[0] != '{' || s[len(s)-1] != '}') {
		return nil, fmt.Errorf(`selector %q: not one like {job="app"}`, c.Selector)
	}
	c.Margin = cmp.Or(c.Margin, time.Hour)
	if len(c.Tenants) == 0 {
		c.Tenants = []string{""}
	}
	l := &Loki{config: c, client: client, since: c.From}
	if l.since.IsZero() {
		if started.IsZero() {
			started = time.Now().Add(-24 * time.Hour)
		}
		l.since = started.Add(-c.Margin)
	}
	if !c.To.IsZero() && !c.To.After(l.since) {
		return nil, fmt.Errorf("time range: %v is not after %v", c.To, l.since)
	}
	return l, nil
}

func (l *Loki) String() string { return "Loki at " + l.client.base }

// Count implements Source.
func (l *Loki) Count(ctx context.Context, run string) (uint64, error) {
	return l.reader(run).find(ctx)
}

// Holding implements Source.
func (l *Loki) Holding(ctx context.Context, run string) (*Holding, error) {
	r := l.reader(run)
	switch none, err := r.locate(ctx); {
	case err != nil:
		return nil, err
	case none:
		return &Holding{RunID: run, Streams: []Held{}}, nil
	}
	if l.config.Full {
		return r.everything(ctx)
	}
	h, err := r.summed(ctx)
	if errors.Is(err, errTooMuch) {
		return r.everything(ctx)
	}
	return h, err
}

// searchRequests is how many requests a search may make. Each has Loki scan all lines of the run:
// a million in about a second, where reading them takes twelve.
const searchRequests = 10

// reader reads one run's lines within one range of time.
type reader struct {
	*Loki
	run       string
	selectors []string // of streams; no stream is in two of them
	from, to  time.Time
	requests  int // that may still be made before reading everything costs less
}

func (l *Loki) reader(run string) *reader {
	to := l.config.To
	if to.IsZero() {
		to = time.Now().Add(l.config.Margin)
	}
	if l.places.run != run {
		l.places = places{run: run}
		switch {
		case l.config.Selector != "":
			l.places.selectors = []string{l.config.Selector}
		case !l.config.Anywhere:
			l.places.selectors = []string{pushed(run)}
		}
	}
	return &reader{Loki: l, run: run, selectors: l.places.selectors, from: l.since, to: to}
}

// summed tells what is held from as few numbers as possible.
func (r *reader) summed(ctx context.Context) (*Holding, error) {
	streams, broken, err := r.streams(ctx)
	if err != nil {
		return nil, err
	}
	h := &Holding{RunID: r.run, Streams: []Held{}}
	h.Lines.Corrupt = broken
	size, err := r.sum(ctx, metric{"sum(bytes_over_time(", "", "))"}, "")
	if err != nil {
		return nil, err
	}
	h.Bytes = uint64(size[""])
	r.requests = searchRequests
	for _, number := range slices.Sorted(maps.Keys(streams)) {
		held, err := r.held(ctx, number, streams[number])
		if err != nil {
			return nil, err
		}
		h.Streams = append(h.Streams, held)
		h.Lines.add(held.lines())
	}
	h.Lines.Received += broken
	return h, nil
}

// lines are the numbers of a stream, as far as what is held tells them.
func (h *Held) lines() Lines {
	l := Lines{Lost: size(h.Missing), Duplicated: h.Copies}
	l.Unique = h.Next - l.Lost
	l.Received = l.Unique + l.Duplicated
	return l
}

// sums are what Loki tells of sequence numbers without listing them.
type sums struct {
	count      uint64
	least, top uint64
	sum        float64
}

// exact is the most that a sum may be to be exact.
const exact = 1 << 53

// complete reports whether s is all numbers from from to to, each once.
func (s sums) complete(from, to uint64) bool {
	n := to - from + 1
	want := (float64(from) + float64(to)) / 2 * float64(n)
	return s.count == n && want < exact && s.sum == want
}

// held tells what is held of a stream.
func (r *reader) held(ctx context.Context, stream uint64, s sums) (Held, error) {
	h := Held{Stream: stream, Next: s.top + 1, Missing: []Range{}, Duplicated: []Range{}}
	if s.complete(s.least, s.top) {
		if s.least > 0 {
			h.Missing = below(s.least)
		}
		return h, nil
	}
	found, err := r.search(ctx, stream, s)
	if err != nil {
		return h, err
	}
	h.Missing = append(h.Missing, common(below(h.Next), outside(tidy(found.present)))...)
	h.Duplicated = append(h.Duplicated, tidy(found.duplicated)...)
	h.Copies = found.copies
	return h, nil
}
