package dynamo

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// people is the table of contacts by number, and of what stays of deleted ones.
type people struct{ table }

// Get returns one contact, or fault kind NotFound.
func (s people) Get(ctx context.Context, in domain.InstitutionID, n domain.ContactNumber) (domain.Contact, error) {
	it, err := s.get(ctx, contactKey(in, n))
	if err != nil {
		return domain.Contact{}, err
	}
	if c := liveContact(it); c != nil {
		return *c, nil
	}
	return domain.Contact{}, fault.Missing()
}

// GetMany returns those that exist, 100 in a request.
func (s people) GetMany(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]domain.Contact, error) {
	items, err := s.under(ctx, in, ns)
	if err != nil {
		return nil, err
	}
	out := make(map[domain.ContactNumber]domain.Contact, len(items))
	for n, it := range items {
		if c := liveContact(it); c != nil {
			out[n] = *c
		}
	}
	return out, nil
}

// Gone returns those of the numbers that belonged to contacts that were deleted,
// with the import whose undo removed them, "" if a person did.
func (s people) Gone(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]string, error) {
	items, err := s.under(ctx, in, ns)
	if err != nil {
		return nil, err
	}
	out := map[domain.ContactNumber]string{}
	for n, it := range items {
		if isGone(it) {
			out[n] = stringOf(it["by"])
		}
	}
	return out, nil
}

// Remains returns what is kept under those of the numbers where no contact is.
func (s people) Remains(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]domain.Remains, error) {
	items, err := s.under(ctx, in, ns)
	if err != nil {
		return nil, err
	}
	out := map[domain.ContactNumber]domain.Remains{}
	for n, it := range items {
		if isGone(it) || isHold(it) {
			out[n] = domain.Remains{Deleted: isGone(it), By: stringOf(it["by"]), Origin: readOrigin(stringOf(it["made"])), Stamps: readStamps(it)}
		}
	}
	return out, nil
}

// under returns what lies under the numbers, contacts and what stays of deleted
// ones.
func (s people) under(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]item, error) {
	ns = slices.Compact(slices.Sorted(slices.Values(ns))) // a key twice in a request is refused
	ask := make([]item, len(ns))
	for i, n := range ns {
		ask[i] = contactKey(in, n)
	}
	found, err := s.many(ctx, ask)
	if err != nil {
		return nil, err
	}
	out := make(map[domain.ContactNumber]item, len(found))
	for _, it := range found {
		out[domain.ContactNumber(stringOf(it["sk"]))] = it
	}
	return out, nil
}

// highestLook is how many items of a partition the highest number of a width is
// looked for among those of other widths.
const highestLook = 500

// highest returns the highest number of the width, of contacts that are there or
// were, 0 if there is none.
func (s people) highest(ctx context.Context, in domain.InstitutionID, digits int) (uint64, error) {
	var mu sync.Mutex
	var highest uint64
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(s.limit(4))
	for bucket := range Buckets {
		g.Go(func() error {
			looked := 0
			for it, err := range s.items(gctx, dynamodb.QueryInput{ScanIndexForward: aws.Bool(false), Limit: aws.Int32(25),
				KeyConditionExpression: aws.String("pk = :pk AND sk <= :top"), ProjectionExpression: aws.String("sk"),
				ExpressionAttributeValues: item{":pk": str(bucketKey(in, bucket)), ":top": str(strings.Repeat("9", digits))}}) {
				if err != nil {
					return err
				}
				sk := stringOf(it["sk"])
				if n, err := strconv.ParseUint(sk, 10, 64); err == nil && len(sk) == digits {
					mu.Lock()
					highest = max(highest, n)
					mu.Unlock()
					return nil
				}
				if looked++; looked == highestLook {
					return nil
				}
			}
			return nil
		})
	}
	err := g.Wait() // before highest is looked at
	return highest, err
}

// any reports whether the institution has contacts.
func (s people) any(ctx context.Context, in domain.InstitutionID) (bool, error) {
	var there atomic.Bool
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(s.limit(4))
	for bucket := range Buckets {
		g.Go(func() error {
			for it, err := range s.items(gctx, dynamodb.QueryInput{Limit: aws.Int32(25), KeyConditionExpression: aws.String("pk = :pk"),
				ExpressionAttributeValues: item{":pk": str(bucketKey(in, bucket))}}) {
				if err != nil || there.Load() {
					return err
				}
				if liveContact(it) != nil {
					there.Store(true)
				}
			}
			return nil
		})
	}
	err := g.Wait() // before there is looked at
	return there.Load(), err
}

// replaceItem writes an item where what was read still is, or ends with an
// errRaced.
func (s people) replaceItem(ctx context.Context, it, was item) (doubt bool, err error) {
	put := &types.Put{TableName: &s.name, Item: it}
	put.ConditionExpression, put.ExpressionAttributeNames, put.ExpressionAttributeValues = asRead(was)
	return s.transactInDoubt(ctx, types.TransactWriteItem{Put: put})
}
