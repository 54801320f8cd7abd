package push

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"mime"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
)

// What Decode says of requests that Loki does not answer with 400.
var (
	ErrTooLarge  = errors.New("received message larger than max")                          // 413
	ErrNoStreams = errors.New("error at least one valid stream is required for ingestion") // 422
)

// Limits protect a Decoder's memory.
type Limits struct {
	Bytes int // most of a request, on the wire and in each step of unpacking; 0: 16 MiB
	Pairs int // most pairs of structured metadata of a line, and most labels of a stream in JSON; 0: 1024
}

const (
	defaultBytes = 16 << 20
	defaultPairs = 1024

	// keepBytes is the largest buffer kept for the next request. Loki by default stores no request
	// that is larger than 4 MiB.
	keepBytes = 8 << 20
)

// An Entry is a line of a request. All its bytes are valid during the visit only.
type Entry struct {
	Stream   int    // which of the request's streams it belongs to, from 0
	Labels   []byte // of that stream, for ParseLabels: as sent in protobuf, in Loki's form from JSON
	Time     int64  // Unix nanoseconds; what they cannot express becomes the first or last instant that they can
	Line     []byte
	Metadata []Pair
}

// A Pair is one of structured metadata.
type Pair struct{ Name, Value []byte }

// A Decoder reads requests, one after another, in memory that it keeps: once its buffers have grown
// to the size of a request, one of protobuf in snappy costs no allocation. It is not safe for
// concurrent use.
type Decoder struct {
	limits   Limits
	entry    Entry
	inflated []byte // a body without its content coding
	plain    []byte // a snappy block decoded
	scratch  []byte // a label's value
	json     jsonMemory
	usual    usualRequest

	source bytes.Reader
	gzip   *gzip.Reader
	flate  io.ReadCloser
}

// NewDecoder returns a Decoder with the given limits.
func NewDecoder(limits Limits) *Decoder {
	if limits.Bytes <= 0 {
		limits.Bytes = defaultBytes
	}
	if limits.Pairs <= 0 {
		limits.Pairs = defaultPairs
	}
	return &Decoder{limits: limits}
}

// Decode reads a request with the given headers and visits its lines in order. The request is
// checked whole before the first visit, so an error of Decode's own means that no line of it was
// visited. An error of visit ends it and is returned.
//
// What Loki takes is taken: protobuf unless the type is JSON's, a Content-Encoding of gzip, deflate
// or (for what a snappy block is anyway) snappy. An error is the text of a 400, or wraps
// ErrTooLarge or ErrNoStreams.
func (d *Decoder) Decode(body []byte, contentType, contentEncoding string, visit func(*Entry) error) error {
	d.release()
	body, err := d.unpack(body, contentEncoding)
	if err != nil {
		return err
	}
	isJSON, err := mediaIsJSON(contentType)
	if err != nil {
		return err
	}
	decode := d.decodeJSON
	if !isJSON {
		if body, err = d.unsnap(body); err != nil {
			return err
		}
		if d.usual.read(d, body) {
			return d.usual.visit(&d.entry, body, visit)
		}
		decode = d.decodeProtobuf
	}
	streams, err := decode(body, nil)
	if err != nil {
		return err
	}
	if streams == 0 {
		return ErrNoStreams
	}
	_, err = decode(body, visit)
	return err
}

// release drops what the last request needed and few will.
func (d *Decoder) release() {
	for _, buf := range []*[]byte{&d.inflated, &d.plain, &d.scratch, &d.json.labels, &d.json.text} {
		if cap(*buf) > keepBytes {
			*buf = nil
		}
	}
}

func mediaIsJSON(contentType string) (bool, error) {
	switch contentType {
	case typeProtobuf:
		return false, nil
	case typeJSON:
		return true, nil
	}
	media, _, err := mime.ParseMediaType(contentType)
	return media == typeJSON, err
}

// unpack undoes the content coding.
func (d *Decoder) unpack(body []byte, contentEncoding string) ([]byte, error) {
	if err := d.checkSize(len(body)); err != nil {
		return nil, err
	}
	d.source.Reset(body)
	defer d.source.Reset(nil)
	switch contentEncoding {
	case "", "snappy":
		return body, nil
	case codingGzip:
		if d.gzip == nil {
			d.gzip = new(gzip.Reader)
		}
		if err := d.gzip.Reset(&d.source); err != nil {
			return nil, err
		}
		return d.inflate(d.gzip)
	case "deflate":
		if d.flate == nil {
			d.flate = flate.NewReader(nil)
		}
		if err := d.flate.(flate.Resetter).Reset(&d.source, nil); err != nil {
			return nil, err
		}
		return d.inflate(d.flate)
	}
	return nil, fmt.Errorf("Content-Encoding %q not supported", contentEncoding)
}

// inflate reads r to its end, or one byte past the limit. Memory grows with what was really there,
// whatever the body says of itself.
func (d *Decoder) inflate(r io.Reader) ([]byte, error) {
	const least = 4 << 10
	buf := d.inflated[:0]
	for {
		if len(buf) == cap(buf) {
			grown := make([]byte, len(buf), min(max(2*cap(buf), least), d.limits.Bytes+1))
			buf = grown[:copy(grown[:cap(grown)], buf)]
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		d.inflated = buf
		if err := d.checkSize(len(buf)); err != nil {
			return nil, err
		}
		if err == io.EOF {
			return buf, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// unsnap decodes a snappy block. Memory is taken only for a length that the block can really have:
// its densest element makes 64 bytes of three.
func (d *Decoder) unsnap(block []byte) ([]byte, error) {
	size, err := snappy.DecodedLen(block)
	if err != nil {
		return nil, errCorrupt
	}
	if err := d.checkSize(size); err != nil {
		return nil, err
	}
	if int64(size) > int64(len(block))*64/3 {
		return nil, errCorrupt
	}
	if plain, ok := literal(block, size); ok {
		return plain, nil
	}
	if cap(d.plain) < size {
		d.plain = make([]byte, min(size+size/4, d.limits.Bytes))
	}
	plain, err := snappy.DecodeStrict(d.plain[:0], block) // Decode takes extensions that Loki does not
	if err != nil {
		return nil, errCorrupt
	}
	return plain, nil
}

// literal returns what a block holds whose only element is a literal of the given size: a block that
// was stored needs no copy.
func literal(block []byte, size int) (plain []byte, ok bool) {
	_, head := binary.Uvarint(block)
	start := len(block) - size
	if size == 0 || head >= start || block[head]&3 != 0 {
		return nil, false
	}
	element := block[head:start]
	// A literal's length less one is in its tag, or in the one to four bytes after it.
	length, wide := int64(element[0]>>2), element[1:]
	if width := length - 59; width > 0 {
		if length = 0; int64(len(wide)) != width {
			return nil, false
		}
		for i, b := range wide {
			length |= int64(b) << (8 * i)
		}
	} else if len(wide) > 0 {
		return nil, false
	}
	return block[start:], length == int64(size)-1
}

var errCorrupt = errors.New("snappy: corrupt input")

func (d *Decoder) checkSize(n int) error {
	if n > d.limits.Bytes {
		return fmt.Errorf("%w (%d vs %d)", ErrTooLarge, n, d.limits.Bytes)
	}
	return nil
}

// appendPair keeps one more pair of a line or stream. What is kept of a pair can be larger than the
// pair in the request, so they are limited.
func (d *Decoder) appendPair(pairs []Pair, p Pair) ([]Pair, error) {
	if len(pairs) >= d.limits.Pairs {
		return pairs, fmt.Errorf("there are more than %d pairs of labels or structured metadata", d.limits.Pairs)
	}
	return append(pairs, p), nil
}

// checkLabels says what is wrong with a stream's labels.
func (d *Decoder) checkLabels(text []byte) error {
	scratch, err := eachLabel(text, d.scratch, func(_, _ []byte) {})
	d.scratch = scratch
	return err
}
