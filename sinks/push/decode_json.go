package push

import (
	"bytes"
	"errors"
	"slices"
)

// jsonMemory is what reading JSON needs besides the text.
type jsonMemory struct {
	pairs  []Pair // the labels of a stream
	labels []byte // the same, in Loki's form
	text   []byte // strings that were written with escapes
}

// decodeJSON checks a request if there is no visit, else makes the visits. It is strict where
// Loki is sloppy: JSON must be valid to its last byte, an entry have a time and a line, and a stream
// one set of labels and one list of values.
func (d *Decoder) decodeJSON(request []byte, visit func(*Entry) error) (streams int, err error) {
	t := &jsonText{text: request}
	d.entry.Stream = 0
	err = t.eachMember(&d.json.text, func(key []byte) error {
		if string(key) != "streams" {
			return t.skipValue(&d.json.text, 0)
		}
		return t.eachItem(func() error {
			err := d.jsonStream(t, visit)
			d.entry.Stream++
			return err
		})
	})
	if err != nil {
		return 0, err
	}
	if t.peek(); t.i < len(t.text) {
		return 0, t.expected("nothing more")
	}
	return d.entry.Stream, nil
}

func (d *Decoder) jsonStream(t *jsonText, visit func(*Entry) error) error {
	if err := d.findLabels(*t); err != nil {
		return err
	}
	labels, values := false, false
	return t.eachMember(&d.json.text, func(key []byte) error {
		switch string(key) {
		case "stream":
			if labels {
				return t.expected("no second stream")
			}
			labels = true
		case "values":
			if values {
				return t.expected("no second values")
			}
			values = true
			return t.eachItem(func() error { return d.jsonEntry(t, visit) })
		}
		return t.skipValue(&d.json.text, 0)
	})
}

var errFound = errors.New("found")

// findLabels looks through the stream that comes next for its labels, which may stand after its
// values.
func (d *Decoder) findLabels(t jsonText) error {
	d.entry.Labels = nil
	err := t.eachMember(&d.json.text, func(key []byte) error {
		if string(key) != "stream" {
			return t.skipValue(&d.json.text, 0)
		}
		if err := d.jsonLabels(&t); err != nil {
			return err
		}
		return errFound
	})
	if err != nil && err != errFound {
		return err
	}
	return d.checkLabels(d.entry.Labels)
}

// jsonLabels reads labels and writes them as Loki does: sorted, the last of a name, and what is not
// a string as it is written.
func (d *Decoder) jsonLabels(t *jsonText) error {
	m := &d.json
	m.pairs, m.text = m.pairs[:0], m.text[:0]
	err := t.eachMember(&m.text, func(name []byte) error {
		value, err := t.value(&m.text)
		if err == nil {
			m.pairs, err = d.appendPair(m.pairs, Pair{name, value})
		}
		return err
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(m.pairs, func(a, b Pair) int { return bytes.Compare(a.Name, b.Name) })
	m.labels = append(m.labels[:0], '{')
	for i, p := range m.pairs {
		if i+1 < len(m.pairs) && bytes.Equal(m.pairs[i+1].Name, p.Name) {
			continue
		}
		if len(m.labels) > 1 {
			m.labels = append(m.labels, ", "...)
		}
		m.labels = append(append(m.labels, p.Name...), '=')
		m.labels = appendQuoted(m.labels, p.Value)
	}
	m.labels = append(m.labels, '}')
	d.entry.Labels = m.labels
	return nil
}

func (d *Decoder) jsonEntry(t *jsonText, visit func(*Entry) error) error {
	if t.null() {
		return nil
	}
	e, text := &d.entry, &d.json.text
	e.Metadata, *text = e.Metadata[:0], (*text)[:0]
	n := 0
	err := t.eachItem(func() (err error) {
		switch n++; n {
		case 1:
			e.Time, err = t.time(text)
		case 2:
			e.Line, err = t.string(text)
		case 3:
			err = d.jsonMetadata(t)
		default:
			err = t.skipValue(text, 0)
		}
		return err
	})
	if err != nil {
		return err
	}
	if n < 2 {
		return t.expected("a timestamp and a line before that")
	}
	if visit == nil {
		return nil
	}
	return visit(e)
}

func (d *Decoder) jsonMetadata(t *jsonText) error {
	return t.eachMember(&d.json.text, func(name []byte) error {
		value, err := t.string(&d.json.text)
		if err == nil {
			d.entry.Metadata, err = d.appendPair(d.entry.Metadata, Pair{name, value})
		}
		return err
	})
}
