package dynamo

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"rollbook/internal/aws/awsfault"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
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
	found   bool // the number is that of a contact which was there: see meet
	claimed bool // the claim names n
	held    bool // the claim is there already
	closed  bool // its line is kept from being given another number
	doubt   bool // an attempt ended without the service's answer
	settled bool
}

func (m *making) origin() domain.Origin {
	return domain.Origin{Import: m.cr.Applied.Import, Line: m.cr.Applied.Line}
}

// Create makes contacts and answers in the same order. An error means that some
// were not tried; calling again with the same tickets and lines is safe.
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
	sec, err := s.secrets.get(ctx, in)
	if err != nil {
		return nil, err
	}
	r := round{s, in, sec, out}
	if err := r.begin(ctx, todo); err != nil {
		return nil, err
	}
	settled := func(m *making) bool { return m.settled }
	todo = slices.DeleteFunc(todo, settled)
	for tries := s.Retry.start(); len(todo) > 0; {
		before := len(todo)
		if err := r.run(ctx, todo); err != nil {
			return nil, err
		}
		if todo = slices.DeleteFunc(todo, settled); len(todo) < before {
			tries.progressed()
			continue
		}
		if err := tries.again(ctx, errContended); err != nil {
			if ctx.Err() != nil {
				return nil, awsfault.Of(err)
			}
			for _, m := range todo {
				r.settle(m, domain.Made{Err: fault.New(fault.Busy, "contended")})
			}
			break
		}
	}
	return out, nil
}

func newMaking(at int, cr *domain.Creation) (*making, error) {
	m := &making{at: at, cr: cr, n: cr.Number, given: cr.Number != "", id: identity(cr.Identity)}
	if cr.Ticket.None() {
		return nil, fault.New(fault.Internal, "noTicket")
	}
	if m.given && !m.n.Valid() {
		return nil, fault.New(fault.Internal, "numberInvalid")
	}
	m.c = domain.Contact{Fields: map[domain.Field]domain.Value{}, Provenance: map[domain.Field]domain.Provenance{},
		Origin: m.origin(), Version: 1}
	stamp(&m.c, cr.Ticket, stampOf(cr.Applied, cr.Ticket, domain.Maker))
	for f, v := range cr.Fields {
		if _, _, ok := path(f); !ok {
			return nil, errField
		}
		if v == domain.Empty {
			continue
		}
		m.c.Fields[f] = v
		if hasProvenance(f) {
			m.c.Provenance[f] = cr.Provenance.Of(f)
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

// round works on the creations of one call.
type round struct {
	*Contacts
	in  domain.InstitutionID
	sec *secret
	out []domain.Made
}

func (r round) settle(m *making, made domain.Made) {
	if made.Number == "" {
		made.Number = m.n
	}
	made.Doubt = m.doubt
	r.out[m.at] = made
	m.settled = true
}

// own settles a making whose contact is there, or was, or that its round has
// decided never to make.
func (r round) own(m *making, it item) bool {
	if it == nil {
		return false
	}
	n := domain.ContactNumber(stringOf(it["sk"]))
	own, later := decided(it, m.cr.Ticket)
	switch {
	case readOrigin(stringOf(it["made"])) == m.origin():
		r.settle(m, domain.Made{Number: n, Done: true})
	case own != nil && own.Kind == domain.Burnt:
		r.settle(m, domain.Made{Number: n, Own: own})
	case later:
		r.settle(m, domain.Made{Number: n, Later: true})
	default:
		return false
	}
	return true
}

// shut settles the makings whose lines are given no number any more.
func (r round) shut(ms []*making) {
	for _, m := range ms {
		if m.closed && !m.settled {
			own := stampOf(m.cr.Applied, m.cr.Ticket, domain.Burnt)
			r.settle(m, domain.Made{Own: &own})
		}
	}
}

// begin gives the makings numbers and settles those that an earlier call made.
func (r round) begin(ctx context.Context, ms []*making) error {
	known, err := r.assign(ctx, r.in, ms)
	r.shut(ms)
	if err != nil {
		return err
	}
	for _, m := range ms { // another try has found its contact just now
		if m.found && !slices.Contains(known, m) {
			known = append(known, m)
		}
	}
	if len(known) == 0 {
		return nil
	}
	items, err := r.under(ctx, r.in, numbersOf(known))
	if err != nil {
		return err
	}
	for _, m := range known {
		if !r.own(m, items[m.n]) && m.found {
			r.stays(m, items[m.n])
		}
	}
	return nil
}

// stays settles a making whose line belongs to a contact that was there: nothing is
// made, whatever became of that.
func (r round) stays(m *making, it item) {
	own, _ := decided(it, m.cr.Ticket)
	switch live := liveContact(it); {
	case own != nil:
		r.settle(m, domain.Made{Own: own})
	case live != nil:
		r.settle(m, domain.Made{Live: live})
	default:
		r.settle(m, domain.Made{Gone: true})
	}
}

// meet settles makings that somebody else's contacts stand in the way of. A line
// without a number is that contact's from now on, so that every other try of it
// is about the same one.
func (r round) meet(ctx context.Context, ms []*making, lives map[*making]*domain.Contact) error {
	var lines []*making
	for _, m := range ms {
		if m.given {
			r.settle(m, domain.Made{Number: lives[m].Number, Live: lives[m]})
		} else {
			lines = append(lines, m)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	to := func(m *making) domain.Pinned { return domain.Pinned{Number: lives[m].Number, Found: true} }
	err := r.renumberAll(ctx, r.in, lines, to)
	r.shut(lines)
	for _, m := range lines {
		if err == nil && !m.settled && m.found && m.n == lives[m].Number {
			r.settle(m, domain.Made{Live: lives[m]})
		}
	}
	return err
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
	g.SetLimit(r.limit(4))
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
	var all []statement
	for i, m := range ms {
		values, err := it(m)
		if err != nil {
			r.settle(m, domain.Made{Err: err})
			continue
		}
		all = append(all, statement{at: i, st: insertStatement(table, values)})
	}
	if err := r.execute(ctx, all, func(at int, a answer) {
		ms[at].doubt = ms[at].doubt || a.doubt
		switch {
		case a.refused == nil && a.err == nil:
			done(ms[at])
		case a.duplicate():
			is[at] = true
		default:
			r.settle(ms[at], domain.Made{Err: a.fault()})
		}
	}); err != nil {
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
	held, err = r.insertAll(ctx, ms, r.claims.name, func(m *making) (item, error) {
		it := r.sec.claimItem(m.id)
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
			ask = append(ask, r.sec.claimItem(m.id))
		}
	}
	found, err := r.claims.many(ctx, ask)
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
	items, err := r.under(ctx, r.in, ns)
	if err != nil {
		return err
	}
	var takeUp, takeOver, met []*making
	meets := map[*making]*domain.Contact{}
	taking := map[string]bool{}
	for _, m := range ms {
		n, ok := claims[stringOf(r.sec.claimItem(m.id)["pk"])]
		it := items[n]
		switch {
		case !ok: // it went in between
			m.held = false
		case n == m.n:
			m.claimed = true
		case r.own(m, it):
		case liveContact(it) != nil && has(readContact(it), m.id):
			met, meets[m] = append(met, m), liveContact(it)
		case taking[m.id]: // one at a time
		case it != nil && !isHold(it):
			taking[m.id] = true
			takeOver = append(takeOver, m)
		default:
			taking[m.id] = true
			takeUp = append(takeUp, m)
		}
	}
	if err := r.meet(ctx, met, meets); err != nil {
		return err
	}
	claimOf := func(m *making) domain.ContactNumber { return claims[stringOf(r.sec.claimItem(m.id)["pk"])] }
	if err := r.each(ctx, takeUp, func(ctx context.Context, m *making) error {
		to := claimOf(m)
		err := r.renumber(ctx, r.in, m, domain.Pinned{Number: to})
		m.claimed = err == nil && m.n == to
		r.shut([]*making{m})
		return err
	}); err != nil {
		return err
	}
	return r.each(ctx, takeOver, func(ctx context.Context, m *making) (err error) {
		m.claimed, err = r.claims.takeOver(ctx, r.sec, m.id, claimOf(m), m.n)
		return err
	})
}

// putLookups writes the look-ups before the contacts, so that no contact is ever
// without. Whoever reads one compares it with the contact. They say when they
// were written: a look-up without a contact may be one of a contact that is about
// to be made.
func (r round) putLookups(ctx context.Context, ms []*making) error {
	var puts []types.WriteRequest
	for _, m := range ms {
		m.c.Number = m.n
		for _, l := range r.sec.lookups(m.c) {
			it := l.item()
			it["at"] = num(r.Now().Unix())
			puts = append(puts, putRequest(it))
		}
	}
	return r.lookups.writeMany(ctx, puts)
}

// insert makes the contacts and returns those whose number is taken.
func (r round) insert(ctx context.Context, ms []*making) (taken []*making, err error) {
	return r.insertAll(ctx, ms, r.people.name, func(m *making) (item, error) { return contactItem(r.in, m.c) },
		func(m *making) { r.settle(m, domain.Made{Done: true}) })
}

// clear looks at what has the numbers.
func (r round) clear(ctx context.Context, ms []*making) error {
	if len(ms) == 0 {
		return nil
	}
	items, err := r.under(ctx, r.in, numbersOf(ms))
	if err != nil {
		return err
	}
	var again, held, met []*making
	meets := map[*making]*domain.Contact{}
	raised := map[int]bool{}
	for _, m := range ms {
		it := items[m.n]
		live := liveContact(it)
		switch {
		case it == nil || r.own(m, it):
		case isHold(it):
			held = append(held, m)
		case m.given && live == nil:
			r.settle(m, domain.Made{Gone: true})
		case m.given || live != nil && shows(*live, m.id):
			met, meets[m] = append(met, m), live
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
	if err := r.meet(ctx, met, meets); err != nil {
		return err
	}
	if err := r.each(ctx, held, func(ctx context.Context, m *making) error { return r.overHold(ctx, m, items[m.n]) }); err != nil {
		return err
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
		err := r.renumber(ctx, r.in, m, domain.Pinned{Number: to[m]})
		r.shut([]*making{m})
		return err
	})
}

// onto returns the making's contact as it is written over what lies under its
// number: nothing, or a hold, whose stamps go on.
func (m *making) onto(in domain.InstitutionID, was item) (item, error) {
	c := m.c
	c.Stamps = readStamps(was)
	if c.Stamps == nil {
		c.Stamps = map[int]domain.Stamp{}
	}
	maps.Copy(c.Stamps, m.c.Stamps)
	return contactItem(in, c)
}

// overHold makes a contact where a hold is, if that is still as it was read.
func (r round) overHold(ctx context.Context, m *making, hold item) error {
	it, err := m.onto(r.in, hold)
	if err != nil {
		return err
	}
	doubt, err := r.replaceItem(ctx, it, hold)
	m.doubt = m.doubt || doubt
	switch _, raced := errors.AsType[errRaced](err); {
	case raced:
		return nil // the next round looks again
	case fault.KindOf(err) == fault.TooLarge && err != nil:
		r.settle(m, domain.Made{Err: tooLarge()})
		return nil
	case err != nil:
		return err
	}
	r.settle(m, domain.Made{Done: true})
	return nil
}
