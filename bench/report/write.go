package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Writers is a registry: how a T can be written, by name.
type Writers[T any] []Writer[T]

// A Writer is one of its entries.
type Writer[T any] struct {
	Name      string
	Extension string // of a file that asks for it; empty: none does
	Write     func(T, io.Writer) error
}

// Names lists what Write accepts.
func (ws Writers[T]) Names() []string {
	var names []string
	for _, w := range ws {
		names = append(names, w.Name)
	}
	return names
}

// Write writes what in the named format.
func (ws Writers[T]) Write(what T, to io.Writer, format string) error {
	for _, w := range ws {
		if w.Name == format {
			return w.Write(what, to)
		}
	}
	return fmt.Errorf("write as %q: known are %s", format, strings.Join(ws.Names(), ", "))
}

// WriteJSON writes what as one indented object, for people too.
func WriteJSON(what any, to io.Writer) error {
	e := json.NewEncoder(to)
	e.SetEscapeHTML(false) // p99<250ms is for reading
	e.SetIndent("", "  ")
	return e.Encode(what)
}

// writers are those of a report.
var writers = Writers[*Report]{
	{"text", ".txt", (*Report).Text},
	{"json", ".json", (*Report).JSON},
	{"html", ".html", (*Report).HTML},
	{"hlog", ".hlog", (*Report).HLog},
}

// Formats lists what Write accepts.
func Formats() []string { return writers.Names() }

// Write writes the report in the named format.
func (r *Report) Write(w io.Writer, format string) error { return writers.Write(r, w, format) }

// JSON writes the report as one indented object.
func (r *Report) JSON(w io.Writer) error {
	if err := WriteJSON(r, w); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
