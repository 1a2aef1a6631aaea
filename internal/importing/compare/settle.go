package compare

import (
	"context"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
)

// madeFor reports whether this import created the contact for the row, in this
// round or an earlier one.
func (e *Engine) madeFor(x *item, c *domain.Contact) bool {
	return c.Origin == domain.Origin{Import: e.Import, Line: x.Line}
}

// own returns what this round decided in the row's contact.
func (e *Engine) own(x *item) (domain.Stamp, bool) {
	own, ok := e.Ticket.Own(x.live.Stamps)
	if !ok && e.madeFor(x, x.live) {
		return domain.Stamp{Line: x.Line, Kind: domain.Maker}, true
	}
	return own, ok
}

// fate settles a row by what this round decided in its contact: it reports what
// another try of the row did, or that no try ever will. Another line's stamp says
// that two lines found the same contact, by its number and by its e-mail.
func (e *Engine) fate(x *item, own domain.Stamp) {
	switch {
	case own.Kind == domain.Burnt:
		x.end(e.notDone(x))
	case own.Line == x.Line:
		x.end(e.written(x, own))
	case own.Kind == domain.Maker && x.Key != "":
		x.reject(x.numberGiven(own.Line))
	default:
		x.reject(x.sameContact(own.Line))
	}
}

// written is the result of a row that this round has written.
func (e *Engine) written(x *item, own domain.Stamp) Result {
	switch {
	case x.Person != nil && x.Person.Remove != "":
		return Result{Outcome: domain.Updated, Changes: removal(x.Person.Values), Removed: true}
	case own.Kind == domain.Maker:
		return Result{Outcome: domain.Created, Changes: creation(&x.Row)}
	case own.Kind == domain.Strict:
		before, set, _ := x.strict()
		return Result{Outcome: domain.Updated, Changes: changes(&x.Row, before, set)}
	}
	// A deletion of the contact has erased what it had: then Before is empty.
	return Result{Outcome: domain.Updated, Changes: again(&x.Row, own.Before, e.OnConflict)}
}

func (e *Engine) notDone(x *item) Result {
	return Result{Outcome: domain.Unprocessed, Problems: []domain.Problem{notDone(x.Line, e.Cancelled)}}
}

// settle reports rows as unprocessed, or if others may have tried them, by what is
// decided in their contacts.
func (e *Engine) settle(ctx context.Context, todo []*item) error {
	for _, x := range todo {
		x.end(e.notDone(x))
	}
	return e.burnRest(ctx, todo)
}

// burnRest has the rows burnt that are reported as not written but may be, and
// corrects those that are.
func (e *Engine) burnRest(ctx context.Context, items []*item) error {
	if e.Mode == Test {
		return nil
	}
	var todo []*item
	for _, x := range items {
		if x.result.Outcome != domain.Updated && x.result.Outcome != domain.Created && (e.Thorough || x.doubt) {
			todo = append(todo, x)
		}
	}
	return e.burn(ctx, todo)
}

// burn decides that rows are never written. A row without a number is burnt by its
// line, which closes it as well; one that turned out to be about a contact other
// than the one it names, in both.
func (e *Engine) burn(ctx context.Context, todo []*item) error {
	var bs []domain.Burn
	var of []*item
	add := func(x *item, n domain.ContactNumber) {
		bs = append(bs, domain.Burn{Number: n, Import: e.Import, Line: x.Line, Ticket: e.Ticket})
		of = append(of, x)
	}
	for _, x := range todo {
		add(x, x.named)
		if x.Number != "" && x.Number != x.named {
			add(x, x.Number)
		}
	}
	if len(bs) == 0 {
		return nil
	}
	answers, err := e.Store.Burn(ctx, e.Institution, bs)
	if err != nil {
		return err
	}
	for i, x := range of {
		a := answers[i]
		switch {
		case a.Err != nil:
			return a.Err
		case a.Later:
			return errOver
		case a.Own.Order != "" && a.Own.Kind != domain.Burnt && a.Own.Line == x.Line:
			x.Number = a.Number
			e.fate(x, a.Own)
		}
	}
	return nil
}

// Earlier returns the results of rows that an earlier try of this import wrote
// though they are rejected now, because the catalogue changed in between; the
// zero Result for the others, which are never written from now on. What such a
// row gave to its Unread fields is taken to be what its contact has.
func (e *Engine) Earlier(ctx context.Context, rows []Row) ([]Result, error) {
	items := itemsOf(rows)
	if !e.Thorough {
		return make([]Result, len(rows)), nil
	}
	if err := e.burn(ctx, items); err != nil {
		return nil, err
	}
	if err := e.read(ctx, items); err != nil {
		return nil, err
	}
	out := make([]Result, len(items))
	for i, x := range items {
		if x.result.Outcome == "" || x.result.Outcome == domain.Unprocessed {
			continue
		}
		out[i] = x.result
		out[i].Number = x.Number
		if x.live == nil {
			continue
		}
		own, _ := e.own(x)
		for _, f := range x.Unread {
			switch before, ok := own.Before[f]; {
			case own.Kind == domain.Maker && x.live.Get(f) != domain.Empty:
				out[i].Changes = append(out[i].Changes, flow.Change{Field: f, After: x.live.Get(f)})
			case ok:
				out[i].Changes = append(out[i].Changes, flow.Change{Field: f, Before: before, After: x.live.Get(f)})
			}
		}
	}
	return out, nil
}
