package field

import (
	"encoding/json"
	"fmt"

	"rollbook/internal/domain"
)

// authorisationKind is what a contact allows: true, false, or empty, which is an
// answer of its own.
var authorisationKind = &Kind{
	Name: domain.Authorisation, Check: CheckOnly, Listed: trueOrFalse,
	JSON:      `true, false or "empty"`,
	Cell:      booleanCell,
	Operators: oneOperators,
	parseNew:  parseBool,
	parseOld:  parseOldBool,
	format:    func(v domain.Value) string { return string(v) },
	fromJSON: func(v any, _ *Index) (domain.Value, *Problem) {
		switch v {
		case true, false:
			return domain.Value(fmt.Sprint(v)), nil
		case "empty":
			return domain.Empty, nil
		}
		return domain.Empty, no("wrongType.authorisation")
	},
	toJSON:  func(v domain.Value) any { return shownAuthorisation(string(v)) },
	options: func(*Index, string) []string { return []string{"TRUE", "FALSE", "Empty"} },
	element: func(raw json.RawMessage, _ *Operator, x *Index) (string, *Problem) {
		v, p := x.FromJSON(raw)
		return string(v), p
	},
	show:     shownAuthorisation,
	compared: asIs,
}

func shownAuthorisation(s string) any {
	if s == string(domain.Empty) {
		return "empty"
	}
	return s == string(domain.True)
}
