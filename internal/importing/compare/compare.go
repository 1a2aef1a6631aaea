// Package compare is the three-way compare: what the file says was there
// ([old]), what it wants ([new]), and what is there now. Decide is the rule for
// one row; Engine applies it to many with as few requests as possible.
//
// A test and an update run the same rule on the same rows. They differ in one
// place: a test reads the contacts and decides, an update writes under the
// condition that the decision rests on.
package compare

import (
	"strings"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/text"
	"rollbook/internal/importing/flow"
)

// Cell is one [new] cell that asks for something, with its [old] neighbour.
type Cell struct {
	Def    domain.FieldDef
	Column string // the header of the [new] column
	Text   string // of the [new] cell, as the user reads it
	Edit   field.Edit
	// Compared says that the file has the [old] column. Old is its value,
	// OldText what stands there; Known is false when that is no value at all,
	// so that it can equal nothing.
	Compared bool
	Old      domain.Value
	OldText  string
	Known    bool
}

// Row is one row that may be applied: its key and its cells are well formed.
type Row struct {
	Line   int
	Number domain.ContactNumber
	// Key is the contact cell as uploaded, and KeyColumn its header.
	Key, KeyColumn string
	// InfoEmail is what [info] Email says, "" for nothing.
	InfoEmail, InfoColumn string
	Cells                 []Cell
	// How the recipe has rows applied.
	How How
	// Person says that the row is about a contact itself: one that is not there
	// is created, and a row without a number finds it by e-mail. Nil for rows
	// of criteria and authorisations.
	Person *Person
	// Unread are fields whose cells cannot be read any more, of a row that is
	// rejected for them.
	Unread []domain.Field
}

// How says how rows are applied.
type How struct {
	// Fill leaves values that are there as they are.
	Fill bool
	// KeepRefusals does not make an authorisation true that is false, where the
	// file does not say that it knew.
	KeepRefusals bool
	// Mode says whether contacts may be created, and those that are there changed.
	Mode domain.Mode
	// Undo says that another import is taken back.
	Undo bool
}

// Person is what a row of contacts has beyond its cells.
type Person struct {
	// Email finds the contact when the row has no number, "" for none.
	Email, EmailColumn string
	// Name finds the contact when the row has neither number nor address: last and
	// first name, folded; Born is the birth date that it must have. "" for none.
	Name, Born string
	// Same is what the recipe says of the contact that has the row's address.
	Same domain.Same
	// Shared are other lines without a number that have the address, in an
	// import that allows it: each of them creates a contact, and none finds one.
	Shared []int
	// Identity is what makes it one person if it is created, "" for nothing.
	Identity string
	// Check looks at the contact as it would be.
	Check func(after map[domain.Field]domain.Value) ([]domain.Warning, *domain.Problem)
	// Remove is the import whose creation of the contact this row of an undo
	// file takes back; Values are all that the contact had then.
	Remove string
	Values map[domain.Field]domain.Value
}

// Rule is what an import does with a cell that is neither old nor new.
type Rule = domain.OnConflict

// want returns the value that the cell asks for, when live is what the contact
// has. With an [old] value the wish is about that value: adding a code to what
// the user saw is not adding it to what somebody else wrote since.
func (c *Cell) want(live domain.Value, rule Rule) domain.Value {
	if c.Compared && c.Known && (rule != domain.Overwrite || live.SameAs(c.Old, c.Def.Kind)) {
		return c.Edit.Apply(c.Old, c.Def)
	}
	return c.Edit.Apply(live, c.Def)
}

// Decision is what the rule says about one row and one state of its contact.
type Decision struct {
	Outcome  domain.Outcome // updated, unchanged, conflicted
	If       map[domain.Field]domain.Value
	Set      map[domain.Field]domain.Value
	Problems []domain.Problem
}

// Decide compares a row with its live contact. It is the whole rule: a cell
// whose live value is the wanted one changes nothing; a live value equal to
// [old], or without an [old] to compare, becomes the wanted one; any other is a
// conflict, and then nothing of the row is applied. If holds the live value of
// every cell that the decision looked at.
func Decide(r *Row, live domain.Contact, rule Rule) Decision {
	if r.Person != nil && r.How.Mode == domain.CreateOnly {
		return Decision{Outcome: domain.RowRejected, Problems: []domain.Problem{exists(r, live.Number)}}
	}
	if p, ok := r.another(live); ok {
		return Decision{Outcome: domain.RowConflicted, Problems: []domain.Problem{p}}
	}
	d := Decision{If: make(map[domain.Field]domain.Value, len(r.Cells)), Set: map[domain.Field]domain.Value{}}
	for i := range r.Cells {
		c := &r.Cells[i]
		f := c.Def.Field()
		is := live.Get(f)
		d.If[f] = is
		want := c.want(is, rule)
		switch {
		case is.SameAs(want, c.Def.Kind), r.foundBy(c, is, want):
		case r.How.Fill && is != domain.Empty:
		case r.refused(c, is, want):
			d.Problems = append(d.Problems, refusal(r, c, live.Provenance[f]))
		case !c.Compared, c.Known && (is.SameAs(c.Old, c.Def.Kind) || c.rewritten(is)), rule == domain.Overwrite:
			d.Set[f] = want
		default:
			d.Problems = append(d.Problems, conflict(r, c, is, want))
		}
	}
	switch {
	case len(d.Problems) > 0:
		d.Outcome, d.Set = domain.RowConflicted, nil
	case len(d.Set) > 0:
		d.Outcome = domain.Updated
	default:
		d.Outcome = domain.Unchanged
	}
	return d
}

// foundBy reports whether a cell is the address by which the row has found its
// contact, which in other letters is no other address.
func (r *Row) foundBy(c *Cell, is, want domain.Value) bool {
	return r.Person != nil && field.Blank(r.Key) && !c.Compared && c.Def.Field() == domain.ContactEmail &&
		want != domain.Empty && sameEmail(string(is), string(want))
}

// rewritten reports whether [old] is what a spreadsheet makes of the text that is
// there: a number without its leading zeros.
func (c *Cell) rewritten(is domain.Value) bool {
	number := strings.TrimLeft(string(is), "0")
	kind := field.Of(c.Def.Kind)
	return kind.Free && kind.Criterion && len(is) > len(number) && number == string(c.Old) && text.Digits(number)
}

// refused reports whether a cell would make an authorisation true that was refused,
// without saying that it knew.
func (r *Row) refused(c *Cell, is, want domain.Value) bool {
	return r.How.KeepRefusals && c.Def.Kind == domain.Authorisation && !c.Compared && is == domain.False && want == domain.True
}

// lifts reports whether a cell that knew of a refusal makes it true.
func (c *Cell) lifts() bool {
	return c.Def.Kind == domain.Authorisation && c.Old == domain.False && c.Edit.Apply(c.Old, c.Def) == domain.True
}

// strict returns the write that needs no reading: every touched cell equals its
// [old]. ok is false when the row must be compared with the contact first.
func (r *Row) strict() (ifs, set map[domain.Field]domain.Value, ok bool) {
	ifs = make(map[domain.Field]domain.Value, len(r.Cells)+1)
	set = make(map[domain.Field]domain.Value, len(r.Cells))
	for i := range r.Cells {
		c := &r.Cells[i]
		if !c.Compared || !c.Known || r.How.Fill {
			return nil, nil, false
		}
		f := c.Def.Field()
		if r.How.Undo && c.Def.Kind == domain.Authorisation || c.lifts() {
			return nil, nil, false // what proves the refusal must be seen first
		}
		ifs[f] = c.Old
		if w := c.Edit.Apply(c.Old, c.Def); !w.SameAs(c.Old, c.Def.Kind) {
			set[f] = w
		}
	}
	if len(set) == 0 {
		return nil, nil, false
	}
	// A look at the e-mail comes free with the condition.
	if r.InfoEmail != "" {
		ifs[domain.ContactEmail] = domain.Value(r.InfoEmail)
	}
	return ifs, set, true
}

// changes lists what a write changed, in the order of the row's cells.
func changes(r *Row, before, after map[domain.Field]domain.Value) []flow.Change {
	out := make([]flow.Change, 0, len(after))
	for i := range r.Cells {
		f := r.Cells[i].Def.Field()
		if a, ok := after[f]; ok {
			out = append(out, flow.Change{Field: f, Before: before[f], After: a})
		}
	}
	return out
}

// again rebuilds what an earlier try of this import did to the contact from the
// values that it found then.
func again(r *Row, before map[domain.Field]domain.Value, rule Rule) []flow.Change {
	after := make(map[domain.Field]domain.Value, len(before))
	for i := range r.Cells {
		c := &r.Cells[i]
		if b, ok := before[c.Def.Field()]; ok {
			after[c.Def.Field()] = c.want(b, rule)
		}
	}
	return changes(r, before, after)
}

// sameEmail reports whether two texts name the same address.
func sameEmail(a, b string) bool { return text.NormaliseEmail(a) == text.NormaliseEmail(b) }
