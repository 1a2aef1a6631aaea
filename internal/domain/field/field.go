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
	"encoding/json"
	"slices"

	"rollbook/internal/domain"
	"rollbook/internal/domain/reason"
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
type Problem = reason.Reason

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
	UnknownKind       = "unknownKind"     // the field is of a kind that there is not
	BadDate           = "badDate"         // no day of the calendar, or in no format that is taken
	AmbiguousDate     = "ambiguousDate"   // day and month may be exchanged
	AmericanDate      = "americanDate"    // the month stands before the day
	ShortYear         = "shortYear"       // a year of two digits
	NotANumber        = "notANumber"
	AmbiguousNumber   = "ambiguousNumber" // a sign in it may part thousands or decimals
	TooManyDigits     = "tooManyDigits"
	TooManyDecimals   = "tooManyDecimals" // more than the field takes
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

// ParseNew reads one [new] cell. Make an Index to read many.
func ParseNew(text string, d domain.FieldDef) (Edit, *Warning, *Problem) {
	return NewIndex(d).ParseNew(text)
}

// ParseOld reads one [old] cell. Make an Index to read many.
func ParseOld(text string, d domain.FieldDef) (v domain.Value, known bool) {
	return NewIndex(d).ParseOld(text)
}

// Options returns what a [new] cell of the field can be offered, as Index.Options.
func Options(d domain.FieldDef, lang string) []string { return NewIndex(d).Options(lang) }

// FromJSON reads one value as the API gives it, as Index.FromJSON.
func FromJSON(raw json.RawMessage, d domain.FieldDef) (domain.Value, *Problem) {
	return NewIndex(d).FromJSON(raw)
}

// ToJSON returns a value as the API gives it, ready for json.Marshal. Empty is
// "empty" for an authorisation, an empty list for a multichoice, else nil.
func ToJSON(v domain.Value, d domain.FieldDef) any { return Of(d.Kind).toJSON(v) }

// Format writes a value as our files show it: "" for Empty, true or false, the
// code, the codes joined by |, or the text with its escape.
func Format(v domain.Value, d domain.FieldDef) string { return Of(d.Kind).format(v) }

// FormatNew writes a value as Format does, but Empty as the word "Empty", so
// that a [new] cell asks for exactly this value.
func FormatNew(v domain.Value, d domain.FieldDef) string {
	if v == domain.Empty {
		return "Empty"
	}
	return Format(v, d)
}

// Group is how a value is counted among the changes of an import.
func Group(v domain.Value, kind domain.Kind) string {
	if g := Of(kind).Group; g != "" && v != domain.Empty {
		return g
	}
	return string(v)
}

// Codes returns the codes of the values of its definition that a value names.
func Codes(v domain.Value, kind domain.Kind) []string {
	if !Of(kind).HasValues {
		return nil
	}
	return v.Codes()
}

func cellTooLong(text string) *Problem {
	return no("textTooLong.cell", len(text), text)
}
