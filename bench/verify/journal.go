package verify

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/exitfound/lologen/bench/report"
)

// Journal is a Source that has journalctl read the entries of one identifier. journald notes when
// it took an entry, so it can say how late lines were.
type Journal struct {
	identifier string
	since      time.Time
	command    string
	last       *Holding // what Count has read
}

// NewJournal reads entries of the identifier (SYSLOG_IDENTIFIER), from a minute before since on;
// zero: all of them.
func NewJournal(identifier string, since time.Time) (*Journal, error) {
	const journalctl = "journalctl"
	if identifier == "" {
		return nil, errors.New("no identifier of the journal's entries")
	}
	if _, err := exec.LookPath(journalctl); err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	return &Journal{identifier: identifier, since: since, command: journalctl}, nil
}

func (j *Journal) String() string { return "the journal's " + j.identifier }

// Count implements Source.
func (j *Journal) Count(ctx context.Context, run string) (uint64, error) {
	j.last = nil
	a := NewAccount(Limits{})
	a.Expect(run)
	if err := j.read(ctx, a.NewBatch()); err != nil {
		return 0, fmt.Errorf("read journal: %w", err)
	}
	h := a.Holding(run)
	if h.Lines.Received+h.Unidentified.Lines == 0 && !j.exists(ctx) {
		return 0, refusal{errors.New("read journal: there is none that can be read")}
	}
	j.last = h
	return h.Lines.Received, nil
}

// exists reports whether there is a journal at all. journalctl finds nothing in none, too, and only
// of files that it has opened it tells the header.
func (j *Journal) exists(ctx context.Context) bool {
	header, err := exec.CommandContext(ctx, j.command, "--quiet", "--no-pager", "--header").Output()
	return err != nil && ctx.Err() != nil || len(bytes.TrimSpace(header)) > 0
}

// Holding implements Source.
func (j *Journal) Holding(ctx context.Context, run string) (*Holding, error) {
	if j.last == nil || j.last.RunID != run {
		if _, err := j.Count(ctx, run); err != nil {
			return nil, err
		}
	}
	return j.last, nil
}

func (j *Journal) read(ctx context.Context, b *Batch) error {
	args := []string{"--quiet", "--no-pager", "--all", "--output=json", "--output-fields=MESSAGE"}
	if !j.since.IsZero() {
		args = append(args, "--since=@"+strconv.FormatInt(j.since.Add(-time.Minute).Unix(), 10))
	}
	command := exec.CommandContext(ctx, j.command, append(args, "SYSLOG_IDENTIFIER="+j.identifier)...)
	var complaint bytes.Buffer
	command.Stderr = &complaint
	command.WaitDelay = 5 * time.Second
	out, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	read := readEntries(out, b)
	if read != nil {
		_ = out.Close() // or it would wait for us to read on
	}
	// journalctl that finds nothing fails without a word.
	if err := command.Wait(); err != nil && read == nil && complaint.Len() > 0 {
		return fmt.Errorf("journalctl: %s", report.Clean(strings.TrimSpace(complaint.String())))
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return read
}

// readEntries takes what journalctl prints, an entry a line.
func readEntries(from io.Reader, b *Batch) error {
	const longest = 64 << 20 // a byte of a message takes up to four
	scanner := bufio.NewScanner(from)
	scanner.Buffer(make([]byte, 64<<10), longest)
	for scanner.Scan() {
		var entry struct {
			Message  message `json:"MESSAGE"`
			Received string  `json:"__REALTIME_TIMESTAMP"` // microseconds
		}
		if err := json.Unmarshal(scanner.Bytes(), &entry); err != nil {
			return fmt.Errorf("read entry: %w", err)
		}
		microseconds, _ := strconv.ParseInt(entry.Received, 10, 64) // 0: not known
		for text := range bytes.Lines(entry.Message) {
			b.Add(bytes.TrimRight(text, "\r\n"))
		}
		b.Take(microseconds * int64(time.Microsecond))
	}
	return scanner.Err()
}

// message is text, or the numbers of its bytes where they are not all printable, or nothing.
type message []byte

func (m *message) UnmarshalJSON(data []byte) error {
	if len(data) == 0 || data[0] != '[' {
		var text string
		err := json.Unmarshal(data, &text)
		*m = message(text)
		return err
	}
	var numbers []int16
	if err := json.Unmarshal(data, &numbers); err != nil {
		return err
	}
	*m = make(message, len(numbers))
	for i, n := range numbers {
		(*m)[i] = byte(n)
	}
	return nil
}
