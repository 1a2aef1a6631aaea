// Package guide writes the README.txt of an import template: the one page that
// whoever fills it in reads, in the user's language, about just the files that
// are in the zip. Its texts are in words/, one file for each language; what
// they promise (words for true, false and Empty, forms of days and numbers) is
// tried by a test on the readers themselves.
package guide

import (
	"embed"
	"fmt"
	"strings"
	"text/template"

	"rollbook/internal/domain"
)

//go:embed words
var files embed.FS

var words = func() map[string]*template.Template {
	m := map[string]*template.Template{}
	for _, lang := range domain.Languages {
		m[lang] = template.Must(template.ParseFS(files, "words/"+lang+".txt"))
	}
	return m
}()

// README says how to fill in and import a template of the type of data, in the
// format csv, xlsx or both, whose CSV files have the separator. It is UTF-8 with BOM and CRLF, as plain editors on
// every system show it; a language that is not one of ours becomes English.
func README(lang string, t domain.DataType, format, separator string) string {
	w, ok := words[lang]
	if !ok {
		w = words["en"]
	}
	var b strings.Builder
	if err := w.Execute(&b, struct {
		CSV, Book      string // the names of the files; empty if there is none
		Authorisations bool
		Semicolon      bool
	}{name(t, ".csv", format != domain.FormatXLSX), name(t, ".xlsx", format == domain.FormatXLSX || format == domain.FormatBoth),
		t == domain.Authorisations, separator == ";"}); err != nil {
		panic(fmt.Sprintf("guide: %v", err)) // the tests say every word
	}
	return "\ufeff" + strings.ReplaceAll(b.String(), "\n", "\r\n")
}

func name(t domain.DataType, end string, there bool) string {
	if !there {
		return ""
	}
	return string(t) + end
}
