package memory

import (
	"context"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// Hide takes a contact away as Delete does, but leaves its history.
func (s *Contacts) Hide(_ context.Context, in domain.InstitutionID, read domain.Contact) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.of[in][read.Number]
	switch {
	case !ok:
		return fault.Missing()
	case c.Version != read.Version || c.Applied.Import != read.Applied.Import || c.Applied.Line != read.Applied.Line:
		return fault.New(fault.Conflict, "changed", "The contact was changed in between. Read it again.")
	}
	kept := s.rest(in).history[c.Number]
	s.remove(in, c, "")
	if kept != nil {
		s.rest(in).history[c.Number] = kept
	}
	return nil
}

// Restore puts a contact back that was hidden.
func (s *Contacts) Restore(_ context.Context, in domain.InstitutionID, c domain.Contact) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rest(in)
	if _, ok := r.gone[c.Number]; !ok {
		return fits(0, 1, true)
	}
	delete(r.gone, c.Number)
	s.of[in][c.Number] = clone(c)
	s.lookUp(in, c, true)
	return nil
}

// Forget removes the history of a contact that is no longer there.
func (s *Contacts) Forget(_ context.Context, in domain.InstitutionID, n domain.ContactNumber) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.rest(in).history, n)
	return nil
}
