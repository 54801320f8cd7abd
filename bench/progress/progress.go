// Package progress shows a run while it goes on: one line that is drawn again each second on a
// terminal, or a line each second elsewhere.
package progress

import (
	"io"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/exitfound/lologen/emitter"
)

// Config is where the line is shown, and what the run was asked for.
type Config struct {
	Terminal bool       // draw one line in place; else write line after line, without control codes
	Width    func() int // of the terminal in columns, asked each time; nil, or not above 0: 80

	Count  uint64   // lines; 0: no limit
	Target *float64 // lines a second; nil: unpaced, or a rate that changes
	Paced  bool     // there is a rate, even if Target is nil
}

// A Progress is the live line of one run. It may be used by several goroutines.
type Progress struct {
	config Config
	w      io.Writer

	mu     sync.Mutex // lines are shown by the run, and errors written by others
	last   totals
	line   string // shown now; empty: none
	inside bool   // somebody's own line is not at its end yet
	done   bool
}

// totals are what the rates of an interval are reckoned from.
type totals struct{ due, lines, bytes uint64 }

// New returns a Progress that writes to w. Errors of w are not reported: a line that cannot be
// shown is no reason to end a run.
func New(w io.Writer, c Config) *Progress { return &Progress{config: c, w: w} }

// Show shows a snapshot, the rates and percentiles being those of its interval. It leaves out the
// last one of a run, whose interval may be of any length: what is left to say is in the report.
func (p *Progress) Show(s emitter.Snapshot) {
	if s.Last {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := totals{s.Lines.Due, s.Lines.Acked, s.Bytes.Acked}
	rates := p.rates(now, s.Interval)
	p.show(p.config.parts(&s, rates))
}

// Received is what a receiver has counted so far.
type Received struct {
	At         time.Duration // since the start
	Interval   time.Duration // since the last Received
	Length     time.Duration // how long it waits at most; 0: for ever
	Lines      uint64
	Bytes      uint64
	Lost       uint64
	Duplicated uint64
}

// ShowReceived is Show for the other end. Length and Count are what it waits for.
func (p *Progress) ShowReceived(r Received) {
	p.mu.Lock()
	defer p.mu.Unlock()
	rates := p.rates(totals{r.Lines, r.Lines, r.Bytes}, r.Interval)
	p.show(p.config.received(&r, rates))
}

// Clear takes the line away, so that others can write where it was. The next Show brings it back.
func (p *Progress) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

// Done takes the line away for good.
func (p *Progress) Done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	p.done = true
}

// rates are lines and bytes a second.
type rates struct{ asked, reached, bytes float64 }

func (p *Progress) rates(now totals, interval time.Duration) rates {
	before := p.last
	p.last = now
	second := func(now, before uint64) float64 {
		if interval <= 0 || now < before {
			return 0
		}
		return float64(now-before) / interval.Seconds()
	}
	return rates{
		asked:   second(now.due, before.due),
		reached: second(now.lines, before.lines),
		bytes:   second(now.bytes, before.bytes),
	}
}

func (p *Progress) show(parts []part) {
	switch {
	case p.done || p.inside:
		return
	case !p.config.Terminal:
		p.write(join(parts) + "\n")
		return
	}
	p.line = fit(parts, p.config.columns())
	// What is left of a longer line goes last, so that nothing flickers.
	p.write("\r" + p.line + ansi.EraseLineRight)
}

// columns is how long a line may be. The last column is left free: many terminals go on to the
// next line when something is in it.
func (c *Config) columns() int {
	width := 0
	if c.Width != nil {
		width = c.Width()
	}
	if width <= 0 {
		width = 80
	}
	return max(width-1, 1)
}

func (p *Progress) clear() {
	if p.line == "" {
		return
	}
	p.line = ""
	p.write(gone)
}

// gone takes the line away and leaves the cursor where it began.
const gone = "\r" + ansi.EraseEntireLine

func (p *Progress) write(s string) { _, _ = io.WriteString(p.w, s) }
