package sinks

import (
	"net"
	"testing"
)

func journalPlace(t *testing.T) place {
	path := socketPath(t)
	l := listenJournal(t, path)
	var lines []string
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 64<<10)
		for {
			n, err := l.Read(buf)
			if err != nil || n == 0 {
				return
			}
			lines = append(lines, parseEntry(t, buf[:n])["MESSAGE"])
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return place{
		opener: testJournal(t, path).opener(journalConfig("contract", "Thread-")),
		lines: func() []string {
			end, err := net.Dial("unixgram", path)
			if err != nil {
				t.Fatal(err)
			}
			defer end.Close()
			if _, err := end.Write(nil); err != nil { // an empty datagram ends the reader, after all others
				t.Fatal(err)
			}
			<-done
			return lines
		},
		kill: func() { closeJournal(t, l, path) },
	}
}
