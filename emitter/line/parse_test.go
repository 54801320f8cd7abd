package line_test

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	parser "github.com/go-logfmt/logfmt"

	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/emitter/line"
)

// A field is what a parser that knows nothing of this package found in a line.
type field struct{ key, value string }

// parsers read the formats of the table, keys in their order.
var parsers = map[string]func(line []byte) ([]field, error){
	"logfmt":       parseLogfmt,
	"json":         parseJSON,
	"unstructured": parseUnstructured,
}

func parseLogfmt(line []byte) (fields []field, err error) {
	d := parser.NewDecoderSize(bytes.NewReader(line), len(line)+1)
	for d.ScanRecord() {
		for d.ScanKeyval() {
			fields = append(fields, field{string(d.Key()), string(d.Value())})
		}
	}
	return fields, d.Err()
}

func parseJSON(line []byte) (fields []field, err error) {
	d := stdjson.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		value, err := d.Token()
		if err != nil {
			return nil, err
		}
		fields = append(fields, field{fmt.Sprint(key), fmt.Sprint(value)})
	}
	_, err = d.Token()
	return fields, err
}

var unstructuredLine = regexp.MustCompile(`^(?<date>\d{4}-\d\d-\d\d, \d\d:\d\d:\d\d) (?<name>.*?) (?<process>4711) (?<threadName>MainThread) ` +
	`(?<level>debug|info|warning|error|critical) (?<message>.*?)(?: (?<id>run=\w+ stream=\d+ seq=\d+ sent=\d+))?$`)

func parseUnstructured(line []byte) (fields []field, err error) {
	values := unstructuredLine.FindSubmatch(line)
	if values == nil {
		return nil, errors.New("it is no such line")
	}
	for i, key := range unstructuredLine.SubexpNames() {
		if key != "" && values[i] != nil {
			fields = append(fields, field{key, string(values[i])})
		}
	}
	return fields, nil
}

// expected is what a parser should find in r's line.
func (v variant) expected(o line.Options, r *emitter.Record) []field {
	codes := []string{"0;36", "0;32", "1;33", "1;31", "0;35"}
	message := string(r.Message)
	if v.color {
		message = "\x1b[" + codes[r.Level] + "m" + message + "\x1b[0m"
	}
	at := time.Unix(0, r.Time).In(o.Location)
	level, number := r.Level.String(), fmt.Sprint(r.Level.Number())
	thread, pid := fmt.Sprint(o.Thread), fmt.Sprint(o.PID)
	identity := fmt.Sprintf("stream=%07d seq=%012d sent=%019d", r.Stream, r.Seq, r.Time)
	var fields []field
	switch v.name {
	case "logfmt":
		fields = []field{
			{"date", at.Format("2006-01-02 15:04:05,000")}, {"name", utf8(o.Name)}, {"threadName", o.ThreadName}, {"thread", thread},
			{"processName", "MainProcess"}, {"process", pid}, {"level", level}, {"levelnum", number}, {"msg", utf8(message)},
		}
		if v.identity {
			fields = append(fields, field{"run", "k3x9q2"})
			for word := range strings.FieldsSeq(identity) {
				key, value, _ := strings.Cut(word, "=")
				fields = append(fields, field{key, value})
			}
		}
		return fields
	case "json":
		fields = []field{
			{"date", at.Format("2006-01-02, 15:04:05")}, {"name", utf8(o.Name)}, {"thread", thread}, {"threadName", o.ThreadName},
			{"process", pid}, {"processName", "MainProcess"}, {"levelnum", number}, {"level", level}, {"message", utf8(message)},
		}
	case "unstructured":
		breaks := strings.NewReplacer("\n", `\n`, "\r", `\r`)
		fields = []field{
			{"date", at.Format("2006-01-02, 15:04:05")}, {"name", breaks.Replace(o.Name)}, {"process", pid},
			{"threadName", o.ThreadName}, {"level", level}, {"message", breaks.Replace(message)},
		}
	}
	if v.identity {
		fields = append(fields, field{"id", "run=k3x9q2 " + identity})
	}
	return fields
}

// utf8 is s with U+FFFD for every byte that is not UTF-8.
func utf8(s string) string { return string([]rune(s)) }

// awkward are names and messages that are hard on a format.
var awkward = []string{
	"", "plain", "two words", "a=b", "=", `"`, `\`, `C:\temp`, `\\`, `\"`, `"quoted"`, `ends in \`, `'`, "null", "a\nb", "\n", "\r\n", "a\tb", "\x00",
	"\x1b", "\x1b[1mbold\x1b[0m", "\x1b\"", "\x1b\\", "\x1b\n", "\x7f", "\x7f\x1b", "\u00fcber", "\u65e5\u672c\u8a9e \U0001f600", "\ufffd", "\u0085", "\u2028",
	"\xff", "a\xffb", "\xff\xfe \x1b", "\xc3", "\xe6\x97", "\xed\xa0\x80", "\xff\"", "<&>", "%s", " ", " a ", "\x1b[0;32m", "\b\f",
}

// check parses the line that f, which is v with o, makes of r, and compares.
func (v variant) check(t *testing.T, f emitter.Format, o line.Options, r *emitter.Record) {
	t.Helper()
	got := f(nil, r)
	if bytes.ContainsAny(got, "\n\r") {
		t.Errorf("%s: name %q, message %q: more than one line: %q", v, o.Name, r.Message, got)
	}
	fields, err := parsers[v.name](got)
	if err != nil {
		t.Errorf("%s: name %q, message %q: parse %q: %v", v, o.Name, r.Message, got, err)
		return
	}
	if want := v.expected(o, r); fmt.Sprintf("%q", fields) != fmt.Sprintf("%q", want) {
		t.Errorf("%s: name %q, message %q\n got %q\nwant %q\nline %q", v, o.Name, r.Message, fields, want, got)
	}
}

func TestParsedBack(t *testing.T) {
	for _, v := range variants() {
		for _, name := range awkward {
			o := options
			o.Name = name
			f := v.with(o)
			for i, message := range awkward {
				r := emitter.Record{
					Stream: i * 30_000, Seq: uint64(i) * 1e9, Time: start + int64(i), Level: emitter.Level(i % emitter.Levels), Message: []byte(message),
				}
				v.check(t, f, o, &r)
			}
		}
	}
}

// TestQuotes shows when a value of logfmt is quoted.
func TestQuotes(t *testing.T) {
	for name, want := range map[string]string{
		"spam_application": `name=spam_application `,
		`a\b`:              `name=a\b `,
		"":                 `name="" `,
		"a b":              `name="a b" `,
		`a\ b`:             `name="a\\ b" `,
		"a=b":              `name="a=b" `,
		`"`:                `name="\"" `,
		"a\nb":             `name="a\nb" `,
		"\x1b":             "name=\"\x1b\" ",
		"\x1b\"":           `name="\u001b\"" `,
		"\xff":             "name=\"\ufffd\" ",
		"\u00fc":           "name=\u00fc ",
	} {
		o := options
		o.Name = name
		f, _ := line.New("logfmt", o)
		if got := f(nil, &emitter.Record{Message: []byte("x")}); !bytes.Contains(got, []byte(want)) || !bytes.HasSuffix(got, []byte(`msg="x"`)) {
			t.Errorf("name %q: no %q in %q", name, want, got)
		}
	}
}

// checkRecord parses the form of r's line and compares.
func checkRecord(t *testing.T, o line.Options, r *emitter.Record) {
	t.Helper()
	got := string(line.Record(o)(nil, r))
	form, err := url.ParseQuery(got)
	if err != nil {
		t.Errorf("name %q, message %q: parse %q: %v", o.Name, r.Message, got, err)
		return
	}
	message := string(r.Message)
	if o.Run != "" {
		message += fmt.Sprintf(" run=%s stream=%07d seq=%012d sent=%019d", o.Run, r.Stream, r.Seq, r.Time)
	}
	want := []field{
		{"name", o.Name}, {"msg", message}, {"levelname", strings.ToUpper(r.Level.String())}, {"levelno", fmt.Sprint(r.Level.Number())},
		{"created", form.Get("created")}, {"msecs", fmt.Sprintf("%d.0", r.Time/1e6%1000)}, {"thread", fmt.Sprint(o.Thread)},
		{"threadName", o.ThreadName}, {"process", fmt.Sprint(o.PID)}, {"processName", "MainProcess"},
	}
	var encoded []string
	for _, f := range want {
		if form.Get(f.key) != f.value {
			t.Errorf("name %q, message %q: %s is %q, want %q", o.Name, r.Message, f.key, form.Get(f.key), f.value)
		}
		// QueryEscape leaves alone what quote_plus does.
		encoded = append(encoded, f.key+"="+url.QueryEscape(f.value))
	}
	if want := strings.Join(encoded, "&"); got != want {
		t.Errorf("name %q, message %q\n got %s\nwant %s", o.Name, r.Message, got, want)
	}
}

func TestRecordParsedBack(t *testing.T) {
	for _, run := range []string{"", "k3x9q2"} {
		for i, name := range awkward {
			o := options
			o.Name, o.Run, o.Color = name, run, true
			for _, message := range awkward {
				checkRecord(t, o, &emitter.Record{Seq: 7, Time: start + int64(i)*1e6, Level: emitter.Level(i % emitter.Levels), Message: []byte(message)})
			}
		}
	}
}

// TestRecordCreated compares with what Python 3.13 prints for the nanoseconds divided by 1e9.
func TestRecordCreated(t *testing.T) {
	f := line.Record(options)
	for nanos, want := range map[int64]string{
		0:                             "created=0.0&msecs=0.0",
		1_763_824_000_000_000_000:     "created=1763824000.0&msecs=0.0",
		1_763_824_000_123_456_789:     "created=1763824000.1234567&msecs=123.0",
		1_763_824_000_999_999_999:     "created=1763824001.0&msecs=999.0",
		-1_500_000_000:                "created=-1.5&msecs=500.0",
		9_223_372_036_854_775_807:     "created=9223372036.854776&msecs=854.0",
		1_763_824_000_007_000_000 + 1: "created=1763824000.007&msecs=7.0",
	} {
		if got := string(f(nil, &emitter.Record{Time: nanos})); !strings.Contains(got, "&"+want+"&") {
			t.Errorf("%d: no %q in %q", nanos, want, got)
		}
	}
}
