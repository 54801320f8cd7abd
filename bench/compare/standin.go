package compare

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"
)

// A StandIn is a destination for a sink that was given none.
type StandIn struct {
	Stream *os.File // of Pipe
	Path   string   // of File
	URL    string   // of Server
	Note   string   // what it is

	end func()
}

// End takes away everything that the stand-in is made of.
func (s *StandIn) End() { s.end() }

// Pipe returns a pipe whose reader is cat, a process of its own as a console's reader mostly is,
// so that reading is not counted as the cost of writing. Where there is no cat it is drained here.
func Pipe() (*StandIn, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make pipe: %w", err)
	}
	s := &StandIn{Stream: w}
	if path, err := exec.LookPath("cat"); err == nil {
		cat := exec.Command(path)
		cat.Stdin = r
		if c, err := start(cat); err == nil {
			_ = r.Close()
			s.Note = "a pipe that is drained by cat, a process of its own"
			s.end = func() { _ = w.Close(); c.end() }
			return s, nil
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() { drain(r) })
	s.Note = "a pipe that is drained in the same process: its CPU is counted, too"
	s.end = func() { _ = w.Close(); wg.Wait() }
	return s, nil
}

// drain reads r to its end and closes it.
func drain(r *os.File) {
	buf := make([]byte, 128<<10)
	for {
		if _, err := r.Read(buf); err != nil {
			_ = r.Close()
			return
		}
	}
}

// mostFile is how large a temporary file grows: it must not fill the disk, and once its first
// pages are given back they are fresh again.
const mostFile = 1 << 30

// File returns the path of a temporary file.
func File() (*StandIn, error) { return file(mostFile, 20*time.Millisecond) }

// file looks at the file's size at intervals and empties it once it has grown to most.
func file(most int64, every time.Duration) (*StandIn, error) {
	f, err := os.CreateTemp("", "lologen-*.log")
	if err != nil {
		return nil, fmt.Errorf("make temporary file: %w", err)
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				if info, err := f.Stat(); err == nil && info.Size() >= most {
					_ = f.Truncate(0)
				}
			}
		}
	})
	return &StandIn{
		Path: f.Name(),
		Note: fmt.Sprintf("a temporary file in %s, emptied at every GiB and removed", os.TempDir()),
		end: func() {
			close(done)
			wg.Wait()
			_ = f.Close()
			_ = os.Remove(f.Name())
		},
	}, nil
}

// Given is for a destination that needs no stand-in.
func Given(note string) *StandIn { return &StandIn{Note: note, end: func() {}} }
