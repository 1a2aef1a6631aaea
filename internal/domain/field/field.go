// Package field holds what stands in one cell of a template file, both ways:
// it reads what people write into a [new] cell, what stands in an [old] cell
// and in the Contact cell, and it writes values as our files show them.
//
// The formula guard (one leading ') belongs to package sheet: here the text of
// a cell comes and goes without it.
//
// Words with a meaning. A cell that says Empty, Vide, Leer, Vuoto or Vacío, in
// any case, clears the value. NULL, N/A, - and the error values of spreadsheets
// (#N/A, #NAME?, #WERT! …) are never taken as they are, because most often they
// are an accident. A text that really is one of these words is written with one
// leading \, and a text that begins with \ with that \ doubled; a \ before
// anything else is an ordinary character. In the same way \EMPTY stands for a
// choice's code EMPTY.
//
// What spreadsheets do to codes is named, not guessed: a date made from a code
// is rejected with the code it must have been, and a number in another format
// is taken only if it fits exactly one code, with a warning.
//
// A list of a multichoice field may have blanks, repeated codes and empty parts
// (ROCK||JAZZ): none of them says anything, so they are passed over.
package field

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"rollbook/internal/domain"
)

// Edit is what a [new] cell asks for.
type Edit struct {
	// Keep says that the cell is blank: the value stays.
	Keep bool
	// Value is the target value, Empty to clear. It is not used when Keep is
	// set or when Add or Remove has a code.
	Value domain.Value
	// Add and Remove are codes to put into a multichoice value or take out of
	// it. At most one of the two is there.
	Add, Remove []string
}

// Apply returns the value that the edit wants when the field of definition d
// has the value base. It is base itself if that is the same state already, so
// applying an edit twice is the same as applying it once.
func (e Edit) Apply(base domain.Value, d domain.FieldDef) domain.Value {
	if e.Keep {
		return base
	}
	want := e.Value
	if len(e.Add) > 0 || len(e.Remove) > 0 {
		var codes []string
		for _, c := range append(base.Codes(), e.Add...) {
			if !slices.Contains(e.Remove, c) {
				codes = append(codes, c)
			}
		}
		want = d.Order(codes)
	}
	if want.SameAs(base, d.Kind) {
		return base
	}
	return want
}

// Warning is about a cell that is taken all the same.
type Warning = domain.Warning

// Problem says why a cell cannot be taken.
type Problem struct {
	Code       string // a stable word in camelCase
	Message    string // plain English for the user
	Suggestion string // what the cell should say, if there is one clear candidate
}

// The codes of problems with a cell.
const (
	UnknownValue      = "unknownValue"      // no value of the field
	AmbiguousValue    = "ambiguousValue"    // fits more than one value
	RetiredValue      = "retiredValue"      // the value may no longer be set
	TooManyValues     = "tooManyValues"     // several values in a choice
	MaybeEmpty        = "maybeEmpty"        // NULL, N/A, -, #REF! …
	SpreadsheetDate   = "spreadsheetDate"   // a spreadsheet made a date of a code
	SpreadsheetNumber = "spreadsheetNumber" // a spreadsheet changed a number
	BadBoolean        = "badBoolean"        // neither true nor false
	MixedList         = "mixedList"         // add: and remove:, or one of them inside a list
	EmptyInList       = "emptyInList"       // Empty together with values
	BlankList         = "blankList"         // add: or | without a value
	TextTooLong       = "textTooLong"
	LineBreak         = "lineBreak"
	ControlCharacter  = "controlCharacter"
	BadCharacter      = "badCharacter"    // not valid Unicode text
	EncodingMixedUp   = "encodingMixedUp" // UTF-8 that was opened as another encoding
	WrongType         = "wrongType"       // the JSON value is of another type
	BlankNumber       = "blankNumber"     // the Contact cell is blank
	BadNumber         = "badNumber"       // the Contact cell is no contact number
)

// The codes of warnings about a cell.
const (
	NumberFormat = "numberFormat" // a number in another format fits exactly one code
	SameNumber   = "sameNumber"   // another code is the same number, such as 01 and 1
	EmptyIsValue = "emptyIsValue" // Empty was taken as clear, but a value is called so
	OtherLabel   = "otherLabel"   // CODE – Label with a label that the code no longer has
)

// maxCell is the longest cell, in bytes, that is searched for codes: Excel's
// limit is 32,767 characters.
const maxCell = 128 << 10

// ParseNew reads the text of a [new] cell against the definition of its field.
// A retired value is not taken, save to remove it from a multichoice value.
// With a Problem the Edit is nothing to rely on.
func ParseNew(text string, d domain.FieldDef) (Edit, *Warning, *Problem) {
	if Blank(text) {
		return Edit{Keep: true}, nil, nil
	}
	if p := checkUnicode(text); p != nil {
		return Edit{}, nil, p
	}
	text = trim(text)
	if d.Kind != domain.Text && d.Kind != domain.ContactText && len(text) > maxCell {
		return Edit{}, nil, &Problem{Code: TextTooLong,
			Message: fmt.Sprintf("The cell has %d bytes, which is more than a spreadsheet's cell takes: %s", len(text), quote(text))}
	}
	switch d.Kind {
	case domain.YesNo, domain.Authorisation:
		return parseBool(text)
	case domain.SingleChoice:
		return parseChoice(text, d)
	case domain.MultiChoice:
		return parseList(text, d)
	default:
		return parseText(text, d)
	}
}

// ParseOld reads the text of an [old] cell. It is lenient where ParseNew is
// strict: retired values are values, and what a spreadsheet does to a code is
// undone if exactly one code fits. Known is false if the text is no value that
// the field has or had: then it equals nothing.
func ParseOld(text string, d domain.FieldDef) (v domain.Value, known bool) {
	if Blank(text) {
		return domain.Empty, true
	}
	if !utf8.ValidString(text) || len(text) > maxCell {
		return domain.Empty, false
	}
	text = trim(text)
	switch d.Kind {
	case domain.YesNo, domain.Authorisation:
		k := key(text)
		if emptyWord(k) {
			return domain.Empty, true
		}
		v, known = booleans[k]
		return v, known
	case domain.SingleChoice:
		if emptyWord(key(text)) {
			return domain.Empty, true
		}
		code, ok := resolveOld(text, d)
		return domain.Value(code), ok
	case domain.MultiChoice:
		if emptyWord(key(text)) {
			return domain.Empty, true
		}
		var codes []string
		for part := range strings.SplitSeq(text, "|") {
			if Blank(part) {
				continue
			}
			code, ok := resolveOld(trim(part), d)
			if !ok {
				return domain.Empty, false
			}
			codes = append(codes, code)
		}
		return d.Order(codes), len(codes) > 0
	default:
		if emptyText(key(text), d.Kind) {
			return domain.Empty, true
		}
		v, p := Text(unescape(text), maxLength(d))
		return v, p == nil
	}
}

// Format writes a value as our files show it: "" for Empty, true or false, the
// code, the codes joined by |, or the text with its escape.
func Format(v domain.Value, d domain.FieldDef) string {
	switch d.Kind {
	case domain.YesNo, domain.Authorisation:
		return string(v)
	case domain.SingleChoice:
		return escapeCode(string(v))
	case domain.MultiChoice:
		codes := v.Codes()
		for i, c := range codes {
			codes[i] = escapeCode(c)
		}
		return strings.Join(codes, "|")
	default:
		return escape(string(v))
	}
}

// FormatNew writes a value as Format does, but Empty as the word "Empty", so
// that a [new] cell asks for exactly this value.
func FormatNew(v domain.Value, d domain.FieldDef) string {
	if v == domain.Empty {
		return "Empty"
	}
	return Format(v, d)
}

// escapeCode marks a code that would read as Empty.
func escapeCode(code string) string {
	if emptyWord(key(code)) {
		return `\` + code
	}
	return code
}
