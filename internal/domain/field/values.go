package field

import (
	"strings"
	"unicode"

	"rollbook/internal/domain"
)

// findEscaped is find for a word that escapeCode may have marked.
func (x *Index) findEscaped(word string) []int {
	if rest, ok := strings.CutPrefix(word, `\`); ok && emptyWord(key(rest)) {
		return x.find(rest)
	}
	return x.find(word)
}

// escapeCode marks a code that would read as Empty.
func escapeCode(code string) string {
	if emptyWord(key(code)) {
		return `\` + code
	}
	return code
}

// pick chooses the one value that is meant.
func (x *Index) pick(word string, found []int, retiredOK bool) (string, *Problem) {
	ok, p := x.usable(word, found, retiredOK)
	if p != nil {
		return "", p
	}
	if len(ok) > 1 {
		return "", no("ambiguousValue", word, codesOf(ok), x.Code)
	}
	return ok[0].Code, nil
}

// usable returns the values that may be meant. A retired one is passed over for
// a live one of the same name, since it could not be set; if it may be removed
// (retiredOK), it counts.
func (x *Index) usable(word string, found []int, retiredOK bool) ([]domain.Choice, *Problem) {
	all := x.choices(found)
	if retiredOK {
		return all, nil
	}
	var live []domain.Choice
	for _, c := range all {
		if !c.Retired {
			live = append(live, c)
		}
	}
	if live == nil {
		return nil, x.retired(word, all[0])
	}
	return live, nil
}

// changed says that a spreadsheet made the word of one of the values found.
func (x *Index) changed(key, word string, found []int, retiredOK bool) *Problem {
	ok, p := x.usable(word, found, retiredOK)
	if p != nil {
		return p
	}
	suggestion := ""
	if len(ok) == 1 {
		suggestion = ok[0].Code
	}
	return no(key, word, codesOf(ok), suggestion)
}

func (x *Index) retired(word string, c domain.Choice) *Problem {
	code := ""
	if key(word) != key(c.Code) {
		code = c.Code
	}
	a := x.accepted()
	return no("retiredValue", word, code, x.Code, a.all, a.some, a.none)
}

func codesOf(choices []domain.Choice) []string {
	out := make([]string, len(choices))
	for i, c := range choices {
		out[i] = c.Code
	}
	return out
}

// accepted is what a field with values takes: all codes, or some of them where
// there are many; none is the field that has no values to choose from.
type accepted struct {
	all, some []string
	none      string
}

func (x *Index) makeAccepted() accepted {
	var codes []string
	for _, c := range x.Values {
		if !c.Retired {
			codes = append(codes, c.Code)
		}
	}
	switch {
	case codes == nil:
		return accepted{none: x.Code}
	case len(codes) > 8:
		return accepted{some: codes[:8]}
	}
	return accepted{all: codes}
}

// resolve finds the code of one word. Unknown is true if the word names
// nothing at all: then the caller says so.
func (x *Index) resolve(word string, retiredOK bool) (code string, w *Warning, p *Problem, unknown bool) {
	if at, w, ok := x.offered(word); ok {
		code, p := x.pick(word, []int{at}, retiredOK)
		return code, w, p, false
	}
	if found := x.findEscaped(word); found != nil {
		code, p := x.pick(word, found, retiredOK)
		return code, x.sameNumber(word, code), p, false
	}
	if found := x.sameNumbers(word); found != nil {
		code, p := x.pick(word, found, retiredOK)
		if p == nil {
			w = look("numberFormat", word, code, x.Code)
		}
		return code, w, p, false
	}
	if found := x.roundedNumbers(word); found != nil {
		return "", nil, x.changed("spreadsheetNumber", word, found, retiredOK), false
	}
	if found := x.sameDates(word); found != nil {
		return "", nil, x.changed("spreadsheetDate", word, found, retiredOK), false
	}
	if suspicious(key(word)) {
		a := x.accepted()
		return "", nil, no("maybeEmpty", word, a.all, a.some, a.none, "Empty"), false
	}
	return "", nil, nil, true
}

// resolveOld finds the code of one word of an [old] cell: one that a
// spreadsheet changed is still what the user saw, if exactly one code fits.
func (x *Index) resolveOld(word string) (string, bool) {
	for _, search := range []func(string) []int{x.findEscaped, x.sameNumbers, x.roundedNumbers, x.sameDates} {
		if found := search(word); found != nil {
			return x.Values[found[0]].Code, len(found) == 1
		}
	}
	return "", false
}

// signs are what people part values by, besides |.
const signs = ",;/+&\n\r"

// several tells whether a text that names no value has more than one: parted
// by |, which nothing else is for, or by other signs if every part is a value.
func (x *Index) several(text string) (parts int, ok bool) {
	if words := split(text, "|"); len(words) > 1 {
		return len(words), true
	}
	words := split(text, signs)
	if len(words) < 2 {
		return 0, false
	}
	for _, w := range words {
		if x.find(w) == nil {
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

// emptyIsValue warns if a value is called as the word that was taken to clear.
func (x *Index) emptyIsValue(word string) *Warning {
	found := x.find(word)
	if found == nil {
		return nil
	}
	code := x.Values[found[0]].Code
	return look("emptyIsValue", word, code, x.Code, `\`+code)
}

// dash parts code and label where a value is offered.
const dash = " – "

// offer writes one value so that it reads back, with its label in the language.
func (x *Index) offer(verb string, c domain.Choice, lang string) string {
	code := verb + escapeCode(c.Code)
	label := strings.Join(strings.Fields(c.LabelIn(lang)), " ")
	if label == "" || key(label) == key(c.Code) || strings.ContainsFunc(label, unicode.IsControl) {
		return code
	}
	text := verb + c.Code + dash + label
	e, w, p := x.ParseNew(text)
	means := func(codes []string) bool { return len(codes) == 1 && codes[0] == c.Code }
	if w != nil || p != nil || !means(e.Value.Codes()) && !means(e.Add) && !means(e.Remove) {
		return code
	}
	return text
}

// offered finds the value that a word shows as "CODE – Label". The code decides:
// a label may have been changed since, but must not be that of another value.
func (x *Index) offered(word string) (place int, w *Warning, ok bool) {
	i := strings.IndexAny(word, "-–—")
	if i < 0 {
		return 0, nil, false
	}
	code, rest := word[:i], word[i:]
	place, ok = x.byCode[strings.ToUpper(key(code))]
	if !ok {
		return 0, nil, false
	}
	c := &x.Values[place]
	label := strings.TrimLeft(rest, "-–—")
	for _, l := range append(labels(c), c.Label) { // also the one that is not there
		if key(label) == key(l) {
			return place, nil, true
		}
	}
	if !strings.HasPrefix(word[i-min(i, 1):], dash) || Blank(label) || x.find(word) != nil || x.find(trim(label)) != nil {
		return 0, nil, false
	}
	return place, look("otherLabel", word, c.Code, x.Code), true
}

// knownCode refuses a code that the API gives and the field has not.
func (x *Index) knownCode(code string) *Problem {
	if _, ok := x.byCode[code]; ok {
		return nil
	}
	if c, ok := x.near(code); ok && c != "Empty" {
		return no("unknownValue.code", code, x.Code, c, nil, nil, nil)
	}
	a := x.accepted()
	return no("unknownValue.code", code, x.Code, nil, a.all, a.some, a.none)
}

// NewlyRetired returns the first retired code that the value v of a field with
// values has and the value base has not: v may not replace base then.
func NewlyRetired(v, base domain.Value, d domain.FieldDef) (string, bool) {
	if !Of(d.Kind).HasValues {
		return "", false
	}
	had := set(base.Codes()...)
	for _, code := range v.Codes() {
		if c, ok := d.Choice(code); ok && c.Retired && !had[code] {
			return code, true
		}
	}
	return "", false
}
