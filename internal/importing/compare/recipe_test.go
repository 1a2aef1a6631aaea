package compare_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/importing/compare"
)

// says makes the cell of a contact's own field, in a file without [old].
func says(f domain.Field, v domain.Value) compare.Cell {
	d, _ := domain.ContactDef(f)
	return compare.Cell{Def: d, Column: "[new] " + d.Label, Text: string(v), Edit: field.Edit{Value: v}}
}

// knew is says with an [old] column.
func knew(f domain.Field, old, v domain.Value) compare.Cell {
	c := says(f, v)
	c.Compared, c.Known, c.Old, c.OldText = true, true, old, string(old)
	return c
}

// someone makes a row of contacts without a number.
func someone(line int, cells ...compare.Cell) compare.Row {
	r := compare.Row{Line: line, KeyColumn: "Contact", Person: &compare.Person{}, Cells: cells}
	for _, c := range cells {
		if c.Def.Field() == domain.ContactEmail {
			r.Person.Email, r.Person.EmailColumn = string(c.Edit.Value), c.Column
			r.Person.Identity = domain.EmailIdentity + string(c.Edit.Value)
		}
	}
	return r
}

// told is what a test says of a problem: column, value, code, parameters, and whom
// and which lines it is about.
func told(ps ...domain.Problem) string {
	var out []string
	for _, p := range ps {
		s := fmt.Sprintf("%s=%s: %s", p.Column, p.Value, p.Code)
		if len(p.Params) > 0 {
			s += strings.TrimPrefix(fmt.Sprint(p.Params), "map")
		}
		if p.Contact != "" {
			s += " of " + string(p.Contact)
		}
		if len(p.OtherLines) > 0 {
			s += fmt.Sprint(" with", p.OtherLines)
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

// What the recipe says of cells that meet a value.
func TestRecipe(t *testing.T) {
	fill := compare.How{Fill: true}
	keep := compare.How{KeepRefusals: true}
	for _, c := range []struct {
		what string
		how  compare.How
		rule domain.OnConflict
		cell compare.Cell
		live domain.Value
		want domain.Outcome
	}{
		{"fill what is empty", fill, domain.Skip, asked(t, note, "-", "a"), "", domain.Updated},
		{"fill leaves what is there", fill, domain.Skip, asked(t, note, "-", "a"), "b", domain.Unchanged},
		{"fill leaves what is there, whatever it was", fill, domain.Overwrite, asked(t, note, "c", "a"), "b", domain.Unchanged},
		{"consent after a refusal", keep, domain.Skip, asked(t, email, "-", "TRUE"), domain.False, domain.RowConflicted},
		{"consent after a refusal, overwriting", keep, domain.Overwrite, asked(t, email, "-", "TRUE"), domain.False, domain.RowConflicted},
		{"consent after a refusal that the file knew", keep, domain.Skip, asked(t, email, "FALSE", "TRUE"), domain.False, domain.Updated},
		{"consent after a refusal, overridden", compare.How{}, domain.Skip, asked(t, email, "-", "TRUE"), domain.False, domain.Updated},
		{"consent where nothing was said", keep, domain.Skip, asked(t, email, "-", "TRUE"), "", domain.Updated},
		{"a refusal emptied", keep, domain.Skip, asked(t, email, "-", "Empty"), domain.False, domain.Updated},
		{"a refusal after a consent", keep, domain.Skip, asked(t, email, "-", "FALSE"), domain.True, domain.Updated},
		{"a text that says false", keep, domain.Skip, asked(t, note, "-", "true"), "false", domain.Updated},

		{"zeros that a spreadsheet has lost", compare.How{}, domain.Skip, asked(t, note, "7", "a"), "007", domain.Updated},
		{"another number with zeros", compare.How{}, domain.Skip, asked(t, note, "8", "a"), "007", domain.RowConflicted},
		{"zeros before no number", compare.How{}, domain.Skip, asked(t, note, "x7", "a"), "00x7", domain.RowConflicted},
		{"nothing but zeros", compare.How{}, domain.Skip, asked(t, note, "", "a"), "00", domain.RowConflicted},
		{"zeros of a contact's own field", compare.How{}, domain.Skip, knew(domain.ContactPostcode, "1067", "1069"), "01067", domain.RowConflicted},
	} {
		t.Run(c.what, func(t *testing.T) {
			row := compare.Row{Line: 2, Number: "1", Key: "1", How: c.how, Cells: []compare.Cell{c.cell}}
			d := compare.Decide(&row, domain.Contact{Number: "1", Fields: contact{c.cell.Def.Field(): c.live}}, c.rule)
			if d.Outcome != c.want {
				t.Errorf("%s, want %s: %s", d.Outcome, c.want, told(d.Problems...))
			}
		})
	}
}

// With [old] a wish is about what the file saw, unless it overwrites what somebody
// else wrote since.
func TestWishIsAboutOld(t *testing.T) {
	for _, c := range []struct {
		what     string
		old, new string
		live     domain.Value
		rule     domain.OnConflict
		want     domain.Value
	}{
		{"as seen, in another order", "JAZZ|ROCK", "add: FOLK", "ROCK|JAZZ", domain.Overwrite, "ROCK|JAZZ|FOLK"},
		{"changed since, overwriting", "ROCK", "add: FOLK", "JAZZ", domain.Overwrite, "JAZZ|FOLK"},
		{"no value, overwriting", "no value", "add: FOLK", "JAZZ", domain.Overwrite, "JAZZ|FOLK"},
		{"no [old]", "-", "add: FOLK", "JAZZ", domain.Skip, "JAZZ|FOLK"},
	} {
		t.Run(c.what, func(t *testing.T) {
			row := compare.Row{Line: 2, Number: "1", Cells: []compare.Cell{asked(t, tags, c.old, c.new)}}
			d := compare.Decide(&row, domain.Contact{Number: "1", Fields: contact{tags.Field(): c.live}}, c.rule)
			if d.Set[tags.Field()] != c.want {
				t.Errorf("sets %q, want %q", d.Set[tags.Field()], c.want)
			}
		})
	}
	// What somebody else has done meanwhile is not done twice, nor reported as the
	// file's wish.
	row := compare.Row{Line: 2, Number: "1", Cells: []compare.Cell{asked(t, tags, "ROCK", "add: FOLK")}}
	d := compare.Decide(&row, domain.Contact{Number: "1", Fields: contact{tags.Field(): "JAZZ"}}, domain.Skip)
	if len(d.Problems) != 1 || *d.Problems[0].New != "ROCK|FOLK" {
		t.Errorf("the wish is %q", *d.Problems[0].New)
	}
}

// What a conflict and a refusal say.
func TestConflictsSay(t *testing.T) {
	at := time.Date(2025, 3, 1, 23, 30, 0, 0, time.FixedZone("", -3600))
	for _, c := range []struct {
		what string
		cell compare.Cell
		live domain.Value
		p    domain.Provenance
		want string
	}{
		{"the three values", asked(t, genre, "ROCK", "JAZZ"), "FOLK", domain.Provenance{}, "[new] GENRE=JAZZ: conflict[live:FOLK new:JAZZ old:ROCK]"},
		{"[old] as it is written today", asked(t, email, "T", "F"), "", domain.Provenance{}, "[new] EMAIL=F: conflict[live: new:false old:true]"},
		{"[old] that is no value", asked(t, genre, "1-Mar", "JAZZ"), "FOLK", domain.Provenance{}, "[new] GENRE=JAZZ: conflict[case:unreadable live:FOLK new:JAZZ old:1-Mar]"},
		{"a wish about what is there, as [old] is no value", asked(t, tags, "1-Mar", "add: FOLK"), "JAZZ", domain.Provenance{}, "[new] TAGS=add: FOLK: conflict[case:unreadable live:JAZZ new:JAZZ|FOLK old:1-Mar]"},
		{"a refusal of which nothing is known", asked(t, email, "-", "T"), domain.False, domain.Provenance{}, "[new] EMAIL=T: refused"},
		{"a refusal of which all is known", asked(t, email, "-", "T"), domain.False, domain.Provenance{At: at, By: domain.WhoIs("u1", "olga@house.example"), Proof: "letter 7"},
			"[new] EMAIL=T: refused[by:olga@house.example date:2025-03-02 proof:letter 7]"},
	} {
		t.Run(c.what, func(t *testing.T) {
			f := c.cell.Def.Field()
			row := compare.Row{Line: 2, Number: "1", How: compare.How{KeepRefusals: true}, Cells: []compare.Cell{c.cell}}
			d := compare.Decide(&row, domain.Contact{Number: "1", Fields: contact{f: c.live}, Provenance: map[domain.Field]domain.Provenance{f: c.p}}, domain.Skip)
			if got := told(d.Problems...); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if p := d.Problems[0]; p.Line != 2 || p.Outcome != domain.RowConflicted || p.Field != c.cell.Def.Code || p.Live == nil || p.New == nil {
				t.Errorf("%+v", p)
			}
		})
	}
}

// Which of a row and a contact with the same address are two people.
func TestAnotherPerson(t *testing.T) {
	first, last, born := domain.ContactFirstName, domain.ContactLastName, domain.ContactBirthDate
	anna := contact{first: "Anna", last: "Nowak", born: "1985-04-30"}
	for _, c := range []struct {
		what string
		live contact
		row  compare.Row
		is   bool
	}{
		{"the same", anna, someone(2, says(first, "anna"), says(last, "NOWAK")), false},
		{"another first name", anna, someone(2, says(first, "Bea"), says(last, "Nowak")), true},
		{"another first name, born the same day", anna, someone(2, says(first, "Bea"), says(born, "1985-04-30")), false},
		{"born another day, of another first name", anna, someone(2, says(first, "Bea"), says(born, "1985-04-29")), true},
		{"another last name", anna, someone(2, says(first, "Anna"), says(last, "Meier")), false},
		{"another last name and birth date", anna, someone(2, says(last, "Meier"), says(born, "1999-01-01")), true},
		{"the same last name, another birth date", anna, someone(2, says(last, "Nowak"), says(born, "1999-01-01")), false},
		{"the row has no first name", anna, someone(2, says(last, "Nowak")), false},
		{"an initial", anna, someone(2, says(first, "A.")), false},
		{"another initial", anna, someone(2, says(first, "B.")), true},
		{"the beginning of a name is none", anna, someone(2, says(first, "An")), true},
		{"the contact has an initial", contact{first: "A"}, someone(2, says(first, "Anna")), false},
		{"one of several names", contact{first: "Anna-Maria"}, someone(2, says(first, "Anna")), false},
		{"several names", anna, someone(2, says(first, "Anna Maria")), false},
		{"the second of several", contact{first: "Anna-Maria"}, someone(2, says(first, "Maria")), true},
		{"no letters", anna, someone(2, says(first, "-")), false},
		{"the contact has no letters", contact{first: "."}, someone(2, says(first, "Anna")), false},
		{"the contact has no name", contact{}, someone(2, says(first, "Anna"), says(last, "Nowak"), says(born, "1985-04-30")), false},
		{"a first name that the file knew", anna, someone(2, knew(first, "Anna", "Bea")), false},
		{"a first name that is emptied", anna, someone(2, says(first, "")), false},
		{"a row of criteria", anna, compare.Row{Line: 2, Cells: []compare.Cell{says(first, "Bea")}}, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			if c.row.Person != nil {
				c.row.Person.Email, c.row.Person.EmailColumn = "a@house.example", "[new] Email"
			}
			d := compare.Decide(&c.row, domain.Contact{Number: "7", Fields: c.live}, domain.Overwrite)
			is := len(d.Problems) > 0 && d.Problems[0].Code == "anotherPerson"
			if is != c.is || is != (d.Outcome == domain.RowConflicted) {
				t.Errorf("%s %s", d.Outcome, told(d.Problems...))
			}
		})
	}
	bea := func() compare.Row {
		r := someone(2, says(first, "Bea"), says(born, "1999-01-01"))
		r.Person.Email, r.Person.EmailColumn = "a@house.example", "[new] Email"
		return r
	}
	t.Run("both are shown", func(t *testing.T) {
		r := bea()
		d := compare.Decide(&r, domain.Contact{Number: "7", Fields: anna}, domain.Skip)
		want := "[new] Email=a@house.example: anotherPerson[live:Anna Nowak, 1985-04-30 new:Bea, 1999-01-01 number:#7] of 7"
		if got := told(d.Problems...); got != want || *d.Problems[0].Live != "Anna Nowak, 1985-04-30" || *d.Problems[0].New != "Bea, 1999-01-01" {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
	for what, change := range map[string]func(*compare.Row){
		"the recipe says it is the same": func(r *compare.Row) { r.Person.Same = domain.SamePerson },
		"the row has a number":           func(r *compare.Row) { r.Key = "7" },
		"the row has no address":         func(r *compare.Row) { r.Person.Email = "" },
	} {
		t.Run(what, func(t *testing.T) {
			r := bea()
			change(&r)
			if d := compare.Decide(&r, domain.Contact{Number: "7", Fields: anna}, domain.Skip); d.Outcome != domain.Updated {
				t.Errorf("%s %s", d.Outcome, told(d.Problems...))
			}
		})
	}
}

// The address by which a row has found its contact is no change of it, another one
// is.
func TestAddressFoundBy(t *testing.T) {
	mail := domain.ContactEmail
	live := domain.Contact{Number: "7", Fields: contact{mail: "anna@house.example"}}
	for _, c := range []struct {
		what string
		row  compare.Row
		want domain.Outcome
	}{
		{"in other letters", someone(2, says(mail, "Anna@House.Example")), domain.Unchanged},
		{"another address", someone(2, says(mail, "bea@house.example")), domain.Updated},
		{"emptied", someone(2, says(mail, "")), domain.Updated},
		{"the row has a number", compare.Row{Line: 2, Key: "7", Person: &compare.Person{}, Cells: []compare.Cell{says(mail, "Anna@House.Example")}}, domain.Updated},
		{"the file has [old]", someone(2, knew(mail, "anna@house.example", "Anna@House.Example")), domain.Updated},
		{"another field has the text", someone(2, says(domain.ContactCity, "Anna@House.Example")), domain.Updated},
		{"no row of contacts", compare.Row{Line: 2, Cells: []compare.Cell{says(mail, "Anna@House.Example")}}, domain.Updated},
	} {
		t.Run(c.what, func(t *testing.T) {
			if d := compare.Decide(&c.row, live, domain.Skip); d.Outcome != c.want {
				t.Errorf("%s, want %s %s", d.Outcome, c.want, told(d.Problems...))
			}
		})
	}
	empty := domain.Contact{Number: "7", Fields: contact{domain.ContactCity: "Bern"}}
	r := someone(2, says(mail, ""), says(domain.ContactCity, "Basel"))
	if d := compare.Decide(&r, empty, domain.Skip); d.Outcome != domain.Updated || len(d.Set) != 1 {
		t.Errorf("%s sets %v", d.Outcome, d.Set)
	}
}

// An import that only creates rejects rows of contacts that are there, and changes
// criteria of theirs all the same.
func TestCreateOnly(t *testing.T) {
	row := compare.Row{Line: 2, Number: "7", Key: " 7 ", KeyColumn: "Contact", How: compare.How{Mode: domain.CreateOnly}, Cells: []compare.Cell{says(domain.ContactCity, "Bern")}}
	live := domain.Contact{Number: "7"}
	if d := compare.Decide(&row, live, domain.Skip); d.Outcome != domain.Updated {
		t.Errorf("no row of contacts: %s", d.Outcome)
	}
	row.Person = &compare.Person{}
	d := compare.Decide(&row, live, domain.Skip)
	if want := "Contact=7: contactExists[number:#7] of 7"; d.Outcome != domain.RowRejected || told(d.Problems...) != want || d.Problems[0].Line != 2 || d.Problems[0].Outcome != domain.RowRejected {
		t.Errorf("%s %s, want %s", d.Outcome, told(d.Problems...), want)
	}
	for _, mode := range []domain.Mode{domain.CreateAndUpdate, domain.UpdateOnly, ""} {
		row.How.Mode = mode
		if d := compare.Decide(&row, live, domain.Skip); d.Outcome != domain.Updated {
			t.Errorf("mode %q: %s", mode, d.Outcome)
		}
	}
}
