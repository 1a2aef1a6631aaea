package plan

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rollbook/internal/domain"
)

// Every contact number has a code of its own, which says it again.
func TestNumbersAndCodes(t *testing.T) {
	l := &lines{}
	of := map[uint64]domain.ContactNumber{}
	check := func(n domain.ContactNumber) {
		c := l.code(n)
		if other, ok := of[c]; ok && other != n || l.number(c) != n || l.code(n) != c {
			t.Fatalf("%s has the code %d, which is that of %s and %s", n, c, l.number(c), other)
		}
		of[c] = n
	}
	for digits := 1; digits <= 20; digits++ {
		for _, n := range []string{strings.Repeat("0", digits), strings.Repeat("9", digits), "1" + strings.Repeat("0", digits-1), strings.Repeat("0", digits-1) + "1"} {
			check(domain.ContactNumber(n))
		}
	}
	rapid.Check(t, func(r *rapid.T) { check(domain.ContactNumber(rapid.StringMatching(`[0-9]{1,20}`).Draw(r, "number"))) })
}
