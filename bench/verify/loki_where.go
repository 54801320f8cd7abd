package verify

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// places are the streams in which lines of a run were found.
type places struct {
	run       string
	selectors []string  // none: they have not been found yet
	anywhere  bool      // among all streams, where more may come under other labels
	again     time.Time // when all streams may be looked through once more
}

// find counts the lines of the run where they are, which it finds out if nobody has said so.
func (r *reader) find(ctx context.Context) (uint64, error) {
	if len(r.selectors) > 0 {
		return r.count(ctx)
	}
	n, err := r.guess(ctx)
	if n > 0 || err != nil || time.Now().Before(r.places.again) {
		return n, err
	}
	return r.lookAround(ctx)
}

// pushed are the streams of lologen's own pushes.
func pushed(run string) string { return `{run_id="` + run + `"}` }

// locate makes sure of where the lines are, before they are judged; none says that they are nowhere.
func (r *reader) locate(ctx context.Context) (none bool, err error) {
	if len(r.selectors) > 0 && !r.places.anywhere {
		return false, nil
	}
	look := r.find
	if r.places.anywhere {
		look = r.lookAround
	}
	r.places.again = time.Time{}
	n, err := look(ctx)
	return n == 0, err
}

// guess looks where lines are that lologen labels itself, and where those of the file are.
func (r *reader) guess(ctx context.Context) (uint64, error) {
	guesses := []string{pushed(r.run)}
	if r.config.Path != "" {
		guesses = append(guesses, "{filename="+strconv.Quote(r.config.Path)+"}")
	}
	for _, selector := range guesses {
		r.selectors = []string{selector}
		n, err := r.count(ctx)
		if err != nil {
			return 0, err
		}
		if n > 0 {
			r.places.selectors = r.selectors
			return n, nil
		}
	}
	return 0, nil
}

// lookAround counts the lines of the run in all streams. A selector has to ask for a label; so each
// asks for one, and for none of those before it.
func (r *reader) lookAround(ctx context.Context) (total uint64, err error) {
	begun := time.Now()
	names, err := r.labels(ctx)
	if err != nil {
		return 0, fmt.Errorf("look through all streams: %w", err)
	}
	var holding []string
	without := ""
	for _, name := range names {
		r.selectors = []string{"{" + name + `=~".+"` + without + "}"}
		without += ", " + name + `=""`
		n, err := r.count(ctx)
		if err != nil {
			return 0, fmt.Errorf("look through all streams: %w", err)
		}
		if n > 0 {
			holding = append(holding, r.selectors...)
			total += n
		}
	}
	p := &r.places
	p.selectors, p.anywhere = holding, len(holding) > 0
	// Where nothing is found, much may have been looked through for it.
	p.again = time.Now().Add(max(5*time.Second, 4*time.Since(begun)))
	if len(holding) > 0 {
		r.selectors = holding
	}
	return total, nil
}

// mostLabels are looked at: those beyond them are on streams that have one of these as well, mostly.
const mostLabels = 50

var labelName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]*$`)

// labels are the names that streams have, those first that most streams have.
func (r *reader) labels(ctx context.Context) (names []string, err error) {
	from, to := r.span()
	values := url.Values{"start": {strconv.FormatInt(from, 10)}, "end": {strconv.FormatInt(to, 10)}}
	for _, tenant := range r.config.Tenants {
		var answer struct {
			Data []string `json:"data"`
		}
		const most = 16 << 20
		if err := r.client.get(ctx, "/loki/api/v1/labels", values, tenant, most, &answer); err != nil {
			return nil, err
		}
		names = append(names, answer.Data...)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !labelName.MatchString(name) })
	common := []string{"service_name", "job", "filename"}
	rank := func(name string) int { return (slices.Index(common, name) + len(common) + 1) % (len(common) + 1) }
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(rank(a)-rank(b), strings.Compare(a, b)) })
	names = slices.Compact(names)
	return names[:min(len(names), mostLabels)], nil
}
