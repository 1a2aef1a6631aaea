package screen_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/testing/browser"
	"rollbook/internal/testing/dev"
)

// A date and a number are made in the catalogue, entered for a contact, asked
// for in a target, imported, and shown as each language writes them.
func TestDatesAndNumbers(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "admin@aurora.example")
	picture := func(name string) {
		if dir := os.Getenv("PICTURES"); dir != "" {
			if err := os.WriteFile(dir+"/"+name+".png", p.Picture(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	// A date's own control takes no text.
	setDate := func(label, iso string) {
		p.Value(label) // waits for it
		p.Eval(fmt.Sprintf(`(() => { const e = rollbookTest.control(%q); e.value = %q; e.dispatchEvent(new Event('input', { bubbles: true })); })()`, label, iso), nil)
	}
	field := func(code string) domain.FieldDef {
		cat, err := s.Catalogue.Catalogue(t.Context(), "aurora")
		if err != nil {
			t.Fatal(err)
		}
		d, _ := cat.Lookup(domain.Field("criterion:" + code))
		return d
	}

	p.Press("Catalogue")
	p.Press("New criterion")
	p.Heading("New criterion")
	p.Fill("Code", "JOINED")
	p.Fill("Label", "Member since")
	p.Check("Date")
	picture("catalogue-date")
	p.Press("Save")
	p.See("Member since saved")
	p.Press("New criterion")
	p.Heading("New criterion")
	p.Fill("Code", "POINTS")
	p.Fill("Label", "Points")
	p.Check("Number")
	p.Fill("Decimals", "9")
	p.Allow("422")
	p.Press("Save")
	p.See("That did not work")
	p.Fill("Decimals", "3")
	picture("catalogue-number")
	p.Press("Save")
	p.See("Points saved")
	if d := field("JOINED"); d.Kind != domain.Date {
		t.Errorf("stored %+v", d)
	}
	if d := field("POINTS"); d.Kind != domain.Number || d.Decimals != 3 {
		t.Errorf("stored %+v", d)
	}

	// Values have labels in other languages.
	p.Press("Segment")
	p.Heading("Segment")
	p.Press("Value 1 in other languages")
	picture("catalogue-labels")

	// A contact's form.
	var c domain.Contact
	for x, err := range s.Contacts.All(t.Context(), "aurora") {
		if err != nil {
			t.Fatal(err)
		}
		c = x
		break
	}
	number := string(c.Number)
	p.Go("#/contacts/" + number + "/edit")
	p.See("Member since")
	setDate("Member since", "2026-03-31")
	p.Fill("Points", "1234.125")
	picture("contact-edit")
	p.Press("Save")
	p.See("Contact saved")
	p.See("31 Mar 2026")
	p.See("1,234.125")
	picture("contact")
	if got, err := s.Contacts.Get(t.Context(), "aurora", c.Number); err != nil || got.Get("criterion:JOINED") != "2026-03-31" || got.Get("criterion:POINTS") != "1234.125" {
		t.Errorf("stored %+v %v", got.Fields, err)
	}

	// A target.
	p.Press("Dynamic targets")
	p.Press("New dynamic target")
	p.Heading("New dynamic target")
	p.Fill("Name", "Members of March")
	p.Choose("Field of comparison 1", "Member since")
	p.Choose("Kind of comparison 1", "is between")
	setDate("Value of comparison 1. From", "2026-03-01")
	p.See("Complete every comparison")
	setDate("Value of comparison 1. To", "2026-03-31")
	p.See("contact matches")
	p.Press("Add comparison")
	p.Choose("Field of comparison 2", "Points")
	p.Choose("Kind of comparison 2", "is at least")
	p.Fill("Value of comparison 2", "1234.125")
	p.See("contact matches")
	p.Press("Add comparison")
	p.Choose("Field of comparison 3", "Last visit")
	p.Choose("Kind of comparison 3", "is within the last")
	p.Fill("Value of comparison 3", "9000")
	p.Press("Add comparison")
	p.Choose("Field of comparison 4", "Member since")
	p.Choose("Kind of comparison 4", "is one of")
	p.Fill("Value of comparison 4. One date per line, such as 2026-03-31", "2026-03-31")
	picture("target")
	p.Press("Save")
	p.Heading("Dynamic targets")
	p.See("Member since is between 1 Mar 2026 and 31 Mar 2026")
	p.See("Points is at least 1,234.125")
	p.See("Last visit is within the last 9,000 days")
	ts, _, err := s.Catalogue.Targets(t.Context(), "aurora", 100, "")
	if err != nil {
		t.Fatal(err)
	}
	var condition string
	for _, x := range ts {
		if x.Name == "Members of March" {
			condition = string(x.Condition)
		}
	}
	for _, part := range []string{`"op":"between","value":["2026-03-01","2026-03-31"]`, `"op":"atLeast","value":1234.125`, `"op":"withinLast","value":9000`} {
		if !strings.Contains(condition, part) {
			t.Errorf("%s is not in %s", part, condition)
		}
	}
	// It opens as it was saved.
	p.Press("Members of March")
	if v := p.Value("Value of comparison 2"); v != "1234.125" {
		t.Errorf("the comparison has %q", v)
	}

	// An import's changes are counted together.
	i, err := s.Import(t.Context(), domain.Import{Institution: "aurora", FileName: "points.csv", DataType: domain.Criteria, Action: domain.Test, Recipe: domain.Recipe{OnConflict: domain.Skip}, CreatedBy: "admin@aurora.example", Language: "en"},
		[]byte("Contact;[new] JOINED;[new] POINTS\r\n#"+number+";1er avril 2026;1 500,5\r\n"))
	if err != nil || i.Counts.Updated != 1 {
		t.Fatalf("%+v %v", i, err)
	}
	p.Go("#/imports/" + i.ID)
	p.See("(another date)")
	p.See("(another number)")
	picture("import")

	// Each language writes them in its own way.
	label := "Language"
	for lang, say := range map[string][4]string{
		"fr": {"Member since est entre 1 mars 2026 et 31 mars 2026", "31 mars 2026", "1\u202f234,125", "Dernière visite remonte au plus à 9\u202f000 jours"},
		"de": {"Member since liegt zwischen 01.03.2026 und 31.03.2026", "31.03.2026", "1.234,125", "Letzter Besuch liegt in den letzten 9.000 Tagen"},
		"it": {"Member since è compreso tra 1 mar 2026 e 31 mar 2026", "31 mar 2026", "1234,125", "Ultima visita è negli ultimi 9000 giorni"},
		"es": {"Member since está entre 1 mar 2026 y 31 mar 2026", "31 mar 2026", "1234,125", "Última visita está en los últimos 9000 días"},
	} {
		p.Eval("document.querySelector('.account').open = true", nil)
		p.Choose(label, map[string]string{"fr": "Français", "de": "Deutsch", "it": "Italiano", "es": "Español"}[lang])
		label = map[string]string{"fr": "Langue", "de": "Sprache", "it": "Lingua", "es": "Idioma"}[lang]
		p.Go("#/targets")
		p.See(say[0])
		p.See(say[3])
		picture("targets-" + lang)
		p.Go("#/contacts/" + number)
		p.See(say[1])
		p.See(say[2])
		picture("contact-" + lang)
	}
}
