package reason_test

import (
	"fmt"

	"rollbook/internal/domain/reason"
)

// A reason is a code and parameters; each reader gets its sentence in their own
// language.
func ExampleReason_Message() {
	r := reason.New("importFailed", 1200, 40000)
	fmt.Println(r.Code)
	fmt.Println(r.Message("en"))
	fmt.Println(r.Message("de"))
	// Output:
	// importFailed
	// The import stopped, through no fault of yours: 1,200 of 40,000 rows were not processed. Resume it to have them done.
	// Der Import ist stehen geblieben; das liegt nicht an Ihnen: 1.200 von 40.000 Zeilen wurden nicht verarbeitet. Setzen Sie ihn fort, um sie nachzuholen.
}
