package plan

import (
	"slices"

	"rollbook/internal/domain"
	"rollbook/internal/domain/day"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/reason"
	"rollbook/internal/importing/flow"
)

// shownLines is how many lines a warning names.
const shownLines = 10

// evidence observes what the cells of each column of days say of the order of day
// and month. What is concluded depends on the cells alone, not on their order.
type evidence struct {
	columns []*witnesses
}

// witnesses are the cells of one field's columns.
type witnesses struct {
	field domain.Field
	at    []int // the [new] column, then the [old] one
	says  map[day.Witness]*tally
	lines map[day.Witness][]int
	value map[day.Witness]string // the first one's
}

func newEvidence(l flow.Layout, cat *domain.Catalogue) *evidence {
	e := &evidence{}
	for _, f := range l.Fields {
		d, _ := cat.Lookup(f.Field)
		if field.Of(d.Kind).Check != field.CheckDate && f.Field != domain.ContactBirthDate {
			continue
		}
		w := &witnesses{field: f.Field, at: []int{f.New}, says: map[day.Witness]*tally{day.SaysDay: {}, day.SaysMonth: {}, day.SaysBoth: {}},
			lines: map[day.Witness][]int{}, value: map[day.Witness]string{}}
		if f.Old >= 0 {
			w.at = append(w.at, f.Old)
		}
		e.columns = append(e.columns, w)
	}
	return e
}

func (e *evidence) see(r *row) {
	if r.Fault != nil {
		return
	}
	for _, w := range e.columns {
		for _, i := range w.at {
			says := day.Witnessed(r.Cells[i])
			if says == day.Silent {
				continue
			}
			if w.says[says].add(r.Line); w.says[says].n == 1 {
				w.value[says] = domain.Shown(r.Cells[i])
			}
			if len(w.lines[says]) < shownLines {
				w.lines[says] = append(w.lines[says], r.Line)
			}
		}
	}
}

// order concludes the order of a column: what the recipe says, else what its cells
// say with one voice, else what is usual in the institution's country.
func (w *witnesses) order(imp *domain.Import, country string) day.Order {
	days, months := w.says[day.SaysDay].n > 0, w.says[day.SaysMonth].n > 0
	switch {
	case imp.OfKind == domain.UndoOf:
		return day.Open // what we wrote is never in doubt
	case imp.DateOrder != "":
		return day.Order(imp.DateOrder)
	case days && months:
		return day.Open
	case days:
		return day.DayFirst
	case months:
		return day.MonthLeads
	}
	return day.OrderOf(country)
}

// warning says once what was concluded and why, where it makes a difference.
func (w *witnesses) warning(imp *domain.Import, country, column string) []domain.Warning {
	o, both := w.order(imp, country), w.says[day.SaysBoth]
	days, months := w.says[day.SaysDay], w.says[day.SaysMonth]
	var why reason.Reason
	switch {
	case imp.OfKind == domain.UndoOf, imp.DateOrder != "":
		return nil
	case days.n > 0 && months.n > 0:
		why = reason.New("dateOrderMixed", w.lines[day.SaysDay], w.lines[day.SaysMonth], both.n)
	case months.n > 0:
		why = reason.New("dateOrder", string(o), w.value[day.SaysMonth], months.first, both.n+months.n)
	case both.n == 0 || o == day.Open:
		return nil
	case days.n > 0:
		why = reason.New("dateOrder", string(o), w.value[day.SaysDay], days.first, both.n)
	default:
		r := day.ReadIn(w.value[day.SaysBoth], o)
		why = reason.New("dateOrder.country", string(o), country, w.value[day.SaysBoth], r.Day, both.n)
	}
	return []domain.Warning{{Reason: why, Column: column}}
}

// ordered notes in the columns what their cells say, and returns what is to be
// said about it.
func (e *evidence) ordered(imp *domain.Import, country string, cols []flow.Column) []domain.Warning {
	var out []domain.Warning
	for _, w := range e.columns {
		for _, i := range w.at {
			cols[i].Order = string(w.order(imp, country))
		}
		out = append(out, w.warning(imp, country, cols[w.at[0]].Name)...)
	}
	return out
}

// of returns the order of a field's column.
func (e *evidence) of(f domain.Field, imp *domain.Import, country string) day.Order {
	i := slices.IndexFunc(e.columns, func(w *witnesses) bool { return w.field == f })
	if i < 0 {
		return day.Open
	}
	return e.columns[i].order(imp, country)
}
