package compare

import (
	"context"
	"maps"
	"slices"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
)

// remove takes back the creation of contacts that nobody has touched since.
func (e *Engine) remove(ctx context.Context, todo []*item) error {
	if len(todo) == 0 {
		return nil
	}
	if err := e.read(ctx, todo); err != nil {
		return err
	}
	remains, err := e.Store.Remains(ctx, e.Institution, numbers(todo))
	if err != nil {
		return err
	}
	var asked []*item
	for _, x := range todo {
		was := remains[x.Number]
		stamps := was.Stamps
		if x.live != nil {
			stamps = x.live.Stamps
		}
		own, decided := e.Ticket.Own(stamps)
		switch {
		case e.Mode == Update && decided && own.Kind != domain.Burnt: // by an earlier try of this undo
			e.fate(x, own)
		case was.Deleted:
			x.end(Result{Outcome: domain.Unchanged})
		case x.live == nil:
			x.reject(x.unknown())
		case !x.untouched():
			x.end(x.touched())
		default:
			x.end(Result{Outcome: domain.Updated, Changes: removal(x.live.Fields), Removed: true})
			x.sent = domain.Write{Number: x.Number, If: x.live.Fields, Provenance: e.provenance(), Ticket: e.Ticket,
				Applied: domain.Applied{Import: x.Person.Remove, Line: x.Line}}
			asked = append(asked, x)
		}
	}
	if e.Mode != Update || len(asked) == 0 {
		return nil
	}
	return e.sendRemovals(ctx, asked)
}

func (e *Engine) sendRemovals(ctx context.Context, asked []*item) error {
	writes := make([]domain.Write, len(asked))
	for i, x := range asked {
		writes[i] = x.sent
	}
	answers, err := e.Store.Remove(ctx, e.Institution, writes)
	if err != nil {
		return err
	}
	for i, x := range asked {
		a := answers[i]
		x.doubt = x.doubt || a.Doubt
		switch {
		case a.Done:
		case a.Later:
			return errOver
		case a.Own != nil:
			e.fate(x, *a.Own)
		case a.Err != nil:
			if err := e.unwritten(x, a.Err); err != nil {
				return err
			}
		case a.Live == nil:
			x.end(Result{Outcome: domain.Unchanged})
		default:
			x.end(x.touched())
		}
	}
	return nil
}

// untouched reports whether the contact is as the import made it whose creation
// the row takes back.
func (x *item) untouched() bool {
	c := x.live
	for _, s := range c.Stamps {
		if s.Kind == domain.Strict || s.Kind == domain.Found {
			return false
		}
	}
	return c.Origin.Import == x.Person.Remove && c.Version == 1 && maps.Equal(c.Fields, x.Person.Values)
}

// removal lists the values that a removed contact had.
func removal(fields map[domain.Field]domain.Value) []flow.Change {
	var out []flow.Change
	for _, f := range slices.Sorted(maps.Keys(fields)) {
		out = append(out, flow.Change{Field: f, Before: fields[f]})
	}
	return out
}
