package line

import "github.com/exitfound/lologen/emitter"

const escape = '\x1b'

// colors are the terminal's codes for a level's messages (ECMA-48, SGR).
var colors = [emitter.Levels]string{
	emitter.Debug:    "\x1b[0;36m",
	emitter.Info:     "\x1b[0;32m",
	emitter.Warning:  "\x1b[1;33m",
	emitter.Error:    "\x1b[1;31m",
	emitter.Critical: "\x1b[0;35m",
}

// paint returns the codes before and after a message of level l: none if colour is off.
func (o Options) paint(l emitter.Level) (on, off string) {
	if !o.Color {
		return "", ""
	}
	return colors[min(l, emitter.Critical)], "\x1b[0m"
}
