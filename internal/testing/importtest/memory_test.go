package importtest_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

func remembered(t *testing.T, w *importtest.World) []domain.Mapping {
	t.Helper()
	ms, _, err := w.Mappings.List(t.Context(), demo.Aurora, 100, "")
	if err != nil {
		t.Fatal(err)
	}
	return ms
}

func header(t *testing.T, imp domain.Import, name string) domain.Header {
	t.Helper()
	i := slices.IndexFunc(imp.Headers, func(h domain.Header) bool { return h.Name == name })
	if i < 0 {
		t.Fatalf("there is no header %q in %+v", name, imp.Headers)
	}
	return imp.Headers[i]
}

// What was said of a file's columns is known of the next file with these
// headers, whatever their order, and of no other.
func TestMappingsAreRemembered(t *testing.T) {
	const first = "Kontaktweg;Nachname;Vermerk;Stufe\nann@list.example;Nowak;ring in May;5\n"
	said := mapped(map[string]string{"Kontaktweg": "Email", "Vermerk": "", "stufe": "[new] NOTE"})
	w := importtest.New(t, 3)
	test := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, first, said)
	if test.Status != domain.Done || test.Counts.Created != 1 {
		t.Fatalf("%s %+v %+v", test.Status, test.Problem, test.Counts)
	}
	if ms := remembered(t, w); len(ms) > 0 {
		t.Errorf("a test is remembered: %+v", ms)
	}
	update := w.Follow(t, test, domain.UpdateOf)
	ms := remembered(t, w)
	if len(ms) != 1 || ms[0].Import != update.ID || !maps.Equal(ms[0].Columns, map[string]string{"Kontaktweg": "Email", "Vermerk": "", "Stufe": "[new] NOTE"}) {
		t.Fatalf("%+v", ms)
	}
	if undo := w.Follow(t, update, domain.UndoOf); undo.Status != domain.Done || undo.Counts.Updated != 1 {
		t.Fatalf("%s %+v %+v", undo.Status, undo.Problem, undo.Counts)
	}

	const next = "stufe;NACHNAME;Vermerk;Kontaktweg\n7;Muster;my secret;bob@list.example\nx;Muster;my secret;bad\n"
	again := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, next)
	if again.Status != domain.Done || again.Counts.Created != 1 || again.Counts.Rejected != 1 {
		t.Fatalf("%s %+v %+v", again.Status, again.Problem, again.Problems)
	}
	for name, want := range map[string]domain.Header{"stufe": {By: domain.ByMemory, Column: "[new] NOTE"}, "Vermerk": {By: domain.ByMemory}, "Kontaktweg": {By: domain.ByMemory, Column: "Email"}, "NACHNAME": {By: domain.BySynonym, Column: "Last name"}} {
		if h := header(t, again, name); h.By != want.By || h.Column != want.Column || (want.Column == "") != (len(h.Samples) == 0) {
			t.Errorf("%+v", h)
		}
	}
	if s := warned(again, "columnsRemembered"); !strings.Contains(s, "Kontaktweg → Email") || !strings.Contains(s, "24 November 2026") {
		t.Errorf("%q", s)
	}
	if s := warned(again, "columnsLeftOut"); !strings.Contains(s, "Vermerk") {
		t.Errorf("%q", s)
	}
	if errors := w.File(t, again, "errors"); strings.Contains(errors, "secret") {
		t.Errorf("what is left out is in the error file: %s", errors)
	}
	// The update knows what its test knew.
	if err := w.Mappings.Delete(t.Context(), demo.Aurora, ms[0].ID); err != nil {
		t.Fatal(err)
	}
	if up := w.Follow(t, again, domain.UpdateOf); up.Counts != again.Counts || header(t, up, "Vermerk").By != domain.ByMemory {
		t.Errorf("%s %+v %+v", up.Status, up.Problem, up.Counts)
	}
	if ms := remembered(t, w); len(ms) != 1 || len(ms[0].Columns) != 3 {
		t.Errorf("an update that was read so is not remembered: %+v", ms)
	}

	for name, file := range map[string]string{
		"another header":  "Kontaktweg;Nachname;Vermerk;Stufe;Farbe\nc@list.example;Nowak;x;5;red\n",
		"another's house": next,
	} {
		in := demo.Aurora
		if name == "another's house" {
			in = demo.Borealis
		}
		if imp := w.Import(t, in, domain.Contacts, domain.Test, file); imp.Status != domain.Rejected || imp.Problem.Code != "unknownColumn" {
			t.Errorf("%s: %s %+v", name, imp.Status, imp.Problem)
		}
	}
	if imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Test, next); imp.Status != domain.Rejected {
		t.Errorf("another type of data: %s", imp.Status)
	}
}

// A recipe wins over what is remembered, and what it says is remembered from then
// on together with the rest.
func TestMappingsAreChanged(t *testing.T) {
	const file = "Kontaktweg,Nachname,Stufe\nann@list.example,Nowak,5\n"
	w := importtest.New(t, 3)
	w.Import(t, demo.Aurora, domain.Contacts, domain.Update, file, mapped(map[string]string{"Kontaktweg": "Email", "Stufe": "[new] NOTE"}))
	up := w.Import(t, demo.Aurora, domain.Contacts, domain.Update, file, mapped(map[string]string{"Stufe": ""}))
	if h := header(t, up, "Stufe"); h.By != domain.ByLeftOut {
		t.Errorf("%+v", h)
	}
	if ms := remembered(t, w); len(ms) != 1 || !maps.Equal(ms[0].Columns, map[string]string{"Kontaktweg": "Email", "Stufe": ""}) || ms[0].Import != up.ID {
		t.Errorf("%+v", ms)
	}
}

// A memory that the values speak against, or whose field is gone, is asked about
// anew, and offered.
func TestMappingsThatNoLongerFit(t *testing.T) {
	w := importtest.New(t, 3)
	w.Import(t, demo.Aurora, domain.Contacts, domain.Update, "Weg,Nachname\nann@list.example,Nowak\n", mapped(map[string]string{"Weg": "Email"}))
	imp := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, "Weg,Nachname\nHauptstrasse,Nowak\nNebengasse,Muster\n")
	if imp.Status != domain.Rejected || imp.Problem.Code != "unknownColumn" {
		t.Fatalf("%s %+v", imp.Status, imp.Problem)
	}
	if h := header(t, imp, "Weg"); h.By != domain.ByNone || len(h.Suggestions) == 0 || h.Suggestions[0] != "Email" {
		t.Errorf("%+v", h)
	}
}

// Templates with a column of one's own are known again next month, and files
// whose columns are all known leave nothing to remember.
func TestMappingsOfTemplates(t *testing.T) {
	w := importtest.New(t, 5)
	n := "#" + string(demo.Contact(demo.Aurora, 1).Number)
	w.Import(t, demo.Aurora, domain.Criteria, domain.Update, "Contact,[info] made 2026-10-01T08:00:00Z,[new] GENRE,My notes\n"+n+",,JAZZ,x\n", mapped(map[string]string{"My notes": ""}))
	w.Import(t, demo.Aurora, domain.Contacts, domain.Update, "Email,Last name\nann@list.example,Nowak\n")
	if ms := remembered(t, w); len(ms) != 1 || ms[0].DataType != domain.Criteria {
		t.Errorf("%+v", ms)
	}
	imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Test, "Contact,[info] made 2026-11-01T08:00:00Z,[new] GENRE,My notes\n"+n+",,ROCK,x\n")
	if imp.Status != domain.Done || header(t, imp, "My notes").By != domain.ByMemory {
		t.Errorf("%s %+v", imp.Status, imp.Problem)
	}
}

// How a file is read is remembered with its columns: next month's needs no look, and
// what is chosen anew on the same bytes holds.
func TestReadingIsRemembered(t *testing.T) {
	const first = "Kdnr extern,Nachname,Tel,Umsatz\nX-1,Nowak,01 23 45 67 89,\"1.250\"\nX-2,Muster,,\n"
	w := importtest.New(t, 0)
	spent := domain.FieldDef{Code: "TURNOVER", Label: "Turnover", Kind: domain.Number, Decimals: 3}
	if err := w.Catalogue.PutField(t.Context(), demo.Aurora, spent); err != nil {
		t.Fatal(err)
	}
	columns := map[string]string{"Kdnr extern": "[new] NICKNAME", "Umsatz": "[new] TURNOVER"}
	say := recipe(func(r *domain.Recipe) {
		r.Columns, r.MatchBy, r.DecimalSign, r.Country, r.DateOrder = columns, "NICKNAME", "comma", "FR", "mdy"
	})
	up := w.Import(t, demo.Aurora, domain.Contacts, domain.Update, first, say)
	if up.Counts.Created != 2 {
		t.Fatalf("%+v %+v %v", up.Counts, up.Problem, problems(up))
	}
	want := domain.Reading{DateOrder: "mdy", DecimalSign: "comma", Country: "FR", MatchBy: "NICKNAME"}
	if ms := remembered(t, w); len(ms) != 1 || ms[0].Reading != want {
		t.Fatalf("%+v", ms)
	}
	test := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, first)
	if test.Counts.Unchanged != 2 || test.Reading() != want {
		t.Errorf("%+v %+v %v", test.Counts, test.Recipe, problems(test))
	}
	for _, s := range []string{"24 November 2026", "month first", "comma before", "France", "found by NICKNAME"} {
		if got := warned(test, "readingRemembered"); !strings.Contains(got, s) {
			t.Errorf("%q does not say %q", got, s)
		}
	}
	// The user's own word goes before what is remembered.
	other := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, first, recipe(func(r *domain.Recipe) { r.Country = "GB" }))
	if other.Country != "GB" || other.MatchBy != "NICKNAME" || other.Counts.Rejected != 1 {
		t.Errorf("%+v %+v", other.Counts, other.Recipe)
	}
	// Another recipe for the same bytes is the whole one.
	again := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, first, func(i *domain.Import) { i.Of, i.OfKind, i.Country = test.ID, domain.TestOf, "FR" })
	if again.MatchBy != "" || again.Country != "FR" {
		t.Errorf("%+v", again.Recipe)
	}
	// A criterion that is there no more is not looked for.
	if _, err := w.Mappings.Change(t.Context(), demo.Aurora, remembered(t, w)[0].ID, func(m *domain.Mapping) error {
		m.MatchBy = "GONE"
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	gone := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, first)
	if gone.Status != domain.Done || gone.MatchBy != "" || gone.Country != "FR" {
		t.Errorf("%s %+v %+v", gone.Status, gone.Problem, gone.Recipe)
	}
}
