package memory

import (
	"context"

	"rollbook/internal/domain"
)

// Claimed returns the numbers that an import's lines without one were given.
func (s *Contacts) Claimed(_ context.Context, in domain.InstitutionID, imp string, lines []int) (map[int]domain.Pinned, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[int]domain.Pinned{}
	for _, l := range lines {
		if p, ok := s.rest(in).assigned[domain.Origin{Import: imp, Line: l}]; ok {
			out[l] = p
		}
	}
	return out, nil
}
