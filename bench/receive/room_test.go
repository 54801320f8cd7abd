package receive

import (
	"testing"
	"testing/synctest"
	"time"
)

// What one gives back another gets that waits for it, and those who wait for each other give up.
func TestRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(10, time.Second)
		began := time.Now()
		if !r.take(6, nil) || r.take(5, nil) || time.Since(began) != time.Second || !r.take(4, nil) {
			t.Fatalf("%d are left after %v", r.left, time.Since(began))
		}
		got := make(chan bool, 2)
		go func() { got <- r.take(5, nil) }()
		go func() { got <- r.take(5, nil) }()
		synctest.Wait()
		r.give(4)
		synctest.Wait()
		r.give(4)
		if !<-got || <-got || time.Since(began) != 2*time.Second {
			t.Errorf("not one of two had what was given, after %v", time.Since(began))
		}
		done := make(chan struct{})
		close(done)
		if r.take(4, done) || time.Since(began) != 2*time.Second || r.left != 3 {
			t.Errorf("waited until %v for %d after the end", time.Since(began), r.left)
		}
	})
}

// Memory comes back for what it fits: not the largest for the smallest, and rather too little than none.
func TestSpare(t *testing.T) {
	s := spare{most: 100 * bodyPiece}
	for _, pieces := range []int{1, 6, 30, 60, 4} { // the last is one too many
		s.put(make([]byte, 7, pieces*bodyPiece))
	}
	for _, c := range []struct{ above, wanted, pieces int }{
		{0, 2, 1},
		{0, 2, 0}, // not 6
		{0, 3, 6},
		{0, 100, 60},
		{30, 100, 0},
		{29, 100, 30},
		{0, 1000, 0},
	} {
		b := s.get(c.above*bodyPiece, c.wanted*bodyPiece)
		if len(b) != 0 || cap(b) != c.pieces*bodyPiece {
			t.Errorf("above %d, for %d: %d", c.above, c.wanted, cap(b)/bodyPiece)
		}
	}
	if s.kept != 0 {
		t.Errorf("%d bytes are left of nothing", s.kept)
	}
}
