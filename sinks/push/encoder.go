package push

import "github.com/klauspost/compress/gzip"

// An Encoder makes requests, one after another, in memory that it keeps: once the buffers have
// grown to the size of a request, nothing is allocated. The calls for one request are
//
//	Reset { Stream { Entry } } Body
//
// It is not safe for concurrent use.
type Encoder struct {
	encoding Encoding
	buf      []byte   // headroom, then the request
	packed   appender // the request compressed
	gzip     *gzip.Writer
	open     bool // a stream is
	length   int  // where the length of the open protobuf stream stands in buf
	width    int  // how many bytes are kept free for it
}

// NewEncoder returns an Encoder that has been Reset.
func NewEncoder(encoding Encoding) *Encoder {
	e := &Encoder{encoding: encoding, width: 1}
	if encoding == GzipJSON {
		e.gzip = newGzip()
	}
	e.Reset()
	return e
}

// Reset begins a request. Body's bytes of the last one are no longer valid.
func (e *Encoder) Reset() {
	e.open = false
	e.buf = append(e.buf[:0], make([]byte, headroom)...)
	if e.encoding.json() {
		e.buf = append(e.buf, `{"streams":[`...)
	}
}

// AppendLabels appends a label set in the form that Stream takes; see the function of that name
// for what it may be.
func (e *Encoder) AppendLabels(dst []byte, labels []Label) ([]byte, error) {
	if e.encoding.json() {
		return appendJSONLabels(dst, labels)
	}
	return AppendLabels(dst, labels)
}

// AppendMetadata appends a pair in the form that Entry takes. A line's structured metadata is its
// pairs one after another, nothing between them.
func (e *Encoder) AppendMetadata(dst []byte, name string, value []byte) []byte {
	if e.encoding.json() {
		return appendJSONMetadata(dst, name, value)
	}
	return appendMetadata(dst, name, value)
}

// Stream begins a stream, which ends the one before. A request may hold the same stream twice.
func (e *Encoder) Stream(labels []byte) {
	e.endStream()
	e.open = true
	if e.encoding.json() {
		e.buf = appendJSONStream(e.buf, labels)
		return
	}
	e.buf, e.length = appendStream(e.buf, labels, e.width)
}

// Entry adds a line to the stream begun last: there must be one. Time is in Unix nanoseconds.
// JSON is UTF-8 by definition, so what is not becomes U+FFFD there; protobuf carries any bytes, and
// Loki stores them.
func (e *Encoder) Entry(time int64, line, metadata []byte) {
	if e.encoding.json() {
		e.buf = appendJSONEntry(e.buf, time, line, metadata)
		return
	}
	e.buf = appendEntry(e.buf, time, line, metadata)
}

// Size is how many bytes the request has so far, uncompressed: what Loki's limits are about.
func (e *Encoder) Size() int { return len(e.buf) - headroom }

// Body ends the request and returns it as it goes over the wire; it is valid until Reset, the only
// call that may follow.
func (e *Encoder) Body() []byte {
	e.endStream()
	switch e.encoding {
	case Snappy:
		e.packed = appendSnappy(e.packed[:0], e.buf[headroom:])
		return e.packed
	case Stored:
		return stored(e.buf)
	}
	e.buf = endJSON(e.buf)
	if e.encoding == JSON {
		return e.buf[headroom:]
	}
	compress(e.gzip, &e.packed, e.buf[headroom:])
	return e.packed
}

func (e *Encoder) endStream() {
	if !e.open {
		return
	}
	e.open = false
	if e.encoding.json() {
		e.buf = endJSONStream(e.buf)
		return
	}
	e.buf, e.width = endStream(e.buf, e.length, e.width)
}
