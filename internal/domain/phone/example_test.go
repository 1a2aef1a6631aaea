package phone_test

import (
	"fmt"

	"rollbook/internal/domain/phone"
)

// A number is of the country of its row unless it says another one; what a
// spreadsheet took away is named with the whole number.
func ExampleParse() {
	for _, cell := range []string{"044 668 18 00", "+49 (0)30 901820", "44 668 18 00", "Reception"} {
		number, problem := phone.Parse(cell, "CH")
		if problem != nil {
			fmt.Printf("%s: %s %s\n", cell, problem.Code, problem.Suggestion("en"))
			continue
		}
		fmt.Printf("%s: %s\n", cell, number)
	}
	// Output:
	// 044 668 18 00: +41446681800
	// +49 (0)30 901820: +4930901820
	// 44 668 18 00: lostZero 044 668 18 00
	// Reception: badPhone
}
