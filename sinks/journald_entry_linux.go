package sinks

import (
	"bytes"
	"encoding/binary"
	"strconv"

	"github.com/coreos/go-systemd/v22/journal"

	"github.com/exitfound/lologen/emitter"
)

// priorities are syslog's, by level.
var priorities = [emitter.Levels]journal.Priority{
	journal.PriDebug, journal.PriInfo, journal.PriWarning, journal.PriErr, journal.PriCrit,
}

// entryHeads returns, by level, the fields that all entries of a worker share.
func entryHeads(logger, thread string) (heads [emitter.Levels][]byte) {
	for level, p := range priorities {
		h := appendField(nil, "PRIORITY", strconv.AppendInt(nil, int64(p), 10))
		h = appendField(h, "SYSLOG_IDENTIFIER", []byte(logger))
		h = appendField(h, "LOGGER_NAME", []byte(logger))
		heads[level] = appendField(h, "THREAD_NAME", []byte(thread))
	}
	return heads
}

// appendEntry appends to the head of an entry the fields of line i alone.
func appendEntry(dst []byte, b *emitter.Batch, i int) []byte {
	dst = append(dst, "STREAM="...)
	dst = strconv.AppendInt(dst, int64(b.Stream(i)), 10)
	dst = append(dst, "\nSEQ="...)
	dst = strconv.AppendUint(dst, b.Seq(i), 10)
	dst = append(dst, '\n')
	return appendField(dst, "MESSAGE", b.Line(i))
}

// appendField appends a field; with its length before it where the value holds newlines.
func appendField(dst []byte, name string, value []byte) []byte {
	dst = append(dst, name...)
	if bytes.IndexByte(value, '\n') < 0 {
		dst = append(dst, '=')
	} else {
		dst = append(dst, '\n')
		dst = binary.LittleEndian.AppendUint64(dst, uint64(len(value)))
	}
	dst = append(dst, value...)
	return append(dst, '\n')
}

// entryFields are the same fields in go-systemd's terms, without its own two: MESSAGE and PRIORITY.
func entryFields(logger, thread string, b *emitter.Batch, i int) map[string]string {
	return map[string]string{
		"SYSLOG_IDENTIFIER": logger,
		"LOGGER_NAME":       logger,
		"THREAD_NAME":       thread,
		"STREAM":            strconv.Itoa(b.Stream(i)),
		"SEQ":               strconv.FormatUint(b.Seq(i), 10),
	}
}
