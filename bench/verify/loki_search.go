package verify

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// seqDigits is how wide the sequence number of an identity is.
const seqDigits = 12

// found is what a search has found of a stream, in any order.
type found struct {
	present    []Range
	duplicated []Range
	copies     uint64
}

// block is the sequence numbers of a stream that begin with the same digits.
type block struct {
	stream uint64
	prefix string // of the twelve digits
	count  uint64 // lines in it
}

// numbers are from and to of the block, which has none beyond top.
func (b block) numbers(top uint64) (from, to uint64) {
	rest := seqDigits - len(b.prefix)
	from, _ = strconv.ParseUint(b.prefix+strings.Repeat("0", rest), 10, 64)
	to, _ = strconv.ParseUint(b.prefix+strings.Repeat("9", rest), 10, 64)
	return from, min(to, top)
}

// search finds out which sequence numbers of a stream are there.
func (r *reader) search(ctx context.Context, stream uint64, s sums) (*found, error) {
	if stream >= 1e7 || s.top >= 1e12 {
		return nil, errTooMuch // wider than identities are, so digits do not line up
	}
	all := fmt.Sprintf("%012d", s.top)
	shared := 0
	for shared < seqDigits-1 && all[shared] == '0' {
		shared++
	}
	f := &found{}
	return f, r.part(ctx, f, block{stream, all[:shared], s.count}, s.top)
}

// part reads the lines of a block, or parts it and goes on with those parts that do not fit.
func (r *reader) part(ctx context.Context, f *found, b block, top uint64) error {
	const few = 2 * pageLines
	if b.count <= few || len(b.prefix) > seqDigits-2 {
		return r.readBlock(ctx, f, b, top)
	}
	counts, totals, err := r.parts(ctx, b)
	if err != nil {
		return err
	}
	for digits, count := range counts {
		inner := block{b.stream, b.prefix + digits, uint64(count)}
		from, to := inner.numbers(top)
		if len(digits) != 2 || from > to {
			return errTooMuch // lines came between two queries
		}
		if (sums{count: inner.count, sum: totals[digits]}).complete(from, to) {
			f.present = append(f.present, Range{from, to})
			continue
		}
		if err := r.part(ctx, f, inner, top); err != nil {
			return err
		}
	}
	return nil
}

// parts asks for count and sum of the block's hundred parts, by their next two digits.
func (r *reader) parts(ctx context.Context, b block) (counts, totals map[string]float64, err error) {
	if err := r.spend(2); err != nil {
		return nil, nil, err
	}
	parsed := r.block(b) + fmt.Sprintf(" | regexp `run=%s stream=%07d seq=(?P<%s>%s(?P<%s>[0-9]{2})[0-9]*) sent=[0-9]{19}`",
		r.run, b.stream, labelSeq, b.prefix, labelBlock)
	by := "sum by (" + labelBlock + ")"
	counts, err = r.sum(ctx, metric{by + "(count_over_time(", parsed + " | " + labelBlock + "!=``", "))"}, labelBlock)
	if err != nil {
		return nil, nil, err
	}
	totals, err = r.sum(ctx, metric{by + "(sum_over_time(", parsed + " | unwrap " + labelSeq + ` | __error__=""`, "))"}, labelBlock)
	return counts, totals, err
}

// block is the stage that lets the lines of a block through.
func (r *reader) block(b block) string {
	return fmt.Sprintf(" |= `run=%s stream=%07d seq=%s`", r.run, b.stream, b.prefix)
}

func (r *reader) readBlock(ctx context.Context, f *found, b block, top uint64) error {
	if err := r.spend(1 + int(b.count/pageLines)); err != nil {
		return err
	}
	a := NewAccount(Limits{})
	if err := r.read(ctx, a, r.block(b)); err != nil {
		return err
	}
	h := a.Holding(r.run)
	if h == nil {
		return nil
	}
	for _, s := range h.Streams {
		if s.Stream != b.stream || s.Next > top+1 {
			return errTooMuch // lines came between two queries, or there are several identities in one
		}
		f.present = append(f.present, common(below(s.Next), outside(s.Missing))...)
		f.duplicated = append(f.duplicated, s.Duplicated...)
		f.copies += s.Copies
	}
	return nil
}

// spend takes requests from what the search may cost.
func (r *reader) spend(requests int) error {
	if r.requests -= requests; r.requests < 0 {
		return errTooMuch
	}
	return nil
}
