package progress

import "io"

// Writer writes to the same place: what is written stands on lines of its own, above the live one,
// which is not drawn while a line that was begun there has not ended.
func (p *Progress) Writer() io.Writer { return beside{p} }

type beside struct{ p *Progress }

func (b beside) Write(text []byte) (int, error) {
	p := b.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(text) == 0 {
		return 0, nil
	}
	p.inside = text[len(text)-1] != '\n'
	if p.line == "" {
		return p.w.Write(text)
	}
	// One write: somebody else's must not come between the parts.
	out := append([]byte(gone), text...)
	if p.inside {
		p.line = ""
	} else {
		out = append(out, p.line...)
	}
	n, err := p.w.Write(out)
	return max(0, min(n-len(gone), len(text))), err
}
