package account_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/importing/compare"
	"rollbook/internal/importing/flow"
)

const (
	note  = domain.Field("criterion:NOTE")
	moods = domain.Field("criterion:MOODS")
	post  = domain.Field("authorisation:POST")
)

// more defines the fields of these tests besides GENRE.
func (d *desk) more(t *testing.T) {
	t.Helper()
	for _, f := range []domain.FieldDef{
		{Code: "NOTE", Label: "Note", Kind: domain.Text},
		{Code: "MOODS", Label: "Moods", Kind: domain.MultiChoice, Values: []domain.Choice{{Code: "CALM", Label: "Calm"}, {Code: "LOUD", Label: "Loud"}, {Code: "OLD", Label: "Old", Retired: true}}},
		{Code: "POST", Label: "By post", Kind: domain.Authorisation},
	} {
		if err := d.catalogue.PutField(t.Context(), house, f); err != nil {
			t.Fatal(err)
		}
	}
}

// columns resolves a header: Contact, Email and so on, or a role and a field.
func columns(header string) []flow.Column {
	var out []flow.Column
	for name := range strings.SplitSeq(header, ",") {
		c := flow.Column{Name: name}
		role, f, ok := strings.Cut(name, " ")
		switch {
		case name == flow.KeyColumn:
			c.Role = flow.KeyRole
		case name == flow.UndoColumn:
			c.Role = flow.UndoRole
		case name == "[info] Email":
			c.Role, c.Field = flow.InfoRole, domain.ContactEmail
		case ok && strings.HasPrefix(role, "["):
			c.Role, c.Field = flow.Role(strings.Trim(role, "[]")), domain.Field(f)
		}
		out = append(out, c)
	}
	return out
}

// chunk stores rows from line 2 on under the columns, and what plan found out of
// lines that share a contact.
func (d *desk) chunk(t *testing.T, imp *domain.Import, cols []flow.Column, dups flow.Duplicates, rows ...[]string) *flow.Plan {
	t.Helper()
	var b bytes.Buffer
	w, err := flow.NewRowWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rows {
		if err := w.Write(flow.Row{Line: i + 2, Cells: r}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	d.put(t, flow.ChunkKey(house, imp.ID, 0), b.Bytes())
	ref := flow.ChunkRef{Rows: len(rows), FirstLine: 2, LastLine: len(rows) + 1, Duplicates: dups != nil}
	if dups != nil {
		j, err := json.Marshal(dups)
		if err != nil {
			t.Fatal(err)
		}
		d.put(t, flow.DuplicatesKey(house, imp.ID, 0), j)
	}
	return &flow.Plan{Version: flow.Version, Rows: len(rows), Columns: cols, Chunks: []flow.ChunkRef{ref}}
}

// told is what a test says of a result: its outcome, and of each problem the code,
// the column and the value, of each change the values.
func told(r flow.Result) string {
	s := string(r.Outcome)
	for _, p := range r.Problems {
		s += fmt.Sprintf(" %s(%s=%s)", p.Code, p.Column, p.Value)
	}
	for _, c := range r.Changes {
		s += fmt.Sprintf(" %s:%s→%s", c.Field.Code(), c.Before, c.After)
	}
	return s
}

// What rows ask for, read by the columns of their file.
func TestReading(t *testing.T) {
	ofContacts := func(i *domain.Import) { i.DataType = domain.Contacts }
	undo := func(i *domain.Import) { i.OfKind = domain.UndoOf }
	monthFirst := func(cols []flow.Column) {
		for i := range cols {
			cols[i].Order = "mdy"
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
		{name: "the number is named as the file calls it", header: "Contact,[new] criterion:NOTE", row: "five,x", want: "rejected badNumber(Contact=five)"},
		{name: "an address that is the contact's", header: "Contact,[info] Email,[new] criterion:NOTE", row: "1, one@house.example ,x", want: "updated NOTE:→x"},
		{name: "an address that is another's", header: "Contact,[info] Email,[new] criterion:NOTE", row: "1,two@house.example,x", want: "rejected otherContactsEmail([info] Email=two@house.example)"},
		{name: "the first column is the address", header: "[info] Email,Contact,[new] criterion:NOTE", row: "two@house.example,1,x", want: "rejected otherContactsEmail([info] Email=two@house.example)"},

		{name: "a value that is retired", header: "Contact,[new] criterion:MOODS", row: "1,OLD", want: "rejected retiredValue([new] criterion:MOODS=OLD)"},
		{name: "put back by an undo", header: "Contact,[old] criterion:MOODS,[new] criterion:MOODS", imp: undo, row: "1,CALM,OLD", want: "updated MOODS:CALM→OLD"},
		{name: "a list with one more", header: "Contact,[old] criterion:MOODS,[new] criterion:MOODS", row: "1,CALM,add: LOUD", want: "updated MOODS:CALM→CALM|LOUD"},

		{name: "a field that is gone, and asked for", header: "Contact,[new] criterion:GONE,[new] criterion:NOTE", row: "1,x,y", want: "rejected fieldGone([new] criterion:GONE=x)"},
		{name: "a field that is gone, and not asked for", header: "Contact,[new] criterion:GONE,[new] criterion:NOTE", row: "1, ,y", want: "updated NOTE:→y"},

		{name: "a text that was mixed up", header: "Contact,[new] criterion:NOTE", row: "1,ZoÃ«", want: "rejected encodingMixedUp([new] criterion:NOTE=ZoÃ«)"},
		{name: "mixed up as it was before", header: "Contact,[old] criterion:NOTE,[new] criterion:NOTE", row: "1,ZoÃ«,ZoÃ«", want: "conflicted conflict([new] criterion:NOTE=ZoÃ«)"},
		{name: "mixed up beside another [old]", header: "Contact,[old] criterion:NOTE,[new] criterion:NOTE", row: "1,x,ZoÃ«", want: "rejected encodingMixedUp([new] criterion:NOTE=ZoÃ«)"},
		{name: "the [old] column comes first in the file", header: "[old] criterion:NOTE,Contact,[new] criterion:NOTE", row: "ZoÃ«,1,ZoÃ«", want: "conflicted conflict([new] criterion:NOTE=ZoÃ«)"},
		{name: "mixed up by an undo is what was there", header: "Contact,[old] criterion:NOTE,[new] criterion:NOTE", imp: undo, row: "1,,ZoÃ«", want: "updated NOTE:→ZoÃ«"},

		{name: "a contact's own field", header: "Contact,[new] contact:city", imp: ofContacts, row: "1,Bern", want: "updated city:→Bern"},
		{name: "a birth date, day first", header: "Contact,[new] contact:birthDate", imp: ofContacts, row: "1,30.4.1985", want: "updated birthDate:→1985-04-30"},
		{name: "two readings of a birth date", header: "Contact,[new] contact:birthDate", imp: ofContacts, row: "1,3/4/1985", want: "rejected ambiguousDate([new] contact:birthDate=3/4/1985)"},
		{name: "in the order of its column", header: "Contact,[new] contact:birthDate", imp: ofContacts, cols: monthFirst, row: "1,3/4/1985", want: "updated birthDate:→1985-03-04"},
		{name: "a birth date in the future", header: "Contact,[new] contact:birthDate", imp: ofContacts, row: "1,2099-01-01", want: "rejected futureDate([new] contact:birthDate=2099-01-01)"},
		{name: "parts that do not go together", header: "Contact,[new] contact:postcode,[new] contact:country", imp: ofContacts, row: "1,1067,DE", want: "rejected postcodeLostZero([new] contact:postcode=1067)"},
		{name: "a new contact", header: "Contact,[new] contact:email,[new] contact:lastName", imp: ofContacts, row: ",eva@house.example,Nowak", want: "created email:→eva@house.example lastName:→Nowak"},
		{name: "an address that one contact has", header: "Contact,[new] contact:email,[new] contact:city", imp: ofContacts, row: ",two@house.example,Bern", want: "updated city:→Bern"},
		{name: "without a key column", header: "[new] contact:email,[new] contact:city", imp: ofContacts, row: "two@house.example,Bern", want: "updated city:→Bern"},
		{name: "an address as its cell", header: "Contact,[new] contact:email,[new] criterion:NOTE", imp: ofContacts, row: "1,Eva@House.Example,x", want: "updated email:one@house.example→Eva@house.example NOTE:→x"},

		{name: "persons that are one", header: "Contact,[new] contact:email,[new] contact:lastName", imp: ofContacts, dups: flow.Duplicates{2: {Others: []int{3}, Differ: true, Person: true}},
			row: ",eva@house.example,Nowak", want: "rejected samePerson(Contact=)"},
		{name: "persons that the import allows", header: "Contact,[new] contact:email,[new] contact:lastName", imp: func(i *domain.Import) { ofContacts(i); i.AllowSamePerson = true },
			dups: flow.Duplicates{2: {Others: []int{3}, Differ: true, Person: true}}, row: ",eva@house.example,Nowak", want: "created email:→eva@house.example lastName:→Nowak"},
		{name: "lines of one number that differ, whatever the import allows", header: "Contact,[new] contact:city", imp: func(i *domain.Import) { ofContacts(i); i.AllowSamePerson = true },
			dups: flow.Duplicates{2: {Others: []int{3}, Differ: true}}, row: "1,Bern", want: "rejected differentLines(Contact=1)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, imp := newDesk(t), update()
			d.more(t)
			for n, f := range map[domain.ContactNumber]map[domain.Field]domain.Value{
				"1": {domain.ContactEmail: "one@house.example", moods: "CALM"}, "2": {domain.ContactEmail: "two@house.example"}} {
				was, err := d.Get(t.Context(), house, n)
				if err != nil {
					t.Fatal(err)
				}
				maps.Copy(was.Fields, f)
				if _, err := d.Put(t.Context(), house, was, domain.Provenance{}); err != nil {
					t.Fatal(err)
				}
			}
			if c.imp != nil {
				c.imp(imp)
			}
			cols := columns(c.header)
			if c.cols != nil {
				c.cols(cols)
			}
			results, sum := run(t, d, d.ledger(imp, compare.Update), imp, d.chunk(t, imp, cols, c.dups, strings.Split(c.row, ",")))
			if got := told(results[2]); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if sum.Counts.Rows != 1 {
				t.Errorf("%+v", sum.Counts)
			}
		})
	}
}

// A row of an undo file takes a created contact back, if it is as it was created.
func TestTakenBack(t *testing.T) {
	const made = "0199f0aa-0000-7000-8000-00000000000a"
	for _, c := range []struct {
		name, cells string
		want        string
		stays       bool
	}{
		{"as it was created", "30," + made + " ,Bern,,JAZZ,", "updated", false},
		{"one value was changed since", "30," + made + ",Basel,,JAZZ,", "conflicted", true},
		{"it had another value then", "30," + made + ",Bern,,,", "conflicted", true},
		{"created by another import", "30,0199f0aa-0000-7000-8000-00000000000b,Bern,,JAZZ,", "conflicted", true},
		{"not to be taken back", "30,,Bern,Basel,JAZZ,", "updated", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, imp := newDesk(t), update()
			imp.DataType, imp.OfKind = domain.Contacts, domain.UndoOf
			d.Load(t.Context(), house, func(yield func(domain.Contact) bool) {
				yield(domain.Contact{Number: "30", Version: 1, Origin: domain.Origin{Import: made, Line: 2},
					Fields: map[domain.Field]domain.Value{domain.ContactCity: "Bern", genre: "JAZZ"}})
			})
			header := "Contact,[undo] created,[old] contact:city,[new] contact:city,[old] criterion:GENRE,[new] criterion:GENRE"
			results, _ := run(t, d, d.ledger(imp, compare.Update), imp, d.chunk(t, imp, columns(header), nil, strings.Split(c.cells, ",")))
			_, err := d.Get(t.Context(), house, "30")
			if r := results[2]; string(r.Outcome) != c.want || r.Removed == c.stays || (err == nil) != c.stays {
				t.Errorf("%s, removed %v, read: %v", told(r), r.Removed, err)
			}
		})
	}
}

// A new contact's number is as wide as the institution's numbers are.
func TestDigits(t *testing.T) {
	d, imp := newDesk(t), update()
	imp.DataType = domain.Contacts
	if err := d.catalogue.PutSettings(t.Context(), house, domain.Settings{NumberDigits: 11}); err != nil {
		t.Fatal(err)
	}
	results, _ := run(t, d, d.ledger(imp, compare.Update), imp, d.chunk(t, imp, columns("[new] contact:email,[new] contact:lastName"), nil, []string{"eva@house.example", "Nowak"}))
	if n := results[2].Number; len(n) != 11 || results[2].Outcome != domain.Created {
		t.Errorf("%q: %s", n, told(results[2]))
	}
}

// A row has at most fifty problems, of which the last says that there are more, and
// what a problem holds of a cell is short.
func TestProblemsOfARow(t *testing.T) {
	d, imp := newDesk(t), update()
	for _, n := range []int{49, 50, 51, 60} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			d, imp := newDesk(t), update()
			header, row := "Contact", []string{"1"}
			for i := range n {
				header += fmt.Sprintf(",[new] criterion:GONE%d", i)
				row = append(row, "x")
			}
			results, _ := run(t, d, d.ledger(imp, compare.Update), imp, d.chunk(t, imp, columns(header), nil, row))
			ps := results[2].Problems
			if len(ps) != min(n, 50) || ps[len(ps)-1].More != (n > 50) || ps[0].More {
				t.Errorf("%d problems, the last says more: %v", len(ps), ps[len(ps)-1].More)
			}
		})
	}
	d.more(t)
	results, _ := run(t, d, d.ledger(imp, compare.Update), imp, d.chunk(t, imp, columns("Contact,[new] criterion:GENRE"), nil, []string{"1", strings.Repeat("é", 300)}))
	if v := results[2].Problems[0].Value; v != strings.Repeat("é", 200)+"…" {
		t.Errorf("a problem holds %q", v)
	}
	if c := results[2].Cells[1]; c != strings.Repeat("é", 300) {
		t.Errorf("the cell is cut to %q", c)
	}
}

// Which codes the rows may write is told once for each, fields without codes by
// their name alone, a contact's own fields not at all.
func TestUsed(t *testing.T) {
	d, imp := newDesk(t), update()
	d.more(t)
	imp.DataType = domain.Contacts
	header := "Contact,[new] contact:city,[new] criterion:NOTE,[new] criterion:MOODS,[new] criterion:GENRE,[new] authorisation:POST"
	run(t, d, d.ledger(imp, compare.Update), imp, d.chunk(t, imp, columns(header), nil,
		[]string{"1", "Bern", "x", "CALM", "JAZZ", ""}, []string{"2", "", "", "add: LOUD", "JAZZ", "TRUE"}, []string{"3", "", "", "CALM|LOUD", "nonsense", ""}))
	cat, err := d.catalogue.Catalogue(t.Context(), house)
	if err != nil {
		t.Fatal(err)
	}
	for f, want := range map[domain.Field][]string{genre: {"JAZZ"}, moods: {"CALM", "LOUD"}, note: nil, post: nil} {
		def, _ := cat.Lookup(f)
		if slices.Sort(def.UsedValues); !def.Used || !slices.Equal(def.UsedValues, want) {
			t.Errorf("%s: used %v, values %v, want %v", f, def.Used, def.UsedValues, want)
		}
	}
	d, imp = newDesk(t), update()
	d.more(t)
	imp.DataType = domain.Contacts
	run(t, d, d.ledger(imp, compare.Update), imp, d.chunk(t, imp, columns("Contact,[new] contact:city"), nil, []string{"1", "Bern"}))
	if slices.Contains(d.done, "used") {
		t.Errorf("a contact's own field was marked: %v", d.done)
	}
}

// What a row says without being rejected is counted in the summary.
func TestNotes(t *testing.T) {
	d, imp := newDesk(t), update()
	d.more(t)
	_, sum := run(t, d, d.ledger(imp, compare.Update), imp, d.chunk(t, imp, columns("Contact,[old] criterion:GENRE,[new] criterion:GENRE,[new] criterion:NOTE"), nil,
		[]string{"1", "ROCK", "JAZZ", "x"}, []string{"2", "ROCK", "JAZZ", ""}, []string{"3", "ROCK", "", "y"}, []string{"4", "ROCK", "nonsense", "z"}))
	if len(sum.NotCompared) != 1 || sum.NotCompared[note] != 3 {
		t.Errorf("not compared: %v", sum.NotCompared)
	}
}

// Who is created had nothing that could be overwritten, so that no missing [old]
// column is counted.
func TestNothingToCompareForWhoIsCreated(t *testing.T) {
	d, imp := newDesk(t), update()
	imp.DataType = domain.Contacts
	d.more(t)
	_, sum := run(t, d, d.ledger(imp, compare.Update), imp, d.chunk(t, imp, columns("Contact,[new] contact:lastName,[new] criterion:NOTE"), nil,
		[]string{"1", "", "x"}, []string{"", "Nowak", "y"}, []string{"", "Okafor", "z"}))
	if sum.Counts.Created != 2 || sum.Counts.Updated != 1 || len(sum.NotCompared) != 1 || sum.NotCompared[note] != 1 {
		t.Errorf("%+v, not compared: %v", sum.Counts, sum.NotCompared)
	}
}
