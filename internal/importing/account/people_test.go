package account_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/reason"
	"rollbook/internal/importing/account"
	"rollbook/internal/importing/compare"
	"rollbook/internal/importing/flow"
	"rollbook/internal/testing/memory"
)

const member = domain.Field("criterion:MEMBER")

// watched notes what the engine asks of the contacts.
type watched struct {
	*desk
	created []domain.Creation
	burnt   []int // lines
	fails   string
}

func (w *watched) Create(ctx context.Context, in domain.InstitutionID, cs []domain.Creation) ([]domain.Made, error) {
	w.created = append(w.created, cs...)
	return w.desk.Contacts.Create(ctx, in, cs)
}

func (w *watched) Burn(ctx context.Context, in domain.InstitutionID, bs []domain.Burn) ([]domain.Burned, error) {
	for _, b := range bs {
		w.burnt = append(w.burnt, b.Line)
	}
	return w.desk.Contacts.Burn(ctx, in, bs)
}

var errDown = fault.New(fault.Busy, "busy")

func (w *watched) ByEmail(ctx context.Context, in domain.InstitutionID, emails []string) (map[string][]domain.ContactNumber, error) {
	if w.fails == "ByEmail" {
		return nil, errDown
	}
	return w.desk.Contacts.ByEmail(ctx, in, emails)
}

func (w *watched) GetMany(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]domain.Contact, error) {
	if w.fails == "GetMany" {
		return nil, errDown
	}
	return w.desk.Contacts.GetMany(ctx, in, ns)
}

// people has contacts with addresses, countries and members' numbers.
func people(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t)
	d.more(t)
	if err := d.catalogue.PutField(t.Context(), house, domain.FieldDef{Code: "MEMBER", Label: "Member", Kind: domain.Text}); err != nil {
		t.Fatal(err)
	}
	if err := d.catalogue.PutSettings(t.Context(), house, domain.Settings{Country: "CH"}); err != nil {
		t.Fatal(err)
	}
	for n, f := range map[domain.ContactNumber]map[domain.Field]domain.Value{
		"1": {domain.ContactEmail: "one@house.example", domain.ContactCountry: "GB", member: "M1", post: domain.False},
		"2": {domain.ContactEmail: "two@house.example", domain.ContactCountry: "GB", domain.ContactBirthDate: "1985-04-30"},
		"3": {domain.ContactEmail: "same@house.example", domain.ContactCountry: "GB"},
		"4": {domain.ContactEmail: "same@house.example", domain.ContactCountry: "GB"},
		"5": {domain.ContactFirstName: "Eva", domain.ContactLastName: "Kern", domain.ContactBirthDate: "1990-01-01"},
	} {
		was, err := d.Get(t.Context(), house, n)
		if err != nil {
			t.Fatal(err)
		}
		was.Fields = f
		if _, err := d.Put(t.Context(), house, was, domain.Provenance{By: "olga", Proof: "letter 7"}); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// noted is told with the summary's notes.
func noted(r flow.Result, sum flow.Summary) string {
	s := told(r)
	var notes []string
	for code := range sum.Notes {
		notes = append(notes, string(code))
	}
	slices.Sort(notes)
	for _, n := range notes {
		s += " (" + n + ")"
	}
	return s
}

// What a row of contacts is about and says, beyond its cells.
func TestPeople(t *testing.T) {
	const phone = "Contact,[new] contact:email,[new] contact:phone"
	german := func(i *domain.Import) { i.Country = "DE" }
	another := func(i *domain.Import) { i.Persons = map[int]domain.Same{2: domain.AnotherPerson} }
	same := func(i *domain.Import) { i.Persons = map[int]domain.Same{2: domain.SamePerson} }
	several := func(i *domain.Import) { i.AllowSamePerson = true }
	undo := func(i *domain.Import) { i.OfKind = domain.UndoOf }
	byMember := func(i *domain.Import) { i.MatchBy = "MEMBER" }
	found := func(cols []flow.Column) {
		for i := range cols {
			cols[i].Found = cols[i].Role == flow.KeyRole
		}
	}
	for _, c := range []struct {
		name   string
		header string
		imp    func(*domain.Import)
		cols   func([]flow.Column)
		dups   flow.Duplicates
		row    string // cells, separated by commas
		want   string
	}{
		{name: "a number by the country of the contact", header: phone, row: "1,,020 7946 0112", want: "updated phone:→+442079460112"},
		{name: "of the contact that has the address", header: phone, row: ",two@house.example,020 7946 0112", want: "updated phone:→+442079460112"},
		{name: "of the row's number, not of its address", header: phone, row: "9,two@house.example,044 668 18 00", want: "updated email:→two@house.example phone:→+41446681800 (phoneCountry)"},
		{name: "several have the address", header: phone, row: ",same@house.example,044 668 18 00", want: "rejected severalContacts([new] contact:email=same@house.example) (phoneCountry)"},
		{name: "by the country of the institution", header: phone, row: ",new@house.example,044 668 18 00", want: "created email:→new@house.example phone:→+41446681800 (phoneCountry)"},
		{name: "by the country of the recipe", header: phone, imp: german, row: ",new@house.example,030 123456", want: "created email:→new@house.example phone:→+4930123456 (phoneCountry)"},
		{name: "by the row's own", header: phone + ",[new] contact:country", imp: german, row: "9,,044 668 18 00,CH", want: "updated phone:→+41446681800 country:→CH"},
		{name: "the country comes first", header: "[new] contact:country,Contact,[new] contact:phone", imp: german, row: "CH,9,044 668 18 00", want: "updated country:→CH phone:→+41446681800"},
		{name: "the row's own that does not fit", header: phone + ",[new] contact:country", imp: german, row: "1,,020 7946 0112,CH", want: "rejected badPhone([new] contact:phone=020 7946 0112)"},
		{name: "the row names no country", header: phone + ",[new] contact:country", row: "1,,020 7946 0112,", want: "updated phone:→+442079460112"},
		{name: "with its country code", header: phone, row: "9,,+41 44 668 18 00", want: "updated phone:→+41446681800"},
		{name: "no number anywhere", header: phone, row: "1,,nonsense", want: "rejected badPhone([new] contact:phone=nonsense)"},
		{name: "beside a cell that is rejected", header: phone + ",[new] contact:birthDate", row: "1,,020 7946 0112,2099-01-01", want: "rejected futureDate([new] contact:birthDate=2099-01-01)"},
		{name: "a number of another contact's field", header: "Contact,[new] contact:city,[new] contact:phone", row: "1,Bern,020 7946 0112", want: "updated city:→Bern phone:→+442079460112"},

		{name: "the birth date that was there, as a person writes it", header: "Contact,[old] contact:birthDate,[new] contact:birthDate", row: "2,30.4.1985,1.5.1985", want: "updated birthDate:1985-04-30→1985-05-01"},
		{name: "letters are lost", header: "Contact,[new] criterion:NOTE", row: "1,Z?rich", want: "updated NOTE:→Z?rich (lettersLost)"},

		{name: "a postcode of the recipe's country", header: "Contact,[new] contact:postcode", imp: german, row: "9,1067", want: "rejected postcodeLostZero([new] contact:postcode=1067)"},
		{name: "a postcode of the contact's country", header: "Contact,[new] contact:postcode", imp: german, row: "1,1067", want: "updated postcode:→1067"},
		{name: "a postcode without a country", header: "Contact,[new] contact:postcode", row: "9,1067", want: "updated postcode:→1067"},
		{name: "a postcode of another form", header: "Contact,[new] contact:postcode", imp: german, row: "9,AB 12", want: "updated postcode:→AB 12 (postcodeForm)"},
		{name: "a postcode that an undo puts back", header: "Contact,[old] contact:postcode,[new] contact:postcode", imp: func(i *domain.Import) { german(i); undo(i) }, row: "9,,1067", want: "updated postcode:→1067 (postcodeZero)"},
		{name: "the recipe's country is nobody's value", header: "Contact,[new] contact:postcode,[new] contact:city", imp: german, row: "9,01067,Dresden", want: "updated postcode:→01067 city:→Dresden"},

		{name: "by name and birth date", header: "[new] contact:lastName,[new] contact:firstName,[new] contact:birthDate,[new] contact:city", row: "kern,Eva,1.1.1990,Bern", want: "updated lastName:Kern→kern city:→Bern (foundByName)"},
		{name: "by name, without the birth date", header: "[new] contact:lastName,[new] contact:firstName,[new] contact:birthDate,[new] contact:city", row: "Kern,Eva,,Bern", want: "created lastName:→Kern firstName:→Eva city:→Bern"},
		{name: "by name, without the first name", header: "[new] contact:lastName,[new] contact:firstName,[new] contact:birthDate,[new] contact:city", row: "Kern,,1.1.1990,Bern", want: "created lastName:→Kern birthDate:→1990-01-01 city:→Bern"},
		{name: "by name, without the last name", header: "[new] contact:lastName,[new] contact:firstName,[new] contact:birthDate,[new] contact:city", row: ",Eva,1.1.1990,Bern", want: "rejected nobodyNamed(=)"},
		{name: "by name, in an import that allows the same person twice", header: "[new] contact:lastName,[new] contact:firstName,[new] contact:birthDate", imp: several, row: "Kern,Eva,1.1.1990", want: "created lastName:→Kern firstName:→Eva birthDate:→1990-01-01"},
		{name: "another first name at the address", header: "[new] contact:email,[new] contact:firstName", row: "one@house.example,Bea", want: "updated firstName:→Bea"},
		{name: "said to be another person", header: "[new] contact:email,[new] contact:firstName", imp: another, row: "one@house.example,Bea", want: "created email:→one@house.example firstName:→Bea"},
		{name: "said to be the same", header: "[new] contact:email,[new] contact:firstName", imp: same, row: "one@house.example,Bea", want: "updated firstName:→Bea"},
		{name: "an address that others of the file have, and somebody", header: "Contact,[new] contact:email", imp: several, dups: flow.Duplicates{2: {Others: []int{3}, Differ: true, Person: true}}, row: ",one@house.example", want: "rejected differentLines(Contact=)"},

		{name: "found by a member's number", header: "Contact,[new] criterion:MEMBER,[new] contact:city", imp: byMember, cols: found, row: "1,M1,Bern", want: "updated city:→Bern"},
		{name: "who has another number by now", header: "Contact,[new] criterion:MEMBER,[new] contact:city", imp: byMember, cols: found, row: "1,M2,Bern", want: "conflicted conflict([new] criterion:MEMBER=M2)"},
		{name: "found before, and there no more", header: "Contact,[new] criterion:MEMBER,[new] contact:lastName", imp: byMember, cols: found, row: "77,M9,Nowak", want: "rejected unknownContact(Contact=77)"},
		{name: "with the number in another column", header: "[new] criterion:MEMBER,Contact,[new] contact:city", imp: byMember, cols: found, row: "M2,1,Bern", want: "conflicted conflict([new] criterion:MEMBER=M2)"},
		{name: "the contact's column first", header: "Contact,[new] contact:city,[new] criterion:MEMBER", imp: byMember, cols: found, row: "1,Bern,M2", want: "conflicted conflict([new] criterion:MEMBER=M2)"},
		{name: "another field than contacts are found by", header: "Contact,[new] criterion:MEMBER,[new] criterion:NOTE", imp: byMember, cols: found, row: "1,M1,x", want: "updated NOTE:→x"},
		{name: "not found by it", header: "Contact,[new] criterion:MEMBER", imp: byMember, row: "1,M2", want: "updated MEMBER:M1→M2"},
		{name: "nobody has the number", header: "Contact,[new] criterion:MEMBER,[new] contact:lastName", imp: byMember, cols: found, row: ",M9,Nowak", want: "created MEMBER:→M9 lastName:→Nowak"},

		{name: "a consent after a refusal", header: "Contact,[new] authorisation:POST", row: "1,TRUE", want: "conflicted refused([new] authorisation:POST=TRUE)"},
		{name: "a consent that overrides", header: "Contact,[new] authorisation:POST", imp: func(i *domain.Import) { i.Refusals = domain.OverrideRefusals }, row: "1,TRUE", want: "updated POST:false→true"},
		{name: "only what is empty is filled", header: "Contact,[new] criterion:MEMBER,[new] criterion:NOTE", imp: func(i *domain.Import) { i.Fill = true }, row: "1,M2,x", want: "updated NOTE:→x"},
		{name: "only those that are there", header: "[new] contact:email", imp: func(i *domain.Import) { i.Mode = domain.UpdateOnly }, row: "new@house.example", want: "rejected contactNotThere(=)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, imp := people(t), update()
			imp.DataType = domain.Contacts
			if c.imp != nil {
				c.imp(imp)
			}
			cols := columns(c.header)
			if c.cols != nil {
				c.cols(cols)
			}
			results, sum := run(t, d, d.ledger(imp, compare.Update), imp, d.chunk(t, imp, cols, c.dups, strings.Split(c.row, ",")))
			if got := noted(results[2], sum); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// By what a created contact is known as one person, so that two imports do not
// create it twice.
func TestIdentity(t *testing.T) {
	byMember := func(i *domain.Import) { i.MatchBy = "MEMBER" }
	for _, c := range []struct {
		name, header, row string
		imp               func(*domain.Import)
		found             bool
		want              string
	}{
		{"by address", "[new] contact:email", "New@House.Example", nil, false, "email:new@house.example"},
		{"by a member's number", "Contact,[new] criterion:MEMBER,[new] contact:lastName", ",M9,Nowak", byMember, true, "criterion:MEMBER=M9"},
		{"by a member's number before the address", "Contact,[new] criterion:MEMBER,[new] contact:email", ",M9,new@house.example", byMember, true, "criterion:MEMBER=M9"},
		{"another column than the member's number", "Contact,[new] criterion:MEMBER,[old] criterion:NOTE,[new] criterion:NOTE,[new] contact:lastName", ",M9,,x,Nowak", byMember, true, "criterion:MEMBER=M9"},
		{"a member's number that is emptied", "Contact,[new] criterion:MEMBER,[new] contact:lastName", ",Empty,Nowak", byMember, true, ""},
		{"a number of its own", "Contact,[old] criterion:MEMBER,[new] criterion:MEMBER,[new] contact:lastName", "77,,M9,Nowak", byMember, true, ""},
		{"nothing", "[new] contact:lastName", "Nowak", nil, false, ""},
		{"the same person twice", "[new] contact:email", "new@house.example", func(i *domain.Import) { i.AllowSamePerson = true }, false, ""},
		{"another person", "[new] contact:email,[new] contact:lastName", "one@house.example,Nowak", func(i *domain.Import) { i.Persons = map[int]domain.Same{2: domain.AnotherPerson} }, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, imp := people(t), update()
			imp.DataType = domain.Contacts
			if c.imp != nil {
				c.imp(imp)
			}
			cols := columns(c.header)
			cols[0].Found = c.found
			l, w := d.ledger(imp, compare.Update), &watched{desk: d}
			l.Engine.Store = w
			results, _ := run(t, d, l, imp, d.chunk(t, imp, cols, nil, strings.Split(c.row, ",")))
			if len(w.created) != 1 || w.created[0].Identity != c.want {
				t.Errorf("%+v: %s", w.created, told(results[2]))
			}
		})
	}
}

// Contacts are looked up for telephone numbers only where a row needs it, and a
// store that cannot be asked now is asked again.
func TestTelephonesAsk(t *testing.T) {
	for _, at := range []string{"ByEmail", "GetMany"} {
		d, imp := people(t), update()
		imp.DataType = domain.Contacts
		l := d.ledger(imp, compare.Update)
		l.Engine.Store = &watched{desk: d, fails: at}
		plan := d.chunk(t, imp, columns("Contact,[new] contact:phone"), nil, []string{"99", "020 7946 0112"})
		if err := l.Chunk(t.Context(), imp, plan, 0); fault.KindOf(err) != fault.Busy {
			t.Errorf("%s: %v", at, err)
		}
	}
	d, imp := people(t), update()
	l := d.ledger(imp, compare.Update)
	l.Engine.Store = &watched{desk: d, fails: "ByEmail"}
	results, _ := run(t, d, l, imp, d.plan(t, imp, [3]string{"#6", "ROCK", "JAZZ"}))
	if got := brief(results[2]); got != "6 updated ROCK→JAZZ" {
		t.Error(got)
	}
}

// What plan found out about a row is what becomes of it.
func TestFaults(t *testing.T) {
	d, imp := newDesk(t), update()
	plan := d.plan(t, imp, [3]string{"#1", "ROCK", "JAZZ"}, [3]string{"#2", "ROCK", "JAZZ"}, [3]string{"#3", "ROCK", "JAZZ"})
	d.rewrite(t, imp, func(r *flow.Row) {
		switch r.Line {
		case 2:
			r.Fault = &domain.Problem{Outcome: domain.Unchanged, Reason: reason.New("blankNumber")}
		case 3:
			r.Fault = &domain.Problem{Column: "Contact", Outcome: domain.RowRejected, Reason: reason.New("blankNumber")}
		}
	})
	results, sum := run(t, d, d.ledger(imp, compare.Update), imp, plan)
	if want := (domain.Counts{Rows: 3, Updated: 1, Unchanged: 1, Rejected: 1}); sum.Counts != want {
		t.Errorf("%+v, want %+v", sum.Counts, want)
	}
	if got := told(results[3]); got != "rejected blankNumber(Contact=)" {
		t.Error(got)
	}
}

// rewrite changes the rows of the stored chunk.
func (d *desk) rewrite(t *testing.T, imp *domain.Import, change func(*flow.Row)) {
	t.Helper()
	b, err := d.files.Get(t.Context(), flow.ChunkKey(house, imp.ID, 0))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	w, err := flow.NewRowWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	if err := flow.ReadRows(strings.NewReader(string(b)), func(r flow.Row) error { change(&r); return w.Write(r) }); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	d.put(t, flow.ChunkKey(house, imp.ID, 0), []byte(out.String()))
}

// Between batches the account so far is told, of whole batches.
func TestBetween(t *testing.T) {
	d, imp := newDesk(t), update()
	rows := make([][3]string, 2500)
	for i := range rows {
		rows[i] = [3]string{fmt.Sprintf("#%d", i%9+1), "", ""}
	}
	l := d.ledger(imp, compare.Update)
	var told []int
	l.Between = func(_ context.Context, c domain.Counts) (bool, error) {
		told = append(told, c.Rows)
		return false, nil
	}
	run(t, d, l, imp, d.plan(t, imp, rows...))
	if want := []int{0, 1000, 2000, 2500}; !slices.Equal(told, want) {
		t.Errorf("told after %v rows, want %v", told, want)
	}
}

// Rows that were read before a chunk object breaks off have their results, the
// others are counted and told of.
func TestBrokenOff(t *testing.T) {
	d, imp := newDesk(t), update()
	rows := make([][3]string, 3000)
	for i := range rows { // which cannot be packed
		rows[i] = [3]string{fmt.Sprintf("#%d", i%9+1), fmt.Sprintf("%x", fnv(i)), ""}
	}
	plan := d.plan(t, imp, rows...)
	key := flow.ChunkKey(house, imp.ID, 0)
	b, err := d.files.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	d.put(t, key, b[:len(b)-20])
	_, sum := run(t, d, d.ledger(imp, compare.Update), imp, plan)
	if c := sum.Counts; c.Rows != 3000 || c.Unchanged == 0 || c.Unprocessed == 0 || c.Unchanged+c.Unprocessed != 3000 || sum.Notes["chunkLost"].Count != 1 {
		t.Errorf("%+v %+v", sum.Counts, sum.Notes)
	}
}

// fnv spreads numbers over hundreds of bits.
func fnv(i int) []byte {
	h := uint64(14695981039346656037)
	var out []byte
	for k := range 64 {
		h = (h ^ uint64(i*64+k)) * 1099511628211
		out = append(out, byte(h>>24))
	}
	return out
}

// An undo gives a refusal that its import lifted back with its proof.
func TestUndoOfConsent(t *testing.T) {
	d, imp := people(t), update()
	imp.Proof = "form 9"
	cols := columns("Contact,[old] authorisation:POST,[new] authorisation:POST")
	run(t, d, d.ledger(imp, compare.Update), imp, d.chunk(t, imp, cols, nil, []string{"1", "FALSE", "TRUE"}))
	proof := func() string {
		c, err := d.Get(t.Context(), house, "1")
		if err != nil {
			t.Fatal(err)
		}
		return string(c.Get(post)) + " " + c.Provenance[post].Proof
	}
	if got := proof(); got != "true form 9" {
		t.Errorf("updated: %s", got)
	}
	undo := update()
	undo.ID, undo.OfKind, undo.Of, undo.Ticket = "0199f0aa-0000-7000-8000-000000000002", domain.UndoOf, imp.ID, domain.Ticket{Slot: 4, Order: "0000008"}
	run(t, d, d.ledger(undo, compare.Update), undo, d.chunk(t, undo, cols, nil, []string{"1", "TRUE", "FALSE"}))
	if got := proof(); got != "false letter 7" {
		t.Errorf("taken back: %s", got)
	}
}

// What cannot be read any more on a retry is reported as it was written.
func TestUnreadOnRetry(t *testing.T) {
	t.Run("written by its [old]", func(t *testing.T) {
		d, imp := newDesk(t), update()
		plan := d.plan(t, imp, [3]string{"#1", "ROCK", "JAZZ"})
		dies(t, d, imp, plan)
		d.define(t, true)
		results, _ := run(t, d, d.ledger(imp, compare.Update), imp, plan)
		if got := brief(results[2]); got != "1 updated ROCK→JAZZ" {
			t.Error(got)
		}
	})
	t.Run("a text that is too long by now", func(t *testing.T) {
		d, imp := newDesk(t), update()
		d.more(t)
		plan := d.chunk(t, imp, columns("Contact,[new] criterion:GENRE,[new] criterion:NOTE"), nil, []string{"1", "JAZZ", "a long text"})
		dies(t, d, imp, plan)
		def := d.field(t, note)
		def.MaxLength = 5
		if err := d.catalogue.PutField(t.Context(), house, def); err != nil {
			t.Fatal(err)
		}
		results, _ := run(t, d, d.ledger(imp, compare.Update), imp, plan)
		if got := told(results[2]); got != "updated GENRE:ROCK→JAZZ NOTE:→a long text" {
			t.Error(got)
		}
	})
	t.Run("a telephone number", func(t *testing.T) {
		d, imp := people(t), update()
		imp.DataType = domain.Contacts
		if err := d.catalogue.PutSettings(t.Context(), house, domain.Settings{Country: "GB"}); err != nil {
			t.Fatal(err)
		}
		plan := d.chunk(t, imp, columns("Contact,[new] criterion:MOODS,[new] contact:phone"), nil, []string{"9", "LOUD", "020 7946 0112"})
		dies(t, d, imp, plan)
		def := d.field(t, moods)
		def.Values[1].Retired = true
		if err := d.catalogue.PutField(t.Context(), house, def); err != nil {
			t.Fatal(err)
		}
		results, _ := run(t, d, d.ledger(imp, compare.Update), imp, plan)
		if got := told(results[2]); got != "updated MOODS:→LOUD phone:→+442079460112" {
			t.Error(got)
		}
	})
	t.Run("a telephone number of a country that has changed", func(t *testing.T) {
		d, imp := people(t), update()
		imp.DataType = domain.Contacts
		plan := d.chunk(t, imp, columns("Contact,[new] criterion:NOTE,[new] contact:phone"), nil, []string{"1", "x", "020 7946 0112"})
		dies(t, d, imp, plan)
		c, err := d.Get(t.Context(), house, "1")
		if err != nil {
			t.Fatal(err)
		}
		c.Fields[domain.ContactCountry] = "CH"
		if _, err := d.Put(t.Context(), house, c, domain.Provenance{}); err != nil {
			t.Fatal(err)
		}
		results, _ := run(t, d, d.ledger(imp, compare.Update), imp, plan)
		if got := told(results[2]); got != "updated NOTE:→x phone:→+442079460112" {
			t.Error(got)
		}
	})
	t.Run("the second try of a test that is cancelled", func(t *testing.T) {
		d, imp := newDesk(t), update()
		plan := d.plan(t, imp, [3]string{"#1", "ROCK", "JAZZ"})
		d.begin(t, imp)
		l := d.ledger(imp, compare.Test)
		l.Engine.Store = compare.ReadOnly(d.Contacts)
		l.Between = func(context.Context, domain.Counts) (bool, error) { return true, nil }
		results, _ := run(t, d, l, imp, plan)
		if got := brief(results[2]); got != "1 unprocessed cancelled" {
			t.Error(got)
		}
	})
	t.Run("the second try of a test", func(t *testing.T) {
		d, imp := newDesk(t), update()
		plan := d.plan(t, imp, [3]string{"#1", "ROCK", "nonsense"})
		d.begin(t, imp)
		l := d.ledger(imp, compare.Test)
		l.Engine.Store = compare.ReadOnly(d.Contacts)
		results, _ := run(t, d, l, imp, plan)
		if got := brief(results[2]); got != "1 rejected unknownValue" {
			t.Error(got)
		}
	})
}

func (d *desk) field(t *testing.T, f domain.Field) domain.FieldDef {
	t.Helper()
	cat, err := d.catalogue.Catalogue(t.Context(), house)
	if err != nil {
		t.Fatal(err)
	}
	def, _ := cat.Lookup(f)
	return def
}

// Values that a contact was created with are read as the undo file's columns say,
// wherever they stand.
func TestTakenBackBy(t *testing.T) {
	const made = "0199f0aa-0000-7000-8000-00000000000a"
	for _, c := range []struct{ name, header, cells, want string }{
		{"the columns in another order", "[undo] created,[old] contact:city,[new] contact:city,Contact,[old] criterion:GENRE,[new] criterion:GENRE", made + ",Bern,,30,JAZZ,", "updated"},
		{"an [old] column first", "[old] contact:city,[new] contact:city,[undo] created,Contact,[old] criterion:GENRE,[new] criterion:GENRE", "Bern,," + made + ",30,JAZZ,", "updated"},
		{"a column of a field that is gone", "Contact,[undo] created,[old] contact:city,[new] contact:city,[old] criterion:GENRE,[new] criterion:GENRE,[old] criterion:GONE,[new] criterion:GONE", "30," + made + ",Bern,,JAZZ,,x,", "updated"},
		{"a column without [old]", "Contact,[undo] created,[old] contact:city,[new] contact:city,[old] criterion:GENRE,[new] criterion:GENRE,[new] criterion:NOTE", "30," + made + ",Bern,,JAZZ,,", "updated"},
		{"a blank [old]", "Contact,[undo] created,[old] contact:city,[new] contact:city,[old] criterion:GENRE,[new] criterion:GENRE,[old] criterion:NOTE,[new] criterion:NOTE", "30," + made + ",Bern,,JAZZ,,,", "updated"},
		{"a value that is none", "Contact,[undo] created,[old] contact:city,[new] contact:city,[old] criterion:GENRE,[new] criterion:GENRE", "30," + made + ",Bern,,1-Mar,", "conflicted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, imp := newDesk(t), update()
			d.more(t)
			imp.DataType, imp.OfKind = domain.Contacts, domain.UndoOf
			if err := d.Load(t.Context(), house, func(yield func(domain.Contact) bool) {
				yield(domain.Contact{Number: "30", Version: 1, Origin: domain.Origin{Import: made, Line: 2},
					Fields: map[domain.Field]domain.Value{domain.ContactCity: "Bern", genre: "JAZZ"}})
			}); err != nil {
				t.Fatal(err)
			}
			results, _ := run(t, d, d.ledger(imp, compare.Update), imp, d.chunk(t, imp, columns(c.header), nil, strings.Split(c.cells, ",")))
			if r := results[2]; string(r.Outcome) != c.want || r.Removed != (c.want == "updated") {
				t.Errorf("%s, removed %v", told(r), r.Removed)
			}
		})
	}
}

// A suggestion that nobody would read is left out.
func TestLongSuggestion(t *testing.T) {
	for _, n := range []int{1000, 1001} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			d, imp := newDesk(t), update()
			long := strings.Repeat("x", n)
			plan := d.plan(t, imp, [3]string{"#1", "ROCK", "JAZZ"})
			d.rewrite(t, imp, func(r *flow.Row) {
				r.Fault = &domain.Problem{Column: "Contact", Reason: reason.New("leadingZeros", long)}
			})
			results, _ := run(t, d, d.ledger(imp, compare.Update), imp, plan)
			if fix := results[2].Problems[0].Fix(); (fix == long) != (n <= 1000) || n > 1000 && fix != "" {
				t.Errorf("%d bytes, told %d", n, len(fix))
			}
		})
	}
}

// The only try burns nothing and puts one object. As soon as there is another one,
// both have every row burnt that they report as not written.
func TestThorough(t *testing.T) {
	rows := [][3]string{{"#1", "ROCK", "JAZZ"}, {"#2", "JAZZ", "ROCK"}, {"#3", "ROCK", "nonsense"}}
	for _, c := range []struct {
		name  string
		first bool // another try began before
		while bool // one begins while this one runs
		burnt []int
		puts  int
	}{
		{"the only try", false, false, nil, 1},
		{"the second try", true, false, []int{3, 4}, 1},
		{"another one begins", false, true, []int{3, 4}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, imp := newDesk(t), update()
			plan := d.plan(t, imp, rows...)
			begin := func() { d.begin(t, imp) }
			if c.first {
				begin()
			}
			w := &watched{desk: d}
			l := d.ledger(imp, compare.Update)
			l.Engine.Store = w
			files := &counted{Blobs: d.files}
			if c.while {
				files.put = begin
			}
			l.Files = files
			_, sum := run(t, d, l, imp, plan)
			slices.Sort(w.burnt)
			if !slices.Equal(w.burnt, c.burnt) || files.puts != c.puts {
				t.Errorf("burnt lines %v with %d objects, want %v with %d", w.burnt, files.puts, c.burnt, c.puts)
			}
			if want := (domain.Counts{Rows: 3, Updated: 1, Unchanged: 1, Rejected: 1}); sum.Counts != want && sum.Counts != (domain.Counts{Rows: 3, Updated: 1, Conflicted: 1, Rejected: 1}) {
				t.Errorf("%+v", sum.Counts)
			}
		})
	}
}

// counted counts what is put, and lets something happen before.
type counted struct {
	*memory.Blobs
	put  func()
	puts int
}

func (c *counted) Put(ctx context.Context, key string, r io.Reader, contentType string) (domain.Object, error) {
	c.puts++
	if f := c.put; f != nil {
		c.put = nil
		f()
	}
	return c.Blobs.Put(ctx, key, r, contentType)
}

// unsealed refuses every seal.
type unsealed struct{ *memory.Jobs }

func (unsealed) Seal(context.Context, domain.InstitutionID, string, int, int, domain.Seal) (domain.ChunkState, error) {
	return domain.ChunkState{}, nil
}

// A seal that is refused though nobody else sealed ends the try with an error.
func TestNeverSealed(t *testing.T) {
	d, imp := newDesk(t), update()
	l := d.ledger(imp, compare.Update)
	l.Chunks = unsealed{d.jobs}
	err := l.Chunk(t.Context(), imp, d.plan(t, imp, [3]string{"#1", "ROCK", "JAZZ"}), 0)
	if f, ok := fault.As(err); !ok || f.Kind != fault.Internal || f.Code != "notSealed" {
		t.Errorf("got %v", err)
	}
}

// A chunk of which no try began is settled without asking the contacts; one that
// begins meanwhile is not passed over.
func TestSettleNeverTried(t *testing.T) {
	rows := [][3]string{{"#1", "ROCK", "JAZZ"}, {"#2", "ROCK", "JAZZ"}}
	for _, c := range []struct {
		name         string
		before, then bool
		burnt        []int
		puts         int
	}{
		{"no try", false, false, nil, 1},
		{"a try that died", true, false, []int{2, 3}, 1},
		{"a try that begins meanwhile", false, true, []int{2, 3}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, imp := newDesk(t), update()
			plan := d.plan(t, imp, rows...)
			begin := func() { d.begin(t, imp) }
			if c.before {
				begin()
			}
			w, files := &watched{desk: d}, &counted{Blobs: d.files}
			if c.then {
				files.put = begin
			}
			l := d.ledger(imp, compare.Settle)
			l.Engine.Store, l.Files = w, files
			told := 0
			state, f, err := l.Settle(t.Context(), imp, plan, 0, func() { told++ })
			if err != nil || f == nil || state.Sealed == "" {
				t.Fatal(state, err)
			}
			slices.Sort(w.burnt)
			if !slices.Equal(w.burnt, c.burnt) || files.puts != c.puts || told != c.puts {
				t.Errorf("burnt lines %v with %d objects, told %d times", w.burnt, files.puts, told)
			}
			// Once it is settled, nothing is to be told.
			if _, _, err := l.Settle(t.Context(), imp, plan, 0, func() { told++ }); err != nil || told != c.puts {
				t.Errorf("told %d times, %v", told, err)
			}
		})
	}
	t.Run("results that cannot be read now", func(t *testing.T) {
		d, imp := newDesk(t), update()
		plan := d.plan(t, imp, rows...)
		run(t, d, d.ledger(imp, compare.Update), imp, plan)
		l := d.ledger(imp, compare.Settle)
		l.Files = failing{d.files, errDown}
		if _, _, err := l.Settle(t.Context(), imp, plan, 0, func() { t.Error("settled again") }); fault.KindOf(err) != fault.Busy {
			t.Errorf("got %v", err)
		}
	})
}

// unkept cannot keep histories now.
type unkept struct{ *desk }

func (unkept) PutHistory(context.Context, domain.InstitutionID, string, int, int, []domain.HistoryEntry) error {
	return errDown
}

// The history has what was changed, and nothing of what was created, removed or
// left alone.
func TestHistory(t *testing.T) {
	d, imp := newDesk(t), update()
	imp.DataType = domain.Contacts
	cols := columns("Contact,[new] criterion:GENRE,[new] contact:lastName")
	run(t, d, d.ledger(imp, compare.Update), imp, d.chunk(t, imp, cols, nil, []string{"", "JAZZ", "Nowak"}, []string{"1", "ROCK", ""}, []string{"2", "nonsense", ""}))
	if len(d.hist) > 0 || slices.Contains(d.done, "history") {
		t.Errorf("%+v, did %v", d.hist, d.done)
	}
	var es account.Entries
	change := []flow.Change{{Field: genre, Before: "ROCK", After: "JAZZ"}}
	for _, r := range []flow.Result{
		{Line: 2, Number: "1", Outcome: domain.Updated, Changes: change}, {Line: 3, Number: "2", Outcome: domain.Updated, Removed: true, Changes: change},
		{Line: 4, Number: "3", Outcome: domain.Created, Changes: change}, {Line: 5, Number: "4", Outcome: domain.RowConflicted, Changes: change},
	} {
		es.Add(r)
	}
	if want := (account.Entries{History: []domain.HistoryEntry{{Number: "1", Line: 2, Field: genre, Before: "ROCK", After: "JAZZ"}},
		Changed: []domain.ContactNumber{"1", "2", "3"}}); !cmp.Equal(want, es) {
		t.Error(cmp.Diff(want, es))
	}
	t.Run("of a test", func(t *testing.T) {
		d, imp := newDesk(t), update()
		l := d.ledger(imp, compare.Test)
		l.Engine.Store, l.Histories = compare.ReadOnly(d.Contacts), d
		run(t, d, l, imp, d.plan(t, imp, [3]string{"#1", "ROCK", "JAZZ"}))
		if len(d.done) > 0 {
			t.Errorf("did %v", d.done)
		}
	})
	t.Run("that cannot be kept now", func(t *testing.T) {
		d, imp := newDesk(t), update()
		l := d.ledger(imp, compare.Update)
		l.Histories = unkept{d}
		if err := l.Chunk(t.Context(), imp, d.plan(t, imp, [3]string{"#1", "ROCK", "JAZZ"}), 0); fault.KindOf(err) != fault.Busy {
			t.Errorf("got %v", err)
		}
		state, err := d.jobs.ChunkState(t.Context(), house, imp.ID, 0, 0)
		if err != nil || state.History {
			t.Errorf("%+v %v", state, err)
		}
	})
}
