package person

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/text"
)

// name checks a first or last name. A first name is a person's, and no person's
// name has a digit. A last name may be an organisation's (Théâtre 140): one with
// a digit is taken with a warning, and Row refuses it beside a first name. A
// name without any letter is a slipped column or a placeholder.
func name(f domain.Field, text string) (string, *field.Warning, *field.Problem) {
	if strings.Contains(text, "@") {
		if _, no := parseAddress(plain(text)); no == "" {
			return "", nil, &field.Problem{Code: EmailInName, Message: field.Quote(text) + " is an e-mail address, not a name."}
		}
	}
	digit := strings.ContainsFunc(text, unicode.IsDigit)
	switch {
	case !strings.ContainsFunc(text, unicode.IsLetter):
		return "", nil, &field.Problem{Code: NoLetter,
			Message: field.Quote(text) + " has no letter. Write the name, or leave the cell blank."}
	case digit && f == domain.ContactFirstName:
		return "", nil, &field.Problem{Code: DigitInName, Message: field.Quote(text) + " has a digit, which no first name has."}
	case digit:
		return text, &field.Warning{Code: DigitInLastName,
			Message: field.Quote(text) + " has a digit. It is taken for the name of an organisation."}, nil
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
			return "", &field.Problem{Code: field.AmbiguousValue,
				Message: fmt.Sprintf("%s may be %s. Write the title exactly.", field.Quote(text), join(found, "or"))}
		}
	}
	p := &field.Problem{Code: UnknownTitle, Message: field.Quote(text) + " is not one of the titles."}
	if near, ok := field.Nearest(text, list); ok {
		p.Suggestion = Format(domain.ContactTitle, domain.Value(near))
		p.Message += fmt.Sprintf(" Did you mean %s?", near)
	} else if len(list) > 12 {
		p.Message += " Taken are titles such as " + strings.Join(list[:12], ", ") + "."
	} else {
		p.Message += " Taken are " + join(list, "and") + "."
	}
	return "", p
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

// join joins words as a sentence does: A, B or C.
func join(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	n := len(words) - 1
	return strings.Join(words[:n], ", ") + " " + last + " " + words[n]
}
