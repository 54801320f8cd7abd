package report

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// LedgerExtension follows the whole name of a report in that of its ledger file: run.json has
// run.json.ledger.ndjson.
const LedgerExtension = ".ledger.ndjson"

const (
	// mostFileRanges are in all streams of a ledger file: more than a run keeps. They take 160 MB of who
	// reads it.
	mostFileRanges = 10_000_000

	// mostLineRanges fit into a line, which is bounded by mostLedgerLine.
	mostLineRanges = 10_000
	mostLedgerLine = 1 << 20
)

// writeLedger writes all streams of the run, each on as many lines as it takes, as they come: it
// takes no memory of its own.
func (r *Report) writeLedger(w io.Writer) error {
	buffered := bufio.NewWriterSize(w, 64<<10)
	e := json.NewEncoder(buffered)
	room := mostFileRanges
	for i := range r.streams {
		rest := r.streams[i]
		for more := true; more; {
			left := min(room, mostLineRanges)
			s := stream(&rest, &left)
			rest.Rejected, rest.Unknown = rest.Rejected[len(s.Rejected):], rest.Unknown[len(s.Unknown):]
			room -= len(s.Rejected) + len(s.Unknown)
			more = len(rest.Rejected)+len(rest.Unknown) > 0 && room > 0
			s.Run, s.More = r.RunID, more
			if more {
				s.Cut = rest.Cut
			}
			if err := e.Encode(s); err != nil {
				return err
			}
		}
	}
	return buffered.Flush()
}

// ReadLedger reads the ledger file of a run that has so many streams, and hands over one after the
// other, numbered 0 and up. It is for files from anywhere: one that is of another run, or cut, or
// has ranges that no stream can have, is an error.
func ReadLedger(r io.Reader, run string, streams int, take func(Stream)) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), mostLedgerLine)
	room := mostFileRanges
	var begun Stream // whose next line is to come
	number, n := 0, 0
	for ; lines.Scan(); n++ {
		s, err := readStream(lines.Bytes(), run, number)
		if err != nil {
			return fmt.Errorf("line %d: %w", n+1, err)
		}
		if room -= len(s.Rejected) + len(s.Unknown); room < 0 || number == streams {
			return fmt.Errorf("line %d: accepted are at most %d ranges of the report's %d streams", n+1, mostFileRanges, streams)
		}
		if begun.More {
			if s.Next != begun.Next {
				return fmt.Errorf("line %d: stream %d has %d lines here, and %d before", n+1, number, s.Next, begun.Next)
			}
			s.Rejected, s.Unknown = append(begun.Rejected, s.Rejected...), append(begun.Unknown, s.Unknown...)
			s.Cut = s.Cut || begun.Cut
		}
		begun = s
		if !s.More {
			take(s)
			number++
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("line %d: %w", n+1, err)
	}
	if number != streams {
		return fmt.Errorf("it ends after %d of the report's %d streams", number, streams)
	}
	return nil
}

func readStream(line []byte, run string, number int) (s Stream, err error) {
	if err := json.Unmarshal(line, &s); err != nil {
		return s, errors.New("it is no stream of a ledger")
	}
	switch {
	case s.Run != run:
		return s, fmt.Errorf("it is of run %s, and the report of %s", shorten(Clean(s.Run), mostReason), run)
	case s.Stream != number:
		return s, fmt.Errorf("it is stream %d, where %d should be", s.Stream, number)
	}
	return s, s.check()
}
