package compare

import (
	"context"
	"slices"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
)

// create creates the contacts of rows, or in a test says that it would. It
// returns the rows whose contact somebody else made in the meantime.
func (e *Engine) create(ctx context.Context, todo []*item) ([]*item, error) {
	var asked []*item
	var creations []domain.Creation
	for _, x := range todo {
		fields, ok := x.newcomer()
		if !ok {
			continue
		}
		if x.burnt {
			x.end(e.notDone(x))
			continue
		}
		x.end(Result{Outcome: domain.Created, Changes: creation(&x.Row)})
		asked = append(asked, x)
		creations = append(creations, domain.Creation{
			Number: x.Number, Digits: e.Digits, Fields: fields, Identity: x.Person.Identity,
			Applied:    domain.Applied{Import: e.Import, Line: x.Line},
			Provenance: e.provenance(),
			Ticket:     e.Ticket,
		})
	}
	if e.Mode != Update || len(asked) == 0 {
		return nil, nil
	}
	answers, err := e.Store.Create(ctx, e.Institution, creations)
	if err != nil {
		return nil, err
	}
	var met []*item
	for i, x := range asked {
		a := answers[i]
		x.doubt = x.doubt || a.Doubt
		switch {
		case a.Done:
			x.result.Number = a.Number
		case a.Later:
			return nil, errOver
		case a.Own != nil:
			e.fate(x, *a.Own)
		case a.Err != nil:
			if err := e.unwritten(x, a.Err); err != nil {
				return nil, err
			}
		case a.Gone:
			x.Number = a.Number
			x.reject(x.contactDeleted())
		default:
			x.Number, x.live = a.Live.Number, a.Live
			met = append(met, x)
		}
	}
	return met, nil
}

// newcomer returns what a row gives its new contact, or rejects the row.
func (x *item) newcomer() (map[domain.Field]domain.Value, bool) {
	if x.How.Mode == domain.UpdateOnly {
		x.reject(x.notCreated())
		return nil, false
	}
	if slices.ContainsFunc(x.Cells, func(c Cell) bool { return c.Compared && (!c.Known || c.Old != domain.Empty) }) {
		x.reject(x.unknownWithOld())
		return nil, false
	}
	fields := map[domain.Field]domain.Value{}
	for _, c := range creation(&x.Row) {
		fields[c.Field] = c.After
	}
	if fields[domain.ContactEmail] == domain.Empty && fields[domain.ContactLastName] == domain.Empty {
		x.reject(x.nobodyNamed())
		return nil, false
	}
	return fields, x.fits(nil, fields)
}

// creation lists the values that a row gives a new contact.
func creation(r *Row) []flow.Change {
	after := map[domain.Field]domain.Value{}
	for i := range r.Cells {
		c := &r.Cells[i]
		if v := c.Edit.Apply(domain.Empty, c.Def); v != domain.Empty {
			after[c.Def.Field()] = v
		}
	}
	return changes(r, nil, after)
}
