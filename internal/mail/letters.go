package mail

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"slices"
	"strings"
	"text/template"
	"unicode"

	"rollbook/internal/domain"
	"rollbook/internal/domain/reason"
	"rollbook/internal/domain/text"
)

//go:embed words layout.html
var files embed.FS

// languages are those that mails are written in; the first one stands in for
// any other.
var languages = domain.Languages

var (
	words  = map[string]*template.Template{}
	layout = htmltemplate.Must(htmltemplate.ParseFS(files, "layout.html"))
)

func init() {
	for _, lang := range languages {
		words[lang] = template.Must(template.New(lang).
			Funcs(template.FuncMap{"number": func(n int) string { return reason.Number(lang, n) }}).
			ParseFS(files, "words/"+lang+".tmpl"))
	}
}

// Letters writes mails that link to the Import screen.
type Letters struct {
	ScreenURL string // without a final slash
}

// Template returns the mail about a template that is ready or has failed, to
// nobody yet. institution is the name of whose it is.
func (l Letters) Template(t domain.Template, institution string) Message {
	w := writer{lang: known(t.Language), institution: shown(institution), who: shown(t.CreatedBy.Name()), name: "templateFailed", action: "templateFailed.action", link: l.ScreenURL + "/#/templates/" + t.ID}
	if t.Status == domain.Ready {
		w.name, w.action = "templateReady", "templateReady.action"
		w.link = l.ScreenURL + "/api/templates/" + t.ID + "/file"
	}
	w.data = map[string]any{
		"DataType": w.say(string(t.DataType), nil), "Target": shown(t.TargetName), "N": t.Contacts,
		"Contacts": reason.Number(w.lang, t.Contacts), "Expires": reason.Date(w.lang, t.FileEnds()), "Code": "",
		"Workbook": t.Format == domain.FormatXLSX || t.Format == domain.FormatBoth, "CSV": t.Format != domain.FormatXLSX,
	}
	if t.Problem != nil {
		w.data["Code"] = t.Problem.Code
	}
	return w.message()
}

// Import returns the mail about an import that has ended, to nobody yet.
// institution is the name of whose it is.
func (l Letters) Import(i domain.Import, institution string) Message {
	w := writer{lang: known(i.Language), institution: shown(institution), who: shown(i.CreatedBy.Name()), action: "import.action", link: l.ScreenURL + "/#/imports/" + i.ID}
	c := i.Counts
	switch {
	case i.Status == domain.Rejected:
		w.name = "rejected"
	case i.Status == domain.Failed:
		w.name = "failed"
	case i.Status == domain.Incomplete:
		w.name = "incomplete"
	case i.Status == domain.Cancelled:
		w.name = "cancelled"
	case i.Action == domain.Test:
		w.name = "testDone"
	case i.OfKind == domain.UndoOf:
		w.name = "undoDone"
	default:
		w.name = "updateDone"
	}
	w.data = map[string]any{
		"DataType": w.say(string(i.DataType), nil), "File": shown(i.FileName), "Test": i.Action == domain.Test,
		"Rows": c.Rows, "Unprocessed": c.Unprocessed, "Errors": c.Rejected+c.Conflicted > 0, "Changes": c.Created+c.Updated > 0,
		"Undo": i.Action == domain.Update && slices.Contains(i.Files, "undo"), "Reason": "",
	}
	if i.Problem != nil {
		w.data["Reason"] = reasons[string(i.Problem.Code)]
		if matchable(i) {
			w.data["Reason"] = "match"
		}
	}
	if i.Status != domain.Rejected && c.Rows > 0 {
		for _, x := range []struct {
			name string
			n    int
			rare bool // not shown when there is none
		}{
			{"rows", c.Rows, false}, {"created", c.Created, true}, {"updated", c.Updated, false}, {"unchanged", c.Unchanged, false},
			{"rejected", c.Rejected, false}, {"conflicted", c.Conflicted, false}, {"unprocessed", c.Unprocessed, true},
		} {
			if x.n > 0 || !x.rare {
				w.counts = append(w.counts, count{w.say("count."+x.name, w.data), reason.Number(w.lang, x.n)})
			}
		}
	}
	return w.message()
}

// matchable reports whether the file's columns wait to be matched on the screen. One
// whose columns all have roles is a template of ours with something wrong in it.
func matchable(i domain.Import) bool {
	return i.OfKind != domain.UndoOf && slices.Contains([]string{"unknownColumn", "duplicateColumn", "noKeyColumn"}, string(i.Problem.Code)) &&
		slices.ContainsFunc(i.Headers, func(h domain.Header) bool { return h.Name != "" && !strings.HasPrefix(h.Name, "[") })
}

// reasons sort the codes for which a file is rejected. The problem's own text
// may quote the file, which a mail does not.
var reasons = map[string]string{
	"noRows": "noRows", "nothingToDo": "nothingToDo", "oldEdited": "oldEdited", "wrongDataType": "wrongDataType",
	"noneYours": "noneYours", "columnsSorted": "columnsSorted", "kindChanged": "kindChanged", "badInboxPath": "inboxPath", "badRecipe": "recipe", "pastLimit": "limit",

	"unknownColumn": "columns", "ambiguousColumn": "columns", "duplicateColumn": "columns", "noHeader": "columns",
	"noKeyColumn": "columns", "headerUnreadable": "columns", "headerChanges": "columns",

	"encodingNotRecognised": "encoding", "encodingNotSupported": "encoding", "encodingMixedUp": "encoding",

	"separatorChanges": "shape", "separatorNotSupported": "shape", "mostRowsMisshapen": "shape", "quotesBroken": "shape",

	"notATable": "notATable", "oneCSVPlease": "notATable", "zipEncrypted": "notATable", "zipNested": "notATable", "zipBomb": "notATable",
	"zipDamaged": "notATable", "zipMethod": "notATable", "workbookDamaged": "notATable",

	"workbookTooLarge": "tooLarge", "fileTooLarge": "tooLarge", "rowTooLong": "tooLarge", "tooManyColumns": "tooLarge", "tooManyRows": "tooLarge",
}

type count struct{ Label, Value string }

// writer writes one mail.
type writer struct {
	lang, name, action, link string
	institution, who         string
	data                     map[string]any
	counts                   []count
}

// say returns what a language has under the name, "" if nothing.
func (w *writer) say(name string, data any) string {
	t := words[w.lang].Lookup(name)
	if t == nil {
		return ""
	}
	var b strings.Builder
	if err := t.Execute(&b, data); err != nil {
		panic(fmt.Sprintf("mail: %s in %s: %v", name, w.lang, err)) // the tests say every name in every language
	}
	return strings.TrimSpace(b.String())
}

func (w *writer) paragraphs(name string) []string {
	var out []string
	for p := range strings.SplitSeq(w.say(name, w.data), "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

func (w *writer) message() Message {
	v := struct {
		Lang, Institution, Subject, Action, Link, Footer string
		Before, After                                    []string
		Counts                                           []count
	}{
		w.lang, w.institution, w.say(w.name+".subject", w.data), w.say(w.action, w.data), w.link, w.say("footer", map[string]any{"Institution": w.institution, "Who": w.who}),
		w.paragraphs(w.name), w.paragraphs(w.name + ".after"), w.counts,
	}
	var html strings.Builder
	if err := layout.Execute(&html, v); err != nil {
		panic(fmt.Sprintf("mail: layout: %v", err))
	}
	colon := reason.Colon(w.lang)
	parts := slices.Clone(v.Before)
	if len(v.Counts) > 0 {
		var lines []string
		for _, c := range v.Counts {
			lines = append(lines, "  "+c.Label+colon+" "+c.Value)
		}
		parts = append(parts, strings.Join(lines, "\n"))
	}
	parts = append(parts, v.After...)
	parts = append(parts, v.Action+colon+"\n"+v.Link, "-- \n"+v.Footer)
	return Message{Subject: v.Subject, Text: strings.Join(parts, "\n\n") + "\n", HTML: html.String()}
}

func known(lang string) string {
	if slices.Contains(languages, lang) {
		return lang
	}
	return languages[0]
}

// maxName is how much of a name a mail shows, in characters.
const maxName = 80

// shown makes a name fit one line of a mail.
func shown(name string) string {
	name = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(name, ""))), " ")
	return text.Cut(name, maxName)
}
