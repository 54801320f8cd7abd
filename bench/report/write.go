package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// formats is the registry: how a report can be written, and the file extension that asks for it.
var formats = []struct {
	name, extension string
	write           func(*Report, io.Writer) error
}{
	{"text", ".txt", (*Report).Text},
	{"json", ".json", (*Report).JSON},
	{"html", ".html", (*Report).HTML},
	{"hlog", ".hlog", (*Report).HLog},
}

// Formats lists what Write accepts.
func Formats() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// Write writes the report in the named format.
func (r *Report) Write(w io.Writer, format string) error {
	for _, f := range formats {
		if f.name == format {
			return f.write(r, w)
		}
	}
	return fmt.Errorf("write report as %q: known are %s", format, strings.Join(Formats(), ", "))
}

// JSON writes the report as one indented object.
func (r *Report) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false) // p99<250ms is for reading
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
