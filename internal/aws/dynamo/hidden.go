package dynamo

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// Hide takes a contact away as Delete does, but leaves its history: Restore
// brings both back, Forget removes what is left. A contact that is not as it
// was read is kind Conflict, one that is not there kind NotFound.
func (s *Contacts) Hide(ctx context.Context, in domain.InstitutionID, read domain.Contact) error {
	err := s.change(ctx, in, read.Number, func(stored *domain.Contact) (*domain.Contact, []domain.HistoryEntry, error) {
		switch {
		case stored == nil:
			return nil, nil, fault.Missing()
		case stored.Version != read.Version || stored.Applied.Import != read.Applied.Import || stored.Applied.Line != read.Applied.Line:
			return nil, nil, raced()
		}
		return nil, nil, nil
	})
	if err == errGone {
		return fault.Missing()
	}
	return err
}

// Restore puts a contact back that was hidden. A contact that is there already
// is kind Conflict "exists".
func (s *Contacts) Restore(ctx context.Context, in domain.InstitutionID, c domain.Contact) error {
	items, err := s.replacement(in, c.Number, nil, &c, "")
	if err != nil {
		return err
	}
	put := items[0].Put
	put.ConditionExpression, put.ExpressionAttributeNames = aws.String("attribute_exists(#gone)"), map[string]string{"#gone": "gone"}
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
