package plan

import (
	"maps"
	"slices"
	"strings"

	"rollbook/internal/domain"
	"rollbook/internal/domain/day"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/reason"
	"rollbook/internal/importing/flow"
)

// shownLines is how many lines a warning names.
const shownLines = 10

// evidence observes what the cells of each column of days say of the order of day
// and month, those of numbers of the sign before decimals, and telephone numbers of
// how they begin. What is concluded depends on the cells alone, not on their order.
type evidence struct {
	days    []*witnesses
	numbers []*witnesses
	phones  []*telephones
}

// telephones are the cells of a column of telephone numbers.
type telephones struct {
	at     int
	bare   int            // how many have digits alone, enough for the code of a country
	others bool           // one is written as at home
	begin  map[string]int // how many of the bare ones begin with these digits, one to three
}

// fewest is how many telephone numbers tell how a column of them is written, withCode
// how many digits one has at least that begins with the code of a country.
const fewest, withCode = 3, 10

func (p *telephones) see(cell string) {
	d := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, cell)
	switch {
	case d == "" || p.others || strings.Contains(cell, "+") || strings.HasPrefix(d, "00"):
	case d[0] == '0' || len(d) < withCode:
		p.others = true
	default:
		p.bare++
		for n := 1; n <= 3; n++ {
			p.begin[d[:n]]++
		}
	}
}

// starts are the digits with which most of a column's numbers begin, if none is
// written as at home.
func (p *telephones) starts() []string {
	if p.others || p.bare < fewest {
		return nil
	}
	var out []string
	for _, d := range slices.Sorted(maps.Keys(p.begin)) {
		if p.begin[d]*2 > p.bare {
			out = append(out, d)
		}
	}
	return out
}

// witnesses are the cells of one field's columns. What they say is day.Witness, or
// field.SignWitness of numbers: both know two ways and a cell that may be either.
type witnesses struct {
	field domain.Field
	at    []int // the [new] column, then the [old] one
	says  [4]tally
	lines [4][]int
	value [4]string // the first one's
}

// The ways of a column of days, and of one of numbers.
const (
	days, months   = int(day.SaysDay), int(day.SaysMonth)
	points, commas = int(field.SaysPoint), int(field.SaysComma)
	either         = int(day.SaysBoth) // and field.SaysEither
)

func (w *witnesses) hear(says, line int, cell string) {
	if w.says[says].add(line); w.says[says].n == 1 {
		w.value[says] = domain.Shown(cell)
	}
	if len(w.lines[says]) < shownLines {
		w.lines[says] = append(w.lines[says], line)
	}
}

func newEvidence(l flow.Layout, cat *domain.Catalogue) *evidence {
	e := &evidence{}
	for _, f := range l.Fields {
		d, _ := cat.Lookup(f.Field)
		w := &witnesses{field: f.Field, at: []int{f.New}}
		if f.Old >= 0 {
			w.at = append(w.at, f.Old)
		}
		switch check := field.Of(d.Kind).Check; {
		case f.Field == domain.ContactPhone:
			e.phones = append(e.phones, &telephones{at: f.New, begin: map[string]int{}})
		case check == field.CheckDate || f.Field == domain.ContactBirthDate:
			e.days = append(e.days, w)
		case check == field.CheckNumber:
			e.numbers = append(e.numbers, w)
		}
	}
	return e
}

func (e *evidence) see(r *row) {
	if r.Fault != nil {
		return
	}
	for _, w := range e.days {
		for _, i := range w.at {
			if says := day.Witnessed(r.Cells[i]); says != day.Silent {
				w.hear(int(says), r.Line, r.Cells[i])
			}
		}
	}
	for _, p := range e.phones {
		p.see(r.Cells[p.at])
	}
	for _, w := range e.numbers {
		// What stands in [old] we wrote, and in [new] it may be a copy of that.
		cell := r.Cells[w.at[0]]
		if len(w.at) > 1 && cell == r.Cells[w.at[1]] || slices.Contains(r.stored, w.at[0]) {
			continue
		}
		if says := field.SignWitnessed(cell); says != field.SignSilent {
			w.hear(int(says), r.Line, cell)
		}
	}
}

// order concludes the order of a column: what the recipe says, else what its cells
// say with one voice, else what is usual in the institution's country.
func (w *witnesses) order(imp *domain.Import, country string) day.Order {
	first, second := w.says[days].n > 0, w.says[months].n > 0
	switch {
	case imp.OfKind == domain.UndoOf:
		return day.Open // what we wrote is never in doubt
	case imp.DateOrder != "":
		return day.Order(imp.DateOrder)
	case first && second:
		return day.Open
	case first:
		return day.DayFirst
	case second:
		return day.MonthLeads
	}
	return day.OrderOf(country)
}

// warning says once what was concluded and why, where it makes a difference.
func (w *witnesses) warning(imp *domain.Import, country, column string) []domain.Warning {
	o, both := w.order(imp, country), w.says[either]
	first, second := w.says[days], w.says[months]
	var why reason.Reason
	switch {
	case imp.OfKind == domain.UndoOf, imp.DateOrder != "":
		return nil
	case first.n > 0 && second.n > 0:
		why = reason.New("dateOrderMixed", w.lines[days], w.lines[months], both.n)
	case second.n > 0:
		why = reason.New("dateOrder", string(o), w.value[months], second.first, both.n+second.n)
	case both.n == 0 || o == day.Open:
		return nil
	case first.n > 0:
		why = reason.New("dateOrder", string(o), w.value[days], first.first, both.n)
	default:
		r := day.ReadIn(w.value[either], o)
		why = reason.New("dateOrder.country", string(o), country, w.value[either], r.Day, both.n)
	}
	return []domain.Warning{{Reason: why, Column: column}}
}

// sign concludes what stands before the decimals of a column's numbers: what the
// recipe says, else what its cells say with one voice.
func (w *witnesses) sign(imp *domain.Import) field.Sign {
	point, comma := w.says[points].n > 0, w.says[commas].n > 0
	switch {
	case imp.OfKind == domain.UndoOf:
		return field.AnySign // what we wrote is never in doubt
	case imp.DecimalSign != "":
		return field.Sign(imp.DecimalSign)
	case point && !comma:
		return field.Point
	case comma && !point:
		return field.Comma
	}
	return field.AnySign
}

// signWarning says once what was concluded, where it makes a difference.
func (w *witnesses) signWarning(imp *domain.Import, column string) []domain.Warning {
	n := w.says[either].n
	if imp.OfKind == domain.UndoOf || imp.DecimalSign != "" || n == 0 {
		return nil
	}
	says := points
	switch s := w.sign(imp); {
	case s == field.Comma:
		says = commas
	case s == field.AnySign && w.says[points].n > 0:
		return []domain.Warning{{Reason: reason.New("decimalSignMixed", w.lines[points], w.lines[commas], n), Column: column}}
	case s == field.AnySign:
		return nil
	}
	return []domain.Warning{{Reason: reason.New("decimalSign", string(w.sign(imp)), w.value[says], w.says[says].first, n), Column: column}}
}

// concluded notes in the columns what their cells say, and returns what is to be
// said about it.
func (e *evidence) concluded(imp *domain.Import, country string, cols []flow.Column) []domain.Warning {
	var out []domain.Warning
	for _, w := range e.days {
		for _, i := range w.at {
			cols[i].Order = string(w.order(imp, country))
		}
		out = append(out, w.warning(imp, country, cols[w.at[0]].Name)...)
	}
	for _, w := range e.numbers {
		cols[w.at[0]].Sign = string(w.sign(imp))
		out = append(out, w.signWarning(imp, cols[w.at[0]].Name)...)
	}
	for _, p := range e.phones {
		cols[p.at].Starts = strings.Join(p.starts(), " ")
	}
	return out
}

// of returns the order of a field's column.
func (e *evidence) of(f domain.Field, imp *domain.Import, country string) day.Order {
	i := slices.IndexFunc(e.days, func(w *witnesses) bool { return w.field == f })
	if i < 0 {
		return day.Open
	}
	return e.days[i].order(imp, country)
}
