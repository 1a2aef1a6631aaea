package memory

import (
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// Records keeps things of one kind by institution and id.
type Records[T domain.Record] struct {
	now func() time.Time
	mu  sync.Mutex
	all map[jobID]T
}

// NewRecords returns an empty store.
func NewRecords[T domain.Record](now func() time.Time) *Records[T] {
	return &Records[T]{now: now, all: map[jobID]T{}}
}

func (s *Records[T]) get(key jobID) (T, bool) {
	v, ok := s.all[key]
	return copied(v), ok && !expired(v.Ends(), s.now())
}

// Create keeps a new record; an id that is taken is kind Conflict "exists".
func (s *Records[T]) Create(_ context.Context, in domain.InstitutionID, id string, v T) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.get(jobID{in, id}); ok {
		return fits(0, 1, true)
	}
	s.all[jobID{in, id}] = copied(v)
	return nil
}

// Get returns a record, or kind NotFound.
func (s *Records[T]) Get(_ context.Context, in domain.InstitutionID, id string) (T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.get(jobID{in, id})
	if !ok {
		var none T
		return none, fault.Missing()
	}
	return v, nil
}

// Change applies f to the record, or to a zero one if there is none, and keeps
// the result.
func (s *Records[T]) Change(_ context.Context, in domain.InstitutionID, id string, f func(*T) error) (T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var none T
	v, ok := s.get(jobID{in, id})
	if !ok {
		v = none
	}
	if err := f(&v); err != nil {
		return none, err
	}
	s.all[jobID{in, id}] = copied(v)
	return copied(v), nil
}

// Delete removes a record, or returns kind NotFound.
func (s *Records[T]) Delete(_ context.Context, in domain.InstitutionID, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.get(jobID{in, id}); !ok {
		return fault.Missing()
	}
	delete(s.all, jobID{in, id})
	return nil
}

// List lists an institution's records, the highest id first.
func (s *Records[T]) List(_ context.Context, in domain.InstitutionID, limit int, from string) ([]T, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return list(s.all, in, s.now(), func(v T) time.Time { return v.Ends() }, "records", limit, from)
}

// Fallen yields the records of all institutions that were due before the time,
// the earliest first.
func (s *Records[T]) Fallen(_ context.Context, before time.Time) iter.Seq2[domain.Fallen[T], error] {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []domain.Fallen[T]
	for key := range s.all {
		if v, ok := s.get(key); ok && !v.Due().IsZero() && v.Due().Unix() < before.Unix() {
			found = append(found, domain.Fallen[T]{Institution: key.in, ID: key.id, Record: v})
		}
	}
	slices.SortFunc(found, func(a, b domain.Fallen[T]) int { return a.Record.Due().Compare(b.Record.Due()) })
	return func(yield func(domain.Fallen[T], error) bool) {
		for _, f := range found {
			if !yield(f, nil) {
				return
			}
		}
	}
}
