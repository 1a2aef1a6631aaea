package account

import (
	"slices"
	"strings"

	"rollbook/internal/domain"
	"rollbook/internal/domain/day"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/person"
	"rollbook/internal/domain/text"
	"rollbook/internal/importing/compare"
	"rollbook/internal/importing/flow"
)

// reader finds out what rows ask for. Reading a row changes nothing, so that a
// row may be read twice, by two readers.
type reader struct {
	imp     *domain.Import
	dups    flow.Duplicates
	persons *person.Checker

	key, email, undo int // -1: no such column
	keyName          string
	emailName        string
	fields           []fieldColumn
}

// fieldColumn is a [new] column with its [old] one, resolved against the
// catalogue.
type fieldColumn struct {
	flow.FieldColumns
	name  string // of the [new] column
	def   domain.FieldDef
	index *field.Index
	known bool // the catalogue still has the field
}

// newReader resolves the file's columns. With retired, values that are retired
// are taken as well.
func newReader(imp *domain.Import, plan *flow.Plan, cat *domain.Catalogue, persons *person.Checker, retired bool) *reader {
	at := flow.NewLayout(plan.Columns)
	name := func(i int) string {
		if i < 0 {
			return ""
		}
		return plan.Columns[i].Name
	}
	r := &reader{imp: imp, persons: persons, key: at.Key, email: at.Email, undo: at.Undo, keyName: name(at.Key), emailName: name(at.Email)}
	for _, c := range at.Fields {
		fc := fieldColumn{FieldColumns: c, name: name(c.New)}
		fc.def, fc.known = cat.Lookup(c.Field)
		if retired {
			fc.def.Values = slices.Clone(fc.def.Values)
			for i := range fc.def.Values {
				fc.def.Values[i].Retired = false
			}
		}
		fc.index = field.NewIndex(fc.def)
		fc.index.Order = day.Order(plan.Columns[c.New].Order)
		if c.Field == domain.ContactBirthDate {
			dated := *persons
			dated.Order = fc.index.Order
			r.persons = &dated
		}
		r.fields = append(r.fields, fc)
	}
	return r
}

// reading is what a row asks for.
type reading struct {
	asks compare.Row
	// settled is what becomes of the row by what it says alone: it is rejected,
	// or says again what another line said. Nil for a row to be applied.
	settled *compare.Result
	// badValues says that the row is rejected for its values alone.
	badValues bool
	// warnings and notCompared are to be counted with the row, whatever becomes
	// of it.
	warnings    []domain.Warning
	notCompared []domain.Field
}

// read reads one row.
func (r *reader) read(row flow.Row) reading {
	out := reading{asks: compare.Row{Line: row.Line, KeyColumn: r.keyName, InfoColumn: r.emailName,
		How: compare.How{Fill: r.imp.Fill, KeepRefusals: r.imp.Refusals != domain.OverrideRefusals, Mode: r.imp.Mode}}}
	if out.settled = r.contact(row, &out.asks); out.settled != nil {
		return out
	}
	problems := r.cells(row, &out)
	if len(problems) > 0 {
		out.settled, out.badValues = rejected(row, problems...), true
	}
	if out.asks.Person != nil {
		r.person(row, &out.asks)
	}
	return out
}

// unretired is what a row asks for whose values are rejected, as far as it can be
// read at all. Unread names the rest.
func (r *reader) unretired(row flow.Row) compare.Row {
	out := r.read(row).asks
	for _, fc := range r.fields {
		read := slices.ContainsFunc(out.Cells, func(c compare.Cell) bool { return c.Def.Field() == fc.Field })
		if !read && !field.Blank(row.Cells[fc.New]) {
			out.Unread = append(out.Unread, fc.Field)
		}
	}
	return out
}

// contact finds out which contact a row is about, or at once what becomes of the
// row, by what plan found out about it.
func (r *reader) contact(row flow.Row, out *compare.Row) *compare.Result {
	if row.Fault != nil {
		return rejected(row, *row.Fault)
	}
	if r.key >= 0 {
		out.Key = row.Cells[r.key]
	}
	if r.imp.DataType == domain.Contacts {
		out.Person = &compare.Person{}
	}
	if out.Person == nil || !field.Blank(out.Key) {
		n, problem := field.ParseNumber(out.Key)
		if problem != nil {
			return rejected(row, domain.Problem{Column: r.keyName, Value: out.Key, Reason: *problem})
		}
		out.Number = n
	}
	if res := r.duplicate(row, out); res != nil {
		return res
	}
	if r.email >= 0 {
		out.InfoEmail = strings.TrimSpace(row.Cells[r.email])
	}
	return nil
}

// duplicate settles a row whose contact stands on other lines too. Of lines that
// say the same the first one counts.
func (r *reader) duplicate(row flow.Row, out *compare.Row) *compare.Result {
	d, ok := r.dups[row.Line]
	switch {
	case !ok:
	case d.Person && r.imp.AllowSamePerson:
		out.Person.Shared = d.Others
	case d.Differ && d.Person:
		return rejected(row, r.samePerson(out.Key, d.Others))
	case d.Differ:
		return rejected(row, r.differentLines(out.Key, d.Others))
	case !d.First:
		return &compare.Result{Outcome: domain.Unchanged}
	}
	return nil
}

// cells reads the [new] cells of a row with their [old] neighbours into out, and
// returns what is wrong with them.
func (r *reader) cells(row flow.Row, out *reading) []domain.Problem {
	var problems []domain.Problem
	for i := range r.fields {
		fc := &r.fields[i]
		cell, warning, problem := r.cell(row, fc)
		switch {
		case problem != nil && len(problems) == maxProblems:
			problems[maxProblems-1].More = true
			return problems
		case problem != nil:
			problems = append(problems, *problem)
		case cell != nil:
			if warning != nil {
				out.warnings = append(out.warnings, *warning)
			}
			if !cell.Compared {
				out.notCompared = append(out.notCompared, fc.Field)
			}
			out.asks.Cells = append(out.asks.Cells, *cell)
		}
	}
	return problems
}

// cell reads one [new] cell; nil for one that asks for nothing.
func (r *reader) cell(row flow.Row, fc *fieldColumn) (*compare.Cell, *domain.Warning, *domain.Problem) {
	said := row.Cells[fc.New]
	if !fc.known {
		if strings.TrimSpace(said) == "" {
			return nil, nil, nil
		}
		return nil, nil, fc.gone(said)
	}
	edit, warning, problem := r.parseNew(said, fc.index)
	if problem == nil && !edit.Keep && field.Of(fc.def.Kind).Free &&
		r.imp.OfKind != domain.UndoOf && (fc.Old < 0 || row.Cells[fc.Old] != said) {
		problem = field.MixedUp(edit.Value, fc.def)
	}
	if problem != nil {
		return nil, nil, fc.problem(said, problem)
	}
	if edit.Keep {
		return nil, nil, nil
	}
	c := &compare.Cell{Def: fc.def, Column: fc.name, Text: said, Edit: edit}
	if fc.Old >= 0 {
		c.Compared, c.OldText = true, row.Cells[fc.Old]
		c.Old, c.Known = r.parseOld(c.OldText, fc.index)
	}
	if warning == nil {
		return c, nil, nil
	}
	return c, &domain.Warning{Reason: warning.Reason, Column: fc.name}, nil
}

func (r *reader) parseNew(text string, x *field.Index) (field.Edit, *field.Warning, *field.Problem) {
	if x.Kind == domain.ContactText {
		return r.persons.Parse(x.Field(), text)
	}
	return x.ParseNew(text)
}

func (r *reader) parseOld(text string, x *field.Index) (domain.Value, bool) {
	if x.Kind == domain.ContactText {
		return r.persons.ParseOld(x.Field(), text)
	}
	return x.ParseOld(text)
}

// person fills in what a row of contacts has beyond its cells.
func (r *reader) person(row flow.Row, out *compare.Row) {
	p := out.Person
	column := map[domain.Field]string{}
	for i := range out.Cells {
		c := &out.Cells[i]
		column[c.Def.Field()] = c.Column
		if c.Def.Field() == domain.ContactEmail && c.Edit.Value != domain.Empty {
			p.Email, p.EmailColumn = string(c.Edit.Value), c.Column
		}
	}
	if p.Email != "" && out.Number == "" && !r.imp.AllowSamePerson {
		p.Identity = domain.EmailIdentity + text.NormaliseEmail(p.Email)
	}
	p.Check = func(after map[domain.Field]domain.Value) ([]domain.Warning, *domain.Problem) {
		warnings, problem := person.Row(after)
		if problem == nil {
			return warnings, nil
		}
		d, _ := domain.ContactDef(problem.Field)
		return warnings, &domain.Problem{Column: column[problem.Field], Field: d.Name(), Value: string(after[problem.Field]),
			Reason: problem.Problem}
	}
	if r.undo >= 0 {
		p.Remove = strings.TrimSpace(row.Cells[r.undo])
	}
	if p.Remove != "" {
		p.Values = r.created(row)
	}
}

// created are the values that a contact had when it was created, as an undo file
// says.
func (r *reader) created(row flow.Row) map[domain.Field]domain.Value {
	values := map[domain.Field]domain.Value{}
	for i := range r.fields {
		fc := &r.fields[i]
		if fc.Old < 0 || !fc.known {
			continue
		}
		if v, known := r.parseOld(row.Cells[fc.Old], fc.index); known && v != domain.Empty {
			values[fc.Field] = v
		}
	}
	return values
}
