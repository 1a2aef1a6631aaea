package dynamo

import (
	"cmp"
	"context"
	"errors"
	"maps"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// Hide takes a contact away as Delete does, but leaves its history: Restore
// brings both back, Forget removes what is left. A contact that is not as it
// was read is kind Conflict, one that is not there kind NotFound.
func (s *Contacts) Hide(ctx context.Context, in domain.InstitutionID, read domain.Contact) error {
	_, err := s.change(ctx, in, read.Number, true, func(stored *domain.Contact) (*domain.Contact, []domain.HistoryEntry, error) {
		switch {
		case stored == nil:
			return nil, nil, fault.Missing()
		case stored.Version != read.Version || stored.Mark != read.Mark:
			return nil, nil, raced()
		}
		return nil, nil, nil
	})
	if _, ok := errors.AsType[errGone](err); ok {
		return fault.Missing()
	}
	return err
}

// Restore puts a contact back that was hidden. A contact that is there already
// is kind Conflict "exists".
func (s *Contacts) Restore(ctx context.Context, in domain.InstitutionID, c domain.Contact) error {
	was, err := s.people.get(ctx, contactKey(in, c.Number))
	if err != nil {
		return err
	}
	if !isGone(was) {
		return versionRaced(0)
	}
	// What imports decided about the number meanwhile goes on.
	stamps := readStamps(was)
	maps.Copy(stamps, c.Stamps)
	c.Stamps, c.Mark = stamps, cmp.Or(orderOf(stringOf(was["mark"])), c.Mark)
	sec, err := s.secrets.get(ctx, in)
	if err != nil {
		return err
	}
	items, err := s.replacement(sec, c.Number, was, &c, "")
	if err != nil {
		return err
	}
	items = append(items, types.TransactWriteItem{Delete: &types.Delete{TableName: &s.changes.name, Key: keys(erasedKey(in), string(c.Number))}})
	if items, err = s.changes.noting(in, c.Number, items); err != nil {
		return err
	}
	err = s.transact(ctx, items...)
	if _, ok := errors.AsType[errRaced](err); ok {
		return versionRaced(0)
	}
	return err
}

// Forget removes the history of a contact that is no longer there.
func (s *Contacts) Forget(ctx context.Context, in domain.InstitutionID, n domain.ContactNumber) error {
	return s.changes.forget(ctx, in, n)
}
