package dynamo

import (
	"context"

	"rollbook/internal/domain"
)

// Claimed returns the numbers that an import's lines without one were given, to
// create their contacts under them.
func (s *Contacts) Claimed(ctx context.Context, in domain.InstitutionID, imp string, lines []int) (map[int]domain.ContactNumber, error) {
	of := map[string][]int{} // lines by their item
	var ask []item
	for _, l := range lines {
		key := lineItem(in, domain.Applied{Import: imp, Line: l})
		sk := stringOf(key["sk"])
		if of[sk] == nil {
			ask = append(ask, key)
		}
		of[sk] = append(of[sk], l)
	}
	found, err := s.getMany(ctx, s.emails, ask)
	if err != nil {
		return nil, err
	}
	out := map[int]domain.ContactNumber{}
	for _, it := range found {
		for _, l := range of[stringOf(it["sk"])] {
			if n := stringOf(it[lineAttribute(domain.Applied{Line: l})]); n != "" {
				out[l] = domain.ContactNumber(n)
			}
		}
	}
	return out, nil
}
