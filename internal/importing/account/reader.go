package account

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"rollbook/internal/domain"
	"rollbook/internal/domain/day"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/person"
	"rollbook/internal/domain/phone"
	"rollbook/internal/domain/reason"
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
	// matched says that contacts are found by the field.
	matched bool
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
		fc.index.Order, fc.index.Sign = day.Order(plan.Columns[c.New].Order), field.Sign(plan.Columns[c.New].Sign)
		if at.Key >= 0 && plan.Columns[at.Key].Found {
			fc.matched = c.Field.Code() == imp.MatchBy
		}
		if c.Field == domain.ContactBirthDate {
			dated := *r.persons
			dated.Order = fc.index.Order
			r.persons = &dated
		}
		if starts := plan.Columns[c.New].Starts; c.Field == domain.ContactPhone && slices.Contains(strings.Fields(starts), phone.CallingCode(cmp.Or(imp.Country, persons.Settings.Country))) {
			abroad := *r.persons
			abroad.WithoutPlus = phone.WithoutPlus
			r.persons = &abroad
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
	// late says that the row's telephone number is read by its contact's country,
	// which is yet to be looked up: see reader.telephone.
	late bool
}

// read reads one row.
func (r *reader) read(row flow.Row) reading {
	out := reading{asks: compare.Row{Line: row.Line, KeyColumn: r.keyName, InfoColumn: r.emailName,
		How: compare.How{Fill: r.imp.Fill, KeepRefusals: r.imp.Refusals != domain.OverrideRefusals, Mode: r.imp.Mode, Undo: r.imp.OfKind == domain.UndoOf}}}
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
	read := r.read(row)
	out := read.asks
	if read.late { // an earlier try may have read it by its contact's country
		out.Cells = slices.DeleteFunc(out.Cells, func(c compare.Cell) bool { return c.Edit.Keep })
	}
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
	if row.Fault != nil && row.Fault.Outcome == domain.Unchanged {
		return &compare.Result{Outcome: domain.Unchanged} // it is left out
	}
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
	case d.Merged:
		return rejected(row, domain.Problem{Column: r.keyName, Value: out.Key, Reason: reason.New("mergedCells")})
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
		case warning != nil:
			out.warnings = append(out.warnings, *warning)
		}
		if cell != nil && problem == nil {
			out.late = out.late || cell.Edit.Keep
			if !cell.Compared {
				out.notCompared = append(out.notCompared, fc.Field)
			}
			out.asks.Cells = append(out.asks.Cells, *cell)
		}
	}
	return problems
}

// cell reads one [new] cell; nil for one that asks for nothing, which may be worth a
// warning all the same.
func (r *reader) cell(row flow.Row, fc *fieldColumn) (*compare.Cell, *domain.Warning, *domain.Problem) {
	said := row.Cells[fc.New]
	if !fc.known {
		if strings.TrimSpace(said) == "" {
			return nil, nil, nil
		}
		return nil, nil, fc.gone(said)
	}
	edit, warning, problem := r.parseNew(said, fc.index)
	late := false
	if fc.Field == domain.ContactPhone {
		edit, warning, problem, late = r.phone(row, said)
	}
	if problem == nil && !late && !edit.Keep && field.Of(fc.def.Kind).Free &&
		r.imp.OfKind != domain.UndoOf && (fc.Old < 0 || row.Cells[fc.Old] != said) {
		var damage *field.Warning
		if damage, problem = field.Damage(edit.Value, fc.def); warning == nil {
			warning = damage
		}
	}
	if problem != nil {
		return nil, nil, fc.problem(said, problem)
	}
	var told *domain.Warning
	if warning != nil {
		told = &domain.Warning{Reason: warning.Reason, Column: fc.name}
	}
	if edit.Keep && !late {
		return nil, told, nil
	}
	c := &compare.Cell{Def: fc.def, Column: fc.name, Text: said, Edit: edit}
	switch {
	case fc.Old >= 0:
		c.Compared, c.OldText = true, row.Cells[fc.Old]
		c.Old, c.Known = r.parseOld(c.OldText, fc.index)
	case fc.matched:
		// The contact was found by what it has here, or has nothing.
		if c.Compared, c.Known = true, true; !field.Blank(row.Cells[r.key]) {
			c.Old, c.OldText = edit.Value, said
		}
	}
	return c, told, nil
}

// phone reads a telephone number by the country that its row names. Late says that
// the row names none, and that the number needs one.
func (r *reader) phone(row flow.Row, said string) (edit field.Edit, warning *field.Warning, problem *field.Problem, late bool) {
	i := slices.IndexFunc(r.fields, func(fc fieldColumn) bool { return fc.Field == domain.ContactCountry })
	country := domain.Empty
	if i >= 0 {
		if e, _, p := r.persons.Parse(domain.ContactCountry, row.Cells[r.fields[i].New]); p == nil {
			country = e.Value
		}
	}
	edit, warning, problem = r.phoneOf(said, string(country))
	if problem == nil || country != domain.Empty {
		return edit, warning, problem, false
	}
	return field.Edit{Keep: true}, nil, nil, true
}

func (r *reader) phoneOf(said, country string) (field.Edit, *field.Warning, *field.Problem) {
	there := *r.persons
	there.Settings.Country = country
	return there.Parse(domain.ContactPhone, said)
}

// telephone reads the late telephone number of a row by its contact's country, "" for
// none: then by the recipe's or the institution's, which it warns of.
func (r *reader) telephone(row flow.Row, x *reading, country string) {
	i := slices.IndexFunc(x.asks.Cells, func(c compare.Cell) bool { return c.Def.Field() == domain.ContactPhone })
	assumed := country == ""
	if assumed {
		country = cmp.Or(r.imp.Country, r.persons.Settings.Country)
	}
	edit, warning, problem := r.phoneOf(x.asks.Cells[i].Text, country)
	if problem != nil {
		fc := &r.fields[slices.IndexFunc(r.fields, func(fc fieldColumn) bool { return fc.Field == domain.ContactPhone })]
		x.settled, x.badValues = rejected(row, *fc.problem(x.asks.Cells[i].Text, problem)), true
		return
	}
	x.asks.Cells[i].Edit = edit
	if warning == nil && assumed {
		warning = &field.Warning{Reason: reason.New("phoneCountry", country)}
	}
	if warning != nil {
		x.warnings = append(x.warnings, domain.Warning{Reason: warning.Reason, Column: x.asks.Cells[i].Column})
	}
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
	p.Same = r.imp.Persons[row.Line]
	switch {
	case out.Number != "":
	case p.Same == domain.AnotherPerson:
		p.Email = "" // which is somebody else's, and finds nobody
	case p.Email != "" && !r.imp.AllowSamePerson:
		p.Identity = domain.EmailIdentity + text.NormaliseEmail(p.Email)
	case p.Email == "" && !r.imp.AllowSamePerson:
		p.Name, p.Born = named(out.Cells)
	}
	for i := range out.Cells {
		if c := &out.Cells[i]; out.Number == "" && c.Compared && c.Edit.Value != domain.Empty && r.matches(c.Def.Field()) {
			p.Identity = domain.ValueIdentity(c.Def.Field(), c.Edit.Value)
		}
	}
	p.Check = func(after map[domain.Field]domain.Value) ([]domain.Warning, *domain.Problem) {
		return r.together(after, column)
	}
	if r.undo >= 0 {
		p.Remove = strings.TrimSpace(row.Cells[r.undo])
	}
	if p.Remove != "" {
		p.Values = r.created(row)
	}
}

// matches reports whether contacts are found by the field.
func (r *reader) matches(f domain.Field) bool {
	return slices.ContainsFunc(r.fields, func(fc fieldColumn) bool { return fc.matched && fc.Field == f })
}

// named returns the folded name and the birth date by which a row without number
// and address may find its contact, "" unless it has all three.
func named(cells []compare.Cell) (name, born string) {
	says := map[domain.Field]domain.Value{}
	for i := range cells {
		says[cells[i].Def.Field()] = cells[i].Edit.Value
	}
	last, first := text.Normalise(string(says[domain.ContactLastName])), text.Normalise(string(says[domain.ContactFirstName]))
	if born = string(says[domain.ContactBirthDate]); last == "" || first == "" || born == "" {
		return "", ""
	}
	return last + " " + first, born
}

// together checks the values that a contact would have. Only what the row itself
// says can reject it: by the columns of its cells one knows what that is.
func (r *reader) together(after map[domain.Field]domain.Value, column map[domain.Field]string) ([]domain.Warning, *domain.Problem) {
	if after[domain.ContactCountry] == domain.Empty && r.imp.Country != "" {
		after = maps.Clone(after)
		after[domain.ContactCountry] = domain.Value(r.imp.Country)
	}
	warnings := person.Row(after)
	at, touched := column[domain.ContactPostcode]
	if !touched {
		return nil, nil // it is as it was
	}
	for i, w := range warnings {
		if w.Code != person.PostcodeZero || r.imp.OfKind == domain.UndoOf {
			continue
		}
		d, _ := domain.ContactDef(domain.ContactPostcode)
		why := reason.New("postcodeLostZero", w.Params["value"], w.Params["country"], w.Params["digits"], w.Params["right"])
		return slices.Delete(warnings, i, i+1), &domain.Problem{Column: at, Field: d.Name(), Value: string(after[domain.ContactPostcode]), Reason: why}
	}
	return warnings, nil
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
