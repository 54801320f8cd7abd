package receive

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// until waits for what will be so.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 60_000 {
		if is() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}

// roomLeft is how much of the room for bodies is left, and whether somebody waits for more.
func roomLeft(s *Server) (left int, waited bool) {
	r := s.bodies.room
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.left, r.freed != nil
}

// head is that of a POST which says how its body comes.
func head(fields string) string { return "POST / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n\r\n" }

func declaring[N int | int64](bytes N) string { return head(fmt.Sprintf("Content-Length: %d", bytes)) }

// answered reads an answer to its end.
func answered(t *testing.T, r *bufio.Reader) reply {
	t.Helper()
	a, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{a.StatusCode, a.Header, string(text)}
}

// A request that finds no room is answered 503, which its client can read, and later ones are taken.
func TestNoRoom(t *testing.T) {
	s, _ := start(t, Config{Patience: time.Millisecond, Faults: Faults{RetryAfter: 2 * time.Second}})
	c := client(t)
	all, _ := roomLeft(s)
	s.bodies.room.take(all-bodyPiece, nil)
	for _, size := range []int{bodyPiece + 1, 3 << 20} {
		a := do(t, c, "POST", s.URL(), textType, strings.Repeat("x", size))
		if a.status != 503 || a.header.Get("Retry-After") != "2" || a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%d bytes: %+v", size, a)
		}
	}
	if a := do(t, c, "POST", s.URL(), textType, "abc"); a.status != 200 {
		t.Errorf("what there is room for: %+v", a)
	}
	if a := do(t, c, "GET", s.URL()+"?line=abc", "", ""); a.status != 200 {
		t.Errorf("no body: %+v", a)
	}
	s.bodies.room.give(all - bodyPiece)
	if a := do(t, c, "POST", s.URL(), textType, strings.Repeat("x", 3<<20)); a.status != 200 {
		t.Errorf("with all the room: %+v", a)
	}
	if r := s.Report(); r.Answers[503] != 2 || r.Answers[200] != 3 || s.Lines() != 3 {
		t.Errorf("%+v", r)
	}
}

// A request waits for room while others have it, but not beyond the server's end.
func TestWaitForRoom(t *testing.T) {
	for name, want := range map[string]int{"given back": 200, "ended": 503} {
		t.Run(name, func(t *testing.T) {
			s, stop := start(t, Config{Patience: time.Hour, Drain: time.Hour})
			all, _ := roomLeft(s)
			s.bodies.room.take(all, nil)
			_, r := dial(t, s, declaring(3)+"abc")
			until(t, "the request waits", func() bool { _, waited := roomLeft(s); return waited })
			if want == 200 {
				s.bodies.room.give(all)
			} else {
				stop()
			}
			if a := answered(t, r); a.status != want {
				t.Errorf("%+v", a)
			}
		})
	}
}

// Bodies come in any pieces, and what follows them on a connection is the next request.
func TestBodiesOnOneConnection(t *testing.T) {
	s, _ := start(t, Config{Body: 1 << 20})
	chunked := func(size, times int) string {
		chunk := fmt.Sprintf("%x\r\n%s\r\n", size, strings.Repeat("x", size))
		return head("Transfer-Encoding: chunked") + strings.Repeat(chunk, times) + "0\r\n\r\n"
	}
	text := func(size int) string { return declaring(size) + strings.Repeat("x", size) }
	sizes := []int{1, 8 << 10, bodyPiece - 1, bodyPiece, bodyPiece + 1, 1<<20 - 1, 1 << 20}
	said, want := "", []int{}
	for _, n := range sizes {
		said += text(n) + chunked(n, 1)
		want = append(want, n, n)
	}
	said += text(0) + chunked(1, 0) + chunked(100, 1000) + "GET /report HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" +
		strings.Replace(text(300<<10), "POST", "PUT", 1) + text(5)
	want = append(want, 0, 0, 100*1000, -200, -405, 5)
	c, r := dial(t, s, "")
	go func() { _, _ = io.WriteString(c, said) }()
	for i, n := range want {
		a := answered(t, r)
		if text := fmt.Sprintf(", bytes: %d.\n", n); n >= 0 && (a.status != 200 || !strings.Contains(a.body, text)) || n < 0 && a.status != -n {
			t.Errorf("%d: %d bytes are answered %d %.60q", i, n, a.status, a.body)
		}
	}
	if all, _ := roomLeft(s); all != 512<<20 {
		t.Errorf("%d bytes of the room are left", all)
	}
}

// What is no body that can be taken is refused in words that the client can read, and counted.
func TestRefusedBodies(t *testing.T) {
	const limit = 1 << 20
	over := strings.Repeat("x", limit+1)
	for name, c := range map[string]struct {
		said   string
		status int
	}{
		"declared":           {declaring(limit + 1), 413},
		"declared and sent":  {declaring(limit+1) + over, 413},
		"far more":           {declaring(int64(1)<<40) + over, 413},
		"leave asked for":    {head(fmt.Sprintf("Expect: 100-continue\r\nContent-Length: %d", limit+1)), 413},
		"HTTP/1.0":           {strings.Replace(declaring(limit+1), "1.1", "1.0", 1) + over, 413},
		"one chunk":          {head("Transfer-Encoding: chunked") + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", limit+1, over), 413},
		"chunks":             {head("Transfer-Encoding: chunked") + strings.Repeat("8000\r\n"+over[:1<<15]+"\r\n", 40), 413},
		"no chunk":           {head("Transfer-Encoding: chunked") + "5\r\nabcdefg\r\n0\r\n\r\n", 400},
		"no number":          {head("Transfer-Encoding: chunked") + "xyz\r\n", 400},
		"declared and a GET": {strings.Replace(declaring(limit+1), "POST /", "GET /report", 1), 413},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := start(t, Config{Body: limit})
			conn, r := dial(t, s, "")
			go func() { _, _ = io.WriteString(conn, c.said) }()
			a := answered(t, r)
			if a.status != c.status || a.header.Get("Content-Type") != textType || a.header.Get("X-Content-Type-Options") != "nosniff" ||
				a.header.Get("Server") != "lologen" || a.header.Get("Date") != "" {
				t.Errorf("%+v", a)
			}
			if _, err := r.ReadByte(); err == nil {
				t.Error("another answer follows")
			}
			if rep := s.Report(); s.Lines() != 0 || rep.Requests != 1 || rep.Answers[c.status] != 1 {
				t.Errorf("%+v", rep)
			}
			if left, _ := roomLeft(s); left != 512<<20 {
				t.Errorf("%d bytes of the room are left", left)
			}
		})
	}
}

// Leave to send a body is given if it is asked for.
func TestExpectContinue(t *testing.T) {
	s, _ := start(t, Config{})
	c, r := dial(t, s, head("Expect: 100-continue\r\nContent-Length: 3"))
	if text, err := r.ReadString('\n'); err != nil || text != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("%q, %v", text, err)
	}
	if _, err := r.Discard(len("\r\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, "abc"); err != nil {
		t.Fatal(err)
	}
	if a := answered(t, r); a.status != 200 || s.Lines() != 1 {
		t.Errorf("%+v, %d lines", a, s.Lines())
	}
}

// Half a body is no lines, however its client ends: by saying nothing for too long, or by going away.
func TestHalfABody(t *testing.T) {
	half := strings.Repeat("x\n", 50<<10)
	chunked := head("Transfer-Encoding: chunked")
	for name, c := range map[string]struct {
		said string
		slow int
	}{
		"declared":       {declaring(200<<10) + half, 408},
		"between chunks": {chunked + fmt.Sprintf("%x\r\n%s\r\n", len(half), half), 408},
		"in a chunk":     {chunked + fmt.Sprintf("%x\r\n%s", len(half)+1, half), 408},
		"in the trailer": {chunked + fmt.Sprintf("%x\r\n%s\r\n0\r\n", len(half), half), 400},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := start(t, Config{Read: 50 * time.Millisecond})
			_, r := dial(t, s, c.said)
			if a := answered(t, r); a.status != c.slow && a.status != 408 { // a slow machine gets no further
				t.Errorf("slow: %+v", a)
			}
			conn, r := dial(t, s, c.said)
			if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			if a := answered(t, r); a.status/100 != 4 { // on a slow machine it is slow, too
				t.Errorf("gone: %+v", a)
			}
			if s.Lines() != 0 {
				t.Errorf("%d lines", s.Lines())
			}
			until(t, "all the room is back", func() bool { left, _ := roomLeft(s); return left == 512<<20 })
		})
	}
}
