//go:build !unix

package main

import "os"

// steeringSignals are not there.
func steeringSignals() (up, down os.Signal) { return nil, nil }
