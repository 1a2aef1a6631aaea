package compare_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/reason"
	"rollbook/internal/importing/compare"
	"rollbook/internal/testing/memory"
)

const (
	mail  = domain.ContactEmail
	last  = domain.ContactLastName
	first = domain.ContactFirstName
	born  = domain.ContactBirthDate
	city  = domain.ContactCity
)

// brief is what a test says of a result.
func brief(r compare.Result) string {
	s := strings.TrimSpace(string(r.Number) + " " + string(r.Outcome))
	for _, c := range r.Changes {
		s += fmt.Sprintf(" %s:%s→%s", c.Field.Code(), c.Before, c.After)
	}
	for _, w := range r.Warnings {
		s += " (" + string(w.Code) + ")"
	}
	if r.Removed {
		s += " removed"
	}
	if p := told(r.Problems...); p != "" {
		s += " " + p
	}
	return s
}

func briefs(rs []compare.Result) []string {
	var out []string
	for _, r := range rs {
		out = append(out, brief(r))
	}
	return out
}

// named makes a row find its contact by name and birth date.
func named(r compare.Row, name, day string) compare.Row {
	r.Person.Name, r.Person.Born = name, day
	return r
}

// shared says that other lines have the row's address.
func shared(r compare.Row, lines ...int) compare.Row {
	r.Person.Shared, r.Person.Identity = lines, ""
	return r
}

// numbered gives a row of contacts a number.
func numbered(r compare.Row, n domain.ContactNumber) compare.Row {
	r.Number, r.Key = n, "#"+string(n)
	return r
}

// mode has rows applied in a mode.
func mode(r compare.Row, m domain.Mode) compare.Row {
	r.How.Mode = m
	return r
}

// Whom rows of contacts are about, and what becomes of those that are about nobody
// or several. A test says the same as the update, and a second run of the update
// says it again.
func TestPersons(t *testing.T) {
	people := map[domain.ContactNumber]contact{
		"0000001": {mail: "anna@house.example", first: "Anna", last: "Nowak", born: "1985-04-30"},
		"0000002": {mail: "two@house.example"},
		"0000003": {mail: "Two@house.example"},
		"0000004": {first: "Eva", last: "Kern", born: "1990-01-01"},
		"0000005": {first: "Eva", last: "Kern", born: "1991-01-01"},
		"0000006": {first: "Jo", last: "Zoll", born: "1970-01-01"},
		"0000007": {first: "Jo", last: "Zoll", born: "1970-01-01"},
	}
	for i := 21; i <= 27; i++ {
		n := domain.ContactNumber(fmt.Sprintf("00000%d", i))
		people[n] = contact{mail: "many@house.example"}
		people[n+"0"] = contact{first: "Al", last: "Many", born: "2000-01-01"}
	}
	for _, c := range []struct {
		what string
		rows []compare.Row
		want []string
	}{
		{"by address", []compare.Row{someone(2, says(mail, "anna@house.example"), says(city, "Bern"))},
			[]string{"0000001 updated city:→Bern"}},
		{"by address in other letters", []compare.Row{someone(2, says(mail, "ANNA@house.example"), says(city, "Bern"))},
			[]string{"0000001 updated city:→Bern"}},
		{"nobody has the address", []compare.Row{someone(2, says(mail, "new@house.example"))},
			[]string{"0000028 created email:→new@house.example"}},
		{"two have the address", []compare.Row{someone(2, says(mail, "two@house.example"), says(city, "Bern"))},
			[]string{"rejected [new] Email=two@house.example: severalContacts[numbers:[#0000002 #0000003]]"}},
		{"five of many are named", []compare.Row{someone(2, says(mail, "many@house.example"))},
			[]string{"rejected [new] Email=many@house.example: severalContacts[numbers:[#0000021 #0000022 #0000023 #0000024 #0000025]]"}},
		{"the one with the address stands on another line", []compare.Row{
			numbered(someone(2, says(city, "Bern")), "0000001"), someone(3, says(mail, "anna@house.example"), says(city, "Basel"))},
			[]string{"0000001 updated city:→Bern", "rejected Contact=: differentLines[case:sameContact] with[2]"}},
		{"one of two lines is asked for nothing", []compare.Row{
			numbered(someone(2), "0000001"), someone(3, says(mail, "anna@house.example"), says(city, "Basel"))},
			[]string{"0000001 unchanged", "rejected Contact=: differentLines[case:sameContact] with[2]"}},

		{"by name", []compare.Row{named(someone(2, says(last, "Kern"), says(first, "Eva"), says(born, "1990-01-01"), says(city, "Bern")), "kern eva", "1990-01-01")},
			[]string{"0000004 updated city:→Bern (foundByName)"}},
		{"by name, and nothing new", []compare.Row{named(someone(2, says(last, "Kern"), says(born, "1990-01-01")), "kern eva", "1990-01-01")},
			[]string{"0000004 unchanged (foundByName)"}},
		{"by name, in conflict", []compare.Row{named(someone(2, says(last, "Kern"), knew(city, "Genf", "Bern")), "kern eva", "1990-01-01")},
			[]string{"0000004 conflicted (foundByName) [new] City=Bern: conflict[live: new:Bern old:Genf]"}},
		{"the name, and another birth date", []compare.Row{named(someone(2, says(last, "Kern"), says(first, "Eva"), says(born, "1992-01-01")), "kern eva", "1992-01-01")},
			[]string{"0000028 created lastName:→Kern firstName:→Eva birthDate:→1992-01-01"}},
		{"two have name and birth date", []compare.Row{named(someone(2, says(last, "Zoll")), "zoll jo", "1970-01-01")},
			[]string{"rejected Contact=: severalNamed[numbers:[#0000006 #0000007]]"}},
		{"five of many that have the name", []compare.Row{named(someone(2, says(last, "Many")), "many al", "2000-01-01")},
			[]string{"rejected Contact=: severalNamed[numbers:[#00000210 #00000220 #00000230 #00000240 #00000250]]"}},
		{"two lines with the name", []compare.Row{
			named(someone(2, says(last, "Kern"), says(city, "Bern")), "kern eva", "1990-01-01"), named(someone(3, says(last, "Kern"), says(city, "Genf")), "kern eva", "1990-01-01")},
			[]string{"0000004 updated city:→Bern (foundByName)", "rejected Contact=: differentLines[case:sameContact] with[2]"}},
		{"the one with the name stands on another line", []compare.Row{
			numbered(someone(2, says(city, "Bern")), "0000004"), named(someone(3, says(last, "Kern")), "kern eva", "1990-01-01")},
			[]string{"0000004 updated city:→Bern", "rejected Contact=: differentLines[case:sameContact] with[2]"}},
		{"the number comes before the name", []compare.Row{numbered(named(someone(2, says(city, "Bern")), "kern eva", "1990-01-01"), "0000001")},
			[]string{"0000001 updated city:→Bern"}},
		{"the address comes before the name", []compare.Row{named(someone(2, says(mail, "anna@house.example"), says(city, "Bern")), "kern eva", "1990-01-01")},
			[]string{"0000001 updated city:→Bern"}},
		{"each in its way", []compare.Row{
			someone(2, says(mail, "anna@house.example"), says(city, "Bern")),
			named(someone(3, says(last, "Kern"), says(city, "Genf")), "kern eva", "1990-01-01"),
			numbered(someone(4, says(city, "Basel")), "0000002"),
			someone(5, says(last, "New"))},
			[]string{"0000001 updated city:→Bern", "0000004 updated city:→Genf (foundByName)", "0000002 updated city:→Basel", "0000028 created lastName:→New"}},

		{"a shared address that nobody has", []compare.Row{
			shared(someone(2, says(mail, "new@house.example"), says(first, "Jo")), 3), shared(someone(3, says(mail, "new@house.example"), says(first, "Al")), 2)},
			[]string{"0000028 created email:→new@house.example firstName:→Jo", "0000029 created email:→new@house.example firstName:→Al"}},
		{"a shared address that one has", []compare.Row{shared(someone(2, says(mail, "anna@house.example")), 3)},
			[]string{"rejected Contact=: differentLines[case:shared number:#0000001] with[3]"}},
		{"a shared address that two have", []compare.Row{shared(someone(2, says(mail, "two@house.example")), 3)},
			[]string{"rejected [new] Email=two@house.example: severalContacts[numbers:[#0000002 #0000003]]"}},

		{"only those that are there", []compare.Row{mode(someone(2, says(mail, "new@house.example")), domain.UpdateOnly), mode(someone(3, says(mail, "anna@house.example"), says(city, "Bern")), domain.UpdateOnly)},
			[]string{"rejected Contact=: contactNotThere", "0000001 updated city:→Bern"}},
		{"[old] speaks of a contact", []compare.Row{numbered(someone(2, knew(city, "Bern", "Basel"), says(last, "New")), "77")},
			[]string{"77 rejected Contact=#77: unknownContact[case:old]"}},
		{"[old] is no value", []compare.Row{numbered(someone(2, asked(t, genre, "1-Mar", "JAZZ"), says(last, "New")), "77")},
			[]string{"77 rejected Contact=#77: unknownContact[case:old]"}},
		{"[old] is empty", []compare.Row{numbered(someone(2, knew(city, "", "Basel"), says(last, "New")), "77")},
			[]string{"77 created city:→Basel lastName:→New"}},
		{"nobody is named", []compare.Row{someone(2, says(city, "Bern"))},
			[]string{"rejected Contact=: nobodyNamed"}},
		{"named by the last name alone", []compare.Row{someone(2, says(last, "New"))},
			[]string{"0000028 created lastName:→New"}},
		{"what is emptied is no value of a new contact", []compare.Row{someone(2, says(last, "New"), says(city, ""))},
			[]string{"0000028 created lastName:→New"}},
		{"a number with its zeros lost", []compare.Row{numbered(someone(2, says(last, "New")), "1")},
			[]string{"1 rejected Contact=#1: leadingZeros[suggestion:#0000001]"}},
		{"a number of nobody", []compare.Row{numbered(someone(2, says(last, "New")), "4711")},
			[]string{"4711 created lastName:→New"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := filled(t, people)
			for i, m := range []compare.Mode{compare.Test, compare.Update, compare.Update} {
				store := compare.Store(s)
				if m == compare.Test {
					store = compare.ReadOnly(s)
				}
				got := briefs(run(t, engine(store, "u", m, domain.Skip), slices.Clone(c.rows)))
				if m == compare.Test { // which knows no free numbers
					for i, w := range c.want {
						if strings.HasPrefix(w, "00000") && strings.Contains(w, " created ") {
							got[i] = w[:8] + got[i]
						}
					}
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("run %d:\ngot  %s\nwant %s", i, strings.Join(got, "\n     "), strings.Join(c.want, "\n     "))
				}
			}
		})
	}
}

// A line stays with its contact, whatever becomes of addresses between its tries.
func TestLineStaysWithItsContact(t *testing.T) {
	change := func(t *testing.T, s *memory.Contacts, n domain.ContactNumber, values contact) {
		t.Helper()
		c, err := s.Get(t.Context(), house, n)
		if err != nil {
			t.Fatal(err)
		}
		c.Fields = values
		if _, err := s.Put(t.Context(), house, c, domain.Provenance{}); err != nil {
			t.Fatal(err)
		}
	}
	eva := "eva@house.example"
	for _, c := range []struct {
		what    string
		live    map[domain.ContactNumber]contact
		row     compare.Row
		between func(t *testing.T, s *memory.Contacts)
		want    string
	}{
		{"found, and its address is somebody else's now", map[domain.ContactNumber]contact{"1": {mail: domain.Value(eva)}, "2": {}},
			someone(2, says(mail, domain.Value(eva)), says(city, "Bern")),
			func(t *testing.T, s *memory.Contacts) {
				change(t, s, "1", contact{mail: "old@house.example"})
				change(t, s, "2", contact{mail: domain.Value(eva)})
			}, "1 updated city:→Bern"},
		{"found, and deleted", map[domain.ContactNumber]contact{"1": {mail: domain.Value(eva)}},
			someone(2, says(mail, domain.Value(eva)), says(city, "Bern")),
			func(t *testing.T, s *memory.Contacts) {
				if err := s.Delete(t.Context(), house, "1"); err != nil {
					t.Fatal(err)
				}
			}, "1 updated"},
		{"found by name, and renamed", map[domain.ContactNumber]contact{"1": {last: "Kern", first: "Eva", born: "1990-01-01"}},
			named(someone(2, says(last, "Kern"), says(city, "Bern")), "kern eva", "1990-01-01"),
			func(t *testing.T, s *memory.Contacts) { change(t, s, "1", contact{last: "Else"}) }, "1 updated city:→Bern (foundByName)"},
		{"created, and renamed", nil, someone(2, says(mail, domain.Value(eva)), says(city, "Bern")),
			func(t *testing.T, s *memory.Contacts) {
				change(t, s, "0000001", contact{mail: "new@house.example"})
			}, "0000001 created email:→eva@house.example city:→Bern"},
		{"created without an address, and renamed", nil, someone(2, says(last, "Kern")),
			func(t *testing.T, s *memory.Contacts) { change(t, s, "0000001", contact{last: "Else"}) }, "0000001 created lastName:→Kern"},
		{"created, and deleted", nil, someone(2, says(last, "Kern")),
			func(t *testing.T, s *memory.Contacts) {
				if err := s.Delete(t.Context(), house, "0000001"); err != nil {
					t.Fatal(err)
				}
			}, "0000001 created lastName:→Kern"},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := filled(t, c.live)
			run(t, engine(s, "u", compare.Update, domain.Overwrite), []compare.Row{c.row})
			c.between(t, s)
			there := values(t, s)
			got := run(t, engine(s, "u", compare.Update, domain.Overwrite), []compare.Row{c.row})
			if brief(got[0]) != c.want {
				t.Errorf("got  %s\nwant %s", brief(got[0]), c.want)
			}
			if now := values(t, s); fmt.Sprint(now) != fmt.Sprint(there) {
				t.Errorf("written again: %v, were %v", now, there)
			}
		})
	}
}

// Of those who share an address now, a line finds the one that it would have found
// before its own import's other lines were written.
func TestOwnDoingIsLeftOut(t *testing.T) {
	home := domain.Value("home@house.example")
	t.Run("contacts that the others created", func(t *testing.T) {
		s := filled(t, nil)
		jo, al := shared(someone(2, says(mail, home), says(first, "Jo")), 3), shared(someone(3, says(mail, home), says(first, "Al")), 2)
		run(t, engine(s, "u", compare.Update, domain.Skip), []compare.Row{jo})
		got := briefs(run(t, engine(s, "u", compare.Update, domain.Skip), []compare.Row{jo, al}))
		want := []string{"0000001 created email:→home@house.example firstName:→Jo", "0000002 created email:→home@house.example firstName:→Al"}
		if !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
		if got := brief(run(t, engine(s, "v", compare.Update, domain.Skip), []compare.Row{al})[0]); !strings.Contains(got, "severalContacts") {
			t.Errorf("another import: %s", got)
		}
	})
	t.Run("one that another import created", func(t *testing.T) {
		s := filled(t, nil)
		run(t, engine(s, "before", compare.Update, domain.Skip), []compare.Row{someone(2, says(mail, home))})
		got := brief(run(t, engine(s, "u", compare.Update, domain.Skip), []compare.Row{shared(someone(2, says(mail, home), says(first, "Jo")), 3)})[0])
		if want := "rejected Contact=: differentLines[case:shared number:#0000001] with[3]"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
	// Its own pin was lost with the try: the stamp of the write is what is left.
	t.Run("of several, the one that the line changed", func(t *testing.T) {
		s := filled(t, map[domain.ContactNumber]contact{"1": {mail: home}, "2": {}, "3": {}})
		row := someone(2, says(mail, home), says(city, "Bern"))
		run(t, engine(unpinned{s}, "u", compare.Update, domain.Skip), []compare.Row{row})
		put(t, s, contact{mail: home}) // contact 3
		for _, line := range []int{2, 9} {
			row.Line = line
			got := brief(run(t, engine(s, "u", compare.Update, domain.Skip), []compare.Row{row})[0])
			want := map[int]string{2: "1 updated city:→Bern", 9: "rejected [new] Email=home@house.example: severalContacts[numbers:[#1 #3]]"}[line]
			if got != want {
				t.Errorf("line %d: got %s, want %s", line, got, want)
			}
		}
	})
}

// unpinned loses what is noted of lines.
type unpinned struct{ *memory.Contacts }

func (unpinned) Pin(_ context.Context, _ domain.InstitutionID, _ string, _ domain.Ticket, lines map[int]domain.ContactNumber) (map[int]domain.ContactNumber, error) {
	return lines, nil
}

// A number that was given to a line and is somebody else's by now is not the line's.
func TestNumberGivenAndTaken(t *testing.T) {
	s := filled(t, nil)
	row := someone(2, says(last, "Kern"))
	// The try dies between taking the number and making the contact.
	if _, err := s.Create(t.Context(), house, []domain.Creation{{Fields: contact{last: "Kern"}, Applied: domain.Applied{Import: "u", Line: 2}, Ticket: ticket("u")}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Load(t.Context(), house, func(yield func(domain.Contact) bool) {
		yield(domain.Contact{Number: "0000001", Fields: contact{last: "Else"}})
	}); err != nil {
		t.Fatal(err)
	}
	// Nor by what another line has written there.
	run(t, engine(s, "u", compare.Update, domain.Skip), []compare.Row{numbered(someone(9, says(city, "Bern")), "0000001")})
	got := brief(run(t, engine(s, "u", compare.Update, domain.Skip), []compare.Row{row})[0])
	if want := "0000002 created lastName:→Kern"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// Unless he has the address that the line is about.
	row = someone(2, says(mail, "else@house.example"), says(city, "Bern"))
	s = filled(t, nil)
	if _, err := s.Create(t.Context(), house, []domain.Creation{{Fields: contact{last: "Kern"}, Applied: domain.Applied{Import: "u", Line: 2}, Ticket: ticket("u")}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Load(t.Context(), house, func(yield func(domain.Contact) bool) {
		_ = yield(domain.Contact{Number: "0000001", Fields: contact{mail: "Else@house.example"}}) && yield(domain.Contact{Number: "0000002", Fields: contact{mail: "else@house.example"}})
	}); err != nil {
		t.Fatal(err)
	}
	got = brief(run(t, engine(s, "u", compare.Update, domain.Skip), []compare.Row{row})[0])
	if want := "0000001 updated city:→Bern"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Somebody who creates the person meanwhile is met, not doubled.
func TestMetWhileCreating(t *testing.T) {
	eva := domain.Value("eva@house.example")
	row := func(line int) compare.Row { return someone(line, says(mail, eva), says(city, "Bern")) }
	t.Run("another import's contact", func(t *testing.T) {
		s := filled(t, nil)
		meanwhile := &before{Contacts: s, create: func() {
			other := someone(5, says(mail, eva), says(city, "Genf"))
			run(t, engine(s, "v", compare.Update, domain.Skip), []compare.Row{other})
		}}
		got := brief(run(t, engine(meanwhile, "u", compare.Update, domain.Skip), []compare.Row{row(2)})[0])
		if want := "0000001 updated city:Genf→Bern"; got != want || len(values(t, s)) != 1 {
			t.Errorf("got %s, want %s; %v", got, want, values(t, s))
		}
	})
	t.Run("a number that was deleted meanwhile", func(t *testing.T) {
		s := filled(t, nil)
		meanwhile := &before{Contacts: s, create: func() {
			put(t, s, contact{city: "Genf"}) // contact 3
			if err := s.Delete(t.Context(), house, "3"); err != nil {
				t.Fatal(err)
			}
		}}
		got := brief(run(t, engine(meanwhile, "u", compare.Update, domain.Skip), []compare.Row{numbered(row(2), "3")})[0])
		if want := "3 rejected Contact=#3: contactDeleted"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
	t.Run("a number that was deleted before", func(t *testing.T) {
		s := filled(t, map[domain.ContactNumber]contact{"3": {}})
		if err := s.Delete(t.Context(), house, "3"); err != nil {
			t.Fatal(err)
		}
		for _, m := range []compare.Mode{compare.Test, compare.Update} {
			got := brief(run(t, engine(s, "u", m, domain.Skip), []compare.Row{numbered(row(2), "3")})[0])
			if want := "3 rejected Contact=#3: contactDeleted"; got != want {
				t.Errorf("mode %d: got %s, want %s", m, got, want)
			}
		}
	})
	t.Run("a row that is burnt meanwhile", func(t *testing.T) {
		s := filled(t, nil)
		meanwhile := &before{Contacts: s, create: func() {
			settle := engine(s, "u", compare.Settle, domain.Skip)
			settle.Thorough = true
			run(t, settle, []compare.Row{row(2)})
		}}
		got := brief(run(t, engine(meanwhile, "u", compare.Update, domain.Skip), []compare.Row{row(2)})[0])
		if want := "unprocessed =: notProcessed"; got != want || len(values(t, s)) != 0 {
			t.Errorf("got %s, want %s; %v", got, want, values(t, s))
		}
	})
	t.Run("a later round holds the slot", func(t *testing.T) {
		s := filled(t, nil)
		meanwhile := &before{Contacts: s, create: func() {
			settle := engine(s, "u", compare.Settle, domain.Skip)
			settle.Thorough, settle.Ticket.Order = true, "0000009"
			run(t, settle, []compare.Row{row(2)})
		}}
		if _, err := engine(meanwhile, "u", compare.Update, domain.Skip).Run(t.Context(), []compare.Row{row(2)}); !over(err) {
			t.Errorf("got %v", err)
		}
	})
}

func over(err error) bool {
	f, ok := fault.As(err)
	return ok && f.Kind == fault.Conflict && f.Code == "alreadyFinal"
}

// before lets something happen before the first request of a kind arrives.
type before struct {
	*memory.Contacts
	create, write, remove func()
}

func once(f *func()) {
	if g := *f; g != nil {
		*f = nil
		g()
	}
}

func (b *before) Create(ctx context.Context, in domain.InstitutionID, cs []domain.Creation) ([]domain.Made, error) {
	once(&b.create)
	return b.Contacts.Create(ctx, in, cs)
}

func (b *before) Write(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error) {
	once(&b.write)
	return b.Contacts.Write(ctx, in, ws)
}

func (b *before) Remove(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error) {
	once(&b.remove)
	return b.Contacts.Remove(ctx, in, ws)
}

// The row's own check sees the contact as it would be, and what it says is the
// row's result.
func TestCheck(t *testing.T) {
	live := contact{mail: "anna@house.example", city: "Genf"}
	check := func(seen *contact, p *domain.Problem) func(map[domain.Field]domain.Value) ([]domain.Warning, *domain.Problem) {
		return func(after map[domain.Field]domain.Value) ([]domain.Warning, *domain.Problem) {
			*seen = after
			return []domain.Warning{{Reason: reason.New("veryOld", "1900-01-01", 120)}}, p
		}
	}
	bad := &domain.Problem{Column: "[new] City", Value: "Bern", Reason: reason.New("nobodyNamed")}
	for _, c := range []struct {
		what string
		row  compare.Row
		p    *domain.Problem
		seen contact
		want string
	}{
		{"changed", someone(2, says(mail, "anna@house.example"), says(city, "Bern")), nil, contact{mail: "anna@house.example", city: "Bern"}, "1 updated city:Genf→Bern (veryOld)"},
		{"created", someone(2, says(mail, "new@house.example"), says(city, "Bern")), nil, contact{mail: "new@house.example", city: "Bern"}, "0000001 created email:→new@house.example city:→Bern (veryOld)"},
		{"changed into something wrong", someone(2, says(mail, "anna@house.example"), says(city, "Bern")), bad, contact{mail: "anna@house.example", city: "Bern"}, "1 rejected [new] City=Bern: nobodyNamed"},
		{"created as something wrong", someone(2, says(mail, "new@house.example"), says(city, "Bern")), bad, contact{mail: "new@house.example", city: "Bern"}, "rejected [new] City=Bern: nobodyNamed"},
		{"not changed", someone(2, says(mail, "anna@house.example"), says(city, "Genf")), bad, nil, "1 unchanged"},
	} {
		t.Run(c.what, func(t *testing.T) {
			for _, m := range []compare.Mode{compare.Test, compare.Update} {
				s := filled(t, map[domain.ContactNumber]contact{"1": live})
				was := fmt.Sprint(values(t, s))
				var seen contact
				row := c.row
				person := *row.Person
				person.Check = check(&seen, c.p)
				row.Person = &person
				got := run(t, engine(s, "u", m, domain.Skip), []compare.Row{row})[0]
				if m == compare.Test && got.Outcome == domain.Created {
					got.Number = "0000001"
				}
				if brief(got) != c.want || fmt.Sprint(seen) != fmt.Sprint(c.seen) {
					t.Errorf("mode %d: got %s, want %s; saw %v, want %v", m, brief(got), c.want, seen, c.seen)
				}
				if p := got.Problems; len(p) > 0 && (p[0].Line != 2 || p[0].Outcome != domain.RowRejected) {
					t.Errorf("the problem is about %d %s", p[0].Line, p[0].Outcome)
				}
				if now := fmt.Sprint(values(t, s)); (now == was) != (m == compare.Test || c.p != nil) {
					t.Errorf("mode %d: %s, was %s", m, now, was)
				}
			}
		})
	}
}

// A later round of the import creates nothing again, whatever became of what the
// contact was known by.
func TestCreatedInAnEarlierRound(t *testing.T) {
	s := filled(t, nil)
	row := someone(2, says(last, "Kern"))
	run(t, engine(s, "u", compare.Update, domain.Skip), []compare.Row{row})
	if got := brief(run(t, later(s, compare.Update), []compare.Row{row})[0]); got != "0000001 created lastName:→Kern" || len(values(t, s)) != 1 {
		t.Errorf("%s; %v", got, values(t, s))
	}
}

// elsewhere says of every line that it is about contact 2, and of creations that
// their contact was deleted.
type elsewhere struct{ *memory.Contacts }

func (elsewhere) Pin(_ context.Context, _ domain.InstitutionID, _ string, _ domain.Ticket, lines map[int]domain.ContactNumber) (map[int]domain.ContactNumber, error) {
	out := map[int]domain.ContactNumber{}
	for l := range lines {
		out[l] = "2"
	}
	return out, nil
}

func (elsewhere) Create(context.Context, domain.InstitutionID, []domain.Creation) ([]domain.Made, error) {
	return []domain.Made{{Number: "5", Gone: true}}, nil
}

// What another copy of the step has found out first is what counts.
func TestAnotherCopyWasFirst(t *testing.T) {
	s := elsewhere{filled(t, map[domain.ContactNumber]contact{"1": {mail: "one@house.example"}, "2": {}})}
	rows := []compare.Row{someone(2, says(mail, "one@house.example"), says(city, "Bern")), someone(3, says(last, "New"))}
	got := briefs(run(t, engine(s, "u", compare.Update, domain.Skip), rows))
	want := []string{"2 updated email:→one@house.example city:→Bern", "5 rejected Contact=: contactDeleted"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What was written by its [old] is reported in full though the contact was deleted
// since; what was read first went with the contact.
func TestWrittenAndDeleted(t *testing.T) {
	s, rows := fates(t)
	run(t, engine(s, "u", compare.Update, domain.Skip), rows[:2])
	for _, n := range []domain.ContactNumber{"1", "2"} {
		if err := s.Delete(t.Context(), house, n); err != nil {
			t.Fatal(err)
		}
	}
	got := briefs(run(t, engine(s, "u", compare.Update, domain.Skip), rows[:2]))
	if want := []string{written[0], "2 updated"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
