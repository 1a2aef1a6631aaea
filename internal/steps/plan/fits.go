package plan

import (
	"context"
	"strings"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/field"
	"rollbook/internal/importing/flow"
)

const (
	sampleRows  = 1000
	sampleBytes = 16 << 20
)

// sample keeps the first rows, by which one sees whether the file fits the
// institution's contacts.
type sample struct {
	email int
	olds  []oldColumn
	rows  []sampled
	bytes int // of all rows so far
}

type oldColumn struct {
	at    int
	index *field.Index
}

// sampled is one of the first rows. Its old values are in the order of the olds.
type sampled struct {
	line   int
	number domain.ContactNumber
	email  string
	old    []string
}

func newSample(cols []flow.Column, l flow.Layout, cat *domain.Catalogue) *sample {
	s := &sample{email: l.Email}
	for i, c := range cols {
		if c.Role == flow.OldRole {
			d, _ := cat.Lookup(c.Field)
			s.olds = append(s.olds, oldColumn{i, field.NewIndex(d)})
		}
	}
	return s
}

func (s *sample) see(r *row) {
	if r.Fault != nil || !r.numbered || len(s.rows) == sampleRows || s.bytes >= sampleBytes {
		return
	}
	for _, c := range r.Cells {
		s.bytes += len(c) // which the sample keeps: the cells of a row share memory
	}
	if s.bytes >= sampleBytes {
		return
	}
	out := sampled{line: r.Line, number: r.number}
	if s.email >= 0 {
		out.email = strings.TrimSpace(r.Cells[s.email])
	}
	for _, c := range s.olds {
		out.old = append(out.old, r.Cells[c.at])
	}
	s.rows = append(s.rows, out)
}

// few is how many rows must show the same fault before the whole file is
// taken to have it: with fewer, each row says it for itself.
const few = 3

// fits looks at the first rows and rejects files that as a whole cannot be
// meant: another institution's, one whose columns were sorted apart, one edited
// in the wrong columns.
func (s *Step) fits(ctx context.Context, imp *domain.Import, first *sample, asked bool, same *repeats) error {
	numbers := make([]domain.ContactNumber, 0, len(first.rows))
	for _, r := range first.rows {
		numbers = append(numbers, r.number)
	}
	found, err := s.Contacts.GetMany(ctx, imp.Institution, numbers)
	if err != nil {
		return err
	}
	if !asked && imp.Corrections != nil {
		return fault.New(fault.Invalid, "nothingToDo") // decided so, and [old] is not the user's
	}
	if !asked {
		return first.nothingToDo(found)
	}
	if imp.DataType == domain.Contacts {
		return nil // numbers that are not there will be
	}
	if len(found) == 0 && len(same.lines.seen) >= few {
		if yours, err := s.anyYours(ctx, imp, first, same); err != nil || !yours {
			if err != nil {
				return err
			}
			return fault.New(fault.Invalid, "noneYours")
		}
	}
	if err := first.kinds(); err != nil {
		return err
	}
	return s.sorted(ctx, imp, first, found)
}

// anyYours looks through all numbers of the file, and those a spreadsheet may
// have taken zeros from, until one is a contact of the institution.
func (s *Step) anyYours(ctx context.Context, imp *domain.Import, first *sample, same *repeats) (bool, error) {
	var ask []domain.ContactNumber
	for _, r := range first.rows[:min(100, len(first.rows))] {
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
		for ; i < len(same.lines.seen) && len(ask) < sampleRows; i++ {
			ask = append(ask, same.lines.number(same.lines.seen[i].number))
		}
		if len(ask) == 0 {
			return false, nil
		}
	}
}

// nothingToDo tells apart a file that was not edited from one that was edited
// in the [old] columns.
func (s *sample) nothingToDo(found map[domain.ContactNumber]domain.Contact) error {
	for _, r := range s.rows {
		c, ok := found[r.number]
		if !ok {
			continue
		}
		for k, col := range s.olds {
			v, known := col.index.ParseOld(r.old[k])
			if !known || !v.SameAs(c.Get(col.index.Field()), col.index.Kind) {
				return fault.New(fault.Invalid, "oldEdited", r.line, col.index.Code)
			}
		}
	}
	return fault.New(fault.Invalid, "nothingToDo")
}

// kinds rejects a file in which no [old] value of a column is one that the
// criterion could have had: its kind was changed since the export.
func (s *sample) kinds() error {
	for k, col := range s.olds {
		filled, known := 0, 0
		for _, r := range s.rows {
			if strings.TrimSpace(r.old[k]) == "" {
				continue
			}
			filled++
			if _, ok := col.index.ParseOld(r.old[k]); ok {
				known++
			}
		}
		if filled >= few && known == 0 {
			return fault.New(fault.Invalid, "kindChanged", col.index.Code, col.index.Kind)
		}
	}
	return nil
}

// sorted rejects a file in which most e-mail addresses are those of other
// contacts: only a part of its columns was sorted.
func (s *Step) sorted(ctx context.Context, imp *domain.Import, sampled *sample, found map[domain.ContactNumber]domain.Contact) error {
	var emails []string
	looked, first := 0, 0
	for _, r := range sampled.rows {
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
	return fault.New(fault.Invalid, "columnsSorted", first)
}
