package screen_test

import (
	"fmt"
	"strings"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/testing/browser"
	"rollbook/internal/testing/dev"
)

// Who may not export meets nothing that would be refused, and is told whom to ask:
// in the list of contacts, of an import's changes and mistakes, and where files are.
func TestWithoutTheRightToExport(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{Contacts: 150})
	cat, err := s.Catalogue.Catalogue(t.Context(), "aurora")
	if err != nil {
		t.Fatal(err)
	}
	cat.Settings.ExportRole = "admin"
	if err := s.Catalogue.PutSettings(t.Context(), "aurora", cat.Settings); err != nil {
		t.Fatal(err)
	}
	// 60 different mistakes, one of them in 30 rows, and 60 changes.
	file := "Contact,[new] SPENT\r\n"
	n := 0
	for c, err := range s.Contacts.All(t.Context(), "aurora") {
		if err != nil {
			t.Fatal(err)
		}
		value := fmt.Sprint(1000 + n)
		switch {
		case n < 30:
			value = "lots"
		case n < 90:
			value = "about " + strings.Repeat("x", n-29)
		}
		file += fmt.Sprintf("#%s,%s\r\n", c.Number, value)
		n++
	}
	i, err := s.Import(t.Context(), domain.Import{Institution: "aurora", FileName: "spent.csv", DataType: domain.Criteria, Action: domain.Test, CreatedBy: "u2 operator@aurora.example"}, []byte(file))
	if err != nil || i.Counts.Rejected != 90 || i.Counts.Updated != 60 {
		t.Fatal(i.Counts, i.Problem, err)
	}
	const page, files = "You may not go beyond this page.", "You may not fetch files here."
	b := browser.New(t)
	p := b.Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	p.Go("#/imports/" + i.ID)
	p.See("90 rows cannot go in as they are")
	p.See(files)
	p.See(page)
	for _, refused := range []string{"Download error file", "Uploaded file", "Download list of changes", "Show more mistakes"} {
		if p.Sees(refused) {
			t.Errorf("%q is offered", refused)
		}
	}
	p.Press("Leave out these 30 rows")
	p.See("30 corrections, not tested yet")
	for _, v := range p.Axe() {
		t.Error(v)
	}
	p.Press("See all")
	p.SeeIn("dialog", page)
	p.Fill("Search by number, name or value", "10")
	p.SeeIn("dialog", page)
	p.Press("Close")
	p.Press("By row")
	p.SeeIn("[role=grid]", "lots")
	p.See(page)
	p.Press("Contacts")
	p.Heading("Contacts")
	p.See(page)
	if p.Sees("Next") {
		t.Error("another page is offered")
	}
	// What is looked for by three letters can be paged through.
	p.Fill("Any part of name, number, e-mail, town or telephone", "example")
	p.Gone(page)
	p.Press("Next")
	p.See("Page 2")
}
