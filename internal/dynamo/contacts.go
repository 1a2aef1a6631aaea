package dynamo

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"rollbook/internal/awsfault"
	"rollbook/internal/fault"
	"rollbook/internal/roll"
)

// Contacts keeps contacts in one table and their look-ups by e-mail and name in
// another.
type Contacts struct {
	// Concurrency is how many requests one call makes at once; 4 unless set.
	Concurrency int
	// Wait replaces the waits between attempts.
	Wait Wait

	client           *dynamodb.Client
	contacts, emails string
}

// NewContacts returns the store in the tables with the names.
func NewContacts(client *dynamodb.Client, contacts, emails string) *Contacts {
	return &Contacts{Concurrency: 4, Wait: backoff, client: client, contacts: contacts, emails: emails}
}

var errField = fault.New(fault.Internal, "fieldUnknown", "")

// Get returns one contact, or fault kind NotFound.
func (s *Contacts) Get(ctx context.Context, in roll.InstitutionID, n roll.ContactNumber) (roll.Contact, error) {
	var out *dynamodb.GetItemOutput
	err := s.Wait.retrying(ctx, func() (err error) {
		out, err = s.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.contacts, Key: contactKey(in, n), ConsistentRead: aws.Bool(true)})
		return err
	})
	if err != nil {
		return roll.Contact{}, err
	}
	if out.Item == nil {
		return roll.Contact{}, fault.Missing()
	}
	return readContact(out.Item), nil
}

// GetMany returns those that exist, 100 in a request.
func (s *Contacts) GetMany(ctx context.Context, in roll.InstitutionID, ns []roll.ContactNumber) (map[roll.ContactNumber]roll.Contact, error) {
	ns = slices.Compact(slices.Sorted(slices.Values(ns))) // a key twice in a request is refused
	parts := slices.Collect(slices.Chunk(ns, 100))
	found := make([][]roll.Contact, len(parts))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, s.Concurrency))
	for i, part := range parts {
		g.Go(func() (err error) {
			found[i], err = s.getBatch(gctx, in, part)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	out := make(map[roll.ContactNumber]roll.Contact, len(ns))
	for _, cs := range found {
		for _, c := range cs {
			out[c.Number] = c
		}
	}
	return out, nil
}

func (s *Contacts) getBatch(ctx context.Context, in roll.InstitutionID, ns []roll.ContactNumber) ([]roll.Contact, error) {
	ask := types.KeysAndAttributes{ConsistentRead: aws.Bool(true)}
	for _, n := range ns {
		ask.Keys = append(ask.Keys, contactKey(in, n))
	}
	found := make([]roll.Contact, 0, len(ns))
	for attempt := 1; ; attempt++ {
		out, err := s.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{s.contacts: ask}})
		switch {
		case err == nil:
			for _, it := range out.Responses[s.contacts] {
				found = append(found, readContact(it))
			}
			left := out.UnprocessedKeys[s.contacts].Keys
			if len(left) == 0 {
				return found, nil
			}
			if len(left) < len(ask.Keys) {
				attempt = 1 // it goes on: only standing still is counted
			}
			ask.Keys = left
			err = fault.Wrap(fault.Busy, "busy", errors.New("DynamoDB BatchGetItem: keys left unprocessed"))
		case !awsfault.Busy(err):
			return nil, awsfault.Of(err)
		}
		if attempt >= attempts || ctx.Err() != nil {
			return nil, awsfault.Of(err)
		}
		if err := s.Wait(ctx, attempt); err != nil {
			return nil, awsfault.Of(err)
		}
	}
}

// Put creates or replaces a contact's fields, with its look-ups.
func (s *Contacts) Put(ctx context.Context, in roll.InstitutionID, c roll.Contact, p roll.Provenance) (created bool, err error) {
	err = s.change(ctx, in, c.Number, func(stored *roll.Contact) (*roll.Contact, error) {
		created = stored == nil
		if created {
			stored = &roll.Contact{}
		}
		if c.Version != 0 && c.Version != stored.Version {
			return nil, raced()
		}
		next := &roll.Contact{
			Number: c.Number, Fields: map[roll.Field]roll.Value{}, Provenance: map[roll.Field]roll.Provenance{},
			Applied: stored.Applied, Version: stored.Version + 1,
		}
		for f, v := range c.Fields {
			if v == roll.Empty {
				continue
			}
			next.Fields[f] = v
			if !hasProvenance(f) {
				continue
			}
			if stored.Fields[f] != v {
				next.Provenance[f] = p
			} else if old, ok := stored.Provenance[f]; ok {
				next.Provenance[f] = old
			}
		}
		return next, nil
	})
	return created && err == nil, err
}

// Delete removes a contact and its look-ups, or returns kind NotFound.
func (s *Contacts) Delete(ctx context.Context, in roll.InstitutionID, n roll.ContactNumber) error {
	return s.change(ctx, in, n, func(stored *roll.Contact) (*roll.Contact, error) {
		if stored == nil {
			return nil, fault.Missing()
		}
		return nil, nil
	})
}

func raced() error {
	return fault.New(fault.Conflict, "changed", "The contact was changed in between. Read it again.")
}

// change reads a contact (nil if there is none) and replaces it by what f
// returns (nil to remove it), with its look-ups, again and again until nobody
// wrote in between. f's error ends it.
func (s *Contacts) change(ctx context.Context, in roll.InstitutionID, n roll.ContactNumber, f func(*roll.Contact) (*roll.Contact, error)) error {
	for attempt := 1; ; attempt++ {
		var stored *roll.Contact
		switch c, err := s.Get(ctx, in, n); {
		case err == nil:
			stored = &c
		case fault.KindOf(err) != fault.NotFound:
			return err
		}
		next, err := f(stored)
		if err != nil {
			return err
		}
		items, err := s.replacement(in, n, stored, next)
		if err != nil {
			return err
		}
		err = s.Wait.transact(ctx, s.client, items...)
		if _, ok := errors.AsType[errRaced](err); !ok {
			if fault.KindOf(err) == fault.TooLarge {
				return tooLarge()
			}
			return err
		}
		if attempt == attempts {
			return raced()
		}
		if err := s.Wait(ctx, attempt); err != nil {
			return awsfault.Of(err)
		}
	}
}

// replacement is the transaction that turns stored into next.
func (s *Contacts) replacement(in roll.InstitutionID, n roll.ContactNumber, stored, next *roll.Contact) ([]types.TransactWriteItem, error) {
	condition, values := aws.String("attribute_not_exists(pk)"), item(nil)
	had, has := map[lookup]bool{}, map[lookup]bool{}
	var names map[string]string
	if stored != nil {
		// Every write changes the version or the mark.
		condition, names = aws.String("#v = :v AND #mark = :mark"), map[string]string{"#v": "v", "#mark": "mark"}
		values = item{":v": num(int64(stored.Version)), ":mark": str(mark(stored.Applied))}
		for _, l := range lookups(in, *stored) {
			had[l] = true
		}
	}
	var items []types.TransactWriteItem
	if next != nil {
		it, err := contactItem(in, *next)
		if err != nil {
			return nil, err
		}
		items = append(items, types.TransactWriteItem{Put: &types.Put{TableName: &s.contacts, Item: it,
			ConditionExpression: condition, ExpressionAttributeNames: names, ExpressionAttributeValues: values}})
		for _, l := range lookups(in, *next) {
			has[l] = true
		}
	} else {
		items = append(items, types.TransactWriteItem{Delete: &types.Delete{TableName: &s.contacts, Key: contactKey(in, n),
			ConditionExpression: condition, ExpressionAttributeNames: names, ExpressionAttributeValues: values}})
	}
	for l := range maps.Keys(had) {
		if !has[l] {
			items = append(items, types.TransactWriteItem{Delete: &types.Delete{TableName: &s.emails, Key: l.item()}})
		}
	}
	for l := range maps.Keys(has) {
		if !had[l] {
			items = append(items, types.TransactWriteItem{Put: &types.Put{TableName: &s.emails, Item: l.item()}})
		}
	}
	return items, nil
}

func tooLarge() error {
	return fault.New(fault.TooLarge, "contactTooLarge", "The contact would hold more than 400 KB.")
}
