// Package push is the wire format of Loki's push API, both ways: an Encoder makes the bodies that
// POST /loki/api/v1/push takes, a Decoder reads them. It knows nothing of HTTP, batches and sinks.
package push

// An Encoding is a form of a request that Loki takes.
type Encoding uint8

const (
	Snappy   Encoding = iota // protobuf in a snappy block
	Stored                   // protobuf in a snappy block that is one literal: nothing to compress or to copy
	JSON                     // as it is
	GzipJSON                 // compressed
)

// The media types and the content coding that requests come with.
const (
	typeProtobuf = "application/x-protobuf"
	typeJSON     = "application/json"
	codingGzip   = "gzip"
)

// ContentType is the header of that name. Loki refuses a request without it.
func (e Encoding) ContentType() string {
	if e.json() {
		return typeJSON
	}
	return typeProtobuf
}

// ContentEncoding is the header of that name; empty: there should be none. A snappy block has
// none, as it belongs to the media type.
func (e Encoding) ContentEncoding() string {
	if e == GzipJSON {
		return codingGzip
	}
	return ""
}

func (e Encoding) json() bool { return e == JSON || e == GzipJSON }
