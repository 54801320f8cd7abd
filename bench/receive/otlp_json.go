package receive

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
)

// inJSONLogs takes the bodies of the records of an ExportLogsServiceRequest in JSON: the names of
// fields may be in either of the two spellings that protobuf has for them. It reads token by token, so
// that what a request takes of memory is in proportion to its longest value.
func (w *worker) inJSONLogs(body []byte) error {
	r := jsonReader{Decoder: json.NewDecoder(bytes.NewReader(body))}
	record := func() error { return w.inJSONRecord(&r) }
	scope := func() error { return r.list("logRecords", "log_records", record) }
	resource := func() error { return r.list("scopeLogs", "scope_logs", scope) }
	if err := r.list("resourceLogs", "resource_logs", resource); err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
	if _, err := r.Token(); err != io.EOF {
		return fmt.Errorf("read JSON: something follows the request at byte %d", r.InputOffset())
	}
	return nil
}

// jsonReader reads the objects of a request.
type jsonReader struct {
	*json.Decoder
	skipped json.RawMessage
}

// members reads an object, or null, and has each do so with the value of every member.
func (r *jsonReader) members(each func(name string) error) error {
	return r.inside('{', func() error {
		name, err := r.Token()
		if err != nil {
			return err
		}
		return each(name.(string)) // the Decoder takes nothing else for a name
	})
}

// inside reads a list or an object, or null, and has each read what comes next in it.
func (r *jsonReader) inside(open json.Delim, each func() error) error {
	switch token, err := r.Token(); {
	case err == io.EOF:
		return io.ErrUnexpectedEOF
	case err != nil || token == nil:
		return err
	case token != open:
		return fmt.Errorf("expected %s before byte %d", open, r.InputOffset())
	}
	for r.More() {
		if err := each(); err != nil {
			return err
		}
	}
	_, err := r.Token()
	return err
}

// list reads an object, and has each read every item of its list of that name.
func (r *jsonReader) list(name, other string, each func() error) error {
	return r.members(func(n string) error {
		if n != name && n != other {
			return r.skip()
		}
		return r.inside('[', each)
	})
}

func (r *jsonReader) skip() error { return r.Decode(&r.skipped) }

// inJSONRecord takes the body of a LogRecord; one without is an empty line.
func (w *worker) inJSONRecord(r *jsonReader) error {
	w.text = w.text[:0]
	err := r.members(func(name string) error {
		err := r.skip()
		if name != "body" || err != nil {
			return err
		}
		w.text, err = appendJSONLine(w.text[:0], r.skipped)
		return err
	})
	if err == nil {
		w.add(w.text)
	}
	return err
}

// appendJSONLine appends what an AnyValue is as a line.
func appendJSONLine(dst, value []byte) ([]byte, error) {
	var body struct {
		Text  *string `json:"stringValue"`
		Other *string `json:"string_value"`
		Blob  string  `json:"bytesValue"`
	}
	err := json.Unmarshal(value, &body)
	switch {
	case err != nil || string(value) == "null" || string(value) == "{}":
		return dst, err
	case body.Text != nil:
		return append(dst, *body.Text...), nil
	case body.Other != nil:
		return append(dst, *body.Other...), nil
	}
	if blob, err := base64.StdEncoding.DecodeString(body.Blob); len(blob) > 0 && err == nil {
		return append(dst, blob...), nil
	}
	return append(dst, value...), nil
}
