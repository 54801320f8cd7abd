//go:build !linux

package report

// resident says nothing: how much memory the process has now is not asked for here.
func resident() uint64 { return 0 }

func machine() string { return hostname() }
