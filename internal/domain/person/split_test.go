package person_test

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"rollbook/internal/domain/person"
)

func TestSplitName(t *testing.T) {
	for _, c := range []struct {
		full, order, first, last string
		sure                     bool
	}{
		{"Ann Nowak", person.FirstLast, "Ann", "Nowak", true},
		{"Nowak Ann", person.LastFirst, "Ann", "Nowak", true},
		{" Ann\u00a0 Nowak ", person.FirstLast, "Ann", "Nowak", true},
		{"Nowak, Ann", person.FirstLast, "Ann", "Nowak", true},
		{"van der Meer, Jan Piet", person.LastFirst, "Jan Piet", "van der Meer", true},
		{"Nowak, Ann, Dr.", person.FirstLast, "Ann, Dr.", "Nowak", false},
		{"Nowak,", person.FirstLast, "", "Nowak,", false},
		{"Jean DE LA TOUR", person.FirstLast, "Jean", "DE LA TOUR", true},
		{"Jean de LA TOUR", person.FirstLast, "Jean", "de LA TOUR", true},
		{"DE LA TOUR Jean Paul", person.FirstLast, "Jean Paul", "DE LA TOUR", true},
		{"Ludwig van Beethoven", person.FirstLast, "Ludwig", "van Beethoven", true},
		{"Anna Maria von der Heide", person.FirstLast, "Anna Maria", "von der Heide", false},
		{"von der Heide Anna", person.LastFirst, "Anna", "von der Heide", true},
		{"Anna Maria Rossi", person.FirstLast, "Anna Maria", "Rossi", false},
		{"Rossi Anna Maria", person.LastFirst, "Anna Maria", "Rossi", false},
		{"Madonna", person.FirstLast, "", "Madonna", false},
		{"", person.FirstLast, "", "", false},
		{"Dr. Ann Nowak", person.FirstLast, "Ann", "Nowak", true},
		{"ANN NOWAK", person.FirstLast, "ANN", "NOWAK", true},
		{"Meier & Söhne", person.FirstLast, "", "Meier & Söhne", false},
		{"Bäckerei Huber GmbH", person.FirstLast, "", "Bäckerei Huber GmbH", false},
		{"Théâtre 140", person.FirstLast, "", "Théâtre 140", false},
		{"Anne-Marie Müller-Lüdi", person.FirstLast, "Anne-Marie", "Müller-Lüdi", true},
	} {
		first, last, sure := person.SplitName(c.full, c.order)
		if first != c.first || last != c.last || sure != c.sure {
			t.Errorf("%q by %s is %q and %q, sure %v; want %q and %q, %v", c.full, c.order, first, last, sure, c.first, c.last, c.sure)
		}
	}
}

// No letter of a name is lost but for a title before it, and one that has words has a
// last name.
func TestSplitNameKeepsLetters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		full := strings.Join(rapid.SliceOfN(rapid.StringMatching(`[A-ZÀ-Þa-zß-ÿ'’-]{1,8}`), 1, 5).Draw(t, "words"), " ")
		order := rapid.SampledFrom([]string{person.FirstLast, person.LastFirst}).Draw(t, "order")
		first, last, _ := person.SplitName("X "+full, order)
		if last == "" {
			t.Fatalf("%q has no last name", full)
		}
		count := func(s string) map[rune]int {
			m := map[rune]int{}
			for _, r := range s {
				if unicode.IsLetter(r) {
					m[r]++
				}
			}
			return m
		}
		was, is := count("X "+full), count(first+last)
		for r, n := range was {
			if is[r] != n {
				t.Fatalf("%q became %q and %q", full, first, last)
			}
		}
	})
}
