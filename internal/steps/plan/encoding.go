package plan

import (
	"context"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/text"
	"rollbook/internal/file/sheet"
	"rollbook/internal/importing/flow"
)

// stored returns the field whose text the cells of a column most likely repeat:
// what the user saw, or the name of a contact that is there already.
func stored(c flow.Column, cat *domain.Catalogue) (domain.Field, bool) {
	if c.Role == flow.InfoRole {
		m := bracketed.FindStringSubmatch(c.Name)
		for _, d := range cat.Of(domain.Contacts) {
			if m != nil && text.Normalise(d.Label) == text.Normalise(m[2]) {
				return d.Field(), true
			}
		}
		return "", false
	}
	d, ok := cat.Lookup(c.Field)
	return c.Field, ok && field.Of(d.Kind).Free && (d.Kind == domain.ContactText || c.Role == flow.OldRole)
}

func notASCII(r rune) bool { return r >= utf8.RuneSelf }

// accents observes texts that say again what is stored and have letters that
// depend on the encoding.
type accents struct {
	cols  []textColumn
	found []accented
}

// textColumn is one whose cells say again what is stored.
type textColumn struct {
	at    int
	field domain.Field
}

type accented struct {
	line   int
	number domain.ContactNumber
	field  domain.Field
	cell   string
}

func newAccents(cols []flow.Column, cat *domain.Catalogue) *accents {
	a := &accents{}
	for i, c := range cols {
		if f, ok := stored(c, cat); ok {
			a.cols = append(a.cols, textColumn{i, f})
		}
	}
	return a
}

func (a *accents) see(r *row) {
	if r.Fault != nil || !r.numbered {
		return
	}
	for _, c := range a.cols {
		if text := r.Cells[c.at]; len(a.found) < sampleRows && len(text) < 1000 && strings.ContainsFunc(text, notASCII) {
			a.found = append(a.found, accented{r.Line, r.number, c.field, strings.Clone(text)})
		}
	}
}

// encoding rejects a file whose 8-bit encoding was guessed wrongly. The file
// itself tells: where its names are not those that are stored, but would be in
// another encoding, it was saved in that one.
func (s *Step) encoding(ctx context.Context, imp *domain.Import, texts []accented, guessed string) error {
	if guessed == "" || strings.HasPrefix(guessed, "UTF-") || len(texts) == 0 {
		return nil
	}
	numbers := make([]domain.ContactNumber, len(texts))
	for i, a := range texts {
		numbers[i] = a.number
	}
	found, err := s.Contacts.GetMany(ctx, imp.Institution, numbers)
	if err != nil {
		return err
	}
	speak := map[string]int{} // cells that are as stored in another encoding only, less those as guessed only
	first := map[string]int{} // line of the first of them
	for _, a := range texts {
		c, ok := found[a.number]
		if !ok {
			continue
		}
		live := norm.NFC.String(string(c.Get(a.field)))
		is := func(cell string) bool { return norm.NFC.String(strings.TrimSpace(cell)) == live }
		asGuessed := is(a.cell)
		for name, cell := range sheet.Reread(a.cell, guessed) {
			switch {
			case is(cell) && !asGuessed:
				if speak[name]++; first[name] == 0 {
					first[name] = a.line
				}
			case asGuessed && !is(cell):
				speak[name]--
			}
		}
	}
	best, most := "", 0
	for name := range sheet.Reread("", guessed) {
		if speak[name] > most {
			best, most = name, speak[name]
		}
	}
	if best == "" {
		return nil
	}
	return fault.New(fault.Invalid, "encodingNotRecognised.stored", guessed, best, first[best])
}
