package importtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

var (
	givenNames  = []string{"Nora", "Emil", "Léa", "Jonas", "Ida", "Félix", "Greta", "Karl", "Mila", "Otto", "Clara", "Hugo", "Elsa", "Anton", "Zoë", "Björn", "Inès", "Paul", "Rosa", "Ugo"}
	familyNames = []string{"Brunner", "Sommer", "Winkler", "Falk", "Lindner", "Auer", "Kessler", "Moser", "Hartwig", "Seidel"}
)

// secret is in each cell of a column that is left out.
const secret = "vertraulich"

// one is the i-th made-up person, from 0.
func one(i int) (given, family string) {
	return givenNames[i%len(givenNames)], familyNames[i/len(givenNames)%len(familyNames)]
}

// export is how a system writes a list of people, and what a look at its columns
// says of them.
type export struct {
	name  string
	head  string
	row   func(i int) string
	look  map[string]string             // nil where nothing is asked
	holds map[domain.Field]domain.Value // of the person 7
}

func mail(i int) string { return fmt.Sprintf("person%d@list.example", i) }

func exports() []export {
	left := func(names ...string) map[string]string {
		m := map[string]string{}
		for _, n := range names {
			m[n] = ""
		}
		return m
	}
	return []export{
		{name: "Mailchimp", head: `"Email Address","First Name","Last Name",MEMBER_RATING,OPTIN_TIME,CC,REGION,LEID,NOTES,TAGS`,
			row: func(i int) string {
				g, f := one(i)
				return fmt.Sprintf(`%s,%s,%s,4,"2024-02-%02d 10:11:12",CH,BE,%d,%s,"""Abo"",""%s"""`, mail(i), g, f, 1+i%28, 500000+i, secret, secret)
			},
			look:  left("MEMBER_RATING", "OPTIN_TIME", "CC", "REGION", "LEID", "NOTES", "TAGS"),
			holds: map[domain.Field]domain.Value{domain.ContactFirstName: "Karl", domain.ContactLastName: "Brunner", domain.ContactCountry: ""}},
		{name: "Brevo", head: "EMAIL;PRENOM;NOM;SMS;EMAIL_BLACKLISTED;ADDED_TIME",
			row: func(i int) string {
				g, f := one(i)
				return fmt.Sprintf("%s;%s;%s;+3361%07d;%s;0%d-03-2024 09:14", mail(i), g, f, 1100000+i, secret, 1+i%9)
			},
			look:  left("EMAIL_BLACKLISTED", "ADDED_TIME"),
			holds: map[domain.Field]domain.Value{domain.ContactFirstName: "Karl", domain.ContactPhone: "+33611100007"}},
		{name: "HubSpot", head: "Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,Street Address,City,Postal Code,Country/Region,Lifecycle Stage,Create Date",
			row: func(i int) string {
				g, f := one(i)
				return fmt.Sprintf("%d,%s,%s,%s,,+4179%07d,Gasse %d,Bern,%d,Switzerland,%s,2024-03-12 09:14", 51000000+i, g, f, mail(i), 1234500+i, i+1, 3001+i%20, secret)
			},
			look:  left("Lifecycle Stage", "Create Date"),
			holds: map[domain.Field]domain.Value{domain.ContactStreet: "Gasse 8", domain.ContactCountry: "CH", domain.ContactPhone: "+41791234507"}},
		{name: "Salesforce", head: `"Salutation","First Name","Last Name","Title","Mailing Street","Mailing City","Mailing Zip/Postal Code","Mailing Country","Phone","Email","Account Name","Lead Source"`,
			row: func(i int) string {
				g, f := one(i)
				return fmt.Sprintf(`"Ms","%s","%s","Head of %s %d","Weg %d","Basel","%d","Switzerland","+4161%07d","%s","%s","Web"`, g, f, secret, i, i+1, 4001+i%50, 2670000+i, mail(i), secret)
			},
			look:  left("Account Name", "Lead Source"),
			holds: map[domain.Field]domain.Value{domain.ContactTitle: "Ms", domain.ContactCity: "Basel"}},
		{name: "Outlook", head: "First Name,Middle Name,Last Name,Title,Suffix,Web Page,Birthday,E-mail Address,E-mail 2 Address,Home Phone,Mobile Phone,Business Phone,Home Street,Home City,Home Postal Code,Home Country/Region,Business Street,Business City,Business Postal Code,Categories",
			row: func(i int) string {
				g, f := one(i)
				birthday := "0/0/00"
				if i%4 == 3 {
					birthday = fmt.Sprintf("%d/%d/1985", 1+i%12, 13+i%15)
				}
				return fmt.Sprintf("%s,,%s,,,,%s,%s,,,+4179%07d,,Ring %d,Zug,6300,Switzerland,,,,%s", g, f, birthday, mail(i), 1234500+i, i+1, secret)
			},
			look:  left("Categories"),
			holds: map[domain.Field]domain.Value{domain.ContactBirthDate: "1985-08-20", domain.ContactStreet: "Ring 8"}},
		{name: "Outlook in German", head: "Anrede;Vorname;Weitere Vornamen;Nachname;Firma;Straße privat;Ort privat;Postleitzahl privat;Land/Region privat;Telefon privat;Mobiltelefon;E-Mail-Adresse;Geburtstag;Kategorien;Notizen",
			row: func(i int) string {
				g, f := one(i)
				return fmt.Sprintf(";%s;;%s;;Allee %d;Graz;%d;Österreich;;+43664%07d;%s;%02d.%02d.1979;;%s", g, f, i+1, 8010+i%40, 1234500+i, mail(i), 1+i%28, 1+i%12, secret)
			},
			look:  left("Notizen"),
			holds: map[domain.Field]domain.Value{domain.ContactBirthDate: "1979-08-08", domain.ContactCountry: "AT"}},
		{name: "Google", head: "Name,Given Name,Additional Name,Family Name,Birthday,Notes,Group Membership,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,Address 1 - Street,Address 1 - City,Address 1 - Postal Code,Address 1 - Country",
			row: func(i int) string {
				g, f := one(i)
				return fmt.Sprintf("%s %s,%s,,%s,1990-0%d-12,%s,* myContacts,* Home,%s,Mobile,+4179%07d,Platz %d,Chur,7000,CH", g, f, g, f, 1+i%9, secret, mail(i), 1234500+i, i+1)
			},
			look:  left("Notes", "Group Membership", "E-mail 1 - Type", "Phone 1 - Type"),
			holds: map[domain.Field]domain.Value{domain.ContactFirstName: "Karl", domain.ContactLastName: "Brunner", domain.ContactBirthDate: "1990-08-12"}},
		{name: "Eventbrite", head: "Order #,Order Date,First Name,Surname,Email,Quantity,Ticket Type,Attendee #,Total Paid,Attendee Status,Home Address 1,Home City,Home Postcode,Home Country,Cell Phone",
			row: func(i int) string {
				g, f := one(i)
				return fmt.Sprintf("%d,11/%d/24 22:28,%s,%s,%s,1,%s,%d,25.00,Attending,Lane %d,Leeds,LS1 4AP,GB,+447400%06d", 9000000+i, 1+i%28, g, f, mail(i), secret, 12000000+i, i+1, 120000+i)
			},
			look:  left("Order #", "Order Date", "Quantity", "Ticket Type", "Attendee #", "Total Paid", "Attendee Status"),
			holds: map[domain.Field]domain.Value{domain.ContactStreet: "Lane 8", domain.ContactPostcode: "LS1 4AP"}},
		{name: "Weezevent", head: "# Code Barre;Tarif;Nom participant;Prénom participant;E-mail Participant;Nom acheteur;Prénom acheteur;E-mail Acheteur;Date commande;Montant TTC",
			row: func(i int) string {
				g, f := one(i)
				return fmt.Sprintf("%013d;%s;%s;%s;%s;Payeur;%s;payeur@list.example;03/0%d/2024 10:00;25,00", 3000000000000+i, secret, f, g, mail(i), secret, 1+i%9)
			},
			look:  left("# Code Barre", "Tarif", "Date commande", "Montant TTC"),
			holds: map[domain.Field]domain.Value{domain.ContactFirstName: "Karl", domain.ContactLastName: "Brunner"}},
		{name: "a club in Switzerland", head: "Mitgliedsnr;Vorname;Nachname;Adresse;PLZ;Ort;Telefon Privat;Handy;E-Mail;Geburtsdatum;IBAN;Eintritt",
			row: func(i int) string {
				g, f := one(i)
				return fmt.Sprintf("%06d;%s;%s;Hof %d;3011;Bern;;+4179%07d;%s;%02d.%02d.1966;%s;01.01.2001", 880000+i, g, f, i+1, 1234500+i, mail(i), 1+i%28, 1+i%12, secret)
			},
			look:  left("IBAN", "Eintritt"),
			holds: map[domain.Field]domain.Value{domain.ContactBirthDate: "1966-08-08", domain.ContactCity: "Bern"}},
		{name: "a list in Spanish", head: "Nombre,Apellidos,Correo electrónico,Móvil,Dirección,Código postal,Localidad,País,Fecha de nacimiento",
			row: func(i int) string {
				g, f := one(i)
				return fmt.Sprintf("%s,%s,%s,+3461%07d,Calle %d,28001,Madrid,España,%02d/%02d/1975", g, f, mail(i), 1234500+i, i+1, 13+i%15, 1+i%12)
			},
			holds: map[domain.Field]domain.Value{domain.ContactCountry: "ES", domain.ContactBirthDate: "1975-08-20"}},
	}
}

// file has n people of an export, from the one of the number on.
func (x export) file(from, n int) string {
	var b strings.Builder
	b.WriteString(x.head + "\r\n")
	for i := from; i < from+n; i++ {
		b.WriteString(x.row(i) + "\r\n")
	}
	return b.String()
}

// Exports of ten systems, each of 200 made-up people, come in with no or one look
// at their columns, and next month's with none. Nothing of a column that is left
// out is stored anywhere but in the uploaded file.
func TestExportsOf200(t *testing.T) {
	for _, x := range exports() {
		t.Run(x.name, func(t *testing.T) {
			w := importtest.New(t, 0)
			asked := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, x.file(0, 200))
			if (asked.Status == domain.Rejected) != (x.look != nil) || x.look != nil && asked.Problem.Code != "unknownColumn" {
				t.Fatalf("%s %+v", asked.Status, asked.Problem)
			}
			if x.look != nil {
				for _, h := range asked.Headers {
					if _, looked := x.look[h.Name]; looked != (h.By == domain.ByNone) {
						t.Errorf("%s is recognised by %s as %q", h.Name, h.By, h.Column)
					}
				}
			}
			test := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, x.file(0, 200), mapped(x.look))
			if test.Counts != (domain.Counts{Rows: 200, Created: 200}) {
				t.Fatalf("%s %+v %+v %.600v", test.Status, test.Counts, test.Problem, fmt.Sprint(test.Problems))
			}
			update := w.Follow(t, test, domain.UpdateOf)
			if update.Counts != test.Counts {
				t.Errorf("the update is %+v", update.Counts)
			}
			found, err := w.Contacts.ByEmail(t.Context(), demo.Aurora, []string{mail(7)})
			if err != nil || len(found[mail(7)]) != 1 {
				t.Fatal(found, err)
			}
			for f, want := range x.holds {
				if got := w.Value(t, demo.Aurora, found[mail(7)][0], f); got != want {
					t.Errorf("%s is %q, want %q", f, got, want)
				}
			}
			// The next month: 100 of them again, 100 others.
			next := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, x.file(100, 200))
			if next.Counts != (domain.Counts{Rows: 200, Created: 100, Unchanged: 100}) {
				t.Fatalf("the next file: %s %+v %+v %.600v", next.Status, next.Counts, next.Problem, fmt.Sprint(next.Problems))
			}
			after := w.Follow(t, next, domain.UpdateOf)
			for _, imp := range []domain.Import{test, update, next, after} {
				b, err := json.Marshal(imp)
				if err != nil {
					t.Fatal(err)
				}
				if bytes.Contains(b, []byte(secret)) {
					t.Errorf("the import %s has what was left out: %s", imp.Action, b)
				}
			}
			nowhereBut(t, w, asked.ID)
			for _, imp := range []domain.Import{after, update} {
				w.Follow(t, imp, domain.UndoOf)
			}
			if d := cmp.Diff(map[string]domain.Value{}, stored(t, w, demo.Aurora)); d != "" {
				t.Errorf("after the undo: %.600s", d)
			}
		})
	}
}

// nowhereBut looks through all that is stored for what was left out. The import
// that asked for the columns shows their values, as none had been left out yet.
func nowhereBut(t *testing.T, w *importtest.World, asked string) {
	t.Helper()
	for _, key := range w.Files.Keys() {
		b, err := w.Files.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(string(b), "\x28\xb5\x2f\xfd") {
			z, err := zstd.NewReader(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			if b, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
			z.Close()
		}
		if bytes.Contains(b, []byte(secret)) && !strings.Contains(key, asked) {
			t.Errorf("%s has what was left out", key)
		}
	}
	for at, v := range stored(t, w, demo.Aurora) {
		if strings.Contains(string(v), secret) {
			t.Errorf("%s is %q", at, v)
		}
	}
	if strings.Contains(w.Log.String(), secret) {
		t.Error("the log has what was left out")
	}
}

// Two mappings of one file differ only in the cells that they map otherwise.
func TestMappingsDifferInTheirCells(t *testing.T) {
	ours := []string{"", "City", "Street", "First name", "Title", "[new] NOTE"}
	of := map[string]domain.Field{"City": domain.ContactCity, "Street": domain.ContactStreet, "First name": domain.ContactFirstName, "Title": domain.ContactTitle, "[new] NOTE": "criterion:NOTE"}
	names := []string{"Alpha", "Beta", "Gamma", "Delta", "Epsilon"}
	r := rand.New(rand.NewPCG(12, 5))
	var file strings.Builder
	file.WriteString("Contact,Last name," + strings.Join(names, ",") + "\n")
	for i := range 20 {
		fmt.Fprintf(&file, "%07d,Falk", 4000+i)
		for k := range names {
			file.WriteString([]string{",", fmt.Sprintf(",Wort%c", 'A'+k), ",Dr"}[r.IntN(3)])
		}
		file.WriteString("\n")
	}
	// run returns the contacts by number and field, and the lines of the rows that
	// did not go in, which a title decides.
	run := func(m map[string]string) (map[string]domain.Value, domain.Import) {
		w := importtest.New(t, 0)
		test := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, file.String(), mapped(m))
		up := w.Follow(t, test, domain.UpdateOf)
		if up.Status != domain.Done || up.Counts != test.Counts {
			t.Fatalf("%v: %s %+v %+v, the test %+v", m, up.Status, up.Problem, up.Counts, test.Counts)
		}
		return stored(t, w, demo.Aurora), up
	}
	random := func() map[string]string {
		m := map[string]string{}
		for i, at := range r.Perm(len(names)) {
			m[names[at]] = ""
			if r.IntN(3) > 0 {
				m[names[at]] = ours[1+i]
			}
		}
		return m
	}
	seen := 0
	for range 40 {
		a, b := random(), random()
		same := map[domain.Field]bool{domain.ContactLastName: true}
		for _, c := range ours[1:] {
			from := func(m map[string]string) string {
				for name, is := range m {
					if is == c {
						return name
					}
				}
				return ""
			}
			same[of[c]] = from(a) == from(b)
		}
		one, first := run(a)
		two, second := run(b)
		rejected := map[string]bool{}
		for _, imp := range []domain.Import{first, second} {
			for _, p := range imp.Problems {
				rejected[fmt.Sprintf("%07d", 4000+p.Line-2)] = true
			}
		}
		for _, x := range []struct{ from, to map[string]domain.Value }{{one, two}, {two, one}} {
			for at, v := range x.from {
				number, f, _ := strings.Cut(at, " ")
				if !same[domain.Field(f)] || rejected[number] {
					continue
				}
				seen++
				if x.to[at] != v {
					t.Errorf("%v and %v: %s is %q and %q", a, b, at, v, x.to[at])
				}
			}
		}
	}
	if seen < 500 {
		t.Errorf("only %d cells were compared", seen)
	}
}
