package memory

import (
	"context"
	"maps"

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
	case c.Version != read.Version || c.Mark != read.Mark:
		return fault.New(fault.Conflict, "changed.contact")
	}
	r := s.rest(in)
	history, packed := r.history[c.Number], maps.Clone(r.packed)
	s.remove(in, c, "")
	r.packed = packed
	if history != nil {
		r.history[c.Number] = history
	}
	s.note(in, c.Number)
	return nil
}

// Restore puts a contact back that was hidden.
func (s *Contacts) Restore(_ context.Context, in domain.InstitutionID, c domain.Contact) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rest(in)
	was, ok := r.gone[c.Number]
	if !ok {
		return fits(0, 1, true)
	}
	delete(r.gone, c.Number)
	c = clone(c)
	for slot, stamp := range was.stamps {
		if _, ok := c.Stamps[slot]; !ok {
			if c.Stamps == nil {
				c.Stamps = map[int]domain.Stamp{}
			}
			c.Stamps[slot] = stamp
		}
	}
	s.of[in][c.Number] = c
	s.lookUp(in, c, true)
	s.note(in, c.Number)
	return nil
}

// Forget removes the history of a contact that is no longer there.
func (s *Contacts) Forget(_ context.Context, in domain.InstitutionID, n domain.ContactNumber) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.rest(in).history, n)
	s.rest(in).erase(n)
	return nil
}
