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
	// mostFileRanges are in all streams of a ledger file. They take 160 MB of who reads it, and 100
	// workers that keep all the ranges they can have as many.
	mostFileRanges = 10_000_000

	// mostStreamRanges is five times as many as a run keeps of a stream, and fits into mostLedgerLine.
	mostStreamRanges = 10_000
	mostLedgerLine   = 1 << 20
)

// writeLedger writes all streams of the run, one a line, as they come: it takes no memory of its own.
func (r *Report) writeLedger(w io.Writer) error {
	buffered := bufio.NewWriterSize(w, 64<<10)
	e := json.NewEncoder(buffered)
	room := mostFileRanges
	for i := range r.streams {
		left := min(room, mostStreamRanges)
		s := stream(&r.streams[i], &left)
		s.Run = r.RunID
		room -= len(s.Rejected) + len(s.Unknown)
		if err := e.Encode(s); err != nil {
			return err
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
	n := 0
	for ; lines.Scan(); n++ {
		s, err := readStream(lines.Bytes(), run, n)
		if err != nil {
			return fmt.Errorf("line %d: %w", n+1, err)
		}
		if room -= len(s.Rejected) + len(s.Unknown); room < 0 || n == streams {
			return fmt.Errorf("line %d: accepted are at most %d ranges of the report's %d streams", n+1, mostFileRanges, streams)
		}
		take(s)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("line %d: %w", n+1, err)
	}
	if n != streams {
		return fmt.Errorf("it ends after %d of the report's %d streams", n, streams)
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
