package compare_test

import (
	"fmt"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/importing/compare"
)

// The three-way compare of one cell: what the file saw, what it wants, and what
// is there now.
func ExampleDecide() {
	genre := domain.FieldDef{Code: "GENRE", Kind: domain.Text}
	row := &compare.Row{Line: 2, Cells: []compare.Cell{{Def: genre, Column: "[new] GENRE", Text: "Opera",
		Edit: field.Edit{Value: "Opera"}, Compared: true, Known: true, Old: "Jazz", OldText: "Jazz"}}}
	for _, live := range []domain.Value{"Jazz", "Opera", "Rock"} {
		d := compare.Decide(row, domain.Contact{Fields: map[domain.Field]domain.Value{genre.Field(): live}}, domain.Skip)
		fmt.Println(live, "is", d.Outcome)
	}
	// Output:
	// Jazz is updated
	// Opera is unchanged
	// Rock is conflicted
}
