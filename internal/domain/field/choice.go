package field

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"rollbook/internal/domain"
)

// find returns the values that a word names, by the first of these that fits
// any: the code in any case, the label in any case, the label but for blanks
// and hidden characters, the label without accents.
func find(word string, d domain.FieldDef) []domain.Choice {
	k := key(word)
	code := strings.ToUpper(k)
	if c, ok := d.Choice(code); ok {
		return []domain.Choice{c}
	}
	var b string
	for _, fits := range []func(label string) bool{
		func(label string) bool { return strings.EqualFold(label, word) },
		func(label string) bool { return key(label) == k },
		func(label string) bool {
			if b == "" {
				b = bare(word)
			}
			return bare(label) == b
		},
	} {
		var out []domain.Choice
		for _, c := range d.Values {
			if c.Label != "" && fits(c.Label) {
				out = append(out, c)
			}
		}
		if out != nil {
			return out
		}
	}
	return nil
}

// findEscaped is find for a word that escapeCode may have marked.
func findEscaped(word string, d domain.FieldDef) []domain.Choice {
	if rest, ok := strings.CutPrefix(word, `\`); ok && emptyWord(key(rest)) {
		return find(rest, d)
	}
	return find(word, d)
}

// pick chooses the one value that is meant.
func pick(word string, found []domain.Choice, d domain.FieldDef, retiredOK bool) (string, *Problem) {
	ok, p := usable(word, found, d, retiredOK)
	if p != nil {
		return "", p
	}
	if len(ok) > 1 {
		return "", &Problem{Code: AmbiguousValue,
			Message: fmt.Sprintf("%s may be %s of %s. Write the code.", quote(word), list(codesOf(ok), "or"), d.Code)}
	}
	return ok[0].Code, nil
}

// usable returns the values that may be meant. A retired one is passed over for
// a live one of the same name, since it could not be set; if it may be removed
// (retiredOK), it counts.
func usable(word string, found []domain.Choice, d domain.FieldDef, retiredOK bool) ([]domain.Choice, *Problem) {
	if retiredOK {
		return found, nil
	}
	var live []domain.Choice
	for _, c := range found {
		if !c.Retired {
			live = append(live, c)
		}
	}
	if live == nil {
		return nil, &Problem{Code: RetiredValue, Message: retiredMessage(word, found[0], d)}
	}
	return live, nil
}

// changed says that a spreadsheet made the word of one of the values found.
func changed(code, what, word string, found []domain.Choice, d domain.FieldDef, retiredOK bool) *Problem {
	ok, p := usable(word, found, d, retiredOK)
	if p != nil {
		return p
	}
	p = &Problem{Code: code, Message: fmt.Sprintf(
		"The spreadsheet changed this %s to %s. It may have been %s. Format the column as text and write the code again.",
		what, quote(word), list(codesOf(ok), "or"))}
	if len(ok) == 1 {
		p.Suggestion = ok[0].Code
	}
	return p
}

func retiredMessage(word string, c domain.Choice, d domain.FieldDef) string {
	name := quote(word)
	if key(word) != key(c.Code) {
		name += " (" + c.Code + ")"
	}
	return fmt.Sprintf("%s is a retired value of %s: it can no longer be set. %s", name, d.Code, taken(d))
}

func codesOf(choices []domain.Choice) []string {
	out := make([]string, len(choices))
	for i, c := range choices {
		out[i] = c.Code
	}
	return out
}

// taken says what a choice field takes, with a few codes.
func taken(d domain.FieldDef) string {
	var codes []string
	for _, c := range d.Values {
		if !c.Retired {
			codes = append(codes, c.Code)
		}
	}
	switch {
	case codes == nil:
		return d.Code + " has no values to choose from."
	case len(codes) > 8:
		return "Taken are codes such as " + strings.Join(codes[:8], ", ") + ", and labels; values.csv has them all."
	}
	return "Taken are " + list(codes, "and") + ", and their labels."
}

// resolve finds the code of one word. Unknown is true if the word names
// nothing at all: then the caller says so.
func resolve(word string, d domain.FieldDef, retiredOK bool) (code string, w *Warning, p *Problem, unknown bool) {
	if c, w, ok := offered(word, d); ok {
		code, p := pick(word, []domain.Choice{c}, d, retiredOK)
		return code, w, p, false
	}
	if found := findEscaped(word, d); found != nil {
		code, p := pick(word, found, d, retiredOK)
		return code, sameNumber(word, code, d), p, false
	}
	if found := sameNumbers(word, d); found != nil {
		code, p := pick(word, found, d, retiredOK)
		if p == nil {
			w = &Warning{Code: NumberFormat, Message: fmt.Sprintf("%s was read as the value %s of %s.", quote(word), code, d.Code)}
		}
		return code, w, p, false
	}
	if found := roundedNumbers(word, d); found != nil {
		return "", nil, changed(SpreadsheetNumber, "number", word, found, d, retiredOK), false
	}
	if found := sameDates(word, d); found != nil {
		return "", nil, changed(SpreadsheetDate, "code", word, found, d, retiredOK), false
	}
	if suspicious(key(word)) {
		return "", nil, &Problem{Code: MaybeEmpty, Suggestion: "Empty",
			Message: fmt.Sprintf("Is %s meant to be Empty? Write Empty to clear the value. %s", quote(word), taken(d))}, false
	}
	return "", nil, nil, true
}

// resolveOld finds the code of one word of an [old] cell: one that a
// spreadsheet changed is still what the user saw, if exactly one code fits.
func resolveOld(word string, d domain.FieldDef) (string, bool) {
	for _, search := range []func(string, domain.FieldDef) []domain.Choice{findEscaped, sameNumbers, roundedNumbers, sameDates} {
		if found := search(word, d); found != nil {
			return found[0].Code, len(found) == 1
		}
	}
	return "", false
}

// near returns the code, or Empty, that a misspelt word is meant to be.
func near(word string, d domain.FieldDef) (string, bool) {
	cands := []candidate{{"empty", "Empty"}}
	for _, c := range d.Values {
		if !c.Retired {
			cands = append(cands, candidate{bare(c.Code), c.Code}, candidate{bare(c.Label), c.Code})
		}
	}
	return nearest(bare(word), cands)
}

func parseChoice(text string, d domain.FieldDef) (Edit, *Warning, *Problem) {
	if emptyWord(key(text)) {
		return Edit{}, emptyIsValue(text, d), nil
	}
	code, w, p, unknown := resolve(text, d, false)
	if !unknown {
		return Edit{Value: domain.Value(code)}, w, p
	}
	if parts, ok := several(text, d); ok {
		return Edit{}, nil, &Problem{Code: TooManyValues,
			Message: fmt.Sprintf("%s has %d values, but %s takes one.", quote(text), parts, d.Code)}
	}
	p = &Problem{Code: UnknownValue}
	if code, ok := near(text, d); ok {
		p.Suggestion = code
		p.Message = fmt.Sprintf("%s is not a value of %s. Did you mean %s?", quote(text), d.Code, code)
	} else {
		p.Message = fmt.Sprintf("%s is not a value of %s. %s", quote(text), d.Code, taken(d))
	}
	return Edit{}, nil, p
}

// signs are what people part values by, besides |.
const signs = ",;/+&\n\r"

// several tells whether a text that names no value has more than one: parted
// by |, which nothing else is for, or by other signs if every part is a value.
func several(text string, d domain.FieldDef) (parts int, ok bool) {
	if words := split(text, "|"); len(words) > 1 {
		return len(words), true
	}
	words := split(text, signs)
	if len(words) < 2 {
		return 0, false
	}
	for _, w := range words {
		if find(w, d) == nil {
			return 0, false
		}
	}
	return len(words), true
}

// split cuts a text at any of the signs into trimmed words, without blank ones.
func split(text, signs string) []string {
	var out []string
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(signs, r) }) {
		if !Blank(part) {
			out = append(out, trim(part))
		}
	}
	return out
}

// once returns the words without those that were there before.
func once(words []string) []string {
	seen := make(map[string]bool, len(words))
	return slices.DeleteFunc(words, func(w string) bool {
		again := seen[w]
		seen[w] = true
		return again
	})
}

// emptyIsValue warns if a value is called as the word that was taken to clear.
func emptyIsValue(word string, d domain.FieldDef) *Warning {
	found := find(word, d)
	if found == nil {
		return nil
	}
	return &Warning{Code: EmptyIsValue, Message: fmt.Sprintf(
		`%s was taken to clear the value. For the value %s of %s write \%s.`, quote(word), found[0].Code, d.Code, found[0].Code)}
}

var (
	deltaPrefix = regexp.MustCompile(`(?i)^(add|remove)\s*[:：]`)
	deltaInside = regexp.MustCompile(`(?i)(^|[|,;\s])(add|remove)\s*[:：]`)
)

func parseList(text string, d domain.FieldDef) (Edit, *Warning, *Problem) {
	if emptyWord(key(text)) {
		return Edit{}, emptyIsValue(text, d), nil
	}
	verb, rest := "", strings.TrimLeftFunc(text, hidden)
	if m := deltaPrefix.FindStringSubmatch(rest); m != nil {
		verb, rest = strings.ToLower(m[1]), rest[len(m[0]):]
	}
	if deltaInside.MatchString(rest) {
		return Edit{}, nil, &Problem{Code: MixedList, Message: fmt.Sprintf(
			"%s mixes lists. A cell takes one of: a list such as A|B, which replaces; add: and a list; remove: and a list.", quote(text))}
	}
	words := once(split(rest, "|"))
	if words == nil {
		return Edit{}, nil, &Problem{Code: BlankList,
			Message: fmt.Sprintf("%s has no value in it. Write a list such as A|B, or Empty to clear.", quote(text))}
	}
	var codes, unknown []string
	var warning *Warning
	var problem *Problem
	fixed, fixable := make([]string, len(words)), true
	for i, word := range words {
		if emptyWord(key(word)) {
			return Edit{}, nil, &Problem{Code: EmptyInList,
				Message: fmt.Sprintf("%s has Empty in a list. Write Empty alone to clear, or only values.", quote(text))}
		}
		code, w, p, no := resolve(word, d, verb == "remove")
		switch {
		case p != nil:
			if problem == nil {
				problem = p
			}
			code = p.Suggestion
		case no && len(unknown) == maxUnknown:
			return Edit{}, nil, unknownInList("", words, unknown, "", d)
		case no:
			unknown = append(unknown, quote(word))
			code, _ = near(word, d)
		case w != nil:
			warning = w
		}
		if no || p != nil {
			fixable = fixable && code != "" && code != "Empty"
		}
		fixed[i] = escapeCode(code)
		if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	if verb != "" {
		verb += ": "
	}
	suggestion := ""
	if fixable {
		suggestion = verb + strings.Join(fixed, "|")
	}
	if unknown != nil {
		return Edit{}, nil, unknownInList(verb, words, unknown, suggestion, d)
	}
	if problem != nil {
		if len(words) > 1 || verb != "" || problem.Suggestion != "Empty" {
			problem.Suggestion = suggestion
		}
		return Edit{}, nil, problem
	}
	switch verb {
	case "add: ":
		return Edit{Add: codes}, warning, nil
	case "remove: ":
		return Edit{Remove: codes}, warning, nil
	}
	return Edit{Value: d.Order(codes)}, warning, nil
}

// maxUnknown is how many unknown parts of one list are named.
const maxUnknown = 8

// unknownInList names the parts of a list that are no values.
func unknownInList(verb string, words, unknown []string, suggestion string, d domain.FieldDef) *Problem {
	p := &Problem{Code: UnknownValue}
	if _, ok := several(words[0], d); ok && len(words) == 1 {
		p.Message = fmt.Sprintf("%s is not a value of %s. Values in a list are parted by |.", quote(words[0]), d.Code)
		var codes []string
		for _, w := range split(words[0], signs) {
			code, problem := pick(w, find(w, d), d, verb == "remove: ")
			if problem != nil {
				return p
			}
			codes = append(codes, escapeCode(code))
		}
		p.Suggestion = verb + strings.Join(codes, "|")
		return p
	}
	is := "is not a value"
	if len(unknown) > 1 {
		is = "are not values"
	}
	p.Message = fmt.Sprintf("%s %s of %s.", list(unknown, "and"), is, d.Code)
	if suggestion != "" {
		p.Suggestion = suggestion
		p.Message += fmt.Sprintf(" Did you mean %s?", quote(suggestion))
	} else {
		p.Message += " " + taken(d)
	}
	return p
}
