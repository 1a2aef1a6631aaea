package screen_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"rollbook/internal/domain"
	"rollbook/internal/testing/browser"
	"rollbook/internal/testing/dev"
	"rollbook/internal/testing/importtest"
)

// mailchimp is an audience as that program exports it, of n made-up people.
func mailchimp(first, n int) []byte {
	var b strings.Builder
	b.WriteString(`"Email Address","First Name","Last Name",Address,"Phone Number",Birthday,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS` + "\n")
	for i := first; i < first+n; i++ {
		fmt.Fprintf(&b, `reader%d@letters.example,%s,%s,,+4179%07d,,4,"2024-02-%02d 10:11:12",198.51.100.7,"2024-02-%02d 10:12:13",198.51.100.7,46.94,7.44,1,2,Europe/Zurich,CH,BE,"2025-01-02 03:04:05",%d,%010x,,"""Abo"",""Presse"""`+"\n",
			i, firsts[i%len(firsts)], lasts[i/len(firsts)%len(lasts)], 1234500+i, 1+i%28, 1+i%28, 500000+i, 77770000+i)
	}
	return []byte(b.String())
}

// boxOffice is a German theatre's list of customers.
func boxOffice(first, n int) []byte {
	var b strings.Builder
	b.WriteString("Kundennummer;Anrede;Titel;Vorname;Nachname;Firma;Strasse;PLZ;Ort;Telefon;Mobil;E-Mail;Kunde seit;Stammplatz\r\n")
	for i := first; i < first+n; i++ {
		fmt.Fprintf(&b, "%d;%s;;%s;%s;;Gartenweg %d;%05d;Weimar;;+49 151 %08d;kunde%d@haus.example;03.0%d.2019;Reihe %d\r\n",
			700000+i, []string{"Frau", "Herr"}[i%2], firsts[i%len(firsts)], lasts[i/len(firsts)%len(lasts)], 1+i, 99423+i%3, 23456000+i, i, 1+i%9, 1+i%20)
	}
	return []byte(b.String())
}

var (
	firsts = []string{"Nora", "Emil", "Lea", "Jonas", "Ida", "Felix", "Greta", "Karl", "Mila", "Otto", "Clara", "Hugo", "Elsa", "Anton"}
	lasts  = []string{"Brunner", "Sommer", "Winkler", "Falk", "Lindner", "Auer", "Kessler", "Moser", "Hartwig", "Seidel", "Roth", "Engel", "Pohl", "Jahn", "Busch"}
)

// upload sends a file of contacts for a test.
func upload(p *browser.Page, name string, file []byte) {
	p.Go("#/new")
	p.Heading("New import")
	p.Upload(name, file)
	p.Check("Contacts")
	p.Press("Test the file")
}

// A list as a newsletter program exports it, and one of a German box office, come
// in with one look at their columns, and the next ones with none.
func TestMatchTheColumns(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	picture := func(name string) {
		if dir := os.Getenv("PICTURES"); dir != "" {
			if err := os.WriteFile(dir+"/"+name+".png", p.Picture(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	axe := func() {
		t.Helper()
		for _, v := range p.Axe() {
			t.Error(v)
		}
	}
	stored := func(email string) domain.Contact {
		t.Helper()
		found, err := s.Contacts.ByEmail(t.Context(), "aurora", []string{email})
		if err != nil || len(found[email]) != 1 {
			t.Fatal(email, found, err)
		}
		c, err := s.Contacts.Get(t.Context(), "aurora", found[email][0])
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	update := func() {
		p.Press("Update now with this file")
		p.See("Create 200 contacts?")
		p.Press("Update now with this file")
		p.See("200 contacts have been created")
	}

	t.Run("what comes in is explained beside the choice of the file", func(t *testing.T) {
		p.Go("#/new")
		p.Press("What comes in, and how it is read")
		p.Heading("Help")
		p.See("Full names in one column")
		axe()
		picture("help")
	})
	t.Run("a newsletter's audience", func(t *testing.T) {
		upload(p, "audience.csv", mailchimp(0, 200))
		p.Heading("Match the columns")
		p.See("still to be decided")
		p.See("By what people and other programs call it.")
		p.SeeIn(".preview", "reader0@letters.example")
		axe()
		picture("match-mailchimp")
		// The button that goes on leads to what is missing.
		p.Press("Test the file")
		p.See("Choose what this column is for, or leave it out.")
		if got := p.Focus(); !strings.HasPrefix(got, "combobox What is ") {
			t.Errorf("the focus is on %q", got)
		}
		p.Press("Leave out all others")
		p.Gone("still to be decided")
		p.Press("Test the file")
		p.See("200 contacts would be created.")
		picture("match-mailchimp-test")
		update()
		if c := stored("reader7@letters.example"); c.Get(domain.ContactFirstName) != "Karl" || c.Get(domain.ContactPhone) != "+41791234507" || c.Get(domain.ContactCountry) != "" {
			t.Errorf("%+v", c)
		}
	})
	t.Run("the next one needs no look", func(t *testing.T) {
		upload(p, "audience-december.csv", mailchimp(200, 200))
		p.See("200 contacts would be created.")
		update()
	})
	t.Run("a box office, by the keyboard", func(t *testing.T) {
		cat, err := s.Catalogue.Catalogue(t.Context(), "aurora")
		if err != nil {
			t.Fatal(err)
		}
		cat.Settings.Titles = append(cat.Settings.Titles, "Frau", "Herr")
		if err := s.Catalogue.PutSettings(t.Context(), "aurora", cat.Settings); err != nil {
			t.Fatal(err)
		}
		upload(p, "kunden.csv", boxOffice(0, 200))
		p.Heading("Match the columns")
		p.SeeIn(".match-list", "Kunde seit")
		picture("match-boxoffice")
		p.TabTo("What is Kunde seit for?")
		p.Keys(kb.ArrowDown)
		p.See("kept in the uploaded file only")
		axe()
		picture("match-list")
		p.Keys(kb.Escape)
		p.Gone("kept in the uploaded file only")
		p.Press("Leave out Kunde seit")
		// Found by a part of its name, whatever the accents.
		p.Fill("What is Stammplatz for?", "prefered")
		p.See("Nothing found")
		p.Fill("What is Stammplatz for?", "notes")
		axe()
		picture("match-search")
		p.Keys(kb.Escape)
		p.Press("Leave out all others")
		p.Press("How the values are read and written")
		p.Choose("Order of day and month", "Day first")
		p.Fill("Country of telephones and postcodes", "de")
		p.Check("Only create")
		p.Press("Test the file")
		p.See("200 contacts would be created.")
		is := newest(t, s)
		if is.Mode != domain.CreateOnly || is.DateOrder != "dmy" || is.Country != "DE" || is.Columns["Kunde seit"] != "" || len(is.Columns) == 0 {
			t.Errorf("%+v", is.Recipe)
		}
		update()
		if c := stored("kunde7@haus.example"); c.Number != "700007" || c.Get(domain.ContactPostcode) != "99424" || c.Get(domain.ContactTitle) == "" {
			t.Errorf("%+v", c)
		}
	})
	t.Run("the next one of it", func(t *testing.T) {
		upload(p, "kunden-neu.csv", boxOffice(200, 200))
		p.See("200 contacts would be created.")
		p.Press("Columns and how they are read")
		p.Heading("Match the columns")
		p.See("As in an earlier file with the same columns.")
		picture("match-remembered")
		axe()
	})
	t.Run("a full name is split as the first rows show", func(t *testing.T) {
		upload(p, "names.csv", []byte("Name,Email\nRomy de Haas,romy@haus.example\n\"Zander, Kurt\",kurt@haus.example\n"))
		p.Heading("Match the columns")
		p.Press("Name: Full name: first name, then last name")
		p.SeeIn(".preview", "de Haas")
		p.SeeIn(".preview", "Zander")
		axe()
		picture("match-names")
		p.Press("Test the file")
		p.See("2 contacts would be created.")
		p.See("2 full names were split")
		if got := newest(t, s); got.Columns["Name"] != "First name + Last name" {
			t.Errorf("%+v", got.Columns)
		}
	})
	t.Run("fields in several columns are shown together, and a column without a name", func(t *testing.T) {
		upload(p, "parts.csv", []byte("Vorname;Namensvorsatz;Nachname;Straße;Hausnummer;Adresszusatz;Telefon privat;Mobiltelefon;E-Mail;Geburtsjahr;Geburtsmonat;Geburtstag;\n"+
			"Alma;van;Dyk;Lange Gasse;5a;Hinterhaus;+41446681802;+41791234568;dyk@haus.example;1985;12;5;Loge\n"+
			"Bert;;Ohm;Ufer;7;;+41446681803;;ohm@haus.example;;;;\n"))
		p.Heading("Match the columns")
		p.See("1 column is still to be decided.")
		p.See("Column 13, without a name")
		row := func(n int, cells ...string) {
			t.Helper()
			for _, c := range cells {
				p.SeeIn(fmt.Sprintf(".preview tbody tr:nth-child(%d)", n), c)
			}
		}
		row(1, "van Dyk", "Lange Gasse 5a, Hinterhaus", "+41791234568", "1985-12-5")
		row(2, "Ohm", "Ufer 7", "+41446681803")
		var columns int
		p.Eval("document.querySelectorAll('.preview thead th').length", &columns)
		if columns != 7 { // the line, first and last name, street, telephone, e-mail, birth date
			t.Errorf("%d columns in the preview", columns)
		}
		axe()
		picture("match-parts")
		// What a part is for is chosen like anything else, and the preview follows.
		p.Press("Leave out Column 13, without a name")
		p.Fill("What is Adresszusatz for?", "leave")
		p.Keys(kb.Enter)
		p.Gone("Lange Gasse 5a, Hinterhaus")
		row(1, "Lange Gasse 5a")
		p.Fill("What is Namensvorsatz for?", "second last")
		p.Keys(kb.Enter)
		row(1, "Dyk van")
		p.Press("Test the file")
		p.See("2 contacts would be created.")
		is := newest(t, s)
		if is.Columns["(13)"] != "" || len(is.Columns) != 3 || is.Columns["Namensvorsatz"] != "Last name 2" {
			t.Errorf("%+v", is.Columns)
		}
		p.Press("Update now with this file")
		p.See("Create 2 contacts?")
		p.Press("Update now with this file")
		p.See("2 contacts have been created")
		if c := stored("dyk@haus.example"); c.Get(domain.ContactStreet) != "Lange Gasse 5a" || c.Get(domain.ContactLastName) != "Dyk van" || c.Get(domain.ContactBirthDate) != "1985-12-05" || c.Get(domain.ContactPhone) != "+41791234568" {
			t.Errorf("%+v", c)
		}
	})
	t.Run("a column for what another was taken for", func(t *testing.T) {
		upload(p, "two.csv", []byte("Vorname;Nachname;E-Mail;Telefon privat;Mobiltelefon\nEva;Xaver;xaver@haus.example;+41446681801;+41791234567\n"))
		p.See("1 contact would be created.")
		p.Press("Columns and how they are read")
		if h := newest(t, s).Headers; h[3].Column != "Phone 2" || h[4].Column != "Phone" {
			t.Errorf("%+v", h)
		}
		p.Fill("What is Telefon privat for?", "telephone")
		p.Keys(kb.Enter)
		p.See("Mobiltelefon is left out now: only one column can be for this")
		p.Press("Test the file")
		p.See("1 contact would be created.")
		if got := newest(t, s); got.Columns["Telefon privat"] != "Phone" || got.Columns["Mobiltelefon"] != "" {
			t.Errorf("%+v", got.Columns)
		}
	})
}

// What is remembered of a file's columns is forgotten where one sees it, and the next
// file alike is asked about again: in every language.
func TestForgetTheColumns(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	b := browser.New(t)
	const list = "Wer;Nachname;Vermerk\n%s@haus.example;Winter;x\n"
	for i, x := range []struct{ lang, browser string }{{"en", "en-GB"}, {"de", "de-AT"}, {"fr", "fr-CH"}, {"it", "it-IT"}, {"es", "es-ES"}} {
		t.Run(x.lang, func(t *testing.T) {
			texts := words(t, x.lang)
			say := func(key string) string {
				t.Helper()
				text := texts[key][""]
				if text == "" {
					t.Fatalf("%s has no %s", x.lang, key)
				}
				return text
			}
			p := b.Page(browser.Options{Language: x.browser})
			p.Open(s.URL)
			p.Press(say("landing.signIn"))
			p.SignIn("operator@aurora.example", dev.Password)
			p.Heading(say("imports.title"))
			upload := func(who string) {
				t.Helper()
				p.Go("#/new")
				p.Heading(say("new.title"))
				p.Upload("list.csv", fmt.Appendf(nil, list, who))
				p.Check(say("dataType.contacts"))
				p.Press(say("new.start.test"))
			}
			upload(fmt.Sprintf("first%d", i))
			p.Heading(say("match.title"))
			p.Press(say("match.leaveOthers"))
			p.Press(say("new.start.test"))
			p.Press(say("result.update"))
			p.Until(`document.querySelector('dialog[open]')`)
			p.Press(say("result.update"))
			p.See(say("result.undo"))

			upload(fmt.Sprintf("second%d", i))
			p.See(say("result.update"))
			p.Press(say("match.open.test"))
			p.Heading(say("match.title"))
			p.See(say("match.memory.hint"))
			p.See("operator@aurora.example")
			for _, v := range p.Axe() {
				t.Error(v)
			}
			if dir := os.Getenv("PICTURES"); dir != "" {
				if err := os.WriteFile(dir+"/match-memory-"+x.lang+".png", p.Picture(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			p.Press(say("match.forget"))
			p.See(say("match.forgotten"))
			p.Gone(say("match.memory.hint"))
			upload(fmt.Sprintf("third%d", i))
			p.Heading(say("match.title"))
			if is := newest(t, s); is.Problem == nil || is.Problem.Code != "unknownColumn" {
				t.Errorf("%s %+v", is.Status, is.Problem)
			}
		})
	}
}

// The exports of ten systems come in with no look at their columns or one, and next
// month's with none.
func TestExportsInTheBrowser(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	for i, x := range importtest.Exports() {
		t.Run(x.Name, func(t *testing.T) {
			cat, err := s.Catalogue.Catalogue(t.Context(), "aurora")
			if err != nil {
				t.Fatal(err)
			}
			defer func(was domain.Settings) {
				if err := s.Catalogue.PutSettings(t.Context(), "aurora", was); err != nil {
					t.Error(err)
				}
			}(cat.Settings)
			if there := cat.Settings; x.Country != "" {
				there.Country = x.Country
				if err := s.Catalogue.PutSettings(t.Context(), "aurora", there); err != nil {
					t.Fatal(err)
				}
			}
			// Each has its own people.
			people := func(from int) []byte {
				return []byte(strings.ReplaceAll(x.File(from, 200), "@list.example", fmt.Sprintf("@list%d.example", i)))
			}
			upload(p, "export.csv", people(0))
			if x.Look != nil {
				p.Heading("Match the columns")
				p.Press("Leave out all others")
				p.Gone("still to be decided")
				p.Press("Test the file")
			}
			p.See("200 contacts would be created.")
			if is := newest(t, s); len(is.Columns) != len(x.Look) {
				t.Errorf("the look said %v, want %v", is.Columns, x.Look)
			}
			p.Press("Update now with this file")
			p.See("Create 200 contacts?")
			p.Press("Update now with this file")
			p.See("200 contacts have been created")
			email := strings.Replace(importtest.Mail(7), "@list.", fmt.Sprintf("@list%d.", i), 1)
			found, err := s.Contacts.ByEmail(t.Context(), "aurora", []string{email})
			if err != nil || len(found[email]) != 1 {
				t.Fatal(found, err)
			}
			c, err := s.Contacts.Get(t.Context(), "aurora", found[email][0])
			if err != nil {
				t.Fatal(err)
			}
			for f, want := range x.Holds {
				if got := c.Get(f); got != want {
					t.Errorf("%s is %q, want %q", f, got, want)
				}
			}
			upload(p, "next.csv", people(100))
			p.See("100 contacts would be created.")
			if is := newest(t, s); len(is.Columns) != 0 {
				t.Errorf("the next file was asked for %v", is.Columns)
			}
			p.Press("Update now with this file")
			p.See("Create 100 contacts?")
			p.Press("Update now with this file")
			p.See("100 contacts have been created")
			if is := newest(t, s); is.Counts != (domain.Counts{Rows: 200, Created: 100, Unchanged: 100}) {
				t.Errorf("the next month: %+v", is.Counts)
			}
		})
	}
}

// A row with the address of somebody of another name is conflicted until it is
// said who is meant: each row by one press, all of them by one more test.
func TestWhoIsMeant(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	for i, c := range []domain.Contact{
		{Number: "880001", Fields: map[domain.Field]domain.Value{domain.ContactEmail: "berg@haus.example", domain.ContactFirstName: "Tilda", domain.ContactLastName: "Berg"}},
		{Number: "880002", Fields: map[domain.Field]domain.Value{domain.ContactEmail: "tal@haus.example", domain.ContactFirstName: "Arno", domain.ContactLastName: "Tal"}},
	} {
		if _, err := s.Contacts.Put(t.Context(), "aurora", c, domain.Provenance{By: "colleague"}); err != nil {
			t.Fatal(i, err)
		}
	}
	upload(p, "guests.csv", []byte("Email,First name,Last name,City\nberg@haus.example,Ruben,Berg,Ulm\ntal@haus.example,Wilma,Tal,Ulm\n"))
	p.See("2 rows would not go in")
	p.PressIn("Tilda Berg", "The same person")
	p.See("1 correction, not tested yet")
	p.PressIn("Arno Tal", "Another person")
	p.See("2 corrections, not tested yet")
	if v := p.Axe(); len(v) > 0 {
		t.Error(v)
	}
	p.Press("Test again")
	p.See("1 contact would be created. 1 contact would be changed.")
	p.Press("Update now with this file")
	p.See("You can undo the update afterwards.")
	p.Press("Update now with this file")
	p.See("1 contact has been created. 1 contact has been changed")
	c, err := s.Contacts.Get(t.Context(), "aurora", "880001")
	if err != nil || c.Get(domain.ContactFirstName) != "Ruben" || c.Get(domain.ContactCity) != "Ulm" {
		t.Errorf("%+v %v", c, err)
	}
	if c, err = s.Contacts.Get(t.Context(), "aurora", "880002"); err != nil || c.Get(domain.ContactFirstName) != "Arno" || c.Get(domain.ContactCity) != "" {
		t.Errorf("%+v %v", c, err)
	}
}
