package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

func TestReadWritten(t *testing.T) {
	for _, tt := range runs {
		want := New(tt.make())
		var b bytes.Buffer
		if err := want.JSON(&b); err != nil {
			t.Fatal(err)
		}
		got, err := Read(&b)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, want)
		}
	}
}

// A report of an earlier program has less in it.
func TestReadOldReport(t *testing.T) {
	r, err := Read(strings.NewReader(`{"version": 1, "plan": {"sink": "file"}, "ledger": [{"stream": 1, "next": 2}], "more": [1]}`))
	if err != nil {
		t.Fatal(err)
	}
	if r.Errors == nil || r.Verdict.SLO == nil || r.Ledger[0].Rejected == nil || r.Ledger[0].Unknown == nil {
		t.Errorf("a null in %+v", r)
	}
	useAll(t, r)
}

func TestReadFails(t *testing.T) {
	with := func(field string) string { return `{"version": 1, "plan": {}, ` + field + `}` }
	for _, tt := range []struct{ in, want string }{
		{"", "unexpected end of JSON input"},
		{"{}", "it is no report of a run"},
		{`{"version": 1, "runs": []}`, "it is no report of a run"},
		{`{"version": 2, "plan": {}}`, "its version is 2: accepted is 1"},
		{`{"version": 1, "plan": {}}{}`, "invalid character '{' after top-level value"},
		{`[1]`, "cannot unmarshal array"},
		{with(`"lines": {"due": -1}`), "cannot unmarshal number -1"},
		{with(`"lines": {"due": 18446744073709551615}`), "is more lines, requests or bytes than a run can have"},
		{with(`"usage": {"cores": -1}`), "-1 is no number of workers"},
		{with(`"elapsed": -1`), "-1 s is no time"},
		{with(`"window": 1e300`), "1e+300 s is no time"},
		{with(`"window": 1e400`), "cannot unmarshal number 1e400"},
		{with(`"rate": {"target": -5}`), "-5 lines/s is no rate"},
		{with(`"latency": {"response": {"p99": 1e99}}`), "1e+99 s is no latency"},
		{with(`"series": [{"at": 1, "span": 0}]`), "a point of the series at 1 s is 0 s long"},
		{with(`"series": [{"at": 1, "span": 1, "cpu": -1}]`), "-1 is no rate"},
		{with(`"ledger": [{"stream": 0, "next": 5, "unknown": [[3, 5]]}]`), "stream 0 has a range from 3 to 5 of 5 lines"},
		{with(`"ledger": [{"stream": 0, "next": 5, "rejected": [[3, 2]]}]`), "stream 0 has a range from 3 to 2 of 5 lines"},
		{with(`"errors": [{"reason": "x\u001b", "offered": -1}]`), "the error x has numbers that no run has"},
	} {
		_, err := Read(strings.NewReader(tt.in))
		if err == nil || !strings.HasPrefix(err.Error(), "read report: ") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.in, err, tt.want)
		}
	}
	broken := errors.New("disk on fire")
	if _, err := Read(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if _, err := Read(io.LimitReader(endless{}, mostReport+5)); err == nil || !strings.Contains(err.Error(), "accepted are at most 67.1 MB") {
		t.Errorf("got %v", err)
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

// useAll does with a report what can be done with one that was read.
func useAll(t *testing.T, r *Report) {
	t.Helper()
	harmless(t, written(t, r, "text"))
	harmless(t, written(t, r, "json"))
	_ = r.HLog(io.Discard) // may well fail on a broken histogram
	_, _ = r.Latency.Response.percentile(37)
	other := *r
	other.RunID += "x"
	if m, err := Merge([]*Report{r, &other}); err == nil {
		harmless(t, written(t, m, "text"))
	}
	c, err := Compare([]*Report{r}, []*Report{&other, r})
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"text", "json"} {
		var b bytes.Buffer
		if err := c.Write(&b, format); err != nil {
			t.Fatal(err)
		}
		harmless(t, strings.ReplaceAll(b.String(), "\n", ""))
	}
}

// FuzzRead: whatever is read can be shown, merged and compared, and moves no terminal's cursor.
func FuzzRead(f *testing.F) {
	for _, tt := range runs {
		// Small seeds: the fuzzer spends its time on making large ones smaller.
		r := New(tt.make())
		r.Latency = Latency{Response: r.Latency.Response}
		r.Latency.Response.Hdr = Whole(histogram(time.Millisecond, time.Second, 3)).Hdr
		b, err := json.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"version":1,"plan":{"labels":["\u001b[2J"],"evidence":"\u0007"},"server":{"discarded":[{"reason":"\u001b","lines":1}]},` +
		`"verification":{"passed":null,"why":"\u001b"},"parts":[{"run_id":"\u001b"}],"verdict":{"aborted":"\u001b","slo":[{"expr":"\u001b<"}]},` +
		`"series":[{"at":1,"span":1e-300,"asked":1,"schedule":{},"errors":{"\u001b":1},"response":{"hdr":"HISTFAAA"}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		useAll(t, r)
	})
}

// A histogram is in the encoding of HdrHistogram's own tools, and comes back as it was.
func TestHdr(t *testing.T) {
	result, run := paced()
	r := New(result, run)
	for name, tt := range map[string]struct {
		summary Summary
		want    *hdrhistogram.Histogram
	}{
		"response": {r.Latency.Response, result.Latency.Response},
		"service":  {r.Latency.Service, result.Latency.Service},
		"schedule": {*r.Latency.Schedule, result.Latency.Schedule},
	} {
		// V2 compressed: cookie 0x1c849314, as in the specification's examples.
		if !strings.HasPrefix(tt.summary.Hdr, "HISTFAAA") {
			t.Errorf("%s begins with %.8s", name, tt.summary.Hdr)
		}
		got, err := hdrhistogram.Decode([]byte(tt.summary.Hdr))
		if err != nil || !got.Equals(tt.want) {
			t.Errorf("%s: the library reads another histogram, %v", name, err)
		}
		own, err := tt.summary.histogram()
		if err != nil || Whole(own) != tt.summary {
			t.Errorf("%s: read back as %+v, %v", name, Whole(own), err)
		}
	}
}

// Of a run of a minute, the histograms of all points are in the report, and it is small all the same.
func TestReportSize(t *testing.T) {
	r := live(1, noon, 60).report(t, "a", 150)
	var b bytes.Buffer
	if err := r.JSON(&b); err != nil {
		t.Fatal(err)
	}
	hdr := 0
	for _, p := range r.Series {
		hdr += len(p.Response.Hdr) + len(p.Service.Hdr) + len(p.Schedule.Hdr)
	}
	if hdr == 0 || hdr > mostHdr || b.Len() > 300<<10 {
		t.Errorf("%d bytes, %d of them histograms of points", b.Len(), hdr)
	}
}
