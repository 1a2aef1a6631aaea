package plan

import (
	"context"
	"slices"
	"strings"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/reason"
	"rollbook/internal/domain/text"
	"rollbook/internal/importing/flow"
)

// asked is how many rows are compared with the contacts to find out whose numbers a
// file has.
const asked = 50

// elsewhere leaves out a column that was taken for the contact number only for what
// it is called, if the contacts say that its numbers are another system's: those who
// have them here are other people, or the people have other numbers here. Written as
// ours they would change strangers, or make a second contact of each. What a test
// found out holds for its update.
func (s *Step) elsewhere(ctx context.Context, imp *domain.Import, m *matched, rows *ahead) ([]domain.Warning, error) {
	labelled := func(f domain.Field) int {
		d, _ := domain.ContactDef(f)
		return slices.IndexFunc(m.headers, func(h domain.Header) bool { return strings.EqualFold(h.Column, d.Label) })
	}
	key := slices.IndexFunc(m.headers, func(h domain.Header) bool { return h.By == domain.BySynonym && h.Column == flow.KeyColumn })
	email, last := labelled(domain.ContactEmail), labelled(domain.ContactLastName)
	if key < 0 || email < 0 && last < 0 || imp.DataType != domain.Contacts || imp.OfKind == domain.UndoOf {
		return nil, nil
	}
	votes := votes{found: imp.Learnt.Elsewhere}
	if imp.OfKind != domain.UpdateOf && !imp.Checked() {
		var err error
		if votes, err = s.votes(ctx, imp, rows, key, email, last); err != nil {
			return nil, err
		}
	}
	if !votes.found {
		return nil, nil
	}
	h := &m.headers[key]
	h.Column, h.By, h.Samples, h.Suggestions = "", domain.ByLeftOut, []string{}, []string{flow.KeyColumn}
	m.elsewhere = []int{key}
	return []domain.Warning{{Column: h.Name, Reason: reason.New("numbersElsewhere", h.Name)}}, nil
}

// votes are what rows say of whose numbers they have.
type votes struct {
	ours, others int
	found        bool // that they are another system's
}

func (s *Step) votes(ctx context.Context, imp *domain.Import, rows *ahead, key, email, last int) (votes, error) {
	cell := func(r []string, i int) string {
		if i < 0 {
			return ""
		}
		return text.Normalise(strings.TrimSpace(r[i]))
	}
	type known struct {
		number domain.ContactNumber
		cells  []string
	}
	var v votes
	var look []known
	var numbers []domain.ContactNumber
	var emails []string
	for _, r := range rows.rows {
		if r.Fault != nil || len(look) == asked {
			continue
		}
		n, problem := field.ParseNumber(r.Cells[key])
		if problem != nil {
			continue
		}
		look, numbers = append(look, known{n, r.Cells}), append(numbers, n)
		if e := cell(r.Cells, email); e != "" {
			emails = append(emails, strings.TrimSpace(r.Cells[email]))
		}
	}
	found, err := s.Contacts.GetMany(ctx, imp.Institution, numbers)
	if err != nil {
		return v, err
	}
	holders, err := s.Contacts.ByEmail(ctx, imp.Institution, emails)
	if err != nil {
		return v, err
	}
	byEmail := map[string][]domain.ContactNumber{}
	for e, ns := range holders {
		byEmail[text.Normalise(e)] = ns
	}
	for _, k := range look {
		have := byEmail[cell(k.cells, email)]
		same := func(n domain.ContactNumber) bool { // but for zeros that a spreadsheet took
			return strings.TrimLeft(string(n), "0") == strings.TrimLeft(string(k.number), "0")
		}
		c, there := found[k.number]
		switch {
		case slices.ContainsFunc(have, same):
			v.ours++
		case there && cell(k.cells, last) != "" && cell(k.cells, last) == text.Normalise(string(c.Get(domain.ContactLastName))):
			v.ours++
		case len(have) > 0:
			v.others++
		case there && differs(c, cell(k.cells, email), cell(k.cells, last)):
			v.others++
		}
	}
	v.found = v.others >= few && v.others > v.ours
	return v, nil
}

// differs reports whether a contact has both an address and a last name, or the one
// that the file has, that are not those of a row.
func differs(c domain.Contact, email, last string) bool {
	other := func(cell string, f domain.Field) bool {
		v := text.Normalise(string(c.Get(f)))
		return cell != "" && v != "" && cell != v
	}
	e, l := other(email, domain.ContactEmail), other(last, domain.ContactLastName)
	return e && l || e && last == "" || l && email == ""
}
