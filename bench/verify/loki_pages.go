package verify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// pageLines is how many lines Loki gives at once (max_entries_limit_per_query).
const pageLines = 5000

// everything reads all lines of the run.
func (r *reader) everything(ctx context.Context) (*Holding, error) {
	a := NewAccount(Limits{})
	a.Expect(r.run)
	if err := r.read(ctx, a, ""); err != nil {
		return nil, err
	}
	h := a.Holding(r.run)
	if len(r.selectors) > 1 { // read one after the other
		h.Lines.Reordered = 0
	}
	return h, nil
}

// read has an account take all lines of the run that the stages let through.
func (r *reader) read(ctx context.Context, a *Account, stages string) error {
	for _, tenant := range r.config.Tenants {
		for _, selector := range r.selectors {
			if err := r.readStreams(ctx, a, tenant, r.lines(selector)+stages); err != nil {
				return err
			}
		}
	}
	return nil
}

// readStreams has an account take all lines that a query finds.
func (r *reader) readStreams(ctx context.Context, a *Account, tenant, query string) error {
	b := a.NewBatch()
	take := func(lines []logLine) {
		for _, l := range lines {
			b.Add(l.text)
		}
		b.Take(0)
	}
	from, to := r.span()
	for from < to {
		lines, err := r.page(ctx, tenant, query, from, to)
		if err != nil {
			return err
		}
		if len(lines) < pageLines {
			take(lines)
			return nil
		}
		// The page may end amid the lines of one instant: these come again with the next.
		last := lines[len(lines)-1].at
		whole, _ := slices.BinarySearchFunc(lines, last, func(l logLine, at int64) int { return cmp.Compare(l.at, at) })
		take(lines[:whole])
		from = last
		if whole == 0 {
			lines, err := r.instant(ctx, tenant, query, last, "")
			if err != nil {
				return err
			}
			inOrder(lines)
			take(lines)
			from++
		}
	}
	return nil
}

// instant reads the lines of an instant that has more than a page holds: those whose sequence
// numbers end in digits.
func (r *reader) instant(ctx context.Context, tenant, query string, at int64, digits string) (all []logLine, err error) {
	if len(digits) > seqDigits {
		return nil, fmt.Errorf("read lines of one nanosecond: more than %d copies of one line", pageLines)
	}
	for digit := '0'; digit <= '9'; digit++ {
		ending := string(digit) + digits
		lines, err := r.page(ctx, tenant, query+" |~ `run="+r.run+" stream=[0-9]+ seq=[0-9]*"+ending+" `", at, at+1)
		if err == nil && len(lines) >= pageLines {
			lines, err = r.instant(ctx, tenant, query, at, ending)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, lines...)
	}
	return all, nil
}
