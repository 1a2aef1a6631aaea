package compare_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollbook/internal/cell"
	"rollbook/internal/compare"
	"rollbook/internal/roll"
)

var (
	genre = roll.FieldDef{Code: "GENRE", Kind: roll.SingleChoice, Values: []roll.Choice{
		{Code: "ROCK"}, {Code: "JAZZ"}, {Code: "FOLK"}, {Code: "OLD", Retired: true}}}
	tags = roll.FieldDef{Code: "TAGS", Kind: roll.MultiChoice, Values: []roll.Choice{
		{Code: "ROCK"}, {Code: "JAZZ"}, {Code: "FOLK"}}}
	email = roll.FieldDef{Code: "EMAIL", Kind: roll.Authorisation}
	note  = roll.FieldDef{Code: "NOTE", Kind: roll.Text}
)

// asked makes the cell that [old] and [new] of a file ask for; old "-" is a
// file without the [old] column.
func asked(t rapid.TB, d roll.FieldDef, old, new string) compare.Cell {
	t.Helper()
	edit, _, p := cell.ParseNew(new, d)
	if p != nil {
		t.Fatalf("%s: %v", new, p)
	}
	c := compare.Cell{Def: d, Column: "[new] " + d.Code, Text: new, Edit: edit, Compared: old != "-", OldText: old}
	if c.Compared {
		c.Old, c.Known = cell.ParseOld(old, d)
	}
	return c
}

// The rule of the three-way compare, one cell at a time.
func TestDecide(t *testing.T) {
	for _, c := range []struct {
		what           string
		d              roll.FieldDef
		old, new, live string
		rule           roll.OnConflict
		want           roll.Outcome
		becomes        roll.Value
	}{
		{"as seen, changed", genre, "ROCK", "JAZZ", "ROCK", roll.Skip, roll.Updated, "JAZZ"},
		{"as seen, cleared", genre, "ROCK", "Empty", "ROCK", roll.Skip, roll.Updated, ""},
		{"was empty, filled", genre, "", "JAZZ", "", roll.Skip, roll.Updated, "JAZZ"},
		{"already so", genre, "ROCK", "JAZZ", "JAZZ", roll.Skip, roll.Unchanged, ""},
		{"old copied into new", genre, "ROCK", "ROCK", "ROCK", roll.Skip, roll.Unchanged, ""},
		{"changed by somebody since", genre, "ROCK", "JAZZ", "FOLK", roll.Skip, roll.RowConflicted, ""},
		{"cleared by somebody since", genre, "ROCK", "JAZZ", "", roll.Skip, roll.RowConflicted, ""},
		{"filled by somebody since", genre, "", "JAZZ", "FOLK", roll.Skip, roll.RowConflicted, ""},
		{"changed since, to be overwritten", genre, "ROCK", "JAZZ", "FOLK", roll.Overwrite, roll.Updated, "JAZZ"},
		{"not compared: the last one wins", genre, "-", "JAZZ", "FOLK", roll.Skip, roll.Updated, "JAZZ"},
		{"not compared, already so", genre, "-", "JAZZ", "JAZZ", roll.Skip, roll.Unchanged, ""},
		{"old is a retired value", genre, "OLD", "JAZZ", "OLD", roll.Skip, roll.Updated, "JAZZ"},
		{"old is no value", genre, "1-Mar", "JAZZ", "ROCK", roll.Skip, roll.RowConflicted, ""},
		{"old is no value, but already so", genre, "1-Mar", "JAZZ", "JAZZ", roll.Skip, roll.Unchanged, ""},
		{"edited [old], then [new] from what was there", genre, "FOLK", "JAZZ", "ROCK", roll.Skip, roll.RowConflicted, ""},

		{"a set, in another order", tags, "JAZZ|ROCK", "FOLK", "ROCK|JAZZ", roll.Skip, roll.Updated, "FOLK"},
		{"the same set", tags, "", "JAZZ|ROCK", "ROCK|JAZZ", roll.Skip, roll.Unchanged, ""},
		{"add", tags, "ROCK", "add: FOLK", "ROCK", roll.Skip, roll.Updated, "ROCK|FOLK"},
		{"add what is there", tags, "ROCK", "add: ROCK", "ROCK", roll.Skip, roll.Unchanged, ""},
		{"add, somebody else did", tags, "ROCK", "add: FOLK", "ROCK|FOLK", roll.Skip, roll.Unchanged, ""},
		{"add to what somebody changed", tags, "ROCK", "add: FOLK", "JAZZ", roll.Skip, roll.RowConflicted, ""},
		{"add to what somebody changed, overwriting", tags, "ROCK", "add: FOLK", "JAZZ", roll.Overwrite, roll.Updated, "JAZZ|FOLK"},
		{"remove the last", tags, "ROCK", "remove: ROCK", "ROCK", roll.Skip, roll.Updated, ""},
		{"remove, not compared", tags, "-", "remove: ROCK", "ROCK|JAZZ", roll.Skip, roll.Updated, "JAZZ"},

		{"authorisation granted", email, "", "T", "", roll.Skip, roll.Updated, "true"},
		{"authorisation refused", email, "true", "F", "true", roll.Skip, roll.Updated, "false"},
		{"authorisation emptied", email, "true", "Empty", "true", roll.Skip, roll.Updated, ""},
		{"refused by the contact since", email, "", "T", "false", roll.Skip, roll.RowConflicted, ""},
		{"text with a formula", note, "=1+1", "-2", "=1+1", roll.Skip, roll.Updated, "-2"},
	} {
		row := compare.Row{Line: 2, Number: "0012345", Cells: []compare.Cell{asked(t, c.d, c.old, c.new)}}
		live := roll.Contact{Number: "0012345", Fields: map[roll.Field]roll.Value{}}
		if c.live != "" {
			live.Fields[c.d.Field()] = roll.Value(c.live)
		}
		d := compare.Decide(&row, live, c.rule)
		if d.Outcome != c.want {
			t.Errorf("%s: %s, want %s", c.what, d.Outcome, c.want)
		}
		v, set := d.Set[c.d.Field()]
		if set != (c.want == roll.Updated) || v != c.becomes {
			t.Errorf("%s: sets %q (%t), want %q", c.what, v, set, c.becomes)
		}
		if d.If[c.d.Field()] != roll.Value(c.live) {
			t.Errorf("%s: rests on %q, want %q", c.what, d.If[c.d.Field()], c.live)
		}
	}
}

// A row is applied whole or not at all, and says which cells stand in the way.
func TestDecideRow(t *testing.T) {
	row := compare.Row{Line: 7, Number: "1", Cells: []compare.Cell{
		asked(t, genre, "ROCK", "JAZZ"),
		asked(t, note, "a", "b"),
		asked(t, email, "", "TRUE"),
	}}
	live := roll.Contact{Number: "1", Fields: map[roll.Field]roll.Value{genre.Field(): "ROCK", note.Field(): "c"}}
	d := compare.Decide(&row, live, roll.Skip)
	if d.Outcome != roll.RowConflicted || len(d.Set) != 0 || len(d.Problems) != 1 {
		t.Fatalf("got %+v", d)
	}
	p := d.Problems[0]
	got := []string{p.Column, p.Field, *p.Old, *p.Live, *p.New, string(p.Outcome), p.Code}
	want := []string{"[new] NOTE", "NOTE", "a", "c", "b", "conflicted", "conflict"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	// Some cells are as the file wants them already: the others are still set.
	live.Fields = map[roll.Field]roll.Value{genre.Field(): "JAZZ", note.Field(): "a"}
	d = compare.Decide(&row, live, roll.Skip)
	want2 := map[roll.Field]roll.Value{note.Field(): "b", email.Field(): roll.True}
	if diff := cmp.Diff(want2, d.Set); diff != "" {
		t.Error(diff)
	}
}
