package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"lologen": main})
}

// TestScripts runs lologen as people do.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("GORACE", "atexit_sleep_ms=0") // else each program of a race-tested script ends a second later
			ports, err := freePorts(2)
			if err != nil {
				return err
			}
			e.Setenv("PORT1", ports[0])
			e.Setenv("PORT2", ports[1])
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"ledger": ledger, "listening": listening, "postLines": postLines},
	})
}
