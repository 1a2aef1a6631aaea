package compare

import (
	"context"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
)

// mine reports whether this import changed the contact last, or created it for
// the row.
func (e *Engine) mine(x *item) bool {
	return x.live.Applied.Import == e.Import || e.madeFor(x)
}

func (e *Engine) madeFor(x *item) bool {
	return x.live.Origin == domain.Origin{Import: e.Import, Line: x.Line}
}

// again settles a row whose contact carries this import's mark: it reports what
// an earlier try of the row did. Another line's mark says that two lines found
// the same contact, by its number and by its e-mail.
func (e *Engine) again(x *item) {
	c := x.live
	switch {
	case e.madeFor(x):
		x.end(Result{Number: c.Number, Outcome: domain.Created, Changes: creation(&x.Row)})
	case x.Person != nil && c.Applied.Line != x.Line && c.Origin.Import == e.Import && x.Key != "":
		x.reject(x.numberGiven(c.Applied.Line))
	case x.Person != nil && c.Applied.Line != x.Line:
		x.reject(x.sameContact(c.Applied.Line))
	default:
		x.end(Result{Outcome: domain.Updated, Changes: again(&x.Row, c.Applied, e.OnConflict)})
	}
}

// settle reports rows by the marks alone.
func (e *Engine) settle(ctx context.Context, todo []*item) error {
	if err := e.read(ctx, todo); err != nil {
		return err
	}
	for _, x := range todo {
		if x.live != nil && e.mine(x) {
			e.again(x)
			continue
		}
		x.end(Result{Outcome: domain.Unprocessed, Problems: []domain.Problem{notDone(x.Line, e.Cancelled)}})
	}
	return nil
}

// Earlier returns the results of rows that an earlier try of this import wrote
// though they are rejected now, because the catalogue changed in between; the
// zero Result for the others. What such a row gave to its Unread fields is taken
// to be what its contact has.
func (e *Engine) Earlier(ctx context.Context, rows []Row) ([]Result, error) {
	settle := *e
	settle.Mode = Settle
	items := itemsOf(rows)
	if _, err := settle.find(ctx, items, items); err != nil {
		return nil, err
	}
	if err := e.read(ctx, items); err != nil {
		return nil, err
	}
	out := make([]Result, len(items))
	for i, x := range items {
		if x.live == nil {
			continue
		}
		switch {
		case e.madeFor(x):
			out[i] = Result{Number: x.Number, Outcome: domain.Created, Changes: creation(&x.Row)}
			for _, f := range x.Unread {
				if v := x.live.Get(f); v != domain.Empty {
					out[i].Changes = append(out[i].Changes, flow.Change{Field: f, After: v})
				}
			}
		case x.live.Applied.Import == e.Import && x.live.Applied.Line == x.Line:
			out[i] = Result{Number: x.Number, Outcome: domain.Updated, Changes: again(&x.Row, x.live.Applied, e.OnConflict)}
			for _, f := range x.Unread {
				if before, ok := x.live.Applied.Before[f]; ok {
					out[i].Changes = append(out[i].Changes, flow.Change{Field: f, Before: before, After: x.live.Get(f)})
				}
			}
		}
	}
	return out, nil
}
