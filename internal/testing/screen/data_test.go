package screen_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/testing/browser"
	"rollbook/internal/testing/dev"
)

func TestDynamicTargets(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	b := browser.New(t)
	p := b.Page(browser.Options{})
	signedIn(s, p, "admin@aurora.example")
	p.Press("Dynamic targets")
	p.See("Born before 1960, not lapsed")
	p.See("Birth date is before 1 Jan 1960 and not (Segment is Lapsed)")
	p.Press("New dynamic target")
	p.Heading("New dynamic target")

	// Half a condition has no count, and is not saved.
	p.See("Complete every comparison to see who matches.")
	p.Press("Save")
	p.See("Give the target a name.")
	p.Fill("Name", "Jazz or talks, may write")
	p.Choose("Field of comparison 1", "Contact by e-mail")
	p.See("contacts match")
	p.Press("Add group")
	p.FocusIs("select-one Contacts that match")
	p.Choose("Field of comparison 2.1", "Favourite genre")
	p.Choose("Kind of comparison 2.1", "is one of")
	p.Check("Jazz")
	p.Check("Rock")
	p.PressIn("at least one of these", "Add comparison")
	p.Choose("Field of comparison 2.2", "Interests")
	p.Choose("Value of comparison 2.2", "Talks")
	p.Press("Add comparison")
	p.Press("Remove comparison 2.3")
	p.See("contacts match")
	p.See("The first")
	p.Press("Save")
	p.Heading("Dynamic targets")
	p.See("“Jazz or talks, may write” saved")
	p.See("Contact by e-mail is allowed and (Favourite genre is one of Jazz or Rock or Interests contains Talks)")
	find := func(name string) *domain.Target {
		ts, _, err := s.Catalogue.Targets(t.Context(), "aurora", 100, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range ts {
			if x.Name == name {
				return &x
			}
		}
		return nil
	}
	var got, want any
	json.Unmarshal(find("Jazz or talks, may write").Condition, &got)
	json.Unmarshal([]byte(`{"all":[{"field":"authorisation:EMAIL","op":"is","value":true},{"any":[{"field":"criterion:GENRE","op":"in","value":["JAZZ","ROCK"]},{"field":"criterion:INTERESTS","op":"contains","value":"TALKS"}]}]}`), &want)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("saved %v", got)
	}

	// Changed, duplicated, deleted.
	p.Press("Jazz or talks, may write")
	p.Choose("Contacts that match", "none of these")
	p.Press("Save")
	p.See("not (Contact by e-mail is allowed or")
	p.Press("Jazz or talks, may write")
	p.Press("Duplicate")
	p.Heading("New dynamic target")
	if got := p.Value("Name"); got != "Jazz or talks, may write (copy)" {
		t.Errorf("the copy is called %q", got)
	}
	p.See("contacts match")
	p.Press("Save")
	p.Heading("Dynamic targets")
	p.Press("Jazz or talks, may write (copy)")
	p.Press("Delete")
	p.See("Delete “Jazz or talks, may write (copy)”?")
	p.Press("Delete")
	p.See("“Jazz or talks, may write (copy)” deleted")
	if find("Jazz or talks, may write (copy)") != nil || find("Jazz or talks, may write") == nil {
		t.Error("the wrong target is gone")
	}

	q := b.Page(browser.Options{})
	signedIn(s, q, "viewer@aurora.example")
	q.Press("Dynamic targets")
	q.Press("Subscribers")
	q.See("Your account can look at dynamic targets and not change them.")
	q.See("contacts match")
	if q.Sees("Save") || q.Sees("Add comparison") {
		t.Error("a viewer is offered changes")
	}
}

func TestContacts(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	var c domain.Contact
	for x, err := range s.Contacts.All(t.Context(), "aurora") {
		if err != nil {
			t.Fatal(err)
		}
		if x.Email() != "" && x.Get("contact:lastName") != "" && x.Get("criterion:GENRE") == "" && !slices.Contains(x.Get("criterion:INTERESTS").Codes(), "TALKS") {
			c = x
			break
		}
	}
	number, last := string(c.Number), string(c.Get("contact:lastName"))
	// The provenance of an import.
	i, err := s.Import(t.Context(), domain.Import{Institution: "aurora", FileName: "origin.csv", DataType: domain.Criteria, Action: domain.Update, Recipe: domain.Recipe{OnConflict: domain.Skip}, CreatedBy: "operator@aurora.example", Language: "en"},
		[]byte("Contact,[old] GENRE,[new] GENRE\r\n#"+number+",,FOLK\r\n"))
	if err != nil || i.Counts.Updated != 1 {
		t.Fatalf("%+v %v", i, err)
	}
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	p.Press("Contacts")
	p.Heading("Contacts")
	for _, q := range []string{number, "#" + number, strings.TrimLeft(number, "0"), c.Email(), c.Email()[2:], strings.ToLower(last), strings.ToLower(last)[1:] + " " + string(c.Get("contact:firstName"))} {
		p.Fill("Any part of name, number, e-mail, town or telephone", q)
		p.See("#" + number)
	}
	p.Fill("Any part of name, number, e-mail, town or telephone", "zzzzzz")
	p.See("Nothing found for “zzzzzz”")
	p.Fill("Any part of name, number, e-mail, town or telephone", number)
	p.Press("#" + number)
	p.See(c.Email())
	p.See("Folk and world")
	p.See("by an import")
	p.Press("origin.csv")
	p.Heading("origin.csv")
	p.Go("#/contacts/" + number)
	p.Press("Edit")

	// A wrong value is named where it is; a good one is stored.
	p.Allow("422")
	p.Fill("E-mail", "nobody")
	p.Press("Save")
	p.See("That did not work")
	p.FocusIs("email E-mail")
	p.Fill("E-mail", "new@aurora.example")
	p.Choose("Favourite genre", "Jazz")
	p.Check("Talks")
	p.Choose("Contact by e-mail", "allowed")
	p.Fill("What proves the authorisations", "Form of 3 May")
	p.Press("Save")
	p.See("Contact saved")
	p.See("by operator@aurora.example")
	p.See("Proof: Form of 3 May")
	got, err := s.Contacts.Get(t.Context(), "aurora", c.Number)
	if err != nil {
		t.Fatal(err)
	}
	if got.Email() != "new@aurora.example" || got.Get("criterion:GENRE") != "JAZZ" || !slices.Contains(got.Get("criterion:INTERESTS").Codes(), "TALKS") ||
		got.Get("authorisation:EMAIL") != domain.True || got.Get("contact:lastName") != c.Get("contact:lastName") {
		t.Errorf("stored %+v", got.Fields)
	}

	// What a colleague changed in between is not overwritten.
	p.Press("Edit")
	p.Fill("City", "Elsewhere")
	got.Fields["contact:city"] = "Their Town"
	if _, err := s.Contacts.Put(t.Context(), "aurora", got, domain.Provenance{By: "colleague"}); err != nil {
		t.Fatal(err)
	}
	p.Allow("412")
	p.Press("Save")
	p.See("Somebody else saved this in the meantime")
	p.SeeIn(".versions", "Elsewhere")
	p.SeeIn(".versions", "Their Town")
	p.Press("Take what is stored now")
	p.Gone("Somebody else saved this in the meantime")
	if v := p.Value("City"); v != "Their Town" {
		t.Errorf("the city is %q", v)
	}

	// What was typed and not saved comes back, and says so.
	p.Fill("City", "Half a name")
	p.Go("#/contacts")
	p.Heading("Contacts")
	p.Go("#/contacts/" + number + "/edit")
	p.See("This is what you typed")
	if v := p.Value("City"); v != "Half a name" {
		t.Errorf("the city is %q", v)
	}
	p.Press("Discard it")
	p.Gone("This is what you typed")
	if v := p.Value("City"); v != "Their Town" {
		t.Errorf("the city is %q", v)
	}

	// A new contact has names of countries and languages to choose from, and
	// replaces nobody.
	p.Go("#/contacts/new")
	p.Heading("New contact")
	p.Fill("Contact number", "12a")
	p.Press("Save")
	p.See("Enter 1 to 20 digits.")
	p.Fill("Contact number", number)
	p.Fill("Last name", "Nova")
	p.Choose("Country", "Switzerland")
	p.Choose("Language", "Italian")
	p.Press("Save")
	p.See("There is a contact with this number already")
	if v := p.Axe(); len(v) > 0 {
		t.Error(v)
	}
	p.Fill("Contact number", "#808080")
	p.Press("Save")
	p.See("Contact saved")
	p.Heading("Nova") // the page of the contact, no longer the form
	p.See("Switzerland")
	if made, err := s.Contacts.Get(t.Context(), "aurora", "808080"); err != nil || made.Get("contact:country") != "CH" || made.Get("contact:language") != "it" {
		t.Errorf("%+v %v", made.Fields, err)
	}
	// Without a number it gets one that is free.
	p.Go("#/contacts/new")
	p.Heading("New contact")
	p.Fill("Last name", "Unnumbered")
	p.Press("Save")
	p.Heading("Unnumbered")
	var given string
	p.Eval("location.hash.split('/').pop()", &given)
	if made, err := s.Contacts.Get(t.Context(), "aurora", domain.ContactNumber(given)); err != nil || made.Get("contact:lastName") != "Unnumbered" || len(given) != domain.DefaultDigits {
		t.Errorf("%s %+v %v", given, made.Fields, err)
	}

	p.Go("#/contacts/" + number)
	p.Press("Delete")
	p.See("its number is never used again")
	p.Press("Delete")
	p.See("Contact #" + number + " deleted")
	p.Heading("Contacts")
	if _, err := s.Contacts.Get(t.Context(), "aurora", c.Number); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the contact is still there: %v", err)
	}
}

// A list from another system becomes contacts.
func TestContactsAreImported(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	p := browser.New(t).Page(browser.Options{})
	download := p.Downloads()
	signedIn(s, p, "operator@aurora.example")
	p.Press("New")
	p.Upload("people.csv", []byte("Email,First name,Last name,Language,Birth date,City\r\n"+
		"ana@example.com,Ana,Rossi,it,1980-12-31,Milano\r\nbob@example.com,Bob,Smith,en,31/02/1990,London\r\n"+
		"jo@example.com,Jo,Lee,en,1991-04-01,Leeds\r\njo@example.com,Joe,Lee,en,1991-04-01,Leeds\r\n"))
	p.SeeIn(".recognised", "Recognised from the file: Contacts")
	p.Press("Test the file")
	p.See("Nothing has been written")
	p.See("1 contact would be created.")
	p.See("3 rows would not go in")
	p.See("is no day of the calendar")
	p.Press("Imports")
	p.Press("New")
	p.Upload("people.csv", []byte("Email,First name,Last name,Birth date\r\njo@example.com,Jo,Lee,1991-04-01\r\njo@example.com,Joe,Lee,1991-04-01\r\n"))
	p.SeeIn(".recognised", "Contacts")
	p.Press("More options")
	p.Check("Allow the same person twice")
	p.Press("Test the file")
	p.See("2 contacts would be created.")
	p.Press("Update now with this file")
	p.See("Create 2 contacts?")
	p.Press("Update now with this file")
	p.See("2 contacts have been created.")
	p.Press("Contacts")
	p.Fill("Any part of name, number, e-mail, town or telephone", "jo@example.com")
	p.See("Joe Lee")
	p.See("Jo Lee")

	p.Go("#/templates/new")
	p.Check("Contacts")
	p.Choose("Dynamic target", "Everybody")
	p.See("202 contacts match")
	p.Press("Choose none")
	p.Check("City")
	p.Press("Prepare the template")
	p.See("is ready; its download has started")
	form := unpack(t, download(), "contacts.csv", ',')
	form.column("[new] City")
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	p := browser.New(t).Page(browser.Options{})
	download := p.Downloads()
	p.Allow("422")
	p.Allow("409")
	signedIn(s, p, "admin@aurora.example")
	field := func(code string) domain.FieldDef {
		cat, err := s.Catalogue.Catalogue(t.Context(), "aurora")
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range cat.Fields {
			if d.Code == code {
				return d
			}
		}
		return domain.FieldDef{}
	}
	p.Press("Catalogue")
	p.Press("New criterion")
	p.Heading("New criterion")
	p.Press("Save")
	p.See("Enter a code.")
	p.See("Enter a label.")
	p.FocusIs("text Code")
	p.Fill("Code", "bar drink")
	p.Fill("Label", "Favourite drink")
	p.Press("Labels in other languages")
	p.Fill("Français", "Boisson préférée")
	p.Press("Save")
	p.See("That did not work")
	p.Press("Add value")
	p.FocusIs("text Code of value 1")
	p.Fill("Code of value 1", "tea")
	p.Fill("Label of value 1", "Tea")
	p.Press("Add value")
	p.Fill("Code of value 2", "coffee")
	p.Fill("Label of value 2", "Coffee")
	p.Press("Save")
	p.See("Favourite drink saved")
	if d := field("BAR_DRINK"); d.Label != "Favourite drink" || d.Labels["fr"] != "Boisson préférée" || d.Kind != domain.SingleChoice || len(d.Values) != 2 || d.Values[0].Code != "TEA" || d.Values[0].Label != "Tea" || d.Values[0].Retired {
		t.Errorf("stored %+v", d)
	}

	// Renamed, and a value retired; what is used stays.
	p.Press("Favourite genre")
	p.Heading("Favourite genre")
	p.Fill("Label of value 3", "Jazz and blues")
	p.Check("retired")
	p.Press("Save")
	p.See("Favourite genre saved")
	if d := field("GENRE"); d.Values[2].LabelIn("en") != "Jazz and blues" || d.Values[2].Labels["fr"] != "Jazz" || !d.Values[0].Retired || d.Values[1].Retired {
		t.Errorf("stored %+v", d.Values)
	}
	p.Press("Favourite genre")
	p.Press("Delete")
	p.See("This is only possible while no contact has or had a value in it.")
	p.Press("Delete")
	p.See("GENRE cannot be deleted: contacts have or had values in it.")
	p.Press("Cancel")
	p.Press("Favourite drink")
	p.Press("Delete")
	p.Press("Delete")
	p.See("Favourite drink deleted")
	p.Press("New authorisation")
	p.Fill("Code", "SMS")
	p.Fill("Label", "Contact by text message")
	p.Press("Save")
	p.See("Contact by text message saved")
	if d := field("SMS"); d.Kind != domain.Authorisation {
		t.Errorf("stored %+v", d)
	}

	// The CSV goes out and comes back changed.
	p.Press("Download CSV")
	csv := string(download())
	for _, line := range []string{"\ufefffield code,field label,kind,value code,value label,retired\r\n", "GENRE,Favourite genre,choice,JAZZ,Jazz and blues,\r\n", "GENRE,Favourite genre,choice,CLASSICAL,Classical music,true\r\n", "SMS,Contact by text message,authorisation,,,\r\n"} {
		if !strings.Contains(csv, line) {
			t.Errorf("the CSV lacks %q", line)
		}
	}
	p.Upload("values.csv", []byte(csv))
	p.See("The file says what the catalogue says already.")
	p.Press("Close")
	p.FocusIs("button Download CSV")
	p.Eval("document.activeElement.blur()", nil)
	p.Upload("values.csv", []byte(csv))
	p.See("The file says what the catalogue says already.")
	p.Press("Close")
	p.FocusIs("h1 Catalogue")
	// A template's values.csv has labels in its reader's language.
	p.Upload("values.csv", []byte("field code,field label,kind,value code,value label\r\nSEGMENT,Segment,choice,PRESS,Presse\r\nZONE,Platzzone,choice,1,Parkett\r\n"))
	p.See("The file says what the catalogue says already.")
	p.Press("Close")
	changed := strings.Replace(csv, "choice,ROCK,Rock,", "choice,ROCK,Rock and pop,\r\nGENRE,Favourite genre,choice,SOUL,Soul,", 1) + "VEGAN,Eats vegan,yesno,,,\r\n"
	p.Upload("values.csv", []byte(changed))
	p.See("Rock → Rock and pop · + SOUL")
	p.Press("Apply 2 changes")
	p.See("2 changes applied")
	p.See("Eats vegan")
	called := func(d domain.FieldDef, code string) string {
		c, _ := d.Choice(code)
		return c.LabelIn("en")
	}
	if d := field("GENRE"); called(d, "SOUL") != "Soul" || called(d, "ROCK") != "Rock and pop" || !d.Values[0].Retired {
		t.Errorf("stored %+v", d.Values)
	}
	p.Upload("values.csv", []byte("field code,kind,value code\r\nGENRE,text,\r\nbad code,choice,X\r\n"))
	p.See("Nothing was changed: there are 2 mistakes in the file")
	p.See("GENRE: the kind cannot be changed.")
	p.See("“bad code” is not a code: 1 to 40 of A–Z, 0–9 and _.")
	p.Press("Close")
}

func TestValues(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	p := browser.New(t).Page(browser.Options{})
	download := p.Downloads()
	signedIn(s, p, "viewer@aurora.example")
	p.Press("Access criterion values")
	p.Heading("Access criterion values")
	p.See("Copy all 11 codes")
	p.Fill("Search labels and codes", "theatre")
	p.Gone("Contact by post")
	p.See("Favourite genre")
	p.Press("Copy the code THEATRE of Theatre")
	p.See("THEATRE copied")
	if got := p.Clipboard(); got != "THEATRE" {
		t.Errorf("copied %q", got)
	}
	p.Fill("Search labels and codes", "segment")
	p.Gone("Favourite genre")
	p.Press("Copy all 6 codes")
	p.See("6 codes copied")
	if got := p.Clipboard(); got != "REGULAR\nOCCASIONAL\nPATRON\nPRESS\nSCHOOL\nLAPSED" {
		t.Errorf("copied %q", got)
	}
	p.Fill("Search labels and codes", "parkett") // a value is found by its label in any language
	p.See("Stalls")
	p.Gone("Segment")
	p.Fill("Search labels and codes", "xyz")
	p.See("Nothing found for “xyz”")
	p.Press("Download CSV")
	if csv := string(download()); !strings.Contains(csv, "SEGMENT,Segment,choice,GOLD,Gold card,true\r\n") {
		t.Errorf("the CSV is\n%s", csv)
	}

	// In another language values are called otherwise, also in a condition.
	q := browser.New(t).Page(browser.Options{Language: "de-DE"})
	q.Open(s.URL)
	q.Press("Anmelden")
	q.SignIn("admin@aurora.example", dev.Password)
	q.Heading("Importe")
	q.Go("#/values")
	q.See("Parkett")
	q.Go("#/targets/new")
	q.Choose("Feld von Vergleich 1", "Platzzone")
	q.Choose("Wert von Vergleich 1", "Parkett")
	q.Go("#/catalogue/criteria/ZONE")
	q.Press("Bezeichnungen in anderen Sprachen") // closes those of the field
	q.Press("Wert 1 in anderen Sprachen")
	q.Fill("Français", "Orchestre")
	q.Press("Speichern")
	q.See("gespeichert")
	cat, err := s.Catalogue.Catalogue(t.Context(), "aurora")
	if err != nil {
		t.Fatal(err)
	}
	if zone, _ := cat.Lookup("criterion:ZONE"); zone.Values[0].LabelIn("fr") != "Orchestre" || zone.Values[0].LabelIn("de") != "Parkett" || zone.Values[0].Label != "Stalls" {
		t.Errorf("stored %+v", zone.Values[0])
	}
}

// Ten thousand imports and a hundred thousand problems are shown a page at a
// time: what the browser holds does not grow with them.
func TestLongLists(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	p := browser.New(t).Page(browser.Options{})
	for n := range 10000 {
		i := domain.Import{ID: uuid.Must(uuid.NewV7()).String(), Institution: "aurora", FileName: fmt.Sprintf("list-%05d.csv", n), DataType: domain.Criteria, Action: domain.Test, Status: domain.Done,
			Counts: domain.Counts{Rows: n, Updated: n}, CreatedBy: "operator@aurora.example", CreatedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}
		if n == 17 {
			i.FileName = "the-needle.csv"
		}
		if _, _, err := s.Jobs.CreateImport(t.Context(), i, domain.Once{}, ""); err != nil {
			t.Fatal(err)
		}
	}
	rows := func() (n int) { p.Eval("document.querySelectorAll('tbody tr').length", &n); return n }
	signedIn(s, p, "operator@aurora.example")
	p.See("list-09999.csv")
	if n := rows(); n != 50 {
		t.Errorf("%d rows", n)
	}
	p.Press("Next")
	p.See("list-09949.csv")
	p.See("Page 2")
	p.Press("Next")
	p.See("list-09899.csv")
	p.Press("Previous")
	p.See("list-09949.csv")
	if n := rows(); n != 50 {
		t.Errorf("%d rows", n)
	}
	// Back from an import leads to where it was found.
	p.Press("list-09949.csv")
	p.Heading("list-09949.csv")
	p.Eval("history.back()", nil)
	p.See("Page 2")
	p.See("list-09949.csv")
	p.Fill("Search by file name", "NEEDLE")
	p.See("the-needle.csv")
	if n := rows(); n != 1 {
		t.Errorf("%d rows are found", n)
	}
	p.Press("the-needle.csv")
	p.Heading("the-needle.csv")
	p.Eval("history.back()", nil)
	p.See("the-needle.csv")
	if got := p.Value("Search by file name"); got != "NEEDLE" {
		t.Errorf("the search is %q", got)
	}
	p.Press("Criterion values")
	p.Press("Imports")
	p.See("list-09999.csv")
	p.Fill("Search by file name", "NEEDLE")
	p.See("the-needle.csv")
	p.Fill("Search by file name", "")
	p.See("list-09999.csv")

	// What is wrong is the same in all rows, or another thing in each.
	much := func(a domain.Action, wrong func(n int) string) domain.Import {
		var file bytes.Buffer
		file.WriteString("Contact,[new] GENRE,[new] SUBSCRIBER\r\n")
		n := 0
		for c := range s.Contacts.All(t.Context(), "aurora") { // else the file would be nobody's
			fmt.Fprintf(&file, "#%s,%s\r\n", c.Number, wrong(n))
			n++
		}
		for range 49800 {
			fmt.Fprintf(&file, "#77%05d,%s\r\n", n, wrong(n))
			n++
		}
		i, err := s.Import(t.Context(), domain.Import{Institution: "aurora", FileName: "much.csv", DataType: domain.Criteria, Action: a, Recipe: domain.Recipe{OnConflict: domain.Skip}, CreatedBy: "operator@aurora.example", Language: "en"}, file.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if i.ProblemsAll < 100000 {
			t.Fatalf("%s with %d problems: %+v", i.Status, i.ProblemsAll, i.Problem)
		}
		return i
	}
	p.Go("#/imports/" + much(domain.Test, func(int) string { return "JAZZZ,perhaps" }).ID)
	p.See("50,000 rows cannot go in as they are")
	p.See("Replace by Jazz in 50,000 rows")
	if n := rows(); n > 100 {
		t.Errorf("%d rows", n)
	}
	p.Go("#/imports/" + much(domain.Update, func(n int) string { return fmt.Sprintf("JAZZZ%d,perhaps%d", n, n) }).ID)
	p.See("100,000 problems")
	if n := rows(); n > 100 {
		t.Errorf("%d rows", n)
	}
	p.Choose("Field", "Season subscriber")
	p.Gone("is not a value of GENRE")
	p.See("is neither true nor false")
	for n := 2; n < 5; n++ {
		p.Press("Next")
		p.See(fmt.Sprintf("Page %d", n))
	}
	p.Choose("Outcome", "Rejected")
	p.See("Page 1")
	if n := rows(); n > 100 {
		t.Errorf("%d rows", n)
	}
}

// Each language is chosen by the browser or by hand, and remembered.
func TestLanguages(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	imports := sample(t, s)
	var file bytes.Buffer
	file.WriteString("Contact,[new] GENRE\r\n#999999999,JAZZ\r\n") // one row is wrong in one way, two in another
	for c := range s.Contacts.All(t.Context(), "aurora") {
		fmt.Fprintf(&file, "#%s,JAZZZ\r\n", c.Number)
		if bytes.Count(file.Bytes(), []byte("JAZZZ")) == 2 {
			break
		}
	}
	wrong, err := s.Import(t.Context(), domain.Import{Institution: "aurora", FileName: "wrong.csv", DataType: domain.Criteria, Action: domain.Update, Recipe: domain.Recipe{OnConflict: domain.Skip}, CreatedBy: "operator@aurora.example", Language: "en"}, file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	b := browser.New(t)
	keys := words(t, "en")
	key := regexp.MustCompile(`\b[a-z]+\.[a-z]+(\.[a-zA-Z]+)*\b`)
	for lang, x := range map[string]struct{ browser, signIn, imports, number, when string }{
		"en": {"en-GB", "Sign in", "Imports", "61,234", "5 Mar 2026 15:07"},
		"fr": {"fr-CH", "Se connecter", "Imports", "61\u202f234", "5 mars 2026 15:07"},
		"de": {"de-AT", "Anmelden", "Importe", "61\u00a0234", "05.03.2026 15:07"},
		"it": {"it-IT", "Accedi", "Importazioni", "61.234", "5 mar 2026 15:07"},
		"es": {"es-ES", "Iniciar sesión", "Importaciones", "61.234", "5 mar 2026 15:07"},
	} {
		t.Run(lang, func(t *testing.T) {
			p := b.Page(browser.Options{Language: x.browser})
			p.Open(s.URL)
			p.Press(x.signIn)
			p.SignIn("admin@aurora.example", dev.Password)
			p.Heading(x.imports)
			p.See(x.number)
			p.See(x.when)
			for _, hash := range []string{"imports", "new", "imports/" + imports["test"].ID, "imports/" + imports["update"].ID, "imports/" + imports["rejected"].ID, "imports/" + imports["running"].ID,
				"templates", "templates/new", "values", "targets", "targets/new", "contacts", "catalogue", "catalogue/criteria/GENRE", "catalogue/criteria/new"} {
				p.Go("#/" + hash)
				p.Settled()
				p.Eval("document.querySelectorAll('details').forEach((d) => { if (!d.closest('.bar, td')) d.open = true; })", nil)
				var text string
				p.Eval("document.querySelector('main').innerText", &text)
				for _, k := range key.FindAllString(text, -1) {
					if _, is := keys[k]; is {
						t.Errorf("%s shows the key %s", hash, k)
					}
				}
			}
			p.Go("#/imports/" + wrong.ID)
			var got string
			p.Eval("document.documentElement.lang", &got)
			if got != lang {
				t.Errorf("the page's language is %q", got)
			}
			rows := map[string][2]string{"en": {"Rejected", "Rejected"}, "fr": {"Rejetée", "Rejetées"}, "de": {"Abgelehnt", "Abgelehnt"}, "it": {"Rifiutata", "Rifiutate"}, "es": {"Rechazada", "Rechazadas"}}[lang]
			p.SeeIn(".problems tr:has(.line-word) .badge.red", rows[0])
			p.SeeIn(".problems tr:not(:has(.line-word)) .badge.red", rows[1])
			if lang != "en" {
				p.See(map[string]string{"fr": "n’est pas une valeur de", "de": "ist kein Wert von", "it": "non è un valore di", "es": "no es un valor de"}[lang])
			}
		})
	}

	t.Run("goes with the user", func(t *testing.T) {
		p := b.Page(browser.Options{Language: "en-GB"})
		p.Open(s.URL)
		p.Choose("Language", "Deutsch") // before anybody is signed in
		p.Press("Anmelden")
		p.SignIn("operator@aurora.example", dev.Password)
		p.Heading("Importe")
		elsewhere := b.Page(browser.Options{Language: "en-GB"})
		elsewhere.Open(s.URL)
		elsewhere.Press("Sign in")
		elsewhere.SignIn("operator@aurora.example", dev.Password)
		elsewhere.Heading("Importe")
		elsewhere.Eval("document.querySelector('.account').open = true", nil)
		elsewhere.Choose("Sprache", "Italiano")
		elsewhere.Heading("Importazioni")
		p.Open(s.URL)
		p.Heading("Importazioni")
	})
	t.Run("chosen by hand", func(t *testing.T) {
		p := b.Page(browser.Options{Language: "pt-BR"})
		p.Open(s.URL)
		p.See("Sign in")
		p.Choose("Language", "Deutsch")
		p.See("Anmelden")
		p.Choose("Darstellung", "Dunkel")
		p.Open(s.URL)
		p.See("Anmelden")
		var theme string
		p.Eval("document.documentElement.dataset.theme", &theme)
		if theme != "dark" {
			t.Errorf("the theme is %q", theme)
		}
	})
}

// An administrator whose institution is new sets it up in the browser.
func TestSetUp(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	b := browser.New(t)
	if err := s.Catalogue.PutSettings(t.Context(), "aurora", domain.Settings{Name: "Old name", Language: "en", Separator: ",", Country: "GB"}); err != nil {
		t.Fatal(err)
	}
	p := b.Page(browser.Options{})
	signedIn(s, p, "admin@aurora.example")
	p.Go("#/settings")
	p.Fill("Name of the institution", "Aurora Theatre and Museum")
	p.Check("semicolon")
	p.Fill("Country", "ch")
	p.Fill("Titles", "Ms\nMr\n\nDr ")
	p.Press("Save")
	p.See("Settings saved")
	p.See("Aurora Theatre and Museum")
	cat, err := s.Catalogue.Catalogue(t.Context(), "aurora")
	if err != nil {
		t.Fatal(err)
	}
	if got := cat.Settings; got.Name != "Aurora Theatre and Museum" || got.Language != "en" || got.Separator != ";" || got.Country != "CH" || !slices.Equal(got.Titles, []string{"Ms", "Mr", "Dr"}) {
		t.Errorf("stored %+v", got)
	}

	p = b.Page(browser.Options{})
	p.Allow("403")
	p.Open(s.URL)
	p.Press("Sign in")
	p.SignIn("admin@cygnus.example", dev.Password)
	p.Heading("Set up your institution")
	p.Fill("Name of the institution", "Cygnus Club")
	p.Fill("Country", "fr")
	p.Press("Save")
	p.Heading("Imports")
	p.See("Cygnus Club")
	p.See("No imports yet")
}

// Everything known of the contacts that changed since a day, in one file.
func TestTemplateOfWhatChanged(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	p := browser.New(t).Page(browser.Options{})
	download := p.Downloads()
	signedIn(s, p, "operator@aurora.example")
	for _, c := range []struct {
		since string
		lines int
	}{{"2020-02-29", 201}, {"2099-12-31", 1}} {
		p.Go("#/templates/new")
		p.Heading("Download import template")
		p.Check("Contacts")
		p.Choose("Dynamic target", "Everybody")
		p.Check("Criteria as well")
		p.Check("Authorisations as well")
		p.Eval(`
			const e = document.querySelector('input[type=date]');
			e.value = "`+c.since+`"; e.dispatchEvent(new Event('input', { bubbles: true }));`, nil)
		p.Press("Prepare the template")
		p.See("is ready; its download has started")
		form := unpack(t, download(), "contacts.csv", ',')
		if len(form.rows) != c.lines {
			t.Errorf("since %s: %d lines, want %d", c.since, len(form.rows), c.lines)
		}
		for _, name := range []string{"[old] Last name", "[old] GENRE", "[old] PARTNERS"} {
			if !slices.Contains(form.rows[0], name) {
				t.Errorf("no %s in %q", name, form.rows[0])
			}
		}
	}
	p.See("Changed since 29 Feb 2020")
	p.See("Authorisations as well")
}

// From a target and from a template the next step is at hand, filled in.
func TestTargetsAndTemplatesLeadOn(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	b := browser.New(t)
	p := b.Page(browser.Options{})
	p.Downloads()
	signedIn(s, p, "operator@aurora.example")
	p.Press("Dynamic targets")
	p.Press("Subscribers")
	p.See("contacts match")
	p.Press("Download import template")
	p.Heading("Download import template")
	p.See("contacts match")
	p.Check("CSV and Excel workbook")
	p.Press("Prepare the template")
	p.See("The template “Subscribers” is ready; its download has started")
	p.See("CSV and Excel workbook")
	// The next one is offered as what was taken last.
	p.Go("#/templates/new")
	p.See("Recommended")
	p.Until(`document.querySelector('[name=format]:checked')?.value === 'both'`)
	p.Go("#/imports")
	p.Press("New")
	p.Heading("New import")

	// Who only reads sees the condition, and nothing to change it with.
	v := b.Page(browser.Options{})
	signedIn(s, v, "viewer@aurora.example")
	v.Press("Dynamic targets")
	v.Press("Subscribers")
	v.See("contacts match")
	if v.Sees("Remove comparison 1") {
		t.Error("a viewer is offered to remove a comparison")
	}
	var buttons int
	v.Eval("document.querySelectorAll('.builder button').length", &buttons)
	if buttons != 0 {
		t.Errorf("%d buttons in a condition that cannot be changed", buttons)
	}

	// A comparison that is not finished takes the focus.
	q := b.Page(browser.Options{})
	signedIn(s, q, "admin@aurora.example")
	q.Go("#/targets/new")
	q.Fill("Name", "Half")
	q.Choose("Field of comparison 1", "Favourite genre")
	q.Press("Save")
	q.See("Complete every comparison, or remove it.")
	q.FocusIs("select-one Value of comparison 1")
}

// Codes and labels may be as long as they can be, and many.
func TestLongCodesAndManyValues(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	many := domain.FieldDef{Code: "MANY", Label: "Many values", Kind: domain.SingleChoice}
	for n := range 500 {
		many.Values = append(many.Values, domain.Choice{Code: fmt.Sprintf("V%d", n), Label: fmt.Sprintf("Value %d", n)})
	}
	for _, d := range []domain.FieldDef{many, {Code: strings.Repeat("X", 40), Label: strings.Repeat("W", 100), Kind: domain.MultiChoice,
		Values: []domain.Choice{{Code: strings.Repeat("Y", 40), Label: strings.Repeat("M", 100)}, {Code: "HTML", Label: "<img src=x onerror=alert(1)>"}, {Code: "RTL", Label: "مرحبا بالعالم"}}}} {
		if err := s.Catalogue.PutField(t.Context(), "aurora", d); err != nil {
			t.Fatal(err)
		}
	}
	long := func(n int, end string) domain.Value { return domain.Value(strings.Repeat("M", n-len(end)) + end) }
	if _, err := s.Contacts.Put(t.Context(), "aurora", domain.Contact{Number: "99999999999999999999", Fields: map[domain.Field]domain.Value{
		"contact:email": long(60, "@example.com"), "contact:lastName": long(100, ""), "contact:city": long(80, ""), "criterion:NOTE": long(250, ""),
	}}, domain.Provenance{By: "colleague", Proof: string(long(250, ""))}); err != nil {
		t.Fatal(err)
	}
	target := domain.Target{ID: "0199eeee-0000-7000-8000-000000000001", Name: strings.Repeat("W", 100), Condition: []byte(`{"all":[]}`), CreatedAt: time.Now()}
	if err := s.Catalogue.PutTarget(t.Context(), "aurora", target); err != nil {
		t.Fatal(err)
	}
	tpl := domain.Template{ID: "0199eeee-0000-7000-8000-000000000002", Institution: "aurora", DataType: domain.Criteria, TargetID: target.ID, TargetName: target.Name, Format: "csv", Language: "en",
		Status: domain.Preparing, CreatedAt: time.Now(), CreatedBy: "operator@aurora.example", ExpiresAt: time.Now().Add(time.Hour)}
	if _, _, err := s.Jobs.CreateTemplate(t.Context(), tpl, domain.Once{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Prepare(t.Context(), tpl); err != nil {
		t.Fatal(err)
	}
	b := browser.New(t)
	a := b.Page(browser.Options{Language: "de-DE"})
	a.Open(s.URL)
	a.Press("Anmelden")
	a.SignIn("admin@aurora.example", dev.Password)
	a.Heading("Importe")
	for _, hash := range []string{"targets", "targets/" + target.ID, "templates", "contacts?q=99999999999999999999", "contacts/99999999999999999999", "contacts/99999999999999999999/edit",
		"catalogue", "catalogue/criteria/" + strings.Repeat("X", 40)} {
		a.Go("#/" + hash)
		a.Settled()
		for _, width := range []int64{1280, 320} {
			a.Look(width, 800, false)
			var out []string
			a.Eval("[...document.querySelectorAll('main *')].filter((e) => e.checkVisibility() && !e.closest('.hidden, .hidden-input, dialog, thead') && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map((e) => e.tagName + ' ' + e.innerText.slice(0, 20))", &out)
			if n := a.Overflow(); n > 0 || len(out) > 0 {
				t.Errorf("%s at %d: %d pixels too wide: %q", hash, width, n, out)
			}
		}
		a.Look(1280, 900, false)
	}

	p := b.Page(browser.Options{})
	signedIn(s, p, "viewer@aurora.example")
	p.Press("Access criterion values")
	p.See("<img src=x onerror=alert(1)>")
	for _, width := range []int64{1280, 320} {
		p.Look(width, 800, false)
		var out []string
		p.Eval("[...document.querySelectorAll('.value-card')].filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.innerText.slice(0, 20))", &out)
		if len(out) > 0 {
			t.Errorf("at %d pixels these stick out of their cards: %q", width, out)
		}
	}
	p.See("Value 49")
	if p.Sees("Value 50") {
		t.Error("500 values are shown at once")
	}
	p.Press("Show all 500")
	p.See("Value 499")
	p.Fill("Search labels and codes", "Value 333")
	p.Gone("Value 49")
	p.See("V333")
}

// What is wrong with a value that is typed is said in the user's language.
func TestTypedValuesAreCorrectedInTheLanguage(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	number := somebody(t, s)
	b := browser.New(t)
	for _, x := range []struct{ browser, signIn, imports, save, says string }{
		{"en-GB", "Sign in", "Imports", "Save", "is no e-mail address"},
		{"fr-FR", "Se connecter", "Imports", "Enregistrer", "n’est pas une adresse e-mail"},
		{"de-DE", "Anmelden", "Importe", "Speichern", "ist keine E-Mail-Adresse: Das @ fehlt."},
	} {
		p := b.Page(browser.Options{Language: x.browser})
		p.Allow("422")
		p.Open(s.URL)
		p.Press(x.signIn)
		p.SignIn("operator@aurora.example", dev.Password)
		p.Heading(x.imports)
		p.Go("#/contacts/" + string(number) + "/edit")
		p.Fill("E-", "nobody")
		p.Press(x.save)
		p.SeeIn(".field-error", x.says)
	}
}
