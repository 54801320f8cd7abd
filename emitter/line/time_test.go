package line_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/emitter/line"
)

// dates say how each format of the table writes the time, with what stands before it.
var dates = map[string]struct{ before, layout string }{
	"logfmt":       {`date="`, "2006-01-02 15:04:05,000"},
	"json":         {`{"date": "`, "2006-01-02, 15:04:05"},
	"unstructured": {"", "2006-01-02, 15:04:05"},
}

// TestTimes has one format, with what it remembers, write times of every order, and compares
// with time.Format.
func TestTimes(t *testing.T) {
	for _, zone := range []string{"UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns"} {
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		o := options
		o.Location = location
		for _, name := range line.Names() {
			f, _ := line.New(name, o)
			var buf []byte
			for i, nanos := range times() {
				buf = f(buf[:0], &emitter.Record{Time: nanos, Level: emitter.Level(i % emitter.Levels), Clean: true})
				date := dates[name]
				want := time.Unix(0, nanos).In(location).AppendFormat([]byte(date.before), date.layout)
				if !bytes.HasPrefix(buf, want) {
					t.Fatalf("%s in %s, time %d of %d, %d: got %q, want %q", name, zone, i, len(times()), nanos, buf[:len(want)], want)
				}
			}
		}
	}
}

// times are Unix nanoseconds in an order that is hard on a cache.
func times() (all []int64) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		all = append(all, int64(random.Uint64())) // years 1677 to 2262
	}
	for range 2000 {
		all = append(all, start+random.Int64N(int64(3*time.Second)))
	}
	for i := range int64(3000) {
		all = append(all, start+i*777_777, start-i*777_777)
	}
	for i := range int64(3000) {
		all = append(all, start-i*1_333_333)
	}
	// Clocks in Berlin are put forward and back, and one in 1893 by minutes and seconds.
	for _, change := range []string{"2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z", "1893-03-31T23:06:32Z"} {
		at, err := time.Parse(time.RFC3339, change)
		if err != nil {
			panic(err)
		}
		for i := range int64(20) {
			all = append(all, at.UnixNano()+(i-10)*250_000_000, at.UnixNano()-(i-10)*3_600_000_000_000)
		}
	}
	for _, edge := range []int64{0, math.MinInt64, math.MaxInt64, 1e9, -1e9} {
		for d := range int64(3) {
			all = append(all, edge+d-1, edge, edge-d) // the largest are one step from the smallest
		}
	}
	return all
}

func TestNilLocationIsLocal(t *testing.T) {
	o := options
	o.Location = nil
	f, _ := line.New("unstructured", o)
	want := time.Unix(0, start).Format("2006-01-02, 15:04:05 ")
	if got := f(nil, &emitter.Record{Time: start}); !bytes.HasPrefix(got, []byte(want)) {
		t.Errorf("got %q, want it to begin with %q", got, want)
	}
}

// TestNoPanic gives every format records that no pool makes.
func TestNoPanic(t *testing.T) {
	for _, v := range variants() {
		for _, f := range []emitter.Format{v.format(), line.Record(options)} {
			for _, r := range []emitter.Record{
				{},
				{Level: 255, Time: math.MinInt64, Stream: -1, Seq: math.MaxUint64},
				{Level: 5, Time: math.MaxInt64, Stream: math.MaxInt, Message: []byte("\"\xff"), Clean: false},
				{Time: -1, Stream: math.MinInt},
			} {
				if got := f(nil, &r); len(got) == 0 {
					t.Errorf("%s: no line of %+v", v, r)
				}
			}
		}
	}
}
