package push

import (
	"errors"
	"fmt"
	"io"
	"math"
)

// A field is one of a protobuf message.
type field struct {
	number int32
	wire   int
	value  uint64 // of a varint
	bytes  []byte // of wireBytes
}

var (
	errOverflow = errors.New("proto: integer overflow")
	errLength   = errors.New("proto: negative length found during unmarshaling")
)

// cut reads the first field of a message that is not empty and returns what follows it.
func (f *field) cut(message []byte) (rest []byte, err error) {
	tag, rest, err := cutVarint(message)
	if err != nil {
		return nil, err
	}
	f.number, f.wire = int32(tag>>3), int(tag&7)
	if f.wire == wireEnd {
		return nil, errors.New("proto: wiretype end group for non-group")
	}
	if f.number <= 0 {
		return nil, fmt.Errorf("proto: illegal tag %d (wire type %d)", f.number, tag)
	}
	if f.wire != wireStart {
		return f.cutValue(rest)
	}
	return skipGroup(rest)
}

// cutValue reads a value of the field's wire type.
func (f *field) cutValue(message []byte) (rest []byte, err error) {
	size := uint64(0)
	switch f.wire {
	case wireVarint:
		f.value, rest, err = cutVarint(message)
		return rest, err
	case wireBytes:
		if size, message, err = cutVarint(message); err != nil {
			return nil, err
		}
		if size > math.MaxInt64 {
			return nil, errLength
		}
	case wireFixed8:
		size = 8
	case wireFixed4:
		size = 4
	default:
		return nil, fmt.Errorf("proto: illegal wireType %d", f.wire)
	}
	if size > uint64(len(message)) {
		return nil, io.ErrUnexpectedEOF
	}
	f.bytes = message[:size:size]
	return message[size:], nil
}

// skipGroup skips the rest of a group, which may hold others; no loop of its own for each, as a
// hostile message would nest them without end.
func skipGroup(message []byte) (rest []byte, err error) {
	for depth := 1; depth > 0; {
		var tag uint64
		if tag, message, err = cutVarint(message); err != nil {
			return nil, err
		}
		switch f := (field{wire: int(tag & 7)}); f.wire {
		case wireStart:
			depth++
		case wireEnd:
			depth--
		default:
			if message, err = f.cutValue(message); err != nil {
				return nil, err
			}
		}
	}
	return message, nil
}

// mustBe says what is wrong with a known field of another wire type.
func (f *field) mustBe(wire int, name string) error {
	if f.wire != wire {
		return fmt.Errorf("proto: wrong wireType = %d for field %s", f.wire, name)
	}
	return nil
}

// cutVarint reads a varint. Nearly all are tags and lengths of a byte or two.
func cutVarint(b []byte) (v uint64, rest []byte, err error) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), b[1:], nil
	}
	if len(b) > 1 && b[1] < 0x80 {
		return uint64(b[0]&0x7f) | uint64(b[1])<<7, b[2:], nil
	}
	return cutLongVarint(b)
}

// cutLongVarint reads a varint of at most ten bytes; like the official decoder it lets bits above
// the 64th go.
func cutLongVarint(b []byte) (v uint64, rest []byte, err error) {
	for i, c := range b {
		if i == 10 {
			return 0, nil, errOverflow
		}
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return v, b[i+1:], nil
		}
	}
	return 0, nil, io.ErrUnexpectedEOF
}
