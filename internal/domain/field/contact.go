package field

import (
	"encoding/json"

	"rollbook/internal/domain"
)

// contactKind is a text of the contact's own. Package person reads its cells;
// what is here is for conditions and for what we write.
var contactKind = &Kind{
	Name: domain.ContactText, Free: true, Group: "(text)",
	JSON: "a string", Cell: "what the field is about",
	Operators: textOperators,
	// In a contact's own fields only Empty clears: Leer is a town, and Leer and
	// Vide are family names.
	parseNew: func(text string, x *Index) (Edit, *Warning, *Problem) { return parseText(text, x, "empty") },
	parseOld: func(text string, x *Index) (domain.Value, bool) { return parseOldText(text, x, "empty") },
	format:   func(v domain.Value) string { return escape(string(v)) },
	fromJSON: textFromJSON,
	toJSON:   textOrNull,
	options:  func(*Index, string) []string { return nil },
	element:  oneText,
	show:     asText,
	compared: foldedText,
}

// contactNumberKind is the contact's number, which is no field of its own.
var contactNumberKind = &Kind{
	Name: ContactNumber, JSON: "a string", Cell: "1 to 20 digits, with or without `#`",
	Operators: []Operator{
		{"is", TakesOne, among}, {"isNot", TakesOne, not(among)}, {"in", TakesList, among}, {"startsWith", TakesOne, startsWith},
	},
	parseNew: unknownKind.parseNew, parseOld: unknownKind.parseOld, format: unknownKind.format,
	fromJSON: unknownKind.fromJSON, toJSON: unknownKind.toJSON, options: unknownKind.options,
	element: func(raw json.RawMessage, _ *Operator, _ *Index) (string, *Problem) {
		s, ok := jsonString(raw)
		if !ok {
			return "", no("wrongType.string")
		}
		n, p := ParseNumber(s)
		return string(n), p
	},
	show:     asText,
	compared: asIs,
}
