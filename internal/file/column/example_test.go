package column_test

import (
	"fmt"

	"rollbook/internal/file/column"
)

// A name means a column of ours in five languages, unless the values speak
// against it.
func ExampleMeant() {
	for _, c := range []struct {
		name   string
		values []string
	}{
		{"Adresse e-mail", []string{"ana@example.com", "", "ben@example.org"}},
		{"Cognome", []string{"Rossi", "Bianchi"}},
		{"E-Mail", []string{"ja", "nein", "ja"}},
		{"Shoe size", []string{"39", "41"}},
	} {
		m, ok := column.Meant(c.name)
		fmt.Printf("%s: %q %t %t\n", c.name, m.Target, ok, ok && column.Fits(m.Target, c.values))
	}
	// Output:
	// Adresse e-mail: "email" true true
	// Cognome: "lastName" true true
	// E-Mail: "email" true false
	// Shoe size: "" false false
}
