package dynamo

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"rollbook/internal/aws/awsfault"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// removal is one contact on its way out.
type removal struct {
	at     int // its place in the answer
	w      domain.Write
	was    item // what lies under the number
	c      domain.Contact
	origin domain.Origin
	doubt  bool // an attempt ended without the service's answer
}

// by is the import that removes the contact: that of the provenance, if there is
// one, else the one that made it.
func (r *removal) by() string { return cmp.Or(r.w.Provenance.Import, r.w.Applied.Import) }

// Remove takes away contacts that nobody changed since the import
// w.Applied.Import made them, and answers in the same order: no import has
// written them, their version is the one that creation gave, and every field in If
// has its value. A contact that an earlier call took away is Done.
func (s *Contacts) Remove(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error) {
	out := make([]domain.Written, len(ws))
	var todo []*removal
	for i, w := range ws {
		if w.Ticket.None() {
			out[i].Err = fault.New(fault.Internal, "noTicket")
			continue
		}
		todo = append(todo, &removal{at: i, w: w})
	}
	var history []types.WriteRequest
	for tries := s.Retry.start(); len(todo) > 0; {
		ready, err := s.removable(ctx, in, todo, out)
		if err != nil {
			return nil, err
		}
		for _, r := range todo {
			if out[r.at].Done { // by an earlier call, which may have ended there
				history = append(history, r.history(in))
			}
		}
		if todo, err = s.remove(ctx, in, ready, out); err != nil {
			return nil, err
		}
		for _, r := range ready {
			if out[r.at].Done {
				history = append(history, r.history(in))
			}
		}
		if len(todo) == 0 {
			break
		}
		if len(todo) < len(ready) {
			tries.progressed()
		}
		if err := tries.again(ctx, errContended); err != nil {
			if ctx.Err() != nil {
				return nil, awsfault.Of(err)
			}
			for _, r := range todo {
				out[r.at].Err = fault.Wrap(fault.Busy, "busy", raced())
			}
			break
		}
	}
	if err := s.changes.writeMany(ctx, history); err != nil {
		return nil, err
	}
	var erased []domain.ContactNumber
	for i, w := range out {
		if w.Done || w.Own != nil && w.Own.Kind == domain.Strict {
			erased = append(erased, ws[i].Number)
		}
	}
	return out, s.changes.takeOut(ctx, in, erased, "")
}

// history removes what is remembered of the contact's creation, the only thing
// that happened to it.
func (r *removal) history(in domain.InstitutionID) types.WriteRequest {
	key := contactKey(in, r.w.Number)
	key["sk"] = str(historyPrefix(r.w.Number) + lineKey(domain.HistoryEntry{Import: r.origin.Import, Line: r.origin.Line}))
	return deleteRequest(key)
}

// removable answers for those whose contact is not to be removed and returns the
// others.
func (s *Contacts) removable(ctx context.Context, in domain.InstitutionID, rs []*removal, out []domain.Written) ([]*removal, error) {
	ns := make([]domain.ContactNumber, len(rs))
	for i, r := range rs {
		ns[i] = r.w.Number
	}
	items, err := s.under(ctx, in, ns)
	if err != nil {
		return nil, err
	}
	var ready []*removal
	for _, r := range rs {
		it := items[r.w.Number]
		live := liveContact(it)
		r.origin = readOrigin(stringOf(it["made"]))
		own, later := decided(it, r.w.Ticket)
		switch {
		case later:
			out[r.at] = domain.Written{Later: true, Doubt: r.doubt}
		case own != nil && (live != nil || own.Kind == domain.Burnt):
			out[r.at] = domain.Written{Own: own, Doubt: r.doubt}
		case live == nil:
			out[r.at] = domain.Written{Done: it != nil && stringOf(it["by"]) == r.by()}
		case !untouched(*live, r.w):
			out[r.at] = domain.Written{Live: live}
		default:
			r.was, r.c = it, *live
			ready = append(ready, r)
		}
	}
	return ready, nil
}

// removal is the transaction of one contact on its way out.
func (s *Contacts) removal(sec *secret, r *removal) ([]types.TransactWriteItem, error) {
	items, err := s.replacement(sec, r.c.Number, r.was, nil, r.by())
	if err == nil {
		keepStamps(items[0].Put.Item, r.w.Ticket.Order, map[int]domain.Stamp{r.w.Ticket.Slot: stampOf(r.w.Applied, r.w.Ticket, domain.Strict)}, false)
	}
	return items, err
}

// untouched reports whether a contact is as the import made it.
func untouched(c domain.Contact, w domain.Write) bool {
	if c.Origin.Import != w.Applied.Import || c.Version != 1 {
		return false
	}
	for _, s := range c.Stamps { // what others burnt left it as it was
		if s.Kind == domain.Strict || s.Kind == domain.Found {
			return false
		}
	}
	return holds(c, w.If)
}

// remove gives up the claims of the contacts and removes them with their
// look-ups, as many in a transaction as it takes. It returns those that somebody changed in between, with those of
// their transaction.
func (s *Contacts) remove(ctx context.Context, in domain.InstitutionID, rs []*removal, out []domain.Written) ([]*removal, error) {
	if len(rs) == 0 {
		return nil, nil
	}
	sec, err := s.secrets.get(ctx, in)
	if err != nil {
		return nil, err
	}
	if err := s.claims.giveUpAll(ctx, sec, rs); err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var again []*removal
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(s.limit(1))
	var items []types.TransactWriteItem
	var inside []*removal
	flush := func() {
		of, rs := items, inside
		items, inside = nil, nil
		g.Go(func() error {
			doubt, err := s.transactInDoubt(gctx, of...)
			for _, r := range rs {
				r.doubt = r.doubt || doubt
			}
			if _, ok := errors.AsType[errRaced](err); ok {
				mu.Lock()
				defer mu.Unlock()
				again = append(again, rs...)
				return nil
			}
			for _, r := range rs {
				out[r.at] = domain.Written{Done: err == nil, Doubt: r.doubt, Err: err}
			}
			return gctx.Err()
		})
	}
	for _, r := range rs {
		more, err := s.removal(sec, r)
		if err != nil {
			return nil, err
		}
		if len(items)+len(more) > maxTransaction {
			flush()
		}
		items, inside = append(items, more...), append(inside, r)
	}
	flush()
	if err := g.Wait(); err != nil {
		return nil, awsfault.Of(err)
	}
	slices.SortFunc(again, func(a, b *removal) int { return a.at - b.at })
	return again, nil
}
