package importtest_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

// people lists an institution's contacts by e-mail address, as
// "last name|first name|language|city|phone".
func people(t *testing.T, w *importtest.World, in domain.InstitutionID) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for c, err := range w.Contacts.All(t.Context(), in) {
		if err != nil {
			t.Fatal(err)
		}
		out[c.Email()] = append(out[c.Email()], fmt.Sprintf("%s|%s|%s|%s|%s", c.Get(domain.ContactLastName), c.Get(domain.ContactFirstName),
			c.Get(domain.ContactLanguage), c.Get(domain.ContactCity), c.Get(domain.ContactPhone)))
	}
	return out
}

// A file from another system creates contacts, with criteria and authorisations
// at once, updates those that are there, and says what is wrong with the rest.
func TestImportContacts(t *testing.T) {
	w := world(t)
	w.Set(t, demo.Aurora, "0000007", map[domain.Field]domain.Value{domain.ContactEmail: "known@example.org", domain.ContactLastName: "Known", domain.ContactCity: "Bath"})
	w.Set(t, demo.Aurora, "0000008", map[domain.Field]domain.Value{domain.ContactEmail: "twice@example.org", domain.ContactLastName: "One"})
	w.Set(t, demo.Aurora, "0000009", map[domain.Field]domain.Value{domain.ContactEmail: "twice@example.org", domain.ContactLastName: "Two"})
	file := lines(
		"Contact,Email,Last name,First name,Language,Birth date,Phone,City,Country,[new] GENRE,[new] EMAIL",
		",new@example.org,Müller,Zoë,German,12.04.1985,+44 20 7946 0018,Zürich,Schweiz,jazz,T", // 2 created
		",known@example.org,,,fr,,,Empty,,,",         // 3 found by e-mail: language set, city cleared
		"#0000008,,,,,,,Leeds,,,F",                   // 4 by number
		",twice@example.org,,,,,,York,,,",            // 5 several have the address
		"0044001,given@example.org,Given,Gia,,,,,,,", // 6 created with its number
		",,Noémail,Ann,,,,,,,",                       // 7 created without an address
		",,,Nameless,,,,,,,",                         // 8 nobody
		",wrong@,Wrong,W,,,,,,,",                     // 9
		",date@example.org,Date,D,,31/02/1985,,,,,",  // 10 no such day
		",same@example.org,Same,Sam,,,,,,,",          // 11
		",same@example.org,Other,Olga,,,,,,,",        // 12 the same person as line 11
		",new2@example.org,New,Two,,,,,,Juzz,",       // 13 wrong criterion
		"7,seven@example.org,Seven,S,,,,,,,",         // 14 lost its zeros
	)
	want := domain.Counts{Rows: 13, Created: 3, Updated: 2, Rejected: 8}
	test := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, file)
	if test.Status != domain.Done || test.Counts != want {
		t.Fatalf("test: %s %+v %+v\n%s", test.Status, test.Counts, test.Problem, strings.Join(problems(test), "\n"))
	}
	up := w.Follow(t, test, domain.UpdateOf)
	if up.Counts != want {
		t.Fatalf("update: %s %+v\n%s", up.Status, up.Counts, strings.Join(problems(up), "\n"))
	}
	if d := cmp.Diff(test.Problems, up.Problems); d != "" {
		t.Errorf("test and update differ: %s", d)
	}
	if d := cmp.Diff([]string{
		"5 rejected severalContacts Email",
		"8 rejected nobodyNamed Contact",
		"9 rejected badEmail Email",
		"10 rejected badDate Birth date",
		"11 rejected samePerson Contact",
		"12 rejected samePerson Contact",
		"13 rejected unknownValue [new] GENRE",
		"14 rejected leadingZeros Contact",
	}, problems(up)); d != "" {
		t.Error(d)
	}
	got := people(t, w, demo.Aurora)
	for email, want := range map[string]string{
		"new@example.org":   "Müller|Zoë|de|Zürich|+442079460018",
		"known@example.org": "Known||fr||",
		"given@example.org": "Given|Gia|||",
		"":                  "Noémail|Ann|||",
	} {
		if len(got[email]) != 1 || got[email][0] != want {
			t.Errorf("%q: %q, want %q", email, got[email], want)
		}
	}
	if v := w.Value(t, demo.Aurora, "0044001", domain.ContactEmail); v != "given@example.org" {
		t.Errorf("the given number has %q", v)
	}
	ns, err := w.Contacts.ByEmail(t.Context(), demo.Aurora, []string{"new@example.org"})
	if err != nil || len(ns["new@example.org"]) != 1 {
		t.Fatalf("%v %v", ns, err)
	}
	n := ns["new@example.org"][0]
	if g, a := w.Value(t, demo.Aurora, n, genre), w.Value(t, demo.Aurora, n, "authorisation:EMAIL"); g != "JAZZ" || a != domain.True {
		t.Errorf("%q %q", g, a)
	}

	// The same file again finds everybody: nothing is created twice.
	again := w.Import(t, demo.Aurora, domain.Contacts, domain.Update, file)
	if want := (domain.Counts{Rows: 13, Created: 1, Unchanged: 4, Rejected: 8}); again.Counts != want {
		t.Errorf("again: %+v, want %+v", again.Counts, want) // only the one without an address is a new person
	}

	// Undo: removes those created, puts back those updated.
	undo := w.Follow(t, up, domain.UndoOf)
	if want := (domain.Counts{Rows: 5, Updated: 5}); undo.Counts != want {
		t.Errorf("undo: %s %+v %+v\n%s\n%s", undo.Status, undo.Counts, undo.Problem, strings.Join(problems(undo), "\n"), w.File(t, up, "undo"))
	}
	got = people(t, w, demo.Aurora)
	if len(got["new@example.org"])+len(got["given@example.org"]) != 0 || got["known@example.org"][0] != "Known|||Bath|" {
		t.Errorf("after the undo: %v", got)
	}
	twice := w.Follow(t, up, domain.UndoOf)
	if want := (domain.Counts{Rows: 5, Unchanged: 5}); twice.Counts != want {
		t.Errorf("undo again: %+v, want %+v", twice.Counts, want)
	}
	// Their numbers are not used again.
	late := w.Import(t, demo.Aurora, domain.Contacts, domain.Update, "Contact,Email\n0044001,x@example.org\n")
	if late.Counts.Rejected != 1 || late.Problems[0].Code != "contactDeleted" {
		t.Errorf("%+v %+v", late.Counts, late.Problems)
	}
}

// That nothing is compared is said of what may be overwritten, not of who is new.
func TestNewPeopleOverwriteNothing(t *testing.T) {
	for _, x := range []struct {
		name, file string
		said       bool
	}{
		{"new people", "Email,Last name\nann@new.example,Ann\nbob@new.example,Bob\n", false},
		{"new people, and a mistake", "Email,Last name\nann@new.example,Ann\nbob@,Bob\n", false},
		{"one that is there", "Email,Last name\nann@new.example,Ann\nknown@example.org,Other\n", true},
	} {
		t.Run(x.name, func(t *testing.T) {
			w := world(t)
			w.Set(t, demo.Aurora, "0000007", map[domain.Field]domain.Value{domain.ContactEmail: "known@example.org", domain.ContactLastName: "Known"})
			test := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, x.file)
			if said := warned(test, "notCompared") != ""; test.Counts.Created == 0 || said != x.said {
				t.Errorf("%+v %+v", test.Counts, test.Warnings)
			}
		})
	}
}

// The undo of created contacts leaves those that somebody has touched since.
func TestUndoCreatedTouched(t *testing.T) {
	w := world(t)
	up := w.Import(t, demo.Aurora, domain.Contacts, domain.Update, lines(
		"Contact,Email,Last name",
		"0000001,a@example.org,Untouched",
		"0000002,b@example.org,Edited",
		"0000003,c@example.org,Chose",
	))
	if up.Counts.Created != 3 {
		t.Fatalf("%+v %v", up.Counts, problems(up))
	}
	w.Set(t, demo.Aurora, "0000002", map[domain.Field]domain.Value{domain.ContactCity: "Rome"})
	w.Import(t, demo.Aurora, domain.Criteria, domain.Update, "Contact,[new] GENRE\n#0000003,JAZZ\n")
	undo := w.Follow(t, up, domain.UndoOf)
	if want := (domain.Counts{Rows: 3, Updated: 1, Conflicted: 2}); undo.Counts != want {
		t.Errorf("%+v, want %+v", undo.Counts, want)
	}
	if d := cmp.Diff([]string{"3 conflicted changedSince Contact", "4 conflicted changedSince Contact"}, problems(undo)); d != "" {
		t.Error(d)
	}
	if _, err := w.Contacts.Get(t.Context(), demo.Aurora, "0000001"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the untouched one is still there: %v", err)
	}
	w.Value(t, demo.Aurora, "0000002", domain.ContactCity)
	w.Value(t, demo.Aurora, "0000003", genre)
}

// A deleted contact is not created again by an old file, of either kind.
func TestDeletedContact(t *testing.T) {
	w := world(t, "0000001", "0000002")
	if err := w.Contacts.Delete(t.Context(), demo.Aurora, "0000001"); err != nil {
		t.Fatal(err)
	}
	for dt, file := range map[domain.DataType]string{
		domain.Contacts: "Contact,Last name\n#0000001,Back\n#0000002,Here\n",
		domain.Criteria: "Contact,[new] GENRE\n#0000001,JAZZ\n#0000002,JAZZ\n",
	} {
		for _, a := range []domain.Action{domain.Test, domain.Update} {
			imp := w.Import(t, demo.Aurora, dt, a, file)
			if imp.Counts.Rejected != 1 || len(imp.Problems) != 1 || imp.Problems[0].Code != "contactDeleted" {
				t.Errorf("%s %s: %+v %v", dt, a, imp.Counts, problems(imp))
			}
		}
	}
	if _, err := w.Contacts.Get(t.Context(), demo.Aurora, "0000001"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("it is back: %v", err)
	}
}

// Two imports of the same new people at the same time create each once.
func TestContactsRace(t *testing.T) {
	var file strings.Builder
	file.WriteString("Email,Last name,First name\n")
	for i := range 50 {
		fmt.Fprintf(&file, "p%02d@example.org,Last%c,First\n", i, 'a'+i%26)
	}
	for range 50 {
		w := world(t)
		imps := [2]domain.Import{w.Create(t, demo.Aurora, domain.Contacts, domain.Update), w.Create(t, demo.Aurora, domain.Contacts, domain.Update)}
		var both sync.WaitGroup
		var ended [2]domain.Import
		for k := range imps {
			both.Go(func() { ended[k] = w.Upload(t, imps[k], file.String()) })
		}
		both.Wait()
		created := 0
		for _, e := range ended {
			c := e.Counts
			if e.Status != domain.Done || c.Rows != 50 || c.Rejected+c.Unprocessed+c.Conflicted != 0 {
				t.Fatalf("%s %+v %v", e.Status, c, problems(e))
			}
			created += c.Created
		}
		if created != 50 {
			t.Fatalf("%d created, want 50", created)
		}
		for email, of := range people(t, w, demo.Aurora) {
			if len(of) != 1 {
				t.Fatalf("%s is there %d times", email, len(of))
			}
		}
	}
}

// A chunk that created contacts and was killed ends as one clean run.
func TestContactsChunkKilled(t *testing.T) {
	file := lines("Contact,Email,Last name", ",a@example.org,A", "0000005,e@example.org,E", ",,Nomail", ",b@example.org,B")
	clean := world(t)
	want := clean.Import(t, demo.Aurora, domain.Contacts, domain.Update, file)
	if want.Counts.Created != 4 {
		t.Fatalf("%+v %v", want.Counts, problems(want))
	}
	for _, part := range []string{"results/"} {
		w := world(t)
		w.Tries = 3
		w.Chunk.Files = &blobs{Blobs: w.Files, put: once(part)}
		got := w.Import(t, demo.Aurora, domain.Contacts, domain.Update, file)
		if d := cmp.Diff(want.Counts, got.Counts); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(people(t, clean, demo.Aurora), people(t, w, demo.Aurora)); d != "" {
			t.Error(d)
		}
		if undo := w.Follow(t, got, domain.UndoOf); undo.Counts.Updated != 4 {
			t.Errorf("undo: %+v %v", undo.Counts, problems(undo))
		}
	}
	// Killed for ever after it wrote: the marks tell what was created.
	w := world(t)
	w.Chunk.Files = &blobs{Blobs: w.Files, put: func(key string) error {
		if strings.Contains(key, "results/") {
			return errKilled
		}
		return nil
	}}
	got := w.Import(t, demo.Aurora, domain.Contacts, domain.Update, file)
	if c := got.Counts; c.Created != 4 {
		t.Errorf("settled: %+v", c)
	}
}

// A template of contacts comes back with its changes.
func TestContactsTemplate(t *testing.T) {
	w := importtest.New(t, 40)
	if err := w.Catalogue.PutTarget(t.Context(), demo.Aurora, domain.Target{ID: "all", Name: "All", Condition: []byte(`{"all":[]}`)}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Jobs.CreateTemplate(t.Context(), domain.Template{ID: "t", Institution: demo.Aurora, DataType: domain.Contacts, TargetID: "all",
		Status: domain.Preparing, CreatedAt: w.Now(), ExpiresAt: w.Now().AddDate(0, 0, 7)}, domain.Once{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Template.Run(t.Context(), flow.Template{Version: flow.Version, Institution: demo.Aurora, Template: "t"}); err != nil {
		t.Fatal(err)
	}
	made, err := w.Jobs.Template(t.Context(), demo.Aurora, "t")
	if err != nil || made.Contacts != 40 {
		t.Fatalf("%+v %v", made, err)
	}
	raw, err := w.Files.Get(t.Context(), made.File.Key)
	if err != nil {
		t.Fatal(err)
	}
	same := w.Import(t, demo.Aurora, domain.Contacts, domain.Update, string(raw))
	if same.Status != domain.Rejected || same.Problem.Code != "nothingToDo" {
		t.Errorf("%s %+v", same.Status, same.Problem)
	}
	file := lines("Contact,[old] City,[new] City", "#"+string(demo.Number(0))+","+string(w.Value(t, demo.Aurora, demo.Number(0), domain.ContactCity))+",Oslo",
		"#"+string(demo.Number(1))+",Nowhere,Oslo")
	imp := w.Import(t, demo.Aurora, domain.Contacts, domain.Update, file)
	if want := (domain.Counts{Rows: 2, Updated: 1, Conflicted: 1}); imp.Counts != want {
		t.Errorf("%+v %v", imp.Counts, problems(imp))
	}
}

// Every change of a contact is remembered with who made it, once.
func TestHistory(t *testing.T) {
	w := world(t, "0000001")
	w.Tries = 2
	w.Chunk.Files = &blobs{Blobs: w.Files, put: once("results/")}
	up := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, "Contact,[new] GENRE,[new] NOTE\n#0000001,JAZZ,Hello\n")
	w.Import(t, demo.Aurora, domain.Contacts, domain.Update, "Contact,City\n#0000001,Oslo\n")
	w.Set(t, demo.Aurora, "0000001", map[domain.Field]domain.Value{genre: "ROCK"})
	es, err := w.Contacts.History(t.Context(), demo.Aurora, "0000001", 20)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range es {
		who := string(e.By)
		if e.Import == up.ID {
			who += fmt.Sprintf(", line %d", e.Line)
		}
		got = append(got, fmt.Sprintf("%s: %s → %s by %s", e.Field, e.Before, e.After, who))
	}
	slices.Sort(got)
	want := []string{
		"contact:city:  → Oslo by operator",
		"contact:email:  → c0000001@example.org by colleague",
		"contact:lastName:  → Name0000001 by colleague",
		"criterion:GENRE:  → JAZZ by operator, line 2",
		"criterion:GENRE: JAZZ → ROCK by colleague",
		"criterion:NOTE:  → Hello by operator, line 2",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// An undo of created contacts whose chunk was killed and tried again, or can
// never be finished, reports what one clean run does.
func TestUndoCreatedKilled(t *testing.T) {
	for what, kill := range map[string]func(string) error{
		"once": once("results/"),
		"for ever": func(key string) error {
			if strings.Contains(key, "results/") {
				return errKilled
			}
			return nil
		},
	} {
		w := world(t)
		w.Tries = 2
		up := w.Import(t, demo.Aurora, domain.Contacts, domain.Update, lines("Email,Last name", "a@example.org,A", "b@example.org,B"))
		w.Chunk.Files = &blobs{Blobs: w.Files, put: kill}
		undo := w.Follow(t, up, domain.UndoOf)
		if want := (domain.Counts{Rows: 2, Updated: 2}); undo.Counts != want {
			t.Errorf("%s: %s %+v, want %+v", what, undo.Status, undo.Counts, want)
		}
		if changes := strings.Count(w.File(t, undo, "changes"), "\n"); changes != 5 {
			t.Errorf("%s: changes.csv has %d lines, want 5", what, changes)
		}
		w.Chunk.Files = w.Files
		if again := w.Follow(t, up, domain.UndoOf); again.Counts != (domain.Counts{Rows: 2, Unchanged: 2}) {
			t.Errorf("%s, again: %+v", what, again.Counts)
		}
	}
}

// What a file of contacts says twice is told before anything is written, so that
// the test predicts it and no order of chunks shows.
func TestOneContactOnTwoLines(t *testing.T) {
	both := func(i *domain.Import) { i.AllowSamePerson = true }
	for _, c := range []struct {
		name  string
		allow bool
		file  string
		want  []string // problems; the rest goes in
	}{
		{"by its number and by its address", false, "#0000001,,Rome\n,c0000001@example.org,Oslo\n",
			[]string{"2 rejected differentLines Contact [3]", "3 rejected differentLines Contact [2]"}},
		{"by its number and by the address that it gets", false, "#0000001,new@example.org,\n,new@example.org,Oslo\n",
			[]string{"2 rejected differentLines Contact [3]", "3 rejected differentLines Contact [2]"}},
		{"by its number and by the address that it loses", false, "#0000001,new@example.org,\n,C0000001@example.org,Oslo\n",
			[]string{"2 rejected differentLines Contact [3]", "3 rejected differentLines Contact [2]"}},
		{"by both its addresses", false, "#0000001,new@example.org,\n,c0000001@example.org,Oslo\n,new@example.org,Oslo\n",
			[]string{"2 rejected differentLines Contact [3 4]", "3 rejected differentLines Contact [2]", "4 rejected differentLines Contact [2]"}},
		{"the same, of which one line is there twice", false, "#0000001,,Rome\n#0000001,,Rome\n,c0000001@example.org,Oslo\n",
			[]string{"2 rejected differentLines Contact [3 4]", "3 rejected differentLines Contact [2 4]", "4 rejected differentLines Contact [2 3]"}},
		{"an address that two contacts have names nobody", false, "#0000007,,Rome\n,shared@example.org,Oslo\n",
			[]string{"3 rejected severalContacts Email []"}},
		{"an address that two contacts had", false, "#0000007,new@example.org,\n,shared@example.org,Oslo\n",
			[]string{"2 rejected differentLines Contact [3]", "3 rejected differentLines Contact [2]"}},
		{"an address that two contacts had, of which one gives it up", false, "#0000007,Empty,\n,shared@example.org,Oslo\n",
			[]string{"2 rejected differentLines Contact [3]", "3 rejected differentLines Contact [2]"}},
		{"an address that two numbers get is none's alone", false, "#0000005,new@example.org,\n#0000006,new@example.org,\n,new@example.org,Oslo\n",
			[]string{"4 rejected differentLines Contact [2 3]"}},
		{"different contacts", false, "#0000001,,Rome\n,c0000002@example.org,Oslo\n,new@example.org,Oslo\n", nil},
		{"one new address", false, ",new@example.org,Oslo\n,new@example.org,Rome\n",
			[]string{"2 rejected samePerson Contact [3]", "3 rejected samePerson Contact [2]"}},
		{"one new address, the same, but with another's name", false, ",a@example.org,Oslo,Lee,Ann,1980-01-02\n,a@example.org,Oslo,Lee,Ann,1980-01-02\n,b@example.org,Oslo,Lee,Ann,1980-01-02\n",
			[]string{"2 rejected samePerson Contact [3 4]", "3 rejected samePerson Contact [2 4]", "4 rejected samePerson Contact [2 3]"}},
		{"one new address, allowed", true, ",new@example.org,Oslo\n,new@example.org,Rome\n", nil},
		{"one new address, allowed, twice the same", true, ",new@example.org,Oslo\n,new@example.org,Oslo\n", nil},
		{"an address that a contact has, allowed", true, ",c0000001@example.org,Oslo\n,c0000001@example.org,Rome\n",
			[]string{"2 rejected differentLines Contact [3]", "3 rejected differentLines Contact [2]"}},
		{"a number and its address, allowed", true, "#0000001,,Rome\n,c0000001@example.org,Oslo\n",
			[]string{"2 rejected differentLines Contact [3]", "3 rejected differentLines Contact [2]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var options []importtest.Option
			if c.allow {
				options = append(options, both)
			}
			for _, rows := range []int{0, 1} { // of a chunk
				w := stageWorld(t, nil)
				w.Plan.ChunkRows, w.Tries = rows, 2
				w.Chunk.Files = &blobs{Blobs: w.Files, put: once("results/")} // killed once it has written
				var file strings.Builder
				for line := range strings.Lines("Contact,Email,City,Last name,First name,Birth date\n" + c.file) {
					line = strings.TrimSuffix(line, "\n")
					file.WriteString(line + strings.Repeat(",", 5-strings.Count(line, ",")) + "\n")
				}
				for _, a := range []domain.Action{domain.Test, domain.Update} {
					imp := w.Import(t, demo.Aurora, domain.Contacts, a, file.String(), options...)
					var got []string
					for _, p := range imp.Problems {
						got = append(got, fmt.Sprintf("%d %s %s %s %v", p.Line, p.Outcome, string(p.Code), p.Column, p.OtherLines))
					}
					if d := cmp.Diff(c.want, got); d != "" || imp.Counts.Created+imp.Counts.Updated != imp.Counts.Rows-len(c.want) {
						t.Errorf("%s in chunks of %d: %+v %s", a, rows, imp.Counts, d)
					}
					warned := slices.ContainsFunc(imp.Warnings, func(w domain.Warning) bool { return w.Code == "samePerson" })
					if same := len(c.want) > 0 && strings.Contains(c.want[0], "samePerson"); warned != same {
						t.Errorf("%s in chunks of %d: %+v", a, rows, imp.Warnings)
					}
				}
			}
		})
	}
}

// A contact that is given, after plan has looked, the address by which another
// line finds its contact: one of the two lines goes in, and no request names it
// twice.
func TestAddressGivenInBetween(t *testing.T) {
	for _, rows := range []int{0, 1} { // of a chunk
		w := stageWorld(t, nil)
		w.Plan.ChunkRows, w.OneByOne = rows, true
		w.Chunk.Contacts = &stage{Contacts: w.Contacts, next: func() error { return nil }, wrote: map[string][]wrote{}}
		w.BeforeChunk = func(int, int) error {
			w.Set(t, demo.Aurora, "0000003", map[domain.Field]domain.Value{domain.ContactEmail: "new@example.org"})
			return nil
		}
		imp := w.Import(t, demo.Aurora, domain.Contacts, domain.Update, "Contact,Email,City\n#0000003,,Rome\n,new@example.org,Oslo\n")
		if d := cmp.Diff([]string{"3 rejected differentLines Contact"}, problems(imp)); d != "" || imp.Counts != (domain.Counts{Rows: 2, Updated: 1, Rejected: 1}) {
			t.Errorf("chunks of %d: %+v %s", rows, imp.Counts, d)
		}
		if city := w.Value(t, demo.Aurora, "0000003", domain.ContactCity); city != "Rome" {
			t.Errorf("chunks of %d: %q", rows, city)
		}
	}
}

// A number that a line asks for may meanwhile be the next free one, and another
// line's. The error file must not tempt to change that line's contact.
func TestNumberGivenAway(t *testing.T) {
	w := stageWorld(t, nil) // up to 0000008
	w.Plan.ChunkRows, w.OneByOne = 1, true
	imp := w.Import(t, demo.Aurora, domain.Contacts, domain.Update, "Contact,Last name\n,First\n#0000009,Second\n")
	if d := cmp.Diff([]string{"3 rejected differentLines Contact"}, problems(imp)); d != "" || imp.Counts != (domain.Counts{Rows: 2, Created: 1, Rejected: 1}) {
		t.Fatalf("%+v %s", imp.Counts, d)
	}
	p := imp.Problems[0]
	if !strings.Contains(p.Message("en"), "given to the new contact") || !slices.Equal(p.OtherLines, []int{2}) {
		t.Errorf("%+v", p)
	}
	if name := w.Value(t, demo.Aurora, "0000009", domain.ContactLastName); name != "First" {
		t.Errorf("the contact is %q", name)
	}
}

// What the values of a contact must fit together is looked at before a write
// that [old] alone would allow.
func TestWholeContactIsChecked(t *testing.T) {
	w := stageWorld(t, nil)
	w.Set(t, demo.Aurora, "0000001", map[domain.Field]domain.Value{domain.ContactPostcode: "80331", domain.ContactCountry: "DE"})
	for _, a := range []domain.Action{domain.Test, domain.Update} {
		imp := w.Import(t, demo.Aurora, domain.Contacts, a, "Contact,[old] Postcode,[new] Postcode\n#0000001,80331,1067\n")
		if d := cmp.Diff([]string{"2 rejected postcodeLostZero [new] Postcode"}, problems(imp)); d != "" {
			t.Errorf("%s: %s", a, d)
		}
	}
	if code := w.Value(t, demo.Aurora, "0000001", domain.ContactPostcode); code != "80331" {
		t.Errorf("the contact is at %q", code)
	}
}

// What happened to a contact after it was created, and before the chunk was
// tried again, does not hide who created it.
func TestCreatedIsCreatedWhateverFollows(t *testing.T) {
	for what, then := range map[string]func(w *importtest.World, n domain.ContactNumber){
		"another import changed it": func(w *importtest.World, n domain.ContactNumber) {
			w.Chunk.Files = w.Files
			w.Import(t, demo.Aurora, domain.Criteria, domain.Update, "Contact,[new] GENRE\n#"+string(n)+",ROCK\n")
		},
		"a colleague gave it another address": func(w *importtest.World, n domain.ContactNumber) {
			w.Set(t, demo.Aurora, n, map[domain.Field]domain.Value{domain.ContactEmail: "other@example.org"})
		},
		"a colleague gave its address to another, too": func(w *importtest.World, n domain.ContactNumber) {
			w.Set(t, demo.Aurora, "0000001", map[domain.Field]domain.Value{domain.ContactEmail: "new@example.org"})
		},
		"a colleague gave its address to another": func(w *importtest.World, n domain.ContactNumber) {
			w.Set(t, demo.Aurora, n, map[domain.Field]domain.Value{domain.ContactEmail: "other@example.org"})
			w.Set(t, demo.Aurora, "0000001", map[domain.Field]domain.Value{domain.ContactEmail: "new@example.org"})
		},
		"its value was retired": func(w *importtest.World, n domain.ContactNumber) {
			cat, err := w.Catalogue.Catalogue(t.Context(), demo.Aurora)
			if err != nil {
				t.Fatal(err)
			}
			d, _ := cat.Lookup(genre)
			for i := range d.Values {
				d.Values[i].Retired = true
			}
			if err := w.Catalogue.PutField(t.Context(), demo.Aurora, d); err != nil {
				t.Fatal(err)
			}
		},
	} {
		for row, n := range map[string]domain.ContactNumber{",new@example.org,New,JAZZ": "0000009", "#0000050,new@example.org,New,JAZZ": "0000050"} {
			for _, settled := range []bool{false, true} {
				w := stageWorld(t, nil)
				w.Tries = 2
				w.Chunk.Files = &blobs{Blobs: w.Files, put: once("results/")}
				w.BeforeChunk = func(_, try int) error {
					if try == 0 {
						return nil
					}
					w.BeforeChunk = nil
					then(w, n)
					if settled {
						return errKilled
					}
					return nil
				}
				imp := w.Import(t, demo.Aurora, domain.Contacts, domain.Update, "Contact,Email,Last name,[new] GENRE\n"+row+"\n")
				if imp.Counts != (domain.Counts{Rows: 1, Created: 1}) {
					t.Errorf("%s, settled %t: %+v %v", what, settled, imp.Counts, problems(imp))
					continue
				}
				want := map[string]bool{"Email,,new@example.org": true, "Last name,,New": true, "GENRE,,JAZZ": true}
				changes := w.File(t, imp, "changes")
				for line := range want {
					if !strings.Contains(changes, "#"+string(n)+",2,"+line+"\n") {
						t.Errorf("%s, settled %t: changes.csv lacks %s:\n%s", what, settled, line, changes)
					}
				}
			}
		}
	}
}

// Addresses that colleagues moved after a row was written do not reject it when
// its chunk is tried again.
func TestAddressMovedBetweenTries(t *testing.T) {
	for _, c := range []struct {
		name string
		dt   domain.DataType
		file string
		then map[domain.ContactNumber]domain.Value
		want domain.Counts
	}{
		{"[info] Email is another contact's by now", domain.Criteria, "Contact,[info] Email,[old] GENRE,[new] GENRE\n" +
			"#0000001,c0000001@example.org,,JAZZ\n#0000002,c0000001@example.org,,JAZZ\n",
			map[domain.ContactNumber]domain.Value{"0000001": "moved@example.org", "0000004": "c0000001@example.org"}, domain.Counts{Rows: 2, Updated: 1, Rejected: 1}},
		{"the address finds two by now", domain.Contacts, "Email,City\nc0000001@example.org,Rome\n",
			map[domain.ContactNumber]domain.Value{"0000004": "c0000001@example.org"}, domain.Counts{Rows: 1, Updated: 1}},
	} {
		w := stageWorld(t, nil)
		w.Tries = 2
		w.Chunk.Files = &blobs{Blobs: w.Files, put: once("results/")}
		w.BeforeChunk = func(_, try int) error {
			for n, email := range c.then {
				if try == 1 {
					w.Set(t, demo.Aurora, n, map[domain.Field]domain.Value{domain.ContactEmail: email})
				}
			}
			return nil
		}
		if imp := w.Import(t, demo.Aurora, c.dt, domain.Update, c.file); imp.Counts != c.want {
			t.Errorf("%s: %+v %v, want %+v", c.name, imp.Counts, problems(imp), c.want)
		}
	}
}
