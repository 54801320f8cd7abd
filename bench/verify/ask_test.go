package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// slow is a source whose lines come with time.
type slow struct {
	begun time.Time
	come  []time.Duration // when a line comes, after begun; a negative one is lost
	twice time.Duration   // when the first comes again; 0: never
	err   func(after time.Duration) error
}

func (s *slow) String() string { return "a slow place" }

func (s *slow) Holding(_ context.Context, run string) (*Holding, error) {
	if s.err != nil {
		if err := s.err(time.Since(s.begun)); err != nil {
			return nil, err
		}
	}
	a := NewAccount(Limits{})
	a.Expect(run)
	b := a.NewBatch()
	for seq, after := range s.come {
		if after >= 0 && time.Since(s.begun) >= after {
			b.Add(text(run, 0, uint64(seq), 1))
		}
	}
	if s.twice > 0 && time.Since(s.begun) >= s.twice {
		b.Add(text(run, 0, 0, 1))
	}
	b.Take(0)
	return a.Holding(run), nil
}

func (s *slow) Count(ctx context.Context, run string) (uint64, error) {
	h, err := s.Holding(ctx, run)
	if err != nil {
		return 0, err
	}
	return h.Lines.Received, nil
}

func TestAsk(t *testing.T) {
	seconds := func(all ...float64) (list []time.Duration) {
		for _, s := range all {
			list = append(list, time.Duration(s*float64(time.Second)))
		}
		return list
	}
	refused := func(time.Duration) error { return fmt.Errorf("%w: no", ErrRefused) }
	for _, c := range []struct {
		name    string
		source  slow
		ledger  bool
		took    [2]float64 // seconds, at least and at most
		stored  uint64
		passed  string
		visible [2]float64 // at least and at most, 0 and 0: not known
	}{
		{"all there", slow{come: seconds(0, 0, 0)}, true, [2]float64{0, 0}, 3, "true", [2]float64{0.5, 0.5}},
		{"late", slow{come: seconds(0, 4, 12)}, true, [2]float64{12, 14}, 3, "true", [2]float64{12.5, 14.5}},
		{"the first is late", slow{come: seconds(20, 20, 20)}, true, [2]float64{20, 22}, 3, "true", [2]float64{20.5, 22.5}},
		{"one lost", slow{come: seconds(0, -1, 8)}, true, [2]float64{18, 22}, 2, "false", [2]float64{8.5, 10.5}},
		{"none comes", slow{come: seconds(-1, -1, -1)}, true, [2]float64{58, 60}, 0, "false", [2]float64{}},
		{"never settles", slow{come: seconds(0, 9, 18, 27, 36, 45, 54, 63)}, false, [2]float64{58, 60}, 7, "true", [2]float64{}},
		{"no ledger", slow{come: seconds(0, 3, 4)}, false, [2]float64{14, 17}, 3, "true", [2]float64{}},
		{"a gap without ledger", slow{come: seconds(0, -1, 4)}, false, [2]float64{14, 17}, 2, "false", [2]float64{}},
		{"down for a while", slow{come: seconds(0, 0, 0), err: func(after time.Duration) error {
			if after < 30*time.Second {
				return errors.New("down")
			}
			return nil
		}}, true, [2]float64{30, 32}, 3, "true", [2]float64{30.5, 32.5}},
		{"down", slow{err: func(time.Duration) error { return errors.New("down") }}, true, [2]float64{58, 60}, 0, "", [2]float64{}},
		{"refused", slow{err: refused}, true, [2]float64{0, 0}, 0, "", [2]float64{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := Question{Run: "r", Settle: 10 * time.Second}
				if c.ledger {
					q.Ledger = &Ledger{RunID: "r", Ended: time.Now(), Streams: []Sent{{Next: 3}}}
					time.Sleep(500 * time.Millisecond)
				}
				c.source.begun = time.Now()
				v := Ask(t.Context(), &c.source, q)
				took := time.Since(c.source.begun).Seconds()
				if took < c.took[0] || took > c.took[1] {
					t.Errorf("took %v s", took)
				}
				passed := ""
				if v.Passed != nil {
					passed = fmt.Sprint(*v.Passed)
				}
				if passed != c.passed || v.Stored != c.stored || v.RunID != "r" || v.Source != "a slow place" || (v.Error != "") != (c.passed == "") {
					t.Errorf("verdict is %+v", v)
				}
				after := 0.0
				if v.VisibleAfter != nil {
					after = *v.VisibleAfter
				}
				if after < c.visible[0] || after > c.visible[1] {
					t.Errorf("visible after %v s", after)
				}
			})
		})
	}
}

func TestAskWrong(t *testing.T) {
	for _, q := range []Question{
		{}, {Run: `a"b`}, {Run: strings.Repeat("a", 65)}, {Run: "a", Ledger: &Ledger{RunID: "b"}},
	} {
		if v := Ask(t.Context(), &slow{}, q); v.Error == "" || v.Passed != nil {
			t.Errorf("%+v: verdict is %+v", q, v)
		}
	}
}

// TestAskInterrupted: what was in the way is told, not the end of the patience with it.
func TestAskInterrupted(t *testing.T) {
	for err, want := range map[error]string{nil: "before it was certain", errors.New("down"): "down", context.Canceled: "before it was certain"} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			begun := time.Now()
			v := Ask(ctx, &slow{begun: begun, err: func(time.Duration) error { return err }}, Question{Run: "a"})
			if !strings.HasPrefix(v.Error, "interrupted") || !strings.Contains(v.Error, want) || strings.Contains(v.Error, "context") || v.Passed != nil {
				t.Errorf("verdict is %+v", v)
			}
			if took := time.Since(begun); took != 3*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// TestAskAgent: an agent may bring lines late, and lines twice after all have come.
func TestAskAgent(t *testing.T) {
	for _, c := range []struct {
		name       string
		source     slow
		noLedger   bool
		keeps      bool          // nobody tries again
		least      time.Duration // it takes; at most 2 s more, as a look may just have been
		passed     bool
		duplicated uint64
		note       string
	}{
		{"all there", slow{come: []time.Duration{0, 0, 0}}, false, false, 10 * time.Second, true, 0, ""},
		{"a copy comes", slow{come: []time.Duration{0, 0, 0}, twice: 3 * time.Second}, false, false, 13 * time.Second, true, 1, ""},
		{"a line comes after a pause", slow{come: []time.Duration{0, 0, 40 * time.Second}}, false, false, 50 * time.Second, true, 0, ""},
		{"a line never comes", slow{come: []time.Duration{0, 0, -1}}, false, false, 58 * time.Second, false, 0, ""},
		{"a copy, and a line never comes", slow{come: []time.Duration{0, 0, -1}, twice: time.Second}, false, false, 58 * time.Second, false, 1, ""},
		{"one too many", slow{come: []time.Duration{0, 0, 0, 0}}, false, false, 10 * time.Second, false, 0, ""},
		{"it comes at the end", slow{come: []time.Duration{0, 0, 56 * time.Second}}, false, false, 58 * time.Second, true, 0, ""},
		{"a gap without ledger", slow{come: []time.Duration{0, -1, 0}}, true, false, 58 * time.Second, false, 0, ""},
		{"without ledger", slow{come: []time.Duration{0, 0, 0}}, true, false, 10 * time.Second, true, 0, ""},
		{"down once all were there", slow{come: []time.Duration{0, 0, 0}, err: func(after time.Duration) error {
			if after > 5*time.Second {
				return errors.New("down")
			}
			return nil
		}}, false, false, 58 * time.Second, true, 0, "copies that came by then are not counted: ask a slow place: down"},
		{"a line that nobody brings again", slow{come: []time.Duration{0, 0, -1}}, false, true, 10 * time.Second, false, 0, ""},
		{"a copy without an agent", slow{come: []time.Duration{0, 0, 0}, twice: 3 * time.Second}, false, true, 13 * time.Second, true, 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := Question{Run: "r", Settle: 10 * time.Second, Agent: !c.keeps, Copies: true}
				if !c.noLedger {
					q.Ledger = &Ledger{RunID: "r", Ended: time.Now(), Streams: []Sent{{Next: 3}}}
				}
				c.source.begun = time.Now()
				v := Ask(t.Context(), &c.source, q)
				if took := time.Since(c.source.begun); took < c.least || took > c.least+2*time.Second {
					t.Errorf("took %v", took)
				}
				if v.Passed == nil || *v.Passed != c.passed || v.Duplicated != c.duplicated || !strings.Contains(strings.Join(v.Notes, "\n"), c.note) {
					t.Errorf("verdict is %+v", v)
				}
			})
		})
	}
}

// silent is a source that says nothing from one time on.
type silent struct {
	*slow
	from  time.Duration
	takes time.Duration // before that
}

func (s silent) Count(ctx context.Context, run string) (uint64, error) {
	if time.Since(s.begun) >= s.from {
		<-ctx.Done()
		return 0, ctx.Err()
	}
	time.Sleep(s.takes)
	return s.slow.Count(ctx, run)
}

// TestAskSilent: to wait for an answer is to wait, too.
func TestAskSilent(t *testing.T) {
	for _, c := range []struct {
		name        string
		wait, late  time.Duration
		from, takes time.Duration
		took        time.Duration
	}{
		{"at once", 2 * time.Second, 5 * time.Second, 0, 0, 7 * time.Second},
		{"no time at all", 1, 5 * time.Second, 0, 0, 5*time.Second + 1},
		{"after a quick answer", 10 * time.Second, 5 * time.Second, 5 * time.Second, 0, 15 * time.Second},
		{"after a slow answer", 10 * time.Second, 5 * time.Second, 5 * time.Second, 9 * time.Second, 28 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				s := silent{&slow{begun: begun, come: []time.Duration{-1}}, c.from, c.takes}
				l := &Ledger{RunID: "r", Streams: []Sent{{Next: 1}}}
				v := Ask(t.Context(), s, Question{Ledger: l, Wait: c.wait, Late: c.late})
				if took := time.Since(begun); took != c.took {
					t.Errorf("took %v", took)
				}
				if v.Passed != nil || !strings.Contains(v.Error, "a slow place: no answer within ") || strings.Contains(v.Error, "context") {
					t.Errorf("verdict is %+v", v)
				}
			})
		})
	}
}

// counted takes its time to count.
type counted struct{ *slow }

func (c counted) Count(ctx context.Context, run string) (uint64, error) {
	time.Sleep(3 * time.Second)
	return c.slow.Count(ctx, run)
}

// TestAskVisible: lines that become visible while they are counted were not visible before.
func TestAskVisible(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &Ledger{RunID: "r", Ended: time.Now(), Streams: []Sent{{Next: 1}}}
		v := Ask(t.Context(), counted{&slow{begun: time.Now(), come: []time.Duration{2 * time.Second}}}, Question{Ledger: l})
		if v.Passed == nil || !*v.Passed || v.VisibleAfter == nil || *v.VisibleAfter != 3 {
			t.Errorf("verdict is %+v", v)
		}
	})
}
