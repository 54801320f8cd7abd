package sinks

import (
	"bytes"
	"encoding/binary"
	"maps"
	"strconv"
	"testing"

	"github.com/exitfound/lologen/emitter"
)

// parseEntry reads one entry as the protocol's text has it: NAME=value, or NAME, the value's length
// in eight bytes, little-endian, and the value; a newline after each.
func parseEntry(t testing.TB, data []byte) map[string]string {
	t.Helper()
	fields := map[string]string{}
	for len(data) > 0 {
		first, rest, ok := bytes.Cut(data, []byte{'\n'})
		if !ok {
			t.Fatalf("no newline after %q", data)
		}
		name, value, text := bytes.Cut(first, []byte{'='})
		if !text {
			if len(rest) < 8 {
				t.Fatalf("no length of %s: %q", name, rest)
			}
			size := binary.LittleEndian.Uint64(rest)
			rest = rest[8:]
			if uint64(len(rest)) <= size || rest[size] != '\n' {
				t.Fatalf("%s is to have %d bytes and a newline: %q", name, size, rest)
			}
			value, rest = rest[:size], rest[size+1:]
		}
		for _, c := range name {
			if (c < 'A' || c > 'Z') && c != '_' {
				t.Fatalf("field's name %q", name)
			}
		}
		if _, twice := fields[string(name)]; twice || len(name) == 0 || name[0] == '_' {
			t.Fatalf("field %q is there twice, or not allowed", name)
		}
		fields[string(name)] = string(value)
		data = rest
	}
	return fields
}

func wantEntry(t testing.TB, got, want map[string]string) {
	t.Helper()
	if !maps.Equal(got, want) {
		t.Errorf("entry %.2000q\nwant  %.2000q", got, want)
	}
}

func FuzzJournaldEntry(f *testing.F) {
	f.Add("spam_application", "MainThread", []byte("level=info msg=\"x\""), 0, uint64(0), uint8(1))
	f.Add("a\nb", "\n", []byte("\n"), -1, uint64(1)<<63, uint8(4))
	f.Add("", "=", []byte("x\nPRIORITY=0\n\nSEQ\n\x01\x00\x00\x00\x00\x00\x00\x00y\n"), 12, uint64(34), uint8(0))
	f.Fuzz(func(t *testing.T, logger, thread string, line []byte, stream int, seq uint64, level uint8) {
		level %= emitter.Levels
		b := journalBatch(journalLine{int(int32(stream)), seq, emitter.Level(level), string(line)})
		want := map[string]string{
			"MESSAGE": string(line), "PRIORITY": []string{"7", "6", "4", "3", "2"}[level],
			"SYSLOG_IDENTIFIER": logger, "LOGGER_NAME": logger, "THREAD_NAME": thread,
			"STREAM": strconv.Itoa(int(int32(stream))), "SEQ": strconv.FormatUint(seq, 10),
		}
		wantEntry(t, parseEntry(t, appendEntry(entryHeads(logger, thread)[level], b, 0)), want)
		large := entryFields(logger, thread, b, 0)
		large["MESSAGE"] = string(line)
		large["PRIORITY"] = strconv.Itoa(int(priorities[level]))
		wantEntry(t, large, want)
	})
}
