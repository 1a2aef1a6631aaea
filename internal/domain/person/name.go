package person

import (
	"slices"
	"strings"
	"unicode"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/reason"
	"rollbook/internal/domain/text"
)

// name checks a first or last name. One with a digit, of one letter, or in
// capitals is taken with a warning: a last name may be an organisation's (Théâtre
// 140), a first name an initial. A name without any letter is a slipped column or
// a placeholder.
func name(f domain.Field, text string) (string, *field.Warning, *field.Problem) {
	if strings.Contains(text, "@") {
		if _, wrong := parseAddress(text, plain(text)); wrong == nil {
			return "", nil, no("emailInName", text)
		}
	}
	letters, upper := 0, 0
	for _, r := range text {
		if unicode.IsLetter(r) {
			letters++
		}
		if unicode.IsUpper(r) {
			upper++
		}
	}
	digit := strings.ContainsFunc(text, unicode.IsDigit)
	switch {
	case letters == 0:
		return "", nil, no("noLetter", text)
	case digit && f == domain.ContactFirstName:
		return text, look("digitInFirstName", text), nil
	case digit:
		return text, look("digitInLastName", text), nil
	case letters == 1 && strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Latin, r) }): // elsewhere a letter is a name
		return text, look("oneLetter", text), nil
	case letters == upper && letters > 3:
		return text, look("capitals", text), nil
	}
	return text, nil, nil
}

// salutations are those of lists in five languages, each in a group that means the
// same: what is one of them is the one title of an institution that is of its group.
var salutations = map[string][]string{
	"him":  {"M", "Mr", "Mister", "Monsieur", "Herr", "Herrn", "Hr", "Sig", "Signor", "Signore", "Sr", "Señor", "D", "Don", "De heer", "Dhr"},
	"her":  {"Mme", "Madame", "Mlle", "Mademoiselle", "Mrs", "Ms", "Miss", "Frau", "Fr", "Fräulein", "Sig.ra", "Signora", "Sig.na", "Signorina", "Sra", "Señora", "Srta", "Señorita", "Dña", "Doña", "Mevrouw", "Mevr", "Mw"},
	"both": {"M. et Mme", "Monsieur et Madame", "Mme et M.", "Mr and Mrs", "Mr & Mrs", "MR_AND_MRS", "Herr und Frau", "Frau und Herr", "Familie", "Famille", "Family", "Famiglia", "Familia", "Sig. e Sig.ra", "Sr. y Sra."},
	"firm": {"Company", "Firma", "Société", "Entreprise", "Ditta", "Società", "Azienda", "Empresa", "Organisation", "Organization", "Organisation / Company"},
	"mx":   {"Mx", "Divers", "Neutral", "Neutre", "Neutro"},
}

var greetings = func() map[string]string {
	m := map[string]string{}
	for meant, words := range salutations {
		for _, w := range words {
			m[unpointed(w)] = meant
		}
	}
	return m
}()

// greeted returns the group of a salutation, "" for none.
func greeted(title string) string { return greetings[unpointed(title)] }

// title finds the one of the institution's titles that is meant: exactly, in
// any case, but for accents and full stops, or in another language. Without a list
// any title is taken.
func (c *Checker) title(text string) (string, *field.Problem) {
	if slices.Contains(c.Settings.Titles, text) {
		return text, nil
	}
	var list []string
	for _, t := range c.Settings.Titles {
		v, p := field.Text(t, Def(domain.ContactTitle).MaxLength)
		if p == nil && v != domain.Empty && !slices.Contains(list, string(v)) {
			list = append(list, string(v))
		}
	}
	if list == nil || slices.Contains(list, text) {
		return text, nil
	}
	for _, same := range []func(a, b string) bool{
		strings.EqualFold,
		func(a, b string) bool { return unpointed(a) == unpointed(b) && unpointed(a) != "" },
	} {
		var found []string
		for _, t := range list {
			if same(t, text) {
				found = append(found, t)
			}
		}
		if len(found) == 1 {
			return found[0], nil
		}
		if len(found) > 1 {
			return "", no("ambiguousValue.title", text, found)
		}
	}
	if meant := greeted(text); meant != "" {
		var found []string
		for _, t := range list {
			if greeted(t) == meant {
				found = append(found, t)
			}
		}
		if len(found) == 1 {
			return found[0], nil
		}
		if len(found) > 1 {
			return "", no("ambiguousValue.title", text, found)
		}
	}
	if near, ok := field.Nearest(text, list); ok {
		return "", no("unknownTitle", text, Format(domain.ContactTitle, domain.Value(near)), nil, nil)
	}
	if len(list) > 12 {
		return "", no("unknownTitle", text, nil, nil, list[:12])
	}
	return "", no("unknownTitle", text, nil, list, nil)
}

// unpointed is a word without case, accents and what is no letter or digit.
func unpointed(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, text.Normalise(s))
}

// no makes the problem of a code, as reason.New does.
func no(key string, values ...any) *field.Problem {
	r := reason.New(key, values...)
	return &r
}

// look makes the warning of a code.
func look(key string, values ...any) *field.Warning {
	return &field.Warning{Reason: reason.New(key, values...)}
}
