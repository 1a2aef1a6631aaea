package field_test

import (
	"fmt"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
)

// A [new] cell takes a value's code or label; a slip is no guess but a problem
// with a suggestion.
func ExampleIndex_ParseNew() {
	x := field.NewIndex(domain.FieldDef{Code: "GENRE", Label: "Favourite genre", Kind: domain.SingleChoice,
		Values: []domain.Choice{{Code: "JAZZ", Label: "Jazz"}, {Code: "OPERA", Label: "Opera"}}})
	for _, cell := range []string{"opera", "Jazz", "", "Empty", "Oprea"} {
		edit, _, problem := x.ParseNew(cell)
		switch {
		case problem != nil:
			fmt.Printf("%q: %s, did you mean %s?\n", cell, problem.Code, problem.Suggestion("en"))
		case edit.Keep:
			fmt.Printf("%q: keep what is there\n", cell)
		default:
			fmt.Printf("%q: %q\n", cell, edit.Value)
		}
	}
	// Output:
	// "opera": "OPERA"
	// "Jazz": "JAZZ"
	// "": keep what is there
	// "Empty": ""
	// "Oprea": unknownValue, did you mean OPERA?
}
