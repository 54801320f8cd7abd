package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// A Source is a place that holds lines of runs. Its String says where, without secrets.
type Source interface {
	fmt.Stringer

	// Count is how many lines of the run can be read by now, copies included, as cheaply as the
	// source can tell: it is asked until the number settles.
	Count(ctx context.Context, run string) (uint64, error)

	// Holding is what is held of the run. It is asked after Count, and may be what Count has read.
	Holding(ctx context.Context, run string) (*Holding, error)
}

// A Question is what is asked of a source.
type Question struct {
	Run    string        // the run's id; may be empty if there is a ledger
	Ledger *Ledger       // of the run; nil: only gaps and copies can be told
	Wait   time.Duration // how long to wait for lines at most; 0: 60 s
	Late   time.Duration // how long after that the source may take to say a first word; 0: as long as it takes
	Settle time.Duration // how long a number has to stay as it is to be the last; 0: 5 s

	// Agent says that somebody brings the lines who may try again after minutes: missing ones are
	// waited for to the end.
	Agent bool

	// Copies says that lines may come once more when all are there: that is waited for, too.
	Copies bool

	// Verbatim says that lines are stored as they were sent, to the byte.
	Verbatim bool
}

// ErrRefused is what the errors of sources are that will not answer differently when asked again.
var ErrRefused = errors.New("refused")

// refusal is an ErrRefused in other words.
type refusal struct{ error }

func (r refusal) Is(target error) bool { return target == ErrRefused }
func (r refusal) Unwrap() error        { return r.error }

// Ask waits until the source holds what was confirmed, or what it holds no longer changes, and
// judges that. Lines have the whole wait to begin to come.
func Ask(ctx context.Context, s Source, q Question) *Verdict {
	if q.Ledger != nil {
		q.Run = cmp.Or(q.Run, q.Ledger.RunID)
	}
	a := &asking{source: s, question: q}
	v, err := a.ask(ctx)
	if err != nil {
		v = &Verdict{Judged: "nothing", Ranges: []Finding{}, Error: err.Error()}
	}
	v.RunID, v.Source = q.Run, s.String()
	return v
}

// asking is an Ask under way.
type asking struct {
	source   Source
	question Question
	enough   uint64 // lines that are confirmed; 0 without a ledger
	deadline time.Time

	begun   time.Time
	first   uint64    // lines that the first look found
	lines   uint64    // and the last
	since   time.Time // when a look had first found so many
	looks   int
	slowest time.Duration // a look took so far

	judged *Verdict // on so many lines as there still are
}

func (a *asking) ask(ctx context.Context) (*Verdict, error) {
	q := &a.question
	switch {
	case !validRun(q.Run):
		return nil, fmt.Errorf("run id %.80q: a run's id is 1 to 64 letters and digits", q.Run)
	case q.Ledger != nil && q.Ledger.RunID != q.Run:
		return nil, fmt.Errorf("the ledger is that of run %s, not of %s", q.Ledger.RunID, q.Run)
	case q.Ledger != nil:
		a.enough = q.Ledger.Acked()
	}
	a.begun = time.Now()
	a.deadline = a.begun.Add(cmp.Or(q.Wait, time.Minute))
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		v, final, err := a.round(ctx, pause)
		switch {
		case err == nil && final:
			return v, nil
		case err != nil && (a.last(pause) || errors.Is(err, ErrRefused)) && ctx.Err() == nil:
			return a.known(err)
		}
		if sleep(ctx, pause) != nil {
			return nil, interrupted(err)
		}
	}
}

// known is the verdict that would have stood if nothing had come after it, or the error that kept us
// from knowing whether it did.
func (a *asking) known(err error) (*Verdict, error) {
	if v := a.judged; v != nil && v.Passed != nil && *v.Passed {
		v.note("the last look was not possible, so copies that came by then are not counted: %v", err)
		return v, nil
	}
	return nil, err
}

// last reports whether there is no time for another look after such a pause.
func (a *asking) last(pause time.Duration) bool { return time.Now().Add(pause).After(a.deadline) }

// interrupted says so, and what was in the way by then.
func interrupted(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return errors.New("interrupted before it was certain")
	}
	return fmt.Errorf("interrupted: %w", err)
}

// round looks once, and judges if there is reason to; final says that this is the verdict.
func (a *asking) round(ctx context.Context, pause time.Duration) (v *Verdict, final bool, err error) {
	if err := a.look(ctx); err != nil {
		return nil, false, err
	}
	last := a.last(pause)
	if !last && !a.settled() && !a.hasEnough() {
		return nil, false, nil
	}
	if a.judged == nil {
		if a.judged, err = a.judge(ctx); err != nil {
			return nil, false, err
		}
	}
	return a.judged, last || a.isFinal(a.judged), nil
}

// isFinal reports whether no further look would change a verdict, as far as that can be known.
func (a *asking) isFinal(v *Verdict) bool {
	switch {
	case a.question.Agent && v.Lost+v.Unproven > 0:
		return false
	case v.Passed != nil && *v.Passed && !a.question.Copies:
		return true
	}
	return a.settled()
}

// look asks how many lines there are.
func (a *asking) look(ctx context.Context) error {
	asked := time.Now()
	bounded, cancel := a.bound(ctx)
	defer cancel()
	lines, err := a.source.Count(bounded, a.question.Run)
	at := time.Now() // some of them may have become visible while they were counted
	switch {
	case err != nil && bounded.Err() != nil && ctx.Err() == nil:
		return fmt.Errorf("ask %s: no answer within %v", a.source, at.Sub(asked).Round(time.Millisecond))
	case err != nil:
		return fmt.Errorf("ask %s: %w", a.source, err)
	}
	a.slowest = max(a.slowest, at.Sub(asked))
	if a.looks == 0 {
		a.first = lines
	}
	if a.looks++; a.looks == 1 || lines != a.lines {
		a.lines, a.since, a.judged = lines, at, nil
	}
	return nil
}

// bound ends a look that takes too long: for a source that has answered before, that is longer.
func (a *asking) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if a.question.Late == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, a.deadline.Add(max(a.question.Late, 2*a.slowest)))
}

// hasEnough reports whether there are as many lines as were confirmed. Copies may stand for
// lines that are still on their way.
func (a *asking) hasEnough() bool { return a.question.Ledger != nil && a.lines >= a.enough }

// settled reports whether lines have come and no more do.
func (a *asking) settled() bool {
	return (a.lines > 0 || a.hasEnough()) && time.Since(a.since) >= cmp.Or(a.question.Settle, 5*time.Second)
}

func (a *asking) judge(ctx context.Context) (*Verdict, error) {
	h, err := a.source.Holding(ctx, a.question.Run)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", a.source, err)
	}
	v := Judge(h, a.question.Ledger)
	v.weigh(h, &a.question)
	v.VisibleAfter = a.visibleAfter()
	return v, nil
}

// visibleAfter is not known if the first look came late and found everything.
func (a *asking) visibleAfter() *float64 {
	const soon = time.Second
	l := a.question.Ledger
	if l == nil || l.Ended.IsZero() || a.lines == 0 || a.first == a.lines && a.begun.Sub(l.Ended) > soon {
		return nil
	}
	after := max(0, a.since.Sub(l.Ended).Seconds())
	return &after
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
