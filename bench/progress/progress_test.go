package progress

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/charmbracelet/x/ansi"

	"github.com/exitfound/lologen/emitter"
)

var update = flag.Bool("update", false, "write the goldens anew")

// A terminal is what is seen of what was written: its screen, by line. It knows the codes that a
// Progress may send, goes on to the next line at its edge, and takes any other code for an error.
type terminal struct {
	t       *testing.T
	columns int
	screen  [][]rune
	row, at int
}

func newTerminal(t *testing.T, columns int) *terminal {
	return &terminal{t: t, columns: columns, screen: [][]rune{nil}}
}

func (m *terminal) width() int { return m.columns }

func (m *terminal) Write(p []byte) (int, error) {
	for s := string(p); s != ""; {
		switch {
		case strings.HasPrefix(s, ansi.EraseLineRight):
			line := m.screen[m.row]
			m.screen[m.row] = line[:min(m.at, len(line))]
			s = s[len(ansi.EraseLineRight):]
			continue
		case strings.HasPrefix(s, ansi.EraseEntireLine):
			m.screen[m.row] = nil
			s = s[len(ansi.EraseEntireLine):]
			continue
		}
		r := []rune(s)[0]
		m.put(r)
		s = s[len(string(r)):]
	}
	return len(p), nil
}

func (m *terminal) put(r rune) {
	switch {
	case r == '\r':
		m.at = 0
	case r == '\n':
		m.row, m.at = m.row+1, 0
		m.screen = append(m.screen, nil)
	case r < ' ':
		m.t.Errorf("control character %q", r)
	default:
		if m.at == m.columns {
			m.put('\n')
		}
		line := m.screen[m.row]
		for len(line) <= m.at {
			line = append(line, ' ')
		}
		line[m.at] = r
		m.screen[m.row] = line
		m.at++
	}
}

func (m *terminal) String() string {
	var b strings.Builder
	for _, line := range m.screen {
		b.WriteString(strings.TrimRight(string(line), " ") + "\n")
	}
	return b.String()
}

func (m *terminal) want(t *testing.T, lines ...string) {
	t.Helper()
	if want := strings.Join(lines, "\n") + "\n"; m.String() != want {
		t.Errorf("on the screen:\n%swant:\n%s", m, want)
	}
}

// at is a snapshot after so many seconds of a run at 1000 lines/s with a few errors.
func at(seconds uint64) emitter.Snapshot {
	h := hdrhistogram.New(1, int64(time.Hour), 3)
	for i := range int64(1000) {
		_ = h.RecordValue(i * 12_000)
	}
	n := seconds * 1000
	return emitter.Snapshot{
		Progress: emitter.Progress{
			Lines:    emitter.Lines{Due: n, Acked: n * 9 / 10, Rejected: n / 20},
			Made:     n * 19 / 20,
			Requests: emitter.Requests{Sent: seconds * 20, Retried: seconds * 4, Failed: seconds * 7},
			Bytes:    emitter.Bytes{Acked: n * 256},
		},
		At: time.Duration(seconds) * time.Second, Interval: time.Second,
		Latency:  emitter.Latency{Response: h},
		Backlog:  n / 20,
		Failures: []emitter.Failure{{Reason: "rate_\x1b[31mlimited", Status: 429}, {Reason: "timeout"}},
	}
}

// TestWidths shows what is left of a line where there is less and less room.
func TestWidths(t *testing.T) {
	rate := 1000.0
	for name, of := range map[string]struct {
		Config
		length time.Duration
	}{
		"duration":  {Config{Target: &rate}, 30 * time.Second},
		"count":     {Config{Target: &rate, Count: 3_000_000}, 0},
		"whichever": {Config{Target: &rate, Count: 36_000}, time.Hour},
		"stages":    {Config{Paced: true}, time.Minute},
		"unpaced":   {},
		"over":      {Config{Target: &rate}, 11 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			for _, width := range []int{200, 120, 100, 80, 60, 40, 20, 5, 1} {
				m := newTerminal(t, width)
				of.Terminal, of.Width = true, m.width
				p := New(m, of.Config)
				for _, second := range []uint64{11, 12} {
					s := at(second)
					s.Length = of.length
					p.Show(s)
				}
				fmt.Fprintf(&got, "%3d|%s", width, m)
				if len(m.screen) > 1 || len(m.screen[0]) > max(width-1, 1) {
					t.Errorf("more than one line, or more than %d columns:\n%s", width-1, m)
				}
			}
			compare(t, name+".txt", got.String())
		})
	}
}

func TestPlain(t *testing.T) {
	rate := 0.5
	var got strings.Builder
	p := New(&got, Config{Target: &rate})
	show := func(s emitter.Snapshot) {
		s.Length = 90 * time.Minute
		p.Show(s)
	}
	show(emitter.Snapshot{At: time.Second, Interval: time.Second})
	for _, second := range []uint64{2, 3, 4} {
		show(at(second))
	}
	fmt.Fprintln(p.Writer(), "lologen: a warning")
	p.Clear()
	show(at(3600))
	last := at(3601)
	last.Last, last.Interval = true, time.Millisecond
	show(last)
	p.Done()
	show(at(3602))
	if strings.ContainsAny(got.String(), "\r\x1b") {
		t.Errorf("control codes in %q", got.String())
	}
	compare(t, "plain.txt", got.String())
}

func TestReceived(t *testing.T) {
	var got strings.Builder
	p := New(&got, Config{Count: 100_000})
	p.ShowReceived(Received{})
	p.ShowReceived(Received{At: time.Second, Interval: time.Second, Lines: 20_000, Bytes: 5_000_000})
	p.ShowReceived(Received{At: 3 * time.Second, Interval: 2 * time.Second, Lines: 50_000, Bytes: 13_000_000, Lost: 12, Duplicated: 3})
	p.ShowReceived(Received{At: 4 * time.Second, Interval: time.Second, Lines: 100_001, Bytes: 13_000_001, Lost: 12, Duplicated: 3})
	for _, width := range []int{60, 30, 12} {
		m := newTerminal(t, width)
		New(m, Config{Terminal: true, Width: m.width}).ShowReceived(Received{At: 59 * time.Minute, Interval: time.Second, Lines: 1e9, Bytes: 1e11})
		fmt.Fprintf(&got, "%3d|%s", width, m)
	}
	compare(t, "received.txt", got.String())
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	golden := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got:\n%swant, as in %s:\n%s", got, golden, want)
	}
}

func short(seconds uint64) emitter.Snapshot {
	return emitter.Snapshot{At: time.Duration(seconds) * time.Second, Interval: time.Second}
}

const shortLine = "  0 lines/s  0 B/s  errors 0  retries 0"

// TestBeside: what others write keeps its lines whole, above the live one.
func TestBeside(t *testing.T) {
	m := newTerminal(t, 80)
	p := New(m, Config{Terminal: true, Width: m.width})
	w := p.Writer()
	io.WriteString(w, "before\n")
	p.Show(short(1))
	io.WriteString(w, "one\ntwo\n")
	m.want(t, "before", "one", "two", "1s"+shortLine)
	p.Show(short(2))
	m.want(t, "before", "one", "two", "2s"+shortLine)
	io.WriteString(w, "begun, ")
	p.Show(short(3))
	m.want(t, "before", "one", "two", "begun,")
	io.WriteString(w, "")
	io.WriteString(w, "ended\n")
	p.Show(short(4))
	m.want(t, "before", "one", "two", "begun, ended", "4s"+shortLine)
	p.Clear()
	p.Clear()
	m.want(t, "before", "one", "two", "begun, ended", "")
	p.Show(short(5))
	p.Done()
	p.Show(short(6))
	io.WriteString(w, "report\n")
	m.want(t, "before", "one", "two", "begun, ended", "report", "")
}

// TestResize: the width is asked for each time, and a shorter line leaves nothing of a longer one.
func TestResize(t *testing.T) {
	m := newTerminal(t, 200)
	p := New(m, Config{Terminal: true, Width: m.width})
	p.Show(at(1))
	if !strings.Contains(m.String(), "(rate_[31mlimited)") {
		t.Errorf("on the screen: %s", m)
	}
	m.columns = 20
	p.Show(short(2))
	m.want(t, "2s  0 lines/s")
	m.columns = 0 // unknown
	p.Show(short(3))
	if p.line != "3s"+shortLine {
		t.Errorf("line = %q", p.line)
	}
}

func TestConcurrently(t *testing.T) {
	m := newTerminal(t, 80)
	p := New(m, Config{Terminal: true, Width: m.width})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for range 50 {
				fmt.Fprintln(p.Writer(), "an error")
			}
		})
	}
	for range 50 {
		p.Show(short(1))
	}
	wg.Wait()
	p.Done()
	m.want(t, append(slices.Repeat([]string{"an error"}, 150), "")...)
}

// broken takes so many bytes and no more.
type broken int

func (b broken) Write(p []byte) (int, error) {
	if len(p) > int(b) {
		return int(b), errors.New("broken")
	}
	return len(p), nil
}

// TestBroken: a writer's error reaches who wrote, with the number of their own bytes.
func TestBroken(t *testing.T) {
	for room, want := range map[broken]int{0: 0, 4: 0, broken(len(gone)): 0, broken(len(gone) + 2): 2, 30: 5} {
		p := New(room, Config{Terminal: true})
		p.Show(short(1))
		if n, err := io.WriteString(p.Writer(), "text\n"); n != want || err == nil {
			t.Errorf("room for %d: %d, %v; want %d", room, n, err, want)
		}
	}
}
