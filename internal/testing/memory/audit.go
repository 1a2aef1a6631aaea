package memory

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"rollbook/internal/domain"
)

// Audit keeps the record of who did what.
type Audit struct {
	now func() time.Time
	mu  sync.Mutex
	all map[domain.InstitutionID][]domain.Audited
	// Err, if set, is what keeping an entry fails with.
	Err error
}

// NewAudit returns an empty record.
func NewAudit(now func() time.Time) *Audit {
	return &Audit{now: now, all: map[domain.InstitutionID][]domain.Audited{}}
}

// Append keeps an entry.
func (s *Audit) Append(_ context.Context, in domain.InstitutionID, e domain.Audited) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Err != nil {
		return s.Err
	}
	s.all[in] = append(s.all[in], copied(e))
	return nil
}

// Along keeps nothing: there are no transactions here.
func (s *Audit) Along(ctx context.Context, _ domain.InstitutionID, _ *domain.Audited) (context.Context, func() bool) {
	return ctx, func() bool { return false }
}

// Alone returns the context as it is.
func (s *Audit) Alone(ctx context.Context) context.Context { return ctx }

// Entries lists the newest first.
func (s *Audit) Entries(_ context.Context, in domain.InstitutionID, limit int, from string) ([]domain.Audited, string, error) {
	last, err := after("audit", from)
	if err != nil {
		return nil, "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []domain.Audited
	for _, e := range s.all[in] {
		if !expired(e.EndsAt, s.now()) && (last == "" || e.ID < last) {
			found = append(found, copied(e))
		}
	}
	slices.SortFunc(found, func(a, b domain.Audited) int { return strings.Compare(b.ID, a.ID) })
	if limit <= 0 {
		limit = 50
	}
	if len(found) <= limit {
		return found, "", nil
	}
	return found[:limit], cursor("audit", found[limit-1].ID), nil
}
