package dynamo

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"rollbook/internal/aws/awsfault"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/text"
)

// Contacts keeps contacts in one table, their look-ups by e-mail and name in
// another, and what was changed in a third.
type Contacts struct {
	// Concurrency is how many requests one call makes at once; 4 unless set.
	Concurrency int
	// Wait replaces the waits between attempts.
	Wait Wait
	// Now says when a contact is deleted and when what need not stay may go.
	Now func() time.Time

	client                    *dynamodb.Client
	contacts, emails, history string
}

// NewContacts returns the store in the tables with the names.
func NewContacts(client *dynamodb.Client, contacts, emails, history string) *Contacts {
	return &Contacts{Concurrency: 4, Wait: backoff, Now: time.Now, client: client, contacts: contacts, emails: emails, history: history}
}

var errField = fault.New(fault.Internal, "fieldUnknown", "")

// Get returns one contact, or fault kind NotFound.
func (s *Contacts) Get(ctx context.Context, in domain.InstitutionID, n domain.ContactNumber) (domain.Contact, error) {
	it, err := s.item(ctx, in, n)
	if err != nil {
		return domain.Contact{}, err
	}
	if it == nil || isGone(it) {
		return domain.Contact{}, fault.Missing()
	}
	return readContact(it), nil
}

// item returns what lies under a number: a contact, what stays of a deleted
// one, or nil.
func (s *Contacts) item(ctx context.Context, in domain.InstitutionID, n domain.ContactNumber) (item, error) {
	var out *dynamodb.GetItemOutput
	err := s.Wait.retrying(ctx, func() (err error) {
		out, err = s.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.contacts, Key: contactKey(in, n), ConsistentRead: aws.Bool(true)})
		return err
	})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

// GetMany returns those that exist, 100 in a request.
func (s *Contacts) GetMany(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]domain.Contact, error) {
	items, err := s.items(ctx, in, ns)
	if err != nil {
		return nil, err
	}
	out := make(map[domain.ContactNumber]domain.Contact, len(items))
	for n, it := range items {
		if !isGone(it) {
			out[n] = readContact(it)
		}
	}
	return out, nil
}

// Gone tells which of the numbers belonged to contacts that were deleted, with
// the import whose undo removed them, "" if a person did.
func (s *Contacts) Gone(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]string, error) {
	items, err := s.items(ctx, in, ns)
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

// items returns what lies under the numbers, contacts and what stays of deleted
// ones.
func (s *Contacts) items(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]item, error) {
	ns = slices.Compact(slices.Sorted(slices.Values(ns))) // a key twice in a request is refused
	ask := make([]item, len(ns))
	for i, n := range ns {
		ask[i] = contactKey(in, n)
	}
	found, err := s.getMany(ctx, s.contacts, ask)
	if err != nil {
		return nil, err
	}
	out := make(map[domain.ContactNumber]item, len(found))
	for _, it := range found {
		out[domain.ContactNumber(stringOf(it["sk"]))] = it
	}
	return out, nil
}

// getMany returns the items with the keys, each of them once, 100 in a request.
func (s *Contacts) getMany(ctx context.Context, table string, ask []item) ([]item, error) {
	parts := slices.Collect(slices.Chunk(ask, 100))
	found := make([][]item, len(parts))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, s.Concurrency))
	for i, part := range parts {
		g.Go(func() (err error) {
			found[i], err = s.getBatch(gctx, table, part)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(found...), nil
}

func (s *Contacts) getBatch(ctx context.Context, table string, keys []item) ([]item, error) {
	ask := types.KeysAndAttributes{ConsistentRead: aws.Bool(true), Keys: keys}
	found := make([]item, 0, len(keys))
	for attempt := 1; ; attempt++ {
		out, err := s.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{table: ask}})
		switch {
		case err == nil:
			found = append(found, out.Responses[table]...)
			left := out.UnprocessedKeys[table].Keys
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

// Put creates or replaces a contact's fields, with its look-ups, and remembers
// what it changed.
func (s *Contacts) Put(ctx context.Context, in domain.InstitutionID, c domain.Contact, p domain.Provenance) (created bool, err error) {
	err = s.change(ctx, in, c.Number, func(stored *domain.Contact) (*domain.Contact, []domain.HistoryEntry, error) {
		created = stored == nil
		if created {
			stored = &domain.Contact{}
		}
		if c.Version != 0 && c.Version != stored.Version {
			return nil, nil, raced()
		}
		next := &domain.Contact{
			Number: c.Number, Fields: map[domain.Field]domain.Value{}, Provenance: map[domain.Field]domain.Provenance{},
			Applied: stored.Applied, Origin: stored.Origin, Version: stored.Version + 1,
		}
		for f, v := range c.Fields {
			if v == domain.Empty {
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
		return next, differences(*stored, *next, p), nil
	})
	if err == errGone {
		err = fault.New(fault.Conflict, "gone", "This number belonged to a contact that was deleted. Numbers are never used again.")
	}
	return created && err == nil, err
}

// Delete removes a contact with its look-ups and its history, or returns kind
// NotFound. Its number stays taken.
func (s *Contacts) Delete(ctx context.Context, in domain.InstitutionID, n domain.ContactNumber) error {
	// Before, so that a call cut short can be repeated; afterwards, for what was
	// changed in between.
	if err := s.forget(ctx, in, n); err != nil {
		return err
	}
	err := s.change(ctx, in, n, func(stored *domain.Contact) (*domain.Contact, []domain.HistoryEntry, error) {
		if stored == nil {
			return nil, nil, fault.Missing()
		}
		return nil, nil, nil
	})
	if err == errGone {
		return fault.Missing()
	}
	if err != nil {
		return err
	}
	return s.forget(ctx, in, n)
}

func raced() error {
	return fault.New(fault.Conflict, "changed", "The contact was changed in between. Read it again.")
}

var errGone = errors.New("the number belonged to a contact that was deleted")

// change reads a contact (nil if there is none) and replaces it by what f
// returns (nil to remove it), with its look-ups, again and again until nobody
// wrote in between. f's error ends it, as errGone does for a deleted contact's
// number.
func (s *Contacts) change(ctx context.Context, in domain.InstitutionID, n domain.ContactNumber, f func(*domain.Contact) (*domain.Contact, []domain.HistoryEntry, error)) error {
	for attempt := 1; ; attempt++ {
		it, err := s.item(ctx, in, n)
		if err != nil {
			return err
		}
		var stored *domain.Contact
		switch {
		case isGone(it):
			return errGone
		case it != nil:
			c := readContact(it)
			stored = &c
		}
		next, history, err := f(stored)
		if err != nil {
			return err
		}
		if stored != nil && stored.Email() != "" && (next == nil || text.NormaliseEmail(next.Email()) != text.NormaliseEmail(stored.Email())) {
			if err := s.unclaim(ctx, in, *stored); err != nil {
				return err
			}
		}
		items, err := s.replacement(in, n, stored, next, "")
		if err != nil {
			return err
		}
		for _, h := range s.historyItems(in, history, func(domain.HistoryEntry) string { return versionKey(next.Version) }) {
			items = append(items, types.TransactWriteItem{Put: &types.Put{TableName: &s.history, Item: h}})
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

// replacement is the transaction that turns stored into next (nil for what
// stays of a deleted contact; by is the import whose undo deletes it).
func (s *Contacts) replacement(in domain.InstitutionID, n domain.ContactNumber, stored, next *domain.Contact, by string) ([]types.TransactWriteItem, error) {
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
	var it item
	if next != nil {
		var err error
		if it, err = contactItem(in, *next); err != nil {
			return nil, err
		}
		for _, l := range lookups(in, *next) {
			has[l] = true
		}
	} else {
		it = goneItem(in, n, s.Now(), by, stored.Origin)
	}
	items := []types.TransactWriteItem{{Put: &types.Put{TableName: &s.contacts, Item: it,
		ConditionExpression: condition, ExpressionAttributeNames: names, ExpressionAttributeValues: values}}}
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
