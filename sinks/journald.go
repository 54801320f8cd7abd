package sinks

import "github.com/exitfound/lologen/emitter"

// journalLimits are one line at a time: an entry is shown when its line is due, and several
// would be as many system calls.
var journalLimits = emitter.Limits{Bytes: 1 << 20, Lines: 1}
