package screen_test

import (
	"testing"

	"rollbook/internal/testing/browser"
	"rollbook/internal/testing/dev"
)

// An administrator sees who did what, and two people who save the same thing
// see both versions.
func TestAuditAndTwoVersions(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	b := browser.New(t)
	p := b.Page(browser.Options{})
	p.Allow("412")
	signedIn(s, p, "admin@aurora.example")
	p.Go("#/settings")
	p.Fill("Name of the institution", "Mine")
	cat, err := s.Catalogue.Catalogue(t.Context(), "aurora")
	if err != nil {
		t.Fatal(err)
	}
	cat.Settings.Name = "Theirs"
	if err := s.Catalogue.PutSettings(t.Context(), "aurora", cat.Settings); err != nil {
		t.Fatal(err)
	}
	p.Press("Save")
	p.See("Somebody else saved this in the meantime")
	p.SeeIn(".versions", "Mine")
	p.SeeIn(".versions", "Theirs")
	p.Press("Take what is stored now")
	p.Gone("Somebody else saved this in the meantime")
	if got := p.Value("Name of the institution"); got != "Theirs" {
		t.Errorf("the form has %q", got)
	}
	p.Fill("Name of the institution", "Ours")
	p.Press("Save")
	p.See("Settings saved")

	p.Go("#/audit")
	p.Heading("Who did what")
	p.SeeIn("table", "Settings saved")
	p.SeeIn("table", "admin@aurora.example")
	p.SeeIn("table", "Done")
	for _, v := range p.Axe() {
		t.Errorf("%+v", v)
	}
	p.Fill("Search by e-mail address or id", "nobody@aurora.example")
	p.See("Nothing has been recorded")
}
