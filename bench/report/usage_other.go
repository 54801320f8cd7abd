//go:build !unix && !windows

package report

import "time"

// process says nothing: the system does not either.
func process() (cpu time.Duration, rss uint64) { return 0, 0 }
