//go:build !linux

package sinks

import "os"

// reopen knows no way to a description of our own here: see Linux.
func reopen(*os.File) *os.File { return nil }
