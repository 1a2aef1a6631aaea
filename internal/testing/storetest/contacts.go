package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

const (
	genre   domain.Field = "criterion:GENRE"
	tags    domain.Field = "criterion:TAGS"
	note    domain.Field = "criterion:NOTE"
	mailing domain.Field = "authorisation:MAILING"
)

var (
	monday  = domain.Provenance{At: time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC), By: "anna", Proof: "paper form, page 3"}
	tuesday = domain.Provenance{At: time.Date(2026, 11, 24, 9, 30, 0, 5000, time.UTC), Import: "import-1"}
)

type fields = map[domain.Field]domain.Value

func contact(n domain.ContactNumber, f fields) domain.Contact {
	return domain.Contact{Number: n, Fields: f}
}

func put(t *testing.T, s Contacts, in domain.InstitutionID, n domain.ContactNumber, f fields) {
	t.Helper()
	_, err := s.Put(t.Context(), in, contact(n, f), monday)
	must(t, err)
}

func get(t *testing.T, s Contacts, in domain.InstitutionID, n domain.ContactNumber) domain.Contact {
	t.Helper()
	c, err := s.Get(t.Context(), in, n)
	must(t, err)
	return c
}

// write does one write.
func write(t *testing.T, s Contacts, in domain.InstitutionID, w domain.Write) domain.Written {
	t.Helper()
	out, err := s.Write(t.Context(), in, []domain.Write{w})
	must(t, err)
	if len(out) != 1 {
		t.Fatalf("%d answers to one write", len(out))
	}
	return out[0]
}

// TicketOf is what the suite's import of a name, "import-1", writes by: in the slot
// of its number, and of a later order than those with lower ones.
func TicketOf(imp string) domain.Ticket {
	name, number, _ := strings.Cut(imp, "-")
	n := 0
	for _, r := range number {
		n = 10*n + int(r)%'0'%10
	}
	return domain.Ticket{Slot: (n + len(name)) % domain.Slots, Order: domain.Order(fmt.Sprintf("%c%06d", name[0], n))}
}

// stamped is what an import's write leaves in a contact without other stamps.
func stamped(w domain.Write) map[int]domain.Stamp {
	return map[int]domain.Stamp{w.Ticket.Slot: {Order: w.Ticket.Order, Line: w.Applied.Line, Kind: domain.Found, Before: w.Applied.Before}}
}

// change is a write of one line of an import; what it replaces is compared.
func change(n domain.ContactNumber, imp string, line int, if_, set fields) domain.Write {
	before := fields{}
	for f := range set {
		before[f] = if_[f]
	}
	return domain.Write{Number: n, If: if_, Set: set, Applied: domain.Applied{Import: imp, Line: line, Before: before}, Provenance: tuesday, Ticket: TicketOf(imp)}
}

func done(t *testing.T, w domain.Written) {
	t.Helper()
	if !w.Done || w.Live != nil || w.Err != nil {
		t.Fatalf("not done: live %v, error %v", w.Live, w.Err)
	}
}

// notDone returns the contact as it stands.
func notDone(t *testing.T, w domain.Written) domain.Contact {
	t.Helper()
	if w.Done || w.Live == nil || w.Err != nil {
		t.Fatalf("done %v, live %v, error %v; want the live contact", w.Done, w.Live, w.Err)
	}
	return *w.Live
}

// ownStamp checks that a write was refused by what its own import wrote before.
func ownStamp(t *testing.T, got domain.Written, w domain.Write) {
	t.Helper()
	if got.Done || got.Own == nil || got.Live != nil || got.Err != nil {
		t.Fatalf("%+v; want the import's own stamp", got)
	}
	same(t, "stamp", *got.Own, stamped(w)[w.Ticket.Slot])
}

// TestContacts checks an implementation; new returns an empty store.
func TestContacts(t *testing.T, new func(t *testing.T) Contacts) {
	tests := maps.Clone(creationTests)
	maps.Copy(tests, map[string]func(*testing.T, Contacts){
		"Put":              contactsPut,
		"PutVersions":      contactsPutVersions,
		"Provenance":       contactsProvenance,
		"PutRaces":         contactsPutRaces,
		"Delete":           contactsDelete,
		"Hide":             contactsHide,
		"Changed":          contactsChanged,
		"ChangedPages":     contactsChangedPages,
		"ChangedBefore":    contactsChangedBefore,
		"GetMany":          contactsGetMany,
		"Institutions":     contactsInstitutions,
		"Write":            contactsWrite,
		"WriteProvenance":  contactsWriteProvenance,
		"WriteTwice":       contactsWriteTwice,
		"WriteRaces":       contactsWriteRaces,
		"WriteConditions":  contactsWriteConditions,
		"WriteValues":      contactsWriteValues,
		"WriteMany":        contactsWriteMany,
		"WriteWide":        contactsWriteWide,
		"WriteTooLarge":    contactsWriteTooLarge,
		"WriteNames":       contactsWriteNames,
		"WriteAndPut":      contactsWriteAndPut,
		"WriteOddly":       contactsWriteOddly,
		"LookUp":           contactsLookUp,
		"LookUpFollows":    contactsLookUpFollows,
		"FindPages":        contactsFindPages,
		"Search":           contactsSearch,
		"All":              contactsAll,
		"AllEnds":          contactsAllEnds,
		"Values":           contactsValues,
		"Load":             contactsLoad,
		"CopiesAreCopies":  contactsCopies,
		"CancelledContext": contactsCancelled,
	})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, new(t))
		})
	}
}

func contactsPut(t *testing.T, s Contacts) {
	_, err := s.Get(t.Context(), opera, "0012")
	refused(t, "missing contact", err, fault.NotFound, "notFound")

	f := fields{genre: "ROCK", tags: "ROCK|JAZZ", note: "été — 日本 🎭 \"x\" | y", mailing: "true",
		domain.ContactEmail: "Anna@Example.org", domain.ContactLastName: "Müller", domain.ContactLanguage: "de", domain.ContactTitle: ""}
	created, err := s.Put(t.Context(), opera, contact("0012", f), monday)
	must(t, err)
	if !created {
		t.Error("a new contact is not said to be created")
	}
	delete(f, domain.ContactTitle) // empty is the same as absent
	same(t, "contact", get(t, s, opera, "0012"), domain.Contact{Number: "0012", Fields: f, Version: 1,
		Provenance: map[domain.Field]domain.Provenance{genre: monday, tags: monday, note: monday, mailing: monday}})
	_, err = s.Get(t.Context(), opera, "12")
	refused(t, "number without its zeros", err, fault.NotFound, "notFound")

	// What changes gets the new provenance, what stays keeps its own, what goes
	// takes it along.
	f = fields{genre: "POP", tags: "ROCK|JAZZ", domain.ContactLastName: "Meier"}
	created, err = s.Put(t.Context(), opera, contact("0012", f), tuesday)
	must(t, err)
	if created {
		t.Error("a replaced contact is said to be created")
	}
	same(t, "replaced", get(t, s, opera, "0012"), domain.Contact{Number: "0012", Fields: f, Version: 2,
		Provenance: map[domain.Field]domain.Provenance{genre: tuesday, tags: monday}})
}

func contactsProvenance(t *testing.T, s Contacts) {
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	for i, p := range []domain.Provenance{
		{},
		{At: at},
		{At: at.Add(123456789)},
		{At: time.Date(1969, 7, 20, 20, 17, 40, 1, time.UTC)},
		{Import: "0198f3a2-b7c4-7d5e-9a1b-2c3d4e5f6071"},
		{Import: "0198F3A2-B7C4-7D5E-9A1B-2C3D4E5F6071"},
		{Import: "0198f3a2b7c47d5e9a1b2c3d4e5f6071"},
		{Import: "~"},
		{At: at, By: "anna@example.org"},
		{Proof: "Formular «A», Seite 3; 日本 | ~ \\ \""},
		{At: at, Import: "i-1", By: "b", Proof: "p"},
	} {
		n := domain.ContactNumber(fmt.Sprint(i))
		_, err := s.Put(t.Context(), opera, contact(n, fields{genre: "ROCK"}), p)
		must(t, err)
		same(t, "provenance", get(t, s, opera, n).Provenance[genre], p)
	}
}

func contactsPutVersions(t *testing.T, s Contacts) {
	c := contact("7", fields{genre: "ROCK"})
	c.Version = 3
	_, err := s.Put(t.Context(), opera, c, monday)
	refused(t, "a version of a missing contact", err, fault.Conflict, "")

	put(t, s, opera, "7", c.Fields)
	c.Version = 1
	c.Fields = fields{genre: "POP"}
	created, err := s.Put(t.Context(), opera, c, monday)
	must(t, err)
	if created {
		t.Error("said to be created")
	}
	_, err = s.Put(t.Context(), opera, c, monday)
	refused(t, "the version before", err, fault.Conflict, "")
	put(t, s, opera, "7", fields{genre: "JAZZ"}) // 0 replaces whatever is there
	if c := get(t, s, opera, "7"); c.Version != 3 || c.Get(genre) != "JAZZ" {
		t.Errorf("version %d with %q, want 3 with JAZZ", c.Version, c.Get(genre))
	}
}

func contactsPutRaces(t *testing.T, s Contacts) {
	// Eight create the same contact: one of them did, all of them wrote.
	var created, won, lost counter
	together(8, func(i int) {
		c, err := s.Put(t.Context(), opera, contact("1", fields{note: domain.Value(fmt.Sprint(i)), domain.ContactEmail: domain.Value(fmt.Sprintf("p%d@example.org", i))}), monday)
		if err != nil && fault.KindOf(err) != fault.Conflict {
			t.Errorf("put: %v", err)
		}
		created.add(c)
	})
	if created.n != 1 {
		t.Errorf("%d of 8 created the contact", created.n)
	}
	c := get(t, s, opera, "1")
	// Eight replace the same version: one does.
	together(8, func(i int) {
		_, err := s.Put(t.Context(), opera, domain.Contact{Number: "1", Version: c.Version,
			Fields: fields{note: domain.Value(fmt.Sprint(i)), domain.ContactEmail: domain.Value(fmt.Sprintf("q%d@example.org", i))}}, monday)
		if err != nil && fault.KindOf(err) != fault.Conflict {
			t.Errorf("put: %v", err)
		}
		won.add(err == nil)
		lost.add(err != nil)
	})
	if won.n != 1 || lost.n != 7 {
		t.Errorf("%d of 8 replaced the same version", won.n)
	}
	// Exactly the address that stayed is looked up.
	now := get(t, s, opera, "1")
	var emails []string
	for i := range 8 {
		emails = append(emails, fmt.Sprintf("p%d@example.org", i), fmt.Sprintf("q%d@example.org", i))
	}
	by, err := s.ByEmail(t.Context(), opera, emails)
	must(t, err)
	same(t, "look-ups", by, map[string][]domain.ContactNumber{now.Email(): {"1"}})
}

func contactsDelete(t *testing.T, s Contacts) {
	refused(t, "missing", s.Delete(t.Context(), opera, "5"), fault.NotFound, "notFound")
	put(t, s, opera, "5", fields{domain.ContactEmail: "x@example.org", domain.ContactLastName: "Xu"})
	put(t, s, club, "5", fields{domain.ContactEmail: "x@example.org", domain.ContactLastName: "Xu"})
	must(t, s.Delete(t.Context(), opera, "5"))
	_, err := s.Get(t.Context(), opera, "5")
	refused(t, "deleted", err, fault.NotFound, "notFound")
	refused(t, "deleted again", s.Delete(t.Context(), opera, "5"), fault.NotFound, "notFound")
	for _, q := range []string{"5", "x@example.org", "xu", ""} {
		cs, _, err := s.Find(t.Context(), opera, q, 10, "")
		must(t, err)
		same(t, "found after delete: "+q, cs, []domain.Contact{})
	}
	get(t, s, club, "5")
	w := write(t, s, opera, change("5", "import-1", 2, nil, fields{genre: "ROCK"}))
	if w.Done || w.Live != nil || w.Err != nil {
		t.Errorf("write to a deleted contact: %+v", w)
	}
	_, err = s.Get(t.Context(), opera, "5")
	refused(t, "not recreated", err, fault.NotFound, "notFound")
}

func contactsGetMany(t *testing.T, s Contacts) {
	var cs []domain.Contact
	var ask []domain.ContactNumber
	want := map[domain.ContactNumber]domain.Contact{}
	for i := range 1000 {
		n := domain.ContactNumber(fmt.Sprintf("%07d", i))
		ask = append(ask, n)
		if i%3 == 0 {
			continue
		}
		c := domain.Contact{Number: n, Fields: fields{note: domain.Value("about " + n)}, Version: 1}
		cs, want[n] = append(cs, c), c
	}
	must(t, s.Load(t.Context(), opera, slices.Values(cs)))
	ask = append(ask, ask[5], ask[7]) // asked twice is answered once
	got, err := s.GetMany(t.Context(), opera, ask)
	must(t, err)
	same(t, "contacts", got, want)
	got, err = s.GetMany(t.Context(), opera, nil)
	must(t, err)
	same(t, "none asked", got, map[domain.ContactNumber]domain.Contact{})
}

func contactsInstitutions(t *testing.T, s Contacts) {
	put(t, s, opera, "1", fields{genre: "ROCK", domain.ContactEmail: "a@example.org", domain.ContactLastName: "Abel"})
	put(t, s, club, "1", fields{genre: "POP", domain.ContactEmail: "a@example.org", domain.ContactLastName: "Abel"})
	put(t, s, club, "2", fields{domain.ContactEmail: "b@example.org"})

	done(t, write(t, s, opera, change("1", "import-1", 2, fields{genre: "ROCK"}, fields{genre: "JAZZ"})))
	if v := get(t, s, club, "1").Get(genre); v != "POP" {
		t.Errorf("the other institution's contact has %q", v)
	}
	w := write(t, s, opera, change("2", "import-1", 3, nil, fields{genre: "JAZZ"}))
	if w.Done || w.Live != nil || w.Err != nil {
		t.Errorf("write to another institution's contact: %+v", w)
	}
	_, err := s.Get(t.Context(), opera, "2")
	refused(t, "another's contact", err, fault.NotFound, "notFound")
	many, err := s.GetMany(t.Context(), opera, []domain.ContactNumber{"1", "2"})
	must(t, err)
	if len(many) != 1 {
		t.Errorf("%d contacts, want 1", len(many))
	}
	by, err := s.ByEmail(t.Context(), opera, []string{"a@example.org", "b@example.org"})
	must(t, err)
	same(t, "by e-mail", by, map[string][]domain.ContactNumber{"a@example.org": {"1"}})
	for q, n := range map[string]int{"": 1, "abel": 1, "a@example.org": 1, "b@example.org": 0, "2": 0} {
		cs, _, err := s.Find(t.Context(), opera, q, 10, "")
		must(t, err)
		if len(cs) != n {
			t.Errorf("Find(%q) gives %d contacts, want %d", q, len(cs), n)
		}
	}
	if cs := collect(t, s.All(t.Context(), opera)); len(cs) != 1 {
		t.Errorf("All gives %d contacts, want 1", len(cs))
	}
	refused(t, "delete another's", s.Delete(t.Context(), opera, "2"), fault.NotFound, "notFound")
	get(t, s, club, "2")
}

func contactsWrite(t *testing.T, s Contacts) {
	put(t, s, opera, "1", fields{genre: "ROCK", note: "old", mailing: "true", domain.ContactEmail: "a@example.org"})
	w := change("1", "import-1", 17,
		fields{genre: "ROCK", note: "old", tags: "", mailing: "true", domain.ContactEmail: "a@example.org"},
		fields{genre: "POP", note: "", tags: "A|B"})
	done(t, write(t, s, opera, w))
	same(t, "contact", get(t, s, opera, "1"), domain.Contact{
		Number: "1", Version: 1,
		Fields:     fields{genre: "POP", tags: "A|B", mailing: "true", domain.ContactEmail: "a@example.org"},
		Provenance: map[domain.Field]domain.Provenance{genre: tuesday, tags: tuesday, mailing: monday},
		Mark:       w.Ticket.Order,
		Stamps:     stamped(w),
	})
	// The next import stamps it as well.
	next := change("1", "import-2", 3, fields{mailing: "true"}, fields{mailing: "false", domain.ContactCity: "Bern"})
	done(t, write(t, s, opera, next))
	c := get(t, s, opera, "1")
	both := stamped(w)
	maps.Copy(both, stamped(next))
	same(t, "stamps", []any{c.Mark, c.Stamps}, []any{next.Ticket.Order, both})
	if c.Get(mailing) != "false" || c.Get(domain.ContactCity) != "Bern" || c.Provenance[mailing] != tuesday {
		t.Errorf("contact is %+v", c)
	}
	if _, ok := c.Provenance[domain.ContactCity]; ok {
		t.Error("a contact's own data have provenance")
	}
	// A write without a condition needs the contact only.
	done(t, write(t, s, opera, change("1", "import-3", 3, nil, fields{genre: "JAZZ"})))
}

func contactsWriteTwice(t *testing.T, s Contacts) {
	put(t, s, opera, "1", fields{genre: "ROCK"})
	w := change("1", "import-1", 17, fields{genre: "ROCK"}, fields{genre: "POP"})
	done(t, write(t, s, opera, w))
	ownStamp(t, write(t, s, opera, w), w)

	// The value is back by another's hand: the same import must not do it again.
	put(t, s, opera, "1", fields{genre: "ROCK"})
	ownStamp(t, write(t, s, opera, w), w)
	// Nor may another line of the same import.
	ownStamp(t, write(t, s, opera, change("1", "import-1", 18, fields{genre: "ROCK"}, fields{genre: "POP"})), w)
	// Nor if another import wrote in between.
	done(t, write(t, s, opera, change("1", "import-11", 17, fields{genre: "ROCK"}, fields{genre: "POP"})))
	ownStamp(t, write(t, s, opera, change("1", "import-1", 17, fields{genre: "POP"}, fields{genre: "JAZZ"})), w)
	if v := get(t, s, opera, "1").Get(genre); v != "POP" {
		t.Errorf("it has %q", v)
	}
}

func contactsWriteRaces(t *testing.T, s Contacts) {
	for round := range 5 {
		n := domain.ContactNumber(fmt.Sprint(round))
		put(t, s, opera, n, fields{genre: "ROCK"})
		var won counter
		winner := make(chan string, 8)
		together(8, func(i int) {
			imp := fmt.Sprintf("import-%c", 'a'+i)
			out, err := s.Write(t.Context(), opera, []domain.Write{change(n, imp, 2, fields{genre: "ROCK"}, fields{genre: domain.Value(fmt.Sprintf("G%d", i))})})
			if err != nil || out[0].Err != nil {
				t.Errorf("write: %v %v", err, out)
				return
			}
			if won.add(out[0].Done); out[0].Done {
				winner <- imp
			}
		})
		if won.n != 1 {
			t.Fatalf("%d of 8 writers won", won.n)
		}
		if c, by := get(t, s, opera, n), TicketOf(<-winner); c.Mark != by.Order || c.Stamps[by.Slot].Order != by.Order {
			t.Errorf("order %s, stamps %v", c.Mark, c.Stamps)
		}
	}
	// Two copies of the same write: one is done, the other finds its own stamp.
	put(t, s, opera, "99", fields{genre: "ROCK"})
	w := change("99", "import-1", 2, fields{genre: "ROCK"}, fields{genre: "POP"})
	var won, found counter
	together(2, func(int) {
		out, err := s.Write(t.Context(), opera, []domain.Write{w})
		if err != nil || out[0].Err != nil {
			t.Errorf("write: %v %v", err, out)
			return
		}
		won.add(out[0].Done)
		found.add(out[0].Own != nil && out[0].Own.Line == 2)
	})
	if won.n != 1 || found.n != 1 {
		t.Errorf("%d done, %d found the stamp", won.n, found.n)
	}
}

func contactsWriteConditions(t *testing.T, s Contacts) {
	stored := fields{genre: "ROCK", tags: "A|B", note: "hello", mailing: "true", domain.ContactEmail: "a@example.org", domain.ContactLastName: "Abel"}
	put(t, s, opera, "1", stored)
	want := get(t, s, opera, "1")
	for name, if_ := range map[string]fields{
		"another value":           {genre: "POP"},
		"empty but set":           {genre: ""},
		"set but empty":           {"criterion:OTHER": "X"},
		"order of codes":          {tags: "B|A"},
		"case":                    {note: "Hello"},
		"start only":              {note: "hell"},
		"authorisation":           {mailing: "false"},
		"e-mail of somebody else": {domain.ContactEmail: "b@example.org"},
		"case of the e-mail":      {domain.ContactEmail: "A@example.org"},
		"own field empty":         {domain.ContactCity: "Bern"},
		"one of many":             {genre: "ROCK", tags: "A|B", note: "hello", mailing: ""},
	} {
		live := notDone(t, write(t, s, opera, change("1", "import-1", 2, if_, fields{genre: "JAZZ"})))
		same(t, name+": live contact", live, want)
	}
	same(t, "nothing was written", get(t, s, opera, "1"), want)
	w := write(t, s, opera, change("2", "import-1", 2, fields{genre: ""}, fields{genre: "JAZZ"}))
	if w.Done || w.Live != nil || w.Err != nil {
		t.Errorf("missing contact: %+v", w)
	}
	_, err := s.Get(t.Context(), opera, "2")
	refused(t, "not created", err, fault.NotFound, "notFound")
}

func contactsWriteValues(t *testing.T, s Contacts) {
	values := []domain.Value{"ROCK", "A|B|C", "true", "false", "é", "e\u0301", "日本語", "🎭👩‍👩‍👧", "שלום", `"quoted" 'single' ? ; -- \`, "?", "-", "NULL", "Empty",
		domain.Value(strings.Repeat("ä", 250)), "0", " x "}
	for i, v := range values {
		n := domain.ContactNumber(fmt.Sprint(i))
		put(t, s, opera, n, nil)
		done(t, write(t, s, opera, change(n, "import-1", i, fields{note: ""}, fields{note: v, domain.ContactCity: v})))
		done(t, write(t, s, opera, change(n, "import-2", i, fields{note: v, domain.ContactCity: v}, fields{tags: v})))
		live := notDone(t, write(t, s, opera, change(n, "import-3", i, fields{note: v + "x"}, fields{tags: ""})))
		same(t, "values", live.Fields, fields{note: v, tags: v, domain.ContactCity: v})
		done(t, write(t, s, opera, change(n, "import-3", i, fields{note: v, tags: v}, fields{note: "", tags: "", domain.ContactCity: ""})))
		c := get(t, s, opera, n)
		same(t, "cleared", c.Fields, fields{})
		same(t, "provenance of nothing", c.Provenance, map[domain.Field]domain.Provenance{})
	}
}

func contactsWriteMany(t *testing.T, s Contacts) {
	var cs []domain.Contact
	var ws []domain.Write
	number := func(i int) domain.ContactNumber { return domain.ContactNumber(fmt.Sprintf("%05d", i)) }
	for i := range 250 {
		switch i % 5 {
		case 0: // missing
		case 1: // somebody changed it
			cs = append(cs, contact(number(i), fields{genre: "SOUL"}))
		default:
			cs = append(cs, contact(number(i), fields{genre: "ROCK"}))
		}
		ws = append(ws, change(number(i), "import-1", i+2, fields{genre: "ROCK"}, fields{genre: domain.Value(fmt.Sprintf("G%d", i))}))
	}
	must(t, s.Load(t.Context(), opera, slices.Values(cs)))
	for round := range 2 {
		out, err := s.Write(t.Context(), opera, ws)
		must(t, err)
		if len(out) != len(ws) {
			t.Fatalf("%d answers to %d writes", len(out), len(ws))
		}
		for i, w := range out {
			switch {
			case w.Err != nil:
				t.Fatalf("write %d: %v", i, w.Err)
			case i%5 == 0:
				if w.Done || w.Live != nil {
					t.Fatalf("write %d to a missing contact: %+v", i, w)
				}
			case i%5 == 1:
				if live := notDone(t, w); live.Number != number(i) || live.Get(genre) != "SOUL" {
					t.Fatalf("write %d: live %+v", i, live)
				}
			case round == 0:
				done(t, w)
			default:
				ownStamp(t, w, ws[i])
				same(t, "value", get(t, s, opera, number(i)).Get(genre), ws[i].Set[genre])
			}
		}
	}
	out, err := s.Write(t.Context(), opera, nil)
	must(t, err)
	same(t, "no writes", out, []domain.Written{})
}

func contactsWriteWide(t *testing.T, s Contacts) {
	// More fields with long codes than fit into one statement.
	const n = 120
	before, if_, set := fields{}, fields{}, fields{}
	for i := range n {
		f := domain.Field(fmt.Sprintf("criterion:%s_%03d", strings.Repeat("W", 36), i))
		if i%2 == 0 {
			before[f] = "A"
		}
		if_[f] = before[f]
		set[f] = []domain.Value{"B", "C", ""}[i%3]
	}
	put(t, s, opera, "1", before)
	wrong := maps.Clone(if_)
	wrong[genre] = "ROCK"
	same(t, "live", notDone(t, write(t, s, opera, change("1", "import-1", 2, wrong, set))).Fields, before)
	w := change("1", "import-1", 2, if_, set)
	done(t, write(t, s, opera, w))
	c := get(t, s, opera, "1")
	same(t, "stamps", c.Stamps, stamped(w))
	ownStamp(t, write(t, s, opera, w), w)
	maps.DeleteFunc(set, func(_ domain.Field, v domain.Value) bool { return v == "" })
	same(t, "contact", c.Fields, set)
}

func contactsWriteTooLarge(t *testing.T, s Contacts) {
	// The database takes 400 KB.
	big := fields{}
	for i := range 380 {
		big[domain.Field(fmt.Sprintf("criterion:BIG%d", i))] = domain.Value(strings.Repeat("x", 1000))
	}
	must(t, s.Load(t.Context(), opera, slices.Values([]domain.Contact{contact("1", big), contact("2", fields{genre: "ROCK"}), contact("3", big)})))
	more := fields{}
	for i := range 8 {
		more[domain.Field(fmt.Sprintf("criterion:MORE%d", i))] = domain.Value(strings.Repeat("y", 5000))
	}
	named := maps.Clone(more)
	named[domain.ContactLastName] = "Abel"
	out, err := s.Write(t.Context(), opera, []domain.Write{
		change("1", "import-1", 2, nil, more), change("2", "import-1", 3, nil, fields{genre: "POP"}), change("3", "import-1", 4, nil, named)})
	must(t, err)
	refused(t, "write", out[0].Err, fault.TooLarge, "contactTooLarge")
	done(t, out[1])
	refused(t, "write with a name", out[2].Err, fault.TooLarge, "contactTooLarge")
	for _, n := range []domain.ContactNumber{"1", "3"} {
		same(t, "nothing was written", get(t, s, opera, n).Fields, big)
	}
	maps.Copy(more, big)
	_, err = s.Put(t.Context(), opera, contact("4", more), monday)
	refused(t, "put", err, fault.TooLarge, "contactTooLarge")
}

func contactsWriteNames(t *testing.T, s Contacts) {
	put(t, s, opera, "1", fields{genre: "ROCK", domain.ContactEmail: "a@example.org", domain.ContactLastName: "Abel", domain.ContactFirstName: "Anna"})
	w := change("1", "import-1", 2,
		fields{domain.ContactEmail: "a@example.org", domain.ContactLastName: "Abel", genre: "ROCK"},
		fields{domain.ContactEmail: "b@example.org", domain.ContactLastName: "", genre: "POP", mailing: "true"})
	wrong := w
	wrong.If = fields{domain.ContactEmail: "c@example.org"}
	same(t, "live", notDone(t, write(t, s, opera, wrong)), get(t, s, opera, "1"))
	done(t, write(t, s, opera, w))
	c := get(t, s, opera, "1")
	same(t, "fields", c.Fields, fields{genre: "POP", mailing: "true", domain.ContactEmail: "b@example.org", domain.ContactFirstName: "Anna"})
	same(t, "provenance", c.Provenance, map[domain.Field]domain.Provenance{genre: tuesday, mailing: tuesday})
	same(t, "stamps", c.Stamps, stamped(w))
	if c.Version != 1 {
		t.Errorf("version %d: an import is no write through the API", c.Version)
	}
	by, err := s.ByEmail(t.Context(), opera, []string{"a@example.org", "b@example.org"})
	must(t, err)
	same(t, "by e-mail", by, map[string][]domain.ContactNumber{"b@example.org": {"1"}})
	cs, _, err := s.Find(t.Context(), opera, "abel", 10, "")
	must(t, err)
	same(t, "by the name before", cs, []domain.Contact{})

	ownStamp(t, write(t, s, opera, w), w)
	missing := write(t, s, opera, change("2", "import-1", 2, nil, fields{domain.ContactEmail: "x@example.org"}))
	if missing.Done || missing.Live != nil || missing.Err != nil {
		t.Errorf("missing contact: %+v", missing)
	}
	by, err = s.ByEmail(t.Context(), opera, []string{"x@example.org"})
	must(t, err)
	same(t, "no look-up of a missing contact", by, map[string][]domain.ContactNumber{})

	// Imports racing on names: one wins, and the look-ups are its own.
	var won counter
	together(6, func(i int) {
		out, err := s.Write(t.Context(), opera, []domain.Write{change("1", fmt.Sprintf("race-%d", i), 2,
			fields{domain.ContactEmail: "b@example.org"}, fields{domain.ContactEmail: domain.Value(fmt.Sprintf("r%d@example.org", i))})})
		if err != nil || out[0].Err != nil {
			t.Errorf("write: %v %v", err, out)
			return
		}
		won.add(out[0].Done)
	})
	if won.n != 1 {
		t.Errorf("%d of 6 writers won", won.n)
	}
	email := get(t, s, opera, "1").Email()
	by, err = s.ByEmail(t.Context(), opera, []string{"b@example.org", "r0@example.org", "r1@example.org", "r2@example.org", "r3@example.org", "r4@example.org", "r5@example.org"})
	must(t, err)
	same(t, "by e-mail", by, map[string][]domain.ContactNumber{email: {"1"}})
}

func contactsWriteAndPut(t *testing.T, s Contacts) {
	// A person's change through the API keeps the import's stamp, and an import's
	// change is seen by a Put that races with it: neither is lost.
	put(t, s, opera, "1", fields{genre: "ROCK"})
	w := change("1", "import-1", 2, fields{genre: "ROCK"}, fields{genre: "POP"})
	done(t, write(t, s, opera, w))
	put(t, s, opera, "1", fields{genre: "POP", note: "by hand"})
	c := get(t, s, opera, "1")
	same(t, "stamps", []any{c.Mark, c.Stamps}, []any{w.Ticket.Order, stamped(w)})
	same(t, "provenance", c.Provenance, map[domain.Field]domain.Provenance{genre: tuesday, note: monday})
	if c.Version != 2 {
		t.Errorf("version %d, want 2", c.Version)
	}
}

func contactsWriteOddly(t *testing.T, s Contacts) {
	put(t, s, opera, "1", fields{genre: "ROCK"})
	w := write(t, s, opera, domain.Write{Number: "1", Set: fields{genre: "POP"}})
	refused(t, "without a ticket", w.Err, fault.Internal, "noTicket")
	if v := get(t, s, opera, "1").Get(genre); v != "ROCK" {
		t.Errorf("it was written: %q", v)
	}
}

func contactsLookUp(t *testing.T, s Contacts) {
	put(t, s, opera, "1", fields{domain.ContactEmail: "Anna@Example.org", domain.ContactLastName: "Müller", domain.ContactFirstName: "Anna"})
	put(t, s, opera, "02", fields{domain.ContactEmail: "anna@example.ORG", domain.ContactLastName: "MULLER-Lüdenscheidt"})
	put(t, s, opera, "3", fields{domain.ContactEmail: "bob@example.org", domain.ContactLastName: "Mu"})
	put(t, s, opera, "4", fields{domain.ContactLastName: "Ångström", domain.ContactFirstName: "Åsa"})
	put(t, s, opera, "5", fields{domain.ContactLastName: "김", domain.ContactEmail: "kim@example.org"})
	put(t, s, opera, "6", fields{domain.ContactFirstName: "Only"})
	put(t, s, opera, "12345678901234567890", fields{domain.ContactLastName: "0042"})

	for q, want := range map[string][]domain.ContactNumber{
		"1":                    {"1"},
		" 02 ":                 {"02"},
		"2":                    nil,
		"12345678901234567890": {"12345678901234567890"},
		"anna@example.org":     {"02", "1"},
		"ANNA@EXAMPLE.ORG":     {"02", "1"},
		"nn@example.org":       nil,
		"@":                    nil,
		"m":                    {"3", "1", "02"},
		"mu":                   {"3", "1", "02"},
		"MÜLL":                 {"1", "02"},
		"mu\u0308ller":         {"1", "02"},
		"muller an":            {"1"},
		"muller-l":             {"02"},
		"uller":                nil,
		"angstrom":             {"4"},
		"김":                    {"5"},
		"only":                 nil,
		"":                     {"02", "1", "12345678901234567890", "3", "4", "5", "6"},
	} {
		cs, next, err := s.Find(t.Context(), opera, q, 10, "")
		must(t, err)
		var got []domain.ContactNumber
		for _, c := range cs {
			got = append(got, c.Number)
			same(t, "contact", c, get(t, s, opera, c.Number))
		}
		same(t, fmt.Sprintf("Find(%q)", q), got, want)
		if next != "" {
			t.Errorf("Find(%q): a cursor after the last", q)
		}
	}
	by, err := s.ByEmail(t.Context(), opera, []string{"ANNA@example.org", "anna@example.org", "kim@example.org", "no@example.org", ""})
	must(t, err)
	same(t, "by e-mail, under the address as it was asked", by, map[string][]domain.ContactNumber{
		"ANNA@example.org": {"02", "1"}, "anna@example.org": {"02", "1"}, "kim@example.org": {"5"}})
	by, err = s.ByEmail(t.Context(), opera, nil)
	must(t, err)
	same(t, "none asked", by, map[string][]domain.ContactNumber{})
	named := func(names ...string) map[string][]domain.ContactNumber {
		t.Helper()
		called, err := s.ByName(t.Context(), opera, names)
		must(t, err)
		out := map[string][]domain.ContactNumber{}
		for n, cs := range called {
			for _, c := range cs {
				out[n] = append(out[n], c.Number)
				same(t, "contact by name", c, get(t, s, opera, c.Number))
			}
		}
		return out
	}
	put(t, s, opera, "7", fields{domain.ContactLastName: "muller", domain.ContactFirstName: "ANNA"})
	put(t, s, opera, "8", fields{domain.ContactLastName: "Müller", domain.ContactFirstName: "Annabel"})
	same(t, "by name", named("muller anna", "mu", "muller", "nobody", ""), map[string][]domain.ContactNumber{"muller anna": {"1", "7"}, "mu": {"3"}})
	if got := named(); len(got) > 0 {
		t.Error(got)
	}
}

func contactsLookUpFollows(t *testing.T, s Contacts) {
	put(t, s, opera, "1", fields{domain.ContactEmail: "a@example.org", domain.ContactLastName: "Abel"})
	put(t, s, opera, "2", fields{domain.ContactEmail: "a@example.org", domain.ContactLastName: "Abel"})
	put(t, s, opera, "1", fields{domain.ContactEmail: "b@example.org", domain.ContactLastName: "Abbott"})
	find := func(q string) []domain.ContactNumber {
		cs, _, err := s.Find(t.Context(), opera, q, 10, "")
		must(t, err)
		var ns []domain.ContactNumber
		for _, c := range cs {
			ns = append(ns, c.Number)
		}
		return ns
	}
	same(t, "the address before", find("a@example.org"), []domain.ContactNumber{"2"})
	same(t, "the address now", find("b@example.org"), []domain.ContactNumber{"1"})
	same(t, "the name before", find("abel"), []domain.ContactNumber{"2"})
	same(t, "the name now", find("ab"), []domain.ContactNumber{"1", "2"})
	put(t, s, opera, "1", fields{domain.ContactLastName: "ABBOTT"}) // the same look-up
	same(t, "no address", find("b@example.org"), []domain.ContactNumber{})
	same(t, "the name in another case", find("abbott"), []domain.ContactNumber{"1"})
	put(t, s, opera, "1", fields{domain.ContactLastName: "Abbott", domain.ContactFirstName: "Zoe"})
	same(t, "with a first name", find("abbott z"), []domain.ContactNumber{"1"})
	put(t, s, opera, "1", nil)
	same(t, "no name", find("abbott"), []domain.ContactNumber{})
	must(t, s.Delete(t.Context(), opera, "2"))
	same(t, "deleted", find("ab"), []domain.ContactNumber{})
}

func contactsSearch(t *testing.T, s Contacts) {
	for i := range 23 {
		put(t, s, opera, domain.ContactNumber(fmt.Sprintf("%02d", i)), fields{domain.ContactCity: domain.Value([]string{"Bern", "Basel"}[i%2])})
	}
	put(t, s, club, "05", fields{domain.ContactCity: "Bern"})
	for _, x := range []struct{ limit, most int }{{100, 100}, {5, 100}, {100, 4}, {3, 7}, {1, 1}, {12, 23}, {100, 0}} {
		var got []string
		pages := 0
		for cursor := ""; ; pages++ {
			cs, next, err := s.Search(t.Context(), opera, func(c domain.Contact) bool { return c.Get(domain.ContactCity) == "Bern" }, x.limit, func(seen int) bool { return seen >= x.most }, cursor)
			must(t, err)
			if len(cs) > x.limit || len(cs) > max(x.most, 1) || pages > 30 {
				t.Fatalf("%+v: a page of %d", x, len(cs))
			}
			for _, c := range cs {
				got = append(got, string(c.Number))
			}
			if cursor = next; cursor == "" {
				break
			}
		}
		same(t, fmt.Sprintf("%+v", x), strings.Join(got, " "), "00 02 04 06 08 10 12 14 16 18 20 22")
	}
	_, _, err := s.Search(t.Context(), opera, func(domain.Contact) bool { return true }, 5, func(int) bool { return false }, "x")
	refused(t, "a cursor that is not ours", err, fault.Invalid, "cursorInvalid")
}

func contactsFindPages(t *testing.T, s Contacts) {
	var cs []domain.Contact
	var byNumber, byName []domain.ContactNumber
	for i := range 123 {
		n := domain.ContactNumber(fmt.Sprintf("%04d", i))
		byNumber = append(byNumber, n)
		f := fields{domain.ContactEmail: "shared@example.org", domain.ContactLastName: "Smith"}
		if i%3 == 0 {
			f[domain.ContactFirstName] = "Zed"
		} else {
			f[domain.ContactFirstName] = "Amy"
		}
		cs = append(cs, contact(n, f))
	}
	slices.Reverse(cs)
	for _, first := range []int{1, 0} { // Amys, then Zeds
		for i, n := range byNumber {
			if (i%3 == 0) == (first == 0) {
				byName = append(byName, n)
			}
		}
	}
	must(t, s.Load(t.Context(), opera, slices.Values(cs)))
	must(t, s.Load(t.Context(), club, slices.Values(cs)))
	for q, want := range map[string][]domain.ContactNumber{"": byNumber, "shared@example.org": byNumber, "smi": byName} {
		for _, limit := range []int{1, 10, 41, 122, 123, 200} {
			if limit == 1 && q != "smi" {
				continue
			}
			var got []domain.ContactNumber
			for _, c := range paged(t, limit, func(limit int, cursor string) ([]domain.Contact, string, error) {
				return s.Find(t.Context(), opera, q, limit, cursor)
			}) {
				got = append(got, c.Number)
			}
			if q == "smi" && limit < len(cs) { // names come in any order, each page by name
				slices.Sort(got)
				same(t, fmt.Sprintf("Find(%q) by %d", q, limit), got, byNumber)
				continue
			}
			same(t, fmt.Sprintf("Find(%q) by %d", q, limit), got, want)
		}
	}
	// A cursor belongs to its kind of list.
	_, next, err := s.Find(t.Context(), opera, "smi", 10, "")
	must(t, err)
	_, _, err = s.Find(t.Context(), opera, "", 10, next)
	refused(t, "cursor of another list", err, fault.Invalid, "cursorInvalid")
	// What goes away between two pages does not end the list.
	cs, next, err = s.Find(t.Context(), opera, "", 10, "")
	must(t, err)
	must(t, s.Delete(t.Context(), opera, cs[9].Number))
	cs, _, err = s.Find(t.Context(), opera, "", 10, next)
	must(t, err)
	if len(cs) != 10 || cs[0].Number != "0010" {
		t.Errorf("after a delete the page begins with %v", cs)
	}
}

func contactsAll(t *testing.T, s Contacts) {
	same(t, "none", collect(t, s.All(t.Context(), opera)), []domain.Contact{})
	// Enough that an implementation in parts and pages has several of each.
	const n = 9000
	number := func(i int) domain.ContactNumber { return domain.ContactNumber(fmt.Sprintf("%d", 100000+i*7)) }
	must(t, s.Load(t.Context(), opera, func(yield func(domain.Contact) bool) {
		for i := range n {
			if !yield(contact(number(i), fields{genre: domain.Value(fmt.Sprintf("G%d", i))})) {
				return
			}
		}
	}))
	i := 0
	for c, err := range s.All(t.Context(), opera) {
		must(t, err)
		if i >= n || c.Number != number(i) || c.Get(genre) != domain.Value(fmt.Sprintf("G%d", i)) {
			t.Fatalf("contact %d is %s with %q", i, c.Number, c.Get(genre))
		}
		i++
	}
	if i != n {
		t.Errorf("All gives %d contacts of %d", i, n)
	}
	// A reader may stop.
	i = 0
	for _, err := range s.All(t.Context(), opera) {
		must(t, err)
		if i++; i == 100 {
			break
		}
	}
	// Numbers are ordered as texts: a leading zero counts.
	put(t, s, club, "10", nil)
	put(t, s, club, "010", nil)
	put(t, s, club, "9", nil)
	var ns []domain.ContactNumber
	for _, c := range collect(t, s.All(t.Context(), club)) {
		ns = append(ns, c.Number)
	}
	same(t, "order", ns, []domain.ContactNumber{"010", "10", "9"})
}

// Values has the numbers and fields that All has, and nothing else.
func contactsValues(t *testing.T, s Contacts) {
	must(t, s.Load(t.Context(), opera, func(yield func(domain.Contact) bool) {
		for i := range 300 {
			f := fields{genre: domain.Value(fmt.Sprintf("G%d", i))}
			if i%3 > 0 {
				f[domain.ContactEmail], f[domain.ContactLastName] = domain.Value(fmt.Sprintf("p%d@example.org", i)), "Abel"
			}
			if i%3 > 1 {
				f["authorisation:EMAIL"] = "true"
			}
			if !yield(contact(domain.ContactNumber(fmt.Sprint(1000+i)), f)) {
				return
			}
		}
	}))
	must(t, s.Delete(t.Context(), opera, "1007"))
	var want []domain.Contact
	for _, c := range collect(t, s.All(t.Context(), opera)) {
		want = append(want, domain.Contact{Number: c.Number, Fields: c.Fields})
	}
	if len(want) != 299 {
		t.Errorf("%d contacts", len(want))
	}
	var many []domain.Field
	for i := range 60 {
		many = append(many, domain.Field(fmt.Sprintf("criterion:C%d", i)))
	}
	for name, of := range map[string]domain.Part{
		"all":                      {},
		"after one":                {After: "1100"},
		"after one that is gone":   {After: "1007"},
		"after all":                {After: "9"},
		"numbers":                  {Fields: []domain.Field{}},
		"a criterion":              {Fields: []domain.Field{genre}},
		"some, after one":          {Fields: []domain.Field{"authorisation:EMAIL", domain.ContactEmail, genre, genre}, After: "1250"},
		"what is there and is not": {Fields: []domain.Field{"criterion:NONE", domain.ContactLastName, "contact:number"}},
		"many":                     {Fields: append(many, genre)},
	} {
		var part []domain.Contact
		for _, c := range want {
			f := fields{}
			for k, v := range c.Fields {
				if of.Fields == nil || slices.Contains(of.Fields, k) {
					f[k] = v
				}
			}
			if c.Number > of.After {
				part = append(part, domain.Contact{Number: c.Number, Fields: f})
			}
		}
		got := collect(t, s.Values(t.Context(), opera, of))
		for i := range got {
			if len(got[i].Provenance) == 0 {
				got[i].Provenance = nil
			}
			if len(got[i].Stamps) == 0 {
				got[i].Stamps = nil
			}
			if len(of.Fields) > 40 { // so many are not told one by one
				maps.DeleteFunc(got[i].Fields, func(f domain.Field, _ domain.Value) bool { return !slices.Contains(of.Fields, f) })
			}
		}
		same(t, name, slices.Concat([]domain.Contact{}, got), slices.Concat([]domain.Contact{}, part))
	}
}

func contactsAllEnds(t *testing.T, s Contacts) {
	put(t, s, opera, "1", nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var got error
	for _, err := range s.All(ctx, opera) {
		if got != nil {
			t.Fatal("something after the error")
		}
		got = err
	}
	if !errors.Is(got, context.Canceled) {
		t.Errorf("the error is %v", got)
	}
}

func contactsLoad(t *testing.T, s Contacts) {
	c := domain.Contact{Number: "1", Version: 4,
		Fields:     fields{genre: "ROCK", tags: "", mailing: "false", domain.ContactEmail: "a@example.org", domain.ContactLastName: "Abel"},
		Provenance: map[domain.Field]domain.Provenance{genre: monday, mailing: tuesday},
		Mark:       "t000009",
		Stamps:     map[int]domain.Stamp{3: {Order: "t000009", Line: 9, Kind: domain.Found, Before: fields{genre: "POP"}}}}
	must(t, s.Load(t.Context(), opera, slices.Values([]domain.Contact{c, contact("2", nil), contact("1", fields{genre: "LATER"})})))
	if v := get(t, s, opera, "2").Version; v != 1 {
		t.Errorf("version %d, want 1", v)
	}
	must(t, s.Load(t.Context(), opera, slices.Values([]domain.Contact{c})))
	delete(c.Fields, tags)
	same(t, "contact", get(t, s, opera, "1"), c)
	by, err := s.ByEmail(t.Context(), opera, []string{"a@example.org"})
	must(t, err)
	same(t, "by e-mail", by, map[string][]domain.ContactNumber{"a@example.org": {"1"}})
	must(t, s.Load(t.Context(), opera, slices.Values([]domain.Contact(nil))))
}

func contactsCopies(t *testing.T, s Contacts) {
	f := fields{genre: "ROCK"}
	put(t, s, opera, "1", f)
	f[genre] = "POP"
	c := get(t, s, opera, "1")
	c.Fields[genre] = "JAZZ"
	c.Provenance[genre] = tuesday
	before := fields{genre: "ROCK"}
	by := TicketOf("import-1")
	done(t, write(t, s, opera, domain.Write{Number: "1", Set: fields{note: "x"}, Ticket: by, Applied: domain.Applied{Import: "import-1", Line: 1, Before: before}}))
	before[genre] = "POP"
	got := get(t, s, opera, "1")
	same(t, "contact", []any{got.Get(genre), got.Provenance[genre], got.Stamps[by.Slot].Before}, []any{domain.Value("ROCK"), monday, fields{genre: "ROCK"}})
}

func contactsCancelled(t *testing.T, s Contacts) {
	var ws []domain.Write
	for i := range 60 {
		n := domain.ContactNumber(fmt.Sprint(i))
		ws = append(ws, change(n, "import-1", i, nil, fields{genre: "ROCK"}))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	out, err := s.Write(ctx, opera, ws)
	if err == nil && len(out) != len(ws) {
		t.Errorf("%d answers and no error", len(out))
	}
	for _, w := range out {
		if w.Done {
			t.Error("a contact that does not exist was written")
		}
	}
}

// counter counts what several do at once.
type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) add(yes bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if yes {
		c.n++
	}
}

// together calls f n times at once and returns when all have returned.
func together(n int, f func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}

// A write gives fields a provenance of their own, which may hold what it was, by a
// statement as by a transaction; putting the contact keeps it.
func contactsWriteProvenance(t *testing.T, s Contacts) {
	const phone, note = domain.Field("authorisation:PHONE"), domain.Field("criterion:NOTE")
	was := domain.Provenance{At: tuesday.At.Add(-time.Hour), By: "u1 ana@example.org", Proof: "a letter"}
	lifted := domain.Provenance{At: tuesday.At, Import: "import-1", Was: &was}
	for i, also := range []fields{{note: "x"}, {note: "x", domain.ContactLastName: "Other"}} {
		n := domain.ContactNumber(fmt.Sprintf("77%d", i))
		put(t, s, opera, n, fields{phone: domain.False, domain.ContactLastName: "Name"})
		set := maps.Clone(also)
		set[phone] = domain.True
		w := change(n, "import-1", 2, fields{phone: domain.False, domain.ContactLastName: "Name"}, set)
		w.Own = map[domain.Field]domain.Provenance{phone: lifted}
		done(t, write(t, s, opera, w))
		c := get(t, s, opera, n)
		same(t, "lifted", c.Provenance[phone], lifted)
		same(t, "beside", c.Provenance[note], tuesday.Of(note))
		put(t, s, opera, n, c.Fields)
		same(t, "put", get(t, s, opera, n).Provenance[phone], lifted)
		back := change(n, "import-2", 2, fields{phone: domain.True}, fields{phone: domain.False})
		back.Own = map[domain.Field]domain.Provenance{phone: was}
		done(t, write(t, s, opera, back))
		same(t, "back", get(t, s, opera, n).Provenance[phone], was)
	}
}
