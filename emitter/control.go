package emitter

import (
	"errors"
	"math"
	"sync"
	"time"
)

// A Control changes the rate of a run while it runs. Its methods may be called at any time, by any
// goroutine. It belongs to one run at a time.
//
// Lines that are due when a change comes into force keep their times: a backlog is not forgotten.
// From then on all further lines come at the new rate; of the wait for the first of them that part
// is over which was over at the old rate. Lines made while a run is unpaced are due when they are
// made. Plan.Count and Plan.Duration hold whatever is changed. If a run is unpaced for a time and
// its lines are counted, streams that were ahead then are done sooner than others.
type Control struct {
	mu    sync.Mutex // for changes, which come one after the other; no worker ever takes it
	taken bool       // by a run to come or under way
	known bool       // the plan is
	plan  Schedule   // its lines are due by that; nil: unpaced
	run   *run       // under way
	asked []float64  // by Set before a run: a rate, 0 behind it if that is in a pause
}

// NewControl returns a Control for a Plan of that Schedule, whose rate it knows before the run begins.
// A Control that was not told it is as good otherwise.
func NewControl(s Schedule) *Control { return &Control{known: true, plan: s} }

// notice is how long before it comes into force a change is made known. By then every worker that
// sleeps so shortly that nothing wakes it has seen it, so that none is late at the new rate, and none
// makes a line that is not due any more.
const notice = shortSleep

// Set asks for so many lines a second from now on (by 20 ms, which give all workers notice); 0
// pauses, +Inf is unpaced. Before the run's first line it takes the place of the plan's schedule;
// after its last it does nothing. It returns an error if there is no such rate.
func (c *Control) Set(rate float64) error {
	if !(rate >= 0 && (rate <= float64(MaxRate) || math.IsInf(rate, 1))) {
		return errors.New("set rate: a rate is not negative, and not above MaxRate")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.run != nil:
		c.run.change(func(now *course, at time.Duration) *course {
			if now.open() && math.IsInf(rate, 1) {
				return now
			}
			return now.changed(rate, at)
		})
	case rate > 0:
		c.asked = []float64{rate}
	case !c.held():
		c.asked = append(c.asked, 0)
	}
	return nil
}

// SetMax asks for lines as fast as may be from now on.
func (c *Control) SetMax() { _ = c.Set(math.Inf(1)) } // that is a rate

// Resume ends a pause that Set began, with what that interrupted. The plan's schedule goes on where it
// was, every line that is left of it later by as long as the pause took; so a Profile that ends does
// that later, too. It reports whether there was a pause; without one it does nothing.
func (c *Control) Resume() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.run != nil:
		return c.run.change(func(now *course, at time.Duration) *course {
			if !now.last().pause() {
				return now
			}
			return now.resumed(at)
		})
	case c.held():
		c.asked = c.asked[:len(c.asked)-1]
		return true
	}
	return false
}

// held reports whether a run to come is to begin with a pause.
func (c *Control) held() bool { return len(c.asked) > 0 && c.asked[len(c.asked)-1] == 0 }

// Rate is how many lines a second are asked for now: what was set, or else what the plan says, of a
// Profile that changes the mean of the second around now. 0 is a pause, +Inf unpaced. Without a plan
// and nothing set it is 0.
func (c *Control) Rate() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.run != nil:
		now := c.run.course.Load()
		return now.rate(max(c.run.clock(), now.last().start)) // also if that is not in force yet
	case len(c.asked) > 0:
		return c.asked[len(c.asked)-1]
	case !c.known:
		return 0
	}
	return newCourse(c.plan, forever, 0).rate(0)
}

// take makes c the Control of a run to come.
func (c *Control) take(plan Schedule) error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.taken {
		return errors.New("take control: it belongs to another run")
	}
	c.taken, c.known, c.plan = true, true, plan
	return nil
}

// begin makes c change r, whose clock has started and whose workers have not.
func (c *Control) begin(r *run) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.run = r
	for _, rate := range c.asked {
		r.course.Store(r.course.Load().instead(rate))
	}
}

// release ends what take began.
func (c *Control) release() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taken, c.known, c.plan, c.run, c.asked = false, false, nil, nil, nil
}

// change puts what next makes of the course into force, unless it is too late for that. It reports
// whether anything changed. One call comes after the other.
func (r *run) change(next func(now *course, at time.Duration) *course) bool {
	at := r.clock() + notice
	now := r.course.Load()
	if r.isStopped() || at > now.end {
		return false
	}
	n := next(now, at)
	if n == now {
		return false
	}
	r.course.Store(n)
	close(now.replaced)
	return true
}

// awaitStart returns when the run is to begin, which is t, or at once if that is over. Every second
// it looks at the wall clock, which may be set in the meantime. ok is false if the context ended.
func awaitStart(t time.Time, ended <-chan struct{}) (start time.Time, ok bool) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	start = time.Now()
	for {
		now := time.Now()
		left := t.Round(0).Sub(now.Round(0)) // by the wall clock
		if left <= 0 {
			return start, true
		}
		// As an instant of the monotonic clock, which is what a run goes by.
		start = now.Add(left)
		timer.Reset(min(left, time.Second))
		select {
		case <-timer.C:
		case <-ended:
			return time.Now(), false
		}
	}
}
