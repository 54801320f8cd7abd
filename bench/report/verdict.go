package report

import (
	"fmt"
	"slices"

	"github.com/exitfound/lologen/emitter"
)

// Verdict is what is to be thought of a run.
type Verdict struct {
	Passed   bool   `json:"passed"`
	Balanced bool   `json:"balanced"` // if not, nothing else of the report can be trusted
	Ended    Ended  `json:"ended"`
	Aborted  string `json:"aborted,omitempty"` // the SLO that ended the run before its time
	BoundBy  Bound  `json:"bound_by"`          // who kept the run from being faster
	BoundWhy string `json:"bound_why"`         // the evidence, in a sentence
	SLO      []SLO  `json:"slo"`
}

// SLOFailed reports whether an SLO was not met.
func (v Verdict) SLOFailed() bool {
	return slices.ContainsFunc(v.SLO, func(s SLO) bool { return !s.Passed })
}

// CoversLoss reports whether lines that ended rejected or unknown are within what was allowed:
// SLOs on them were given, and all of those were met.
func (v Verdict) CoversLoss() bool {
	covered := false
	for _, s := range v.SLO {
		if !s.onLoss() {
			continue
		}
		if !s.Passed {
			return false
		}
		covered = true
	}
	return covered
}

// Ended is how a run came to its end.
type Ended string

const (
	Complete Ended = "complete"
	Stopped  Ended = "stopped" // from outside, before everything planned was due
	Gone     Ended = "gone"    // the destination wanted no more
)

// Bound is who held a run back.
type Bound string

const (
	None        Bound = "none"        // the target was reached
	Generator   Bound = "generator"   // lologen, or the processor it had
	Destination Bound = "destination" // it took too long, or did not take
	Limit       Bound = "limit"       // the destination said: not so fast
)

// judge fills in the verdict: how the run ended and which SLOs it has is known to it already.
func (r *Report) judge() {
	v := &r.Verdict
	v.Balanced = r.Lines.Balanced()
	v.SLO = r.evaluate(v.SLO)
	// A reader that has seen enough (| head) loses what is in hand, and nobody minds.
	delivered := r.Lines.Lost() == 0 || v.Ended == Gone || v.CoversLoss()
	v.Passed = v.Balanced && delivered && !v.SLOFailed() && r.Verification.passed()
	v.BoundBy, v.BoundWhy = gather(r).bound()
}

func ended(r *emitter.Result) Ended {
	switch {
	case r.Gone:
		return Gone
	case r.Stopped:
		return Stopped
	}
	return Complete
}

const (
	enough   = 0.99 // of the target rate counts as reached
	busy     = 0.85 // of the processors is all that a program can hope for
	mostly   = 0.5  // of the workers' time is what the run was spent on
	queueing = 0.2  // of the workers' time spent sending: lines may well wait behind several Sends
	frequent = 0.1  // of the requests failing shapes a run
	granted  = 0.7  // of the processor's time that the workers wanted is what they get at least
)

// evidence is what a verdict goes by. Shares are of all workers' time, 0 to 1.
type evidence struct {
	*Report
	target  float64 // lines a second; 0: unpaced
	sending float64
	waiting float64
	making  float64 // all the rest that was not spent backing off before a retry
	cpu     float64 // share of the processors

	failures   []Failure // but for attempts that lologen itself gave up in the end
	failed     uint64    // requests, of those
	sent       uint64    // requests that were not given up
	lost       uint64    // lines that ended rejected or unknown
	unfinished uint64    // lines of requests that were given up
}

func gather(r *Report) evidence {
	total := r.Elapsed * float64(r.Plan.Workers)
	e := evidence{
		Report:  r,
		sending: min(1, ratio(r.Work.Sending, total)),
		waiting: min(1, ratio(r.Work.Waiting, total)),
		cpu:     r.Usage.share(r.Elapsed),
	}
	e.making = max(0, 1-e.sending-e.waiting-ratio(r.Work.Backoff, total))
	if r.Rate.Target != nil {
		e.target = *r.Rate.Target
	}
	e.sent, e.lost, e.failed = r.Requests.Sent, r.Lines.Lost(), r.Requests.Failed
	for _, f := range r.Errors {
		if f.Ours() {
			e.sent, e.failed = growth(e.sent, f.Requests), growth(e.failed, f.Requests)
			e.lost, e.unfinished = growth(e.lost, f.Lines), e.unfinished+f.Lines
			continue
		}
		e.failures = append(e.failures, f)
	}
	return e
}

// share is how much of the processors was used in so many seconds, 0 to 1: opening and closing
// the destination are no part of a run's time, so a short run may seem to have used more.
func (u Usage) share(elapsed float64) float64 {
	return min(1, ratio(u.CPU, elapsed*float64(u.Cores)))
}

// bound says who held the run back and why. What destroys lines comes first; then the processor,
// as a worker that wants for it seems to be sending for longer than it is; then the workers' time.
func (e evidence) bound() (Bound, string) {
	paced := e.target > 0
	switch {
	case e.Verdict.Ended == Gone: // it has seen enough: nobody was held back
		return None, fmt.Sprintf("the destination wanted no more after %s.", plural(e.Lines.Acked, "line"))
	case paced && e.reached():
		return None, e.sayReached()
	case e.failuresExplain():
		return e.blameFailures()
	case !paced:
		return e.blameSlower()
	case e.cpu >= busy:
		return Generator, e.sayBusy()
	case e.sending >= mostly:
		return Destination, e.saySending()
	case e.failed > 0:
		return e.blameFailures()
	case e.making >= mostly:
		return Generator, e.sayMaking()
	}
	return e.blameLater()
}

// reached also holds for all lines in a window overrun by 1 %: achieved is acked by window.
func (e evidence) reached() bool {
	return e.Lines.Due == 0 || e.Rate.Achieved >= enough*e.target
}

func (e evidence) sayReached() string {
	if e.Lines.Due == 0 {
		return "no line was due."
	}
	return fmt.Sprintf("%s lines/s were asked for and %s reached.", Decimal(e.target), Decimal(e.Rate.Achieved))
}

// failuresExplain reports whether failures alone account for what was held back: half of the
// lines that are wanting were lost to them, or so many attempts failed that retries took the time.
func (e evidence) failuresExplain() bool {
	wanting := e.target*e.Window - float64(e.Lines.Acked)
	if e.target == 0 {
		wanting = float64(e.Lines.Due)
	}
	lost := float64(e.lost)
	return lost > 0 && lost >= wanting/2 || e.failed > 0 && float64(e.failed) >= frequent*float64(e.sent)
}

// blameFailures tells a limit from a destination that cannot or will not, by most of the failed
// attempts.
func (e evidence) blameFailures() (Bound, string) {
	var limited, failed uint64
	most := Failure{Reason: "unknown"}
	for _, f := range e.failures {
		failed += f.Requests
		if isLimit(f) {
			limited += f.Requests
		}
	}
	bound := Destination
	if limited*2 > failed {
		bound = Limit
	}
	for _, f := range e.failures {
		if isLimit(f) == (bound == Limit) && f.Requests > most.Requests {
			most = f
		}
	}
	return bound, fmt.Sprintf("%s of %s failed, most often with %s%s; %s ended rejected or unknown%s%s.",
		count(e.failed), plural(e.sent, "request"), shorten(most.cause(), mostReason), most.sayOffered(),
		plural(e.lost, "line"), e.sayUnfinished(), most.sayRaise())
}

func (e evidence) sayUnfinished() string {
	if e.unfinished == 0 {
		return ""
	}
	return fmt.Sprintf(", and %s when the drain was over", count(e.unfinished))
}

func (f Failure) sayOffered() string {
	if f.Offered == 0 {
		return ""
	}
	return fmt.Sprintf(", first at %s lines/s", Decimal(f.Offered))
}

func (f Failure) sayRaise() string {
	if f.Raise == "" {
		return ""
	}
	return "; to raise it: " + shorten(f.Raise, mostReason)
}

// sayBusy also says what helps: nobody's destination is to be tuned for want of our own cores.
func (e evidence) sayBusy() string {
	late := ""
	if s := e.Latency.Schedule; s != nil && s.Count > 0 {
		late = fmt.Sprintf(" and was late by %s at p99", Length(s.P99))
	}
	return fmt.Sprintf("lologen used %s of %s%s: it needs more cores, or lines that cost less to make.",
		digits(e.cpu*float64(e.Usage.Cores)), plural(e.Usage.Cores, "core"), late)
}

func (e evidence) saySending() string {
	return fmt.Sprintf("%s spent %s of %s time sending; one Send took %s at p50 and %s at p99.",
		plural(e.Plan.Workers, "worker"), percent(e.sending), e.whose(), Length(e.Latency.Service.P50), Length(e.Latency.Service.P99))
}

// sayMaking ends with what helps. Cores that are idle need workers; workers that wanted a core and
// did not get it shared it with others.
func (e evidence) sayMaking() string {
	advice := "more cores, or lines that cost less to make, would help"
	used, wanted := e.cpu*float64(e.Usage.Cores), e.making*float64(min(e.Plan.Workers, e.Usage.Cores))
	switch {
	case used < granted*wanted:
		advice = "a machine with less else to do would help"
	case e.cpu < busy && e.Plan.Workers < e.Usage.Cores:
		advice = "more --workers would use the idle ones"
	}
	return fmt.Sprintf("%s spent %s of %s time making lines and %s sending, on %s of %s: %s.",
		plural(e.Plan.Workers, "worker"), percent(e.making), e.whose(), percent(e.sending), percent(e.cpu), plural(e.Usage.Cores, "core"), advice)
}

func (e evidence) whose() string {
	if e.Plan.Workers == 1 {
		return "its"
	}
	return "their"
}

// blameSlower judges an unpaced run, which always is as fast as the slower of its two halves.
func (e evidence) blameSlower() (Bound, string) {
	if e.sending >= e.making {
		return Destination, "the run was unpaced; " + e.saySending()
	}
	return Generator, "the run was unpaced; " + e.sayMaking()
}

// blameLater is for a run whose workers were idle for most of the time and which fell short all
// the same, as one with a stall in it may. Lines are late behind one long Send, so the longest
// one tells more than the many short ones; or behind several, which take a good part of the time
// then. Only lateness that no Send explains is our own.
func (e evidence) blameLater() (Bound, string) {
	service, schedule := e.Latency.Service.Max, 0.0
	if e.Latency.Schedule != nil {
		schedule = e.Latency.Schedule.Max
	}
	bound, advice := Destination, ""
	if schedule > 2*service && e.sending < queueing {
		bound, advice = Generator, ": a machine with less else to do would help"
	}
	return bound, fmt.Sprintf("the workers waited for %s of their time and sent for %s; at most a line was made %s late and one Send took %s%s.",
		percent(e.waiting), percent(e.sending), Length(schedule), Length(service), advice)
}
