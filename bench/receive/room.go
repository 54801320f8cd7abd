package receive

import (
	"sync"
	"time"
)

// room is how much memory several may have together.
type room struct {
	patience time.Duration // most time that anybody waits for some of it

	mu    sync.Mutex    // taken a few times for a request, never for a line
	left  int           // bytes
	freed chan struct{} // closed when some is given back; nil: nobody waits
}

func newRoom(size int, patience time.Duration) *room { return &room{left: size, patience: patience} }

// take takes n bytes, or waits a little while for them, ended by done. It reports whether it has them:
// those who hold some and wait for more never wait for each other for good.
func (r *room) take(n int, done <-chan struct{}) bool {
	freed, ok := r.try(n)
	if ok {
		return true
	}
	t := time.NewTimer(r.patience)
	defer t.Stop()
	for !ok {
		select {
		case <-freed:
			freed, ok = r.try(n)
		case <-t.C:
			return false
		case <-done:
			return false
		}
	}
	return true
}

// try takes n bytes if they are there, and else says when to try again.
func (r *room) try(n int) (freed <-chan struct{}, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left >= n {
		r.left -= n
		return nil, true
	}
	if r.freed == nil {
		r.freed = make(chan struct{})
	}
	return r.freed, false
}

// give gives n bytes back.
func (r *room) give(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left += n
	if r.freed != nil {
		close(r.freed)
		r.freed = nil
	}
}
