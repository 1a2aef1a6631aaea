package dynamo

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"rollbook/internal/aws/awsfault"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// maxTransaction is how many items a transaction takes.
const maxTransaction = 100

// removal is one contact on its way out.
type removal struct {
	at     int // its place in the answer
	w      domain.Write
	c      domain.Contact
	origin domain.Origin
}

// by is the import that removes the contact: that of the provenance, if there is
// one, else the one that made it.
func (r *removal) by() string { return cmp.Or(r.w.Provenance.Import, r.w.Applied.Import) }

// Remove takes away contacts that nobody changed since the import
// w.Applied.Import made them, and answers in the same order: the mark and the
// version are those that creation gave, and every field in If has its value. A
// contact that an earlier call took away is Done.
func (s *Contacts) Remove(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error) {
	out := make([]domain.Written, len(ws))
	var todo []*removal
	for i, w := range ws {
		if w.Applied.Import == "" {
			out[i].Err = fault.New(fault.Internal, "markMissing", "")
			continue
		}
		todo = append(todo, &removal{at: i, w: w})
	}
	var history []types.WriteRequest
	for attempt := 1; len(todo) > 0; attempt++ {
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
		if attempt == attempts {
			for _, r := range todo {
				out[r.at].Err = fault.Wrap(fault.Busy, "busy", raced())
			}
			break
		}
		if err := s.Wait(ctx, attempt); err != nil {
			return nil, awsfault.Of(err)
		}
	}
	return out, s.writeMany(ctx, s.history, history)
}

// history removes what is remembered of the contact's creation, the only thing
// that happened to it.
func (r *removal) history(in domain.InstitutionID) types.WriteRequest {
	key := contactKey(in, r.w.Number)
	key["sk"] = str(historyPrefix(r.w.Number) + lineKey(domain.HistoryEntry{Import: r.origin.Import, Line: r.origin.Line}))
	return types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: key}}
}

// removable answers for those whose contact is not to be removed and returns the
// others.
func (s *Contacts) removable(ctx context.Context, in domain.InstitutionID, rs []*removal, out []domain.Written) ([]*removal, error) {
	ns := make([]domain.ContactNumber, len(rs))
	for i, r := range rs {
		ns[i] = r.w.Number
	}
	items, err := s.items(ctx, in, ns)
	if err != nil {
		return nil, err
	}
	var ready []*removal
	for _, r := range rs {
		it := items[r.w.Number]
		live := liveContact(it)
		r.origin = readOrigin(stringOf(it["made"]))
		switch {
		case live == nil:
			out[r.at] = domain.Written{Done: it != nil && stringOf(it["by"]) == r.by()}
		case !untouched(*live, r.w):
			out[r.at] = domain.Written{Live: live}
		default:
			r.c = *live
			ready = append(ready, r)
		}
	}
	return ready, nil
}

// untouched tells whether a contact is as the import made it.
func untouched(c domain.Contact, w domain.Write) bool {
	if c.Applied.Import != w.Applied.Import || c.Origin.Import != w.Applied.Import || c.Version != 1 {
		return false
	}
	for f, v := range w.If {
		if c.Fields[f] != v {
			return false
		}
	}
	return true
}

// remove gives up the claims of the contacts and removes them with their
// look-ups, as many in a transaction as it takes. It returns those that somebody changed in between, with those of
// their transaction.
func (s *Contacts) remove(ctx context.Context, in domain.InstitutionID, rs []*removal, out []domain.Written) ([]*removal, error) {
	if len(rs) == 0 {
		return nil, nil
	}
	if err := s.unclaimAll(ctx, in, rs); err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var again []*removal
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, s.Concurrency))
	var items []types.TransactWriteItem
	var inside []*removal
	flush := func() {
		of, rs := items, inside
		items, inside = nil, nil
		g.Go(func() error {
			err := s.Wait.transact(gctx, s.client, of...)
			if _, ok := errors.AsType[errRaced](err); ok {
				mu.Lock()
				defer mu.Unlock()
				again = append(again, rs...)
				return nil
			}
			for _, r := range rs {
				out[r.at] = domain.Written{Done: err == nil, Err: err}
			}
			return gctx.Err()
		})
	}
	for _, r := range rs {
		more, err := s.replacement(in, r.c.Number, &r.c, nil, r.by())
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

// unclaimAll gives up the claims of the contacts' addresses, 25 in a request.
func (s *Contacts) unclaimAll(ctx context.Context, in domain.InstitutionID, rs []*removal) error {
	var all []statement
	seen := map[string]bool{}
	for _, r := range rs {
		if r.c.Email() == "" {
			continue
		}
		key := claimItem(in, identity(domain.EmailIdentity+r.c.Email()))
		if seen[stringOf(key["pk"])] { // a key twice in a request is refused
			if err := s.unclaim(ctx, in, r.c); err != nil {
				return err
			}
			continue
		}
		seen[stringOf(key["pk"])] = true
		all = append(all, statement{r.at, types.BatchStatementRequest{
			Statement:  aws.String(`DELETE FROM "` + s.emails + `" WHERE "pk"=? AND "sk"=? AND "n"=?`),
			Parameters: []types.AttributeValue{key["pk"], key["sk"], str(string(r.c.Number))}}})
	}
	var mu sync.Mutex
	var failure error
	fail := func(_ int, err error) {
		mu.Lock()
		defer mu.Unlock()
		failure = err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, s.Concurrency))
	for part := range slices.Chunk(all, maxStatements) {
		g.Go(func() error {
			return s.execute(gctx, part, func(at int, e *types.BatchStatementError) bool {
				if e == nil || e.Code == types.BatchStatementErrorCodeEnumConditionalCheckFailed {
					return true
				}
				if putOff(e) {
					return false
				}
				fail(at, statementError(e))
				return true
			}, fail)
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return failure
}
