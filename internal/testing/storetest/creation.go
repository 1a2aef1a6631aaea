package storetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

var creationTests = map[string]func(*testing.T, Contacts){
	"Create":               createContacts,
	"CreateTwice":          createTwice,
	"CreateNumbers":        createNumbers,
	"CreateNext":           createNext,
	"CreateIdentity":       createIdentity,
	"CreateIdentityNumber": createIdentityNumber,
	"CreateIdentityValue":  createIdentityValue,
	"CreateRaces":          createRaces,
	"CreateRacesOfCopies":  createRacesOfCopies,
	"CreateRacesNumbers":   createRacesNumbers,
	"CreateMany":           createMany,
	"CreateOddly":          createOddly,
	"CreateInstitutions":   createInstitutions,
	"Claimed":              claimed,
	"Gone":                 contactsGone,
	"Remove":               removeMade,
	"RemoveMany":           removeMany,
	"History":              history,
	"HistoryOfPut":         historyOfPut,
	"HistoryMany":          historyMany,
}

// creation is a line that makes a contact with the next free number.
func creation(imp string, line int, f fields) domain.Creation {
	cr := domain.Creation{Fields: f, Applied: domain.Applied{Import: imp, Line: line}, Provenance: tuesday, Ticket: TicketOf(imp)}
	if f[domain.ContactEmail] != "" {
		cr.Identity = domain.EmailIdentity + string(f[domain.ContactEmail])
	}
	return cr
}

func numbered(n domain.ContactNumber, cr domain.Creation) domain.Creation {
	cr.Number, cr.Identity = n, ""
	return cr
}

func person(email domain.Value) fields { return fields{domain.ContactEmail: email} }

func makeAll(t *testing.T, s Contacts, in domain.InstitutionID, crs ...domain.Creation) []domain.Made {
	t.Helper()
	out, err := s.Create(t.Context(), in, crs)
	must(t, err)
	if len(out) != len(crs) {
		t.Fatalf("%d answers to %d creations", len(out), len(crs))
	}
	return out
}

// made returns the number of the contact that the creation made.
func made(t *testing.T, s Contacts, in domain.InstitutionID, cr domain.Creation) domain.ContactNumber {
	t.Helper()
	m := makeAll(t, s, in, cr)[0]
	if !m.Done || m.Live != nil || m.Gone || m.Err != nil || !m.Number.Valid() {
		t.Fatalf("not made: %+v", m)
	}
	return m.Number
}

// notMade returns the contact that stands in the way.
func notMade(t *testing.T, m domain.Made) domain.Contact {
	t.Helper()
	if m.Done || m.Live == nil || m.Gone || m.Err != nil {
		t.Fatalf("%+v; want the live contact", m)
	}
	if m.Number != m.Live.Number {
		t.Fatalf("number %s, live contact %s", m.Number, m.Live.Number)
	}
	return *m.Live
}

func found(t *testing.T, s Contacts, in domain.InstitutionID, q string) []domain.ContactNumber {
	t.Helper()
	cs, _, err := s.Find(t.Context(), in, q, 200, "")
	must(t, err)
	ns := []domain.ContactNumber{}
	for _, c := range cs {
		ns = append(ns, c.Number)
	}
	return ns
}

func createContacts(t *testing.T, s Contacts) {
	f := fields{domain.ContactEmail: "Jo@Example.org", domain.ContactLastName: "Müller", domain.ContactFirstName: "Jo", domain.ContactCity: "Zürich",
		domain.ContactPhone: "", genre: "ROCK", tags: "A|B", mailing: "true", note: ""}
	out := makeAll(t, s, opera, creation("import-1", 2, f), creation("import-1", 3, fields{domain.ContactLastName: "Meier"}), creation("import-1", 7, nil))
	delete(f, domain.ContactPhone)
	delete(f, note)
	same(t, "answers", out, []domain.Made{{Number: "0000001", Done: true}, {Number: "0000002", Done: true}, {Number: "0000003", Done: true}})
	by := TicketOf("import-1")
	same(t, "contact", get(t, s, opera, "0000001"), domain.Contact{Number: "0000001", Fields: f, Version: 1,
		Provenance: map[domain.Field]domain.Provenance{genre: tuesday, tags: tuesday, mailing: tuesday},
		Mark:       by.Order, Stamps: map[int]domain.Stamp{by.Slot: {Order: by.Order, Line: 2, Kind: domain.Maker}}, Origin: domain.Origin{Import: "import-1", Line: 2}})
	same(t, "contact without anything", get(t, s, opera, "0000003"), domain.Contact{Number: "0000003", Version: 1,
		Mark: by.Order, Stamps: map[int]domain.Stamp{by.Slot: {Order: by.Order, Line: 7, Kind: domain.Maker}}, Origin: domain.Origin{Import: "import-1", Line: 7}})
	emails, err := s.ByEmail(t.Context(), opera, []string{"jo@example.org"})
	must(t, err)
	same(t, "by e-mail", emails, map[string][]domain.ContactNumber{"jo@example.org": {"0000001"}})
	for q, want := range map[string][]domain.ContactNumber{"": {"0000001", "0000002", "0000003"}, "m": {"0000002", "0000001"}, "muller jo": {"0000001"}, "jo@example.org": {"0000001"}} {
		same(t, "Find "+q, found(t, s, opera, q), want)
	}
	// Where it comes from stays, whoever changes it.
	put(t, s, opera, "0000001", fields{genre: "POP"})
	done(t, write(t, s, opera, change("0000001", "import-2", 2, fields{genre: "POP"}, fields{domain.ContactLastName: "Abel"})))
	same(t, "origin", get(t, s, opera, "0000001").Origin, domain.Origin{Import: "import-1", Line: 2})
	same(t, "no creations", makeAll(t, s, opera), []domain.Made{})
}

func createTwice(t *testing.T, s Contacts) {
	cr := creation("import-1", 2, fields{domain.ContactEmail: "jo@example.org", genre: "ROCK"})
	bare := creation("import-1", 3, fields{genre: "ROCK"})
	asked := numbered("77", creation("import-1", 4, fields{genre: "ROCK"}))
	all := []domain.Creation{cr, bare, asked}
	first := makeAll(t, s, opera, all...)
	same(t, "first", first, []domain.Made{{Number: "0000001", Done: true}, {Number: "0000002", Done: true}, {Number: "77", Done: true}})
	same(t, "again", makeAll(t, s, opera, all...), first)
	same(t, "again, one by one in another order", []domain.ContactNumber{made(t, s, opera, asked), made(t, s, opera, bare), made(t, s, opera, cr)},
		[]domain.ContactNumber{"77", "0000002", "0000001"})

	// Others may do with them what they like.
	for _, m := range first {
		done(t, write(t, s, opera, change(m.Number, "import-2", 9, fields{genre: "ROCK"}, fields{genre: "POP", domain.ContactEmail: ""})))
		put(t, s, opera, m.Number, fields{note: "by hand"})
	}
	same(t, "again after changes", makeAll(t, s, opera, all...), first)
	for _, m := range first {
		must(t, s.Delete(t.Context(), opera, m.Number))
	}
	same(t, "again after their end", makeAll(t, s, opera, all...), first)
	same(t, "none came back", found(t, s, opera, ""), []domain.ContactNumber{})
	// Another line is another contact, and an import whose id begins like it is another.
	same(t, "other lines", []domain.ContactNumber{made(t, s, opera, creation("import-1", 22, nil)), made(t, s, opera, creation("import-12", 2, nil))},
		[]domain.ContactNumber{"0000003", "0000004"})
}

func createNumbers(t *testing.T, s Contacts) {
	put(t, s, opera, "0012", fields{genre: "ROCK"})
	out := makeAll(t, s, opera,
		numbered("0012", creation("import-1", 2, person("a@example.org"))),
		numbered("12", creation("import-1", 3, person("a@example.org"))),
		numbered("12345678901234567890", creation("import-1", 4, person("a@example.org"))),
		numbered("12", creation("import-1", 5, person("b@example.org"))))
	same(t, "somebody else's", notMade(t, out[0]), get(t, s, opera, "0012"))
	same(t, "made", out[1:3], []domain.Made{{Number: "12", Done: true}, {Number: "12345678901234567890", Done: true}})
	same(t, "another line's", notMade(t, out[3]), get(t, s, opera, "12"))
	by, err := s.ByEmail(t.Context(), opera, []string{"a@example.org", "b@example.org"})
	must(t, err)
	same(t, "look-ups", by, map[string][]domain.ContactNumber{"a@example.org": {"12", "12345678901234567890"}})

	must(t, s.Delete(t.Context(), opera, "0012"))
	out = makeAll(t, s, opera, numbered("0012", creation("import-1", 2, person("a@example.org"))), numbered("12", creation("import-2", 2, nil)))
	same(t, "deleted", out[0], domain.Made{Number: "0012", Gone: true})
	notMade(t, out[1])
	_, err = s.Get(t.Context(), opera, "0012")
	refused(t, "not made again", err, fault.NotFound, "notFound")
}

func createNext(t *testing.T, s Contacts) {
	next := func(imp string, digits int) domain.ContactNumber {
		cr := creation(imp, 2, nil)
		cr.Digits = digits
		return made(t, s, opera, cr)
	}
	for _, n := range []domain.ContactNumber{"0000041", "0000007", "99999999", "500", "00000099", "99999999999999999999"} {
		put(t, s, opera, n, nil)
	}
	same(t, "above the highest of its width", next("i-1", 0), domain.ContactNumber("0000042"))
	same(t, "of three digits", next("i-2", 3), domain.ContactNumber("501"))
	same(t, "of four digits", next("i-3", 4), domain.ContactNumber("0001"))
	same(t, "of seven digits", next("i-4", 7), domain.ContactNumber("0000043"))
	// What a person takes is passed over, and so is what was deleted.
	put(t, s, opera, "0000044", nil)
	put(t, s, opera, "0000050", nil)
	must(t, s.Delete(t.Context(), opera, "0000050"))
	same(t, "above what was taken", next("i-5", 0), domain.ContactNumber("0000051"))
	must(t, s.Delete(t.Context(), opera, "0000051"))
	same(t, "not the deleted one", next("i-6", 0), domain.ContactNumber("0000052"))
	// The last number of a width is followed by a longer one.
	put(t, s, opera, "98", nil)
	same(t, "the last", next("i-7", 2), domain.ContactNumber("99"))
	same(t, "past the last", next("i-8", 2), domain.ContactNumber("100"))
	same(t, "unreasonable width", next("i-9", 99), domain.ContactNumber("0000053"))
	// To a person, who may take it or not: it is given once, and passes over what
	// others have chosen.
	person := func() domain.ContactNumber {
		n, err := s.NextNumber(t.Context(), opera, 7)
		must(t, err)
		return n
	}
	same(t, "a person's", person(), domain.ContactNumber("0000054"))
	same(t, "another person's", person(), domain.ContactNumber("0000055"))
	put(t, s, opera, "0000056", nil)
	put(t, s, opera, "0000060", nil)
	must(t, s.Delete(t.Context(), opera, "0000060"))
	same(t, "above what was chosen", person(), domain.ContactNumber("0000061"))
	same(t, "an import's after it", next("i-10", 7), domain.ContactNumber("0000062"))
}

func createIdentity(t *testing.T, s Contacts) {
	a := made(t, s, opera, creation("import-1", 2, person("jo@example.org")))
	// Another import, or another line, is told who it is.
	for _, cr := range []domain.Creation{
		creation("import-2", 2, person("jo@example.org")),
		creation("import-1", 3, person("jo@example.org")),
		creation("import-3", 2, person("JO@Example.ORG")),
	} {
		live := notMade(t, makeAll(t, s, opera, cr)[0])
		same(t, "live", live, get(t, s, opera, a))
	}
	// In one call the first wins.
	out := makeAll(t, s, opera,
		creation("import-4", 2, person("kim@example.org")), creation("import-4", 3, person("kim@example.org")),
		creation("import-4", 4, person("lee@example.org")), creation("import-4", 5, person("KIM@example.org")))
	if !out[0].Done || !out[2].Done {
		t.Fatalf("%+v", out)
	}
	for _, i := range []int{1, 3} {
		same(t, "live", notMade(t, out[i]).Number, out[0].Number)
	}
	// Who has another address now, or is gone, stands in nobody's way.
	put(t, s, opera, a, person("joan@example.org"))
	b := made(t, s, opera, creation("import-5", 2, person("jo@example.org")))
	must(t, s.Delete(t.Context(), opera, b))
	c := made(t, s, opera, creation("import-6", 2, person("jo@example.org")))
	if a == b || b == c || a == c {
		t.Errorf("numbers %s, %s, %s", a, b, c)
	}
	done(t, write(t, s, opera, change(c, "import-7", 2, person("jo@example.org"), person("joe@example.org"))))
	d := made(t, s, opera, creation("import-8", 2, person("jo@example.org")))
	notMade(t, makeAll(t, s, opera, creation("import-9", 2, person("jo@example.org")))[0])
	by, err := s.ByEmail(t.Context(), opera, []string{"jo@example.org", "joan@example.org", "joe@example.org"})
	must(t, err)
	same(t, "look-ups", by, map[string][]domain.ContactNumber{"jo@example.org": {d}, "joan@example.org": {a}, "joe@example.org": {c}})
	// Without an identity, addresses may be shared.
	shared := creation("import-10", 2, person("jo@example.org"))
	shared.Identity = ""
	made(t, s, opera, shared)
}

// Who is known by a value is made once, until the contact has another one.
func createIdentityValue(t *testing.T, s Contacts) {
	const id = domain.Field("criterion:OTHER_ID")
	with := func(imp string, v domain.Value) domain.Creation {
		fields := person("")
		delete(fields, domain.ContactEmail)
		fields[domain.ContactLastName], fields[id] = "Valued", v
		cr := creation(imp, 2, fields)
		cr.Identity = domain.ValueIdentity(id, v)
		return cr
	}
	a := made(t, s, opera, with("import-1", "X=1"))
	same(t, "live", notMade(t, makeAll(t, s, opera, with("import-2", "X=1"))[0]).Number, a)
	b := made(t, s, opera, with("import-3", "x=1"))
	put(t, s, opera, a, map[domain.Field]domain.Value{domain.ContactLastName: "Valued", id: "Y"})
	c := made(t, s, opera, with("import-4", "X=1"))
	if a == b || b == c || a == c {
		t.Errorf("numbers %s, %s, %s", a, b, c)
	}
	must(t, s.Delete(t.Context(), opera, c))
	if d := made(t, s, opera, with("import-5", "X=1")); d == c {
		t.Errorf("number %s again", d)
	}
}

func createIdentityNumber(t *testing.T, s Contacts) {
	with := func(n domain.ContactNumber, imp string, line int, email domain.Value) domain.Creation {
		cr := creation(imp, line, person(email))
		cr.Number = n
		return cr
	}
	same(t, "number", made(t, s, opera, with("5", "import-1", 2, "jo@example.org")), domain.ContactNumber("5"))
	same(t, "again", made(t, s, opera, with("5", "import-1", 2, "jo@example.org")), domain.ContactNumber("5"))
	out := makeAll(t, s, opera,
		with("6", "import-2", 2, "jo@example.org"), creation("import-2", 3, person("jo@example.org")), with("5", "import-2", 4, "max@example.org"),
		with("7", "import-2", 5, "kim@example.org"), with("8", "import-2", 6, "lee@example.org"))
	for i, want := range []domain.ContactNumber{"5", "5", "5"} {
		same(t, "live", notMade(t, out[i]).Number, want)
	}
	same(t, "made", out[3:], []domain.Made{{Number: "7", Done: true}, {Number: "8", Done: true}})
	same(t, "all", found(t, s, opera, ""), []domain.ContactNumber{"5", "7", "8"})
	// What the claim names may be gone, or have another address.
	must(t, s.Delete(t.Context(), opera, "5"))
	put(t, s, opera, "7", person("kimberly@example.org"))
	out = makeAll(t, s, opera, with("9", "import-3", 2, "jo@example.org"), with("10", "import-3", 3, "kim@example.org"), with("5", "import-3", 4, "zoe@example.org"))
	same(t, "made", out, []domain.Made{{Number: "9", Done: true}, {Number: "10", Done: true}, {Number: "5", Gone: true}})
	made(t, s, opera, creation("import-3", 5, person("zoe@example.org")))
}

func createRaces(t *testing.T, s Contacts) {
	// Fifty times two imports of the same fifty people, four of them in a new
	// institution each time.
	const people = 50
	for round := range 50 {
		in := domain.InstitutionID(fmt.Sprintf("race-%d", min(round, 4)))
		email := func(p int) domain.Value { return domain.Value(fmt.Sprintf("p%d-%d@example.org", round, p)) }
		var made, told [people]counter
		together(2, func(i int) {
			var crs []domain.Creation
			for p := range people {
				if i == 1 {
					p = people - 1 - p // the other way round
				}
				crs = append(crs, creation(fmt.Sprintf("import-%d-%d", round, i), p, person(email(p))))
			}
			out, err := s.Create(t.Context(), in, crs)
			if err != nil || len(out) != people {
				t.Errorf("%d answers, %v", len(out), err)
				return
			}
			for k, m := range out {
				made[crs[k].Applied.Line].add(m.Done && m.Live == nil && m.Err == nil)
				told[crs[k].Applied.Line].add(!m.Done && m.Live != nil && m.Err == nil && m.Live.Email() == string(crs[k].Fields[domain.ContactEmail]))
			}
		})
		for p := range people {
			if made[p].n != 1 || told[p].n != 1 {
				t.Fatalf("round %d: person %d was made by %d imports, %d were told", round, p, made[p].n, told[p].n)
			}
		}
	}
	for i := range 5 {
		emails := map[string]int{}
		for _, c := range collect(t, s.All(t.Context(), domain.InstitutionID(fmt.Sprintf("race-%d", i)))) {
			if emails[c.Email()]++; emails[c.Email()] > 1 {
				t.Errorf("%s is there twice", c.Email())
			}
		}
		if want := map[bool]int{true: people, false: 46 * people}[i < 4]; len(emails) != want {
			t.Errorf("institution %d has %d people", i, len(emails))
		}
	}
}

func createRacesOfCopies(t *testing.T, s Contacts) {
	for round := range 5 {
		in := domain.InstitutionID(fmt.Sprintf("copies-%d", round))
		var crs []domain.Creation
		for i := range 60 {
			cr := creation("import-1", i, fields{genre: "ROCK"})
			switch i % 3 {
			case 1:
				cr = creation("import-1", i, person(domain.Value(fmt.Sprintf("p%d@example.org", i))))
			case 2:
				cr = numbered(domain.ContactNumber(fmt.Sprint(1000+i)), cr)
			}
			crs = append(crs, cr)
		}
		var outs [3][]domain.Made
		together(3, func(i int) {
			var err error
			if outs[i], err = s.Create(t.Context(), in, crs); err != nil {
				t.Errorf("create: %v", err)
			}
		})
		for i := range crs {
			for _, out := range outs {
				if len(out) != len(crs) || !out[i].Done || out[i].Number != outs[0][i].Number {
					t.Fatalf("round %d, line %d: %+v and %+v", round, i, out[i], outs[0][i])
				}
			}
		}
		if cs := collect(t, s.All(t.Context(), in)); len(cs) != len(crs) {
			t.Errorf("round %d: %d contacts of %d", round, len(cs), len(crs))
		}
	}
}

func createRacesNumbers(t *testing.T, s Contacts) {
	// One import asks for numbers, one takes the next free ones, one asks for
	// some of those, for nobody in particular: everybody is there once, under the number asked for.
	const people = 20
	for round := range 5 {
		in := domain.InstitutionID(fmt.Sprintf("numbers-%d", round))
		var made [people]counter
		together(3, func(i int) {
			var crs []domain.Creation
			for p := range people {
				email := domain.Value(fmt.Sprintf("p%d@example.org", p))
				switch i {
				case 2:
					if p%4 == 0 {
						crs = append(crs, numbered(domain.ContactNumber(fmt.Sprintf("%07d", p+1)), creation("import-2", p, nil)))
					}
				case 1:
					crs = append(crs, creation("import-1", p, person(email)))
				default:
					cr := creation("import-0", p, person(email))
					cr.Number = domain.ContactNumber(fmt.Sprint(100 + p))
					crs = append(crs, cr)
				}
			}
			out, err := s.Create(t.Context(), in, crs)
			if err != nil {
				t.Errorf("create: %v", err)
				return
			}
			for k, m := range out {
				if i == 2 {
					if !m.Done && m.Live == nil {
						t.Errorf("round %d, nobody %d: %+v", round, k, m)
					}
					continue
				}
				if m.Err != nil || m.Gone || !m.Done && (m.Live == nil || m.Live.Email() != string(crs[k].Fields[domain.ContactEmail])) {
					t.Errorf("round %d, import %d, line %d: %+v", round, i, k, m)
				}
				if m.Done && crs[k].Number != "" && m.Number != crs[k].Number {
					t.Errorf("asked for %s, got %s", crs[k].Number, m.Number)
				}
				made[crs[k].Applied.Line].add(m.Done)
			}
		})
		emails := map[string]int{}
		for _, c := range collect(t, s.All(t.Context(), in)) {
			if c.Email() != "" {
				emails[c.Email()]++
			}
		}
		for p := range people {
			if n := emails[fmt.Sprintf("p%d@example.org", p)]; n != 1 || made[p].n != 1 {
				t.Fatalf("round %d: person %d is there %d times, made by %d", round, p, n, made[p].n)
			}
		}
	}
}

func createMany(t *testing.T, s Contacts) {
	// Lines as a file has them: some with a number, some with an address, some
	// with neither, some of people who are there.
	var crs []domain.Creation
	for i := range 1000 {
		f := fields{domain.ContactLastName: domain.Value(fmt.Sprintf("Name %d", i)), genre: "ROCK"}
		cr := creation("import-1", 2*i, f)
		switch i % 5 {
		case 1, 2, 3:
			f[domain.ContactEmail] = domain.Value(fmt.Sprintf("p%d@example.org", i))
			cr = creation("import-1", 2*i, f)
		case 4:
			cr = numbered(domain.ContactNumber(fmt.Sprintf("9%05d", i)), cr)
		}
		crs = append(crs, cr)
	}
	for i := 6; i < 1000; i += 100 {
		made(t, s, opera, creation("import-0", i, crs[i].Fields))
	}
	put(t, s, opera, "0000100", nil) // in the way
	var first []domain.Made
	for round := range 2 {
		out := makeAll(t, s, opera, crs...)
		numbers := map[domain.ContactNumber]bool{}
		for i, m := range out {
			if i%100 == 6 {
				same(t, "live", notMade(t, m).Origin.Import, "import-0")
				continue
			}
			if !m.Done || numbers[m.Number] || i%5 == 4 && m.Number != crs[i].Number {
				t.Fatalf("round %d, creation %d: %+v", round, i, m)
			}
			numbers[m.Number] = true
		}
		if round == 0 {
			first = out
		}
		same(t, "answers", out, first)
	}
	i := 0
	for range collect(t, s.All(t.Context(), opera)) {
		i++
	}
	if i != 1001 {
		t.Errorf("%d contacts, want 1001", i)
	}
	var ns []domain.ContactNumber
	for _, m := range first {
		ns = append(ns, m.Number)
	}
	cs, err := s.GetMany(t.Context(), opera, ns)
	must(t, err)
	for i, n := range ns {
		want := maps.Clone(crs[i].Fields)
		same(t, "contact", cs[n].Fields, want)
	}
}

func createOddly(t *testing.T, s Contacts) {
	for name, cr := range map[string]domain.Creation{
		"no ticket":      {Fields: fields{genre: "ROCK"}},
		"no number":      numbered("12a", creation("import-1", 2, nil)),
		"unknown field":  creation("import-1", 3, fields{"contact:shoeSize": "44"}),
		"quoted in code": creation("import-1", 4, fields{`criterion:A"B`: "x"}),
	} {
		m := makeAll(t, s, opera, cr)[0]
		refused(t, name, m.Err, fault.Internal, "")
		if m.Done || m.Live != nil || m.Gone {
			t.Errorf("%s: %+v", name, m)
		}
	}
	same(t, "contacts", found(t, s, opera, ""), []domain.ContactNumber{})
	big := fields{}
	for i := range 420 {
		big[domain.Field(fmt.Sprintf("criterion:BIG%d", i))] = domain.Value(strings.Repeat("x", 1000))
	}
	out := makeAll(t, s, opera, numbered("1", creation("import-1", 5, big)), numbered("2", creation("import-1", 6, fields{genre: "ROCK"})))
	refused(t, "too large", out[0].Err, fault.TooLarge, "contactTooLarge")
	same(t, "the others", out[1], domain.Made{Number: "2", Done: true})
	for i, v := range []domain.Value{"é", "日本語 🎭", `"quoted" 'single' ? ; -- \`, "Empty", domain.Value(strings.Repeat("ä", 250))} {
		f := fields{note: v, domain.ContactCity: v, domain.ContactLastName: v}
		same(t, "fields", get(t, s, opera, made(t, s, opera, creation("import-2", i, f))).Fields, f)
	}
}

func createInstitutions(t *testing.T, s Contacts) {
	cr := creation("import-1", 2, person("jo@example.org"))
	for _, in := range []domain.InstitutionID{opera, club} {
		same(t, "next", made(t, s, in, cr), domain.ContactNumber("0000001"))
		made(t, s, in, numbered("55", creation("import-1", 3, nil)))
	}
	must(t, s.Delete(t.Context(), club, "0000001"))
	get(t, s, opera, "0000001")
	notMade(t, makeAll(t, s, opera, creation("import-2", 2, person("jo@example.org")))[0])
	made(t, s, club, creation("import-2", 2, person("jo@example.org")))
	out, err := s.Remove(t.Context(), club, []domain.Write{{Number: "0000001", Ticket: TicketOf("undo-1"), Applied: domain.Applied{Import: "import-1"}}})
	must(t, err)
	same(t, "another's", out, []domain.Written{{}})
	must(t, s.AddHistory(t.Context(), opera, []domain.HistoryEntry{{Number: "55", At: monday.At, Import: "import-1", Line: 3, Field: genre, After: "ROCK"}}))
	es, err := s.History(t.Context(), club, "55", 10)
	must(t, err)
	same(t, "history of another's", es, []domain.HistoryEntry{})
}

func claimed(t *testing.T, s Contacts) {
	makeAll(t, s, opera,
		creation("import-1", 3, nil), creation("import-1", 4, person("jo@example.org")), creation("import-1", 5, person("jo@example.org")),
		numbered("77", creation("import-1", 6, nil)), creation("import-1", 450, nil), creation("import-2", 3, nil))
	must(t, s.Delete(t.Context(), opera, "0000001"))
	for _, c := range []struct {
		in    domain.InstitutionID
		imp   string
		lines []int
		want  map[int]domain.Pinned
	}{
		{opera, "import-1", []int{3, 4, 6, 7, 450, 999, 3}, map[int]domain.Pinned{3: {Number: "0000001"}, 4: {Number: "0000002"}, 450: {Number: "0000004"}}},
		{opera, "import-2", []int{3, 4}, map[int]domain.Pinned{3: {Number: "0000005"}}},
		{opera, "import-3", []int{3}, nil},
		{club, "import-1", []int{3}, nil},
		{opera, "import-1", nil, nil},
	} {
		got, err := s.Claimed(t.Context(), c.in, c.imp, c.lines)
		must(t, err)
		same(t, fmt.Sprintf("%s %s %v", c.in, c.imp, c.lines), got, c.want)
	}
	// A line that met another one's contact is about that.
	got, err := s.Claimed(t.Context(), opera, "import-1", []int{5})
	must(t, err)
	same(t, "who met another", got, map[int]domain.Pinned{5: {Number: "0000002", Found: true}})
}

func contactsGone(t *testing.T, s Contacts) {
	for _, n := range []domain.ContactNumber{"1", "2", "3"} {
		put(t, s, opera, n, fields{genre: "ROCK", domain.ContactLastName: "Abel"})
	}
	must(t, s.Delete(t.Context(), opera, "2"))
	gone, err := s.Gone(t.Context(), opera, []domain.ContactNumber{"1", "2", "4", "2"})
	must(t, err)
	same(t, "gone", gone, map[domain.ContactNumber]string{"2": ""})
	gone, err = s.Gone(t.Context(), club, []domain.ContactNumber{"2"})
	must(t, err)
	same(t, "gone of another", gone, map[domain.ContactNumber]string{})

	// It takes nothing, and is seen nowhere.
	_, err = s.Put(t.Context(), opera, contact("2", fields{genre: "POP"}), monday)
	refused(t, "put", err, fault.Conflict, "gone")
	for name, w := range map[string]domain.Write{
		"a value":   change("2", "import-1", 2, nil, fields{genre: "POP"}),
		"own field": change("2", "import-1", 2, fields{genre: ""}, fields{domain.ContactPhone: "1"}),
		"a name":    change("2", "import-1", 2, nil, fields{domain.ContactLastName: "Abel"}),
		"clearing":  change("2", "import-1", 2, nil, fields{domain.ContactPhone: ""}),
	} {
		if w := write(t, s, opera, w); w.Done || w.Live != nil || w.Err != nil {
			t.Errorf("write of %s: %+v", name, w)
		}
	}
	many, err := s.GetMany(t.Context(), opera, []domain.ContactNumber{"1", "2", "3"})
	must(t, err)
	if _, ok := many["2"]; ok || len(many) != 2 {
		t.Errorf("%d contacts", len(many))
	}
	for _, q := range []string{"", "abel"} {
		same(t, "found by "+q, found(t, s, opera, q), []domain.ContactNumber{"1", "3"})
	}
	if cs := collect(t, s.All(t.Context(), opera)); len(cs) != 2 {
		t.Errorf("All gives %d", len(cs))
	}
	refused(t, "deleted again", s.Delete(t.Context(), opera, "2"), fault.NotFound, "notFound")
	// Page after page of deleted ones are passed over.
	var cs []domain.Contact
	for i := range 70 {
		cs = append(cs, contact(domain.ContactNumber(fmt.Sprintf("70%02d", i)), nil))
	}
	must(t, s.Load(t.Context(), club, slices.Values(cs)))
	for _, c := range cs[:60] {
		must(t, s.Delete(t.Context(), club, c.Number))
	}
	var left []domain.ContactNumber
	for _, c := range paged(t, 3, func(limit int, cursor string) ([]domain.Contact, string, error) {
		return s.Find(t.Context(), club, "", limit, cursor)
	}) {
		left = append(left, c.Number)
	}
	if len(left) != 10 || left[0] != "7060" {
		t.Errorf("left are %v", left)
	}
}

// unmake is the write by which an undo takes back a creation.
func unmake(m domain.Made, cr domain.Creation) domain.Write {
	return domain.Write{Number: m.Number, If: cr.Fields, Ticket: TicketOf("undo-1"), Applied: domain.Applied{Import: cr.Applied.Import}}
}

func removeMade(t *testing.T, s Contacts) {
	var crs []domain.Creation
	for i := range 9 {
		crs = append(crs, creation("import-1", i, fields{domain.ContactEmail: domain.Value(fmt.Sprintf("p%d@example.org", i)), domain.ContactLastName: "Abel", genre: "ROCK"}))
	}
	out := makeAll(t, s, opera, crs...)
	var ws []domain.Write
	for i, m := range out {
		ws = append(ws, unmake(m, crs[i]))
	}
	n := func(i int) domain.ContactNumber { return out[i].Number }
	// 0 and 1 are as they were made; the others were touched.
	done(t, write(t, s, opera, change(n(2), "import-2", 2, fields{genre: "ROCK"}, fields{genre: "POP"})))
	put(t, s, opera, n(3), crs[3].Fields) // the same values, but somebody looked at it
	put(t, s, opera, n(4), fields{note: "x"})
	must(t, s.Delete(t.Context(), opera, n(5)))
	ws[6].If = maps.Clone(ws[6].If)
	ws[6].If[note] = "x"
	ws[7].Applied.Import = "import-2"
	ws[8].Number = "404"
	put(t, s, opera, "5", fields{genre: "ROCK"}) // made by no import
	ws = append(ws, domain.Write{Number: "5", Ticket: TicketOf("undo-1"), Applied: domain.Applied{Import: "import-1"}}, domain.Write{Number: "5", If: fields{genre: "ROCK"}})

	for round := range 2 {
		got, err := s.Remove(t.Context(), opera, ws)
		must(t, err)
		for i, w := range got {
			switch i {
			case 0, 1: // by an earlier call as well
				done(t, w)
			case 2, 3, 4, 6, 7, 9:
				same(t, "live", notDone(t, w), get(t, s, opera, ws[i].Number))
			case 5, 8:
				if w.Done || w.Live != nil || w.Err != nil {
					t.Errorf("round %d, removal %d: %+v", round, i, w)
				}
			case 10:
				refused(t, "without a ticket", w.Err, fault.Internal, "noTicket")
			}
		}
	}
	for _, i := range []int{0, 1} {
		_, err := s.Get(t.Context(), opera, n(i))
		refused(t, "removed", err, fault.NotFound, "notFound")
	}
	gone, err := s.Gone(t.Context(), opera, []domain.ContactNumber{n(0), n(2)})
	must(t, err)
	same(t, "gone", gone, map[domain.ContactNumber]string{n(0): "import-1"})
	by, err := s.ByEmail(t.Context(), opera, []string{"p0@example.org", "p2@example.org"})
	must(t, err)
	same(t, "look-ups", by, map[string][]domain.ContactNumber{"p2@example.org": {n(2)}})
	// The person may come again, under another number.
	if again := made(t, s, opera, creation("import-3", 2, person("p0@example.org"))); again == n(0) {
		t.Errorf("number %s was used again", again)
	}
	// What another import took away is not this one's doing.
	got, err := s.Remove(t.Context(), opera, []domain.Write{{Number: n(0), Ticket: TicketOf("undo-9"), Applied: domain.Applied{Import: "import-9"}}})
	must(t, err)
	same(t, "another import's", got, []domain.Written{{}})
	// Who removes is whom the provenance names: said again by that one it is
	// Done, by another it is not.
	undo := domain.Write{Number: made(t, s, opera, creation("import-1", 99, person("p99@example.org"))), Applied: domain.Applied{Import: "import-1"}, Provenance: domain.Provenance{Import: "undo-1"}}
	for _, c := range []struct {
		by   string
		done bool
	}{{"undo-1", true}, {"undo-1", true}, {"undo-2", false}} {
		undo.Provenance.Import, undo.Ticket = c.by, TicketOf(c.by)
		got, err := s.Remove(t.Context(), opera, []domain.Write{undo})
		must(t, err)
		if got[0].Done != c.done || got[0].Err != nil {
			t.Errorf("removed by %s: %+v", c.by, got[0])
		}
	}
	// Several with one address.
	var shared []domain.Write
	for i := range 3 {
		cr := creation("import-4", i, person("shared@example.org"))
		if i > 0 {
			cr.Identity = ""
		}
		shared = append(shared, domain.Write{Number: made(t, s, opera, cr), Ticket: TicketOf("undo-1"), Applied: domain.Applied{Import: "import-4"}})
	}
	got, err = s.Remove(t.Context(), opera, shared)
	must(t, err)
	for _, w := range got {
		done(t, w)
	}
	made(t, s, opera, creation("import-5", 2, person("shared@example.org")))
	got, err = s.Remove(t.Context(), opera, nil)
	must(t, err)
	same(t, "no removals", got, []domain.Written{})
}

func removeMany(t *testing.T, s Contacts) {
	var crs []domain.Creation
	for i := range 120 {
		f := fields{domain.ContactLastName: "Abel"}
		if i%3 > 0 {
			f[domain.ContactEmail] = domain.Value(fmt.Sprintf("p%d@example.org", i))
		}
		crs = append(crs, creation("import-1", i, f))
	}
	out := makeAll(t, s, opera, crs...)
	var ws []domain.Write
	var es []domain.HistoryEntry
	for i, m := range out {
		ws = append(ws, unmake(m, crs[i]))
		es = append(es, domain.HistoryEntry{Number: m.Number, At: monday.At, Import: "import-1", Line: i, Field: domain.ContactLastName, After: "Abel"})
	}
	must(t, s.AddHistory(t.Context(), opera, es))
	var left int
	together(2, func(i int) {
		if i == 0 {
			if got, err := s.Remove(t.Context(), opera, ws); err != nil || len(got) != len(ws) {
				t.Errorf("%d answers, %v", len(got), err)
			}
			return
		}
		for k := 0; k < len(out); k += 50 { // a person, meanwhile
			s.Put(t.Context(), opera, contact(out[k].Number, fields{note: "by hand", domain.ContactLastName: "Abel"}), monday)
		}
	})
	got, err := s.Remove(t.Context(), opera, ws)
	must(t, err)
	var ns []domain.ContactNumber
	for _, m := range out {
		ns = append(ns, m.Number)
	}
	there, err := s.GetMany(t.Context(), opera, ns)
	must(t, err)
	for i, w := range got {
		if _, is := there[ns[i]]; w.Done == is || w.Done == (w.Live != nil) || w.Live != nil && i%50 != 0 {
			t.Fatalf("removal %d: %+v, is there: %v", i, w, is)
		}
		if w.Live != nil {
			left++
		}
		if i%10 > 0 {
			continue
		}
		es, err := s.History(t.Context(), opera, out[i].Number, 10)
		must(t, err)
		if (len(es) > 0) != (w.Live != nil) {
			t.Fatalf("removal %d: %d entries in the history", i, len(es))
		}
	}
	if ns := found(t, s, opera, "abel"); len(ns) != left {
		t.Errorf("%d found by name, %d left", len(ns), left)
	}
}

func history(t *testing.T, s Contacts) {
	at := func(i int) time.Time { return monday.At.Add(time.Duration(i) * time.Minute) }
	entry := func(n domain.ContactNumber, i int, f domain.Field) domain.HistoryEntry {
		return domain.HistoryEntry{Number: n, At: at(i), Import: fmt.Sprintf("import-%d", 99-i), Line: i, Field: f, Before: "a", After: domain.Value(fmt.Sprint(i))}
	}
	var es, want []domain.HistoryEntry
	for i := range 30 {
		es = append(es, entry("1", i, genre), entry("12", i, note), entry("1", i, domain.ContactCity))
		want = append([]domain.HistoryEntry{entry("1", i, domain.ContactCity), entry("1", i, genre)}, want...)
	}
	must(t, s.AddHistory(t.Context(), opera, es[:50]))
	must(t, s.AddHistory(t.Context(), opera, es[48:]))
	must(t, s.AddHistory(t.Context(), opera, es)) // again
	must(t, s.AddHistory(t.Context(), opera, nil))
	for limit, n := range map[int]int{1: 1, 20: 20, 60: 60, 100: 60, 0: 50} {
		got, err := s.History(t.Context(), opera, "1", limit)
		must(t, err)
		same(t, fmt.Sprintf("the last %d", limit), got, want[:n])
	}
	got, err := s.History(t.Context(), opera, "2", 10)
	must(t, err)
	same(t, "of nothing", got, []domain.HistoryEntry{})
	// Without an import, and with all that an entry has.
	by := []domain.HistoryEntry{
		{Number: "3", At: at(1).Add(123456789), By: "anna", Field: genre, Before: "ROCK"},
		{Number: "3", At: at(1), Field: tags, After: "A|B"},
		{Number: "3", At: at(0), Import: "0198f3a2-b7c4-7d5e-9a1b-2c3d4e5f6071", Line: 123456, Field: note, Before: `é "日本"`, After: "x\x1fy"},
	}
	must(t, s.AddHistory(t.Context(), opera, by))
	got, err = s.History(t.Context(), opera, "3", 10)
	must(t, err)
	same(t, "by whomever", got, by)
}

func historyOfPut(t *testing.T, s Contacts) {
	p := func(i int) domain.Provenance {
		return domain.Provenance{At: monday.At.Add(time.Duration(i) * time.Hour), By: "anna", Proof: "form"}
	}
	entry := func(i int, f domain.Field, before, after domain.Value) domain.HistoryEntry {
		return domain.HistoryEntry{Number: "1", At: p(i).At, By: "anna", Field: f, Before: before, After: after}
	}
	for i, f := range []fields{{genre: "ROCK", domain.ContactCity: "Bern"}, {genre: "ROCK", domain.ContactCity: "Bern", note: ""}, {genre: "POP", note: "x"}} {
		_, err := s.Put(t.Context(), opera, contact("1", f), p(i))
		must(t, err)
	}
	_, err := s.Put(t.Context(), opera, domain.Contact{Number: "1", Version: 1}, p(9))
	refused(t, "an old version", err, fault.Conflict, "changed")
	got, err := s.History(t.Context(), opera, "1", 20)
	must(t, err)
	same(t, "history", got, []domain.HistoryEntry{
		entry(2, domain.ContactCity, "Bern", ""), entry(2, genre, "ROCK", "POP"), entry(2, note, "", "x"),
		entry(0, domain.ContactCity, "", "Bern"), entry(0, genre, "", "ROCK")})
	must(t, s.AddHistory(t.Context(), opera, []domain.HistoryEntry{{Number: "12", At: monday.At, Import: "i", Field: genre, After: "ROCK"}}))
	must(t, s.Delete(t.Context(), opera, "1"))
	got, err = s.History(t.Context(), opera, "1", 20)
	must(t, err)
	same(t, "of a deleted contact", got, []domain.HistoryEntry{})
	got, err = s.History(t.Context(), opera, "12", 20)
	must(t, err)
	if len(got) != 1 {
		t.Errorf("the other's history has %d entries", len(got))
	}

	// A contact as large as one may be, changed wholly.
	big := fields{}
	for _, x := range []string{"x", "y"} {
		for i := range 380 {
			big[domain.Field(fmt.Sprintf("criterion:BIG%03d", i))] = domain.Value(strings.Repeat(x, 1000))
		}
		_, err := s.Put(t.Context(), opera, contact("2", big), monday)
		must(t, err)
	}
	got, err = s.History(t.Context(), opera, "2", 1000)
	must(t, err)
	if len(got) != 760 || got[0].Field != "criterion:BIG000" || got[0].Before == "" || got[759].Field != "criterion:BIG379" || got[759].Before != "" {
		t.Errorf("%d entries", len(got))
	}
}

func historyMany(t *testing.T, s Contacts) {
	var es []domain.HistoryEntry
	for i := range 600 {
		n := domain.ContactNumber(fmt.Sprint(i % 100))
		es = append(es, domain.HistoryEntry{Number: n, At: monday.At.Add(time.Duration(i) * time.Second), Import: "import-1", Line: i, Field: genre, After: "ROCK"})
	}
	must(t, s.AddHistory(t.Context(), opera, es))
	for _, n := range []int{0, 57, 99} {
		got, err := s.History(t.Context(), opera, domain.ContactNumber(fmt.Sprint(n)), 20)
		must(t, err)
		if len(got) != 6 || got[0].Line != 500+n || got[5].Line != n {
			t.Errorf("history of %d: %v", n, got)
		}
	}
}
