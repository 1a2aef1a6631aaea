package dynamo

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"rollbook/internal/domain"
)

// Burn decides that rounds of imports never write contacts, unless they have
// written them, and answers in the same order what is decided. Burning again is
// burning once. An error means that some were not tried.
func (s *Contacts) Burn(ctx context.Context, in domain.InstitutionID, bs []domain.Burn) ([]domain.Burned, error) {
	out := make([]domain.Burned, len(bs))
	for i, b := range bs {
		out[i].Number = b.Number
	}
	if err := s.closeLines(ctx, in, bs, out); err != nil {
		return nil, err
	}
	var todo []int
	for i := range bs {
		if out[i].Number != "" && !out[i].Later {
			todo = append(todo, i)
		}
	}
	for tries := s.Retry.start(); len(todo) > 0; {
		// A key twice in a request is refused: of those about one contact, one a
		// round.
		var now, next []int
		taken := map[domain.ContactNumber]bool{}
		for _, i := range todo {
			if n := out[i].Number; taken[n] {
				next = append(next, i)
			} else {
				taken[n] = true
				now = append(now, i)
			}
		}
		absent, err := s.burnPresent(ctx, in, bs, now, out)
		if err != nil {
			return nil, err
		}
		there, err := s.burnAbsent(ctx, in, bs, absent, out)
		if err != nil {
			return nil, err
		}
		if todo = append(next, there...); len(there) < len(now) {
			tries.progressed()
			continue
		}
		// All that there was not a moment ago is there now, and was not again.
		if err := tries.again(ctx, errContended); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// closeLines keeps the lines without a number from being given another one, and
// fills in those that they have.
func (s *Contacts) closeLines(ctx context.Context, in domain.InstitutionID, bs []domain.Burn, out []domain.Burned) error {
	type part struct {
		imp  string
		t    domain.Ticket
		item int
	}
	of := map[part][]int{} // places
	for i, b := range bs {
		if b.Number == "" {
			p := part{b.Import, b.Ticket, b.Line / linesInItem}
			of[p] = append(of[p], i)
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(s.limit(4))
	for p, places := range of {
		g.Go(func() error {
			lines := make([]int, len(places))
			for k, i := range places {
				lines[k] = bs[i].Line
			}
			has, later, err := s.numbers.close(gctx, lineItem(in, domain.Applied{Import: p.imp, Line: p.item * linesInItem}), p.t, lines)
			for _, i := range places {
				out[i].Number, out[i].Later = has[bs[i].Line], later
			}
			return err
		})
	}
	return g.Wait()
}

func burnt(b domain.Burn) domain.Stamp {
	return domain.Stamp{Order: b.Ticket.Order, Line: b.Line, Kind: domain.Burnt}
}

// burnPresent burns what is there, contact or hold, and returns the places of
// those where nothing is.
func (s *Contacts) burnPresent(ctx context.Context, in domain.InstitutionID, bs []domain.Burn, places []int, out []domain.Burned) (absent []int, err error) {
	all := make([]statement, len(places))
	for k, i := range places {
		b, key := bs[i], contactKey(in, out[i].Number)
		slot, order := `"`+stampAttribute(b.Ticket.Slot)+`"`, str(string(b.Ticket.Order))
		all[k] = statement{at: i, st: types.BatchStatementRequest{
			Statement:                           aws.String(`UPDATE "` + s.people.name + `" SET "mark"=? SET ` + slot + `=? WHERE "pk"=? AND "sk"=? AND "gone" IS MISSING AND NOT ` + slot + `>=?`),
			Parameters:                          []types.AttributeValue{order, str(stampText(burnt(b))), key["pk"], key["sk"], order},
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}}
	}
	var mu sync.Mutex
	err = s.execute(ctx, all, func(i int, a answer) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case a.condition() && len(a.refused.Item) == 0:
			absent = append(absent, i)
		case a.condition():
			own, later := decided(a.refused.Item, bs[i].Ticket)
			out[i].Later = later
			if own != nil {
				out[i].Own = *own
			}
		case a.fault() != nil:
			out[i].Err = a.fault()
		default:
			out[i].Own = burnt(bs[i])
		}
	})
	return absent, err
}

// burnAbsent makes holds where nothing is, and returns the places of those where
// something has come to be.
func (s *Contacts) burnAbsent(ctx context.Context, in domain.InstitutionID, bs []domain.Burn, places []int, out []domain.Burned) (there []int, err error) {
	all := make([]statement, len(places))
	for k, i := range places {
		all[k] = statement{at: i, st: insertStatement(s.people.name, holdItem(in, out[i].Number, bs[i].Ticket.Slot, burnt(bs[i])))}
	}
	var mu sync.Mutex
	err = s.execute(ctx, all, func(i int, a answer) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case a.duplicate():
			there = append(there, i)
		case a.fault() != nil:
			out[i].Err = a.fault()
		default:
			out[i].Own = burnt(bs[i])
		}
	})
	return there, err
}
