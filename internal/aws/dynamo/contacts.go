package dynamo

import (
	"cmp"
	"context"
	"errors"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/text"
)

// Contacts keeps contacts with all that lies beside them.
type Contacts struct {
	*DB
	people
	numbers
	changes
	lookups lookupTable
	claims  claims
	secrets *secrets
}

// NewContacts returns the store in the tables with the names: contacts by
// number, what they are found by with what creation needs, their history, and the
// catalogue, where the key is by which they are found. A caller who never uses one
// of the tables may leave its name empty.
func NewContacts(db *DB, contacts, emails, history, catalogue string) *Contacts {
	who, beside := people{table{DB: db, name: contacts}}, table{DB: db, name: emails}
	return &Contacts{DB: db, people: who, numbers: numbers{beside, who}, changes: changes{table{DB: db, name: history}},
		lookups: lookupTable{beside}, claims: claims{beside},
		secrets: newSecrets(table{DB: db, name: catalogue}, who)}
}

// Late returns the same store, whose GetMany is eventually consistent: it may miss
// what was written within the last second or so, for half a read unit a contact.
func (s *Contacts) Late() *Contacts {
	late := *s
	late.people.late = true
	return &late
}

var errField = fault.New(fault.Internal, "fieldUnknown")

// Put creates or replaces a contact's fields, with its look-ups, and remembers
// what it changed.
func (s *Contacts) Put(ctx context.Context, in domain.InstitutionID, c domain.Contact, p domain.Provenance) (created bool, err error) {
	_, err = s.change(ctx, in, c.Number, true, func(stored *domain.Contact) (*domain.Contact, []domain.HistoryEntry, error) {
		created = stored == nil
		if created {
			stored = &domain.Contact{}
		}
		if c.Version != 0 && c.Version != stored.Version {
			return nil, nil, raced()
		}
		next := &domain.Contact{
			Number: c.Number, Fields: map[domain.Field]domain.Value{}, Provenance: map[domain.Field]domain.Provenance{},
			Mark: stored.Mark, Stamps: stored.Stamps, Origin: stored.Origin, Version: stored.Version + 1,
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
	if _, ok := errors.AsType[errGone](err); ok {
		err = fault.New(fault.Conflict, "gone")
	}
	return created && err == nil, err
}

// Delete removes a contact with its look-ups and its history, or returns kind
// NotFound. Its number stays taken.
func (s *Contacts) Delete(ctx context.Context, in domain.InstitutionID, n domain.ContactNumber) error {
	// Before, so that a call cut short can be repeated; afterwards, for what was
	// changed in between.
	if err := s.changes.forget(ctx, in, n); err != nil {
		return err
	}
	_, err := s.change(ctx, in, n, true, func(stored *domain.Contact) (*domain.Contact, []domain.HistoryEntry, error) {
		if stored == nil {
			return nil, nil, fault.Missing()
		}
		return nil, nil, nil
	})
	if _, ok := errors.AsType[errGone](err); ok {
		return fault.Missing()
	}
	if err != nil {
		return err
	}
	return s.changes.forget(ctx, in, n)
}

func raced() error {
	return fault.New(fault.Conflict, "changed.contact")
}

// errContended ends a change that others keep getting in before.
var errContended = busy("an item is written all the time")

// errGone says that the number belonged to a contact that was deleted.
type errGone struct{ remains item }

func (errGone) Error() string { return "the number belonged to a contact that was deleted" }

// change reads a contact (nil if there is none) and replaces it by what f
// returns (nil to remove it), with its look-ups, again and again until nobody
// wrote in between. What imports decided about it is kept. f's error ends it, as
// errGone does for a deleted contact's number. doubt reports that an attempt
// ended without the service's answer. noted says that the change is to be told to
// those who ask for changes; a chunk's are noted together, later.
func (s *Contacts) change(ctx context.Context, in domain.InstitutionID, n domain.ContactNumber, noted bool, f func(*domain.Contact) (*domain.Contact, []domain.HistoryEntry, error)) (doubt bool, err error) {
	sec, err := s.secrets.get(ctx, in)
	if err != nil {
		return false, err
	}
	for tries := s.Retry.start(); ; {
		it, err := s.people.get(ctx, contactKey(in, n))
		if err != nil {
			return doubt, err
		}
		if isGone(it) {
			return doubt, errGone{it}
		}
		stored := liveContact(it)
		next, history, err := f(stored)
		if err != nil {
			return doubt, err
		}
		if stored != nil && stored.Email() != "" && (next == nil || text.NormaliseEmail(next.Email()) != text.NormaliseEmail(stored.Email())) {
			if err := s.claims.giveUp(ctx, sec, *stored); err != nil {
				return doubt, err
			}
		}
		items, err := s.replacement(sec, n, it, next, "")
		if err != nil {
			return doubt, err
		}
		for _, h := range s.changes.entries(in, history, func(domain.HistoryEntry) string { return versionKey(next.Version) }) {
			items = append(items, types.TransactWriteItem{Put: &types.Put{TableName: &s.changes.name, Item: h}})
		}
		if noted {
			if items, err = s.changes.noting(in, n, items); err != nil {
				return doubt, err
			}
		}
		lost, err := s.transactInDoubt(ctx, items...)
		doubt = doubt || lost
		if _, ok := errors.AsType[errRaced](err); !ok {
			if fault.KindOf(err) == fault.TooLarge {
				return doubt, tooLarge()
			}
			return doubt, err
		}
		if err := tries.again(ctx, errContended); err != nil {
			if err == errContended {
				return doubt, raced()
			}
			return doubt, err
		}
	}
}

// replacement is the transaction that turns what lies under a number (nil for
// nothing) into a contact, or with next nil into what stays of a deleted one; by
// is the import whose undo deletes it. A deletion is noted, so that nobody adds
// to the contact's history afterwards.
func (s *Contacts) replacement(sec *secret, n domain.ContactNumber, was item, next *domain.Contact, by string) ([]types.TransactWriteItem, error) {
	in, stored := sec.in, liveContact(was)
	had, has := map[lookup]bool{}, map[lookup]bool{} // had: is it surely there?
	if stored != nil {
		for _, l := range sec.lookups(*stored) {
			had[l] = !sec.plain && !sec.gathered
		}
		for _, l := range sec.earlierLookups(*stored) {
			had[l] = false
		}
	}
	put := &types.Put{TableName: &s.people.name}
	put.ConditionExpression, put.ExpressionAttributeNames, put.ExpressionAttributeValues = asRead(was)
	items := []types.TransactWriteItem{{Put: put}}
	if next != nil {
		c := *next
		if stored == nil && isHold(was) { // its stamps go on
			c.Stamps = readStamps(was)
			maps.Copy(c.Stamps, next.Stamps)
			c.Mark = cmp.Or(next.Mark, orderOf(stringOf(was["mark"])))
		}
		it, err := contactItem(in, c)
		if err != nil {
			return nil, err
		}
		put.Item = it
		for _, l := range sec.lookups(*next) {
			has[l] = true
		}
	} else {
		put.Item = goneItem(in, n, s.Now(), by, *stored)
		items = append(items, types.TransactWriteItem{Put: &types.Put{TableName: &s.changes.name, Item: s.changes.erasure(in, n)}})
	}
	for l := range maps.Keys(had) {
		if !has[l] {
			items = append(items, types.TransactWriteItem{Delete: &types.Delete{TableName: &s.lookups.name, Key: l.item()}})
		}
	}
	for l := range maps.Keys(has) {
		if !had[l] {
			items = append(items, types.TransactWriteItem{Put: &types.Put{TableName: &s.lookups.name, Item: l.item()}})
		}
	}
	return items, nil
}

// asRead is the condition that under a number lies what was read: every write,
// by people or imports, changes the version or the mark.
func asRead(was item) (condition *string, names map[string]string, values item) {
	switch {
	case was == nil:
		return aws.String("attribute_not_exists(pk)"), nil, nil
	case isHold(was):
		return aws.String("attribute_exists(#hold) AND #mark = :mark"), map[string]string{"#hold": "hold", "#mark": "mark"}, item{":mark": was["mark"]}
	case isGone(was):
		return aws.String("attribute_exists(#gone)"), map[string]string{"#gone": "gone"}, nil
	}
	return aws.String("#v = :v AND #mark = :mark"), map[string]string{"#v": "v", "#mark": "mark"}, item{":v": was["v"], ":mark": was["mark"]}
}

func tooLarge() error {
	return fault.New(fault.TooLarge, "contactTooLarge")
}
