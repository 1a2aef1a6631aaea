package compare

import (
	"strings"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/reason"
	"rollbook/internal/domain/text"
)

// another reports whether a row that has found its contact by the e-mail address
// alone is about another person: one with another first name, or with another last
// name and another birth date. Families share an address, and people marry. What
// the row compares with [old] it knew.
func (r *Row) another(live domain.Contact) (domain.Problem, bool) {
	if r.Person == nil || r.Person.Email == "" || r.Person.Same != "" || !field.Blank(r.Key) {
		return domain.Problem{}, false
	}
	says := map[domain.Field]string{}
	for i := range r.Cells {
		if c := &r.Cells[i]; !c.Compared && c.Edit.Value != domain.Empty {
			says[c.Def.Field()] = string(c.Edit.Value)
		}
	}
	differs := func(f domain.Field, same func(a, b string) bool) bool {
		return says[f] != "" && live.Get(f) != domain.Empty && !same(says[f], string(live.Get(f)))
	}
	equal := func(a, b string) bool { return text.Normalise(a) == text.Normalise(b) }
	born := says[domain.ContactBirthDate]
	if born != "" && born == string(live.Get(domain.ContactBirthDate)) {
		return domain.Problem{}, false
	}
	first := differs(domain.ContactFirstName, sameFirstName)
	last := differs(domain.ContactLastName, equal) && differs(domain.ContactBirthDate, equal)
	if !first && !last {
		return domain.Problem{}, false
	}
	is := who(func(f domain.Field) string { return string(live.Get(f)) })
	wish := who(func(f domain.Field) string { return says[f] })
	return domain.Problem{Line: r.Line, Column: r.Person.EmailColumn, Field: "Email", Value: r.Person.Email, Outcome: domain.RowConflicted,
		Reason: reason.New("anotherPerson", "#"+string(live.Number), is, wish), Live: &is, New: &wish, Contact: live.Number}, true
}

// who writes a person down by name and birth date.
func who(get func(domain.Field) string) string {
	name := strings.TrimSpace(get(domain.ContactFirstName) + " " + get(domain.ContactLastName))
	if born := get(domain.ContactBirthDate); born != "" {
		name += ", " + born
	}
	return strings.TrimPrefix(name, ", ")
}

// sameFirstName reports whether two first names may be one person's: the same, one
// of several, or an initial.
func sameFirstName(a, b string) bool {
	as, bs := words(a), words(b)
	if len(as) == 0 || len(bs) == 0 {
		return true
	}
	initial := func(a, b string) bool { return len([]rune(a)) == 1 && strings.HasPrefix(b, a) }
	return as[0] == bs[0] || initial(as[0], bs[0]) || initial(bs[0], as[0])
}

// words are the names that a first name has, without hyphens and points.
func words(name string) []string {
	return strings.FieldsFunc(text.Normalise(name), func(r rune) bool { return strings.ContainsRune(" -.‐‑", r) })
}
