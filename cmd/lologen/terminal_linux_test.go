package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/exitfound/lologen/sinks"
)

// terminal opens one, and returns what was written to it once it is closed.
func terminal(t *testing.T) (tty *os.File, written func() string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	read := make(chan struct{})
	go func() {
		defer close(read)
		io.Copy(&text, master) // ends with an error, as nobody has the terminal open any more
	}()
	return tty, func() string {
		tty.Close()
		<-read
		master.Close()
		return text.String()
	}
}

// A live line is drawn on a terminal of its own. Where the lines go to the same one there is none, or,
// if it is to be shown always, one after the other, each for itself.
func TestWhereTheLiveLineIsDrawn(t *testing.T) {
	tty, written := terminal(t)
	defer written()
	file, err := os.Create(t.TempDir() + "/file")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, tt := range []struct {
		sink, progress string
		lines, notes   *os.File
		shown, drawn   bool
	}{
		{"console", "auto", tty, tty, false, false},
		{"console", "always", tty, tty, true, false},
		{"console", "auto", file, tty, true, true},
		{"console", "always", file, tty, true, true},
		{"console", "never", file, tty, false, true},
		{"console", "auto", tty, file, false, false},
		{"console", "always", tty, file, true, false},
		{"file", "auto", tty, tty, true, true},
		{"file", "always", tty, tty, true, true},
	} {
		o := defaults()
		o.sink, o.progress = tt.sink, tt.progress
		l := &load{config: sinks.Config{Stream: tt.lines}}
		if shown, drawn := o.showsProgress(l, tt.notes), o.draws(l, tt.notes); shown != tt.shown || drawn != tt.drawn {
			t.Errorf("%+v: shown %v, drawn %v", tt, shown, drawn)
		}
	}
}

func TestProgressOnATerminal(t *testing.T) {
	load := []string{"--count", "21", "-T", "0.1", "-c", "never", "--report", "none", "--progress", "always"}
	for _, shared := range []bool{true, false} {
		tty, written := terminal(t)
		out := tty
		if !shared {
			var err error
			if out, err = os.Create(t.TempDir() + "/lines"); err != nil {
				t.Fatal(err)
			}
			defer out.Close()
		}
		if code := run(t.Context(), load, nil, stdio{os.Stdin, out, tty}); code != exitOK {
			t.Errorf("exit %d", code)
		}
		text := written()
		if !strings.Contains(text, "lines/s") || strings.Contains(text, "\x1b") == shared {
			t.Errorf("shared %v: %q", shared, text)
		}
		if shared {
			checkWholeLines(t, text)
		}
	}
}

// checkWholeLines checks that every line is one of the run's or one about it.
func checkWholeLines(t *testing.T, text string) {
	t.Helper()
	n := 0
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "date=") && strings.HasSuffix(line, `"`):
			n++
		case !strings.Contains(line, "lines/s") || strings.Contains(line, "date=") || strings.Contains(line, "\r"):
			t.Errorf("a line is %q", line)
		}
	}
	if n != 21 {
		t.Errorf("%d whole lines", n)
	}
}
