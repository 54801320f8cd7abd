package push

import (
	"fmt"
	"math"
)

// decodeProtobuf checks a request if there is no visit, else makes the visits. It takes and refuses
// what the official decoder does.
func (d *Decoder) decodeProtobuf(request []byte, visit func(*Entry) error) (streams int, err error) {
	var f field
	for d.entry.Stream = 0; len(request) > 0; {
		if request, err = f.cut(request); err != nil {
			return 0, err
		}
		switch f.number {
		case 1:
			if err = f.mustBe(wireBytes, "Streams"); err == nil {
				err = d.decodeStream(f.bytes, visit)
			}
			d.entry.Stream++
		case 2:
			err = f.mustBe(wireBytes, "Format")
		}
		if err != nil {
			return 0, err
		}
	}
	return d.entry.Stream, nil
}

func (d *Decoder) decodeStream(stream []byte, visit func(*Entry) error) (err error) {
	var f field
	if d.entry.Labels = nil; visit != nil {
		d.entry.Labels = lastLabels(stream)
	}
	for len(stream) > 0 {
		if stream, err = f.cut(stream); err != nil {
			return err
		}
		switch f.number {
		case 1:
			if err = f.mustBe(wireBytes, "Labels"); visit == nil {
				d.entry.Labels = f.bytes
			}
		case 2:
			if err = f.mustBe(wireBytes, "Entries"); err == nil {
				err = d.decodeEntry(f.bytes, visit)
			}
		case 3:
			err = f.mustBe(wireVarint, "Hash")
		}
		if err != nil {
			return err
		}
	}
	if visit == nil {
		return d.checkLabels(d.entry.Labels)
	}
	return nil
}

// lastLabels finds the labels of a stream that has been checked: fields may come in any order, and
// the last one of a number is the one that counts.
func lastLabels(stream []byte) (labels []byte) {
	var f field
	for len(stream) > 0 {
		if stream, _ = f.cut(stream); f.number == 1 {
			labels = f.bytes
		}
	}
	return labels
}

func (d *Decoder) decodeEntry(entry []byte, visit func(*Entry) error) (err error) {
	var f field
	e := &d.entry
	e.Time, e.Line, e.Metadata = math.MinInt64, nil, e.Metadata[:0]
	for len(entry) > 0 {
		if entry, err = f.cut(entry); err != nil {
			return err
		}
		switch f.number {
		case 1:
			if err = f.mustBe(wireBytes, "Timestamp"); err == nil {
				e.Time, err = decodeTime(f.bytes)
			}
		case 2:
			err = f.mustBe(wireBytes, "Line")
			e.Line = f.bytes
		case 3:
			if err = f.mustBe(wireBytes, "StructuredMetadata"); err == nil {
				err = d.decodePair(f.bytes)
			}
		case 4: // Loki checks it, and leaves it at that
			if err = f.mustBe(wireBytes, "Parsed"); err == nil {
				_, err = decodePair(f.bytes)
			}
		}
		if err != nil {
			return err
		}
	}
	if visit == nil {
		return nil
	}
	return visit(e)
}

func (d *Decoder) decodePair(pair []byte) error {
	p, err := decodePair(pair)
	if err == nil {
		d.entry.Metadata, err = d.appendPair(d.entry.Metadata, p)
	}
	return err
}

func decodePair(pair []byte) (p Pair, err error) {
	var f field
	for len(pair) > 0 {
		if pair, err = f.cut(pair); err != nil {
			return p, err
		}
		switch f.number {
		case 1:
			err = f.mustBe(wireBytes, "Name")
			p.Name = f.bytes
		case 2:
			err = f.mustBe(wireBytes, "Value")
			p.Value = f.bytes
		}
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

func decodeTime(stamp []byte) (_ int64, err error) {
	var f field
	var seconds int64
	var nanos int32
	for len(stamp) > 0 {
		if stamp, err = f.cut(stamp); err != nil {
			return 0, err
		}
		switch f.number {
		case 1:
			err = f.mustBe(wireVarint, "Seconds")
			seconds = int64(f.value)
		case 2:
			err = f.mustBe(wireVarint, "Nanos")
			nanos = int32(f.value)
		}
		if err != nil {
			return 0, err
		}
	}
	const year1, year10000, second = -62_135_596_800, 253_402_300_800, 1_000_000_000
	if seconds < year1 || seconds >= year10000 || nanos < 0 || nanos >= second {
		return 0, fmt.Errorf("timestamp: %d seconds and %d nanos are not an instant between the years 1 and 9999", seconds, nanos)
	}
	return joinTime(seconds, int64(nanos)), nil
}

// joinTime is splitTime undone; seconds beyond int64's nanoseconds give the first or last instant.
func joinTime(seconds, nanos int64) int64 {
	const second = 1_000_000_000
	const most = math.MaxInt64 / second
	if seconds < 0 { // so that the product does not overflow where the sum would not
		seconds, nanos = seconds+1, nanos-second
	}
	switch time := seconds * second; {
	case seconds > most || seconds == most && nanos > math.MaxInt64-time:
		return math.MaxInt64
	case seconds < -most || seconds == -most && nanos < math.MinInt64-time:
		return math.MinInt64
	default:
		return time + nanos
	}
}
