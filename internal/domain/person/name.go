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

// title finds the one of the institution's titles that is meant: exactly, in
// any case, or but for accents and full stops. Without a list any title is
// taken.
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
