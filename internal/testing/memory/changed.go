package memory

import (
	"context"
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// note says that a contact changed.
type note struct {
	at time.Time
	n  domain.ContactNumber
}

func (s *Contacts) note(in domain.InstitutionID, ns ...domain.ContactNumber) {
	r := s.rest(in)
	for _, n := range ns {
		r.notes = append(r.notes, note{s.now().UTC(), n})
	}
}

// NoteChanged notes that contacts were changed.
func (s *Contacts) NoteChanged(_ context.Context, in domain.InstitutionID, ns []domain.ContactNumber) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(in, ns...)
	return nil
}

// begin says that all changes from then on are noted, unless that was said.
func (s *Contacts) begin(in domain.InstitutionID, at time.Time) time.Time {
	r := s.rest(in)
	if r.start == nil {
		r.start = &at
	}
	return *r.start
}

func (s *Contacts) reaches(in domain.InstitutionID, since time.Time) bool {
	now, notes := s.now(), s.rest(in).notes
	if since.Before(now.Add(-domain.ChangesReach)) {
		return false
	}
	first := now.Add(-domain.ChangeMargin)
	if len(notes) > 0 {
		first = notes[0].at
	}
	return !since.Before(s.begin(in, first))
}

// changedAt is where a page of changes ended.
type changedAt struct {
	Place        int
	All          bool
	Since, Began time.Time
	After        domain.ContactNumber
}

// Changed returns a page of the contacts that were changed since then.
func (s *Contacts) Changed(_ context.Context, in domain.InstitutionID, since time.Time, limit int, from string) (domain.Changes, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, err := after("changed", from)
	if err != nil {
		return domain.Changes{}, err
	}
	r, at := s.rest(in), changedAt{}
	switch {
	case text != "":
		if json.Unmarshal([]byte(text), &at) != nil || at.Place < 0 || at.Place > len(r.notes) {
			return domain.Changes{}, fault.At("query.cursor", "cursorInvalid")
		}
	case s.reaches(in, since):
		at.Place, _ = slices.BinarySearchFunc(r.notes, since, func(n note, t time.Time) int { return n.at.Compare(t) })
	default:
		at = changedAt{All: true, Since: since, Began: s.now()}
	}
	if limit <= 0 {
		limit = 50
	}
	next := func() string {
		b, err := json.Marshal(at)
		if err != nil {
			panic(err) // plain data
		}
		return cursor("changed", string(b))
	}
	out := domain.Changes{Until: s.now().Add(-domain.ChangeMargin)}
	if at.All {
		out.Until = at.Began.Add(-domain.ChangeMargin)
		ns := slices.Collect(maps.Keys(s.of[in]))
		for n, g := range r.gone {
			if !g.at.Truncate(time.Second).Before(at.Since.Truncate(time.Second)) {
				ns = append(ns, n)
			}
		}
		slices.Sort(ns)
		for _, n := range ns {
			if n <= at.After && at.After != "" {
				continue
			}
			out.Items, at.After = append(out.Items, s.change(in, n, time.Time{})), n
			if len(out.Items) == limit {
				out.Next, out.Until = next(), time.Time{}
				break
			}
		}
		return out, nil
	}
	seen := map[domain.ContactNumber]bool{}
	for ; at.Place < len(r.notes); at.Place++ {
		n := r.notes[at.Place]
		if len(out.Items) == limit {
			out.Next, out.Until = next(), time.Time{}
			break
		}
		if !seen[n.n] {
			seen[n.n] = true
			out.Items = append(out.Items, s.change(in, n.n, n.at))
		}
	}
	return out, nil
}

func (s *Contacts) change(in domain.InstitutionID, n domain.ContactNumber, at time.Time) domain.Change {
	out := domain.Change{Number: n, At: at}
	if c, ok := s.of[in][n]; ok {
		c = clone(c)
		out.Contact = &c
	}
	return out
}

// ChangedSince yields the contacts that were changed since then, ordered by number.
func (s *Contacts) ChangedSince(ctx context.Context, in domain.InstitutionID, since time.Time) iter.Seq2[domain.Contact, error] {
	return func(yield func(domain.Contact, error) bool) {
		s.mu.Lock()
		all, changed := !s.reaches(in, since), map[domain.ContactNumber]bool{}
		for _, n := range s.rest(in).notes {
			changed[n.n] = changed[n.n] || !n.at.Before(since)
		}
		s.mu.Unlock()
		for c, err := range s.All(ctx, in) {
			if (all || err != nil || changed[c.Number]) && !yield(c, err) {
				return
			}
		}
	}
}
