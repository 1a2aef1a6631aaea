package text_test

import (
	"fmt"

	"rollbook/internal/domain/text"
)

// Two ways to write a word have one key; without accents they have one bare key.
func ExampleKey() {
	for _, s := range []string{"Été", "E\u0301te\u0301", " ÉTÉ\u200b ", "Ete"} {
		fmt.Printf("%+q %q %q\n", s, text.Key(s), text.Bare(s))
	}
	// Output:
	// "\u00c9t\u00e9" "été" "ete"
	// "E\u0301te\u0301" "été" "ete"
	// " \u00c9T\u00c9\u200b " "été" "ete"
	// "Ete" "ete" "ete"
}

// A message shows of a cell what fits on one line.
func ExampleCut() {
	fmt.Println(text.Cut("Rindfleischetikettierungsüberwachungsaufgabe", 12))
	// Output:
	// Rindfleisch…
}
