package compare

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/exitfound/lologen/bench/report"
)

// errNotAnnounced is for a receiver that said something else, or nothing, instead of its address.
var errNotAnnounced = errors.New("it did not say where it listens")

// longestStart is how long a receiver may take until it says where it listens.
const longestStart = 10 * time.Second

// Server starts lologen, whose file path names, as a receiver on a free port of this machine. env
// is the environment of its process: what lologen itself was told by variables is not meant for it.
func Server(path string, env []string) (*StandIn, error) {
	said, stderr, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start receiver: %w", err)
	}
	cmd := exec.Command(path, "receive", "--listen", "127.0.0.1:0", "--report", "none")
	cmd.Args[0] = "lologen"
	cmd.Env = append([]string{}, env...) // nil would be our own
	cmd.Stderr = stderr
	c, err := start(cmd)
	_ = stderr.Close()
	if err != nil {
		_ = said.Close()
		return nil, fmt.Errorf("start receiver: %w", err)
	}
	url, err := announced(said)
	if err != nil {
		c.stop()
		_ = said.Close()
		return nil, fmt.Errorf("start receiver: %w", err)
	}
	return &StandIn{
		URL: url, Note: "the built-in receiver, started for this in a process of its own",
		end: func() { c.stop(); _ = said.Close() },
	}, nil
}

// announced reads the URL that a receiver announces first.
func announced(r *os.File) (string, error) {
	_ = r.SetReadDeadline(time.Now().Add(longestStart))
	line, err := bufio.NewReader(io.LimitReader(r, 4<<10)).ReadString('\n')
	if url, ok := strings.CutPrefix(line, "lologen: listening on "); ok && err == nil {
		return strings.TrimSpace(url), nil
	}
	if said := report.Clean(strings.TrimPrefix(strings.TrimSpace(line), "lologen: ")); said != "" {
		return "", fmt.Errorf("%w: %s", errNotAnnounced, said)
	}
	return "", errNotAnnounced
}
