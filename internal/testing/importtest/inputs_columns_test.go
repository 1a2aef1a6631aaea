package importtest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

func mapped(columns map[string]string) importtest.Option {
	return func(i *domain.Import) { i.Columns = columns }
}

func warned(imp domain.Import, code string) string {
	for _, w := range imp.Warnings {
		if string(w.Code) == code {
			return w.Message("en")
		}
	}
	return ""
}

// 79: lists as people and other programs write their headers come in without a
// question, and the import says how each column was read.
func TestInput79(t *testing.T) {
	for _, c := range []struct{ name, file string }{
		{name: "79 German", file: "Kontakt;E-Mail;Anrede;Vorname;Nachname;Sprache;Geburtsdatum;Telefon;Straße;PLZ;Ort;Land\n;eva@list.example;;Eva;Xaver;de;12.04.1985;;Gasse 1;3011;Bern;CH\n"},
		{name: "79 French", file: "E-mail;Prénom;Nom;Téléphone;Code postal;Ville\neva@list.example;Eva;Xaver;;3011;Bern\n"},
		{name: "79 Italian", file: "Cognome;Nome;Indirizzo e-mail;CAP;Città\nXaver;Eva;eva@list.example;3011;Bern\n"},
		{name: "79 Spanish", file: "Nombre;Apellidos;Correo electrónico;Código postal;Localidad\nEva;Xaver;eva@list.example;3011;Bern\n"},
		{name: "79 other spellings", file: "E-Mail,FirstName,last_name,Zip,Town\neva@list.example,Eva,Xaver,3011,Bern\n"},
		{name: "79 Outlook with its empty columns", file: "First Name,Middle Name,Last Name,Suffix,E-mail Address,Business Phone,Home Phone,Mobile Phone,Home City,Home Postal Code,Notes\nEva,,Xaver,,eva@list.example,,,+41791234567,Bern,3011,\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := importtest.New(t, 3)
			whole(t, w, domain.Contacts, c.file, func(test, _ domain.Import) {
				if test.Status != domain.Done || test.Counts.Created != 1 {
					t.Fatalf("%s %+v %+v %+v", test.Status, test.Counts, test.Problem, test.Problems)
				}
				if warned(test, "columnsRecognised") == "" {
					t.Errorf("nothing is said of how columns were read: %+v", test.Warnings)
				}
				found, err := w.Contacts.ByEmail(t.Context(), demo.Aurora, []string{"eva@list.example"})
				if err != nil || len(found["eva@list.example"]) != 1 {
					t.Fatalf("%v %v", found, err)
				}
				n := found["eva@list.example"][0]
				for f, want := range map[domain.Field]domain.Value{domain.ContactFirstName: "Eva", domain.ContactLastName: "Xaver", domain.ContactPostcode: "3011"} {
					if got := w.Value(t, demo.Aurora, n, f); got != want {
						t.Errorf("%s is %q", f, got)
					}
				}
			})
		})
	}
}

// 79: a full name is never split silently, and a column whose values speak against
// its name is asked about.
func TestInput79Asked(t *testing.T) {
	for _, c := range []struct {
		name, file, column string
		suggestion         string
		look               string // what is said then
		holds              values
	}{
		{name: "79 a full name", file: "Email,Name\na@list.example,Ann Nowak\n", column: "Name", suggestion: "Last name", look: "First name + Last name",
			holds: values{domain.ContactFirstName: "Ann", domain.ContactLastName: "Nowak"}},
		{name: "79 a full name that its header says begins with the last", file: "Cognome e nome,Email\nNowak Ann,a@list.example\n", column: "Cognome e nome", suggestion: "Last name + First name", look: "Last name + First name",
			holds: values{domain.ContactFirstName: "Ann", domain.ContactLastName: "Nowak"}},
		{name: "79 a consent called SMS", file: "Email,Last name,SMS\na@list.example,Nowak,oui\nb@list.example,Muster,non\n", column: "SMS", suggestion: "", look: "[new] PHONE",
			holds: values{phoneConsent: domain.True}},
		{name: "79 addresses under another name", file: "Last name,Kontaktweg\nNowak,a@list.example\n", column: "Kontaktweg", suggestion: "Email", look: "Email",
			holds: values{domain.ContactLastName: "Nowak"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := importtest.New(t, 1)
			whole(t, w, domain.Contacts, c.file, func(imp, _ domain.Import) {
				if imp.Status != domain.Rejected || imp.Problem.Code != "unknownColumn" {
					t.Fatalf("%s %+v", imp.Status, imp.Problem)
				}
				i := slices.IndexFunc(imp.Headers, func(h domain.Header) bool { return h.Name == c.column })
				if i < 0 || imp.Headers[i].By != domain.ByNone || len(imp.Headers[i].Samples) == 0 ||
					c.suggestion != "" && !slices.Contains(imp.Headers[i].Suggestions, c.suggestion) {
					t.Errorf("%+v", imp.Headers)
				}
			})
			whole(t, w, domain.Contacts, c.file, func(_, up domain.Import) {
				found, err := w.Contacts.ByEmail(t.Context(), demo.Aurora, []string{"a@list.example"})
				if err != nil || len(found["a@list.example"]) != 1 || up.Counts.Created != up.Counts.Rows {
					t.Fatalf("%+v %+v %v %v", up.Counts, up.Problem, found, err)
				}
				for f, want := range c.holds {
					if got := w.Value(t, demo.Aurora, found["a@list.example"][0], f); got != want {
						t.Errorf("%s is %q", f, got)
					}
				}
			}, mapped(map[string]string{c.column: c.look}))
		})
	}
}

// 80: columns that nobody knows are shown with samples; once they are mapped or
// left out the same bytes come in, and nothing of a left-out column is stored.
func TestInput80(t *testing.T) {
	t.Run("80", func(t *testing.T) {
		const file = "E-Mail;Surname;Remarks;Rating\nann@list.example;Nowak;call back in May;5\nbad;Muster;also secret;4\n"
		w := importtest.New(t, 3)
		asked := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, file)
		if asked.Status != domain.Rejected || asked.Problem.Code != "unknownColumn" || len(asked.Headers) != 4 {
			t.Fatalf("%s %+v %+v", asked.Status, asked.Problem, asked.Headers)
		}
		if h := asked.Headers[2]; h.By != domain.ByNone || !slices.Equal(h.Samples, []string{"call back in May", "also secret"}) {
			t.Errorf("%+v", h)
		}
		if h := asked.Headers[1]; h.By != domain.BySynonym || h.Column != "Last name" {
			t.Errorf("%+v", h)
		}
		whole(t, w, domain.Contacts, file, func(test, up domain.Import) {
			if test.Status != domain.Done || test.Counts.Created != 1 || test.Counts.Rejected != 1 {
				t.Fatalf("%s %+v %+v %+v", test.Status, test.Counts, test.Problem, test.Problems)
			}
			if h := test.Headers[2]; h.By != domain.ByLeftOut || len(h.Samples) > 0 {
				t.Errorf("%+v", h)
			}
			if h := test.Headers[3]; h.By != domain.ByGiven || h.Column != "[new] NOTE" {
				t.Errorf("%+v", h)
			}
			if !strings.Contains(warned(test, "columnsLeftOut"), "Remarks") {
				t.Errorf("%+v", test.Warnings)
			}
			errors := w.File(t, test, "errors")
			if head, _, _ := strings.Cut(errors, "\n"); !strings.HasPrefix(head, "Email,Last name,[new] NOTE,[error] line") && !strings.HasPrefix(head, "Email;Last name;[new] NOTE;[error] line") {
				t.Errorf("the error file does not come in again as it is: %s", head)
			}
			for _, name := range []string{"errors", "changes", "undo"} {
				if s := w.File(t, up, name); strings.Contains(s, "secret") || strings.Contains(s, "back in May") {
					t.Errorf("%s.csv has what was left out: %s", name, s)
				}
			}
			found, err := w.Contacts.ByEmail(t.Context(), demo.Aurora, []string{"ann@list.example"})
			if err != nil || len(found["ann@list.example"]) != 1 {
				t.Fatal(found, err)
			}
			for f, want := range map[domain.Field]domain.Value{domain.ContactLastName: "Nowak", note: "5"} {
				if got := w.Value(t, demo.Aurora, found["ann@list.example"][0], f); got != want {
					t.Errorf("%s is %q", f, got)
				}
			}
		}, mapped(map[string]string{"remarks": "", "Rating": "[new] NOTE"}))
	})
}

// 80: a header of which nobody knows a column is one all the same: it is shown with
// its samples, and known of the next file.
func TestInput80Unknown(t *testing.T) {
	t.Run("80 a language that nobody here speaks", func(t *testing.T) {
		const file = "Imię;Nazwisko;Poczta;Urodziny\nNora;Brunner;nora@list.example;25.12.1985\nEmil;Sommer;emil@list.example;03.04.1990\n"
		w := importtest.New(t, 0)
		asked := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, file)
		if asked.Problem == nil || asked.Problem.Code != "unknownColumn" || len(asked.Headers) != 4 ||
			!slices.Contains(header(t, asked, "Poczta").Suggestions, "Email") || !slices.Contains(header(t, asked, "Urodziny").Suggestions, "Birth date") {
			t.Fatalf("%+v %+v", asked.Problem, asked.Headers)
		}
		look := map[string]string{"Imię": "First name", "Nazwisko": "Last name", "Poczta": "Email", "Urodziny": "Birth date"}
		whole(t, w, domain.Contacts, file, func(_, up domain.Import) {
			if up.Counts.Created != 2 {
				t.Fatalf("%+v %+v", up.Counts, up.Problem)
			}
			found, err := w.Contacts.ByEmail(t.Context(), demo.Aurora, []string{"nora@list.example"})
			if err != nil || len(found["nora@list.example"]) != 1 || w.Value(t, demo.Aurora, found["nora@list.example"][0], domain.ContactBirthDate) != "1985-12-25" {
				t.Error(found, err)
			}
			next := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, file)
			if next.Counts.Unchanged != 2 || header(t, next, "Poczta").By != domain.ByMemory {
				t.Errorf("%+v %+v", next.Counts, next.Problem)
			}
		}, mapped(look))
	})
	for name, file := range map[string]string{
		"80 rows alone":                "Nora;Brunner;nora@list.example;25.12.1985\nEmil;Sommer;emil@list.example;03.04.1990\n",
		"80 rows of words without one": "Nora;Brunner;Bern\nEmil;Sommer;Chur\n",
	} {
		t.Run(name, func(t *testing.T) {
			w := importtest.New(t, 0)
			whole(t, w, domain.Contacts, file, func(imp, _ domain.Import) {
				if imp.Problem == nil || imp.Problem.Code != "noHeader" {
					t.Errorf("%s %+v", imp.Status, imp.Problem)
				}
			})
		})
	}
}

// A column without any value is left out, also where it shows only at the end
// that it has one.
func TestBlankColumns(t *testing.T) {
	w := importtest.New(t, 1)
	var rows strings.Builder
	rows.WriteString("Email,Last name,Remarks\n")
	for range 300 {
		rows.WriteString(",Nowak,\n")
	}
	if imp := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, rows.String()); imp.Status != domain.Done || warned(imp, "columnsLeftOut") == "" {
		t.Errorf("%s %+v %+v", imp.Status, imp.Problem, imp.Warnings)
	}
	unnamed := strings.Replace(rows.String(), "Email,Last name,Remarks", "Email,,Last name", 1)
	unnamed = strings.ReplaceAll(unnamed, ",Nowak,", ",,Nowak")
	if imp := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, unnamed); imp.Status != domain.Done || warned(imp, "columnsLeftOut") != "" {
		t.Errorf("%s %+v %+v", imp.Status, imp.Problem, imp.Warnings)
	}
	if imp := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, unnamed+",late,Nowak\n"); imp.Problem == nil || imp.Problem.Message("en") != "Line 1, column 2 has no name. Give it its name back, or remove the column." {
		t.Errorf("%s %+v", imp.Status, imp.Problem)
	}
	rows.WriteString(",Nowak,late\n")
	if imp := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, rows.String()); imp.Status != domain.Rejected || imp.Problem.Code != "unknownColumn" || !strings.Contains(imp.Problem.Message("en"), "302") {
		t.Errorf("%s %+v", imp.Status, imp.Problem)
	}
}

// 81: two headers that mean one column are both named, until one is left out.
func TestInput81(t *testing.T) {
	t.Run("81", func(t *testing.T) {
		const file = "Email,Courriel,Last name\na@list.example,b@list.example,Nowak\n"
		w := importtest.New(t, 1)
		whole(t, w, domain.Contacts, file, func(imp, _ domain.Import) {
			if imp.Problem == nil || imp.Problem.Code != "duplicateColumn" || !strings.Contains(imp.Problem.Message("en"), "Email") || !strings.Contains(imp.Problem.Message("en"), "Courriel") {
				t.Errorf("%+v", imp.Problem)
			}
		})
		whole(t, w, domain.Contacts, file, func(_, up domain.Import) {
			found, err := w.Contacts.ByEmail(t.Context(), demo.Aurora, []string{"a@list.example", "b@list.example"})
			if err != nil || up.Counts.Created != 1 || len(found["a@list.example"]) != 0 || len(found["b@list.example"]) != 1 {
				t.Errorf("%+v %+v %v %v", up.Counts, up.Problem, found, err)
			}
		}, mapped(map[string]string{"Email": ""}))
	})
}

// A column without a name that has values is one that nobody knows: it is shown, and a
// recipe says what it is for by its place; at the right of the header too.
func TestColumnsWithoutAName(t *testing.T) {
	sheet := func(rows ...[]any) string { return edited(t, rows, func(*excelize.File) error { return nil }) }
	for name, c := range map[string]struct{ file, as string }{
		"at the right":                 {"Contact,Email,\n#0000001,mia@list.example,note\n#0000002,ida@list.example,\n", "(3)"},
		"at the right, in one row":     {"Contact,Email,\n#0000001,mia@list.example,note\n", "(3)"},
		"between others":               {"Contact,,Email\n#0000001,note,mia@list.example\n", "(2)"},
		"behind blank ones":            {"Contact,Email,,\n#0000001,mia@list.example,,note\n", "(4)"},
		"at the right, in a workbook":  {sheet([]any{"Contact", "Email"}, []any{"#0000001", "mia@list.example", "note"}, []any{"#0000002", "", "x"}), "(3)"},
		"between others of a workbook": {sheet([]any{"Contact", "", "Email"}, []any{"#0000001", "note", "mia@list.example"}), "(2)"},
	} {
		t.Run(name, func(t *testing.T) {
			w := fixture(t)
			whole(t, w, domain.Contacts, c.file, func(imp, _ domain.Import) {
				if imp.Problem == nil || !strings.Contains(imp.Problem.Message("en"), "column "+strings.Trim(c.as, "()")+" has no name") {
					t.Fatalf("%s %+v", imp.Status, imp.Problem)
				}
				if h := header(t, imp, c.as); h.By != domain.ByNone || h.Samples[0] != "note" {
					t.Errorf("%+v", h)
				}
			})
			for column, want := range map[string]domain.Value{"": "", "[new] NOTE": "note"} {
				whole(t, w, domain.Contacts, c.file, func(_, up domain.Import) {
					if got := w.Value(t, demo.Aurora, "0000001", note); got != want || up.Counts.Rejected > 0 || w.Value(t, demo.Aurora, "0000001", domain.ContactEmail) != "mia@list.example" {
						t.Errorf("%q %+v %+v %v", got, up.Counts, up.Problem, problems(up))
					}
				}, mapped(map[string]string{c.as: column}))
			}
			// The next file alike is read so.
			next := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, c.file)
			if next.Status != domain.Done || header(t, next, c.as).By != domain.ByMemory {
				t.Errorf("%s %+v %+v", next.Status, next.Problem, next.Headers)
			}
		})
	}
	// A row that is longer than the others is at fault itself.
	w := fixture(t)
	imp := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, "Contact,Email\n#0000001,mia@list.example\n#0000002,ida@list.example,note\n#0000003,eva@list.example\n")
	if d := cmp.Diff([]string{"3 rejected wrongCellCount "}, problems(imp)); d != "" {
		t.Errorf("%s %+v", d, imp.Problem)
	}
}

// What is wrong with a column is said by where it stands in the file, whatever is left
// out before it.
func TestColumnsAreNumberedAsInTheFile(t *testing.T) {
	for _, c := range []struct{ file, says string }{
		{"Blank,Notes,Email,Courriel,Last name\n,x,a@list.example,b@list.example,Nowak\n", `the columns 3 ("Email") and 4 ("Courriel")`},
		{"Blank,Notes,Email,Stufe\n,x,a@list.example,5\n", `Line 1, column 4: "Stufe"`},
		{"Blank,Notes,,Email\n,x,y,a@list.example\n", "Line 1, column 3 has no name"},
	} {
		w := importtest.New(t, 0)
		imp := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, c.file, mapped(map[string]string{"Notes": ""}))
		if imp.Problem == nil || !strings.Contains(imp.Problem.Message("en"), c.says) {
			t.Errorf("%+v does not say %q", imp.Problem, c.says)
		}
	}
}

// Criteria and authorisations: a column named by a code or a label is what it
// should become, one's own notes are left out.
func TestColumnsOfOtherData(t *testing.T) {
	w := importtest.New(t, 5)
	imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Test, "Kundennummer,Favourite genre,My notes\n#"+string(demo.Contact(demo.Aurora, 1).Number)+",JAZZ,x\n", mapped(map[string]string{"My notes": ""}))
	if imp.Status != domain.Done || imp.Headers[0].Column != "Contact" || imp.Headers[1].Column != "[new] GENRE" || imp.Counts.Rejected > 0 {
		t.Errorf("%s %+v %+v %+v", imp.Status, imp.Problem, imp.Headers, imp.Problems)
	}
}
