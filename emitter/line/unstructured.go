package line

import (
	"strconv"

	"github.com/exitfound/lologen/emitter"
)

// unstructured lines read `2026-11-22, 15:23:31 spam_application <pid> MainThread info ...`. Line
// breaks are spelt \n and \r; nothing else is escaped, as nothing could tell it from the text.
func unstructured(o Options) emitter.Format {
	h := newHeads("", "2006-01-02, 15:04:05", o.Location, func(dst []byte, l emitter.Level) []byte {
		dst = appendOneLine(append(dst, ' '), []byte(o.Name))
		dst = strconv.AppendInt(append(dst, ' '), int64(o.PID), 10)
		dst = appendOneLine(append(dst, ' '), []byte(o.ThreadName))
		dst = append(append(dst, ' '), l.String()...)
		on, _ := o.paint(l)
		return append(append(dst, ' '), on...)
	})
	_, off := o.paint(emitter.Debug)
	t := newTail(o.Run, off, off+" ", "")

	return func(dst []byte, r *emitter.Record) []byte {
		dst = append(dst, h.at(r.Time, r.Level)...)
		if r.Clean {
			dst = append(dst, r.Message...)
		} else {
			dst = appendOneLine(dst, r.Message)
		}
		return t.append(dst, r)
	}
}
