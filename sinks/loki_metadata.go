package sinks

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/sinks/push"
)

// Metadata is a pair of structured metadata that every line gets.
type Metadata struct {
	Name  string
	parts []metadataPart
}

// metadataPart is text, or a value that differs from line to line.
type metadataPart struct {
	text   string
	append func(dst []byte, l *lineChance) []byte // nil: text
}

// lineChance is what a line's values are made from: the same on every attempt.
type lineChance struct {
	seq  uint64
	rand emitter.Rand
}

// placeholders are what may stand in braces in a value.
var placeholders = []struct {
	name   string
	append func(dst []byte, l *lineChance) []byte
}{
	{"{rand16}", func(dst []byte, l *lineChance) []byte { return appendHex(dst, l.rand.Uint64()) }},
	{"{seq}", func(dst []byte, l *lineChance) []byte { return strconv.AppendUint(dst, l.seq, 10) }},
	{"{uuid}", appendUUID},
}

// ParseMetadata reads a pair as the command line has it: name=value, where {rand16} in the value
// stands for 16 random hex digits, {uuid} for a random UUID and {seq} for the line's number in its
// stream.
func ParseMetadata(s string) (Metadata, error) {
	name, value, ok := strings.Cut(s, "=")
	switch {
	case !ok || value == "":
		return Metadata{}, errors.New("structured metadata is name=value")
	case push.CheckName(name) != nil:
		return Metadata{}, push.CheckName(name)
	}
	m := Metadata{Name: name}
	for value != "" {
		var p metadataPart
		p, value = nextPart(value)
		m.parts = append(m.parts, p)
	}
	return m, nil
}

// nextPart takes the first part off a value.
func nextPart(value string) (p metadataPart, rest string) {
	first := len(value)
	for _, h := range placeholders {
		if rest, ok := strings.CutPrefix(value, h.name); ok {
			return metadataPart{append: h.append}, rest
		}
		if at := strings.Index(value, h.name); at >= 0 {
			first = min(first, at)
		}
	}
	return metadataPart{text: value[:first]}, value[first:]
}

// isConstant reports whether all lines have the same.
func (m *Metadata) isConstant() bool { return len(m.parts) == 1 && m.parts[0].append == nil }

func (m *Metadata) appendValue(dst []byte, l *lineChance) []byte {
	for i := range m.parts {
		if p := &m.parts[i]; p.append != nil {
			dst = p.append(dst, l)
		} else {
			dst = append(dst, p.text...)
		}
	}
	return dst
}

func appendHex(dst []byte, v uint64) []byte {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], v)
	return hex.AppendEncode(dst, b[:])
}

// appendUUID appends a random UUID (RFC 9562 5.4).
func appendUUID(dst []byte, l *lineChance) []byte {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], l.rand.Uint64())
	binary.BigEndian.PutUint64(b[8:], l.rand.Uint64())
	b[6] = b[6]&0x0f | 0x40 // version 4
	b[8] = b[8]&0x3f | 0x80 // variant
	dst = hex.AppendEncode(dst, b[:4])
	for _, group := range [][]byte{b[4:6], b[6:8], b[8:10], b[10:]} {
		dst = hex.AppendEncode(append(dst, '-'), group)
	}
	return dst
}

// checkMetadata refuses a name that comes twice.
func checkMetadata(list []Metadata) error {
	seen := make(map[string]bool)
	for _, m := range list {
		if seen[m.Name] {
			return fmt.Errorf("structured metadata %s is there twice", m.Name)
		}
		seen[m.Name] = true
	}
	return nil
}
