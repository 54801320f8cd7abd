package line

import (
	"strconv"

	"github.com/exitfound/lologen/emitter"
)

// json lines read `{"date": "2026-11-22, 15:23:27", "name": ..., "level": "info", "message": "..."}`.
func json(o Options) emitter.Format {
	h := newHeads(`{"date": "`, "2006-01-02, 15:04:05", o.Location, func(dst []byte, l emitter.Level) []byte {
		dst = appendEscaped(append(dst, `", "name": "`...), []byte(o.Name))
		dst = strconv.AppendInt(append(dst, `", "thread": `...), o.Thread, 10)
		dst = appendEscaped(append(dst, `, "threadName": "`...), []byte(o.ThreadName))
		dst = strconv.AppendInt(append(dst, `", "process": `...), int64(o.PID), 10)
		dst = append(dst, `, "processName": "MainProcess", "levelnum": `...)
		dst = strconv.AppendInt(dst, int64(l.Number()), 10)
		dst = append(append(dst, `, "level": "`...), l.String()...)
		on, _ := o.paint(l)
		return appendEscaped(append(dst, `", "message": "`...), []byte(on))
	})
	_, off := o.paint(emitter.Debug)
	off = string(appendEscaped(nil, []byte(off)))
	t := newTail(o.Run, off+`"}`, off+`", "id": "`, `"}`)

	return func(dst []byte, r *emitter.Record) []byte {
		dst = append(dst, h.at(r.Time, r.Level)...)
		if r.Clean {
			dst = append(dst, r.Message...)
		} else {
			dst = appendEscaped(dst, r.Message)
		}
		return t.append(dst, r)
	}
}
