package plan

import (
	"cmp"
	"context"
	"hash/maphash"
	"maps"
	"slices"
	"strings"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/person"
	"rollbook/internal/domain/reason"
	"rollbook/internal/file/sheet"
	"rollbook/internal/importing/flow"
)

// repeats observes which rows are about one contact.
type repeats struct {
	own    map[domain.Field]int // where the [new] columns are
	matter []int                // the columns that make two lines the same
	seed   maphash.Seed
	lines  lines // the rows with a number

	// Of files of contacts: how values are read, the rows without a number by
	// their address and by their name and birth date, and the rows with a number
	// that give an address, by line; their hash is the address.
	persons        *person.Checker
	emails, people lines
	// ids are those that name a contact which is not there by a criterion.
	ids   lines
	given []seen
}

func newRepeats(cols []flow.Column, l flow.Layout) *repeats {
	p := &repeats{own: map[domain.Field]int{}, seed: maphash.MakeSeed()}
	for i, c := range cols {
		if c.Role == flow.OldRole || c.Role == flow.NewRole || c.Role == flow.UndoRole {
			p.matter = append(p.matter, i)
		}
	}
	for _, f := range l.Fields {
		p.own[f.Field] = f.New
	}
	return p
}

func (p *repeats) see(r *row) {
	if r.Fault != nil {
		return
	}
	var h maphash.Hash
	h.SetSeed(p.seed)
	for _, i := range p.matter {
		h.WriteString(strings.TrimSpace(r.Cells[i]))
		h.WriteByte(0)
	}
	switch {
	case r.numbered:
		p.lines.add(r.number, h.Sum64(), r.Line)
		if e, ok := p.edit(r, domain.ContactEmail); ok && !e.Keep {
			p.given = append(p.given, seen{p.lines.code(r.number), p.address(e.Value), r.Line})
		}
	case r.blank && p.persons != nil:
		if r.named != domain.Empty {
			p.ids.addPerson(maphash.String(p.seed, string(r.named)), h.Sum64(), r.Line)
		}
		p.person(r, h.Sum64())
	}
}

// edit reads what a row of contacts asks for in one of the contact's own fields.
func (p *repeats) edit(r *row, f domain.Field) (field.Edit, bool) {
	i, ok := p.own[f]
	if !ok || p.persons == nil {
		return field.Edit{}, false
	}
	e, _, problem := p.persons.Parse(f, r.Cells[i])
	return e, problem == nil
}

// person notes a row of contacts without a number, by what makes it one person.
func (p *repeats) person(r *row, hash uint64) {
	fields := map[domain.Field]domain.Value{}
	for _, f := range []domain.Field{domain.ContactEmail, domain.ContactLastName, domain.ContactFirstName, domain.ContactBirthDate} {
		if e, ok := p.edit(r, f); ok {
			fields[f] = e.Value
		}
	}
	for _, k := range person.Key(fields) {
		of := &p.people
		if strings.HasPrefix(k, "email:") {
			of = &p.emails
		}
		of.addPerson(maphash.String(p.seed, k), hash, r.Line)
	}
}

// duplicates writes, for each chunk, which of its rows share their contact with
// other rows.
func (s *Step) duplicates(ctx context.Context, imp *domain.Import, p *flow.Plan, same *repeats, merged []int) error {
	numbered := append(same.lines.duplicates(), same.ids.duplicates()...)
	slices.SortFunc(numbered, func(a, b duplicate) int { return cmp.Compare(a.line, b.line) })
	persons := [][]duplicate{same.emails.duplicates()}
	if !imp.AllowSamePerson {
		persons = append(persons, same.people.duplicates())
	}
	twice, err := s.namedTwice(ctx, imp, same)
	if err != nil {
		return err
	}
	groups := together(numbered, twice, persons...)
	p.Warnings = append(p.Warnings, repeatedLines(groups, imp.AllowSamePerson)...)
	groups = covered(groups, merged)
	for n := range p.Chunks {
		ref := &p.Chunks[n]
		ofChunk := flow.Duplicates{}
		// The groups are in the order of lines, and the last chunk has all that is left.
		for len(groups) > 0 && (groups[0].line <= ref.LastLine || n == len(p.Chunks)-1) {
			ofChunk[groups[0].line] = groups[0].Duplicate
			groups = groups[1:]
		}
		if len(ofChunk) == 0 {
			continue
		}
		ref.Duplicates = true
		if err := s.put(ctx, flow.DuplicatesKey(imp.Institution, imp.RunID(), n), ofChunk); err != nil {
			return err
		}
	}
	return nil
}

// covered adds the lines whose [new] cells a merged one covers.
func covered(groups []duplicate, lines []int) []duplicate {
	if len(lines) == 0 {
		return groups
	}
	groups = slices.DeleteFunc(groups, func(d duplicate) bool { return slices.Contains(lines, d.line) })
	for _, line := range lines {
		groups = append(groups, duplicate{line: line, Duplicate: flow.Duplicate{Merged: true}})
	}
	slices.SortFunc(groups, func(a, b duplicate) int { return cmp.Compare(a.line, b.line) })
	return groups
}

// mergedLines are the lines of the file, up to the last one, whose [new] cells a
// merged cell covers. A few merged cells are a slip; more lines than a person
// merges are those of the first ones.
func mergedLines(merged []sheet.Merged, l flow.Layout, kept []int, last int) []int {
	const most = 50_000
	lines := map[int]bool{}
	for _, m := range merged {
		asks := slices.ContainsFunc(l.Fields, func(f flow.FieldColumns) bool { return kept[f.New] >= m.FirstColumn && kept[f.New] <= m.LastColumn })
		for line := m.FirstLine; asks && line <= min(m.LastLine, last) && len(lines) < most; line++ {
			lines[line] = true
		}
	}
	return slices.Sorted(maps.Keys(lines))
}

// repeatedLines warns of what becomes of the lines that share a contact.
func repeatedLines(groups []duplicate, samePerson bool) []domain.Warning {
	var same, alike, differ tally
	for _, d := range groups {
		switch {
		case d.Person && samePerson:
		case d.Differ && d.Person:
			alike.add(d.line)
		case d.Differ:
			differ.add(d.line)
		case !d.First:
			same.add(d.line)
		}
	}
	var out []domain.Warning
	if same.n > 0 {
		out = append(out, domain.Warning{Line: same.first, Reason: reason.New("identicalLines", same.n)})
	}
	if alike.n > 0 {
		out = append(out, domain.Warning{Line: alike.first, Reason: reason.New("samePerson.warning", alike.n)})
	}
	if differ.n > 0 {
		out = append(out, domain.Warning{Line: differ.first, Reason: reason.New("differentLines.warning", differ.n)})
	}
	return out
}

// tally counts lines and remembers the first.
type tally struct{ n, first int }

func (t *tally) add(line int) {
	if t.n++; t.first == 0 {
		t.first = line
	}
}

// together joins groups of lines with numbers, of lines that name one contact by
// its number and by its address, and of persons without numbers, ordered by line.
// A line that is in two groups differs if it does in one of them.
func together(numbered, twice []duplicate, persons ...[]duplicate) []duplicate {
	byLine := map[int]duplicate{}
	for _, ds := range persons {
		for _, d := range ds {
			d.Person = true
			if have, ok := byLine[d.line]; !ok || d.Differ || !have.Differ && have.First {
				byLine[d.line] = d
			}
		}
	}
	for _, d := range twice {
		byLine[d.line] = d
	}
	if len(byLine) == 0 {
		return numbered
	}
	out := slices.DeleteFunc(numbered, func(d duplicate) bool { _, ok := byLine[d.line]; return ok })
	out = slices.AppendSeq(out, maps.Values(byLine))
	slices.SortFunc(out, func(a, b duplicate) int { return cmp.Compare(a.line, b.line) })
	return out
}
