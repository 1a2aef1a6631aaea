package screen_test

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/testing/browser"
	"rollbook/internal/testing/dev"
)

// Two people edit one thing: the second to save sees both versions in words, and
// either can be kept. Whoever keeps theirs replaces what they were shown, and
// nothing that came after it.
func TestTwoVersions(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	var number domain.ContactNumber
	for c, err := range s.Contacts.All(t.Context(), "aurora") {
		if err != nil {
			t.Fatal(err)
		}
		number = c.Number
		break
	}
	b := browser.New(t)
	p, q := b.Page(browser.Options{}), b.Page(browser.Options{})
	p.Allow("412")
	signedIn(s, p, "admin@aurora.example")
	signedIn(s, q, "admin@aurora.example")
	const refused = "Somebody else saved this in the meantime"
	for _, x := range []struct {
		what, list, name, saved string
		field                   string
		theirs                  func(q *browser.Page, n string) (part, words string)
	}{
		{"criterion", "#/catalogue", "Favourite genre", "{name} saved", "Label",
			func(q *browser.Page, n string) (string, string) {
				q.Fill("Label of value 3", "Jazz "+n)
				return "JAZZ", "Jazz " + n
			}},
		{"target", "#/targets", "Subscribers", "“{name}” saved", "Name",
			func(q *browser.Page, n string) (string, string) {
				if n == "1" {
					q.Press("Add comparison")
				}
				field := map[string]string{"1": "Segment", "2": "Newsletter language", "3": "Interests"}[n]
				q.Choose("Field of comparison 2", field)
				q.Choose("Kind of comparison 2", "is empty")
				return "Condition", field + " is empty"
			}},
		{"contact", "#/contacts/" + string(number), "Edit", "Contact saved", "Last name",
			func(q *browser.Page, n string) (string, string) {
				q.Choose("Segment", map[string]string{"1": "Patron", "2": "Lapsed", "3": "Regular"}[n])
				return "Segment", map[string]string{"1": "Patron", "2": "Lapsed", "3": "Regular"}[n]
			}},
		{"settings", "#/settings", "", "Settings saved", "Name of the institution",
			func(q *browser.Page, n string) (string, string) {
				q.Fill("Titles", "Dr "+n)
				return "Titles", "Dr " + n
			}},
	} {
		t.Run(x.what, func(t *testing.T) {
			edit := func(p *browser.Page, name string) {
				t.Helper()
				p.Go("#/imports")
				p.Heading("Imports")
				p.Go(x.list)
				if name != "" {
					p.Press(name)
				}
				p.Value(x.field)
			}
			// What an earlier save said is gone first.
			save := func(p *browser.Page, button string) {
				t.Helper()
				said := strings.ReplaceAll(x.saved, "{name}", p.Value(x.field))
				p.Gone(said)
				p.Press(button)
				p.See(said)
			}
			other := func(n string) (string, string) {
				t.Helper()
				edit(q, x.name)
				part, words := x.theirs(q, n)
				save(q, "Save")
				return part, words
			}
			edit(p, x.name)
			before := p.Value(x.field)
			p.Fill(x.field, "Of the second")
			part, words := other("1")
			p.Press("Save")
			p.See(refused)
			p.SeeIn(".versions", "Of the second")
			p.SeeIn(".versions", before)
			p.SeeIn(".versions", part)
			p.SeeIn(".versions", words)
			for _, v := range p.Axe() {
				t.Error(v)
			}

			// What is stored now: nothing that was typed is left.
			p.Press("Take what is stored now")
			p.Gone(refused)
			if got := p.Value(x.field); got != before {
				t.Errorf("the form has %q, stored is %q", got, before)
			}
			edit(p, x.name)
			if p.Sees("This is what you typed") {
				t.Error("what was dropped comes back")
			}

			// Mine, in place of what was shown: not of what is saved after that.
			p.Fill(x.field, "Of the second")
			other("2")
			p.Press("Save")
			p.See(refused)
			p.SeeIn(".versions", "Of the second")
			_, latest := other("3")
			p.Press("Save yours instead")
			p.SeeIn(".versions", latest)
			save(p, "Save yours instead")
			name := x.name
			if name == before {
				name = "Of the second"
			}
			edit(q, name)
			if got := q.Value(x.field); got != "Of the second" {
				t.Errorf("stored is %q", got)
			}
			q.Fill(x.field, before)
			save(q, "Save")
		})
	}
}

// A page that is open while a new version is deployed asks for files that are gone,
// of a view or of the guide: it is loaded anew, once, and says what is wrong if that
// does not help.
func TestANewVersionWhileAPageIsOpen(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	for _, x := range []struct{ file, place, failure, there string }{
		{"audit-*", "#/audit", "This page could not be loaded", "Who did what"},
		{guideChunk(t), "#/help", "The server cannot be reached.", "The first time, step by step"},
	} {
		p := browser.New(t).Page(browser.Options{})
		signedIn(s, p, "admin@aurora.example")
		p.Heading("Imports")
		p.Allow("ERR_BLOCKED_BY_CLIENT")
		p.Block("*/assets/" + x.file)
		p.Eval("window.ofBefore = true", nil)
		p.Go(x.place)
		p.See(x.failure)
		var before bool
		if p.Eval("window.ofBefore === true", &before); before {
			t.Errorf("%s was not loaded anew", x.place)
		}
		p.Block()
		p.Press("Try again")
		p.See(x.there)
	}
}

// guideChunk is the file that the English guide came to be in.
func guideChunk(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("../../web/dist/assets/en-*.js.gz")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(z)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "# Working with Rollbook") {
			return strings.TrimSuffix(filepath.Base(file), ".gz")
		}
	}
	t.Fatalf("none of %v has the guide", files)
	return ""
}
