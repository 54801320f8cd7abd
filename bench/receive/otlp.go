package receive

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/valyala/fasthttp"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/exitfound/lologen/sinks/push"
)

// otlp is OTLP's log export over HTTP. Of a record its body alone is taken, as the line: a string as
// it is, another value in the encoding that it came in, where an identity is found all the same.
//
// It answers as the protocol wants it (opentelemetry.io/docs/specs/otlp, OTLP/HTTP response): 200
// with an empty ExportLogsServiceResponse, where Loki answers 204. Whoever is content with Loki's
// answer is content with this one, and some exporters take no other. Refusals carry a
// google.rpc.Status, as Loki's do. Requests are decoded here, not by the generated code, in which
// two bytes of a hostile request become two hundred.
type otlp struct{}

func (otlp) gather(w *worker, q *fasthttp.Request) error {
	if !q.Header.IsPost() {
		return notAllowed("only POST is answered here")
	}
	body, err := w.unpack(q)
	if err != nil {
		return err
	}
	switch contentType := string(q.Header.ContentType()); contentType {
	case protobufType:
		return w.inLogs(body, logsPath)
	case jsonType:
		return w.inJSONLogs(body)
	default:
		return fmt.Errorf("content type: %s is not supported", contentType)
	}
}

const (
	protobufType = "application/x-protobuf"
	jsonType     = "application/json"
)

// unpack undoes the content coding.
func (w *worker) unpack(q *fasthttp.Request) ([]byte, error) {
	switch coding := string(q.Header.ContentEncoding()); coding {
	case "", "identity":
		return q.Body(), nil
	case "gzip":
		body, err := q.BodyGunzipWithLimit(w.limit)
		if errors.Is(err, fasthttp.ErrBodyTooLarge) {
			return nil, &refusal{fasthttp.StatusRequestEntityTooLarge, push.ErrTooLarge.Error()}
		}
		return body, err
	default:
		return nil, fmt.Errorf("Content-Encoding %q not supported", coding)
	}
}

func (otlp) accept(ctx *fasthttp.RequestCtx, _ *worker) {
	if string(ctx.Request.Header.ContentType()) == jsonType {
		answerBody(ctx, jsonType, []byte("{}"), nil)
		return
	}
	answerBody(ctx, protobufType, nil, nil)
}

func (otlp) refuse(ctx *fasthttp.RequestCtx, r *refusal) {
	if string(ctx.Request.Header.ContentType()) == jsonType {
		body, err := json.Marshal(struct {
			Message string `json:"message"`
		}{r.text})
		answerBody(ctx, jsonType, body, err)
	} else {
		const message = 2 // of google.rpc.Status
		body := protowire.AppendTag(nil, message, protowire.BytesType)
		answerBody(ctx, protobufType, protowire.AppendString(body, r.text), nil)
	}
	answerStatus(ctx, r.status, fasthttp.MethodPost)
}

// logsPath leads from an ExportLogsServiceRequest to its records, by the numbers of fields:
// resource_logs, scope_logs, log_records.
const logsPath = "\x01\x02\x02"

// inLogs takes the bodies of the records that path leads to. What it does not lead to is skipped.
func (w *worker) inLogs(message []byte, path string) (err error) {
	if path == "" {
		return w.inRecord(message)
	}
	var f otlpField
	for len(message) > 0 {
		if message, err = f.cut(message); err != nil {
			return err
		}
		if f.number != protowire.Number(path[0]) || f.wire != protowire.BytesType {
			continue
		}
		if err := w.inLogs(f.bytes, path[1:]); err != nil {
			return err
		}
	}
	return nil
}

// inRecord takes the body of a LogRecord; one without is an empty line.
func (w *worker) inRecord(record []byte) (err error) {
	const body = 5
	var f otlpField
	var line []byte
	for len(record) > 0 {
		if record, err = f.cut(record); err != nil {
			return err
		}
		if f.number == body && f.wire == protowire.BytesType {
			if line, err = lineOf(f.bytes); err != nil {
				return err
			}
		}
	}
	w.add(line)
	return nil
}

// lineOf is what an AnyValue is as a line.
func lineOf(value []byte) (line []byte, err error) {
	const text, blob = 1, 7
	var f otlpField
	line = value
	for len(value) > 0 {
		if value, err = f.cut(value); err != nil {
			return nil, err
		}
		if f.wire == protowire.BytesType && (f.number == text || f.number == blob) {
			line = f.bytes
		}
	}
	return line, nil
}

// otlpField is one of a message.
type otlpField struct {
	number protowire.Number
	wire   protowire.Type
	bytes  []byte // of protowire.BytesType
}

// cut reads the first field of a message that is not empty, and returns what follows it.
func (f *otlpField) cut(message []byte) (rest []byte, err error) {
	number, wire, n := protowire.ConsumeTag(message)
	if n < 0 {
		return nil, protowire.ParseError(n)
	}
	message = message[n:]
	if n = protowire.ConsumeFieldValue(number, wire, message); n < 0 {
		return nil, protowire.ParseError(n)
	}
	if f.number, f.wire = number, wire; wire == protowire.BytesType {
		f.bytes, _ = protowire.ConsumeBytes(message[:n])
	}
	return message[n:], nil
}
