package compare

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// A Grid is a table of cells for people. All rows are as long as the head.
type Grid struct {
	Head []string
	Rows [][]string
	Left int // columns of text at the left; the others hold numbers
}

// Text writes the grid in columns.
func (g Grid) Text(w io.Writer) error {
	width := make([]int, len(g.Head))
	for _, row := range g.all() {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range g.all() {
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			switch {
			case i < g.Left:
				b.WriteString(cell + pad + "  ")
			case i < len(row)-1:
				b.WriteString(pad + cell + "  ")
			default:
				b.WriteString(pad + cell)
			}
		}
		b.WriteByte('\n')
	}
	return write(w, b.String())
}

// Markdown writes the grid as a table of GitHub's kind.
func (g Grid) Markdown(w io.Writer) error {
	var b strings.Builder
	for i, row := range g.all() {
		for _, cell := range row {
			b.WriteString("| " + inMarkdown.Replace(cell) + " ")
		}
		b.WriteString("|\n")
		if i == 0 {
			b.WriteString(strings.Repeat("|---", g.Left) + strings.Repeat("|---:", len(row)-g.Left) + "|\n")
		}
	}
	return write(w, b.String())
}

func (g Grid) all() [][]string { return append([][]string{g.Head}, g.Rows...) }

// inMarkdown keeps what is in a cell from ending it, or from being taken for markup.
var inMarkdown = strings.NewReplacer("|", `\|`, "<", "&lt;", "*", `\*`, "_", `\_`, "`", "\\`")

// wrap cuts text into lines of at most so many columns, where there are spaces; all but the
// first one are indented.
func wrap(text string, columns int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns:
			lines = append(lines, line)
			line = "  " + word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}

func write(w io.Writer, text string) error {
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}
