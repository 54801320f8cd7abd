package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/exitfound/lologen/bench/report"
)

// ledger FILE [field=value ...] checks that the JSON report in FILE balances and that fields of
// its ledger have these values: N, >N, or @FILE for as many as the file has lines.
func ledger(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: ledger FILE [due|acked|rejected|unknown|missed=N ...]")
	}
	var r report.Report
	if err := json.Unmarshal([]byte(ts.ReadFile(args[0])), &r); err != nil {
		ts.Fatalf("%s: %v", args[0], err)
	}
	if !r.Lines.Balanced() {
		ts.Fatalf("the ledger does not balance: %+v", r.Lines)
	}
	fields := map[string]uint64{
		"due": r.Lines.Due, "acked": r.Lines.Acked, "rejected": r.Lines.Rejected,
		"unknown": r.Lines.Unknown, "missed": r.Lines.Missed, "sent": r.Requests.Sent,
	}
	for _, arg := range args[1:] {
		name, value, _ := strings.Cut(arg, "=")
		got, ok := fields[name]
		if !ok {
			ts.Fatalf("no field %s", name)
		}
		if file, ok := strings.CutPrefix(value, "@"); ok {
			value = strconv.Itoa(strings.Count(ts.ReadFile(file), "\n"))
		}
		if err := matches(got, value); err != nil {
			ts.Fatalf("%s: %v; %+v", name, err, r.Lines)
		}
	}
}

func matches(got uint64, want string) error {
	number, more := strings.CutPrefix(want, ">")
	n, err := strconv.ParseUint(number, 10, 64)
	switch {
	case err != nil:
		return err
	case more && got <= n, !more && got != n:
		return fmt.Errorf("%d, want %s", got, want)
	}
	return nil
}

// freePorts are different ones that nobody listened on a moment ago.
func freePorts(n int) ([]string, error) {
	var ports []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() // not before all are known: else one comes twice
		ports = append(ports, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
	return ports, nil
}

func freePort(t *testing.T) string {
	t.Helper()
	ports, err := freePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	return ports[0]
}

// listening PORT waits until somebody listens there.
func listening(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: listening PORT")
	}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		c, err := net.Dial("tcp", "127.0.0.1:"+args[0])
		if err == nil {
			c.Close()
			return
		}
	}
	ts.Fatalf("nobody listens on port %s", args[0])
}

// postLines PORT FILE sends a file as lines to the web server there, which takes it.
func postLines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: postLines PORT FILE")
	}
	a, err := http.Post("http://127.0.0.1:"+args[0]+"/", "text/plain", strings.NewReader(ts.ReadFile(args[1])))
	ts.Check(err)
	defer a.Body.Close()
	if a.StatusCode != http.StatusOK {
		ts.Fatalf("answered %s", a.Status)
	}
}
