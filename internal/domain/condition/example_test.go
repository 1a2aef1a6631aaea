package condition_test

import (
	"fmt"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/condition"
)

// A dynamic target is a saved tree; it is read against the catalogue and asks
// each contact.
func ExampleParse() {
	cat := &domain.Catalogue{Fields: []domain.FieldDef{
		{Code: "GENRE", Label: "Favourite genre", Kind: domain.SingleChoice, Values: []domain.Choice{{Code: "JAZZ"}, {Code: "ROCK"}}},
		{Code: "EMAIL", Label: "E-mail", Kind: domain.Authorisation},
	}}
	c, err := condition.Parse([]byte(`{"all":[
		{"field":"criterion:GENRE","op":"in","value":["JAZZ","ROCK"]},
		{"field":"authorisation:EMAIL","op":"is","value":true}]}`), cat, time.Now())
	if err != nil {
		fmt.Println(err)
		return
	}
	ana := domain.Contact{Fields: map[domain.Field]domain.Value{"criterion:GENRE": "JAZZ", "authorisation:EMAIL": "true"}}
	ben := domain.Contact{Fields: map[domain.Field]domain.Value{"criterion:GENRE": "JAZZ"}}
	fmt.Println(c.Match(ana), c.Match(ben))
	// Output: true false
}
