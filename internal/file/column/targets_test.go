package column

import (
	"strings"
	"testing"

	"rollbook/internal/domain"
	owned "rollbook/internal/domain/person"
)

// What the table of names says leads to a column of ours: a field of the contact, a
// part of one, the number, or a name that is settled beside others.
func TestTargetsAreColumnsOfOurs(t *testing.T) {
	known := map[Target]bool{Number: true, Name: true, Given: true}
	for _, f := range domain.ContactFields {
		known[Target(f.Field.Code())] = true
	}
	for _, p := range owned.Parts {
		known[Target(p.Code)] = true
	}
	seen := 0
	eachName(synonymsFile, func(of, name string) {
		target, _, _ := strings.Cut(of, ":")
		seen++
		if !known[Target(target)] {
			t.Errorf("%q means %q, which no column of ours has", name, target)
		}
	})
	for _, target := range []Target{StreetLine, StreetPart, NamePrefix, SecondName, BirthYear, BirthMonth, BirthDay} {
		if _, ok := owned.PartCoded(string(target)); !ok {
			t.Errorf("%s is no part", target)
		}
	}
	if seen < 300 {
		t.Errorf("the table has %d names", seen)
	}
}
