package mail_test

import (
	"encoding/xml"
	"flag"
	"fmt"
	"html"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/reason"
	"rollbook/internal/mail"
)

var update = flag.Bool("update", false, "write the golden files anew")

var languages = []string{"en", "fr", "de", "it", "es"}

var letters = mail.Letters{ScreenURL: "https://screen.example"}

// cases are one of each mail that there is.
func cases(lang string) (names []string, out []mail.Message) {
	add := func(name string, m mail.Message) {
		names, out = append(names, name), append(out, m)
	}
	made := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	t := domain.Template{ID: "t1", DataType: domain.Criteria, TargetName: "Jazz & Rock", Language: lang, Status: domain.Ready, Contacts: 12345, CreatedAt: made, CreatedBy: "u1 ana@aurora.example"}
	add("template ready", letters.Template(t, "Aurora Theatre"))
	t.Contacts, t.DataType = 1, domain.Authorisations
	add("template ready, one contact", letters.Template(t, "Aurora Theatre"))
	t.Format = domain.FormatXLSX
	add("template ready, a workbook", letters.Template(t, "Aurora Theatre"))
	t.Format = domain.FormatBoth
	add("template ready, a workbook and CSV", letters.Template(t, "Aurora Theatre"))
	t.Status = domain.TemplateFailed
	for _, code := range []string{"targetGone", "targetInvalid", "noFields", "templateFailed"} {
		t.Problem = &domain.FileProblem{Reason: reason.Reason{Code: reason.Code(code), Params: reason.Params{"name": "secret"}}}
		add("template failed: "+code, letters.Template(t, "Aurora Theatre"))
	}
	i := domain.Import{ID: "i1", DataType: domain.Criteria, Action: domain.Test, FileName: "criteria.csv", Language: lang, Status: domain.Done,
		Counts: domain.Counts{Rows: 10234, Updated: 10000, Unchanged: 200, Rejected: 30, Conflicted: 4}, Files: []string{"original", "errors", "changes"}, CreatedBy: "u1 ana@aurora.example"}
	add("test done", letters.Import(i, "Aurora Theatre"))
	i.Counts = domain.Counts{Rows: 5, Unchanged: 5}
	add("test done, nothing would change", letters.Import(i, "Aurora Theatre"))
	i.Action, i.Files, i.Counts = domain.Update, []string{"original", "changes", "undo"}, domain.Counts{Rows: 7, Created: 2, Updated: 5}
	add("update done", letters.Import(i, "Aurora Theatre"))
	i.Counts = domain.Counts{Rows: 10234, Updated: 200, Unchanged: 10000, Rejected: 30, Conflicted: 4}
	add("update done, with errors", letters.Import(i, "Aurora Theatre"))
	i.Status, i.Counts.Unprocessed, i.Counts.Rows = domain.Incomplete, 1, 10235
	add("update incomplete", letters.Import(i, "Aurora Theatre"))
	i.Counts.Unprocessed, i.Counts.Rows = 1000, 11234
	add("update incomplete, by many rows", letters.Import(i, "Aurora Theatre"))
	i.Action, i.Files = domain.Test, []string{"original"}
	add("test incomplete", letters.Import(i, "Aurora Theatre"))
	i.Status, i.Action = domain.Done, domain.Update
	i.Files = []string{"original", "changes", "undo"}
	i.OfKind, i.FileName, i.Counts = "undo", "undo.csv", domain.Counts{Rows: 200, Updated: 199, Conflicted: 1}
	add("undo done", letters.Import(i, "Aurora Theatre"))
	i.OfKind, i.FileName, i.Status, i.Counts = "", "critères; été.csv", domain.Failed, domain.Counts{Rows: 20, Unprocessed: 20}
	i.Problem = &domain.FileProblem{Reason: reason.Reason{Code: reason.Code("importFailed"), Params: reason.Params{"name": "secret"}}}
	add("update failed", letters.Import(i, "Aurora Theatre"))
	i.Counts, i.Files = domain.Counts{}, []string{"original"}
	add("failed before anything", letters.Import(i, "Aurora Theatre"))
	i.Status, i.Counts, i.Files = domain.Cancelled, domain.Counts{Rows: 20, Updated: 5, Unprocessed: 15}, []string{"original", "errors", "undo"}
	add("update cancelled", letters.Import(i, "Aurora Theatre"))
	i.Action, i.Files = domain.Test, []string{"original"}
	add("test cancelled", letters.Import(i, "Aurora Theatre"))
	i.Status, i.Counts = domain.Rejected, domain.Counts{}
	for _, code := range []string{"badInboxPath", "pastLimit", "noRows", "nothingToDo", "oldEdited", "wrongDataType", "unknownColumn", "noneYours", "columnsSorted",
		"kindChanged", "encodingNotRecognised", "quotesBroken", "notATable", "fileTooLarge", "somethingNew"} {
		i.Problem = &domain.FileProblem{Reason: reason.Reason{Code: reason.Code(code), Params: reason.Params{"name": "secret"}}}
		add("rejected: "+code, letters.Import(i, "Aurora Theatre"))
	}
	i.Problem.Reason.Code, i.Headers = "unknownColumn", []domain.Header{{Name: "[new] GENRE"}, {Name: "Musik"}}
	add("columns to be matched", letters.Import(i, "Aurora Theatre"))
	return names, out
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name + ".golden"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("run go test -update if this is meant:\n%s", d)
	}
}

func TestLetters(t *testing.T) {
	for _, lang := range languages {
		t.Run(lang, func(t *testing.T) {
			var all strings.Builder
			names, ms := cases(lang)
			for n, m := range ms {
				fmt.Fprintf(&all, "======== %s\nSubject: %s\n\n%s\n", names[n], m.Subject, m.Text)
				check(t, lang, names[n], m)
			}
			golden(t, lang, all.String())
		})
	}
}

func TestHTML(t *testing.T) {
	names, ms := cases("en")
	for n, m := range ms {
		if names[n] == "update done, with errors" {
			golden(t, "html", m.HTML)
			return
		}
	}
	t.Error("the case is gone")
}

// check checks what is true of every mail.
func check(t *testing.T, lang, name string, m mail.Message) {
	t.Helper()
	if m.Subject == "" || strings.ContainsAny(m.Subject, "\r\n") || m.To != "" {
		t.Errorf("%s: subject %q", name, m.Subject)
	}
	for _, part := range []string{m.Subject, m.Text, m.HTML} {
		if strings.Contains(part, "secret") || strings.Contains(part, "<no value>") || strings.Contains(part, "{{") || strings.Contains(part, "  \n") {
			t.Errorf("%s: %s", name, part)
		}
	}
	if !strings.Contains(m.HTML, `<html lang="`+lang+`">`) || !strings.Contains(m.HTML, "<title>") || strings.Contains(m.HTML, "<script") {
		t.Errorf("%s: %s", name, m.HTML)
	}
	// Whose it is and who asked for it, in the text too.
	if name != lang {
		for _, who := range []string{"Aurora Theatre", "ana@aurora.example"} {
			if !strings.Contains(m.Text, who) || !strings.Contains(m.HTML, who) {
				t.Errorf("%s does not say %s", name, who)
			}
		}
	}
	// HTML says what the text says.
	plain := html.UnescapeString(m.HTML)
	for p := range strings.SplitSeq(m.Text, "\n\n") {
		p = strings.TrimPrefix(p, "-- \n")
		for line := range strings.SplitSeq(strings.TrimSpace(p), "\n") {
			label, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			if !strings.Contains(plain, strings.TrimRight(label, "\u00a0:")) || !strings.Contains(plain, value) {
				t.Errorf("%s: %q is not in %s", name, line, m.HTML)
			}
		}
	}
	wellFormed(t, name, m.HTML)
}

// wellFormed reads the HTML as a tree in which everything is
// closed.
func wellFormed(t *testing.T, name, s string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(s))
	d.Entity = xml.HTMLEntity
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

func TestNamesAreShownSafely(t *testing.T) {
	for _, lang := range languages {
		bad := "a\r\nBcc: x@example.com\x00 <b>&\u202e{{.}} " + strings.Repeat("ü", 200)
		i := domain.Import{ID: "i1", DataType: domain.Criteria, Action: domain.Update, FileName: bad, Language: lang, Status: domain.Done}
		m := letters.Import(i, "Aurora Theatre")
		check(t, lang, lang, strip(m))
		if strings.Contains(m.HTML, "<b>") || strings.ContainsAny(m.Subject, "\r\n\x00\u202e") || len([]rune(m.Subject)) > 160 {
			t.Errorf("%s: %q", lang, m.Subject)
		}
		if !strings.Contains(m.Subject, "a Bcc: x@example.com <b>&") {
			t.Errorf("%s: %q", lang, m.Subject)
		}
	}
}

// strip takes out the braces that the name brought.
func strip(m mail.Message) mail.Message {
	for _, s := range []*string{&m.Subject, &m.Text, &m.HTML} {
		*s = strings.ReplaceAll(*s, "{{.}}", "")
	}
	return m
}

func TestUnknownLanguageIsEnglish(t *testing.T) {
	i := domain.Import{ID: "i1", DataType: domain.Criteria, Action: domain.Update, FileName: "a.csv", Status: domain.Done}
	want := letters.Import(i, "Aurora Theatre")
	i.Language = "en"
	if d := cmp.Diff(want, letters.Import(i, "Aurora Theatre")); d != "" {
		t.Error(d)
	}
}

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		n    int
		want [5]string // in en, fr, de, it, es
	}{
		{0, [5]string{"0", "0", "0", "0", "0"}},
		{999, [5]string{"999", "999", "999", "999", "999"}},
		{1234, [5]string{"1,234", "1\u202f234", "1.234", "1.234", "1234"}},
		{12345, [5]string{"12,345", "12\u202f345", "12.345", "12.345", "12.345"}},
		{1000000, [5]string{"1,000,000", "1\u202f000\u202f000", "1.000.000", "1.000.000", "1.000.000"}},
	} {
		for k, lang := range languages {
			if got := reason.Number(lang, c.n); got != c.want[k] {
				t.Errorf("%s: %q, want %q", lang, got, c.want[k])
			}
		}
	}
}

func TestDate(t *testing.T) {
	for _, c := range []struct {
		at   string
		want [5]string
	}{
		{"2026-08-31T23:59:00Z", [5]string{"31 August 2026", "31 août 2026", "31. August 2026", "31 agosto 2026", "31 de agosto de 2026"}},
		{"2026-03-01T00:30:00+02:00", [5]string{"28 February 2026", "28 février 2026", "28. Februar 2026", "28 febbraio 2026", "28 de febrero de 2026"}},
		{"2026-01-01T00:00:00Z", [5]string{"1 January 2026", "1er janvier 2026", "1. Januar 2026", "1º gennaio 2026", "1 de enero de 2026"}},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		for k, lang := range languages {
			if got := reason.Date(lang, at); got != c.want[k] {
				t.Errorf("%s: %q, want %q", lang, got, c.want[k])
			}
		}
	}
}
