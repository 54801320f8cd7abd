package line_test

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/exitfound/lologen/emitter"
	"github.com/exitfound/lologen/emitter/line"
)

var (
	token = regexp.MustCompile(`^[A-Za-z0-9]{10,20}$`)
	clean = regexp.MustCompile(`^[ !#-\[\]-~]*$`) // printable ASCII without " and \
)

func TestMessages(t *testing.T) {
	const n = 20_000
	for lowest := emitter.Debug; lowest <= emitter.Critical; lowest++ {
		t.Run(lowest.String(), func(t *testing.T) {
			source := line.Messages(lowest)
			rand := emitter.NewRand(1, 0)
			r := emitter.Record{Rand: &rand}
			var levels [emitter.Levels]int
			lengths := map[int]int{}
			texts := map[emitter.Level]string{}
			characters := map[rune]int{}
			for range n {
				source(&r)
				message := string(r.Message)
				end := strings.LastIndexByte(message, ' ') + 1
				if !token.MatchString(message[end:]) {
					t.Fatalf("no token at the end of %q", message)
				}
				if !r.Clean || !clean.MatchString(message) || len(message) < 55 || len(message) > 85 {
					t.Fatalf("message %q (%d bytes), clean %t", message, len(message), r.Clean)
				}
				if text, seen := texts[r.Level]; seen && text != message[:end] {
					t.Fatalf("%s says %q and %q", r.Level, text, message[:end])
				}
				texts[r.Level] = message[:end]
				levels[r.Level]++
				lengths[len(message)-end]++
				for _, c := range message[end:] {
					characters[c]++
				}
			}
			for l, got := range levels {
				want := 0.0
				if emitter.Level(l) >= lowest {
					want = n / float64(emitter.Levels-lowest)
				}
				even(t, emitter.Level(l).String(), got, want)
			}
			for length := 10; length <= 20; length++ {
				even(t, fmt.Sprintf("%d characters", length), lengths[length], n/11.0)
			}
			if len(characters) != 62 {
				t.Errorf("%d different characters in tokens, want 62", len(characters))
			}
		})
	}
}

// even fails unless got is within five standard deviations of want.
func even(t *testing.T, what string, got int, want float64) {
	t.Helper()
	if math.Abs(float64(got)-want) > 5*math.Sqrt(want) {
		t.Errorf("%s: %d times, want about %.0f", what, got, want)
	}
}

func TestMessagesAboveAll(t *testing.T) {
	rand := emitter.NewRand(1, 0)
	r := emitter.Record{Rand: &rand}
	line.Messages(emitter.Critical + 1)(&r)
	if r.Level != emitter.Critical {
		t.Errorf("level %d", r.Level)
	}
}

// TestMessagesByStream makes the same streams by different numbers of workers, each a line of
// every stream in turn, and then one stream after the other.
func TestMessagesByStream(t *testing.T) {
	const streams, lines = 6, 50
	run := func(workers int, each func(do func(stream int))) [streams][]string {
		var made [streams][]string
		var rands [streams]emitter.Rand
		for s := range rands {
			rands[s] = emitter.NewRand(42, uint64(s))
		}
		sources := make([]emitter.Source, workers)
		for w := range sources {
			sources[w] = sized(t, 300)
		}
		each(func(stream int) {
			r := emitter.Record{Stream: stream, Rand: &rands[stream]}
			sources[stream%workers](&r)
			made[stream] = append(made[stream], fmt.Sprint(r.Level, string(r.Message)))
		})
		return made
	}
	inTurn := func(do func(int)) {
		for range lines {
			for s := range streams {
				do(s)
			}
		}
	}
	oneByOne := func(do func(int)) {
		for s := range streams {
			for range lines {
				do(streams - 1 - s)
			}
		}
	}
	want := run(1, inTurn)
	for workers := 1; workers <= streams; workers++ {
		if !reflect.DeepEqual(run(workers, inTurn), want) || !reflect.DeepEqual(run(workers, oneByOne), want) {
			t.Errorf("%d workers make other lines than one", workers)
		}
	}
	if reflect.DeepEqual(want[0], want[1]) {
		t.Error("two streams have the same lines")
	}
}
