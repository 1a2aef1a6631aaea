package dynamo

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// maxNamed is how often one round tries to make a contact that others are making.
const maxNamed = 10

// makeNamed makes a contact whose number was asked for and whose identity must be
// one person's: claim, contact and look-ups in one transaction, so that a claim
// never names a number that somebody wishes for and has no contact.
func (r round) makeNamed(ctx context.Context, m *making) error {
	m.c.Number = m.n
	var was item // what lies under the number
	from := m.n
	for range maxNamed {
		claim := r.sec.claimItem(m.id)
		claim["n"], claim["ttl"] = str(string(m.n)), num(r.Now().Add(claimLife).Unix())
		it, err := m.onto(r.in, was)
		if err != nil {
			return err
		}
		put := &types.Put{TableName: &r.people.name, Item: it, ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}
		put.ConditionExpression, put.ExpressionAttributeNames, put.ExpressionAttributeValues = asRead(was)
		items := []types.TransactWriteItem{
			{Put: put},
			{Put: &types.Put{TableName: &r.lookups.name, Item: claim, ConditionExpression: aws.String("attribute_not_exists(pk) OR #n = :n OR #n = :from"),
				ExpressionAttributeNames: map[string]string{"#n": "n"}, ExpressionAttributeValues: item{":n": str(string(m.n)), ":from": str(string(from))},
				ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}},
		}
		for _, l := range r.sec.lookups(m.c) {
			items = append(items, types.TransactWriteItem{Put: &types.Put{TableName: &r.lookups.name, Item: l.item()}})
		}
		doubt, err := r.transactInDoubt(ctx, items...)
		m.doubt = m.doubt || doubt
		raced, ok := errors.AsType[errRaced](err)
		switch {
		case err == nil:
			r.settle(m, domain.Made{Done: true})
			return nil
		case fault.KindOf(err) == fault.TooLarge:
			r.settle(m, domain.Made{Err: tooLarge()})
			return nil
		case !ok:
			return err
		}
		stored, taken := raced.failed(0)
		if taken && r.own(m, stored) {
			return nil
		}
		if held, failed := raced.failed(1); failed {
			n := domain.ContactNumber(stringOf(held["n"]))
			other, err := r.people.get(ctx, contactKey(r.in, n))
			if err != nil {
				return err
			}
			if r.own(m, other) {
				return nil
			}
			if live := liveContact(other); live != nil && has(*live, m.id) {
				r.settle(m, domain.Made{Number: n, Live: live})
				return nil
			}
			if (other == nil || isHold(other)) && n != "" {
				// Somebody is about to make it under a number that nobody
				// wished for. That number is used up.
				if err := r.useUp(ctx, n, other); err != nil {
					return err
				}
				continue // it may have been quicker
			}
			from = n
		}
		if taken && isHold(stored) {
			was = stored
			continue
		}
		if taken && stored == nil {
			was = nil // the hold that was read is a contact's remains no more
			continue
		}
		if taken {
			if live := liveContact(stored); live != nil {
				r.settle(m, domain.Made{Live: live})
			} else {
				r.settle(m, domain.Made{Gone: true})
			}
			return nil
		}
	}
	return nil
}

// useUp makes sure that nothing is made under the number, where nothing or a hold
// was read, unless something was made meanwhile.
func (r round) useUp(ctx context.Context, n domain.ContactNumber, was item) error {
	it := goneItem(r.in, n, r.Now(), "", domain.Contact{Mark: orderOf(stringOf(was["mark"])), Stamps: readStamps(was)})
	_, err := r.replaceItem(ctx, it, was)
	if _, ok := errors.AsType[errRaced](err); ok {
		return nil
	}
	return err
}
