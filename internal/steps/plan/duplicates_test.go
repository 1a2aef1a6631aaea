package plan_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
)

// shared returns what the chunks are told of the lines that share a contact.
func (d *desk) shared(t *testing.T, p *flow.Plan) map[int]flow.Duplicate {
	t.Helper()
	out := map[int]flow.Duplicate{}
	for n, ref := range p.Chunks {
		b, err := d.files.Get(t.Context(), flow.DuplicatesKey(house, id, n))
		if (err == nil) != ref.Duplicates {
			t.Fatalf("chunk %d says %v, and its duplicates: %v", n, ref.Duplicates, err)
		}
		if err != nil {
			continue
		}
		var ds flow.Duplicates
		if err := json.Unmarshal(b, &ds); err != nil {
			t.Fatal(err)
		}
		for line, dup := range ds {
			if line < ref.FirstLine || line > ref.LastLine {
				t.Errorf("chunk %d, lines %d to %d, is told of line %d", n, ref.FirstLine, ref.LastLine, line)
			}
			out[line] = dup
		}
	}
	return out
}

// warned returns how often a plan says that a warning came up, 0 for never, and
// where first.
func warned(p *flow.Plan, code string) (n, line int) {
	for _, w := range p.Warnings {
		if string(w.Code) == code {
			n, _ := w.Params["n"].(int)
			if f, ok := w.Params["n"].(float64); ok {
				n = int(f)
			}
			return n, w.Line
		}
	}
	return 0, 0
}

// Lines that name one contact are told of each other, and whether they ask for the
// same.
func TestDuplicates(t *testing.T) {
	same := func(first bool, others ...int) flow.Duplicate { return flow.Duplicate{Others: others, First: first} }
	differ := func(others ...int) flow.Duplicate { return flow.Duplicate{Others: others, Differ: true} }
	person := func(d flow.Duplicate) flow.Duplicate { d.Person = true; return d }
	for _, c := range []struct {
		name  string
		dt    domain.DataType
		file  string
		allow bool // AllowSamePerson
		want  map[int]flow.Duplicate
		warns map[string][2]int // code → how many, and where first
	}{
		{name: "none", file: lines("Contact,[new] NOTE", "1,a", "2,a", "3,b")},
		{name: "two that ask for the same", file: lines("Contact,[new] NOTE", "1,a", "2,b", "1,a"),
			want: map[int]flow.Duplicate{2: same(true, 4), 4: same(false, 2)}, warns: map[string][2]int{"identicalLines": {1, 4}}},
		{name: "blanks around do not matter", file: lines("Contact,[new] NOTE", "1,a", "#1, a "),
			want: map[int]flow.Duplicate{2: same(true, 3), 3: same(false, 2)}, warns: map[string][2]int{"identicalLines": {1, 3}}},
		{name: "two that do not", file: lines("Contact,[new] NOTE", "1,a", "2,b", "1,c"),
			want: map[int]flow.Duplicate{2: differ(4), 4: differ(2)}, warns: map[string][2]int{"differentLines": {2, 2}}},
		{name: "one of three is other", file: lines("Contact,[new] NOTE", "1,a", "1,a", "1,c"),
			want: map[int]flow.Duplicate{2: differ(3, 4), 3: differ(2, 4), 4: differ(2, 3)}, warns: map[string][2]int{"differentLines": {3, 2}}},
		{name: "other cells that ask for nothing do not matter", file: lines("Contact,[info] City,[new] NOTE", "1,Bern,a", "1,Basel,a"),
			want: map[int]flow.Duplicate{2: same(true, 3), 3: same(false, 2)}, warns: map[string][2]int{"identicalLines": {1, 3}}},
		{name: "[old] does", file: lines("Contact,[old] NOTE,[new] NOTE", "1,x,a", "1,y,a"), want: map[int]flow.Duplicate{2: differ(3), 3: differ(2)}, warns: map[string][2]int{"differentLines": {2, 2}}},
		{name: "a cell's text does not run into the next", file: lines("Contact,[new] NOTE,[new] HALL", "1,ab,c", "1,a,bc"), want: map[int]flow.Duplicate{2: differ(3), 3: differ(2)}, warns: map[string][2]int{"differentLines": {2, 2}}},
		{name: "zeros count", file: lines("Contact,[new] NOTE", "1,a", "01,a", "001,a")},
		{name: "a line that cannot be read is none's", file: lines("Contact,[new] NOTE", "1,a", "1,a,x,y", "2,a"), want: nil},
		{name: "in several chunks", file: lines("Contact,[new] NOTE", "1,a", "2,a", "3,a", "2,b", "1,a"),
			want: map[int]flow.Duplicate{2: same(true, 6), 3: differ(5), 5: differ(3), 6: same(false, 2)}, warns: map[string][2]int{"identicalLines": {1, 6}, "differentLines": {2, 3}}},

		{name: "persons with one address", dt: domain.Contacts, file: lines("Email,Last name", "eva@list.example,Nowak", "Eva@List.example,Meier", "ann@list.example,Muster"),
			want: map[int]flow.Duplicate{2: person(differ(3)), 3: person(differ(2))}, warns: map[string][2]int{"samePerson": {2, 2}}},
		{name: "one person twice", dt: domain.Contacts, file: lines("Email,Last name", "eva@list.example,Nowak", "eva@list.example,Nowak"),
			want: map[int]flow.Duplicate{2: person(same(true, 3)), 3: person(same(false, 2))}, warns: map[string][2]int{"identicalLines": {1, 3}}},
		{name: "persons of one name and birth date", dt: domain.Contacts, file: lines("First name,Last name,Birth date", "Eva,Nowak,1985-04-30", "Eva,Nowak,30.4.1985", "Eva,Nowak,1985-05-01"),
			want: map[int]flow.Duplicate{2: person(differ(3)), 3: person(differ(2))}, warns: map[string][2]int{"samePerson": {2, 2}}},
		{name: "of one name, which the import allows", dt: domain.Contacts, allow: true, file: lines("First name,Last name,Birth date", "Eva,Nowak,1985-04-30", "Eva,Nowak,30.4.1985")},
		{name: "with one address, which the import allows", dt: domain.Contacts, allow: true, file: lines("Email,Last name", "eva@list.example,Nowak", "eva@list.example,Meier"),
			want: map[int]flow.Duplicate{2: person(differ(3)), 3: person(differ(2))}},
		{name: "the same name and address with and without a birth date", dt: domain.Contacts, file: lines("Email,First name,Last name,Birth date", "eva@list.example,Eva,Nowak,1985-04-30", "eva@list.example,Eva,Nowak,", "other@list.example,Eva,Nowak,1985-04-30"),
			want: map[int]flow.Duplicate{2: person(differ(4)), 3: person(differ(2)), 4: person(differ(2))}, warns: map[string][2]int{"samePerson": {3, 2}}},

		{name: "by its number and by the address it has", dt: domain.Contacts, file: lines("Contact,Email,City", "1,,Bern", ",one@house.example,Basel"),
			want: map[int]flow.Duplicate{2: differ(3), 3: differ(2)}, warns: map[string][2]int{"differentLines": {2, 2}}},
		{name: "by its number and by the address that it gets", dt: domain.Contacts, file: lines("Contact,Email,City", "1,new@house.example,Bern", ",new@house.example,Basel"),
			want: map[int]flow.Duplicate{2: differ(3), 3: differ(2)}, warns: map[string][2]int{"differentLines": {2, 2}}},
		{name: "two contacts and an address that one has and one gets", dt: domain.Contacts, file: lines("Contact,Email,City", "1,,Bern", "2,one@house.example,Basel", ",one@house.example,Chur"),
			want: map[int]flow.Duplicate{4: differ(2, 3)}, warns: map[string][2]int{"differentLines": {1, 4}}},
		{name: "an address that several have names nobody", dt: domain.Contacts, file: lines("Contact,Email,City", "3,,Bern", ",both@house.example,Chur")},
		{name: "another's address", dt: domain.Contacts, file: lines("Contact,Email,City", "1,,Bern", ",two@house.example,Chur")},
		{name: "only by numbers", dt: domain.Contacts, file: lines("Contact,Email,City", "1,,Bern", "2,,Chur")},
	} {
		for _, rows := range []int{0, 2} {
			t.Run(fmt.Sprintf("%s/chunks of %d", c.name, rows), func(t *testing.T) {
				d := newDesk(t)
				d.ChunkRows = rows
				for n, email := range map[domain.ContactNumber]string{"1": "one@house.example", "2": "two@house.example", "3": "both@house.example", "4": "both@house.example"} {
					d.contact(t, n, string(domain.ContactEmail), email)
				}
				dt := c.dt
				if dt == "" {
					dt = domain.Criteria
				}
				p := d.plan(t, dt, c.file, func(i *domain.Import) { i.AllowSamePerson = c.allow })
				if p.Problem != nil {
					t.Fatalf("rejected: %+v", p.Problem)
				}
				got := d.shared(t, p)
				if len(got) != len(c.want) {
					t.Errorf("lines that share: %+v", got)
				}
				for line, want := range c.want {
					if g := got[line]; !slices.Equal(g.Others, want.Others) || g.Differ != want.Differ || g.First != want.First || g.Person != want.Person {
						t.Errorf("line %d: %+v, want %+v", line, g, want)
					}
				}
				for _, code := range []string{"identicalLines", "differentLines", "samePerson"} {
					n, first := warned(p, code)
					if want := c.warns[code]; n != want[0] || first != want[1] {
						t.Errorf("warned of %d %s from line %d, want %v", n, code, first, want)
					}
				}
			})
		}
	}
}

// A line names the first twenty of the others.
func TestManyDuplicates(t *testing.T) {
	d := newDesk(t)
	d.contact(t, "1")
	var b strings.Builder
	b.WriteString("Contact,[new] NOTE\n")
	for range 30 {
		b.WriteString("1,a\n")
	}
	got := d.shared(t, d.plan(t, domain.Criteria, b.String()))
	run := func(from, to, but int) (out []int) {
		for i := from; i <= to; i++ {
			if i != but {
				out = append(out, i)
			}
		}
		return out
	}
	for line, want := range map[int][]int{2: run(3, 22, 0), 21: run(2, 22, 21), 22: run(2, 21, 0), 31: run(2, 21, 0)} {
		if g := got[line]; !slices.Equal(g.Others, want) || g.First != (line == 2) {
			t.Errorf("line %d: %+v, want %v", line, g, want)
		}
	}
	if len(got) != 30 {
		t.Errorf("%d lines", len(got))
	}
}
