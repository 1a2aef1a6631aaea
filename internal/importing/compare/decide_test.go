package compare_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/importing/compare"
)

var (
	genre = domain.FieldDef{Code: "GENRE", Kind: domain.SingleChoice, Values: []domain.Choice{
		{Code: "ROCK"}, {Code: "JAZZ"}, {Code: "FOLK"}, {Code: "OLD", Retired: true}}}
	tags = domain.FieldDef{Code: "TAGS", Kind: domain.MultiChoice, Values: []domain.Choice{
		{Code: "ROCK"}, {Code: "JAZZ"}, {Code: "FOLK"}}}
	email = domain.FieldDef{Code: "EMAIL", Kind: domain.Authorisation}
	note  = domain.FieldDef{Code: "NOTE", Kind: domain.Text}
)

// asked makes the cell that [old] and [new] of a file ask for; old "-" is a
// file without the [old] column.
func asked(t rapid.TB, d domain.FieldDef, old, new string) compare.Cell {
	t.Helper()
	edit, _, p := field.ParseNew(new, d)
	if p != nil {
		t.Fatalf("%s: %v", new, p)
	}
	c := compare.Cell{Def: d, Column: "[new] " + d.Code, Text: new, Edit: edit, Compared: old != "-", OldText: old}
	if c.Compared {
		c.Old, c.Known = field.ParseOld(old, d)
	}
	return c
}

// The rule of the three-way compare, one cell at a time.
func TestDecide(t *testing.T) {
	for _, c := range []struct {
		what           string
		d              domain.FieldDef
		old, new, live string
		rule           domain.OnConflict
		want           domain.Outcome
		becomes        domain.Value
	}{
		{"as seen, changed", genre, "ROCK", "JAZZ", "ROCK", domain.Skip, domain.Updated, "JAZZ"},
		{"as seen, cleared", genre, "ROCK", "Empty", "ROCK", domain.Skip, domain.Updated, ""},
		{"was empty, filled", genre, "", "JAZZ", "", domain.Skip, domain.Updated, "JAZZ"},
		{"already so", genre, "ROCK", "JAZZ", "JAZZ", domain.Skip, domain.Unchanged, ""},
		{"old copied into new", genre, "ROCK", "ROCK", "ROCK", domain.Skip, domain.Unchanged, ""},
		{"changed by somebody since", genre, "ROCK", "JAZZ", "FOLK", domain.Skip, domain.RowConflicted, ""},
		{"cleared by somebody since", genre, "ROCK", "JAZZ", "", domain.Skip, domain.RowConflicted, ""},
		{"filled by somebody since", genre, "", "JAZZ", "FOLK", domain.Skip, domain.RowConflicted, ""},
		{"changed since, to be overwritten", genre, "ROCK", "JAZZ", "FOLK", domain.Overwrite, domain.Updated, "JAZZ"},
		{"not compared: the last one wins", genre, "-", "JAZZ", "FOLK", domain.Skip, domain.Updated, "JAZZ"},
		{"not compared, already so", genre, "-", "JAZZ", "JAZZ", domain.Skip, domain.Unchanged, ""},
		{"old is a retired value", genre, "OLD", "JAZZ", "OLD", domain.Skip, domain.Updated, "JAZZ"},
		{"old is no value", genre, "1-Mar", "JAZZ", "ROCK", domain.Skip, domain.RowConflicted, ""},
		{"old is no value, but already so", genre, "1-Mar", "JAZZ", "JAZZ", domain.Skip, domain.Unchanged, ""},
		{"edited [old], then [new] from what was there", genre, "FOLK", "JAZZ", "ROCK", domain.Skip, domain.RowConflicted, ""},

		{"a set, in another order", tags, "JAZZ|ROCK", "FOLK", "ROCK|JAZZ", domain.Skip, domain.Updated, "FOLK"},
		{"the same set", tags, "", "JAZZ|ROCK", "ROCK|JAZZ", domain.Skip, domain.Unchanged, ""},
		{"add", tags, "ROCK", "add: FOLK", "ROCK", domain.Skip, domain.Updated, "ROCK|FOLK"},
		{"add what is there", tags, "ROCK", "add: ROCK", "ROCK", domain.Skip, domain.Unchanged, ""},
		{"add, somebody else did", tags, "ROCK", "add: FOLK", "ROCK|FOLK", domain.Skip, domain.Unchanged, ""},
		{"add to what somebody changed", tags, "ROCK", "add: FOLK", "JAZZ", domain.Skip, domain.RowConflicted, ""},
		{"add to what somebody changed, overwriting", tags, "ROCK", "add: FOLK", "JAZZ", domain.Overwrite, domain.Updated, "JAZZ|FOLK"},
		{"remove the last", tags, "ROCK", "remove: ROCK", "ROCK", domain.Skip, domain.Updated, ""},
		{"remove, not compared", tags, "-", "remove: ROCK", "ROCK|JAZZ", domain.Skip, domain.Updated, "JAZZ"},

		{"authorisation granted", email, "", "T", "", domain.Skip, domain.Updated, "true"},
		{"authorisation refused", email, "true", "F", "true", domain.Skip, domain.Updated, "false"},
		{"authorisation emptied", email, "true", "Empty", "true", domain.Skip, domain.Updated, ""},
		{"refused by the contact since", email, "", "T", "false", domain.Skip, domain.RowConflicted, ""},
		{"text with a formula", note, "=1+1", "-2", "=1+1", domain.Skip, domain.Updated, "-2"},
	} {
		row := compare.Row{Line: 2, Number: "0012345", Cells: []compare.Cell{asked(t, c.d, c.old, c.new)}}
		live := domain.Contact{Number: "0012345", Fields: map[domain.Field]domain.Value{}}
		if c.live != "" {
			live.Fields[c.d.Field()] = domain.Value(c.live)
		}
		d := compare.Decide(&row, live, c.rule)
		if d.Outcome != c.want {
			t.Errorf("%s: %s, want %s", c.what, d.Outcome, c.want)
		}
		v, set := d.Set[c.d.Field()]
		if set != (c.want == domain.Updated) || v != c.becomes {
			t.Errorf("%s: sets %q (%t), want %q", c.what, v, set, c.becomes)
		}
		if d.If[c.d.Field()] != domain.Value(c.live) {
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
	live := domain.Contact{Number: "1", Fields: map[domain.Field]domain.Value{genre.Field(): "ROCK", note.Field(): "c"}}
	d := compare.Decide(&row, live, domain.Skip)
	if d.Outcome != domain.RowConflicted || len(d.Set) != 0 || len(d.Problems) != 1 {
		t.Fatalf("got %+v", d)
	}
	p := d.Problems[0]
	got := []string{p.Column, p.Field, *p.Old, *p.Live, *p.New, string(p.Outcome), string(p.Code)}
	want := []string{"[new] NOTE", "NOTE", "a", "c", "b", "conflicted", "conflict"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	// Some cells are as the file wants them already: the others are still set.
	live.Fields = map[domain.Field]domain.Value{genre.Field(): "JAZZ", note.Field(): "a"}
	d = compare.Decide(&row, live, domain.Skip)
	want2 := map[domain.Field]domain.Value{note.Field(): "b", email.Field(): domain.True}
	if diff := cmp.Diff(want2, d.Set); diff != "" {
		t.Error(diff)
	}
}
