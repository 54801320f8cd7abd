package line

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/exitfound/lologen/emitter"
)

// Record is the format of what Python's logging.handlers.HTTPHandler sends: a log record as a
// url-encoded form. Its message has no colour. As users do not choose it, it is not in the table.
func Record(o Options) emitter.Format {
	before := append(appendForm([]byte("name="), []byte(o.Name)), "&msg="...)
	var levels [emitter.Levels]string
	for l := range levels {
		level := emitter.Level(l)
		levels[l] = "&levelname=" + strings.ToUpper(level.String()) + "&levelno=" + strconv.Itoa(level.Number())
	}
	after := strconv.AppendInt([]byte("&thread="), o.Thread, 10)
	after = appendForm(append(after, "&threadName="...), []byte(o.ThreadName))
	after = strconv.AppendInt(append(after, "&process="...), int64(o.PID), 10)
	after = append(after, "&processName=MainProcess"...)
	t := newTail(o.Run, "", " ", "")
	var identity []byte

	return func(dst []byte, r *emitter.Record) []byte {
		dst = append(dst, before...)
		dst = appendForm(dst, r.Message)
		identity = t.append(identity[:0], r)
		dst = appendForm(dst, identity)
		dst = append(dst, levels[min(r.Level, emitter.Critical)]...)
		dst = appendFloat(append(dst, "&created="...), float64(r.Time)/float64(time.Second))
		dst = appendFloat(append(dst, "&msecs="...), float64(time.Unix(0, r.Time).Nanosecond()/int(time.Millisecond)))
		return append(dst, after...)
	}
}

// appendFloat appends v as Python prints it: in as few digits as tell it from other floats, at
// least one of them after the point.
func appendFloat(dst []byte, v float64) []byte {
	dst = strconv.AppendFloat(dst, v, 'f', -1, 64)
	if v == math.Trunc(v) {
		dst = append(dst, ".0"...)
	}
	return dst
}

// appendForm appends s as urllib.parse.quote_plus writes it.
func appendForm(dst, s []byte) []byte {
	const hex = "0123456789ABCDEF"
	for _, c := range s {
		switch {
		case unreserved(c):
			dst = append(dst, c)
		case c == ' ':
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', hex[c>>4], hex[c&0xf])
		}
	}
	return dst
}

// unreserved reports whether c stands for itself in a URL (RFC 3986, 2.3).
func unreserved(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return c == '-' || c == '.' || c == '_' || c == '~'
}
