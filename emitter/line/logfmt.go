package line

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/exitfound/lologen/emitter"
)

// logfmt lines read `date="2026-11-22 15:23:23,819" name=... level=info levelnum=20 msg="..."`.
// The message is always quoted, so the length of a line depends on its length alone.
func logfmt(o Options) emitter.Format {
	h := newHeads(`date="`, "2006-01-02 15:04:05,000", o.Location, func(dst []byte, l emitter.Level) []byte {
		dst = appendValue(append(dst, `" name=`...), []byte(o.Name))
		dst = appendValue(append(dst, " threadName="...), []byte(o.ThreadName))
		dst = strconv.AppendInt(append(dst, " thread="...), o.Thread, 10)
		dst = strconv.AppendInt(append(dst, " processName=MainProcess process="...), int64(o.PID), 10)
		dst = append(append(dst, " level="...), l.String()...)
		dst = strconv.AppendInt(append(dst, " levelnum="...), int64(l.Number()), 10)
		on, _ := o.paint(l)
		return append(append(dst, ` msg="`...), on...)
	})
	_, off := o.paint(emitter.Debug)
	t, uncolored := newTail(o.Run, off+`"`, off+`" `, ""), newTail(o.Run, `"`, `" `, "")

	return func(dst []byte, r *emitter.Record) []byte {
		head := h.at(r.Time, r.Level)
		if r.Clean || quotable(r.Message) {
			dst = append(dst, head...)
			dst = append(dst, r.Message...)
			return t.append(dst, r)
		}
		// The colour has to be escaped, too: see quotable.
		on, off := o.paint(r.Level)
		dst = append(dst, head[:len(head)-len(on)]...)
		dst = appendEscaped(dst, []byte(on))
		dst = appendEscaped(dst, r.Message)
		dst = appendEscaped(dst, []byte(off))
		return uncolored.append(dst, r)
	}
}

// appendValue appends s, in quotes if it cannot stand without.
func appendValue(dst, s []byte) []byte {
	if !needsQuotes(s) {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	if quotable(s) {
		dst = append(dst, s...)
	} else {
		dst = appendEscaped(dst, s)
	}
	return append(dst, '"')
}

// needsQuotes reports whether s as it is would not be read as one value.
func needsQuotes(s []byte) bool {
	special := func(r rune) bool { return r <= ' ' || r == '=' || r == '"' || r == 0x7f }
	return len(s) == 0 || bytes.ContainsFunc(s, special) || !utf8.Valid(s)
}

// quotable reports whether s can stand between quotes as it is, ESC included: parsers leave a
// quoted value alone unless it has a backslash, but then they refuse control characters.
func quotable(s []byte) bool {
	ascii := true
	for _, c := range s {
		switch e := escapes[c]; {
		case e == multi:
			ascii = false
		case e != asIs && c != escape:
			return false
		}
	}
	return ascii || utf8.Valid(s)
}
