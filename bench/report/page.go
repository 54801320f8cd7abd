package report

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// columns is the width of a page.
const columns = 100

// page collects lines of text that fit into the columns and hold no control character, whatever
// they were made from.
type page struct{ bytes.Buffer }

func (p *page) line(format string, args ...any) {
	p.WriteString(shorten(Clean(fmt.Sprintf(format, args...)), columns))
	p.WriteByte('\n')
}

// item writes one fact under its name.
func (p *page) item(name, format string, args ...any) {
	p.line("%-9s %s", name, fmt.Sprintf(format, args...))
}

// long writes one fact under its name, over as many lines as it takes.
func (p *page) long(name, format string, args ...any) {
	p.wrap(fmt.Sprintf("%-9s", name), strings.Repeat(" ", 9), fmt.Sprintf(format, args...))
}

// paragraph writes text over as many lines as it takes, all but the first one indented.
func (p *page) paragraph(format string, args ...any) { p.wrap("", " ", fmt.Sprintf(format, args...)) }

// wrap begins the first line and all others as it is told.
func (p *page) wrap(line, others, text string) {
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns:
			p.line("%s", line)
			line = others + " " + word
		default:
			line += " " + word
		}
	}
	p.line("%s", line)
}

// row is a row of a table: cells, and texts for the lines below them.
type row struct {
	cells []string
	notes []string
}

// table writes rows of the same number of cells, the first to the left and the others to the right.
func (p *page) table(rows []row) {
	width := make([]int, len(rows[0].cells))
	for _, r := range rows {
		for i, cell := range r.cells {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for _, r := range rows {
		var b strings.Builder
		fmt.Fprintf(&b, "%-*s", width[0], r.cells[0])
		for i, cell := range r.cells[1:] {
			fmt.Fprintf(&b, "  %*s", width[i+1], cell)
		}
		p.line("%s", b.String())
		for _, note := range r.notes {
			if note != "" {
				p.line("  %s", note)
			}
		}
	}
}

// shorten cuts s to n runes and shows that it did.
func shorten(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-3]) + "..."
}
