package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
)

// pages holds the page's template, its style and its script, and uPlot 1.6.32, which draws the
// charts (MIT, see uplot.LICENSE; taken by scripts/page-vendor).
//
//go:embed page
var pages embed.FS

// HTML writes the report as one page that needs nothing from anywhere: charts, their numbers as
// tables, light and dark. Its policy forbids it to load anything and to run any script but its
// own two. The same report makes the same page; one of an hour stays under 1 MB.
func (r *Report) HTML(w io.Writer) error {
	var b bytes.Buffer // so that nothing is written of a page that cannot be made
	if err := r.html(&b); err != nil {
		return fmt.Errorf("make page: %w", err)
	}
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func (r *Report) html(w io.Writer) error {
	own, err := readAssets()
	if err != nil {
		return err
	}
	t, err := template.ParseFS(pages, "page/page.html")
	if err != nil {
		return err
	}
	return t.Execute(w, struct {
		assets
		view
	}{own, r.view()})
}

// assets are the page's own style and scripts: trusted, and written as they are.
type assets struct {
	Policy  string
	Style   template.CSS
	Scripts []template.JS
}

func readAssets() (assets, error) {
	var text [5]string
	for i, name := range []string{"uplot.css", "page.css", "uplot.LICENSE", "uplot.js", "page.js"} {
		b, err := pages.ReadFile("page/" + name)
		if err != nil {
			return assets{}, err
		}
		text[i] = string(b)
	}
	style := text[0] + "\n" + text[1]
	library := "/*!\n" + text[2] + "*/\n" + text[3] // the licence goes where the library goes
	return assets{
		Policy: "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; style-src " + PolicyHash(style) +
			"; script-src " + PolicyHash(library) + " " + PolicyHash(text[4]),
		Style:   template.CSS(style),
		Scripts: []template.JS{template.JS(library), template.JS(text[4])},
	}, nil
}

// PolicyHash is how a Content-Security-Policy names a text that it trusts (CSP 3, 2.3.1).
func PolicyHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
