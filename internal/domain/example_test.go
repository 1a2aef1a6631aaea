package domain_test

import (
	"fmt"

	"rollbook/internal/domain"
)

// The account of an import counts every row once.
func ExampleCounts() {
	var c domain.Counts
	for _, o := range []domain.Outcome{domain.Updated, domain.Unchanged, domain.RowConflicted} {
		c.Add(o)
	}
	fmt.Println(c.Rows, "=", c.Created, "+", c.Updated, "+", c.Unchanged, "+", c.Rejected, "+", c.Conflicted, "+", c.Unprocessed)
	// Output: 3 = 0 + 1 + 1 + 0 + 1 + 0
}
