package importtest_test

import (
	"strings"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

// 79: exports that have several telephones, addresses or persons in a row come in
// without a question. What another column is taken for is said by name, with how
// many cells that leaves out, and the recipe may choose otherwise.
func TestInput79Exports(t *testing.T) {
	for _, c := range []struct {
		name, file string
		holds      map[domain.Field]domain.Value
		spare      []string // in the warning
		instead    []string // in that of second telephones
		recipe     map[string]string
	}{
		{name: "79 telephones and addresses of Outlook",
			file:  "Vorname,Nachname,E-Mail-Adresse,Straße geschäftlich,Ort geschäftlich,Postleitzahl geschäftlich,Straße privat,Ort privat,Postleitzahl privat,Telefon geschäftlich,Telefon privat,Mobiltelefon\nEva,Xaver,eva@list.example,Firmenweg 9,,,Gasse 1,Bern,3011,+41446681800,+41446681801,+41791234567\n",
			holds: map[domain.Field]domain.Value{domain.ContactStreet: "Gasse 1", domain.ContactCity: "Bern", domain.ContactPhone: "+41791234567"},
			spare: []string{"Straße geschäftlich (Street)", "1 cell"}, instead: []string{"\"Telefon geschäftlich\" and \"Telefon privat\"", "in 0 rows", "2 cells"}},
		{name: "79 another telephone by the recipe",
			file:   "Vorname,Nachname,E-Mail-Adresse,Telefon privat,Mobiltelefon\nEva,Xaver,eva@list.example,+41446681801,+41791234567\n",
			recipe: map[string]string{"Telefon privat": "Phone"},
			holds:  map[domain.Field]domain.Value{domain.ContactPhone: "+41446681801"},
			spare:  []string{"Mobiltelefon (Phone)", "1 cell"}},
		{name: "79 a participant and a buyer",
			file:  "Nom participant;Prénom participant;E-mail Participant;Nom acheteur;Prénom acheteur;E-mail Acheteur\nXaver;Eva;eva@list.example;Autre;Max;max@list.example\n",
			holds: map[domain.Field]domain.Value{domain.ContactLastName: "Xaver", domain.ContactFirstName: "Eva"},
			spare: []string{"Nom acheteur (Last name)", "Prénom acheteur (First name)", "E-mail Acheteur (Email)", "3 cells"}},
		{name: "79 a whole name beside its parts",
			file:  "Name,Given Name,Family Name,E-mail 1 - Value\nEva Xaver,Eva,Xaver,eva@list.example\n",
			holds: map[domain.Field]domain.Value{domain.ContactLastName: "Xaver", domain.ContactFirstName: "Eva"},
			spare: []string{"Name"}},
		{name: "79 a header that stands there twice",
			file:   "Titre,Prénom,Nom,Adresse de messagerie,Titre\n,Eva,Xaver,eva@list.example,Directrice\n",
			recipe: map[string]string{"Titre (2)": ""},
			holds:  map[domain.Field]domain.Value{domain.ContactLastName: "Xaver"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := importtest.New(t, 3)
			test := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, c.file, mapped(c.recipe))
			if test.Status != domain.Done || test.Counts.Created != 1 {
				t.Fatalf("%s %+v %+v", test.Status, test.Problem, test.Problems)
			}
			says := warned(test, "columnsSpare")
			for _, s := range c.spare {
				if !strings.Contains(says, s) {
					t.Errorf("%q does not say %q", says, s)
				}
			}
			if (says == "") != (len(c.spare) == 0) {
				t.Errorf("warned: %q", says)
			}
			for _, s := range c.instead {
				if got := warned(test, "columnsInstead"); !strings.Contains(got, s) {
					t.Errorf("%q does not say %q", got, s)
				}
			}
			update := w.Follow(t, test, domain.UpdateOf)
			found, err := w.Contacts.ByEmail(t.Context(), demo.Aurora, []string{"eva@list.example"})
			if err != nil || len(found["eva@list.example"]) != 1 {
				t.Fatal(found, err)
			}
			for f, want := range c.holds {
				if got := w.Value(t, demo.Aurora, found["eva@list.example"][0], f); got != want {
					t.Errorf("%s is %q, want %q", f, got, want)
				}
			}
			if undo := w.Follow(t, update, domain.UndoOf); undo.Counts.Updated != 1 {
				t.Errorf("undo: %+v", undo.Counts)
			}
		})
	}
}

// Two columns that nothing tells apart are asked about, whatever else is settled.
func TestSpareColumnsAreTold(t *testing.T) {
	w := importtest.New(t, 1)
	imp := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, "Nachname,Handy,Natel\nNowak,+41791234567,+41791234568\n")
	if imp.Problem == nil || imp.Problem.Code != "duplicateColumn" {
		t.Errorf("%s %+v", imp.Status, imp.Problem)
	}
	imp = w.Import(t, demo.Aurora, domain.Contacts, domain.Test, "Nachname,Name,Vorname,Vollständiger Name\nNowak,,Ann,Ann Nowak\n3,,Bo,my secret\n")
	h := header(t, imp, "Vollständiger Name")
	if imp.Status != domain.Done || h.By != domain.ByLeftOut || len(h.Samples) > 0 {
		t.Errorf("%s %+v %+v", imp.Status, imp.Problem, imp.Headers)
	}
	if errors := w.File(t, imp, "errors"); strings.Contains(errors, "secret") {
		t.Error(errors)
	}
}
