package field

import (
	"encoding/json"

	"rollbook/internal/domain"
)

// A Kind is all that there is to know about one kind of field. The API, the
// screen, the workbook, the guide and the documentation are fed from it, and so
// are conditions. Each kind has a file of its own.
type Kind struct {
	Name domain.Kind
	// Criterion says that a criterion may be of the kind.
	Criterion bool
	// HasValues says that a definition lists the values, MaxLength that it may
	// set how long one is, and Decimals how many decimals one has.
	HasValues, MaxLength, Decimals bool
	// Free says that a value is whatever somebody wrote, so that it may also have
	// been written in a wrong encoding.
	Free bool
	// Listed are the values of every field of the kind, as values.csv shows them.
	Listed []domain.Choice
	// Group is how the values that are not empty are counted when they are not
	// counted one by one.
	Group string
	// Check is what a spreadsheet can check of a [new] cell.
	Check Check
	// Operators are what a condition can ask, in the order in which they are
	// offered.
	Operators []Operator
	// JSON says in a few words what the API has, Cell what a [new] cell takes, in
	// Markdown.
	JSON, Cell string

	parseNew func(text string, x *Index) (Edit, *Warning, *Problem)
	parseOld func(text string, x *Index) (domain.Value, bool)
	format   func(v domain.Value) string
	fromJSON func(v any, x *Index) (domain.Value, *Problem)
	toJSON   func(v domain.Value) any
	options  func(x *Index, lang string) []string
	// element reads one value of a condition, and show writes it.
	element func(raw json.RawMessage, o *Operator, x *Index) (string, *Problem)
	show    func(canonical string) any
	// compared is the form in which conditions compare values.
	compared func(canonical string) string
	// less orders the values that stand in a range.
	less func(a, b string) bool
}

// A Check is what a spreadsheet is told to check of what is typed.
type Check string

// The checks.
const (
	CheckNothing Check = ""
	CheckList    Check = "list"    // warns of what is not in the list
	CheckOnly    Check = "only"    // refuses what is not in the list
	CheckDate    Check = "date"    // warns of what the spreadsheet takes for no date
	CheckNumber  Check = "number"  // warns of what it takes for no number
	CheckLength  Check = "length"  // warns of more characters than the field takes
	CheckHint    Check = "several" // only says what may be written
)

// kinds is the registry.
var kinds = []*Kind{choiceKind, multichoiceKind, yesNoKind, textKind, dateKind, numberKind, authorisationKind, contactKind, contactNumberKind}

// Kinds returns all kinds, in the order in which they are offered.
func Kinds() []*Kind { return kinds }

// ContactNumber is the kind of the contact's number, which only conditions know.
const ContactNumber domain.Kind = "contactNumber"

// Of returns the kind of the name. One that there is not takes nothing, and no
// condition can ask for it.
func Of(name domain.Kind) *Kind {
	for _, k := range kinds {
		if k.Name == name {
			return k
		}
	}
	return unknownKind
}

// Known reports whether there is a kind of the name.
func Known(name domain.Kind) bool { return Of(name) != unknownKind }

// unknownKind stands for a kind that a newer version has written.
var unknownKind = &Kind{
	parseNew: func(_ string, x *Index) (Edit, *Warning, *Problem) { return Edit{}, nil, unknown(x) },
	parseOld: func(string, *Index) (domain.Value, bool) { return domain.Empty, false },
	format:   func(v domain.Value) string { return string(v) },
	fromJSON: func(_ any, x *Index) (domain.Value, *Problem) { return domain.Empty, unknown(x) },
	toJSON:   func(v domain.Value) any { return string(v) },
	options:  func(*Index, string) []string { return nil },
	element:  func(_ json.RawMessage, _ *Operator, x *Index) (string, *Problem) { return "", unknown(x) },
	show:     func(s string) any { return s },
	compared: func(s string) string { return s },
}

func unknown(x *Index) *Problem {
	return no("unknownKind", x.Code, x.Kind)
}

// InConditions returns the kind by which conditions ask for a field: the
// contact's own are of several.
func InConditions(f domain.Field, d domain.FieldDef) *Kind {
	switch f {
	case NumberField:
		return contactNumberKind
	case domain.ContactBirthDate:
		return dateKind
	}
	return Of(d.Kind)
}

// NumberField is the contact's number, as conditions name it.
const NumberField domain.Field = "contact:number"
