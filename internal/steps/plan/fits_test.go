package plan_test

import (
	"fmt"
	"testing"

	"rollbook/internal/domain"
)

// A file is looked at as a whole: whose contacts it has, whether it was edited in
// the right columns, whether only a part of its columns was sorted.
func TestFits(t *testing.T) {
	const head = "Contact,[info] Email,[old] GENRE,[new] GENRE"
	// Contacts 0000001 to 0000006 have the address cN@example.org and are ROCK.
	row := func(n int, email string, old, new string) string {
		return fmt.Sprintf("#%07d,%s,%s,%s", n, email, old, new)
	}
	own := func(n int) string { return fmt.Sprintf("c%d@example.org", n) }
	for _, c := range []struct {
		name string
		dt   domain.DataType
		file string
		code string
		line int // that the reason names first, 0 for any
	}{
		{name: "ours", file: lines(head, row(1, own(1), "ROCK", "JAZZ"))},

		{name: "three that are nobody's", file: lines(head, row(101, "", "ROCK", "JAZZ"), row(102, "", "ROCK", "JAZZ"), row(103, "", "ROCK", "JAZZ")), code: "noneYours"},
		{name: "two that are nobody's may be slips", file: lines(head, row(101, "", "ROCK", "JAZZ"), row(102, "", "ROCK", "JAZZ"))},
		{name: "one of four is ours", file: lines(head, row(101, "", "ROCK", "JAZZ"), row(102, "", "ROCK", "JAZZ"), row(103, "", "ROCK", "JAZZ"), row(4, "", "ROCK", "JAZZ"))},
		{name: "ours without their zeros", file: lines(head, "1,,ROCK,JAZZ", "2,,ROCK,JAZZ", "3,,ROCK,JAZZ")},
		{name: "three contacts of ours that are to be created", dt: domain.Contacts, file: lines("Contact,Last name", "#0000101,Nowak", "#0000102,Meier", "#0000103,Rossi")},

		{name: "nothing edited", file: lines(head, row(1, own(1), "ROCK", ""), row(2, own(2), "ROCK", " ")), code: "nothingToDo"},
		{name: "edited in [old]", file: lines(head, row(1, own(1), "ROCK", ""), row(2, own(2), "JAZZ", "")), code: "oldEdited", line: 3},
		{name: "edited in [old], to what is no value", file: lines(head, row(1, own(1), "ROCK", ""), row(2, own(2), "Rokc", "")), code: "oldEdited", line: 3},
		{name: "edited in [old], of a stranger", file: lines(head, row(101, "", "JAZZ", "")), code: "nothingToDo"},

		{name: "no [old] is a value of the field", file: lines(head, row(1, "", "1", "JAZZ"), row(2, "", "0", "JAZZ"), row(3, "", "1", "JAZZ")), code: "kindChanged"},
		{name: "two that are none may be slips", file: lines(head, row(1, "", "1", "JAZZ"), row(2, "", "0", "JAZZ"), row(3, "", "", "JAZZ"))},
		{name: "one of four is a value of the field", file: lines(head, row(1, "", "1", "JAZZ"), row(2, "", "0", "JAZZ"), row(3, "", "1", "JAZZ"), row(4, "", "ROCK", "JAZZ"))},

		{name: "addresses moved by one line", file: lines(head, row(1, own(2), "ROCK", "JAZZ"), row(2, own(3), "ROCK", "JAZZ"), row(3, own(4), "ROCK", "JAZZ")), code: "columnsSorted", line: 2},
		{name: "in most lines", file: lines(head, row(5, own(5), "ROCK", "JAZZ"), row(1, own(2), "ROCK", "JAZZ"), row(2, own(3), "ROCK", "JAZZ"), row(3, own(4), "ROCK", "JAZZ")), code: "columnsSorted", line: 3},
		{name: "in half of the lines", file: lines(head, row(1, own(2), "ROCK", "JAZZ"), row(2, own(3), "ROCK", "JAZZ"), row(3, own(4), "ROCK", "JAZZ"), row(4, own(4), "ROCK", "JAZZ"), row(5, own(5), "ROCK", "JAZZ"), row(6, own(6), "ROCK", "JAZZ"))},
		{name: "in two lines", file: lines(head, row(1, own(2), "ROCK", "JAZZ"), row(2, own(1), "ROCK", "JAZZ"))},
		{name: "addresses that are nobody's", file: lines(head, row(1, "x@example.org", "ROCK", "JAZZ"), row(2, "y@example.org", "ROCK", "JAZZ"), row(3, "z@example.org", "ROCK", "JAZZ"))},
		{name: "two of four are somebody's", file: lines(head, row(1, "x@example.org", "ROCK", "JAZZ"), row(2, "y@example.org", "ROCK", "JAZZ"), row(3, own(4), "ROCK", "JAZZ"), row(4, own(3), "ROCK", "JAZZ"))},
		{name: "addresses in capitals", file: lines(head, row(1, "C1@EXAMPLE.ORG", "ROCK", "JAZZ"), row(2, "C2@EXAMPLE.ORG", "ROCK", "JAZZ"), row(3, "C3@EXAMPLE.ORG", "ROCK", "JAZZ"))},
		{name: "lines without an address do not count", file: lines(head, row(4, "", "ROCK", "JAZZ"), row(5, "", "ROCK", "JAZZ"), row(6, "", "ROCK", "JAZZ"), row(1, own(2), "ROCK", "JAZZ"), row(2, own(3), "ROCK", "JAZZ"), row(3, own(4), "ROCK", "JAZZ")), code: "columnsSorted", line: 5},
		{name: "addresses moved in a file of contacts are for the rows to say", dt: domain.Contacts, file: lines("Contact,[info] Email,Last name,City", row(1, own(2), "a", "b"), row(2, own(3), "a", "b"), row(3, own(4), "a", "b"))},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			for n := 1; n <= 6; n++ {
				d.contact(t, domain.ContactNumber(fmt.Sprintf("%07d", n)), string(genre), "ROCK", string(domain.ContactEmail), own(n))
			}
			dt := c.dt
			if dt == "" {
				dt = domain.Criteria
			}
			p := d.plan(t, dt, c.file)
			if code(p) != c.code {
				t.Fatalf("rejected for %q, want %q", code(p), c.code)
			}
			if c.line > 0 && p.Problem.Params["line"] != c.line {
				t.Errorf("names line %v, want %d", p.Problem.Params["line"], c.line)
			}
		})
	}
}

// What a file asks for is looked for in the rows that can be read; one whose rows
// cannot all be read may have asked for something.
func TestAsking(t *testing.T) {
	for _, c := range []struct {
		name string
		dt   domain.DataType
		file string
		code string
	}{
		{"the last row asks", domain.Criteria, lines("Contact,[new] NOTE", "1,", "2,x"), ""},
		{"a row with too many cells may have asked", domain.Criteria, lines("Contact,[new] NOTE", "1,", "2,", "3,,,x"), ""},
		{"the header again has not asked", domain.Criteria, lines("Contact,[new] NOTE", "1,", "Contact,[new] NOTE"), "nothingToDo"},
		{"an undo of creations asks", domain.Contacts, lines("Contact,[undo] created", "1,0199f0aa-0000-7000-8000-000000000009"), ""},
		{"an undo of nothing does not", domain.Contacts, lines("Contact,[undo] created", "1,"), "nothingToDo"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if p := newDesk(t).plan(t, c.dt, c.file); code(p) != c.code {
				t.Errorf("rejected for %q, want %q", code(p), c.code)
			}
		})
	}
}

// An 8-bit file tells by the names in it whether its encoding was guessed right.
func TestEncoding(t *testing.T) {
	// "Zoë" and "José" in Mac Roman; in Windows-1252 they would be other letters.
	const mac = "Contact,[info] Last name,[new] NOTE\n1,Zo\x91,x\n2,Jos\x8e,y\n"
	const win = "Contact,[info] Last name,[new] NOTE\n1,Zo\xeb,x\n2,Jos\xe9,y\n"
	named := func(names ...string) func(*testing.T, *desk) {
		return func(t *testing.T, d *desk) {
			for i, n := range names {
				d.contact(t, domain.ContactNumber(fmt.Sprint(i+1)), string(domain.ContactLastName), n, string(note), n)
			}
		}
	}
	for _, c := range []struct {
		name, file, encoding string
		there                func(*testing.T, *desk)
		code                 string
		best                 string
	}{
		{"as guessed", win, "", named("Zoë", "José"), "", ""},
		{"as stored in another encoding", mac, "Windows-1252", named("Zoë", "José"), "encodingNotRecognised", "MacRoman"},
		{"neither", mac, "Windows-1252", named("Anna", "Eva"), "", ""},
		{"contacts that are not there say nothing", mac, "Windows-1252", named(), "", ""},
		{"one speaks for, one against", "Contact,[info] Last name,[new] NOTE\n1,Zo\x91,x\n2,Jos\xe9,y\n", "Windows-1252", named("Zoë", "José"), "", ""},
		{"what the user saw in [old]", "Contact,[old] NOTE,[new] NOTE\n1,Zo\x91,x\n2,Jos\x8e,y\n", "Windows-1252", named("Zoë", "José"), "encodingNotRecognised", "MacRoman"},
		{"what is asked for says nothing", "Contact,[new] NOTE\n1,Zo\x91\n2,Jos\x8e\n", "Windows-1252", named("Zoë", "José"), "", ""},
		{"UTF-8 is not guessed", lines("Contact,[info] Last name,[new] NOTE", "1,Zoë,x"), "", named("Zoé"), "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			c.there(t, d)
			p := d.plan(t, domain.Criteria, c.file, func(i *domain.Import) { i.Encoding = c.encoding })
			if code(p) != c.code {
				t.Fatalf("rejected for %q, want %q: %+v", code(p), c.code, p.Detected)
			}
			if c.code != "" && (p.Problem.Params["best"] != c.best || p.Problem.Params["line"] != 2) {
				t.Errorf("names %v in line %v", p.Problem.Params["best"], p.Problem.Params["line"])
			}
		})
	}
}
