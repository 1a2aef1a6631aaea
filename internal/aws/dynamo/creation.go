package dynamo

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"rollbook/internal/aws/awsfault"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/text"
)

// A making is one creation on its way. A contact whose identity must be one
// person's goes through a claim that names its number; then come its look-ups,
// then the contact, each under the condition that nobody was before. Every step
// may be repeated, and whoever stopped in between left nothing that stands in
// the way of the next one:
//
//   - a claim that names a number without a contact is taken up: the contact is
//     made under that number, and of several who try one has made it;
//   - a claim that names a contact that was deleted, or has another address now,
//     is taken over. Nothing can be made under its number any more, so there are
//     never two.
type making struct {
	at      int // its place in the answer
	cr      *domain.Creation
	c       domain.Contact
	id      string // its identity, folded, "" for none
	n       domain.ContactNumber
	given   bool // the number was asked for
	claimed bool // the claim names n
	held    bool // the claim is there already
	settled bool
}

func (m *making) origin() domain.Origin {
	return domain.Origin{Import: m.cr.Applied.Import, Line: m.cr.Applied.Line}
}

// maxIdle is after how many rounds in which nothing was settled Create gives up.
const maxIdle = 10

// Create makes contacts and answers in the same order. An error means that some
// were not tried; calling again with the same marks is safe.
func (s *Contacts) Create(ctx context.Context, in domain.InstitutionID, crs []domain.Creation) ([]domain.Made, error) {
	out := make([]domain.Made, len(crs))
	var todo []*making
	for i := range crs {
		m, err := newMaking(i, &crs[i])
		if err != nil {
			out[i] = domain.Made{Number: crs[i].Number, Err: err}
			continue
		}
		todo = append(todo, m)
	}
	r := round{s, in, out}
	if err := r.begin(ctx, todo); err != nil {
		return nil, err
	}
	settled := func(m *making) bool { return m.settled }
	todo = slices.DeleteFunc(todo, settled)
	for idle := 0; len(todo) > 0; {
		before := len(todo)
		if err := r.run(ctx, todo); err != nil {
			return nil, err
		}
		if todo = slices.DeleteFunc(todo, settled); len(todo) < before {
			idle = 0
			continue
		}
		if idle++; idle == maxIdle {
			for _, m := range todo {
				r.settle(m, domain.Made{Err: fault.New(fault.Busy, "contended", "Others keep making the same contacts.")})
			}
			break
		}
		if err := s.Wait(ctx, idle); err != nil {
			return nil, awsfault.Of(err)
		}
	}
	return out, nil
}

func newMaking(at int, cr *domain.Creation) (*making, error) {
	m := &making{at: at, cr: cr, n: cr.Number, given: cr.Number != "", id: identity(cr.Identity)}
	if cr.Applied.Import == "" {
		return nil, fault.New(fault.Internal, "markMissing", "")
	}
	if m.given && !m.n.Valid() {
		return nil, fault.New(fault.Internal, "numberInvalid", "")
	}
	m.c = domain.Contact{Fields: map[domain.Field]domain.Value{}, Provenance: map[domain.Field]domain.Provenance{},
		Applied: domain.Applied{Import: cr.Applied.Import, Line: cr.Applied.Line}, Origin: m.origin(), Version: 1}
	for f, v := range cr.Fields {
		if _, _, ok := path(f); !ok {
			return nil, errField
		}
		if v == domain.Empty {
			continue
		}
		m.c.Fields[f] = v
		if hasProvenance(f) {
			m.c.Provenance[f] = cr.Provenance
		}
	}
	m.c.Number = m.n
	it, err := contactItem("", m.c)
	if err != nil {
		return nil, err
	}
	// A statement that is too large fails its whole request.
	if size(object(it))+100 > maxItem {
		return nil, tooLarge()
	}
	return m, nil
}

// identity folds an identity that is an e-mail address.
func identity(id string) string {
	if email := domain.IdentityEmail(id); email != "" {
		return domain.EmailIdentity + text.NormaliseEmail(email)
	}
	return id
}

// has tells whether the contact still is who the identity says. Of what is not
// an e-mail address the claim's word is taken.
func has(c domain.Contact, id string) bool {
	email := domain.IdentityEmail(id)
	return email == "" || text.NormaliseEmail(c.Email()) == email
}

func claimItem(in domain.InstitutionID, id string) item { return keys(string(in)+"#c#"+id, "claim") }

// round works on the creations of one call.
type round struct {
	*Contacts
	in  domain.InstitutionID
	out []domain.Made
}

func (r round) settle(m *making, made domain.Made) {
	if made.Number == "" {
		made.Number = m.n
	}
	r.out[m.at] = made
	m.settled = true
}

// own settles a making whose contact is there, or was.
func (r round) own(m *making, it item) bool {
	if it == nil || readOrigin(stringOf(it["made"])) != m.origin() {
		return false
	}
	r.settle(m, domain.Made{Number: domain.ContactNumber(stringOf(it["sk"])), Done: true})
	return true
}

// begin gives the makings numbers and settles those that an earlier call made.
func (r round) begin(ctx context.Context, ms []*making) error {
	known, err := r.assign(ctx, r.in, ms)
	if err != nil || len(known) == 0 {
		return err
	}
	items, err := r.items(ctx, r.in, numbersOf(known))
	if err != nil {
		return err
	}
	for _, m := range known {
		r.own(m, items[m.n])
	}
	return nil
}

func numbersOf(ms []*making) []domain.ContactNumber {
	ns := make([]domain.ContactNumber, len(ms))
	for i, m := range ms {
		ns[i] = m.n
	}
	return ns
}

// run takes every making as far as it goes without waiting for another one of
// the same call.
func (r round) run(ctx context.Context, ms []*making) error {
	var claim, resolve, named []*making
	claiming := map[string]bool{}
	for _, m := range ms {
		switch {
		case m.id == "" || m.claimed:
		case m.given:
			named = append(named, m)
		case m.held:
			resolve = append(resolve, m)
		case claiming[m.id]:
			m.held = true // by another one of this call
		default:
			claiming[m.id] = true
			claim = append(claim, m)
		}
	}
	held, err := r.claim(ctx, claim)
	if err != nil {
		return err
	}
	if err := r.resolve(ctx, append(resolve, held...)); err != nil {
		return err
	}
	if err := r.each(ctx, named, r.makeNamed); err != nil {
		return err
	}
	var ready []*making
	numbers := map[domain.ContactNumber]bool{}
	for _, m := range ms {
		if !m.settled && (m.id == "" || m.claimed) && !numbers[m.n] {
			numbers[m.n] = true
			ready = append(ready, m)
		}
	}
	if err := r.putLookups(ctx, ready); err != nil {
		return err
	}
	taken, err := r.insert(ctx, ready)
	if err != nil {
		return err
	}
	return r.clear(ctx, taken)
}

// each calls f for each of them, several at once.
func (r round) each(ctx context.Context, ms []*making, f func(context.Context, *making) error) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(4 * max(1, r.Concurrency))
	for _, m := range ms {
		g.Go(func() error { return f(gctx, m) })
	}
	return g.Wait()
}

// insertAll makes the items in the table. done is told of those that it made,
// by several at once; it returns those whose key is taken, and settles those that
// cannot be made.
func (r round) insertAll(ctx context.Context, ms []*making, table string, it func(*making) (item, error), done func(*making)) (taken []*making, err error) {
	is := make([]bool, len(ms)) // taken
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, r.Concurrency))
	var batch []statement
	flush := func() {
		b := batch
		batch = nil
		g.Go(func() error {
			return r.execute(gctx, b, func(at int, e *types.BatchStatementError) bool {
				switch {
				case e == nil:
					done(ms[at])
				case e.Code == types.BatchStatementErrorCodeEnumDuplicateItem, e.Code == types.BatchStatementErrorCodeEnumConditionalCheckFailed:
					is[at] = true
				case putOff(e):
					return false
				default:
					r.settle(ms[at], domain.Made{Err: statementError(e)})
				}
				return true
			}, func(at int, err error) { r.settle(ms[at], domain.Made{Err: err}) })
		})
	}
	for i, m := range ms {
		values, err := it(m)
		if err != nil {
			r.settle(m, domain.Made{Err: err})
			continue
		}
		if batch = append(batch, statement{i, insertStatement(table, values)}); len(batch) == maxStatements {
			flush()
		}
	}
	if len(batch) > 0 {
		flush()
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for i, m := range ms {
		if is[i] {
			taken = append(taken, m)
		}
	}
	return taken, nil
}

// claim claims the identities, each of them once, and returns those that are
// claimed already.
func (r round) claim(ctx context.Context, ms []*making) (held []*making, err error) {
	if len(ms) == 0 {
		return nil, nil
	}
	ttl := num(r.Now().Add(claimLife).Unix())
	held, err = r.insertAll(ctx, ms, r.emails, func(m *making) (item, error) {
		it := claimItem(r.in, m.id)
		it["n"], it["ttl"] = str(string(m.n)), ttl
		return it, nil
	}, func(m *making) { m.claimed = true })
	for _, m := range held {
		m.held = true
	}
	return held, err
}

// resolve looks at whom the claims name.
func (r round) resolve(ctx context.Context, ms []*making) error {
	if len(ms) == 0 {
		return nil
	}
	var ask []item
	asked := map[string]bool{}
	for _, m := range ms {
		if !asked[m.id] {
			asked[m.id] = true
			ask = append(ask, claimItem(r.in, m.id))
		}
	}
	found, err := r.getMany(ctx, r.emails, ask)
	if err != nil {
		return err
	}
	claims := map[string]domain.ContactNumber{}
	var ns []domain.ContactNumber
	for _, it := range found {
		n := domain.ContactNumber(stringOf(it["n"]))
		claims[stringOf(it["pk"])] = n
		ns = append(ns, n)
	}
	items, err := r.items(ctx, r.in, ns)
	if err != nil {
		return err
	}
	var takeUp, takeOver []*making
	taking := map[string]bool{}
	for _, m := range ms {
		n, ok := claims[stringOf(claimItem(r.in, m.id)["pk"])]
		it := items[n]
		switch {
		case !ok: // it went in between
			m.held = false
		case n == m.n:
			m.claimed = true
		case r.own(m, it):
		case it != nil && !isGone(it) && has(readContact(it), m.id):
			c := readContact(it)
			r.settle(m, domain.Made{Number: n, Live: &c})
		case taking[m.id]: // one at a time
		case it != nil:
			taking[m.id] = true
			takeOver = append(takeOver, m)
		default:
			taking[m.id] = true
			takeUp = append(takeUp, m)
		}
	}
	claimOf := func(m *making) domain.ContactNumber { return claims[stringOf(claimItem(r.in, m.id)["pk"])] }
	if err := r.each(ctx, takeUp, func(ctx context.Context, m *making) error {
		to := claimOf(m)
		err := r.renumber(ctx, r.in, m, to)
		m.claimed = err == nil && m.n == to
		return err
	}); err != nil {
		return err
	}
	return r.each(ctx, takeOver, func(ctx context.Context, m *making) (err error) {
		m.claimed, err = r.takeOver(ctx, m, claimOf(m))
		return err
	})
}

// takeOver makes a claim that names the number name m's instead, unless somebody
// did before.
func (r round) takeOver(ctx context.Context, m *making, from domain.ContactNumber) (done bool, err error) {
	err = r.Wait.retrying(ctx, func() error {
		_, err := r.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &r.emails, Key: claimItem(r.in, m.id),
			UpdateExpression: aws.String("SET #n = :to, #ttl = :ttl"), ConditionExpression: aws.String("#n = :from OR #n = :to"),
			ExpressionAttributeNames:  map[string]string{"#n": "n", "#ttl": "ttl"},
			ExpressionAttributeValues: item{":from": str(string(from)), ":to": str(string(m.n)), ":ttl": num(r.Now().Add(claimLife).Unix())}})
		_, failed := errors.AsType[*types.ConditionalCheckFailedException](err)
		if done = err == nil; failed {
			return nil
		}
		return err
	})
	return done, err
}

// putLookups writes the look-ups before the contacts, so that no contact is ever
// without. Whoever reads one compares it with the contact. They say when they
// were written: a look-up without a contact may be one of a contact that is about
// to be made.
func (r round) putLookups(ctx context.Context, ms []*making) error {
	var puts []types.WriteRequest
	for _, m := range ms {
		m.c.Number = m.n
		for _, l := range lookups(r.in, m.c) {
			it := l.item()
			it["at"] = num(r.Now().Unix())
			puts = append(puts, types.WriteRequest{PutRequest: &types.PutRequest{Item: it}})
		}
	}
	return r.writeMany(ctx, r.emails, puts)
}

// insert makes the contacts and returns those whose number is taken.
func (r round) insert(ctx context.Context, ms []*making) (taken []*making, err error) {
	return r.insertAll(ctx, ms, r.contacts, func(m *making) (item, error) { return contactItem(r.in, m.c) },
		func(m *making) { r.settle(m, domain.Made{Done: true}) })
}

// clear looks at what has the numbers.
func (r round) clear(ctx context.Context, ms []*making) error {
	if len(ms) == 0 {
		return nil
	}
	items, err := r.items(ctx, r.in, numbersOf(ms))
	if err != nil {
		return err
	}
	var again []*making
	raised := map[int]bool{}
	for _, m := range ms {
		it := items[m.n]
		live := liveContact(it)
		switch {
		case it == nil || r.own(m, it):
		case m.given && live == nil:
			r.settle(m, domain.Made{Gone: true})
		case m.given || live != nil && domain.IdentityEmail(m.id) != "" && has(*live, m.id):
			r.settle(m, domain.Made{Live: live})
		default: // the number was given by hand: another one
			if d := digits(m); !raised[d] {
				raised[d] = true
				if err := r.raise(ctx, r.in, d); err != nil {
					return err
				}
			}
			again = append(again, m)
		}
	}
	if len(again) == 0 {
		return nil
	}
	to, err := r.free(ctx, r.in, again)
	if err != nil {
		return err
	}
	return r.each(ctx, again, func(ctx context.Context, m *making) error {
		m.claimed, m.held = false, m.id != ""
		return r.renumber(ctx, r.in, m, to[m])
	})
}

// makeNamed makes a contact whose number was asked for and whose identity must be
// one person's: claim, contact and look-ups in one transaction, so that a claim
// never names a number that somebody wishes for and has no contact.
func (r round) makeNamed(ctx context.Context, m *making) error {
	m.c.Number = m.n
	it, err := contactItem(r.in, m.c)
	if err != nil {
		return err
	}
	from := m.n
	for range maxIdle {
		claim := claimItem(r.in, m.id)
		claim["n"], claim["ttl"] = str(string(m.n)), num(r.Now().Add(claimLife).Unix())
		items := []types.TransactWriteItem{
			{Put: &types.Put{TableName: &r.contacts, Item: it, ConditionExpression: aws.String("attribute_not_exists(pk)"),
				ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}},
			{Put: &types.Put{TableName: &r.emails, Item: claim, ConditionExpression: aws.String("attribute_not_exists(pk) OR #n = :n OR #n = :from"),
				ExpressionAttributeNames: map[string]string{"#n": "n"}, ExpressionAttributeValues: item{":n": str(string(m.n)), ":from": str(string(from))},
				ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}},
		}
		for _, l := range lookups(r.in, m.c) {
			items = append(items, types.TransactWriteItem{Put: &types.Put{TableName: &r.emails, Item: l.item()}})
		}
		err := r.Wait.transact(ctx, r.client, items...)
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
		stored, has1 := raced.failed(0)
		if has1 && r.own(m, stored) {
			return nil
		}
		if held, failed := raced.failed(1); failed {
			n := domain.ContactNumber(stringOf(held["n"]))
			other, err := r.item(ctx, r.in, n)
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
			if other == nil && n != "" {
				// Somebody is about to make it under a number that nobody
				// wished for. That number is used up.
				if err := r.useUp(ctx, n); err != nil {
					return err
				}
				continue // it may have been quicker
			}
			from = n
		}
		if has1 {
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

// useUp makes sure that nothing is made under the number, unless something was.
func (r round) useUp(ctx context.Context, n domain.ContactNumber) error {
	return r.Wait.retrying(ctx, func() error {
		_, err := r.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &r.contacts, Item: goneItem(r.in, n, r.Now(), "", domain.Origin{}),
			ConditionExpression: aws.String("attribute_not_exists(pk)")})
		if _, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
			return nil
		}
		return err
	})
}

// unclaim gives up the claim of a contact's address, if it has one.
func (s *Contacts) unclaim(ctx context.Context, in domain.InstitutionID, c domain.Contact) error {
	if c.Origin.Import == "" || c.Email() == "" {
		return nil
	}
	return s.Wait.retrying(ctx, func() error {
		_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &s.emails, Key: claimItem(in, identity(domain.EmailIdentity+c.Email())),
			ConditionExpression: aws.String("#n = :n"), ExpressionAttributeNames: map[string]string{"#n": "n"},
			ExpressionAttributeValues: item{":n": str(string(c.Number))}})
		if _, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
			return nil
		}
		return err
	})
}
