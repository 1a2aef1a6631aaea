package dynamo

import (
	"context"

	"rollbook/internal/roll"
)

// Claimed returns the numbers that an import's lines without one were given, to
// create their contacts under them.
func (s *Contacts) Claimed(ctx context.Context, in roll.InstitutionID, imp string, lines []int) (map[int]roll.ContactNumber, error) {
	of := map[string][]int{} // lines by their item
	var ask []item
	for _, l := range lines {
		key := lineItem(in, roll.Applied{Import: imp, Line: l})
		sk := text(key["sk"])
		if of[sk] == nil {
			ask = append(ask, key)
		}
		of[sk] = append(of[sk], l)
	}
	found, err := s.getMany(ctx, s.emails, ask)
	if err != nil {
		return nil, err
	}
	out := map[int]roll.ContactNumber{}
	for _, it := range found {
		for _, l := range of[text(it["sk"])] {
			if n := text(it[lineAttribute(roll.Applied{Line: l})]); n != "" {
				out[l] = roll.ContactNumber(n)
			}
		}
	}
	return out, nil
}
