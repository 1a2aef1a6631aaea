package memory

import (
	"context"

	"rollbook/internal/roll"
)

// Claimed returns the numbers that an import's lines without one were given.
func (s *Contacts) Claimed(_ context.Context, in roll.InstitutionID, imp string, lines []int) (map[int]roll.ContactNumber, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[int]roll.ContactNumber{}
	for _, l := range lines {
		if n, ok := s.rest(in).assigned[roll.Origin{Import: imp, Line: l}]; ok {
			out[l] = n
		}
	}
	return out, nil
}
