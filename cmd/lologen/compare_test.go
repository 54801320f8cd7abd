package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/exitfound/lologen/bench/compare"
)

// compared runs lologen compare in this process and returns its table.
func compared(t *testing.T, env map[string]string, args ...string) compare.Table {
	t.Helper()
	code, stdout, stderr := program(t, env, append([]string{"compare", "--output", "json"}, args...)...)
	if code != exitOK || stderr != "" {
		t.Fatalf("%v: exit code %d, stderr %q", args, code, stderr)
	}
	var table compare.Table
	if err := json.Unmarshal([]byte(stdout), &table); err != nil {
		t.Fatalf("%v: %v in %s", args, err, stdout)
	}
	return table
}

func TestCompareGivesEverySinkTheSame(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	// What the environment says of this command is not for the receiver that it starts.
	env := map[string]string{"LOLOGEN_DURATION": "0.01s", "LOLOGEN_EXPECT": "1", "LOLOGEN_REPORT": "json"}
	table := compared(t, env, "--sinks", "discard,Console,file,http", "--seed", "7", "--duration", "1m", "--count", "2000", "--workers", "2")
	if table.Version != 1 || table.Seed != 7 || len(table.Sinks) != 4 {
		t.Fatalf("%+v", table)
	}
	for i, name := range []string{"discard", "console", "file", "http"} {
		row := table.Sinks[i]
		if row.Sink != name || row.Error != nil || row.Lines.Due != 2000 || row.Lines.Acked != 2000 || row.Note == "" || len(row.Errors) > 0 {
			t.Errorf("%+v", row)
		}
		if row.Rate.Target != nil || row.Rate.Achieved <= 0 || row.BytesPerSecond <= 0 || row.Service.Count == 0 || row.CPUPerMillion <= 0 {
			t.Errorf("%+v", row)
		}
		want := "kernel"
		if name == "http" {
			want = "response"
		}
		if row.Ack != want {
			t.Errorf("%s: ack %q", name, row.Ack)
		}
	}
	if n := table.Sinks[3].Service.Count; n != 2000 {
		t.Errorf("%d requests: a POST of a line each is the default", n)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestCompareASinkThatIsNotThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "app.log")
	table := compared(t, nil, "--sinks", "file,discard", "-p", path, "--count", "10")
	file, discard := table.Sinks[0], table.Sinks[1]
	if file.Error == nil || !strings.Contains(*file.Error, "no such file") || file.Lines.Due != 0 || file.Errors == nil {
		t.Errorf("%+v", file)
	}
	if discard.Error != nil || discard.Lines.Acked != 10 {
		t.Errorf("%+v", discard)
	}
	code, stdout, stderr := program(t, nil, "compare", "--sinks", "file", "-p", path, "--count", "10")
	if code != exitFailed || !strings.Contains(stdout, "not there") || !strings.Contains(stderr, "none of the sinks") {
		t.Errorf("nothing could be used: exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}

func TestComparePaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	table := compared(t, nil, "--sinks", "file,file", "-p", path, "--rate", "10k", "--count", "500")
	for _, row := range table.Sinks {
		if row.Rate.Target == nil || *row.Rate.Target != 10_000 || row.Lines.Acked != 500 {
			t.Errorf("%+v", row)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Count(string(text), "\n") != 1000 {
		t.Errorf("%d lines in the user's own file, %v", strings.Count(string(text), "\n"), err)
	}
}

// TestCompareStages: they end by themselves, after all of their lines.
func TestCompareStages(t *testing.T) {
	table := compared(t, nil, "--sinks", "discard", "--stages", "0.1s:100,5s:0,0.1s:100")
	if row := table.Sinks[0]; row.Lines.Due != 20 || !strings.Contains(table.Load, "--stages 100ms:100,5s:0,100ms:100") {
		t.Errorf("%s: %+v", table.Load, row.Lines)
	}
}

func TestCompareRefusedByTheUsersServer(t *testing.T) {
	port := freePort(t)
	table := compared(t, nil, "--sinks", "http", "-P", port, "--count", "3", "--retries", "0")
	row := table.Sinks[0]
	if row.Error != nil || row.Lines.Rejected != 3 || len(row.Errors) != 1 || row.Errors[0].Reason != "connection_refused" {
		t.Errorf("%+v", row)
	}
	if !strings.HasPrefix(row.Note, "POST http://127.0.0.1:"+port+"/") {
		t.Errorf("note %q", row.Note)
	}
}

func TestCompareOutputs(t *testing.T) {
	for how, want := range map[string]string{"text": "sink ", "markdown": "| sink |", "csv": "sink,seed,"} {
		code, stdout, stderr := program(t, nil, "compare", "--sinks", "discard", "--count", "5", "--output", how)
		if code != exitOK || stderr != "" || !strings.Contains(stdout, want) {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", how, code, stdout, stderr)
		}
		if how != "csv" {
			continue
		}
		if records, err := csv.NewReader(strings.NewReader(stdout)).ReadAll(); err != nil || len(records) != 2 {
			t.Errorf("%d records, %v", len(records), err)
		}
	}
}

func TestCompareWarnsOfWhatIsNotUsed(t *testing.T) {
	code, _, stderr := program(t, nil, "compare", "--sinks", "discard", "--count", "1", "-p", "x")
	if code != exitOK || stderr != "lologen: -p: not used with --sinks discard\n" {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
}

func TestARecordIsForHTTPAlone(t *testing.T) {
	env := map[string]string{"LOLOGEN_HTTP_PAYLOAD": "record"}
	_, stdout, _ := program(t, env, "-T", "0", "--count", "1", "--report", "none")
	if !strings.HasPrefix(stdout, "date=") {
		t.Errorf("a console's line: %q", stdout)
	}
}
