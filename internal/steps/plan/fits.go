package plan

import (
	"context"
	"strings"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// few is how many rows must show the same fault before the whole file is
// taken to have it: with fewer, each row says it for itself.
const few = 3

// fits looks at the first rows and rejects files that as a whole cannot be
// meant: another institution's, one whose columns were sorted apart, one edited
// in the wrong columns.
func (s *Step) fits(ctx context.Context, imp *domain.Import, p *pass) error {
	numbers := make([]domain.ContactNumber, 0, len(p.sample))
	for _, r := range p.sample {
		numbers = append(numbers, r.number)
	}
	found, err := s.Contacts.GetMany(ctx, imp.Institution, numbers)
	if err != nil {
		return err
	}
	if !p.asked {
		return p.nothingToDo(found)
	}
	if imp.DataType == domain.Contacts {
		return nil // numbers that are not there will be
	}
	if len(found) == 0 && len(p.lines.seen) >= few {
		if yours, err := s.anyYours(ctx, imp, p); err != nil || !yours {
			if err != nil {
				return err
			}
			return fault.New(fault.Invalid, "noneYours", "None of these contacts is yours. Is this the template of another institution?")
		}
	}
	if err := p.kinds(); err != nil {
		return err
	}
	return s.sorted(ctx, imp, p, found)
}

// anyYours looks through all numbers of the file, and those a spreadsheet may
// have taken zeros from, until one is a contact of the institution.
func (s *Step) anyYours(ctx context.Context, imp *domain.Import, p *pass) (bool, error) {
	var ask []domain.ContactNumber
	for _, r := range p.sample[:min(100, len(p.sample))] {
		for n := "0" + r.number; len(n) <= 20; n = "0" + n {
			ask = append(ask, n)
		}
	}
	for i := 0; ; {
		found, err := s.Contacts.GetMany(ctx, imp.Institution, ask)
		if err != nil || len(found) > 0 {
			return len(found) > 0, err
		}
		ask = ask[:0]
		for ; i < len(p.lines.seen) && len(ask) < sampleRows; i++ {
			ask = append(ask, p.lines.number(p.lines.seen[i].number))
		}
		if len(ask) == 0 {
			return false, nil
		}
	}
}

// nothingToDo tells apart a file that was not edited from one that was edited
// in the [old] columns.
func (p *pass) nothingToDo(found map[domain.ContactNumber]domain.Contact) error {
	for _, r := range p.sample {
		c, ok := found[r.number]
		if !ok {
			continue
		}
		k := 0
		for _, col := range p.compared {
			if col.old < 0 {
				continue
			}
			v, known := col.index.ParseOld(r.old[k])
			k++
			if !known || !v.SameAs(c.Get(col.def.Field()), col.def.Kind) {
				return fault.New(fault.Invalid, "oldEdited",
					"Nothing to do: all [new] cells are empty, but [old] differs from what is stored (first on line %d, [old] %s). If you changed [old], write into [new] instead.",
					r.line, col.def.Code)
			}
		}
	}
	return fault.New(fault.Invalid, "nothingToDo", "Nothing to do: there is no value in any [new] column. Write into the [new] cells what should change.")
}

// kinds rejects a file in which no [old] value of a column is one that the
// criterion could have had: its kind was changed since the export.
func (p *pass) kinds() error {
	k := 0
	for _, col := range p.compared {
		if col.old < 0 {
			continue
		}
		filled, known := 0, 0
		for _, r := range p.sample {
			if strings.TrimSpace(r.old[k]) == "" {
				continue
			}
			filled++
			if _, ok := col.index.ParseOld(r.old[k]); ok {
				known++
			}
		}
		k++
		if filled >= few && known == 0 {
			return fault.New(fault.Invalid, "kindChanged",
				"No value in [old] %s is one that this field can have (its kind is %s). It was changed since the export: make a new template.",
				col.def.Code, col.def.Kind)
		}
	}
	return nil
}

// sorted rejects a file in which most e-mail addresses are those of other
// contacts: only a part of its columns was sorted.
func (s *Step) sorted(ctx context.Context, imp *domain.Import, p *pass, found map[domain.ContactNumber]domain.Contact) error {
	var emails []string
	looked, first := 0, 0
	for _, r := range p.sample {
		c, ok := found[r.number]
		if !ok || r.email == "" {
			continue
		}
		looked++
		if !strings.EqualFold(r.email, c.Email()) {
			emails = append(emails, r.email)
			if first == 0 {
				first = r.line
			}
		}
	}
	if len(emails) < few || 2*len(emails) <= looked {
		return nil
	}
	holders, err := s.Contacts.ByEmail(ctx, imp.Institution, emails)
	if err != nil {
		return err
	}
	if len(holders) < few || 2*len(holders) <= looked {
		return nil
	}
	return fault.New(fault.Invalid, "columnsSorted",
		"In most rows the e-mail address is that of another contact (first on line %d): a part of the columns was sorted without the rest. Start again from the template and sort whole rows.", first)
}
