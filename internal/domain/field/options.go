package field

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"rollbook/internal/domain"
)

// dash parts code and label where a value is offered.
const dash = " – "

// Options returns the texts that a [new] cell of the field can be offered to
// choose from, each of which ParseNew takes for just that: a value as
// "CODE – Label", or its code alone where the label says nothing more or would
// read as something else; TRUE and FALSE; Empty at the end. Retired values are
// not among them. A multichoice field has its values three times: alone, which
// replaces, then after add: and after remove:, there with the retired ones. A
// text has none.
func Options(d domain.FieldDef) []string {
	var out []string
	switch d.Kind {
	case domain.YesNo, domain.Authorisation:
		out = append(out, "TRUE", "FALSE")
	case domain.SingleChoice:
		for _, c := range d.Values {
			if !c.Retired {
				out = append(out, offer("", c, d))
			}
		}
	case domain.MultiChoice:
		for _, verb := range []string{"", "add: ", "remove: "} {
			for _, c := range d.Values {
				if !c.Retired || verb == "remove: " {
					out = append(out, offer(verb, c, d))
				}
			}
		}
	default:
		return nil
	}
	return append(out, "Empty")
}

// offer writes one value so that it reads back.
func offer(verb string, c domain.Choice, d domain.FieldDef) string {
	code := verb + escapeCode(c.Code)
	label := strings.Join(strings.Fields(c.Label), " ")
	if label == "" || key(label) == key(c.Code) || strings.ContainsFunc(label, unicode.IsControl) {
		return code
	}
	text := verb + c.Code + dash + label
	e, w, p := ParseNew(text, d)
	want := []string{c.Code}
	if w != nil || p != nil || !slices.Equal(e.Value.Codes(), want) && !slices.Equal(e.Add, want) && !slices.Equal(e.Remove, want) {
		return code
	}
	return text
}

// offered finds the value that a word shows as "CODE – Label". The code decides:
// a label may have been changed since, but must not be that of another value.
func offered(word string, d domain.FieldDef) (c domain.Choice, w *Warning, ok bool) {
	i := strings.IndexAny(word, "-–—")
	if i < 0 {
		return c, nil, false
	}
	code, rest := word[:i], word[i:]
	if c, ok = d.Choice(strings.ToUpper(key(code))); !ok {
		return c, nil, false
	}
	label := strings.TrimLeft(rest, "-–—")
	if key(label) == key(c.Label) {
		return c, nil, true
	}
	if !strings.HasPrefix(word[i-min(i, 1):], dash) || Blank(label) || find(word, d) != nil || find(trim(label), d) != nil {
		return c, nil, false
	}
	return c, &Warning{Code: OtherLabel, Message: fmt.Sprintf("%s was read as the value %s of %s, whose label is now another.", quote(word), c.Code, d.Code)}, true
}
