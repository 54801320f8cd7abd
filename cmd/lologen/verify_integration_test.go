//go:build integration

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/exitfound/lologen/bench/receive"
	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/bench/verify"
)

// separate runs lologen as a process of its own, which leaves a report, and returns where that is.
// TestMain has put the program into PATH.
func separate(t *testing.T, command []string, args ...string) (path string, r *report.Report) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "run.json")
	argv := append(append(slices.Clone(command), "lologen"), append(args, "--report", "none", "--report-file", path)...)
	said, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	text, failed := os.ReadFile(path)
	if failed != nil {
		t.Fatalf("%s: %v: %s", strings.Join(argv, " "), err, said)
	}
	r = new(report.Report)
	if err := json.Unmarshal(text, r); err != nil {
		t.Fatal(err)
	}
	if !r.Lines.Balanced() || r.Lines.Missed > 0 {
		t.Fatalf("%+v", r.Lines)
	}
	return path, r
}

// verified is what lologen verify says, whose exit code has to fit it.
func verified(t *testing.T, args ...string) *verify.Verdict {
	t.Helper()
	code, stdout, stderr := program(t, nil, append([]string{"verify", "--output", "json"}, args...)...)
	v := new(verify.Verdict)
	if err := json.Unmarshal([]byte(stdout), v); err != nil || v.Error != "" || v.Passed == nil {
		t.Fatalf("verify %s: code %d, %v: %.1000s%s", strings.Join(args, " "), code, err, stdout, stderr)
	}
	if *v.Passed != (code == exitOK) || v.Judged != "ledger" {
		t.Errorf("code %d for %.1000s", code, stdout)
	}
	return v
}

// findings are what a verdict says that two ways of asking have to agree on.
type findings struct {
	Stored, Lost, Duplicated, Extra, Corrupt, Unknown uint64
	Ranges                                            []verify.Finding
}

func findingsOf(v *verify.Verdict) findings {
	ranges := slices.Clone(v.Ranges)
	slices.SortFunc(ranges, func(a, b verify.Finding) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return findings{v.Stored, v.Lost, v.Duplicated, v.Extra, v.Corrupt, v.UnknownStored, ranges}
}

// receiver starts one as a process of its own. It ends with the test.
func receiver(t *testing.T, faults string) (address string) {
	t.Helper()
	command := exec.Command("lologen", append([]string{"receive", "--listen", "127.0.0.1:0", "--report", "none"}, strings.Fields(faults)...)...)
	notes, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(notes)
	if !lines.Scan() {
		t.Fatal("a receiver that says nothing")
	}
	_, address, _ = strings.Cut(lines.Text(), "listening on ")
	t.Cleanup(func() {
		if err := command.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		_, _ = io.Copy(io.Discard, notes)
		_ = command.Wait() // it fails where lines are lost, as they are to be
	})
	return strings.TrimSuffix(address, "/")
}

// held is a receiver's account of a run.
func held(t *testing.T, address, run string) *verify.Holding {
	t.Helper()
	h := new(verify.Holding)
	get(t, address+"/report?run="+run, "", h)
	return h
}

// TestIntegrationReceiveUnpaced: as much as two processes can do, and nothing of it lost.
func TestIntegrationReceiveUnpaced(t *testing.T) {
	const lines = 4_000_000
	address := receiver(t, "")
	ledger, r := separate(t, nil, "-t", "loki", "--url", address, "--workers", "8", "--rate", "max", "--count", strconv.Itoa(lines),
		"--identify", "--color", "never", "--scrape", "none")
	v := verified(t, "--receiver", address, "--ledger", ledger)
	if !*v.Passed || v.Stored != lines || v.Lost+v.Duplicated+v.Reordered+v.Extra != 0 || v.EndToEnd == nil || v.EndToEnd.Count != lines {
		t.Errorf("%+v", v)
	}
	var received receive.Report
	get(t, address+"/report", "", &received)
	t.Logf("%.0f lines/s were sent, %.0f lines/s received", r.Rate.Achieved, received.Rate)
	if received.Rate < 100_000 {
		t.Errorf("%.0f lines/s were received", received.Rate)
	}
}

// TestIntegrationFaultsAreNamed: with each fault the verdict is what sets of single lines say.
func TestIntegrationFaultsAreNamed(t *testing.T) {
	const lines = 100_000
	for name, c := range map[string]struct {
		faults, args                        string
		lost, copies, kept, unkept, unknown bool // acked and not there; there twice; unknown ones there; not there; any
	}{
		"none":            {},
		"fail":            {faults: "--fail 5% --fail-status 429 --seed 1", args: "--retries 0"},
		"fail, retry":     {faults: "--fail 5% --fail-status 429 --retry-after 1s --seed 2"},
		"fail, unknown":   {faults: "--fail 5% --seed 3", args: "--retries 0", unkept: true, unknown: true},
		"delay":           {faults: "--delay 1ms..5ms"},
		"stall":           {faults: "--stall 90ms/100ms"},
		"drop":            {faults: "--drop-after-accept 0.1% --seed 4", lost: true},
		"close":           {faults: "--close 5% --seed 5", args: "--retries 0", kept: true, unknown: true},
		"close and retry": {faults: "--close 5% --seed 6", copies: true},
		"rate limit":      {faults: "--rate-limit 4MB:1MB", args: "--retries 0"},
		"all at once":     {faults: "--fail 3% --close 3% --drop-after-accept 0.1% --seed 7", lost: true, copies: true},
	} {
		t.Run(name, func(t *testing.T) {
			address := receiver(t, c.faults)
			args := "-t loki --workers 4 --streams 8 --rate max --batch-size 32KB --identify --color never --scrape none --drain 60s --count " + strconv.Itoa(lines)
			ledger, r := separate(t, nil, slices.Concat(strings.Fields(args), strings.Fields(c.args), []string{"--url", address})...)
			v := verified(t, "--receiver", address, "--ledger", ledger, "--wait", "2s")
			want := plainly(r, held(t, address, r.RunID))
			if got := findingsOf(v); !reflect.DeepEqual(got, want) {
				t.Errorf("verdict is %+v\nwant %+v", got, want)
			}
			if (v.Lost > 0) != c.lost || (v.Duplicated > 0) != c.copies || *v.Passed == c.lost || v.Extra > 0 {
				t.Errorf("%d lost, %d duplicated, %d extra", v.Lost, v.Duplicated, v.Extra)
			}
			if (r.Lines.Unknown > 0) != c.unknown || (v.UnknownStored > 0) != c.kept || (v.UnknownStored < r.Lines.Unknown) != c.unkept {
				t.Errorf("%d unknown, of which %d are stored", r.Lines.Unknown, v.UnknownStored)
			}
		})
	}
}

// plainly judges by sets of single lines.
func plainly(r *report.Report, h *verify.Holding) findings {
	f := findings{Corrupt: h.Lines.Corrupt, Ranges: []verify.Finding{}}
	streams := map[uint64]verify.Held{}
	for _, s := range h.Streams {
		streams[s.Stream] = s
	}
	for _, s := range r.Ledger {
		h := streams[uint64(s.Stream)]
		rejected, unknown, missing, copied := places(s.Rejected), places(s.Unknown), places(h.Missing), places(h.Duplicated)
		for seq := range max(s.Next, h.Next) {
			there, sent := seq < h.Next && !missing[seq], seq < s.Next
			acked := sent && !rejected[seq] && !unknown[seq]
			switch {
			case there && unknown[seq]:
				f.Unknown++
			case there && !acked:
				f.Extra++
				f.add(s.Stream, seq, verify.Extra)
			case acked && !there:
				f.Lost++
				f.add(s.Stream, seq, verify.Lost)
			}
			if there {
				f.Stored++
			}
			if copied[seq] {
				f.add(s.Stream, seq, verify.Duplicated)
			}
		}
		f.Duplicated += h.Copies
	}
	return findingsOf(&verify.Verdict{
		Stored: f.Stored, Lost: f.Lost, Duplicated: f.Duplicated, Extra: f.Extra, Corrupt: f.Corrupt, UnknownStored: f.Unknown, Ranges: f.Ranges,
	})
}

// add lengthens a range that ends before seq, or begins one.
func (f *findings) add(stream int, seq uint64, what verify.What) {
	for i := len(f.Ranges) - 1; i >= 0; i-- {
		if at := &f.Ranges[i]; at.What == what {
			if at.Stream == uint64(stream) && at.To+1 == seq {
				at.To = seq
				return
			}
			break
		}
	}
	f.Ranges = append(f.Ranges, verify.Finding{Stream: uint64(stream), From: seq, To: seq, What: what})
}

// TestIntegrationVerifyLoki: a run that verifies itself finds all of its lines, and so does reading each of them.
func TestIntegrationVerifyLoki(t *testing.T) {
	const lines = 100_000
	self := func(rate, duration string, lines uint64) string {
		ledger, r := separate(t, nil, "-t", "loki", "--url", loki(t), "--workers", "4", "--streams", "16", "--rate", rate, "-d", duration, "--drain", "90s",
			"--verify", "--slo", "lost==0", "--slo", "duplicated==0")
		v := r.Verification
		if v == nil || v.Passed == nil || !*v.Passed || v.Stored != lines || v.Lost+v.Duplicated+v.Extra != 0 || v.VisibleAfter == nil || !r.Verdict.Passed {
			t.Fatalf("%s for %s: %+v, %+v", rate, duration, v, r.Lines)
		}
		return ledger
	}
	self("100k", "30s", 3_000_000)
	ledger := self("20k", "5s", lines)
	if v := verified(t, "--loki", loki(t), "--ledger", ledger, "--full"); !*v.Passed || v.Stored != lines || v.Duplicated != 0 {
		t.Errorf("%+v", v)
	}
	// What was sent under other labels is not found under these.
	if v := verified(t, "--loki", loki(t), "--ledger", ledger, "--selector", `{job="nobody"}`, "--wait", "1s"); v.Lost != lines {
		t.Errorf("%+v", v)
	}
}

// stack does something with a server of scripts/stack.
func stack(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("../../scripts/stack", args...).CombinedOutput(); err != nil {
		t.Errorf("stack %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// TestIntegrationVerifyPromtail: Promtail is killed in mid-run, and Loki is, for 20 s. What they make of that is
// told by few numbers as by reading every line.
func TestIntegrationVerifyPromtail(t *testing.T) {
	path := filepath.Join(server(t, "LOLOGEN_PROMTAIL_DIR"), fmt.Sprintf("verify-%d.log", time.Now().UnixNano()))
	defer os.Remove(path)
	const selector = `{job="promtail-file"}`
	killed := make(chan struct{})
	go func() {
		defer close(killed)
		time.Sleep(4 * time.Second) // in the middle of the run
		stack(t, "restart", "-9", "promtail")
		time.Sleep(2 * time.Second)
		stack(t, "stop", "-9", "loki")
		time.Sleep(20 * time.Second)
		stack(t, "up", "loki")
	}()
	defer func() { <-killed }()
	ledger, r := separate(t, nil, "-t", "file", "-p", path, "--rate", "20k", "-d", "30s", "--workers", "4", "--color", "never",
		"--verify", "--verify-loki", loki(t), "--verify-selector", selector, "--verify-wait", "3m")
	<-killed
	own := r.Verification
	if r.Lines.Acked != 600_000 || own == nil || own.Passed == nil {
		t.Fatalf("%+v, %+v", r.Lines, own)
	}
	t.Logf("%d stored, %d lost, %d duplicated, visible after %v s", own.Stored, own.Lost, own.Duplicated, deref(own.VisibleAfter))
	if v := verified(t, "--file", path, "--ledger", ledger); !*v.Passed || v.Stored != 600_000 || v.Duplicated != 0 {
		t.Errorf("the file: %+v", v)
	}
	few := findingsOf(verified(t, "--loki", loki(t), "--selector", selector, "--ledger", ledger, "--wait", "10s"))
	full := findingsOf(verified(t, "--loki", loki(t), "--selector", selector, "--ledger", ledger, "--wait", "10s", "--full"))
	if !reflect.DeepEqual(few, full) {
		t.Errorf("by sums %+v\nby reading %+v", few, full)
	}
	if few.Stored != own.Stored || few.Lost != own.Lost || few.Duplicated != own.Duplicated || few.Stored+few.Lost != 600_000 {
		t.Errorf("at the end of the run %+v, later %+v", own, few)
	}
	// Promtail notes once a second how far it has read: killed, it reads again what came since.
	if few.Duplicated == 0 {
		t.Error("nothing was read twice")
	}
}

func deref(v *float64) float64 {
	if v == nil {
		return -1
	}
	return *v
}

// TestIntegrationVerifyPromtailFound: nobody has to know the agent's labels, the path's included.
func TestIntegrationVerifyPromtailFound(t *testing.T) {
	lines := server(t, "LOLOGEN_PROMTAIL_DIR")
	other := filepath.Join(t.TempDir(), "other")
	if err := os.Symlink(lines, other); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{lines, other} {
		path := filepath.Join(dir, fmt.Sprintf("found-%d.log", time.Now().UnixNano()))
		defer os.Remove(path)
		_, r := separate(t, nil, "-t", "file", "-p", path, "--rate", "2k", "-d", "2s", "--verify", "--verify-loki", loki(t), "--verify-settle", "1s")
		if v := r.Verification; v == nil || v.Passed == nil || !*v.Passed || v.Stored != 4000 || v.Lost+v.Duplicated+v.Extra != 0 {
			t.Errorf("%s: %+v", path, v)
		}
	}
}

// TestIntegrationVerifyPromtailNames: an agent that leaves lines out, and brings others twice, is found out.
func TestIntegrationVerifyPromtailNames(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "app.log")
	ledger, r := separate(t, nil, "-t", "file", "-p", whole, "--count", "60k", "--rate", "max", "--streams", "3", "--identify", "--color", "never")
	text, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	var changed bytes.Buffer
	for line := range bytes.Lines(text) {
		seq := func(stream, from, to uint64) bool {
			for n := from; n <= to; n++ {
				if bytes.Contains(line, fmt.Appendf(nil, " stream=%07d seq=%012d ", stream, n)) {
					return true
				}
			}
			return false
		}
		switch {
		case seq(0, 700, 709), seq(1, 19_999, 19_999), seq(2, 0, 2):
		case seq(0, 15_000, 15_001):
			changed.Write(line)
			changed.Write(line)
		default:
			changed.Write(line)
		}
	}
	path := filepath.Join(server(t, "LOLOGEN_PROMTAIL_DIR"), fmt.Sprintf("names-%d.log", time.Now().UnixNano()))
	defer os.Remove(path)
	if err := os.WriteFile(path, changed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	want := findings{Stored: 60_000 - 14, Lost: 14, Duplicated: 2, Ranges: []verify.Finding{
		{Stream: 0, From: 15_000, To: 15_001, What: verify.Duplicated},
		{Stream: 0, From: 700, To: 709, What: verify.Lost},
		{Stream: 1, From: 19_999, To: 19_999, What: verify.Lost},
		{Stream: 2, From: 0, To: 2, What: verify.Lost},
	}}
	for _, how := range []string{"--full=false", "--full"} {
		v := verified(t, "--loki", loki(t), "--selector", `{job="promtail-file"}`, "--ledger", ledger, "--wait", "10s", how)
		if got := findingsOf(v); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v\nwant %+v", how, got, want)
		}
	}
	if r.Lines.Acked != 60_000 {
		t.Errorf("%+v", r.Lines)
	}
}

// journald starts that of scripts/journald anew.
func journald(t *testing.T, burst string) {
	t.Helper()
	command := exec.Command("../../scripts/journald", "restart")
	command.Env = append(os.Environ(), "LOLOGEN_JOURNALD_BURST="+burst)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("restart journald: %v: %s", err, out)
	}
}

// TestIntegrationVerifyJournal: what journald drops at its rate limit is counted to the line. It does so for
// units of systemd's, each of which it keeps to its limit by priority; more than its usual limit is sent, as a journald
// that runs already keeps that.
func TestIntegrationVerifyJournal(t *testing.T) {
	journald(t, "200")
	defer journald(t, "0")
	const name, lines = "lologen-verify", 600_000
	unit := []string{"../../scripts/journald", "unit", fmt.Sprintf("lologen-%d", time.Now().UnixNano())}
	ledger, r := separate(t, unit, "-t", "journald", "-n", name, "--workers", "2", "--rate", "80k", "--count", strconv.Itoa(lines), "--identify")
	v := verified(t, "--journal", "-n", name, "--ledger", ledger)
	t.Logf("%d stored, %d lost", v.Stored, v.Lost)
	if r.Lines.Acked != lines || v.Lost == 0 || v.Stored == 0 || v.Stored+v.Lost != lines || v.Duplicated+v.Extra+v.Corrupt != 0 || *v.Passed {
		t.Errorf("%+v, %+v", r.Lines, v)
	}

	out, err := exec.Command("journalctl", "--quiet", "--no-pager", "--all", "--output=cat", "SYSLOG_IDENTIFIER="+name).Output()
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for line := range bytes.Lines(out) {
		if _, id, ok := bytes.Cut(bytes.TrimSpace(line), []byte("run="+r.RunID+" ")); ok {
			there[string(id[:bytes.LastIndex(id, []byte(" sent="))])] = true
		}
	}
	if uint64(len(there)) != v.Stored {
		t.Errorf("journalctl shows %d lines", len(there))
	}
	for _, f := range v.Ranges {
		for seq := f.From; seq <= f.To; seq++ {
			if id := fmt.Sprintf("stream=%07d seq=%012d", f.Stream, seq); f.What == verify.Lost && there[id] {
				t.Fatalf("%s is there", id)
			}
		}
	}
}

// TestIntegrationVerifyJournalItself: a run into a journald that keeps up finds all of its lines there.
func TestIntegrationVerifyJournalItself(t *testing.T) {
	code, r := lologen(t, "-t", "journald", "-n", "lologen-verify-itself", "--rate", "2k", "-d", "2s", "--verify")
	v := r.Verification
	if code != 0 || v == nil || v.Passed == nil || !*v.Passed || v.Stored != 4000 || v.EndToEnd == nil || v.EndToEnd.Count != 4000 || v.EndToEnd.Max > 60 {
		t.Errorf("code %d, %+v, %+v", code, v, r.Lines)
	}
}
