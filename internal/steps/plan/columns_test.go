package plan_test

import (
	"slices"
	"strings"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
)

// resolved writes columns down as role and field, one word each.
func resolved(cols []flow.Column) string {
	var out []string
	for _, c := range cols {
		word := string(c.Role)
		if c.Field != "" {
			word += "=" + string(c.Field)
		}
		out = append(out, word)
	}
	return strings.Join(out, " ")
}

// What the columns of a file are, by their header alone. A header that cannot be
// taken is rejected with a sentence that has the words.
func TestColumns(t *testing.T) {
	for _, c := range []struct {
		name   string
		dt     domain.DataType
		header string
		want   string   // the columns as resolved writes them
		code   string   // or why the file is rejected
		says   []string // and what the sentence has
	}{
		{name: "by code", dt: domain.Criteria, header: "Contact,[old] GENRE,[new] GENRE", want: "key old=criterion:GENRE new=criterion:GENRE"},
		{name: "case and blanks do not matter", dt: domain.Criteria, header: "CONTACT,[ Old ]genre,[NEW]  Genre", want: "key old=criterion:GENRE new=criterion:GENRE"},
		{name: "by label", dt: domain.Criteria, header: "Contact,[new] Member", want: "key new=criterion:CLUB"},
		{name: "by label in another language", dt: domain.Criteria, header: "Contact,[new] Gattung", want: "key new=criterion:GENRE"},
		{name: "a code wins over another field's label", dt: domain.Criteria, header: "Contact,[new] CLUB", want: "key new=criterion:CLUB"},
		{name: "of two fields with a label the one of the type of data", dt: domain.Criteria, header: "Contact,[new] Note", want: "key new=criterion:NOTE"},
		{name: "the same label in a file of authorisations", dt: domain.Authorisations, header: "Contact,[new] Note", code: "wrongDataType"},
		{name: "by its full name", dt: domain.Authorisations, header: "Contact,[new] authorisation:POST", want: "key new=authorisation:POST"},
		{name: "a full name of another room is unknown", dt: domain.Criteria, header: "Contact,[new] criterion:POST", code: "unknownColumn"},
		{name: "two criteria with one label", dt: domain.Criteria, header: "Contact,[new] Room", code: "ambiguousColumn", says: []string{"HALL", "SEAT"}},
		{name: "info and error columns ask for nothing", dt: domain.Criteria, header: "Contact,[info] Email,[info] Last name,[error] Message,[error] Message 2,[new] NOTE",
			want: "key info=contact:email info error error new=criterion:NOTE"},
		{name: "info of anything", dt: domain.Criteria, header: "Contact,[info] Shoe size,[new] NOTE", want: "key info new=criterion:NOTE"},

		{name: "of contacts", dt: domain.Contacts, header: "Contact,Email,Last name,[old] Phone,[new] Phone", want: "key new=contact:email new=contact:lastName old=contact:phone new=contact:phone"},
		{name: "Email is the column, EMAIL the authorisation", dt: domain.Contacts, header: "Email,[new] Email,[new] EMAIL", code: "duplicateColumn"},
		{name: "EMAIL in brackets is the authorisation", dt: domain.Contacts, header: "Email,[new] EMAIL", want: "new=contact:email new=authorisation:EMAIL"},
		{name: "of contacts with criteria", dt: domain.Contacts, header: "Email,[new] GENRE,[new] POST", want: "new=contact:email new=criterion:GENRE new=authorisation:POST"},
		{name: "an undo of creations", dt: domain.Contacts, header: "Contact,[undo] created", want: "key undo"},
		{name: "of contacts without a number, by the last name", dt: domain.Contacts, header: "Last name,City", want: "new=contact:lastName new=contact:city"},

		{name: "a contact's own field by its full name in a file of criteria", dt: domain.Criteria, header: "Contact,[new] NOTE,[new] contact:city", code: "wrongDataType", says: []string{"column 3", "contact:city"}},
		{name: "a contact's own field in a file of criteria", dt: domain.Criteria, header: "Contact,[new] NOTE,City", code: "wrongDataType", says: []string{"column 3", "City"}},
		{name: "an undo of creations in a file of criteria", dt: domain.Criteria, header: "Contact,[undo] created,[new] NOTE", code: "unknownColumn", says: []string{"column 2"}},
		{name: "an undo of something else", dt: domain.Contacts, header: "Contact,[undo] deleted", code: "unknownColumn"},
		{name: "a file of authorisations", dt: domain.Criteria, header: "Contact,[new] POST", code: "wrongDataType", says: []string{"a file of authorisations"}},
		{name: "a file of criteria", dt: domain.Authorisations, header: "Contact,[new] GENRE", code: "wrongDataType", says: []string{"a file of criteria"}},
		{name: "both in one file", dt: domain.Criteria, header: "Contact,[new] GENRE,[old] POST", code: "wrongDataType", says: []string{"column 3", "[old] POST"}},
		{name: "criteria in a file of contacts without contacts", dt: domain.Contacts, header: "Contact,[new] GENRE", code: "wrongDataType"},
		{name: "twice the same field", dt: domain.Criteria, header: "Contact,[new] GENRE,[new] Gattung", code: "duplicateColumn", says: []string{"[new] GENRE", "[new] Gattung"}},
		{name: "two keys", dt: domain.Criteria, header: "Contact,contact ,[new] NOTE", code: "duplicateColumn"},
		{name: "two info columns with the address", dt: domain.Criteria, header: "Contact,[info] Email,[info]  email,[new] NOTE", code: "duplicateColumn"},
		{name: "no key", dt: domain.Criteria, header: "[info] Email,[new] NOTE", code: "noKeyColumn", says: []string{"Contact"}},
		{name: "contacts without a key, address or name", dt: domain.Contacts, header: "City,Phone", code: "noKeyColumn"},
		{name: "contacts whose address is only [old]", dt: domain.Contacts, header: "City,[old] Email", code: "noKeyColumn"},
		{name: "no [new] column", dt: domain.Criteria, header: "Contact,[old] NOTE", code: "nothingToDo"},

		{name: "a column without a name", dt: domain.Criteria, header: "Contact,,[new] NOTE", code: "unknownColumn", says: []string{"column 2"}},
		{name: "a column of one's own", dt: domain.Criteria, header: "Contact,[new] NOTE,Remarks", code: "unknownColumn", says: []string{"column 3", "Remarks"}},
		{name: "several columns of one's own", dt: domain.Criteria, header: "Contact,Remarks,[new] NOTE,[new] COLOUR,[info] x,Called", code: "unknownColumn", says: []string{"Remarks", "COLOUR", "Called"}},
		{name: "a role that is none", dt: domain.Criteria, header: "Contact,[neu] GENRE", code: "unknownColumn", says: []string{`"[new] GENRE"`}},
		{name: "nearly a field", dt: domain.Criteria, header: "Contact,[new] GENER", code: "unknownColumn", says: []string{`"[new] GENRE"`}},
		{name: "nearly a column of contacts", dt: domain.Contacts, header: "Contact,Emall,Last name", code: "unknownColumn", says: []string{`"Email"`}},
		{name: "a file of other contacts says which columns there are", dt: domain.Contacts, header: "Contact,Xyzzyq", code: "unknownColumn", says: []string{"First name", "Country"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			// A value in each column, lest one that nobody knows is left out.
			row := strings.Repeat(",x", strings.Count(c.header, ","))
			p := newDesk(t).plan(t, c.dt, lines(c.header, "1"+row, "2"+row))
			if code(p) != c.code {
				t.Fatalf("rejected for %q, want %q: %+v", code(p), c.code, p.Problem)
			}
			if c.want != "" && resolved(p.Columns) != c.want {
				t.Errorf("columns are\n%s\nwant\n%s", resolved(p.Columns), c.want)
			}
			for _, s := range c.says {
				if says := p.Problem.Message("en"); !strings.Contains(says, s) {
					t.Errorf("%q does not say %q", says, s)
				}
			}
		})
	}
}

// A [new] column without its [old] one is warned of, and a warning names twenty.
func TestNotCompared(t *testing.T) {
	many := []string{"Contact"}
	d := newDesk(t)
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVW" {
		if err := d.catalogue.PutField(t.Context(), house, domain.FieldDef{Code: "X" + string(c), Label: "x", Kind: domain.Text}); err != nil {
			t.Fatal(err)
		}
		many = append(many, "[new] X"+string(c))
	}
	for _, c := range []struct {
		name, header string
		says         []string
		silent       []string
	}{
		{"no rows", "", nil, nil},
		{"all compared", "Contact,[old] NOTE,[new] NOTE", nil, nil},
		{"one of two", "Contact,[old] NOTE,[new] NOTE,[new] GENRE", []string{"GENRE"}, []string{"NOTE"}},
		{"another's [old]", "Contact,[old] GENRE,[new] NOTE", []string{"NOTE"}, []string{"GENRE"}},
		{"twenty-three", strings.Join(many, ","), []string{"XA", "XT", "3 more"}, []string{"XU"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := *d
			d.jobs = newDesk(t).jobs
			d.Step.Jobs = d.jobs
			file := lines(c.header, "1"+strings.Repeat(",", strings.Count(c.header, ",")))
			if c.name == "no rows" {
				file = lines("Contact,[new] NOTE")
			}
			p := d.plan(t, domain.Criteria, file)
			i := slices.IndexFunc(p.Warnings, func(w domain.Warning) bool { return w.Code == "notCompared" })
			if (i >= 0) != (c.says != nil) {
				t.Fatalf("warnings: %+v", p.Warnings)
			}
			for _, s := range c.says {
				if m := p.Warnings[i].Message("en"); !strings.Contains(m, s) {
					t.Errorf("%q does not say %q", m, s)
				}
			}
			for _, s := range c.silent {
				if m := p.Warnings[i].Message("en"); strings.Contains(m, s) {
					t.Errorf("%q says %q", m, s)
				}
			}
		})
	}
}
